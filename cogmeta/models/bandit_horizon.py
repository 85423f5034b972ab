"""How the value of an arm, what it would teach, and noise enter one choice: the model of the horizon task.

What is assumed: of both arms the mean of what they paid is known, and how often each was seen. The less seen arm gets a
bonus (directed exploration), all differences are blurred by noise (random exploration), and one side may be preferred.
Source: Wilson et al. 2014 (J Exp Psychol Gen 143:2074), who fit it to the first free choice of every game, for each
horizon by itself; ``analyses.horizon.fit_by_horizon`` does that. How ours departs: it gives a choice at any trial, from
all rewards of the game so far; an arm that was never seen counts as worth the middle of the reward range.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np

from cogmeta.models.bandit import BanditModel
from cogmeta.models.parameter import Parameter
from cogmeta.models.prior import Gamma, Normal
from cogmeta.models.trial import Trial

INFORMATION_BONUS = Parameter("information_bonus", "A", "real", Normal(0.0, 0.3), (-0.2, 0.3), unit="reward")
DECISION_NOISE = Parameter("decision_noise", "σ", "positive", Gamma(2.0, 0.05), (0.02, 0.3), unit="reward")
SIDE_BIAS = Parameter("side_bias", "B", "real", Normal(0.0, 0.3), (-0.2, 0.2), unit="reward")


class Seen(NamedTuple):
    """What was seen of each arm, two (2, *lanes) arrays."""

    count: np.ndarray
    total: np.ndarray


@dataclass(frozen=True)
class InformationBonus(BanditModel):
    """Weighs the observed means, the information in an arm, and a side, with noise; two arms.

    Notes
    -----
    ``P(0) = 1 / (1 + exp(-(ΔR + A ΔI + B) / σ))`` with ``ΔR`` the observed mean of arm 0 minus that of arm 1, and
    ``ΔI`` 1, -1 or 0 where arm 0 was seen less often, more often or as often. ``A``, ``B`` and ``σ`` are in units of
    reward.

    References
    ----------
    Wilson et al. 2014, J Exp Psychol Gen 143:2074.
    """

    name: ClassVar[str] = "bandit/information_bonus"
    citation: ClassVar[str] = "Wilson et al. 2014, J Exp Psychol Gen 143:2074"
    symmetric: ClassVar[bool] = False
    two_arms: ClassVar[bool] = True
    parameters: ClassVar[tuple[Parameter, ...]] = (INFORMATION_BONUS, DECISION_NOISE, SIDE_BIAS)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> Seen:
        """Nothing was seen."""
        return Seen(self.arms(lanes), self.arms(lanes))

    def policy(self, values: Seen, parameters: SimpleNamespace) -> np.ndarray:
        """Return (2, *lanes) logits."""
        mean = np.where(values.count > 0, values.total / np.maximum(values.count, 1), self.reward_middle)
        information = np.sign(values.count[1] - values.count[0])
        drive = mean[0] - mean[1] + parameters.information_bonus * information + parameters.side_bias
        drive = drive / np.maximum(parameters.decision_noise, np.finfo(float).tiny)
        return np.stack([drive, np.zeros_like(drive)])

    def update(self, values: Seen, parameters: SimpleNamespace, trial: Trial) -> Seen:
        """See the chosen arm once more."""
        return Seen(values.count + trial.choice, values.total + trial.choice * trial.reward)
