"""Claims made numeric, and the scoreboard that holds our numbers against their references.

A claim is written from the paper before anything is run, and never tuned until it passes: it is the paper's
number, an exact reference, or the paper's qualitative statement as an inequality. A claim that is not met
stays on the scoreboard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analyses.intervals import mean_interval


@dataclass(frozen=True)
class Claim:
    """One statement about one number.

    Attributes
    ----------
    measure : str
        Name of the number in our results.
    statement : str
        What must be true, in words.
    reference : str
        The published or exact value, or the published statement, that it is held against.
    source : str
        Paper and panel, or how the reference was computed.
    low, high : float
        The claim is met if low <= number <= high.
    """

    measure: str
    statement: str
    reference: str
    source: str
    low: float = -float("inf")
    high: float = float("inf")

    def met(self, numbers: float | Sequence[float]) -> bool:
        """Return whether a number meets the claim, or each of several (one a seed); NaN never does."""
        return all(self.low <= number <= self.high for number in np.atleast_1d(numbers))


def scoreboard(claims: Iterable[Claim], results: Mapping[str, float | Sequence[float]]) -> pd.DataFrame:
    """Return one row a claim: statement, reference, ours, met, source.

    Parameters
    ----------
    claims : iterable of Claim
    results : mapping of str to float, or to one float a seed
        ``ours`` is the mean over seeds, ``low`` and ``high`` its 95 % interval (Student's t), ``seeds`` their number;
        a claim is met if it is met in every seed.

    Examples
    --------
    >>> claim = Claim("regret", "beats Thompson sampling", "2.78", "simulation, 100,000 episodes", high=2.78)
    >>> scoreboard([claim], {"regret": 2.1})[["claim", "ours", "met"]].values.tolist()
    [['beats Thompson sampling', 2.1, 'yes']]
    """
    rows = []
    for claim in claims:
        numbers = np.atleast_1d(results[claim.measure]).astype(float)
        interval = mean_interval(pd.DataFrame({"ours": numbers, "all": 0}), "ours", "all").iloc[0]
        rows.append({"claim": claim.statement, "reference": claim.reference, "ours": float(interval["mean"]), "low": interval["low"],
                     "high": interval["high"], "seeds": len(numbers), "met": "yes" if claim.met(numbers) else "no", "source": claim.source})
    return pd.DataFrame(rows, columns=["claim", "reference", "ours", "low", "high", "seeds", "met", "source"])
