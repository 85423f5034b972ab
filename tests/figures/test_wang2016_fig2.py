"""Numbers of figure 2 of Wang et al. 2016, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from figures.wang2016_fig2 import ARMS, CHANCE, PANELS, numbers
from tasks.designs import DESIGNS
from tasks.registry import make_task


def tables(**regret):
    """Return tables of players with given regrets everywhere, and a matrix whose entry is 10 (trained) + (tested)."""
    curves = [{"player": name, "seed": seed, "trial": trial, "mean": value * trial / 99, "trained": a, "tested": b}
              for a, b in PANELS for name, value in regret.items() for seed in ((-1, 0, 1) if name == "network" else (-1,))
              for trial in range(100)]
    matrix = [{"trained": a, "tested": b, "seed": seed, "regret": (10 * i + j) * (1 + seed)}
              for i, a in enumerate(ARMS) for j, b in enumerate(ARMS) for seed in (0, 1)]
    control = pd.DataFrame({"arms": ARMS, "chance": 10.0, "seed": 0, "regret": [10, 10.1, 9.7, 10, 10.5]})
    return {"curves": pd.DataFrame(curves), "matrix": pd.DataFrame(matrix), "control": control}


def test_the_order_is_judged_by_its_smallest_gap_and_the_matrix_by_its_own_rows():
    regret = {"network": 2.0, "gittins": 2.5, "thompson": 2.8, "ucb1": 5.6, "bayes-optimal": 1.75}
    found = numbers(tables(**regret))
    assert found["order"] == pytest.approx([0.25, 0.25])
    assert found["medium_hard"] == pytest.approx([0.8, 0.8])
    assert found["difficulty"] == pytest.approx([11, 22])  # own regrets are 0, 11, 22, 33, 44, and twice that
    assert found["matched"] == pytest.approx([-40, -80])  # hard: 4 - 44
    assert found["transfer"] == pytest.approx([-40, -80])  # (24 - 44) - (42 - 22)
    assert found["control"] == pytest.approx([0.0, 0.01, 0.03, 0.0, 0.05]), "one for each distribution"


def test_a_network_that_loses_more_than_thompson_sampling_breaks_the_order():
    found = numbers(tables(**{"network": 3.0, "gittins": 2.5, "thompson": 2.8, "ucb1": 5.6, "bayes-optimal": 1.75}))
    assert (found["order"] < 0).all() and (found["uniform_uniform"] > 1).all()


@pytest.mark.parametrize("arms", ARMS)
def test_chance_is_half_the_mean_distance_of_the_arms(arms):
    assert f"bandit/{arms}" in {design.name for design in DESIGNS}
    hidden = make_task(f"bandit/{arms}").begin(20_000, np.random.default_rng(0))[0].reward_probability
    distance = np.abs(hidden[:, 0] - hidden[:, 1])
    assert abs(100 * distance.mean() / 2 - CHANCE[arms]) <= 4 * 50 * distance.std() / np.sqrt(20_000) + 1e-9
