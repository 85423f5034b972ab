"""Regressions of measures on covariates of subjects: against closed forms and statsmodels."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from analyses.group_differences import group_differences, plot_group_differences
from cogmeta.errors import UserError

rng = np.random.default_rng(0)
GROUP = np.repeat(["a", "b"], (12, 20))
SUBJECTS = pd.DataFrame({"subject": [f"s{k}" for k in range(32)], "group": GROUP, "age": rng.integers(18, 60, 32)})


def values(**measures):
    return pd.concat([pd.DataFrame({"subject": SUBJECTS["subject"], "measure": name, "value": x}) for name, x in measures.items()])


def test_two_groups_differ_by_their_means_with_the_error_of_unequal_variances():
    x = np.where(GROUP == "a", rng.normal(0, 1, 32), rng.normal(1, 3, 32))
    row = group_differences(values(x=x), "~ group", SUBJECTS).iloc[0]
    a, b = x[GROUP == "a"], x[GROUP == "b"]
    variance = sum(((own - own.mean()) ** 2).sum() / (1 - 1 / len(own)) ** 2 / len(own) ** 2 for own in (a, b))
    assert row["coefficient"] == pytest.approx(b.mean() - a.mean())
    assert row["standard_error"] == pytest.approx(np.sqrt(variance)), "HC3 in closed form: leverage 1 / n of each group"
    assert row["n_subjects"] == 32


def test_p_values_are_corrected_over_measures_term_by_term():
    table = group_differences(values(x=rng.normal(size=32), y=rng.normal(size=32), z=rng.normal(size=32)), "~ group + age", SUBJECTS)
    for _, own in table.groupby("term"):
        np.testing.assert_allclose(own["p_holm"], multipletests(own["p"], method="holm")[1])


def test_single_tests_are_false_alarms_as_often_as_they_claim():
    p = [group_differences(values(x=rng.normal(size=32)), "~ group", SUBJECTS)["p"].iloc[0] for _ in range(200)]
    assert np.mean(np.array(p) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200), "four standard errors above 5 %"


def test_subjects_without_a_value_and_measures_without_variance_are_left_out():
    x = rng.normal(size=32)
    x[:3] = np.nan
    table = group_differences(values(x=x, constant=np.ones(32)), "~ group", SUBJECTS)
    assert table["measure"].tolist() == ["x"] and table["n_subjects"].tolist() == [29]


def test_a_covariate_that_is_missing_or_unknown_is_named():
    with pytest.raises(UserError, match="diagnosis"):
        group_differences(values(x=rng.normal(size=32)), "~ diagnosis", SUBJECTS)
    lacking = SUBJECTS.assign(group=SUBJECTS["group"].where(SUBJECTS["subject"] != "s4"))
    with pytest.raises(UserError, match="'group' is missing for subject 's4'"):
        group_differences(values(x=rng.normal(size=32)), "~ group", lacking)


def test_the_figure_has_a_row_a_measure_and_a_colour_a_term():
    ax = plot_group_differences(group_differences(values(x=rng.normal(size=32), y=rng.normal(size=32)), "~ group + age", SUBJECTS))
    assert [label.get_text() for label in ax.get_yticklabels()] == ["x", "y"]
    assert len(ax.get_legend().get_texts()) == 2
