"""The matching law, of choosers who match, who undermatch, and who cannot be judged."""

import numpy as np
import pandas as pd
import pytest

from analyses.matching import distance_from_line, matching_line, matching_ratios
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task


def episode(name, choices, rewards):
    """Return one episode with given numbers of choices of, and rewards from, either arm."""
    taken = [0] * choices[0] + [1] * choices[1]
    paid = [1] * rewards[0] + [0] * (choices[0] - rewards[0]) + [1] * rewards[1] + [0] * (choices[1] - rewards[1])
    return pd.DataFrame({"subject": name, "trial": range(len(taken)), "choice": taken, "reward": paid})


def test_choices_in_the_proportion_of_income_have_slope_one():
    pairs = [(8, 2), (4, 4), (2, 8), (16, 4)]
    trials = pd.concat([episode(str(k), (3 * a, 3 * b), (a, b)) for k, (a, b) in enumerate(pairs)])
    line = matching_line(matching_ratios(trials))
    assert line["slope"] == pytest.approx(1) and line["bias"] == pytest.approx(0, abs=1e-12)


def test_choices_by_the_square_root_of_income_undermatch_with_slope_one_half():
    trials = pd.concat([episode("a", (32, 8), (16, 1)), episode("b", (8, 32), (1, 16)), episode("c", (9, 9), (3, 3))])
    assert matching_line(matching_ratios(trials))["slope"] == pytest.approx(0.5)


def test_episodes_without_a_ratio_are_counted_and_left_out():
    trials = pd.concat([episode("a", (4, 2), (2, 1)), episode("b", (2, 4), (1, 2)), episode("c", (6, 0), (3, 0))])
    line = matching_line(matching_ratios(trials))
    assert (line["n_episodes"], line["n_without"]) == (2, 1)


def test_distances_are_taken_outward_on_either_side():
    ratios = pd.DataFrame({"log_income_ratio": [2.0, -2.0], "log_choice_ratio": [2.5, -2.5]})
    assert distance_from_line(ratios, {"slope": 1.0, "bias": 0.0}) == pytest.approx(0.5)
    assert distance_from_line(ratios * [1, -1], {"slope": 1.0, "bias": 0.0}) < 0


def test_the_income_matcher_nearly_matches_and_prefers_neither_side():
    """Its own income is noisy in 100 trials, which flattens the line; it stays well above indifference."""
    task = make_task("bandit/matching")
    ratios = matching_ratios(simulate(player("income-matcher", task), task, 300, seed=0).to_trials()).dropna()
    line = matching_line(ratios)
    assert 0.6 < line["slope"] < 1.1
    residual = ratios["log_choice_ratio"] - line["slope"] * ratios["log_income_ratio"]
    assert abs(line["bias"]) < 4 * residual.std() / np.sqrt(len(ratios))
