"""Many trainings side by side: on the cores of one machine, or on a Dask cluster.

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
from typing import Any, NamedTuple

from joblib import Parallel, delayed, parallel_config

from cogmeta.agents.store import RECORD, describe, load_agent, load_record
from cogmeta.errors import UserError, unknown_name
from cogmeta.files import atomic_path, make_folder
from cogmeta.loading import leave_quickly
from cogmeta.training import Learner
from cogmeta.training.run import Record
from tasks.train_run import CHECKPOINT, command_line, first_agent, learner_of, train_into

BACKENDS = ("loky", "dask")
PROGRESS = "steps.txt"
LOSSES = 5
"""How often in a row workers may be lost, without one run being finished meanwhile, before the reason is looked for."""

Heard = Callable[[dict[Path, int]], None]
"""Called now and then with the environment steps done, by folder."""


class Planned(NamedTuple):
    """A training to be done.

    Attributes
    ----------
    folder : Path
    task : str
        Registered id.
    seed : int
    learner : Learner, str or None
        As for ``train_into``.
    options : dict
        As for ``train_into``; ``imitate`` (the expert), ``learner_name`` and ``settings`` (what differs, as text) for the
        recorded command.
    """

    folder: Path
    task: str
    seed: int
    learner: Learner | str | None
    options: dict[str, Any]


def train_all(runs: Sequence[Planned], backend: str = "loky", n_jobs: int = -1, heard: Heard | None = None) -> None:
    """Train all that is not trained yet.

    Parameters
    ----------
    runs : sequence of Planned
        Each in a folder of its own; on a cluster all workers must see them under these names.
    backend : {"loky", "dask"}
        Processes on this machine, or the workers of the Dask client that is active.
    n_jobs : int
        Processes of ``"loky"``; -1 for one a core.
    heard : callable, optional
        Called about twice a second with the steps done so far, by folder.

    Raises
    ------
    UserError
        A folder holds the run of another training; workers are lost again and again.
    """
    if backend not in BACKENDS:
        raise unknown_name("backend", backend, BACKENDS)
    with _watched([run.folder for run in runs], heard):
        _train_pending(runs, {"backend": backend, **({"n_jobs": n_jobs} if backend == "loky" else {})})


def _train_pending(runs: Sequence[Planned], parallel: dict[str, Any]) -> None:
    losses = 0
    pending = [run for run in runs if not is_finished(run)]
    while pending:
        try:
            with parallel_config(**parallel):
                Parallel()(delayed(train_one)(run) for run in pending)
        except BrokenProcessPool as error:
            losses += 1
            if losses > LOSSES:
                raise UserError(f"workers were lost {losses} times ({error}); is memory short? Use fewer (--jobs 1).") from error
        still = [run for run in pending if not is_finished(run)]
        losses = losses if len(still) == len(pending) else 0
        pending = still


def train_one(run: Planned) -> None:
    """Do one training, from its checkpoint where there is one."""
    leave_quickly()  # whoever waits for the runs waits for the ends of their processes, too
    folder, given = make_folder(run.folder), dict(run.options)
    name = given.pop("learner_name", run.learner if isinstance(run.learner, str) else None)
    command = command_line(run.task, folder, given.get("agent"), name, given.get("n_steps"), run.seed, given.pop("imitate", None),
                           given.get("start"), settings=given.pop("settings", ()), device=getattr(run.learner, "device", "cpu"))
    resume = (folder / CHECKPOINT).is_file()
    train_into(folder, run.task, run.learner, run.seed, resume, [Steps(folder / PROGRESS)], command=command, **given)
    (folder / PROGRESS).unlink(missing_ok=True)


def is_finished(run: Planned) -> bool:
    """Return whether a run is done, or say that its folder holds another training."""
    if not (run.folder / RECORD).is_file():
        return False
    options = run.options
    wanted = learner_of(run.task, run.learner, options.get("n_steps"), options.get("agent"))
    agent = first_agent(run.task, wanted, options.get("agent"), run.seed, options.get("start"))
    record = load_record(run.folder)
    found = [record.task, record.seed, record.learner, record.learner_settings, describe(load_agent(run.folder))["config"]]
    asked = [run.task, run.seed, type(wanted).__name__.lower(), wanted.settings, describe(agent)["config"]]
    if found != json.loads(json.dumps(asked)):
        raise UserError(f"{str(run.folder)!r} holds the agent of another training ({record.command or record.learner}). "
                        "Choose another folder (--out), or remove it.")
    return True


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
def _watched(folders: Sequence[Path], heard: Heard | None) -> Iterator[None]:
    """Call ``heard`` from a second thread until the block ends."""
    if heard is None:
        yield
        return
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.5):
            heard({folder: steps_done(folder) for folder in folders})

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        over.set()
        watcher.join()
        heard({folder: steps_done(folder) for folder in folders})
