"""Rewards on another scale: a fit to points is the fit to rewards between 0 and 1, in other units."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import UserError
from cogmeta.fitting import Fit, fit, log_likelihood
from cogmeta.models import inverse_temperature, make_model, rate, stickiness
from cogmeta.models.bandit import BanditModel, RescorlaWagner
from cogmeta.models.two_step import ModelFree
from cogmeta.simulate import simulate
from tasks.registry import make_task


@pytest.fixture(scope="module")
def trials():
    agent = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.3, "inverse_temperature": 4.0})
    return simulate(agent, make_task("bandit/medium", n_trials=60), n_episodes=4, seed=2).to_trials()


@pytest.mark.parametrize(("low", "high"), [(0, 100), (-1, 1), (20, 520)])
@pytest.mark.parametrize("method", ["map", "mle", "em"])
def test_points_are_fitted_as_rewards_between_0_and_1_are(trials, low, high, method):
    points = trials.assign(reward=low + (high - low) * trials["reward"])
    one = fit("bandit/rescorla_wagner", trials, method, n_starts=3)
    other = fit("bandit/rescorla_wagner", points, method, n_starts=3, reward_range=(low, high))
    # the same search in shifted coordinates, but for rounding, which a search can magnify up to its tolerance of 1e-3
    np.testing.assert_allclose(other.log_likelihood, one.log_likelihood, atol=2e-3)
    scaled = other.parameters["inverse_temperature"] * (high - low)
    np.testing.assert_allclose(scaled, one.parameters["inverse_temperature"], rtol=0.02)
    np.testing.assert_allclose(other.parameters["learning_rate"], one.parameters["learning_rate"], atol=0.02)


def test_values_start_and_wins_begin_in_the_middle_of_the_rewards():
    model = make_model("bandit/rescorla_wagner", reward_range=(0, 100))
    assert (model.initial_values((3,), None) == 50).all()
    assert (make_model("bandit/rescorla_wagner", initial_value=2.0).initial_values((3,), None) == 2).all()
    rows = pd.DataFrame({"subject": "s", "trial": [0, 1, 2], "choice": [0, 0, 1], "reward": [60, 40, 0]})
    player = make_model("bandit/win_stay_lose_shift", reward_range=(0, 100)), {"noise": 0.1}
    # after 60 points it stays with .95, after 40 it shifts with .95
    np.testing.assert_allclose(log_likelihood(player, rows), np.log([0.5, 0.95, 0.95]))


def test_a_fit_keeps_the_range_that_it_was_told(trials, tmp_path):
    points = trials.assign(reward=100 * trials["reward"])
    result = fit("bandit/rescorla_wagner", points, reward_range=(0, 100))
    result.save(tmp_path)
    again = Fit.load(tmp_path)
    assert again.model == result.model and again.model.reward_middle == 50
    np.testing.assert_allclose(log_likelihood(again, points).sum(), result.log_likelihood.sum())
    same = fit(make_model("bandit/rescorla_wagner", reward_range=(0, 100)), points)
    pd.testing.assert_frame_equal(same.table, result.table)


def test_a_task_tells_its_models_the_range_of_rewards():
    task = make_task("two_step/wang2018_fixation", invalid_penalty=3.0)
    assert make_model("two_step/hybrid").for_task(task).reward_range == (-3.0, 1.0)
    assert make_model("bandit/choice_kernel").for_task(make_task("bandit/easy")).reward_range == (0.0, 1.0)


def test_only_parameters_with_a_unit_are_scaled():
    model = make_model("bandit/rescorla_wagner_choice_kernel", reward_range=(0, 10))
    wide = {p.name: p for p in model.scaled_parameters}
    assert wide["inverse_temperature"].plausible == pytest.approx((0.05, 1.0))
    assert wide["inverse_temperature"].prior.scale == pytest.approx(0.5)
    assert wide["inverse_temperature"].to_natural(7.0) == pytest.approx(np.exp(7) / 10), "the search ends tenfold lower"
    assert wide["choice_inverse_temperature"].plausible == (0.5, 10.0)
    inside, outside = (ModelFree(perseveration=convention, reward_range=(0, 9)).scaled_parameters[-1]
                       for convention in ("inside", "outside"))
    assert inside.plausible == (-4.5, 9.0) and inside.prior.sd == 9 and outside.plausible == (-0.5, 1.0)
    with pytest.raises(UserError, match="unit"):
        stickiness("perseveration", "p", unit="points")


def test_an_infinite_range_has_the_middle_0_and_the_width_1():
    model = make_model("bandit/rescorla_wagner", reward_range=(-np.inf, np.inf))
    assert (model.reward_middle, model.reward_width) == (0.0, 1.0)


@pytest.mark.parametrize(("call", "message"), [
    (lambda t: make_model("bandit/rescorla_wagner", reward_range=(1, 0)), "smallest and the largest"),
    (lambda t: make_model("bandit/rescorla_wagner", reward_range=100), "smallest and the largest"),
    (lambda t: fit("bandit/rescorla_wagner", t.assign(reward=50 * t["reward"])), r"reward_range=\(low, high\)"),
    (lambda t: log_likelihood((make_model("bandit/rescorla_wagner"),
                               {"learning_rate": 0.3, "inverse_temperature": 1}), t.assign(reward=50 * t["reward"])),
     r"reward_range=\(low, high\)"),
])
def test_rewards_out_of_range_are_never_scored_in_silence(call, message, trials):
    with pytest.raises(UserError, match=message):
        call(trials)


@dataclass(frozen=True)
class Explodes(RescorlaWagner):
    """Has no likelihood after a reward."""

    def update(self, values, parameters, trial):
        return super().update(values, parameters, trial) + np.where(trial.reward > 0, np.log(-trial.reward), 0)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("method", ["map", "em"])
def test_a_likelihood_that_is_not_finite_is_flagged_or_refused_and_never_a_warning(method):
    rewards = {"poor": [0, 0, 0, 0, 0], "poor too": [0, 0, 0, 0, 0], "rich": [0, 1, 0, 0, 0]}
    table = pd.concat([pd.DataFrame({"subject": s, "trial": range(5), "choice": [0, 1, 1, 0, 1], "reward": r})
                       for s, r in rewards.items()])
    result = fit(Explodes(), table, method)
    assert not any("not finite" in flag for flag in result.flags.drop("rich"))
    assert "not finite" in result.flags["rich"]
    assert result.parameters.iloc[2, 1:].isna().all() and not result.parameters.iloc[:2].isna().any().any()
    rich = table[table["subject"] == "rich"]
    with pytest.raises(UserError, match="not finite at any of the starts"):
        fit(Explodes(), pd.concat([rich, rich.assign(subject="rich too")]), method)


def test_a_model_without_a_reward_range_of_its_own_is_fitted_to_points_too(trials):
    class Plain(BanditModel):
        name = "plain"
        parameters = (rate("learning_rate", "α"), inverse_temperature(unit=""))
        initial_values = RescorlaWagner.initial_values
        initial_value = 0.0
        policy, update = RescorlaWagner.policy, RescorlaWagner.update

    result = fit(Plain(), trials.assign(reward=2 * trials["reward"]), reward_range=(0, 2))
    assert np.isfinite(result.log_likelihood).all()


@pytest.mark.parametrize("method", ["map", "em"])
def test_a_fit_with_perseveration_in_units_of_value_is_the_same_in_points(method):
    model = make_model("bandit/rescorla_wagner_perseveration")
    parameters = {"learning_rate": 0.4, "inverse_temperature": 4.0, "perseveration": 0.3}
    task = make_task("bandit/medium", n_trials=80)
    trials = simulate(model.agent(parameters), task, n_episodes=6, seed=3).to_trials()
    points = trials.assign(reward=1000 * trials["reward"])
    one, other = fit(model, trials, method, n_starts=3), fit(model, points, method, n_starts=3, reward_range=(0, 1000))
    # the same search in the same coordinates; what is left is rounding
    np.testing.assert_allclose(other.log_likelihood, one.log_likelihood, atol=1e-6)
    np.testing.assert_allclose(other.parameters["perseveration"], 1000 * one.parameters["perseveration"], rtol=1e-4)
    np.testing.assert_allclose(other.standard_errors["perseveration"], 1000 * one.standard_errors["perseveration"],
                               rtol=1e-4)
    assert other.flags.to_dict() == one.flags.to_dict()
