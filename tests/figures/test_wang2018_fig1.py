"""Numbers of figure 1 of Wang et al. 2018, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from figures import wang2018_fig1 as figure


def test_regrets_are_compared_seed_by_seed_and_with_the_worst_classical_player():
    last = {("network, independent arms", -1): 3.0, ("network, independent arms", 0): 2.0, ("network, independent arms", 1): 4.0,
            ("network, correlated arms", -1): 1.0, ("network, correlated arms", 0): 1.0, ("network, correlated arms", 1): 1.0,
            ("gittins", -1): 3.0, ("thompson", -1): 3.5, ("ucb1", -1): 8.0}
    regret = pd.DataFrame([{"player": name, "seed": seed, "trial": t, "mean": value * t} for (name, seed), value in last.items() for t in (0, 1)])
    pays = np.linspace(0, 1, 50)
    ordered, folded = -(pays**3), (pays - 0.5) ** 2
    states = pd.concat([pd.DataFrame({"component 1": found, "left arm pays": pays, "seed": seed, "activity": of})
                        for of, both in (("hidden", (ordered, folded)), ("cell", (ordered, ordered))) for seed, found in enumerate(both)])
    found = figure.numbers({"regret": regret, "states": states})
    assert found["independent_over_worst"] == pytest.approx([0.25, 0.5])
    assert found["independent_over_thompson"] == pytest.approx([2 / 3.5, 4 / 3.5])
    assert found["correlated_over_independent"] == pytest.approx([0.5, 0.25])
    assert found["order"][0] == pytest.approx(1.0) and found["order"][1] < 0.1, "folded, it is not ordered"
    assert found["order_of_cells"] == pytest.approx([1.0, 1.0])
