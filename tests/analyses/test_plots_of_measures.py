"""What the plots show is what the tables say."""

import numpy as np
import pandas as pd

from analyses.decoding import plot_readout
from analyses.prediction_error import EVENTS, plot_prediction_errors
from analyses.rate_by_block import plot_bic
from analyses.rate_by_volatility import plot_rates_by_volatility
from analyses.state_by_step import TRIALS, plot_state_by_step
from analyses.stay_probability import CELLS, plot_stay_probability, stay_over_seeds
from tasks.reversal import STEPS


def heights(ax):
    """Return the heights of the bars, from left to right."""
    return [bar.get_height() for bar in sorted(ax.patches, key=lambda bar: bar.get_x())]


def test_a_readout_has_a_line_a_group_and_trials_count_from_one():
    table = pd.DataFrame({"group": ["a", "a", "b", "b"], "trial": [0, 1, 0, 1], "readout": [0.1, 0.2, 0.3, 0.4]})
    ax = plot_readout(table)
    assert [line.get_ydata().tolist() for line in ax.lines] == [[0.1, 0.2], [0.3, 0.4]] and ax.lines[0].get_xdata().tolist() == [1, 2]


def test_prediction_errors_have_a_colour_an_event():
    table = pd.DataFrame({"event": np.repeat(EVENTS, 2), "network": [0.1, 0.2, 0.3, 0.4], "model_free": [1.0, 2.0, 3.0, 4.0]})
    ax = plot_prediction_errors(table, "model_free")
    assert ax.get_legend_handles_labels()[1] == list(EVENTS)
    assert [points.get_offsets().tolist() for points in ax.collections] == [[[1.0, 0.1], [2.0, 0.2]], [[3.0, 0.3], [4.0, 0.4]]]


def test_models_stand_above_the_best_of_each_seed():
    table = pd.DataFrame([{"seed": seed, "model": model, "bic": bic + 100 * seed} for seed in (0, 1)
                          for model, bic in {"b": 30.0, "ab": 10.0, "be": 25.0, "abe": 12.0}.items()])
    ax = plot_bic(table)
    assert heights(ax) == [20, 0, 15, 2] and [label.get_text() for label in ax.get_xticklabels()] == ["b", "ab", "be", "abe"]


def test_rates_have_a_bar_a_block_a_dot_a_seed_and_a_line_a_reference():
    rates = pd.DataFrame({"block": ["Stable 1", "Volatile 1"] * 2, "learning_rate": [0.1, 0.3, 0.2, 0.5]})
    ax = plot_rates_by_volatility(rates, {"other": rates[:2]})
    assert np.allclose(heights(ax), [0.15, 0.4]) and [line.get_ydata().tolist() for line in ax.lines] == [[0.1, 0.2], [0.3, 0.5]]
    assert [segment[0, 1] for segment in ax.collections[0].get_segments()] == [0.1, 0.3]


def test_a_step_shows_both_sides_before_the_swap_and_on_the_reversal_trial():
    table = pd.DataFrame([{"step": step, "trial": trial, "better_side": side, "component_1": float(side), "component_2": float(place)}
                          for place, step in enumerate(STEPS) for trial in TRIALS for side in (0, 1)])
    ax = plot_state_by_step(table, STEPS[2])
    assert [points.get_offsets().tolist() for points in ax.collections] == [[[0.0, 2.0]], [[0.0, 2.0]], [[1.0, 2.0]], [[1.0, 2.0]]]


def test_staying_over_seeds_is_their_mean_and_interval():
    tables = pd.concat([pd.DataFrame({"cell": CELLS, "reward": [True, True, False, False], "common": [True, False] * 2,
                                      "stay": np.array([0.9, 0.5, 0.4, 0.8]) + shift}).assign(seed=seed) for seed, shift in enumerate((0.0, 0.1))])
    mean = stay_over_seeds(tables)
    assert np.allclose(mean["stay"], [0.95, 0.55, 0.45, 0.85]) and mean["cell"].tolist() == list(CELLS)
    assert np.allclose(mean["high"] - mean["stay"], 12.706 * 0.05, atol=1e-4), "t of one degree of freedom times the standard error"
    assert np.allclose(heights(plot_stay_probability({"network": mean})[0]), mean["stay"])
