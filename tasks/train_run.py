"""Train an agent on a registered task into a folder: weights, record, learning curve, checkpoint."""

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.agents.device import check_available, describe_device
from cogmeta.agents.network import Network
from cogmeta.agents.store import RECORD, AgentRecord, save_agent
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, check_folder
from cogmeta.simulate import simulate
from cogmeta.task import Task
from cogmeta.training import A2C, Checkpoint, Imitation, Learner, train
from cogmeta.training.learner import check_n_steps
from cogmeta.training.run import Listener, Record
from cogmeta.training.stages import STAGES, Stages
from tasks.arms_players import EXPECTED
from tasks.presets import agent_for, imitation_start, learner_for, make_agent, preset
from tasks.registry import make_task

CURVE, CHECKPOINT = "learning_curve.csv", "checkpoint.safetensors"
TEST_SEED = 1_000_003
"""Of the fresh episodes on which a trained agent is measured; far from the seeds that people train with."""
PARTS = 2
"""Of every batch of a training whose batches processes share (``--workers``), unless it says how many (``--set n_parts=4``)."""


class Curve:
    """A listener that keeps the learning curve of a run in a CSV file, about ``n_rows`` rows a run.

    A row is the mean over the updates since the row before, so that none is of one part of episodes alone where they are learnt from in
    unrolls; ``update``, ``steps``, ``seconds`` and what is scheduled are those of the last update.

    Parameters
    ----------
    path : Path
        Rows that stand there already are kept where training resumes; the next begins at the checkpoint.
    resume : bool
    n_rows : int
    """

    averaged = ("reward_per_trial", "policy_loss", "value_loss", "entropy", "gradient_norm", "rpe_mean", "rpe_sd")

    def __init__(self, path: Path, resume: bool = False, n_rows: int = 500) -> None:
        self.path, self.n_rows, self.written = path, n_rows, time.monotonic()
        self.since: list[dict[str, Any]] = []
        self.rows: list[dict[str, Any]] = pd.read_csv(path).to_dict("records") if resume and path.is_file() else []

    def __call__(self, record: Record) -> None:
        """Take in the record of one update."""
        while self.rows and self.rows[-1]["update"] >= record.update:  # after the checkpoint that is resumed
            self.rows.pop()
        self.since.append(record.as_dict())
        spacing = record.n_steps / self.n_rows
        if not self.rows or record.steps >= min(self.rows[-1]["steps"] + spacing, record.n_steps):
            self.rows.append(self.since[-1] | {name: float(np.mean([one[name] for one in self.since])) for name in self.averaged})
            self.since = []
        if time.monotonic() - self.written > 10:
            self.write()

    def write(self) -> None:
        """Write the file, whole or not at all."""
        with atomic_path(self.path) as part:
            pd.DataFrame(self.rows).to_csv(part, index=False)
        self.written = time.monotonic()


def train_into(
    folder: str | Path, task_name: str, learner: Learner | str | None = None, seed: int = 0,
    resume: bool = False, listeners: Sequence[Listener] = (), **options: Any,
) -> Network:
    """Train an agent on a registered task and keep everything in a folder.

    Parameters
    ----------
    folder : str or Path
        Gets ``weights.safetensors``, ``record.json``, ``learning_curve.csv``, where the task's preset keeps stages of
        training ``stages.safetensors``, and, while it trains, ``checkpoint.safetensors``.
    task_name : str
        Registered id.
    learner : Learner or {"a2c", "ppo", "trpo", "sarsa", "dyna"}, optional
        By default that of the task's preset.
    seed : int
        Of the initial weights and of training.
    resume : bool
        Go on from the checkpoint in the folder.
    listeners : sequence of callables
        Called with a ``Record`` after every update.
    **options
        ``n_steps`` (environment steps), ``agent`` (a kind of network), ``start`` (folder of a trained agent to go on
        from), ``command`` (for the record), ``test_episodes`` (fresh episodes on which the agent is measured in the end,
        2,000).

    Returns
    -------
    Network
    """
    task, folder = make_task(task_name), Path(folder)
    learner = learner_of(task_name, learner, options.get("n_steps"), options.get("agent"))
    check_available(learner.device)
    agent = first_agent(task_name, learner, options.get("agent"), seed, options.get("start"))
    if (folder / RECORD).is_file() and not (resume and (folder / CHECKPOINT).is_file()):
        raise UserError(f"{str(folder)!r} holds a trained agent already. Choose another folder (--out), or remove it; --start {folder} trains it "
                        "further there.")
    if not resume and (folder / CHECKPOINT).is_file():
        raise UserError(f"{str(folder)!r} holds the checkpoint of an interrupted training. Go on with --resume, choose another "
                        "folder (--out), or remove it.")
    curve = Curve(check_folder(folder) / CURVE, resume)
    last: list[Record] = []
    fractions = preset(task_name).stages
    try:
        agent = train(agent, task, learner, seed=seed, listeners=[last.append, curve, *listeners],
                      checkpoint=Checkpoint(folder / CHECKPOINT, resume=resume),
                      stages=Stages(folder / STAGES, fractions, resume) if fractions else None)
    finally:
        if curve.rows:
            curve.write()
    steps, seconds = (last[-1].steps, last[-1].seconds) if last else (learner.n_steps, 0.0)
    quality = measure(agent, task, options.get("test_episodes", 2000))
    save_agent(agent, folder, AgentRecord(
        task=task_name, task_settings=task.settings, seed=seed, learner=type(learner).__name__.lower(),
        learner_settings=learner.settings, steps=steps, seconds=round(seconds, 1), quality=quality,
        command=options.get("command", ""), device=describe_device(learner.device)))
    (folder / CHECKPOINT).unlink(missing_ok=True)
    return agent


def first_agent(
    task_name: str, learner: Learner, agent: str | None = None, seed: int = 0, start: str | Path | None = None
) -> Network:
    """Return the network that a training begins with; where none is named the start of a preset is for its own learner alone."""
    if start is None and isinstance(learner, Imitation):
        start = imitation_start(task_name, learner.expert.name, agent)
    return make_agent(task_name, agent or agent_for(learner), seed, start)


def learner_of(task_name: str, learner: Learner | str | None, n_steps: int | None = None, agent: str | None = None) -> Learner:
    """Return the learner that was given, named, or left to the preset of a kind of network, for the steps that were asked for."""
    if not isinstance(learner, Learner):
        learner = learner_for(task_name, learner, agent)
    return learner if n_steps is None else replace(learner, n_steps=check_n_steps(n_steps))


def split(learner: Learner, n_workers: int) -> Learner:
    """Return a learner that plays its batches in parts, ``PARTS`` where it has none, and shares them among processes.

    Whatever the number of processes, the parts are the same, and so are the bytes that come of them.

    Raises
    ------
    UserError
        A learner that knows no parts; more processes than parts.
    """
    if not isinstance(learner, A2C):
        raise UserError(f"--workers without --seeds splits the batches of a2c; {type(learner).__name__.lower()} trains in one process. "
                        "Leave --workers out, or choose --learner a2c.")
    return replace(learner, n_parts=PARTS if learner.n_parts == 1 else learner.n_parts, n_workers=n_workers)


def command_line(
    task_name: str, out: str | Path, agent: str | None = None, learner: str | None = None, n_steps: int | None = None,
    seed: int = 0, imitate: str | None = None, start: str | Path | None = None, workers: int | None = None,
    settings: Sequence[str] = (), device: str = "cpu",
) -> str:
    """Return the command line that makes one run.

    Examples
    --------
    >>> command_line("bandit/independent", "runs/a", "gru", seed=3)
    'cogmeta train bandit/independent --agent gru --seed 3 --out runs/a'
    """
    given = [("--agent", agent), ("--learner", learner), ("--imitate", imitate), ("--start", start), ("--steps", n_steps),
             *(("--set", text) for text in settings), ("--seed", seed), ("--workers", workers),
             ("--device", None if device == "cpu" else device)]
    options = " ".join(f"{name} {value}" for name, value in given if value is not None)
    return f"cogmeta train {task_name} {options} --out {out}"


def measure(agent: Network, task: Task, n_episodes: int = 2000, seed: int = TEST_SEED) -> dict[str, float]:
    """Return how well an agent does on fresh episodes, its weights frozen.

    Parameters
    ----------
    agent : Agent
    task : Task
    n_episodes : int
        Where an epoch has several, enough epochs for as many are played.
    seed : int

    Returns
    -------
    dict
        ``reward_per_trial`` with ``reward_per_trial_sem`` (over episodes or epochs); where the task hides what every arm is worth
        ``regret``, the cumulative expected regret of an episode's free choices, with ``regret_sem``; ``test_episodes`` and ``test_seed``.
    """
    per_epoch = task.spec.episodes_per_epoch
    rollout = simulate(agent, task, -(-n_episodes // per_epoch), seed)
    reward = rollout.reward.sum(axis=0) / rollout.valid[:: task.spec.steps_per_trial].sum(axis=0)
    quality = {"reward_per_trial": reward.mean(), "reward_per_trial_sem": _sem(reward)}
    pays = next((rollout.hidden[name] for name in EXPECTED if name in rollout.hidden), None)
    if pays is not None and pays.shape[2:] == (task.spec.n_actions,):  # the value of every action at every step
        lost = pays.max(-1) - np.take_along_axis(pays, rollout.action[..., None], -1)[..., 0]
        free = rollout.valid if rollout.forced is None else rollout.valid & ~rollout.forced
        regret = np.where(free, lost, 0.0).sum(axis=0) / per_epoch
        quality |= {"regret": regret.mean(), "regret_sem": _sem(regret)}
    rounded = {name: round(float(value), 4) for name, value in quality.items()}
    return {**rounded, "test_episodes": n_episodes, "test_seed": seed}


def _sem(values: np.ndarray) -> float:
    return float(values.std() / np.sqrt(len(values)))
