"""The mixed-effects logistic regression: against statsmodels, against a fine grid, and on subjects whose group is known."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy.optimize import minimize
from scipy.special import expit
from statsmodels.genmod.bayes_mixed_glm import BinomialBayesMixedGLM

from analyses.mixed_logistic import mixed_logistic, mixed_stay_regression
from analyses.stay_regression import DESIGN, TERMS
from cogmeta.data import load_trials
from cogmeta.errors import UserError
from cogmeta.fitting.covariates import Design

MEAN, SD = np.array([0.9, 0.4, 0.05, 0.25]), np.array([0.6, 0.35, 0.15, 0.25])


@pytest.fixture(scope="module")
def people():
    """Sixty subjects with forty pairs of each kind: (stays, pairs)."""
    rng = np.random.default_rng(8)
    u = MEAN + SD * rng.standard_normal((60, 4))
    n = rng.integers(20, 60, (60, 4))
    return rng.binomial(n, expit(u @ DESIGN.T)), n


@pytest.mark.slow
def test_it_agrees_with_the_variational_bayes_of_statsmodels(people):
    """statsmodels 0.14 or later: independent random intercepts and slopes, the same four fixed effects."""
    stays, n = people
    who, row = np.repeat(np.arange(60), 4), np.tile(np.arange(4), 60)
    y = np.concatenate([np.repeat([1, 0], [k, m - k]) for k, m in zip(stays.ravel(), n.ravel())])
    who, row = np.repeat(who, n.ravel()), np.repeat(row, n.ravel())
    own = np.zeros((len(y), 60, 4))
    own[np.arange(len(y)), who] = DESIGN[row]
    peer = BinomialBayesMixedGLM(y, DESIGN[row].astype(float), own.transpose(0, 2, 1).reshape(len(y), -1), np.repeat(np.arange(4), 60),
                                 vcp_p=2.0, fe_p=5.0).fit_vb(verbose=False)
    table, group = mixed_logistic(stays, n, DESIGN, TERMS, covariance="diagonal")
    # both approximate the same posterior; half a standard error of each mean, and a tenth of each logarithm of a standard
    # deviation (its posterior's standard deviation is about 1 / sqrt(2 x 60) = .09)
    assert (np.abs(table["coefficient"] - peer.fe_mean) < 0.5 * table["standard_error"]).all()
    assert (np.abs(np.log(np.sqrt(np.diag(group["covariance"]))) - peer.vcp_mean)[[0, 1, 3]] < 0.1).all()


def test_one_random_intercept_is_the_maximum_of_the_integral(people):
    stays, n = (x.sum(axis=1, keepdims=True) for x in people)
    node, weight = np.polynomial.hermite_e.hermegauss(80)

    def cost(x):
        u = x[0] + np.exp(x[1]) * node
        each = np.exp(stays * np.log(expit(u)) + (n - stays) * np.log(expit(-u)) + n * np.log(2) * 0.8)
        return -np.log(each @ weight).sum()

    best = minimize(cost, [0.5, -0.5], method="Nelder-Mead", options={"xatol": 1e-5, "fatol": 1e-9}).x
    table, group = mixed_logistic(stays, n, np.ones((1, 1)), ("intercept",))
    # Laplace's error is of the order of 1 / (n p (1 - p)), here .03 of a subject's variance; EM stops .02 standard errors short
    assert table["coefficient"].item() == pytest.approx(best[0], abs=0.01)
    assert np.sqrt(group["covariance"].item()) == pytest.approx(np.exp(best[1]), rel=0.02)


def test_without_differences_between_subjects_it_is_the_pooled_regression():
    rng = np.random.default_rng(1)
    n = np.full((80, 4), 200)
    stays = rng.binomial(n, expit(DESIGN @ MEAN))
    pooled = sm.GLM(np.column_stack([stays.ravel(), (n - stays).ravel()]), np.tile(DESIGN, (80, 1)), family=sm.families.Binomial()).fit()
    table, group = mixed_logistic(stays, n, DESIGN, TERMS, covariance="diagonal")
    # the spread that EM finds is small, not nothing: a fraction of a standard error
    np.testing.assert_allclose(table["coefficient"], pooled.params, atol=0.5 * pooled.bse.max())
    assert (np.sqrt(np.diag(group["covariance"])) < 0.1).all()


def test_means_and_a_covariate_come_back(people):
    rng = np.random.default_rng(4)
    z = rng.standard_normal(300)
    u = MEAN + np.outer(z, [0, 0, 0, -0.15]) + SD * rng.standard_normal((300, 4))
    n = np.full((300, 4), 50)
    table, _ = mixed_logistic(rng.binomial(n, expit(u @ DESIGN.T)), n, DESIGN, TERMS,
                              covariates=Design("~ z", ("Intercept", "z"), np.column_stack([np.ones(300), z])))
    true = np.column_stack([MEAN, [0, 0, 0, -0.15]]).ravel()
    # eight estimates, four standard errors each: fails by chance once in 2,000 seeds
    assert (np.abs(table["coefficient"] - true) < 4 * table["standard_error"]).all()
    assert table.set_index(["parameter", "term"]).loc[("reward_x_transition", "z"), "p"] < 1e-4


def test_people_of_the_magic_carpet_plan_in_the_mixed_regression_too(data_folder):
    table = mixed_stay_regression(load_trials("feher2020_twostep", data_folder, story="magic_carpet")).set_index("parameter")
    # pooled: .783 and -.001 (``test_importers``). Subjects' own slopes scatter, so that their mean lies further from zero
    assert 0.783 < table.loc["reward_x_transition", "coefficient"] < 1.3 and table.loc["reward_x_transition", "p"] < 1e-4
    assert abs(table.loc["reward", "t"]) < 2


def test_bad_input_gets_one_sentence():
    with pytest.raises(UserError, match="at least two who have trials, got 1"):
        mixed_logistic(np.ones((1, 4)), np.full((1, 4), 2), DESIGN, TERMS)


def test_covariates_stand_in_the_trials_or_in_a_table_of_subjects():
    rng = np.random.default_rng(0)
    trials = pd.DataFrame({"subject": np.repeat(list("abcdefgh"), 60), "trial": np.tile(np.arange(60), 8), "choice1": rng.integers(2, size=480),
                           "state2": rng.integers(2, size=480), "reward": rng.integers(2, size=480)})
    ages = pd.DataFrame({"subject": list("abcdefgh"), "age": [20, 31, 44, 25, 60, 38, 29, 51]})
    outside = mixed_stay_regression(trials, covariates="~ age", subject_table=ages)
    inside = mixed_stay_regression(trials.merge(ages, on="subject"), covariates="~ age")
    pd.testing.assert_frame_equal(outside, inside)
    assert outside["term"].unique().tolist() == ["Intercept", "age"]
