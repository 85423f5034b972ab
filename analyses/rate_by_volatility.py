"""The learning rate in stable and in volatile trials, fitted to choices of learners who live through both.

The world pays on one of two sides, and a learner keeps one number, the probability of the first side: after each trial
it moves towards the side that paid (or would have), at one learning rate in stable and another in volatile trials, and
choices follow it through one inverse temperature. Source: Behrens et al. 2007; Wang et al. 2018, figure 3c and d (a
learner fitted to each block). How ours departs: both halves of an episode are fitted together, so that what is learnt
in the first is known in the second, as it is to whoever played; they share the inverse temperature, so that rates of
one episode can be compared. A learner that moves the value of the chosen arm alone is no measure here: fitted to the
choices of the Bayesian learner of Behrens et al. it finds no difference between halves; this one does.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.errors import TrialTableError
from cogmeta.fitting import fit
from cogmeta.models.bandit import RescorlaWagner
from cogmeta.models.parameter import Parameter, inverse_temperature, rate
from cogmeta.models.trial import Trial


@dataclass(frozen=True)
class OneProbability(RescorlaWagner):
    """Learns the probability that the first of two sides pays; the other side's is the rest.

    Notes
    -----
    ``p += α (o - p)`` with ``o = 1`` where the first side paid or the second did not; ``P = softmax(β (p, 1 - p))``.

    References
    ----------
    Behrens et al. 2007, Nat Neurosci 10:1214.
    """

    name: ClassVar[str] = "bandit/one_probability"
    two_arms: ClassVar[bool] = True

    def rate_of(self, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Return the learning rate of a trial."""
        return parameters.learning_rate

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Move both sides' probabilities towards what was, or would have been, paid; rewards are 0 and 1."""
        paid = trial.choice * trial.reward + (1 - trial.choice) * (1 - trial.reward)
        return values + self.rate_of(parameters, trial) * (paid - values)


@dataclass(frozen=True)
class RateByVolatility(OneProbability):
    """``OneProbability`` with one learning rate for trials marked ``volatile`` and one for the others."""

    name: ClassVar[str] = "bandit/one_probability_by_volatility"
    outcomes: ClassVar[tuple[str, ...]] = ("reward", "volatile")
    parameters: ClassVar[tuple[Parameter, ...]] = (
        rate("learning_rate_stable", "α_s"), rate("learning_rate_volatile", "α_v"), inverse_temperature(),
    )

    def rate_of(self, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Return the learning rate of the trial's kind."""
        return parameters.learning_rate_stable + trial.volatile * (parameters.learning_rate_volatile - parameters.learning_rate_stable)


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


@styled
def plot_rates_by_volatility(rates: pd.DataFrame, references: dict[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Draw learning rates by block: bars and a dot a seed or subject; references as lines.

    Parameters
    ----------
    rates : DataFrame
        ``block`` (those named "Volatile ..." get a colour of their own), ``learning_rate``; a row a block and seed or subject.
    references : dict of str to DataFrame
        Name -> ``block, learning_rate``, one row a block; full lines for the first, dashed ones for the second.
    ax : Axes, optional
    """
    ax, blocks = new_axes(ax), list(dict.fromkeys(rates["block"]))
    mean = mean_interval(rates, "learning_rate", "block").set_index("block").loc[blocks]
    colors = [PALETTE[1] if block.startswith("Volatile") else PALETTE[5] for block in blocks]
    ax.bar(range(len(blocks)), mean["mean"], color=colors, alpha=0.4)
    for place, block in enumerate(blocks):
        dots = rates.loc[rates["block"] == block, "learning_rate"]
        ax.plot(place + np.linspace(-0.2, 0.2, len(dots)), dots, "o", markersize=3, color=colors[place])
    for (name, table), line in zip(references.items(), ("-", "--"), strict=False):
        ax.hlines(table.set_index("block").loc[blocks, "learning_rate"], np.arange(len(blocks)) - 0.4, np.arange(len(blocks)) + 0.4,
                  color=REFERENCE, linestyle=line, linewidth=1.2, label=name)
    ax.set_xticks(range(len(blocks)), [block.replace(" ", "\n") for block in blocks])
    ax.set_ylabel("Fitted learning rate")
    return ax
