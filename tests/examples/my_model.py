"""A model of one's own: two learning rates, one for good news and one for bad (Lefebvre et al. 2017)."""

from dataclasses import dataclass

import numpy as np

from cogmeta.models.bandit import BanditModel
from cogmeta.models.parameter import inverse_temperature, rate


@dataclass(frozen=True)
class TwoRates(BanditModel):
    """Q[a] += α₊ δ where δ = r - Q[a] is positive, α₋ δ where it is negative; P = softmax(β Q)."""

    name = "bandit/two_rates"
    citation = "Lefebvre et al. 2017, Nat Hum Behav 1:0067"
    parameters = (rate("learning_rate_gain", "α₊"), rate("learning_rate_loss", "α₋"), inverse_temperature())

    def initial_values(self, lanes, parameters):
        """Every arm starts in the middle of the rewards; the lane axes come last."""
        return self.arms(lanes, self.reward_middle)

    def policy(self, values, parameters):
        """Logits, one row an arm."""
        return parameters.inverse_temperature * values

    def update(self, values, parameters, trial):
        """``trial.choice`` is one-hot, so that only the chosen arm moves."""
        error = trial.choice * (trial.reward - values)
        gain, loss = np.maximum(error, 0), np.minimum(error, 0)
        return values + parameters.learning_rate_gain * gain + parameters.learning_rate_loss * loss
