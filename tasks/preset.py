"""What a preset is: the network, the learner and the length of a training that was tried, and what it reached."""

from dataclasses import dataclass, field
from typing import Any

from cogmeta.training import Learner


@dataclass(frozen=True)
class Preset:
    """A training that was tried.

    Attributes
    ----------
    learner : Learner
        With the training length in ``learner.n_steps``.
    agent : dict
        Options of the network's ``for_task``; other kinds than ``kind`` and its subclasses get the number of units alone.
    expected : dict
        Quality on fresh episodes: name -> one number a seed, in the order of ``seeds``.
    seeds : tuple of int
    note : str
        What else was seen.
    stages : tuple of float
        Fractions of training at which the weights are kept, for figures of how learning went.
    kind : str
        Of network, a key of ``cogmeta.agents.store.NETWORKS``.
    start : str
        Task whose shipped network (seed 0) is trained on; by default training starts from drawn weights.
    """

    learner: Learner
    agent: dict[str, Any] = field(default_factory=lambda: {"n_units": 48})
    expected: dict[str, tuple[float, ...]] = field(default_factory=dict)
    seeds: tuple[int, ...] = ()
    note: str = ""
    stages: tuple[float, ...] = ()
    kind: str = "lstm"
    start: str = ""

    @property
    def n_steps(self) -> int:
        """Environment steps of the training."""
        return self.learner.n_steps
