"""Priors of one's own: they pull estimates as the mathematics says, in the units of the fit, and are kept with it."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from typer.testing import CliRunner

from cogmeta.errors import UserError
from cogmeta.fitting import Fit, GroupPrior, Sampling, fit, recover
from cogmeta.fitting.command import app
from cogmeta.fitting.held_out import held_out_log_likelihood
from cogmeta.models.prior import read_prior
from tasks.registry import make_task

HEADS, FLIPS = 30, 100


@pytest.fixture
def coin():
    return pd.DataFrame({"subject": "s", "trial": range(FLIPS), "choice": [0] * HEADS + [1] * (FLIPS - HEADS), "reward": 0.0})


@pytest.mark.parametrize("a, b", [(2.0, 2.0), (40.0, 10.0)])
def test_a_beta_prior_of_a_coin_gives_the_mode_of_its_beta_posterior(coin, a, b):
    estimate = fit("bandit/random", coin, priors={"bias": f"beta({a}, {b})"}).parameters["bias"][0]
    assert estimate == pytest.approx((HEADS + a - 1) / (FLIPS + a + b - 2), abs=1e-5)  # the search stops within 1e-5 of the mode


def test_a_flat_prior_is_maximum_likelihood(coin):
    flat = fit("bandit/random", coin, priors={"bias": "flat"}).parameters["bias"][0]
    assert flat == pytest.approx(HEADS / FLIPS, abs=1e-5)


def test_a_prior_is_in_the_units_of_the_fit_whatever_rewards_span(rng):
    trials = pd.DataFrame({"subject": "s", "trial": range(60), "choice": rng.integers(2, size=60), "reward": rng.random(60)})
    points = trials.assign(reward=100 * trials["reward"])
    small = fit("bandit/rescorla_wagner", trials, priors={"inverse_temperature": "gamma(8, 0.5)"})
    large = fit("bandit/rescorla_wagner", points, reward_range=(0, 100), priors={"inverse_temperature": "gamma(8, 0.005)"})
    ratio = small.parameters["inverse_temperature"][0] / large.parameters["inverse_temperature"][0]
    assert ratio == pytest.approx(100, rel=1e-4)  # the search's tolerance


@pytest.mark.parametrize("text, frozen", [("beta(2, 3)", stats.beta(2, 3)), ("gamma(1.2, 5)", stats.gamma(1.2, scale=5)),
                                          ("normal(-1, .5)", stats.norm(-1, 0.5))])
def test_densities_that_are_read_are_those_of_scipy(text, frozen):
    x = np.array([0.1, 0.5, 0.9])
    np.testing.assert_allclose(read_prior(text).log_density(x), frozen.logpdf(x))
    assert str(read_prior(str(read_prior(text)))) == str(read_prior(text))


def test_a_fit_is_saved_with_the_priors_that_it_had(coin, tmp_path):
    fit("bandit/random", coin, priors={"bias": "beta(3, 3)"}).save(tmp_path)
    assert Fit.load(tmp_path).settings["priors"] == {"bias": "beta(3, 3)"}


def test_the_command_and_held_out_fits_take_them(coin, tmp_path):
    coin.to_csv(tmp_path / "trials.csv", index=False)
    asked = ["bandit/random", str(tmp_path / "trials.csv"), "--out", str(tmp_path / "fit"), "--prior", "bias=beta(40, 10)"]
    assert CliRunner().invoke(app, asked, catch_exceptions=False).exit_code == 0
    assert Fit.load(tmp_path / "fit").parameters["bias"][0] == pytest.approx(69 / 148, abs=1e-5)
    halves = coin.assign(block=np.repeat([0, 1], FLIPS // 2))
    pulled, free = (held_out_log_likelihood("bandit/random", halves, "block", priors={"bias": prior})
                    for prior in ("beta(5000, 5000)", "flat"))
    assert pulled.mean() == pytest.approx(np.log(0.5), abs=0.01) and free.mean() < pulled.mean()


def test_recovery_draws_from_the_priors_that_it_is_given():
    task = make_task("bandit/independent", n_trials=20)
    found = recover("bandit/random", task, 30, draw="prior", n_starts=2, priors={"bias": "beta(2000, 2000)"})
    assert np.abs(found.table["simulated"] - 0.5).max() < 0.05  # six standard deviations, .008 each


@pytest.mark.parametrize("priors, method, words", [
    ({"bia": "flat"}, "map", "Did you mean 'bias'"), ({"bias": "beta(2)"}, "map", r"takes the numbers \(a, b\)"),
    ({"bias": "beta(2, -1)"}, "map", "b of a beta prior must be a number > 0"), ({"bias": "bta(1, 1)"}, "map", "Did you mean 'beta'"),
    ({"bias": "flat"}, "mle", "maximum likelihood has none"), ({"bias": "flat"}, "em", "learns it from the group"),
    ({"bias": "2, 2"}, "map", "a prior reads such as"),
])
def test_a_prior_that_cannot_be_is_refused_with_what_to_do(coin, priors, method, words):
    with pytest.raises(UserError, match=words):
        fit("bandit/random", coin, method, priors=priors)


def test_a_density_that_leaves_values_out_is_refused(coin):
    with pytest.raises(UserError, match="leaves values out. Take one of: gamma, normal, flat"):
        fit("bandit/rescorla_wagner", coin, priors={"inverse_temperature": "beta(2, 2)"})
    with pytest.raises(UserError, match="nothing can be drawn from a flat prior"):
        recover("bandit/random", make_task("bandit/independent"), 5, draw="prior", priors={"bias": "flat"})


def test_scales_of_a_group_s_prior_are_for_full_bayes_and_a_slip_is_named(coin, tmp_path):
    with pytest.raises(UserError, match="has no prior of a group"):
        fit("bandit/random", coin, group_prior=GroupPrior(sd_scale=1.0))
    coin.to_csv(tmp_path / "trials.csv", index=False)
    for words, message in (("sd_scal=1", "Did you mean 'sd_scale'"), ("sd_scale=x", "reads NAME=NUMBER"), ("sd_scale=-1", "must be a number > 0")):
        said = CliRunner().invoke(app, ["bandit/random", str(tmp_path / "trials.csv"), "--out", str(tmp_path / "fit"), "--group-prior", words])
        assert isinstance(said.exception, UserError) and message in str(said.exception)


def test_a_tight_prior_of_the_group_s_spread_draws_its_subjects_together(tmp_path):
    pytest.importorskip("nutpie")
    n = np.array([5, 10, 15, 20, 25])
    coins = pd.concat([pd.DataFrame({"subject": f"s{k}", "trial": range(30), "choice": [0] * k + [1] * (30 - k), "reward": 0.0}) for k in n])
    few = Sampling(n_chains=2, n_draws=200, n_tune=200)
    wide, tight = (fit("bandit/random", coins, "nuts", sampling=few, group_prior=prior) for prior in (None, GroupPrior(sd_scale=0.05)))
    assert tight.parameters["bias"].std() < 0.5 * wide.parameters["bias"].std()
    tight.save(tmp_path)
    assert Fit.load(tmp_path).settings["group_prior"]["sd_scale"] == 0.05
