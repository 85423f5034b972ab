"""Numbers of the figure on reversals, from curves whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from figures import zorowitz2023_reversal as figure
from figures.people import people


def curve(best, former):
    """Return a curve after reversals of as many positions as shares are given."""
    rows = [{"measure": name, "after_reversal": True, "position": k, "pooled": share, "mean": share}
            for name, shares in (("best", best), ("previous_best", former)) for k, share in enumerate(shares)]
    return pd.DataFrame(rows)


def test_the_first_and_the_last_trial_after_a_reversal_are_taken_seed_by_seed_of_either_training():
    at_random, fixed = figure.NETWORKS.values()
    curves = pd.concat([curve((0.1, 0.5, 0.9), (0.8, 0.3, 0.1)).assign(seed=0, player=at_random),
                        curve((0.2, 0.6, 0.7), (0.6, 0.3, 0.2)).assign(seed=1, player=at_random),
                        curve((0.5, 0.6, 0.9), (0.1, 0.1, 0.1)).assign(seed=0, player=fixed),
                        curve((0.3, 0.3, 0.3), (0.3, 0.3, 0.3)).assign(seed=0, player="block-filter")])
    found = figure.numbers({"curves": curves, "people": people("reversal", fresh=False)})
    assert found["bandit/reversal3_random first"] == pytest.approx([0.1, 0.2]) and found["bandit/reversal3_random last"] == pytest.approx([0.9, 0.7])
    assert found["bandit/reversal3_random former"] == pytest.approx([0.8, 0.6]) and found["bandit/reversal3 first"] == pytest.approx([0.5])
    assert (round(found["people_first"], 4), round(found["people_last"], 4)) == (0.1741, 0.6756)
    met = {claim.measure: claim.met(np.atleast_1d(found[claim.measure])) for claim in figure.CLAIMS}
    assert {name for name, so in met.items() if not so} == {"bandit/reversal3 first", "bandit/reversal3 former"}
