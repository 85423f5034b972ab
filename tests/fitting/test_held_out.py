"""Held-out likelihood: against an explicit loop, a closed form, and where the simpler model must win."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.special import expit
from scipy.stats import norm

from cogmeta.errors import UserError
from cogmeta.fitting import fit, held_out_log_likelihood, log_likelihood
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

MODEL = "bandit/rescorla_wagner"


@pytest.fixture(scope="module")
def learners():
    """Six learners with three sessions each."""
    model, task = make_model(MODEL), make_task("bandit/independent", n_trials=40)
    own = {"learning_rate": np.tile(np.linspace(0.2, 0.8, 6), 3), "inverse_temperature": np.tile(np.linspace(2, 8, 6), 3)}
    trials = simulate(model.agent(own), task, 18, seed=0).to_trials()
    episode = np.repeat(np.arange(18), 40)
    trials = trials.assign(subject=[f"s{e % 6}" for e in episode], session=episode // 6, block=0)
    return trials.sort_values(["subject", "session", "trial"], ignore_index=True)


def test_a_session_is_scored_by_the_fit_to_the_others(learners):
    found = held_out_log_likelihood(MODEL, learners, "session", "mle", n_starts=3)
    by_hand = pd.Series(np.nan, learners.index)
    for session in range(3):
        held = learners["session"] == session
        by_hand[held] = log_likelihood(fit(MODEL, learners[~held], "mle", n_starts=3), learners[held])
    np.testing.assert_allclose(found, by_hand, rtol=0, atol=1e-12)
    whole = log_likelihood(fit(MODEL, learners, "mle", n_starts=3), learners)
    assert found.sum() < whole.sum(), "what was not seen is explained less well"


def test_folds_of_several_subjects_are_scored_by_the_group_of_the_others(learners):
    few = learners[learners["session"] == 0]
    found = held_out_log_likelihood(MODEL, few, "subject", n_starts=2, n_folds=2)
    again = few[few["subject"].isin(["s0", "s2", "s4"])]
    fitted = fit(MODEL, few[~few["subject"].isin(["s0", "s2", "s4"])], "em", n_starts=2)
    draws = np.random.default_rng(0).multivariate_normal(fitted.group["mean"], fitted.group["covariance"], 400)
    for subject in ("s0", "s2", "s4"):
        own = again[again["subject"] == subject]
        copies = pd.concat([own.assign(subject=str(k)) for k in range(len(draws))], ignore_index=True)
        known = {p.name: p.to_natural(x) for p, x in zip(fitted.model.scaled_parameters, draws.T)}
        likely = np.exp(log_likelihood((make_model(MODEL), known), copies).to_numpy().reshape(len(draws), -1).sum(axis=1))
        # 500 draws there, 400 here: four standard errors of the difference of their means, in logarithms
        error = 4 * likely.std() / likely.mean() * np.sqrt(1 / 500 + 1 / 400)
        assert found[own.index].sum() == pytest.approx(np.log(likely.mean()), abs=error)
    one_by_one = held_out_log_likelihood(MODEL, few, "subject", n_starts=2)
    pd.testing.assert_series_equal(held_out_log_likelihood(MODEL, few, "subject", n_starts=2, n_folds=6), one_by_one)
    with pytest.raises(UserError, match="n_folds must lie between 2 and the number of what is left out, 6 here; got 7"):
        held_out_log_likelihood(MODEL, few, "subject", n_folds=7)


def test_a_parameter_too_many_does_not_pay_on_held_out_choices():
    # coins do not learn: the bias alone explains them at least as well, out of sample
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"subject": np.repeat([f"s{i}" for i in range(20)], 60), "session": np.tile(np.repeat([0, 1, 2], 20), 20),
                          "trial": np.tile(range(20), 60), "choice": (rng.random(1200) < 0.3).astype(int),
                          "reward": rng.integers(2, size=1200)})
    coin, learner = (held_out_log_likelihood(name, table, n_starts=2).sum() for name in ("bandit/random", MODEL))
    assert coin > learner + 20


def test_a_stranger_s_likelihood_is_the_integral_over_the_group():
    rng = np.random.default_rng(1)
    bias = expit(0.6 + 0.8 * rng.standard_normal(30))
    choice = (rng.random((30, 20)) >= bias[:, None]).astype(int)
    table = pd.DataFrame({"subject": np.repeat([f"s{i}" for i in range(30)], 20), "trial": np.tile(range(20), 30),
                          "choice": choice.ravel(), "reward": 0})
    table = pd.concat([table.tail(600 - 20), table.head(20)], ignore_index=True)
    found = held_out_log_likelihood("bandit/random", table, "subject", n_starts=1)
    others = fit("bandit/random", table[table["subject"] != "s0"], "em", n_starts=1).group
    mean, sd, heads = others["mean"][0], np.sqrt(others["covariance"][0, 0]), 20 - choice[0].sum()
    exact = np.log(quad(lambda u: expit(u) ** heads * expit(-u) ** (20 - heads) * norm.pdf(u, mean, sd),
                        mean - 8 * sd, mean + 8 * sd, epsabs=0)[0])
    # 500 draws, whose likelihoods vary by about their mean: 4 standard errors are .18
    assert found[table["subject"] == "s0"].sum() == pytest.approx(exact, abs=0.18)
    assert found.sum() > 600 * np.log(0.5), "the group knows that heads are likelier"


def test_missing_trials_score_nobody(learners):
    table = learners.astype({"choice": "Int64"})
    table.loc[5, ["choice", "reward"]] = None
    found = held_out_log_likelihood(MODEL, table, n_starts=1)
    assert found.isna().tolist() == [row == 5 for row in range(len(table))]


@pytest.mark.parametrize(("change", "by", "message"), [
    (lambda t: t, "sesion", "Did you mean 'session'"),
    (lambda t: t[t["session"] == 0], "session", "'s0' has but one session"),
    (lambda t: t[t["subject"] < "s2"], "subject", "three subjects or more, this table has 2"),
])
def test_what_cannot_be_held_out_is_said(learners, change, by, message):
    with pytest.raises(UserError, match=message):
        held_out_log_likelihood(MODEL, change(learners), by)


def test_a_block_through_which_learning_goes_on_is_not_held_out():
    task, model = make_task("two_step/daw2011", n_trials=20), make_model("two_step/hybrid")
    trials = simulate(model.agent({p.name: p.middle for p in model.parameters}), task, 3, seed=0).to_trials()
    with pytest.raises(UserError, match="learning goes on from block to block"):
        held_out_log_likelihood(model, trials.assign(block=trials["trial"] // 10), "block")
