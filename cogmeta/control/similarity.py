"""The similarity-weighted value, the simplest episodic control: what followed in like states, averaged by likeness.

``Q(s, a) = sum_i k(s, s_i) R_i / sum_i k(s, s_i)`` over all remembered returns ``R_i`` of action ``a``, with the Gaussian kernel
``k = exp(-|s - s_i|^2 / (2 bandwidth^2))``. Sources: Lengyel & Dayan 2007 (episodic control); Gershman & Daw 2017, Annu Rev
Psychol 68:101 (values as kernel-weighted averages of remembered returns); the estimator is that of Nadaraya and Watson (1964).

How ours departs: nothing is forgotten until the memory of an action is full; then the oldest return gives way. The bandwidth
is a setting: of the sources none prints one for such tasks. An action that was tried nowhere in a life is tried first.
"""

from dataclasses import dataclass

import torch

from cogmeta.control.agent import ControlConfig, check_range, check_whole
from cogmeta.control.mfec import ReturnMemory
from cogmeta.memory.dictionary import MemoryConfig


@dataclass(frozen=True)
class SimilarityConfig(ControlConfig):
    """Settings of the similarity-weighted value.

    Parameters
    ----------
    bandwidth : float
        Distance of two observations, in (0, 1000], at which their likeness is exp(-1/2); one-hot places lie sqrt(2) apart.
    capacity : int
        Returns an action, >= 1.
    observation_size, n_actions, restart, discount, epsilon, annealing_steps
        See ``ControlConfig``.
    """

    bandwidth: float = 0.5
    capacity: int = 1000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_range(self, 1e-3, 1e3, "bandwidth")
        check_whole(self, 1, "capacity")

    @property
    def memory(self) -> MemoryConfig:
        """Settings of the memories: all returns count."""
        return MemoryConfig(self.capacity, "gaussian", n_neighbours=None)


class SimilarityValue(ReturnMemory):
    """The similarity-weighted value; the parameters are those of ``ControlAgent``.

    References
    ----------
    Lengyel & Dayan 2007, NeurIPS 20; Gershman & Daw 2017.
    """

    kind, config_class = "similarity", SimilarityConfig

    def cue(self, observation: torch.Tensor) -> torch.Tensor:
        """Return the observation in units of the bandwidth."""
        return observation / self.config.bandwidth
