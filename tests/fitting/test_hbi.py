"""Hierarchical Bayesian inference: against a plain loop over its equations, and on simulated mixtures."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, logit

from cogmeta.errors import UserError
from cogmeta.fitting import HierarchicalComparison, fit, fit_hbi, hbi
from cogmeta.fitting.estimate import prepare
from cogmeta.fitting.hbi import update
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import FINER, TOLERANCE
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task
from tests.references import hbi_loop, plain_loops

NAMES = ("bandit/rescorla_wagner", "bandit/choice_kernel")
MEANS = {NAMES[0]: (0.0, 1.6), NAMES[1]: (0.0, 1.2)}


def simulated(name, n, seed, tag, n_trials=100, sd=0.5):
    task = make_task("bandit/independent", n_trials=n_trials, reward_probability=(0.2, 0.8))
    model, rng = make_model(name).for_task(task), np.random.default_rng(seed)
    own = {p.name: p.to_natural(m + sd * rng.standard_normal(n)) for p, m in zip(model.scaled_parameters, MEANS[name])}
    trials = simulate(model.agent(own), task, n, seed=seed).to_trials()
    return trials.assign(subject=tag + trials["subject"].astype(str))


@pytest.fixture(scope="module")
def mixture():
    """Twenty-four learners and sixteen creatures of habit."""
    return pd.concat([simulated(NAMES[0], 24, 1, "a"), simulated(NAMES[1], 16, 2, "b")], ignore_index=True)


@pytest.fixture(scope="module")
def found(mixture):
    return fit_hbi(NAMES, mixture, n_starts=3)


def as_functions(name, trials):
    """The log-likelihood of each subject, and the logits of option 1, from the plain loops."""
    natural = {NAMES[0]: lambda u: {"learning_rate": expit(u[0]), "inverse_temperature": np.exp(u[1])},
               NAMES[1]: lambda u: {"choice_learning_rate": expit(u[0]), "choice_inverse_temperature": np.exp(u[1])}}[name]
    loop = getattr(plain_loops, name.split("/")[1])
    likelihoods, logits = [], []
    for _, own in trials.groupby("subject", sort=False):
        pairs = list(zip(own["choice"].astype(int), own["reward"]))
        likelihoods.append(lambda u, pairs=pairs: sum(loop(pairs, natural(u))))
        logits.append(lambda u, pairs=pairs: [logit(np.exp(x)) if c == 1 else -logit(np.exp(x))
                                              for (c, _), x in zip(pairs, loop(pairs, natural(u)))])
    return likelihoods, logits


@pytest.mark.parametrize("variance", [6.25, 1.0])
def test_two_rounds_are_those_of_the_plain_loop(variance):
    trials = pd.concat([simulated(NAMES[0], 3, 1, "a", 30), simulated(NAMES[1], 2, 2, "b", 30)], ignore_index=True)
    prepared = [prepare(name, trials, None, {}) for name in NAMES]
    engines = [Engine(model, sequences_of(model, table)) for model, table in prepared]
    first = [hbi._first_fit(engine, 5, np.random.default_rng(0), variance) for engine in engines]
    n = len(engines[0].count)
    ours = hbi.State(tuple(map(hbi._broad_group, engines)), tuple(first), np.ones((n, 2)), np.zeros((n, 2)),
                     np.full(2, 1.0 + n), -np.inf)
    for _ in range(2):
        ours = update(engines, ours)
    functions = [as_functions(name, trials) for name in NAMES]
    middles = [list(hbi._middle(engine)) for engine in engines]
    r, alpha, groups = hbi_loop.infer([f[0] for f in functions], [f[1] for f in functions], middles, n_rounds=2, broad=variance)
    # our searches stop where a step promises less than 1e-5 nats, so that modes are within some 4e-3 standard deviations
    np.testing.assert_allclose(ours.share, r, atol=2e-3)
    np.testing.assert_allclose(ours.alpha, alpha, atol=5e-3)
    for mine, (a, beta, nu, sigma) in zip(ours.groups, groups):
        np.testing.assert_allclose(mine.a, a, atol=1e-2)
        np.testing.assert_allclose(mine.sigma, sigma, rtol=2e-2)
        assert mine.beta == pytest.approx(beta, abs=5e-3) and mine.nu == pytest.approx(nu, abs=5e-3)


def test_a_mixture_of_sixty_and_forty_per_cent_is_found(found):
    own = np.r_[np.zeros(24, int), np.ones(16, int)]
    np.testing.assert_allclose(found.responsibility.sum(axis=1), 1, rtol=1e-12)
    assert (found.responsibility.to_numpy().argmax(axis=1) == own).mean() >= 0.95
    # 24 of 40 with one more count a model: 25 / 42; two subjects may be mistaken
    assert found.table.loc[NAMES[0], "frequency"] == pytest.approx(25 / 42, abs=2 / 42)
    assert found.settings["converged"] and found.table["frequency"].sum() == pytest.approx(1)
    assert (found.table["protected_exceedance"].max() <= found.table["exceedance"].max())


def test_groups_are_those_that_simulated(found):
    own = found.group.set_index(["model", "parameter"])
    truth = np.concatenate([MEANS[name] for name in NAMES])
    # the mean of n subjects of SD .5, each known to some .5: 4 standard errors with 16 of them
    assert np.abs(own["u_mean"].to_numpy() - truth).max() < 4 * np.hypot(0.5, 0.5) / 4


def test_others_who_use_another_model_do_not_shape_a_group(mixture, found):
    alone = fit_hbi([NAMES[0]], mixture[mixture["subject"].str.startswith("a")], n_starts=3)
    mixed = found.group[found.group["model"] == NAMES[0]]
    np.testing.assert_allclose(mixed["u_mean"], alone.group["u_mean"], atol=0.1)
    contaminated = fit(NAMES[0], mixture, "em", n_starts=3, covariance="diagonal").group["mean"]
    assert np.abs(contaminated - alone.group["u_mean"]).max() > 0.3, "which EM on everybody does not withstand"


def test_one_model_alone_is_nearly_em(mixture):
    trials = mixture[mixture["subject"].str.startswith("a")]
    alone, em = fit_hbi([NAMES[0]], trials, n_starts=3), fit(NAMES[0], trials, "em", n_starts=3, covariance="diagonal")
    # the priors of the group count for one subject of 24
    error = em.group["coefficient_errors"][0]
    assert (np.abs(alone.group["u_mean"] - em.group["mean"]) < error).all()
    assert alone.table["exceedance"].tolist() == [1.0]


def test_the_bound_never_falls_from_the_first_round_on(mixture):
    prepared = [prepare(name, mixture, None, {}) for name in NAMES]
    engines = [Engine(model, sequences_of(model, table)) for model, table in prepared]
    first = [hbi._first_fit(engine, 3, np.random.default_rng(0)) for engine in engines]
    bounds, state = [], hbi.first_state(engines, first)
    for _ in range(15):
        state = update(engines, state)
        bounds.append(state.bound)
    # the search for each of 2 x 40 modes stops within so much of it
    assert np.diff(bounds).min() > -2 * 40 * TOLERANCE / FINER
    assert bounds[-1] - bounds[0] > 10


def test_the_t_test_finds_what_is_not_there_and_what_is(found):
    nothing, something = found.t_test(NAMES[0], "learning_rate", 0.0), found.t_test(NAMES[0], "inverse_temperature", 0.0)
    assert nothing.p > 0.001 and something.p < 1e-6 and something.df == pytest.approx(25, abs=2)
    with pytest.raises(UserError, match="Did you mean 'learning_rate'"):
        found.t_test(NAMES[0], "learning_rte")


def test_the_variance_of_the_first_fits_is_where_the_rounds_begin_not_where_they_end(mixture, found):
    narrow = fit_hbi(NAMES, mixture, n_starts=3, prior_variance=1.0)
    assert narrow.settings["prior_variance"] == 1.0 and found.settings["prior_variance"] == 6.25
    # rounds stop when no mean moves by more than .001 SD and no share by more than .001; ten times as much is left to go
    np.testing.assert_allclose(narrow.responsibility, found.responsibility, atol=10 * hbi.CLOSE)
    np.testing.assert_allclose(narrow.group["u_mean"], found.group["u_mean"], atol=10 * hbi.CLOSE)


@pytest.mark.parametrize("variance", [0.0, -1.0, float("nan"), True])
def test_a_variance_that_cannot_be_is_refused(variance, mixture):
    with pytest.raises(UserError, match="prior_variance is the variance"):
        fit_hbi(NAMES, mixture.head(10), prior_variance=variance)


def test_it_is_saved_and_read_to_the_last_digit(found, tmp_path):
    again = HierarchicalComparison.load(found.save(tmp_path))
    pd.testing.assert_frame_equal(again.responsibility, found.responsibility, check_exact=True)
    pd.testing.assert_frame_equal(again.group, found.group, check_exact=True)
    assert repr(again) == repr(found) and again.models == found.models
    (tmp_path / "summary.json").write_text("{}")
    with pytest.raises(UserError, match="does not hold a saved hierarchical comparison"):
        HierarchicalComparison.load(tmp_path)


@pytest.mark.parametrize(("models", "message"), [
    ("bandit/random", "takes a list"), ([], "takes a list"), (["bandit/random"] * 2, "named once"),
    (["two_step/hybrid"], "Choose a model of the family 'bandit'"),
])
def test_bad_input_gets_one_sentence(models, message, mixture):
    with pytest.raises(UserError, match=message):
        fit_hbi(models, mixture.head(10))
