"""Statistics of people and rats: those in the files are those of the trials, and figures need no data."""

import numpy as np
import pandas as pd
import pytest

from analyses.multi_lag_regression import multi_lag_regression
from cogmeta.data.load import load_trials
from figures.people import MEASURES, TWO_STEP, Group, lags_of, measured, people
from tests.analyses import simulated_people


@pytest.mark.parametrize("measure", MEASURES)
def test_without_data_the_statistics_are_those_measured_before(measure, monkeypatch, tmp_path):
    monkeypatch.setenv("COGMETA_DATA", str(tmp_path))
    table = people(measure)
    assert set(table["source"]) == {"measured before"} and list(dict.fromkeys(table["group"])) == list(MEASURES[measure][0])
    pd.testing.assert_frame_equal(table.drop(columns="source"), measured(measure))


@pytest.mark.parametrize("measure, name", [("stay", "rats"), ("stay", "people, magic carpet"), ("multi_lag", "people, magic carpet"),
                                           ("reversal", "people")])
def test_what_was_measured_before_is_what_the_trials_say(measure, name, data_folder):
    groups, function = MEASURES[measure]
    table = function(load_trials(groups[name].data_set, data_folder, **groups[name].options), groups[name]).reset_index(drop=True)
    before = measured(measure)
    before = before[before["group"] == name].drop(columns="group").reset_index(drop=True)
    pd.testing.assert_frame_equal(table[before.columns], before, atol=1e-5, check_dtype=False)  # five digits are kept


def test_the_accuracies_around_reversals_are_those_that_were_computed_independently():
    """By trial of a block, after a reversal: .1741 on the first, .6756 on the fifteenth (386 people)."""
    table = measured("reversal")
    after = table[(table["measure"] == "best") & table["after_reversal"]].set_index("position")["pooled"]
    assert after[0] == pytest.approx(0.1741, abs=1e-4) and after[14] == pytest.approx(0.6756, abs=1e-4)


def test_people_are_pooled_and_the_interval_comes_from_leaving_groups_of_them_out(rng):
    trials = simulated_people.people(rng, n_subjects=8)
    found = lags_of(trials, Group("nobody"))
    whole = multi_lag_regression(trials)
    assert found["coefficient"].to_numpy() == pytest.approx(whole["coefficient"].to_numpy())
    names = trials["subject"].unique()
    left_out = np.array([multi_lag_regression(trials[trials["subject"] != name])["coefficient"].to_numpy() for name in names])
    error = np.sqrt(7 / 8 * ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0))
    half = 2.364624  # t of 7 degrees of freedom at .975
    assert (found["high"] - found["low"]).to_numpy() == pytest.approx(2 * half * error, rel=1e-5)


def test_subjects_with_many_trials_each_have_a_regression_and_their_mean_is_taken(rng):
    trials = simulated_people.people(rng, n_subjects=3, n_trials=600)
    found = lags_of(trials, Group("nobody", one_by_one=True)).set_index(["term", "lag"])["coefficient"]
    each = [multi_lag_regression(part).set_index(["term", "lag"])["coefficient"] for _, part in trials.groupby("subject")]
    wanted = sum(each) / 3
    assert found[wanted.index].to_numpy() == pytest.approx(wanted.to_numpy())
    assert TWO_STEP["rats"].one_by_one
