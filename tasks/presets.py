"""Which agent, learner and training length a user gets with ``cogmeta train TASK`` alone."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cogmeta.agents.network import Network
from cogmeta.agents.store import NETWORKS, AgentRecord, load_agent, load_record
from cogmeta.errors import UserError, unknown_name
from cogmeta.training import A2C, PPO, Learner
from tasks.registry import make_task, registered

TRAINED = Path(__file__).parent / "trained"
"""Agents that come with the project, each beside the command that made it."""

LEARNERS: dict[str, type[Learner]] = {"a2c": A2C, "ppo": PPO}


@dataclass(frozen=True)
class Preset:
    """A training that was tried.

    Attributes
    ----------
    learner : Learner
        With the training length in ``learner.n_steps``.
    agent : dict
        Options of ``LSTMActorCritic.for_task``.
    expected : dict
        Quality on fresh episodes: name -> one number a seed, in the order of ``seeds``.
    seeds : tuple of int
    note : str
        What else was seen.
    """

    learner: Learner
    agent: dict[str, Any] = field(default_factory=lambda: {"n_units": 48})
    expected: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    note: str = ""

    @property
    def n_steps(self) -> int:
        """Environment steps of the training."""
        return self.learner.n_steps


_PRESETS: dict[str, Preset] = {
}

_DEFAULT = Preset(PPO(n_steps=3_000_000), note="Not tried on this task: the recipe of the two-step task.")

_A2C = A2C(n_steps=20_000_000, n_episodes=64, discount=(0.8, 0.95), eligibility=(0.3, 0.9), step_size=(3e-3, 0.0),
           entropy_weight=(0.05, 0.0), value_weight=0.2, normalise_advantages=True)
"""The actor-critic that serves where A2C is asked for and the preset is PPO."""


def preset(task_name: str) -> Preset:
    """Return the preset of a registered task; one that was never tried says so in its ``note``.

    Parameters
    ----------
    task_name : str
        Registered id.

    Raises
    ------
    UserError
        No such task; the message names the nearest.

    Examples
    --------
    >>> type(preset("bandit/independent").learner).__name__
    'PPO'
    """
    registered(task_name)
    return _PRESETS.get(task_name, _DEFAULT)


def learner_for(task_name: str, learner: str | None = None) -> Learner:
    """Return the learner of a task's preset, or the settings of another learner for it.

    Parameters
    ----------
    task_name : str
    learner : {"a2c", "ppo"}, optional
    """
    chosen = preset(task_name).learner
    if learner is None:
        return chosen
    if learner not in LEARNERS:
        raise unknown_name("learner", learner, LEARNERS)
    if isinstance(chosen, LEARNERS[learner]):
        return chosen
    return _A2C if learner == "a2c" else _DEFAULT.learner


def make_agent(task_name: str, agent: str | None = None, seed: int = 0) -> Network:
    """Return an untrained agent for a registered task, with the options of its preset.

    Parameters
    ----------
    task_name : str
    agent : {"lstm"}, optional
    seed : int
        Of the initial weights.
    """
    agent = agent or "lstm"
    if agent not in NETWORKS:
        raise unknown_name("agent", agent, NETWORKS)
    return NETWORKS[agent][1].for_task(make_task(task_name), seed=seed, **preset(task_name).agent)


def check_names(task_name: str, agent: str, learner: str | None) -> None:
    """Raise UserError, with the nearest name, where a task, agent or learner is not known."""
    registered(task_name)
    if agent not in NETWORKS:
        raise unknown_name("agent", agent, NETWORKS)
    learner_for(task_name, learner)


def shipped_agent(task_name: str) -> tuple[Network, AgentRecord]:
    """Return the trained agent that comes with the project for a task, and how it came about.

    Parameters
    ----------
    task_name : str
        Registered id.

    Raises
    ------
    UserError
        None is shipped for this task; the message says which are, and how to train one.

    Examples
    --------
    >>> agent, record = shipped_agent("two_step/daw2011")
    >>> record.task, agent.config.n_units
    ('two_step/daw2011', 48)
    """
    registered(task_name)
    folder = TRAINED / task_name.replace("/", "_")
    if not folder.is_dir():
        known = sorted(load_record(path).task for path in TRAINED.iterdir() if path.is_dir())
        raise UserError(f"no trained agent is shipped for {task_name!r}, only for {', '.join(known)}. "
                        f"Train one: cogmeta train {task_name} --out runs/agent.")
    return load_agent(folder), load_record(folder)
