"""Lesions and stimulation of networks made by hand, whose choices are known."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from scipy.special import expit

from analyses.dose_response import dose_response, plot_dose_response, readout_direction
from analyses.lesion_effects import lesion_effects, part_lesions, plot_lesion_effects, random_unit_lesions, unit_lesion_curve
from cogmeta.agents import GRUActorCritic, NetworkLesion, RNNActorCritic
from cogmeta.errors import UserError
from tasks.registry import make_task

TASK = make_task("bandit/easy", n_trials=20, reward_probability=(1.0, 0.0))


def stubborn(push=30.0):
    """Return a network whose unit 0 is always at 1 and pushes towards arm 0; unit 1 says nothing, and nothing is remembered."""
    network = RNNActorCritic.for_task(TASK, n_units=2)
    for weight in network.weights.values():
        weight.zero_()
    network.weights["core"][:, -1] = 20.0
    network.weights["readout"][0, 0] = push
    return network


def test_what_a_lesion_costs_is_what_the_unit_was_worth():
    lesions = {"none": NetworkLesion(), "0": NetworkLesion(units=(0,)), "1": NetworkLesion(units=(1,)), "unread": NetworkLesion(readout=(0,))}
    table = lesion_effects(stubborn(), TASK, lesions, n_episodes=400).set_index("lesion")
    assert list(table.index) == list(lesions) and table.loc["none", "reward"] == table.loc["1", "reward"] == 1.0
    for name in ("0", "unread"):  # choices are a coin: 4 standard errors of 8,000 of them
        assert table.loc[name, "reward"] == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(8000))
    ax = plot_lesion_effects(table.reset_index(), chance=0.5)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(lesions)
    plt.close(ax.figure)


def test_lesions_of_parts_are_named_after_the_gates_that_there_are():
    names = list(part_lesions(GRUActorCritic.for_task(TASK, n_units=3)))
    assert names == ["none", "no observation", "no previous action", "no previous reward", "r gate at 0", "r gate at 1", "u gate at 0",
                     "u gate at 1", "all units"]


def test_a_curve_of_silenced_units_runs_from_whole_to_chance():
    curve = unit_lesion_curve(stubborn(), TASK, (0.0, 0.5, 1.0), n_draws=4, n_episodes=100).set_index(["draw", "share"])["reward"].unstack()
    assert (curve[0.0] == 1.0).all() and curve[1.0].to_numpy() == pytest.approx(0.5, abs=4 * 0.5 / np.sqrt(2000))  # 4 standard errors
    assert set((curve[0.5] > 0.9).tolist()) == {True, False}, "one unit of two: it depends on which"


def test_larger_lesions_of_a_draw_hold_the_smaller_ones(rng):
    lesions = random_unit_lesions(10, (0.0, 0.3, 0.8), 3, rng)
    for draw in range(3):
        none, some, most = (set(lesions[share, draw].units) for share in (0.0, 0.3, 0.8))
        assert (len(none), len(some), len(most)) == (0, 3, 8) and some < most
    assert lesions[0.3, 0].units != lesions[0.3, 1].units
    with pytest.raises(UserError, match=r"shares of units must lie in \[0, 1\]"):
        random_unit_lesions(10, (0.2, 1.2), 1, rng)


def test_a_dose_adds_to_the_log_odds_of_a_network_that_remembers_nothing():
    table = dose_response(stubborn(push=0.5), TASK, (-2.0, 0.0, 1.0), n_episodes=500)
    assert table["without"].to_numpy() == pytest.approx(expit(0.5), abs=1e-6)  # float32
    assert table["expected"].to_numpy() == pytest.approx(expit(0.5 + np.array([-2.0, 0.0, 1.0])), abs=1e-6)
    assert table["taken"].to_numpy() == pytest.approx(table["expected"].to_numpy(), abs=4 * 0.5 / np.sqrt(10_000))  # 4 standard errors
    assert (table["taken"] == table["reward"]).all(), "arm 0 always pays"
    ax = plot_dose_response(table)
    plt.close(ax.figure)


def test_the_direction_adds_one_to_the_log_odds():
    network = RNNActorCritic.for_task(TASK, n_units=5, seed=3)
    between = network.weights["readout"][0, :-1] - network.weights["readout"][1, :-1]
    assert readout_direction(network) @ between.numpy() == pytest.approx(1.0)
