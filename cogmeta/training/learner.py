"""What all outer-loop learners share: settings that may change over training, and how they are checked."""

from abc import ABC, abstractmethod
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from cogmeta.agents.device import check_device
from cogmeta.agents.network import Network
from cogmeta.errors import UserError, unknown_name
from cogmeta.task import Task
from cogmeta.training.collect import Batch, Collector, Lesson
from cogmeta.training.optimiser import OPTIMISERS, Optimiser

Scheduled = float | tuple[float, float]
"""A number, or (first, last) of a straight line over training."""


class Now(NamedTuple):
    """The scheduled settings at one moment of training."""

    discount: float
    eligibility: float
    step_size: float
    entropy_weight: float


@dataclass(frozen=True)
class Learner(ABC):
    """Settings of an outer-loop learner. Those marked * may be a pair (first, last): a straight line over training.

    Parameters
    ----------
    n_steps : int
        Environment steps of a full training, all episodes together, > 0; schedules run over them.
    n_episodes : int
        Episodes played side by side, >= 1.
    unroll : int, optional
        Steps between updates (t_max); must divide the steps of an episode. By default whole episodes.
    discount : float *
        In [0, 1], a step.
    eligibility : float *
        Lambda of generalised advantage estimation, in [0, 1]; 1 gives the n-step returns of Wang et al. 2018.
    step_size : float *
        Of the optimiser, in (0, 0.1].
    entropy_weight, value_weight : float (*), float
        >= 0, relative to the policy's loss.
    optimiser : {"adam", "rmsprop"}
    max_gradient_norm : float, optional
        Longer gradients are shortened to this Euclidean length; None leaves them.
    normalise_advantages : bool
        Whether the advantages of each batch are brought to mean 0 and standard deviation 1.
    regret_of : str, optional
        Learn from minus the regret in place of the reward: the worth of the action taken less that of the best one, told by this
        hidden array of the task, (n_episodes, n_actions). See Notes.

    reward_offset : float
        Taken off every reward that is learnt from: about the mean reward, it keeps values near 0 where discounts are high, so that the
        critic need not first grow to their size. The network hears the reward itself. In [-1000, 1000].
    device : {"cpu", "plain", "cuda", "cuda:1", ...}
        Where the network is computed, see ``cogmeta.agents.device``. Not one of ``settings``: a run that one device began another
        goes on with, to weights that differ by rounding.

    Notes
    -----
    Where episodes are equally long, an offset changes nothing but the value, by a number that depends on the step alone.

    Where the worth is the optimal action value Q* (``action_value`` of a Markov decision process; ``reward_probability`` of a
    bandit), the expected sum of Q*(s, a) - max Q*(s, .) over an episode is the expected reward less that of somebody who knows
    the process (Kakade & Langford 2002, lemma 6.1): undiscounted, the same objective without the chance of rewards and
    transitions and without the differences between processes. The teacher then knows what the network is never told, and the
    network's value is no longer that of reward.
    """

    not_settings: ClassVar[tuple[str, ...]] = ("device",)

    n_steps: int = 2_000_000
    n_episodes: int = 128
    unroll: int | None = None
    discount: Scheduled = 0.9
    eligibility: Scheduled = 1.0
    step_size: Scheduled = 7e-4
    entropy_weight: Scheduled = 0.05
    value_weight: float = 0.05
    optimiser: str = "adam"
    max_gradient_norm: float | None = 1.0
    normalise_advantages: bool = False
    regret_of: str | None = None
    reward_offset: float = 0.0
    device: str = "cpu"

    def __post_init__(self) -> None:
        check_n_steps(self.n_steps)
        check_integer("n_episodes", self.n_episodes)
        if self.unroll is not None:
            check_integer("unroll", self.unroll)
        for name, low, high in _RANGES:
            for value in np.atleast_1d(getattr(self, name)):
                _check_range(name, value, low, high)
        if self.max_gradient_norm is not None:
            _check_range("max_gradient_norm", self.max_gradient_norm, 1e-6, np.inf)
        if self.optimiser not in OPTIMISERS:
            raise unknown_name("optimiser", self.optimiser, OPTIMISERS)
        check_device(self.device)

    def at(self, progress: float) -> Now:
        """Return the scheduled settings at a fraction of training in [0, 1]."""
        return Now(*(scheduled(getattr(self, name), progress) for name in Now._fields))

    def unroll_of(self, n_steps: int) -> int:
        """Return the steps between updates for episodes of ``n_steps``."""
        unroll = self.unroll or n_steps
        if n_steps % unroll:
            raise UserError(f"unroll={unroll} must divide the {n_steps} steps of an episode.")
        return unroll

    @property
    def settings(self) -> dict[str, Any]:
        """All settings that make the result, as plain values."""
        return {name: value for name, value in asdict(self).items() if name not in self.not_settings}

    @property
    def lesson(self) -> Lesson:
        """What is learnt from in place of the reward."""
        return Lesson(self.regret_of, self.reward_offset)

    def collector(
        self, network: Network, task: Task, task_rng: np.random.Generator, action_rng: np.random.Generator
    ) -> Collector:
        """Return what plays the batches that ``improve`` gets."""
        unroll = self.unroll_of(task.spec.steps_per_episode)
        return Collector(network, task, self.n_episodes, unroll, task_rng, action_rng, self.lesson, self.device)

    def prepare(self, network: Network, task: Task) -> Any:
        """Return whatever buffers ``improve`` wants to find again."""
        return None

    def learnt_discount(self, now: Now, buffers: Any) -> float:
        """Return the discount of the values that a network has learnt after ``improve``."""
        return now.discount

    def kept(self, buffers: Any) -> dict[str, Any]:
        """Return as tensors by name what of the buffers the next update depends on; a checkpoint keeps it."""
        return {}

    def restore(self, buffers: Any, tensors: dict[str, Any]) -> None:
        """Bring buffers to where ``kept`` found them."""

    @abstractmethod
    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: Now, rng: np.random.Generator, buffers: Any
    ) -> dict[str, float]:
        """Change the network's weights by one batch and return its losses by name."""


_RANGES = (
    ("discount", 0.0, 1.0), ("eligibility", 0.0, 1.0), ("step_size", 0.0, 0.1), ("entropy_weight", 0.0, 100.0),
    ("value_weight", 0.0, 100.0), ("reward_offset", -1000.0, 1000.0),
)
_HINTS = {
    "step_size": "Did you write 1-3 instead of 1e-3?",
    "discount": "It weighs the reward of the next step: 0.9, say.",
    "eligibility": "It is lambda of the advantage estimate: 1 for n-step returns.",
    "entropy_weight": "It is added to reward; a minus sign is set inside the loss.",
    "reward_offset": "It is in units of reward: the mean reward of a step, say.",
    "value_weight": "It is added to the loss; 0.05 in Wang et al. 2018.",
}


def scheduled(setting: Scheduled, progress: float) -> float:
    """Return the value of a setting at a fraction of training.

    Examples
    --------
    >>> scheduled(0.5, 0.3), scheduled((1.0, 0.0), 0.25)
    (0.5, 0.75)
    """
    if isinstance(setting, tuple | list):
        return setting[0] + (setting[1] - setting[0]) * min(max(progress, 0.0), 1.0)
    return setting


def check_n_steps(n_steps: int) -> int:
    """Return the number of training steps, or say what it must be."""
    if isinstance(n_steps, bool) or not isinstance(n_steps, int | np.integer) or n_steps < 1:
        raise UserError(f"the number of training steps must be an integer >= 1, got {n_steps!r}. Use 1_000_000, say.")
    return int(n_steps)


def check_integer(name: str, value: object) -> None:
    """Raise UserError where a setting is not an integer of at least 1."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
        raise UserError(f"{name} must be an integer >= 1, got {value!r}.")


def _check_range(name: str, value: float, low: float, high: float) -> None:
    if not low <= value <= high:
        raise UserError(f"{name} must lie in [{low:g}, {high:g}], got {value!r}. {_HINTS.get(name, '')}".strip())
