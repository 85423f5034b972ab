"""Numbers of figure 5 of Wang et al. 2016, from stay probabilities whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from analyses.stay_probability import CELLS
from figures.wang2016_fig5 import CLAIMS, numbers


def stay(player, seed, cells, earned):
    """Return a player's stay probabilities, in the order of ``CELLS``, and what it earns a trial."""
    return pd.DataFrame({"cell": CELLS, "stay": cells, "player": player, "seed": seed, "reward_per_trial": earned})


def test_planning_has_a_crossover_and_no_effect_of_reward():
    found = numbers({"stay": pd.concat([
        stay("network", 0, (1.0, 0.4, 0.5, 0.9), 0.66), stay("network", 1, (0.9, 0.8, 0.3, 0.4), 0.58),  # the second repeats what paid
        stay("bayes-optimal", 0, (1.0, 0.5, 0.5, 1.0), 0.67), stay("not told its rewards", 0, (0.5,) * 4, 0.498)])})
    assert found["crossover"] == pytest.approx([0.4, 0.4 - 0.8]) and found["reward_effect"] == pytest.approx([0.0, 1.0])
    assert found["share_of_bayes"] == pytest.approx([0.16 / 0.17, 0.08 / 0.17]) and found["control"] == pytest.approx([0.002])
    assert {claim.measure for claim in CLAIMS if not claim.met(found[claim.measure])} == {"crossover", "reward_effect", "share_of_bayes"}
    assert not any(claim.met(np.nan) for claim in CLAIMS)
