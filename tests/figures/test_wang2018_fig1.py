"""Numbers of figure 1 of Wang et al. 2018, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.random_agent import RandomAgent
from figures import wang2018_fig1 as figure
from tasks.registry import make_task


def test_regrets_are_compared_seed_by_seed_and_with_the_worst_classical_player():
    last = {("network, independent arms", -1): 3.0, ("network, independent arms", 0): 2.0, ("network, independent arms", 1): 4.0,
            ("network, correlated arms", -1): 1.0, ("network, correlated arms", 0): 1.0, ("network, correlated arms", 1): 1.0,
            ("gittins", -1): 3.0, ("thompson", -1): 3.5, ("ucb1", -1): 8.0}
    regret = pd.DataFrame([{"player": name, "seed": seed, "trial": t, "mean": value * t} for (name, seed), value in last.items() for t in (0, 1)])
    pays = np.linspace(0, 1, 50)
    ordered, folded = -(pays**3), (pays - 0.5) ** 2
    states = pd.concat([pd.DataFrame({"component 1": found, "left arm pays": pays, "seed": seed, "activity": of})
                        for of, both in (("hidden", (ordered, folded)), ("cell", (ordered, ordered))) for seed, found in enumerate(both)])
    either_order = pd.DataFrame({"independent": [2.0, 5.0], "correlated": [1.0, 4.0]})
    found = figure.numbers({"regret": regret, "states": states, "either_order": either_order})
    assert found["in_either_order"] == pytest.approx([0.5, 0.8])
    assert found["independent_over_worst"] == pytest.approx([0.25, 0.5])
    assert found["independent_over_thompson"] == pytest.approx([2 / 3.5, 4 / 3.5])
    assert found["correlated_over_independent"] == pytest.approx([0.5, 0.25])
    assert found["order"][0] == pytest.approx(1.0) and found["order"][1] < 0.1, "folded, it is not ordered"
    assert found["order_of_cells"] == pytest.approx([1.0, 1.0])


class Stubborn(RandomAgent):
    """Takes one arm whatever happens."""

    def __init__(self, task, arm):
        super().__init__(task)
        self.arm = arm

    def step(self, observation, previous_action, previous_reward, state):
        logits, value, state = super().step(observation, previous_action, previous_reward, state)
        logits[:, self.arm] = 100.0
        return logits, value, state


def test_a_favourite_arm_counts_for_nothing_in_either_order():
    """Whoever always takes one arm loses half of 100 trials where it pays .25, and nothing where it pays .75."""
    task = make_task(figure.INDEPENDENT)
    table = figure._in_either_order([Stubborn(task, 0), Stubborn(task, 1)], [Stubborn(task, 1), Stubborn(task, 0)], seed=0)
    assert table.to_numpy() == pytest.approx(np.full((2, 2), 25.0))
