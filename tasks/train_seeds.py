"""Train one network from several seeds, side by side: on the cores of one machine, or on a Dask cluster.

Every run stands in a folder of its own, and is, byte for byte, the run that ``train_into`` makes alone. What is finished is
not done again; a run whose worker was lost goes on from its last checkpoint.
"""

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import pandas as pd
from joblib import Parallel, delayed, parallel_config

from cogmeta.agents.store import RECORD, describe, load_agent, load_record
from cogmeta.errors import UserError, unknown_name
from cogmeta.files import atomic_path, make_folder
from cogmeta.simulate import check_seed
from cogmeta.training import Learner
from cogmeta.training.run import Record
from tasks.presets import agent_for, make_agent
from tasks.train_run import CHECKPOINT, CURVE, command_line, learner_of, train_into

BACKENDS = ("loky", "dask")
PROGRESS, TABLE, CURVES = "steps.txt", "seeds.csv", "learning_curves.csv"
LOSSES = 5
"""How often in a row workers may be lost, without one run being finished meanwhile, before the reason is looked for."""

Heard = Callable[[dict[int, int]], None]
"""Called now and then with the environment steps done, by seed."""


def train_seeds(
    folder: str | Path, task_name: str, seeds: Sequence[int], learner: Learner | str | None = None,
    backend: str = "loky", n_jobs: int = -1, heard: Heard | None = None, **options: Any,
) -> pd.DataFrame:
    """Train an agent on a registered task from several seeds.

    Parameters
    ----------
    folder : str or Path
        Gets a folder ``seed_<seed>`` for each (see ``train_into``), ``seeds.csv`` (the table returned) and
        ``learning_curves.csv`` (the learning curves of all seeds). On a cluster all workers must see it under this name.
    task_name : str
        Registered id.
    seeds : sequence of int
        Different ones, >= 0.
    learner : Learner or str, optional
        As for ``train_into``.
    backend : {"loky", "dask"}
        Processes on this machine, or the workers of the Dask client that is active.
    n_jobs : int
        Processes of ``"loky"``; -1 for one a core.
    heard : callable, optional
        Called about twice a second with the steps done so far, by seed.
    **options
        As for ``train_into``; ``imitate``, the name of the expert, for the recorded command.

    Returns
    -------
    DataFrame
        One row a seed: ``seed``, ``steps``, ``seconds``, and the measured quality.

    Raises
    ------
    UserError
        A seed stands twice; a folder holds the run of another training; workers are lost again and again.
    """
    seeds = check_seeds(seeds)
    if backend not in BACKENDS:
        raise unknown_name("backend", backend, BACKENDS)
    folder = make_folder(folder)
    runs = {seed: folder / f"seed_{seed}" for seed in seeds}
    with _watched(runs, heard):
        _train_all(runs, task_name, learner, backend, n_jobs, options)
    return _gather(folder, runs)


def check_seeds(seeds: Sequence[int]) -> list[int]:
    """Return the seeds as a list, or say what is wrong with them."""
    seeds = list(seeds)
    for seed in seeds:
        check_seed(seed)
    if not seeds or len(set(seeds)) < len(seeds):
        raise UserError(f"seeds must be different integers, at least one, got {seeds}.")
    return seeds


def _train_all(
    runs: dict[int, Path], task_name: str, learner: Learner | str | None, backend: str, n_jobs: int,
    options: dict[str, Any],
) -> None:
    losses = 0
    pending = _pending(runs, task_name, learner, options)
    while pending:
        calls = [delayed(_train_one)(runs[seed], task_name, learner, seed, options) for seed in pending]
        try:
            with parallel_config(backend=backend, **({"n_jobs": n_jobs} if backend == "loky" else {})):
                Parallel()(calls)
        except BrokenProcessPool as error:
            losses += 1
            if losses > LOSSES:
                raise UserError(f"workers were lost {losses} times ({error}); is memory short? Use fewer (--jobs 1).") from error
        still = _pending(runs, task_name, learner, options)
        losses = losses if len(still) == len(pending) else 0
        pending = still


def _train_one(folder: Path, task_name: str, learner: Learner | str | None, seed: int, options: dict[str, Any]) -> None:
    resume = (folder / CHECKPOINT).is_file()
    name = learner if isinstance(learner, str) else None
    command = command_line(task_name, folder, options.get("agent"), name, options.get("n_steps"), seed, options.get("imitate"),
                           options.get("start"))
    options = {name: value for name, value in options.items() if name != "imitate"} | {"command": command}
    train_into(folder, task_name, learner, seed, resume, [Steps(make_folder(folder) / PROGRESS)], **options)
    (folder / PROGRESS).unlink(missing_ok=True)


def _pending(runs: dict[int, Path], task_name: str, learner: Learner | str | None, options: dict[str, Any]) -> list[int]:
    """Return the seeds whose run is not finished, or say which folder holds another training."""
    pending = []
    for seed, folder in runs.items():
        if not (folder / RECORD).is_file():
            pending.append(seed)
            continue
        wanted = learner_of(task_name, learner, options.get("n_steps"))
        agent = make_agent(task_name, options.get("agent") or agent_for(wanted), seed, options.get("start"))
        record = load_record(folder)
        found = [record.task, record.seed, record.learner, record.learner_settings, describe(load_agent(folder))["config"]]
        asked = [task_name, seed, type(wanted).__name__.lower(), wanted.settings, describe(agent)["config"]]
        if found != json.loads(json.dumps(asked)):
            raise UserError(f"{str(folder)!r} holds the agent of another training ({record.command or record.learner}). "
                            "Choose another folder (--out), or remove it.")
    return pending


class Steps:
    """A listener that writes about once a second how many steps are done.

    Parameters
    ----------
    path : Path
    """

    def __init__(self, path: Path) -> None:
        self.path, self.written = path, 0.0

    def __call__(self, record: Record) -> None:
        """Take in the record of one update."""
        if monotonic() - self.written > 1:
            with atomic_path(self.path) as part:
                part.write_text(str(record.steps), encoding="utf-8")
            self.written = monotonic()


def steps_done(folder: Path) -> int:
    """Return the environment steps that a run in a folder has done so far."""
    try:
        if (folder / RECORD).is_file():
            return load_record(folder).steps
        return int((folder / PROGRESS).read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not begun, or being replaced at this moment
        return 0


@contextmanager
def _watched(runs: dict[int, Path], heard: Heard | None) -> Iterator[None]:
    """Call ``heard`` from a second thread until the block ends."""
    if heard is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            heard({seed: steps_done(folder) for seed, folder in runs.items()})

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        heard({seed: steps_done(folder) for seed, folder in runs.items()})


def _gather(folder: Path, runs: dict[int, Path]) -> pd.DataFrame:
    records = {seed: load_record(run) for seed, run in runs.items()}
    table = pd.DataFrame([{"seed": seed, "steps": record.steps, "seconds": record.seconds, **record.quality}
                          for seed, record in records.items()])
    curves = pd.concat([pd.read_csv(run / CURVE).assign(seed=seed) for seed, run in runs.items()], ignore_index=True)
    for name, content in ((TABLE, table), (CURVES, curves)):
        with atomic_path(folder / name) as part:
            content.to_csv(part, index=False)
    return table
