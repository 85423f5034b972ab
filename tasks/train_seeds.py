"""Train from several seeds, with several settings of a learner, or on several tasks, side by side; see ``tasks.many_runs``."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from cogmeta.agents.store import load_record
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, make_folder
from cogmeta.simulate import check_seed
from cogmeta.training import Learner
from tasks.learner_settings import as_texts, with_settings
from tasks.many_runs import Heard, Planned, train_all
from tasks.train_run import CURVE, learner_of

TABLE, CURVES, GRID, RUNS = "seeds.csv", "learning_curves.csv", "grid.csv", "runs.csv"


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
    backend, n_jobs, heard
        As for ``tasks.many_runs.train_all``.
    **options
        As for ``tasks.many_runs.Planned``.

    Returns
    -------
    DataFrame
        One row a seed: ``seed``, ``steps``, ``seconds``, and the measured quality.

    Raises
    ------
    UserError
        A seed stands twice; a folder holds the run of another training; workers are lost again and again.
    """
    runs = _planned(make_folder(folder), task_name, check_seeds(seeds), learner, options)
    train_all(runs, backend, n_jobs, heard)
    return _gather(Path(folder), runs)


def train_grid(
    folder: str | Path, task_name: str, seeds: Sequence[int], grid: Sequence[Mapping[str, Any]],
    learner: Learner | str | None = None, backend: str = "loky", n_jobs: int = -1, heard: Heard | None = None, **options: Any,
) -> pd.DataFrame:
    """Train an agent on a registered task with several settings of its learner, each from several seeds.

    Parameters
    ----------
    folder : str or Path
        Gets a folder for each combination, named by it, with what ``train_seeds`` leaves there, and ``grid.csv``.
    task_name, seeds, learner, backend, n_jobs, heard, **options
        As for ``train_seeds``. All runs share the processes.
    grid : sequence of dict
        Settings of the learner by name, such as ``[{"step_size": 1e-3}, {"step_size": 3e-3}]``.

    Returns
    -------
    DataFrame
        One row a run: ``settings``, then the columns of ``train_seeds``.
    """
    folder = make_folder(folder)
    runs = _combinations(folder, task_name, check_seeds(seeds), grid, learner, options)
    train_all([run for planned in runs.values() for run in planned], backend, n_jobs, heard)
    return _gather_grid(folder, runs)


def train_tasks(
    folder: str | Path, learners: Mapping[str, Learner | str | None], seeds: Sequence[int], grid: Sequence[Mapping[str, Any]] = (),
    backend: str = "loky", n_jobs: int = -1, heard: Heard | None = None, **options: Any,
) -> pd.DataFrame:
    """Train an agent on each of several registered tasks, each from several seeds, and with several settings where there are.

    Parameters
    ----------
    folder : str or Path
        Gets a folder for each task (``folder_of``), with what ``train_seeds`` or ``train_grid`` leaves there, and ``runs.csv``.
    learners : dict
        What each task is trained with, by registered id; None for the learner of its preset.
    seeds, backend, n_jobs, heard, **options
        As for ``train_seeds``, for every task. All runs share the processes.
    grid : sequence of dict
        As for ``train_grid``; by default the settings of each learner alone.

    Returns
    -------
    DataFrame
        One row a run: ``task``, with a grid ``settings``, then the columns of ``train_seeds``.
    """
    folder, seeds = make_folder(folder), check_seeds(seeds)
    runs = {task: _combinations(folder / folder_of(task), task, seeds, grid or [{}], learner, options) for task, learner in learners.items()}
    train_all([run for of_task in runs.values() for planned in of_task.values() for run in planned], backend, n_jobs, heard)
    tables = [(_gather_grid(folder / folder_of(task), found) if grid else _gather(folder / folder_of(task), found[""])).assign(task=task)
              for task, found in runs.items()]
    return _written(pd.concat(tables, ignore_index=True), "task", folder / RUNS)


def folder_of(task_name: str) -> str:
    """Return the name of the folder of a task's runs beside those of other tasks.

    Examples
    --------
    >>> folder_of("bandit/easy")
    'bandit_easy'
    """
    return task_name.replace("/", "_")


def check_seeds(seeds: Sequence[int]) -> list[int]:
    """Return the seeds as a list, or say what is wrong with them."""
    seeds = list(seeds)
    for seed in seeds:
        check_seed(seed)
    if not seeds or len(set(seeds)) < len(seeds):
        raise UserError(f"seeds must be different integers, at least one, got {seeds}.")
    return seeds


def _planned(
    folder: Path, task_name: str, seeds: list[int], learner: Learner | str | None, options: dict[str, Any],
) -> list[Planned]:
    return [Planned(folder / f"seed_{seed}", task_name, seed, learner, options) for seed in seeds]


def _combinations(
    folder: Path, task_name: str, seeds: list[int], grid: Sequence[Mapping[str, Any]], learner: Learner | str | None, options: dict[str, Any],
) -> dict[str, list[Planned]]:
    """Return the runs of every combination of settings, by the text that names it and its folder."""
    chosen, runs = learner_of(task_name, learner, agent=options.get("agent")), {}
    options = {"learner_name": learner if isinstance(learner, str) else None} | options
    for settings in grid:
        texts = as_texts(settings)
        given = options | {"settings": (*options.get("settings", ()), *texts)}
        runs[",".join(texts)] = _planned(folder / ",".join(texts), task_name, seeds, with_settings(chosen, settings), given)
    if not grid or len(runs) < len(grid):
        raise UserError(f"a grid needs at least one combination of settings, each once, got {list(grid)}.")
    return runs


def _gather_grid(folder: Path, runs: Mapping[str, list[Planned]]) -> pd.DataFrame:
    tables = [_gather(folder / text, planned).assign(settings=text) for text, planned in runs.items()]
    return _written(pd.concat(tables, ignore_index=True), "settings", folder / GRID)


def _written(table: pd.DataFrame, first: str, path: Path) -> pd.DataFrame:
    """Return a table with one of its columns brought to the front, and write it."""
    table = table[[first, *(column for column in table if column != first)]]
    with atomic_path(path) as part:
        table.to_csv(part, index=False)
    return table


def _gather(folder: Path, runs: list[Planned]) -> pd.DataFrame:
    records = {run.seed: load_record(run.folder) for run in runs}
    table = pd.DataFrame([{"seed": seed, "steps": record.steps, "seconds": record.seconds, **record.quality}
                          for seed, record in records.items()])
    curves = pd.concat([pd.read_csv(run.folder / CURVE).assign(seed=run.seed) for run in runs], ignore_index=True)
    for name, content in ((TABLE, table), (CURVES, curves)):
        with atomic_path(folder / name) as part:
            content.to_csv(part, index=False)
    return table
