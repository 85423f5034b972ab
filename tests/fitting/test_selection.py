"""Model selection: hand cases, exact integrals, and a Gibbs sampler of the same posterior."""

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import quad
from scipy.stats import beta, gamma

from cogmeta.errors import UserError
from cogmeta.fitting import fit
from cogmeta.fitting.selection import (
    criteria_table, dirichlet_posterior, exceedance, free_energy, log_evidence, null_free_energy, select_families,
    select_models,
)
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task


def gibbs(logs, rng, n_samples=20_000):
    """Draw frequencies from their exact posterior: who belongs to which model, then frequencies, in turn."""
    frequency, kept = np.full(logs.shape[1], 1 / logs.shape[1]), []
    for _ in range(n_samples):
        weight = np.exp(logs - logs.max(axis=1, keepdims=True)) * frequency
        edges = np.cumsum(weight / weight.sum(axis=1, keepdims=True), axis=1)
        own = (rng.random((len(logs), 1)) > edges).sum(axis=1)
        frequency = rng.dirichlet(1 + np.bincount(own, minlength=logs.shape[1]))
        kept.append(frequency)
    return np.array(kept[100:])


def test_models_that_explain_everybody_alike_are_alike_frequent():
    found = select_models(np.zeros((20, 4)))
    np.testing.assert_allclose(found.table["frequency"], 0.25, atol=1e-9)
    np.testing.assert_allclose(found.responsibility, 0.25, atol=1e-9)
    assert found.omnibus_risk > 0.9
    # exceedance by sampling has a standard error of .001; protected, almost all of it is 1 / 4
    np.testing.assert_allclose(found.table["protected_exceedance"], 0.25, atol=1e-3)


def test_certain_memberships_give_the_counts_of_dirichlet_and_the_exceedance_of_beta():
    logs = np.where(np.arange(10)[:, None] < 7, [[0.0, -500.0]], [[-500.0, 0.0]])
    found = select_models(logs)
    np.testing.assert_allclose(found.table["alpha"], [8, 4], atol=1e-6)
    exact = beta(8, 4).sf(0.5)
    # 200,000 draws: four standard errors
    assert found.table["exceedance"].iloc[0] == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 200_000))
    risk = found.omnibus_risk
    expected = (1 - risk) * found.table["exceedance"] + risk / 2
    np.testing.assert_allclose(found.table["protected_exceedance"], expected)


def test_the_omnibus_risk_is_the_bayes_factor_where_memberships_are_certain():
    # with memberships known the free energy is exact: p(7 of 10) is Beta(8, 4) / Beta(1, 1) against 1 / 2 ** 10
    logs = np.where(np.arange(10)[:, None] < 7, [[0.0, -500.0]], [[-500.0, 0.0]])
    alike, differing = 0.5**10, quad(lambda r: r**7 * (1 - r)**3, 0, 1)[0]
    assert select_models(logs).omnibus_risk == pytest.approx(alike / (alike + differing), rel=1e-6)


def test_the_free_energy_bounds_the_evidence_from_below(rng):
    logs = rng.normal(0, 2, (12, 2))
    alpha, share = dirichlet_posterior(logs)
    exact = np.log(quad(lambda r: np.exp(np.log(r * np.exp(logs[:, 0]) + (1 - r) * np.exp(logs[:, 1])).sum()), 0, 1)[0])
    bound = free_energy(logs, alpha, share)
    assert exact - 0.5 < bound < exact  # the gap of the mean-field posterior, some tenths of a nat
    at_half = np.log(0.5 * np.exp(logs).sum(axis=1)).sum()
    assert null_free_energy(logs) == pytest.approx(at_half)
    for moved in (alpha * 1.05, alpha + [0.5, -0.5]):
        assert free_energy(logs, moved, share) < bound, "a maximum"


def test_frequencies_and_exceedance_are_those_of_a_gibbs_sampler(rng):
    logs = rng.normal([0.0, -0.5, -2.0], 2.0, (30, 3))
    found, drawn = select_models(logs).table, gibbs(logs, rng)
    # mean field: right on the whole, a little too sure
    np.testing.assert_allclose(found["frequency"], drawn.mean(axis=0), atol=0.04)
    won = np.bincount(drawn.argmax(axis=1), minlength=3) / len(drawn)
    np.testing.assert_allclose(found["exceedance"], won, atol=0.1)


def test_exceedance_of_three_is_the_integral_over_the_simplex(rng):
    # three gammas: P(first is largest) by a one-dimensional integral
    alpha = np.array([5.0, 3.0, 2.0])
    exact = quad(lambda x: gamma(5).pdf(x) * gamma(3).cdf(x) * gamma(2).cdf(x), 0, 60)[0]
    assert exceedance(alpha, rng)[0] == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 200_000))


def test_a_family_of_many_models_has_no_head_start():
    evidence = pd.DataFrame(np.zeros((10, 4)), columns=list("abcd"))
    found = select_families(evidence, {"many": list("abc"), "one": ["d"]})
    np.testing.assert_allclose(found.table["frequency"], 0.5, atol=1e-9)
    with pytest.raises(UserError, match="each of the models"):
        select_families(evidence, {"many": list("abc")})


@pytest.fixture(scope="module")
def fits():
    agent = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.3, "inverse_temperature": 8.0})
    trials = simulate(agent, make_task("bandit/medium", n_trials=100), n_episodes=12, seed=2).to_trials()
    return [fit(name, trials, "mle", n_starts=3) for name in
            ("bandit/random", "bandit/rescorla_wagner", "bandit/rescorla_wagner_choice_kernel")]


def test_the_table_of_criteria_names_the_model_that_made_the_choices(fits):
    table = criteria_table(fits)
    assert table["model"][0] == "bandit/rescorla_wagner" and table["delta_bic"][0] == 0
    assert table["n_best_bic"].sum() == 12 and table["n_best_aic"].sum() == 12
    own = table.set_index("model").loc["bandit/random"]
    assert own["bic"] == pytest.approx(12 * np.log(100) - 2 * own["log_likelihood"])
    found = select_models(log_evidence(fits)).table
    assert found["protected_exceedance"].idxmax() == "bandit/rescorla_wagner"


@pytest.mark.parametrize(("call", "message"), [
    (lambda f: log_evidence(f, "bix"), "Did you mean 'bic'"), (lambda f: log_evidence([]), "nothing to compare"),
    (lambda f: select_models(np.zeros((3, 1))), "at least two models"),
    (lambda f: select_models(np.full((3, 2), np.nan)), "finite log evidence"),
    (lambda f: select_models(np.zeros((3, 2)), prior_count=0), "prior_count"),
])
def test_bad_input_gets_one_sentence(call, message, fits):
    with pytest.raises(UserError, match=message):
        call(fits)


def test_fits_to_other_choices_are_not_compared(fits):
    agent = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.3, "inverse_temperature": 8.0})
    other = simulate(agent, make_task("bandit/medium", n_trials=50), n_episodes=12, seed=2).to_trials()
    with pytest.raises(UserError, match="same choices of the same subjects"):
        log_evidence([fits[0], fit("bandit/rescorla_wagner", other, n_starts=1)])


def test_the_same_model_under_two_conventions_keeps_two_names(fits):
    assert list(log_evidence([fits[0], fits[0]]).columns) == ["bandit/random (1)", "bandit/random (2)"]
