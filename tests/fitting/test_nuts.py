"""Full hierarchical Bayes where the answer is known: a group of coins, whose posterior is an integral of two dimensions."""

import importlib.util
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit
from scipy.stats import norm
from typer.testing import CliRunner

from cogmeta.errors import UserError
from cogmeta.fitting import Fit, Sampling, fit, log_likelihood, loo_table, psis_loo
from cogmeta.fitting.bayes.chains import sample
from cogmeta.fitting.command import app
from cogmeta.fitting.em import BROAD_VARIANCE
from cogmeta.fitting.bayes.group_prior import GroupPrior
from cogmeta.fitting.bayes.posterior import diagnose, group_table
from cogmeta.models import make_model
from cogmeta.models.bandit import BiasedRandom

INSTALLED = all(importlib.util.find_spec(name) for name in ("nutpie", "arviz"))
needs_extra = pytest.mark.skipif(not INSTALLED, reason="needs the extra bayes (nutpie, ArviZ)")
N, TOSSES = 12, 20
SHORT = Sampling(n_chains=2, n_draws=400, n_tune=300)


def coins():
    rng = np.random.default_rng(3)
    bias = expit(0.8 + 0.7 * rng.standard_normal(N))
    choice = (rng.random((N, TOSSES)) >= bias[:, None]).astype(int)
    table = pd.DataFrame({"subject": np.repeat(np.arange(N), TOSSES), "trial": np.tile(np.arange(TOSSES), N),
                          "choice": choice.ravel(), "reward": 0})
    silent = pd.DataFrame({"subject": ["silent"], "trial": [0], "choice": [None], "reward": [None]})
    return pd.concat([table.astype({"subject": str}), silent], ignore_index=True)


@pytest.fixture(scope="module")
def sampled():
    return fit("bandit/random", coins(), "nuts", n_starts=2, sampling=SHORT)


class Exact:
    """The coins' posterior on a grid of the group's mean and SD; each coin's own bias by quadrature."""

    def __init__(self):
        bias = make_model("bandit/random").parameters[0]
        middle = bias.to_unconstrained(np.asarray(bias.plausible)).mean()
        self.mean, self.sd = np.linspace(-1.5, 3.0, 121), np.exp(np.linspace(-6, 1.5, 120))
        log_prior = norm.logpdf(self.mean, middle, np.sqrt(BROAD_VARIANCE))[:, None] + np.log(self.sd) - 0.5 * (self.sd / GroupPrior().sd_scale) ** 2
        self.prior = np.exp(log_prior)  # by the logarithm of the SD, in which the grid is even
        node, weight = np.polynomial.hermite_e.hermegauss(60)
        self.weight = weight / weight.sum()
        self.u = self.mean[:, None, None] + self.sd[:, None] * node
        heads = TOSSES - coins().iloc[:-1].groupby("subject", sort=False)["choice"].sum().to_numpy(int)
        self.heads, self.given = heads, {(k, TOSSES): self.marginal(k, TOSSES) for k in np.unique(heads)}
        self.joint = self.prior * np.prod([self.given[k, TOSSES] for k in heads], axis=0)

    def marginal(self, heads, tosses):
        """Probability of a sequence of tosses, of any coin of the group."""
        return (expit(self.u) ** heads * expit(-self.u) ** (tosses - heads)) @ self.weight

    def expect(self, value):
        return (self.joint * value).sum() / self.joint.sum()

    def bias(self, heads):
        """Expected bias of a coin that fell so often on heads."""
        own = (expit(self.u) ** (heads + 1) * expit(-self.u) ** (TOSSES - heads)) @ self.weight
        return self.expect(own / self.given[heads, TOSSES])

    def leave_one_out(self):
        """Log-probability of each toss when all others are known, summed."""
        total, n = np.log(self.joint.sum()), 0.0
        for k in self.heads:
            for own, count in ((k - 1, k), (k, TOSSES - k)):
                if count:
                    n += count * (total - np.log((self.joint / self.given[k, TOSSES] * self.marginal(own, TOSSES - 1)).sum()))
        return n


@pytest.fixture(scope="module")
def exact():
    return Exact()


def draws_of(sampled, name, **where):
    return sampled.posterior.posterior[name].sel(where).to_numpy()


def close(draws, expected):
    """The mean of draws is as expected, within four of its Monte Carlo standard errors."""
    import arviz

    return abs(draws.mean() - expected) < 4 * arviz.mcse(draws)


@needs_extra
def test_the_group_of_coins_is_that_of_the_integral(sampled, exact):
    mean, sd = (draws_of(sampled, name, parameter="bias") for name in ("group_mean", "group_sd"))
    assert close(mean, exact.expect(exact.mean[:, None])) and close(sd, exact.expect(exact.sd))
    assert close(mean**2, exact.expect(exact.mean[:, None] ** 2)) and close(sd**2, exact.expect(exact.sd**2))
    assert sampled.group["n_divergences"] == 0


@needs_extra
def test_each_coin_is_that_of_the_integral(sampled, exact):
    for subject, heads in enumerate(exact.heads):
        assert close(draws_of(sampled, "bias", subject=str(subject)), exact.bias(heads))
    assert sampled.parameters["bias"].to_numpy()[:N] == pytest.approx(draws_of(sampled, "bias").mean(axis=(0, 1))[:N])
    assert (sampled.standard_errors["bias"] > 0).all()


@needs_extra
def test_a_coin_that_was_never_tossed_is_any_of_the_group(sampled, exact):
    own = draws_of(sampled, "bias", subject="silent")
    assert close(own, exact.expect(expit(exact.u) @ exact.weight))
    assert close(own**2, exact.expect(expit(exact.u) ** 2 @ exact.weight))
    assert "no answered trial" in sampled.flags["silent"]


@needs_extra
def test_leaving_a_toss_out_by_reweighting_is_leaving_it_out(sampled, exact):
    left_out = psis_loo(sampled, coins())
    assert (left_out["pareto_k"].dropna() < 0.7).all() and left_out["log_likelihood"].isna().sum() == 1
    # a toss that is left out has the log-probability - log(mean of 1 / p over draws): by the delta method the error of their sum
    # is that of the mean, over draws, of the summed 1 / p, each relative to its own mean; four standard errors
    import arviz

    weight = np.exp(-sampled.posterior.log_likelihood["trial"].to_numpy())
    error = arviz.mcse((weight / weight.mean(axis=(0, 1))).sum(axis=-1))
    assert left_out["log_likelihood"].sum() == pytest.approx(exact.leave_one_out(), abs=4 * error.item()) and error < 0.5
    table = loo_table([sampled], coins(), left_out_subjects=False)
    assert table["loo"].item() == pytest.approx(left_out["log_likelihood"].sum()) and table["n_influential"].item() == 0


@needs_extra
def test_a_first_trial_of_which_all_draws_say_the_same_is_not_influential():
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"subject": np.repeat(list("abc"), 15), "trial": np.tile(np.arange(15), 3), "choice": rng.integers(2, size=45),
                          "reward": rng.integers(2, size=45)})
    left_out = psis_loo(fit("bandit/rescorla_wagner", table, "nuts", sampling=Sampling(2, 60, 60)), table)
    first = left_out[table["trial"] == 0]
    assert first["log_likelihood"].to_numpy() == pytest.approx(np.log(0.5)) and (first["pareto_k"] == 0).all()


@needs_extra
def test_the_same_seed_draws_the_same():
    brief = Sampling(n_chains=3, n_draws=50, n_tune=50)
    one, again, other = (draws_of(fit("bandit/random", coins(), "nuts", n_starts=2, sampling=brief, seed=k), "bias") for k in (0, 0, 1))
    np.testing.assert_array_equal(again, one)
    assert (other != one).all() and (one[0] != one[1]).all()


@needs_extra
def test_a_fit_comes_back_with_its_draws(sampled, tmp_path):
    sampled.save(tmp_path)
    again = Fit.load(tmp_path)
    again.save(tmp_path)
    np.testing.assert_array_equal(draws_of(again, "bias"), draws_of(sampled, "bias"))
    pd.testing.assert_frame_equal(again.group_table, sampled.group_table)
    assert again.settings == sampled.settings and again.group["beware"] == sampled.group["beware"]
    assert again.posterior.log_likelihood["subject"].shape == (2, 400, N + 1)
    assert log_likelihood(again, coins()).notna().sum() == N * TOSSES
    assert again.agent("0").name == "bandit/random"


@needs_extra
def test_a_covariate_has_an_interval(tmp_path):
    table = coins().iloc[:-1]
    table["age"] = np.where(table["subject"].astype(int) % 2, 60, 20)
    result = fit("bandit/random", table, "nuts", n_starts=2, covariates="~ age", covariance="diagonal",
                 sampling=Sampling(n_chains=2, n_draws=100, n_tune=100))
    coefficients = result.coefficients.set_index("term")
    assert list(coefficients.index) == ["Intercept", "age"] and (coefficients["low"] < coefficients["high"]).all()
    at_average = coefficients["coefficient"] @ [1, table.groupby("subject")["age"].first().mean()]
    assert at_average == pytest.approx(result.group["mean"][0])


@dataclass(frozen=True)
class Explodes(BiasedRandom):
    """Has no likelihood for whoever was rewarded."""

    outcomes = ("reward",)

    def initial_values(self, lanes, parameters):
        return np.zeros(lanes)

    def policy(self, values, parameters):
        return np.stack([parameters.bias + values, values])

    def update(self, values, parameters, trial):
        return values + np.where(trial.reward > 0, np.log(-trial.reward), 0)


@needs_extra
@pytest.mark.filterwarnings("error::RuntimeWarning")
def test_whoever_has_no_finite_likelihood_is_flagged_and_the_others_are_sampled():
    table = coins().iloc[:5 * TOSSES].assign(reward=lambda t: ((t["subject"] == "2") & (t["trial"] == 3)).astype(int))
    result = fit(Explodes(), table, "nuts", sampling=Sampling(n_chains=2, n_draws=60, n_tune=60))
    assert "not finite" in result.flags["2"] and result.parameters["bias"].isna().tolist() == [False, False, True, False, False]
    assert list(result.posterior.posterior["subject"].to_numpy()) == ["0", "1", "3", "4"]
    assert psis_loo(result, table)["log_likelihood"].isna().sum() == TOSSES


@needs_extra
def test_progress_is_told_and_a_broken_density_ends_the_chains():
    told = []
    brief = Sampling(n_chains=3, n_draws=50, n_tune=50)
    sample(lambda x: (-0.5 * (x**2).sum(axis=1), -x), lambda rng: rng.standard_normal(2), 2, brief, seed=0,
           listener=lambda *now: told.append(now))
    assert told[-1] == (300, 300) and [done for done, _ in told] == list(range(1, 301))
    left = iter(range(40))

    def broken(x):
        if next(left, None) is None:
            raise UserError("the model does not like this")
        return -0.5 * (x**2).sum(axis=1), -x

    with pytest.raises(UserError, match="does not like this"):
        sample(broken, lambda rng: rng.standard_normal(2), 2, brief, seed=0)


@needs_extra
def test_what_is_wrong_with_draws_is_told_in_words():
    import arviz

    rng = np.random.default_rng(0)
    group = rng.standard_normal((2, 200, 2))
    group[1, :, 1] += 3  # one chain elsewhere
    names = {"group_mean": ["parameter"], "group_sd": ["parameter"], "group_correlation": ["parameter", "parameter_2"],
             "group_coefficient": ["term", "parameter"], "rate": ["subject"], "noise": ["subject"]}
    posterior = {"group_mean": group, "group_sd": np.exp(rng.standard_normal((2, 200, 2))), "group_coefficient": group[:, :, None],
                 "group_correlation": np.broadcast_to(np.eye(2), (2, 200, 2, 2)), "rate": rng.random((2, 200, 3)),
                 "noise": rng.random((2, 200, 3))}
    diverging = np.zeros((2, 200), bool)
    diverging[0, :7] = True
    idata = arviz.from_dict(posterior, sample_stats={"diverging": diverging, "maxdepth_reached": ~diverging & False}, dims=names,
                            coords={"parameter": ["rate", "noise"], "parameter_2": ["rate", "noise"], "term": ["Intercept"]})
    words = diagnose(idata, group_table(idata), 0.8)
    assert "7 of 400 draws diverged" in words[0] and "target_accept (0.8) to 0.95" in words[0]
    assert "group's mean of noise" in words[1] and "twice as long" in words[1]
    assert "effective sample size of the group's mean of noise" in words[2]


@needs_extra
def test_the_command_writes_draws_and_what_is_known_of_the_group(tmp_path):
    coins().to_csv(tmp_path / "coins.csv", index=False)
    run = CliRunner().invoke(app, ["bandit/random", str(tmp_path / "coins.csv"), "--method", "nuts", "--chains", "2", "--draws", "60",
                                   "--tune", "60", "--starts", "2", "--out", str(tmp_path / "fit")])
    assert {"group.csv", "coefficients.csv", "posterior.nc", "parameters.csv"} <= {p.name for p in (tmp_path / "fit").iterdir()}
    assert set(pd.read_csv(tmp_path / "fit" / "group.csv")["quantity"]) == {"mean", "sd"}
    assert run.exit_code == 0 and "group.csv, posterior.nc" in run.output
    trials = pd.read_csv(tmp_path / "fit" / "trial_log_likelihood.csv")
    assert trials["left_out"].mean() < trials["log_likelihood"].mean() and trials["pareto_k"].notna().sum() == N * TOSSES


@pytest.mark.skipif(INSTALLED, reason="the extra bayes is installed")
def test_without_the_extra_one_line_says_what_to_install():
    with pytest.raises(UserError, match=r'pip install "cogmeta\[bayes\]"'):
        fit("bandit/random", coins(), "nuts")


def test_wrong_settings_are_refused_with_what_is_right():
    with pytest.raises(UserError, match="n_chains must be an integer >= 2, got 1"):
        Sampling(n_chains=1)
    with pytest.raises(UserError, match="between 0.5 and 1, got 1.5"):
        Sampling(target_accept=1.5)
    with pytest.raises(UserError, match="sampling is for method='nuts'"):
        fit("bandit/random", coins(), "em", sampling=SHORT)
    alone = SimpleNamespace(posterior=None, method="map")
    with pytest.raises(UserError, match="needs the draws of a fit by 'nuts'; this one is by 'map'"):
        psis_loo(alone, coins())
