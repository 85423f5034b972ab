"""A learner that knows the structure of a reversal task: one arm is the good one, and now and then another becomes it.

What is assumed: the good arm wins with a probability ``g``, every other with ``1 - g``; after each trial, with the
hazard ``h``, another arm becomes the good one. Source: Hampton et al. 2006 (J Neurosci 26:8360); Schlagenhauf et al.
2014 (Neuroimage 89:171). How ours departs: any number of arms (the sources have two); choices are a softmax of the
belief.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np

from cogmeta.models.bandit import BanditModel
from cogmeta.models.parameter import Parameter, inverse_temperature, rate
from cogmeta.models.trial import Trial

HAZARD = rate("reversal_hazard", "h", (0.01, 0.3))
GOOD_PROBABILITY = rate("good_probability", "g", (0.55, 0.95))


def believe(belief: np.ndarray, visited: np.ndarray, win: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
    """Return the belief which of several hidden causes is the good one, after an outcome and a possible reversal.

    Parameters
    ----------
    belief : (n, *lanes) float array
        Sums to 1 over the first axis.
    visited : (n, *lanes) float array
        One-hot: whose outcome was seen.
    win : (*lanes) bool array
    parameters : namespace
        ``good_probability`` and ``reversal_hazard``.

    Examples
    --------
    >>> known = SimpleNamespace(good_probability=0.8, reversal_hazard=0.1)
    >>> believe(np.array([0.5, 0.5]), np.array([1.0, 0.0]), np.array(True), known).round(3)
    array([0.74, 0.26])
    """
    good, hazard = parameters.good_probability, parameters.reversal_hazard
    if_visited = np.where(win, good, 1 - good)
    likelihood = visited * if_visited + (1 - visited) * (1 - if_visited)
    weighed = belief * likelihood
    after = weighed / np.maximum(weighed.sum(axis=0), np.finfo(float).tiny)
    return after + hazard * ((1 - after) / (len(belief) - 1) - after)


@dataclass(frozen=True)
class HiddenState(BanditModel):
    """Infers which arm is the good one and chooses by that belief.

    Parameters
    ----------
    win_from : float, optional
        Smallest reward that counts as a win; by default the middle of the reward range.

    Notes
    -----
    With the belief ``b`` that an arm is the good one: ``b ∝ b L`` where ``L`` is ``g`` for the chosen arm after a win
    and every other arm after a loss, else ``1 - g``; then ``b ← (1 - h) b + h (1 - b) / (n_arms - 1)``;
    ``P = softmax(β b)``.

    References
    ----------
    Hampton et al. 2006, J Neurosci 26:8360; Schlagenhauf et al. 2014, Neuroimage 89:171.
    """

    name: ClassVar[str] = "bandit/hidden_state"
    citation: ClassVar[str] = "Hampton et al. 2006, J Neurosci 26:8360"
    parameters: ClassVar[tuple[Parameter, ...]] = (HAZARD, GOOD_PROBABILITY, inverse_temperature(unit=""))

    win_from: float | None = None

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> np.ndarray:
        """Every arm may be the good one."""
        return self.arms(lanes, 1 / self.n_options(self.choices[0]))

    def policy(self, values: np.ndarray, parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_arms, *lanes) logits."""
        return parameters.inverse_temperature * values

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Weigh the outcome, then allow for a reversal."""
        return believe(values, trial.choice, trial.reward >= self.or_middle(self.win_from), parameters)
