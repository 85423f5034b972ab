"""The learning rate in stable and in volatile trials, fitted to choices of learners who live through both.

The model is Rescorla-Wagner with one learning rate for stable and one for volatile trials, and one inverse temperature:
``Q[a] += α_stable (r - Q[a])`` or ``Q[a] += α_volatile (r - Q[a])``, ``P = softmax(β Q)``. Source: Behrens et al. 2007;
Wang et al. 2018, figure 3c and d (a learner fitted to each block). How ours departs: both halves of an episode are
fitted together, so that what is learnt in the first is known in the second, as it is to whoever played; they
share the inverse temperature, so that rates of one episode can be compared.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError
from cogmeta.fitting import fit
from cogmeta.models.bandit import RescorlaWagner
from cogmeta.models.parameter import Parameter, inverse_temperature, rate
from cogmeta.models.trial import Trial


@dataclass(frozen=True)
class RateByVolatility(RescorlaWagner):
    """Rescorla-Wagner with one learning rate for trials marked ``volatile`` and one for the others.

    References
    ----------
    Behrens et al. 2007, Nat Neurosci 10:1214.
    """

    name: ClassVar[str] = "bandit/rescorla_wagner_by_volatility"
    outcomes: ClassVar[tuple[str, ...]] = ("reward", "volatile")
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("learning_rate_stable", "α_s"), rate("learning_rate_volatile", "α_v"), inverse_temperature(),
    )

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Move the chosen arm's value at the rate of the trial's kind."""
        stable, volatile = parameters.learning_rate_stable, parameters.learning_rate_volatile
        return values + trial.choice * ((stable + trial.volatile * (volatile - stable)) * (trial.reward - values))


def rates_by_volatility(trials: pd.DataFrame) -> pd.DataFrame:
    """Fit one stable and one volatile learning rate to every subject, by maximum likelihood.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table with the column ``volatile`` (bool); learning starts afresh with each session.

    Returns
    -------
    DataFrame
        One row a subject: ``subject, learning_rate_stable, learning_rate_volatile, inverse_temperature``, standard errors
        ``se_...``, ``log_likelihood`` and ``flag``.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": "a", "trial": range(8), "choice": [0, 0, 1, 1, 1, 0, 0, 1], "volatile": [False] * 4 + [True] * 4,
    ...                        "reward": [1, 0, 1, 1, 0, 1, 0, 1]})
    >>> rates_by_volatility(trials)["subject"].tolist()
    ['a']
    """
    if "volatile" not in trials:
        raise TrialTableError("which trials are volatile must stand in the column 'volatile'; tables of simulated agents have it.")
    table = fit(RateByVolatility(), trials, "mle").table
    names = ["learning_rate_stable", "learning_rate_volatile", "inverse_temperature"]
    return table[["subject", *names, *(f"se_{name}" for name in names), "log_likelihood", "flag"]]
