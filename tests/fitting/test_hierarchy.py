"""The joint density of a group and its subjects: against finite differences, and against itself in other coordinates."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta, kstest, multivariate_t

from cogmeta.fitting import log_likelihood
from cogmeta.fitting.covariates import Design, no_covariates
from cogmeta.fitting.em import BROAD_VARIANCE, maximise_group
from cogmeta.fitting.estimate import prepare
from cogmeta.fitting.bayes.group_prior import GroupPrior
from cogmeta.fitting.bayes.hierarchy import Hierarchy
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.bayes.lkj import (SHAPE, correlation_factor, correlation_slope, correlation_start, lkj_log_density,
                                 lkj_slope)
from cogmeta.fitting.optimiser import look, spread_starts
from cogmeta.fitting.penalty import NoPenalty
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

N = 6
AGE = Design("~ age", ("Intercept", "age"), np.stack([np.ones(N), [20.0, 31, 25, 60, 44, 38]], axis=1))


def people(model, task, **options):
    """Six simulated learners, spread over the plausible ranges."""
    task, rng = make_task(task, **options), np.random.default_rng(2)
    made = make_model(model).for_task(task)
    own = {p.name: p.to_natural(p.starts(N, rng)) for p in made.parameters}
    return simulate(made.agent(own), task, N, seed=4).to_trials()


def engine_of(model, trials):
    model, table = prepare(model, trials, None, {})
    return Engine(model, sequences_of(model, table))


def hierarchy_of(engine, covariance="full", design=None, prior=GroupPrior()):
    design, n = design or no_covariates(N), len(engine.count)
    starts = np.repeat(spread_starts(engine.model.scaled_parameters, 3, np.random.default_rng(0)), n, axis=1)
    with np.errstate(all="ignore"):
        modes, group = maximise_group(engine, look(engine, NoPenalty(), starts, np.tile(np.arange(n), 3)), covariance, None, design)
    return Hierarchy(engine, modes, group, design, covariance, prior)


@pytest.fixture(scope="module")
def learners():
    return people("bandit/rescorla_wagner_two_rates", "bandit/independent", n_trials=25)


@pytest.fixture(scope="module")
def planners():
    return people("two_step/hybrid", "two_step/daw2011", n_trials=15)


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
@pytest.mark.parametrize("design", [no_covariates(N), AGE], ids=["alone", "age"])
def test_the_gradient_is_the_slope_of_the_density(learners, covariance, design):
    hierarchy = hierarchy_of(engine_of("bandit/rescorla_wagner_two_rates", learners), covariance, design)
    x = np.random.default_rng(1).standard_normal((2, hierarchy.n_dimensions))
    _, gradient = hierarchy.evaluate(x)
    for d in range(hierarchy.n_dimensions):
        step = 1e-4 * np.eye(hierarchy.n_dimensions)[d]
        slope = (hierarchy.evaluate(x + step)[0] - hierarchy.evaluate(x - step)[0]) / 2e-4
        # the third derivative over six leaves about 1e-8 of a nat's curvature; the likelihood's own slope is good to 1e-6
        np.testing.assert_allclose(gradient[:, d], slope, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("covariance", ["full", "diagonal"])
def test_the_density_is_that_of_the_group_and_its_subjects(planners, covariance):
    """Take the Jacobian of every subject's coordinates by finite differences, and what is left must be the plain joint."""
    engine = engine_of("two_step/hybrid", planners)
    hierarchy = hierarchy_of(engine, covariance)
    x = np.random.default_rng(3).standard_normal((3, hierarchy.n_dimensions))
    value = hierarchy.evaluate(x)[0]
    plain = [_plain_joint(engine, hierarchy, point) + _log_jacobian(hierarchy, point) for point in x]
    # both leave out the same constants; finite differences of the coordinates are good to about 1e-7 each
    np.testing.assert_allclose(value - value[0], np.array(plain) - plain[0], atol=1e-4)


def _plain_joint(engine, hierarchy, point):
    """log p(choices | u) + log N(u; mean, covariance) + priors, up to constants, with the Jacobians of logarithms of SDs."""
    group, u = hierarchy.group(point), hierarchy.subjects(point)
    covariance = np.outer(group.sd, group.sd) * (group.factor @ group.factor.T)
    away = u - group.coefficients[0]
    own = -0.5 * np.einsum("ij,jk,ik->", away, np.linalg.inv(covariance), away) - 0.5 * len(u) * np.linalg.slogdet(covariance)[1]
    middle = [p.to_unconstrained(np.asarray(p.plausible)).mean() for p in engine.model.parameters]
    prior = -0.5 * ((group.coefficients[0] - middle) ** 2).sum() / BROAD_VARIANCE
    prior += (np.log(group.sd) - 0.5 * (group.sd / GroupPrior().sd_scale) ** 2).sum()
    if hierarchy.full:  # LKJ of a Cholesky factor: row k (from 1) to the power K - k + 2 shape - 2; and the coordinates' Jacobian
        k, last = len(group.sd), np.diag(group.factor)
        prior += ((k - np.arange(1, k + 1) + 2 * SHAPE - 2) * np.log(last)).sum() + ((np.arange(k) + 2) * np.log(last))[1:].sum()
    return engine.log_likelihood(u.T, np.arange(len(u))).sum() + own + prior


def _log_jacobian(hierarchy, point):
    """log |du / dz| over subjects, by finite differences."""
    k = hierarchy.k
    columns = np.zeros((hierarchy.n_subjects, k, k))
    for j in range(k):
        step = np.zeros((hierarchy.n_subjects, k))
        step[:, j] = 1e-5
        step = np.concatenate([np.zeros(hierarchy.n_group), step.ravel()])
        columns[:, :, j] = (hierarchy.subjects(point + step) - hierarchy.subjects(point - step)) / 2e-5
    return np.linalg.slogdet(columns)[1].sum()


def test_other_scales_of_the_prior_change_the_density_by_the_ratio_of_the_priors(learners):
    engine, other = engine_of("bandit/rescorla_wagner_two_rates", learners), GroupPrior(mean_sd=1.0, sd_scale=0.5, correlation_shape=4.0)
    given, usual = hierarchy_of(engine, prior=other), hierarchy_of(engine)
    x = np.random.default_rng(5).standard_normal((3, given.n_dimensions))
    group = given.group(x)
    away = group.coefficients[:, 0] - given.prior_mean[0]
    expected = -0.5 * (away**2).sum(axis=1) * (1 - 1 / BROAD_VARIANCE) - 0.5 * (group.sd**2).sum(axis=1) * (1 / 0.5**2 - 1 / 1.5**2)
    expected += (4.0 - SHAPE) * 2 * np.log(np.diagonal(group.factor, axis1=1, axis2=2)).sum(axis=1)  # |R R'| to the power of the shapes' difference
    np.testing.assert_allclose(given.evaluate(x)[0] - usual.evaluate(x)[0], expected, rtol=1e-9)


def test_a_group_that_spreads_without_bounds_is_refused_and_not_computed(learners):
    one = learners[(learners["subject"].astype(int) > 0) | (learners["trial"] == 0)]  # whose curvature is singular
    hierarchy = hierarchy_of(engine_of("bandit/rescorla_wagner_two_rates", one))
    x = np.zeros((2, hierarchy.n_dimensions))
    x[1, hierarchy.n_terms * hierarchy.k:][:hierarchy.k] = 40 / hierarchy.log_sd_unit  # SDs of exp(40)
    value, gradient = hierarchy.evaluate(x)
    assert np.isfinite(value[0]) and value[1] == -np.inf and (gradient[1] == 0).all() and (gradient[0] != 0).any()


def test_a_subject_who_says_nothing_stands_in_the_group_s_own_coordinates(learners):
    silent = pd.DataFrame({"subject": ["silent"], "trial": [0], "choice": [None], "reward": [None]})
    table = pd.concat([learners.astype({"subject": str})[["subject", "trial", "choice", "reward"]], silent])
    hierarchy = hierarchy_of(engine_of("bandit/rescorla_wagner_two_rates", table), design=no_covariates(N + 1))
    x = np.random.default_rng(1).standard_normal(hierarchy.n_dimensions)
    group = hierarchy.group(x)
    expected = group.coefficients[0] + group.sd * (group.factor @ x[-hierarchy.k:])
    np.testing.assert_allclose(hierarchy.subjects(x)[-1], expected, rtol=1e-12)


def test_far_away_the_density_is_minus_infinity_and_not_nan(learners):
    hierarchy = hierarchy_of(engine_of("bandit/rescorla_wagner_two_rates", learners))
    with np.errstate(all="ignore"):
        value, gradient = hierarchy.evaluate(np.full((1, hierarchy.n_dimensions), 1e6))
    assert value[0] == -np.inf and (gradient == 0).all()


@pytest.mark.parametrize(("model", "task", "options"), [
    ("two_step/hybrid", "two_step/daw2011", {"n_trials": 12}), ("bandit/rescorla_wagner", "bandit/reversal3", {"n_trials": 20})])
def test_the_score_without_the_curvature_is_the_score(model, task, options):
    engine = engine_of(model, people(model, task, **options))
    u = np.random.default_rng(0).standard_normal((len(engine.model.parameters), 2 * N))
    whose = np.tile(np.arange(N), 2)
    for ours, full in zip(engine.score(u, whose), engine.evaluate(u, whose)):
        np.testing.assert_allclose(ours, full, rtol=1e-9, atol=1e-9)


def test_the_trials_of_a_subject_are_scored_as_everywhere(learners):
    engine = engine_of("bandit/rescorla_wagner_two_rates", learners)
    u = np.random.default_rng(0).standard_normal((len(engine.model.parameters), 1))
    own = {p.name: float(p.to_natural(x[0])) for p, x in zip(engine.model.parameters, u)}
    everywhere = log_likelihood((engine.model, own), learners).to_numpy()
    for k in range(N):
        np.testing.assert_allclose(engine.trials_of(k, u)[0], everywhere[engine.rows_of(k)], rtol=1e-12)


def test_correlations_in_free_coordinates_follow_the_lkj_distribution():
    k, n, rng = 4, 4000, np.random.default_rng(0)
    # -(K + 2 shape - 1) / 2 log(1 + |x|^2) over j numbers: a t distribution with K + 2 shape - 1 - j degrees of freedom
    freedom = [k + 2 * SHAPE - 1 - j for j in range(1, k)]
    rows = [multivariate_t(np.zeros(j), np.eye(j) / f, f).rvs(n, random_state=rng).reshape(n, j) for j, f in zip(range(1, k), freedom)]
    factor = correlation_factor(np.concatenate(rows, axis=1), k)
    correlation = factor @ np.swapaxes(factor, 1, 2)
    shape = SHAPE - 1 + k / 2
    for i, j in zip(*np.tril_indices(k, -1)):
        # six tests: at 1e-3 each they fail by chance once in 170 seeds
        assert kstest((correlation[:, i, j] + 1) / 2, beta(shape, shape).cdf).pvalue > 1e-3
    np.testing.assert_allclose(np.einsum("nii->ni", correlation), 1.0, rtol=1e-12)


def test_free_coordinates_lead_to_a_correlation_matrix_and_back_and_so_do_slopes():
    k, rng = 4, np.random.default_rng(0)
    free, pull = rng.standard_normal(6), np.tril(rng.standard_normal((k, k)))
    factor = correlation_factor(free, k)
    np.testing.assert_allclose(correlation_start(factor @ factor.T), free, rtol=1e-9)
    for d, step in enumerate(1e-5 * np.eye(6)):
        up, down = free + step, free - step
        slope = ((correlation_factor(up, k) - correlation_factor(down, k)) * pull).sum() / 2e-5
        assert correlation_slope(free, pull)[d] == pytest.approx(slope, abs=1e-8)  # rounding of central differences
        assert lkj_slope(free, k)[d] == pytest.approx((lkj_log_density(up, k) - lkj_log_density(down, k)) / 2e-5, abs=1e-8)
