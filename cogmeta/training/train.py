"""Train an agent on a task: a generator of records, and a function that runs it to the end."""

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import torch

from cogmeta.agents.network import Network
from cogmeta.one_thread import one_thread
from cogmeta.task import Task
from cogmeta.training.checkpoint import Checkpoint, restore_run
from cogmeta.training.learner import Learner, check_n_steps
from cogmeta.training.optimiser import ExplodedError
from cogmeta.training.run import Listener, Record, Run
from cogmeta.training.stages import Stages


class Interrupted(KeyboardInterrupt):
    """Training was stopped by Ctrl-C or SIGTERM after a checkpoint was written."""


def train(
    agent: Network,
    task: Task,
    learner: Learner,
    n_steps: int | None = None,
    seed: int = 0,
    listeners: Sequence[Listener] = (),
    checkpoint: Checkpoint | str | Path | None = None,
    stages: Stages | None = None,
) -> Network:
    """Return a trained copy of an agent; the agent given stays as it was.

    Parameters
    ----------
    agent : Network
        Such as ``LSTMActorCritic.for_task(task)``.
    task : Task
    learner : Learner
        Such as ``A2C()`` or ``PPO()``.
    n_steps : int, optional
        Environment steps, all episodes together; by default the learner's.
    seed : int
        Same seed, same weights, byte for byte (on one machine).
    listeners : sequence of callables
        Called with a ``Record`` after every update: progress bars, logs.
    checkpoint : Checkpoint or path, optional
        Where training is saved at an interval, on Ctrl-C and on SIGTERM.
    stages : Stages, optional
        Keeps the weights as they were at some fractions of training.

    Returns
    -------
    Network
        With ``discount`` set to that of the values it learnt.

    Raises
    ------
    UserError
        ``n_steps`` < 1, a negative seed, an agent made for another task, a checkpoint of another training.
    ExplodedError
        The gradient is no longer finite; says at which step, and where the last good checkpoint stands.
    Interrupted
        On Ctrl-C or SIGTERM, once the checkpoint is written (only where there is one).

    Notes
    -----
    Torch runs on one thread meanwhile: the matrices are too small for two to help. Train seeds side by side instead.

    Examples
    --------
    >>> from cogmeta.agents import LSTMActorCritic
    >>> from cogmeta.training import A2C
    >>> from tasks.bandit import BernoulliBandit
    >>> task, records = BernoulliBandit(n_trials=10), []
    >>> untrained = LSTMActorCritic.for_task(task, n_units=4)
    >>> agent = train(untrained, task, A2C(n_episodes=20), n_steps=1_000, seed=1, listeners=[records.append])
    >>> len(records), records[-1].steps, agent.discount
    (5, 1000, 0.9)
    """
    checkpoint = _as_checkpoint(checkpoint)
    run = _start(agent.copy(), task, learner, n_steps, seed, checkpoint)
    with _interruptible(checkpoint is not None) as stopped:
        for record in _go_on(run, checkpoint):
            if stages:
                stages.take(run)
            for listener in listeners:
                listener(record)
            if stopped() and run.between_epochs and not run.finished:
                checkpoint.save(run)
                raise Interrupted(f"stopped at step {run.steps}; the checkpoint {str(checkpoint.path)!r} is written.")
    if checkpoint:
        checkpoint.save(run)
    return run.agent


def updates(
    agent: Network,
    task: Task,
    learner: Learner,
    n_steps: int | None = None,
    seed: int = 0,
    checkpoint: Checkpoint | str | Path | None = None,
) -> Iterator[Record]:
    """Train an agent in place, yielding a record after every update; see ``train`` for the parameters.

    Yields
    ------
    Record
    """
    checkpoint = _as_checkpoint(checkpoint)
    yield from _go_on(_start(agent, task, learner, n_steps, seed, checkpoint), checkpoint)


def _as_checkpoint(checkpoint: Checkpoint | str | Path | None) -> Checkpoint | None:
    return Checkpoint(checkpoint) if isinstance(checkpoint, str | Path) else checkpoint


def _start(
    agent: Network, task: Task, learner: Learner, n_steps: int | None, seed: int, checkpoint: Checkpoint | None
) -> Run:
    if n_steps is not None:
        learner = replace(learner, n_steps=check_n_steps(n_steps))
    run = Run(agent, task, learner, seed)
    if checkpoint and checkpoint.resume:
        restore_run(run, checkpoint.path)
    return run


def _go_on(run: Run, checkpoint: Checkpoint | None) -> Iterator[Record]:
    while not run.finished:
        try:
            with one_thread(), torch.no_grad():
                record = run.advance()
        except ExplodedError as error:
            kept = f" The last good checkpoint is {str(checkpoint.path)!r}." if _exists(checkpoint) else ""
            where = f"training stopped at step {run.steps} (update {run.update + 1})"
            raise ExplodedError(f"{where}: {error}{kept}") from error
        if checkpoint:
            checkpoint.save_if_due(run)
        yield record


def _exists(checkpoint: Checkpoint | None) -> bool:
    return checkpoint is not None and Path(checkpoint.path).is_file()


@contextmanager
def _interruptible(wanted: bool) -> Iterator[object]:
    """Turn Ctrl-C and SIGTERM into a question that is asked between updates; a second one stops at once."""
    received = []
    if not wanted or threading.current_thread() is not threading.main_thread():
        yield lambda: False
        return

    def note(number: int, frame: object) -> None:
        if received:
            raise KeyboardInterrupt
        received.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(received)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
