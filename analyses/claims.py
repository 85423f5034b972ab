"""Claims made numeric, and the scoreboard that holds our numbers against their references.

A claim is written from the paper before anything is run, and never tuned until it passes: it is the paper's
number, an exact reference, or the paper's qualitative statement as an inequality. A claim that is not met
stays on the scoreboard.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd


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

    def met(self, number: float) -> bool:
        """Return whether a number meets the claim; NaN never does."""
        return self.low <= number <= self.high


def scoreboard(claims: Iterable[Claim], results: dict[str, float]) -> pd.DataFrame:
    """Return one row a claim: statement, reference, ours, met, source.

    Examples
    --------
    >>> claim = Claim("regret", "beats Thompson sampling", "2.78", "simulation, 100,000 episodes", high=2.78)
    >>> scoreboard([claim], {"regret": 2.1})[["claim", "ours", "met"]].values.tolist()
    [['beats Thompson sampling', 2.1, 'yes']]
    """
    rows = [
        {"claim": c.statement, "reference": c.reference, "ours": float(results[c.measure]),
         "met": "yes" if c.met(results[c.measure]) else "no", "source": c.source}
        for c in claims
    ]
    return pd.DataFrame(rows, columns=["claim", "reference", "ours", "met", "source"])
