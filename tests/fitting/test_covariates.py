"""Group covariates: differences that were simulated are found, those that were not are not, slips are named."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.special import expit
from scipy.stats import kstest

from cogmeta.errors import UserError
from cogmeta.fitting import Fit, fit
from cogmeta.fitting.covariates import coefficient_table


def coins(n, n_tosses, rng, age_effect=0.0):
    """Coins whose logit of heads depends on an age."""
    age = rng.standard_normal(n)
    bias = expit(0.5 + age_effect * age + 0.6 * rng.standard_normal(n))
    choice = (rng.random((n, n_tosses)) >= bias[:, None]).astype(int)
    return pd.DataFrame({"subject": np.repeat([f"s{i}" for i in range(n)], n_tosses), "choice": choice.ravel(), "reward": 0,
                         "trial": np.tile(np.arange(n_tosses), n), "age": np.repeat(age, n_tosses)})


def test_a_difference_that_was_simulated_is_found_with_its_error():
    trials = coins(150, 40, np.random.default_rng(1), age_effect=0.7)
    result = fit("bandit/random", trials, "em", n_starts=2, covariates="~ age")
    row = result.coefficients.set_index("term").loc["age"]
    assert abs(row["coefficient"] - 0.7) < 4 * row["standard_error"] and row["p"] < 1e-6
    # the error of a slope of 150 coins with SD .6, each known to 1 / sqrt(40 x .23): sqrt((.36 + .11) / 150)
    assert row["standard_error"] == pytest.approx(np.sqrt((0.36 + 0.11) / 150), rel=0.25)
    plain = fit("bandit/random", trials, "em", n_starts=2)
    assert result.group["covariance"][0, 0] < plain.group["covariance"][0, 0] - 0.2, "age explains variance"
    assert result.group["ibic"] < plain.group["ibic"] - 20


def test_coefficients_are_those_of_a_regression_where_subjects_are_known_well():
    # with 1,000 tosses a coin the modes are the coins, and EM is least squares on them
    trials = coins(40, 1000, np.random.default_rng(2), age_effect=0.3)
    result = fit("bandit/random", trials, "em", n_starts=1, covariates="~ age")
    heads = 1 - trials.groupby("subject", sort=False)["choice"].mean()
    age = trials.groupby("subject", sort=False)["age"].first()
    outside = sm.OLS(np.log(heads / (1 - heads)), sm.add_constant(age)).fit()
    ours = result.coefficients
    # a coin's logit is known to .07, a share of .013 of the variance
    np.testing.assert_allclose(ours["coefficient"], outside.params, atol=0.015)
    # least squares divides by 38 where maximum likelihood divides by 40
    np.testing.assert_allclose(ours["standard_error"], outside.bse * np.sqrt(38 / 40), rtol=0.03)


def test_p_of_a_covariate_that_means_nothing_is_uniform():
    p = []
    for seed in range(40):
        trials = coins(25, 10, np.random.default_rng(seed))
        p.append(fit("bandit/random", trials, "em", n_starts=1, covariates="~ age").coefficients["p"].iloc[1])
    assert kstest(p, "uniform").pvalue > 0.001 and np.mean(np.array(p) < 0.05) < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 40)


def test_groups_may_stand_in_a_table_of_subjects_and_the_fit_is_saved_with_them(tmp_path):
    trials = coins(30, 20, np.random.default_rng(0)).drop(columns="age")
    people = pd.DataFrame({"subject": [f"s{i}" for i in range(30)][::-1], "group": ["patient", "control"] * 15})
    result = fit("bandit/random", trials, "em", n_starts=1, covariates="~ group", subject_table=people)
    assert result.coefficients["term"].tolist() == ["Intercept", "group[T.patient]"]
    result.save(tmp_path)
    pd.testing.assert_frame_equal(Fit.load(tmp_path).coefficients, result.coefficients)
    assert coefficient_table(("bias",), result.group)["low"].lt(result.coefficients["high"]).all()


def test_em_without_covariates_reports_the_error_of_the_group_s_mean():
    result = fit("bandit/random", coins(150, 40, np.random.default_rng(1)), "em", n_starts=2)
    row = result.coefficients.iloc[0]
    assert row["term"] == "Intercept" and row["coefficient"] == pytest.approx(result.group["mean"][0])
    assert row["standard_error"] == pytest.approx(np.sqrt((0.36 + 0.11) / 150), rel=0.25)


@pytest.mark.parametrize(("change", "covariates", "message"), [
    ({"age": 30.0}, "~ age", "'age' is constant: 30 for every subject"),
    ({"age": np.arange(60)}, "~ age", "'age' must be constant within a subject, but 's0' has 20 values"),
    ({"age": np.repeat([1.0, np.nan, 3.0], 20)}, "~ age", "'age' is missing for subject 's1'"),
    ({"age": np.repeat([1.0, np.inf, 3.0], 20)}, "~ age", "'age' is inf for subject 's1'; it must be a finite number"),
    ({"sex": "f"}, "~ sex", "'sex' is constant: 'f' for every subject"),
    ({}, "~ weight", "'weight' is not defined. Columns are .*'age'"),
    ({}, "~ age +", "Write a formula such as"),
    ({}, "~ 0 + age", "leave out the intercept"),
    ({"double": np.repeat([2.0, 4.0, 7.0], 20), "age": np.repeat([1.0, 2.0, 3.5], 20)}, "~ age + double", "do not tell apart|not tell apart"),
])
def test_a_covariate_that_cannot_be_used_is_named(change, covariates, message):
    trials = coins(3, 20, np.random.default_rng(0)).assign(**change)
    with pytest.raises(UserError, match=message):
        fit("bandit/random", trials, "em", n_starts=1, covariates=covariates)


def test_covariates_need_a_group():
    with pytest.raises(UserError, match="use method='em'"):
        fit("bandit/random", coins(3, 20, np.random.default_rng(0)), covariates="~ age")
    with pytest.raises(UserError, match="no coefficients; use method='em'"):
        _ = fit("bandit/random", coins(3, 20, np.random.default_rng(0))).coefficients
