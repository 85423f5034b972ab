"""Train several agents at the same time, one process each, and hear how they get on."""

import multiprocessing
import queue
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from multiprocessing.queues import Queue
from pathlib import Path

import pandas as pd

from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent, load_record
from cogmeta.errors import UserError
from cogmeta.one_thread import one_thread
from cogmeta.training.run import Record
from tasks.train_run import CURVE, train_into

Listener = Callable[[str, int, int, float], None]
"""Called with (task, steps done, steps in all, reward a trial)."""

HEARTBEAT = 0.2
"""Seconds between two reports of a process."""


@dataclass(frozen=True)
class Trained:
    """A trained agent with the record of its training.

    Attributes
    ----------
    agent : Network
    records : DataFrame
        Learning curve: ``steps, reward_per_trial``, ...
    learner : str
    n_steps : int
        Environment steps of training.
    seconds : float
        Wall time of training.
    """

    agent: Network
    records: pd.DataFrame
    learner: str
    n_steps: int
    seconds: float


def train_side_by_side(folders: Mapping[str, Path], seed: int, listener: Listener) -> dict[str, Trained]:
    """Train one agent a task, each by its preset in a process of its own, with one thread.

    Parameters
    ----------
    folders : mapping of str to Path
        Task -> folder of the run. A run that stands there is replaced.
    seed : int
        The same for every task.
    listener : callable

    Returns
    -------
    dict of Trained
        By task.
    """
    context = multiprocessing.get_context("spawn")
    reports = context.Queue()
    workers = {task: context.Process(target=_work, args=(task, folder, seed, reports), daemon=True) for task, folder in folders.items()}
    for worker in workers.values():
        worker.start()
    try:
        _listen(workers, reports, listener)
    finally:
        for worker in workers.values():
            worker.join(timeout=10)
    return {task: load_trained(folder) for task, folder in folders.items()}


def load_trained(folder: Path) -> Trained:
    """Return the agent of a run folder with its learning curve."""
    record = load_record(folder)
    return Trained(load_agent(folder), pd.read_csv(folder / CURVE), record.learner, record.steps, record.seconds)


def _work(task: str, folder: Path, seed: int, reports: Queue) -> None:
    told = 0.0

    def report(record: Record) -> None:
        nonlocal told
        if time.monotonic() - told > HEARTBEAT:
            told = time.monotonic()
            reports.put(("progress", task, min(record.steps, record.n_steps), record.n_steps, record.reward_per_trial))

    try:
        shutil.rmtree(folder, ignore_errors=True)
        command = f"cogmeta train {task} --seed {seed} --out {folder.name}"
        with one_thread():
            train_into(folder, task, seed=seed, listeners=[report], command=command)
        reports.put(("done", task))
    except BaseException as error:
        reports.put(("failed", task, f"{type(error).__name__}: {error}"))
        raise SystemExit(1) from None


def _listen(workers: Mapping[str, BaseProcess], reports: Queue, listener: Listener) -> None:
    """Pass on what the workers report until all are done; a worker that fails or dies ends the run with one line."""
    waiting = set(workers)
    while waiting:
        try:
            kind, task, *said = reports.get(timeout=1.0)
        except queue.Empty:
            _check_alive(workers, waiting)
            continue
        if kind == "progress":
            listener(task, *said)
        elif kind == "failed":
            raise UserError(f"training on {task} stopped: {said[0]}")
        waiting -= {task} if kind == "done" else set()


def _check_alive(workers: Mapping[str, BaseProcess], waiting: set[str]) -> None:
    for task in waiting:
        if not workers[task].is_alive():
            raise UserError(f"the process that trained on {task} ended with exit status {workers[task].exitcode}; "
                            "is there enough memory? Train it alone with: cogmeta train " + task)
