"""Gaussian arms: means and rewards vary as published, and the Kalman players explore as their formulas say."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from cogmeta.errors import TrialTableError, UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.kalman import KalmanThompson, KalmanUCB
from tasks.players import players
from tasks.registry import make_task


def played(name, n_episodes=4000, **settings):
    task = make_task(f"bandit/{name}", reward_scale=1.0, **settings)
    return task, simulate(RandomAgent(task), task, n_episodes, seed=1)


def spread_is(sample, variance):
    """Whether a sample's standard deviation lies within 4 standard errors of its expectation."""
    return abs(sample.std() / np.sqrt(variance) - 1) < 4 / np.sqrt(2 * sample.size)


@pytest.mark.parametrize(
    "name, means, noises", [("gaussian2018_1", (10, 0), (10, 0)), ("gaussian2018_2", (100, 100), (10, 10))]
)
def test_means_and_rewards_of_2018_have_the_published_variances(name, means, noises):
    _, rollout = played(name)
    mean = rollout.hidden["mean_reward"]
    assert (mean == mean[0]).all(), "means keep for an episode"
    for arm in (0, 1):
        error = (rollout.reward - mean[..., arm])[rollout.action == arm]
        for sample, variance in [(mean[0, :, arm], means[arm]), (error, noises[arm])]:
            assert spread_is(sample, variance) if variance else (sample == 0).all()


def test_the_first_arm_of_experiment_1_stands_against_a_certain_nothing():
    task, rollout = played("gaussian2018_1")
    assert (rollout.reward[rollout.action == 1] == 0).all()
    assert task.known_arms().variance == (10.0, 0.0)


def test_risky_and_safe_arms_of_2019_are_shown_and_vary_as_published():
    _, rollout = played("gaussian2019")
    risky = rollout.observation[..., 1:]
    assert (risky == risky[0]).all()
    pairs = np.bincount((2 * risky[0, :, 0] + risky[0, :, 1]).astype(int), minlength=4) / 4000
    assert (np.abs(pairs - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 4000)).all()
    mean = np.take_along_axis(rollout.hidden["mean_reward"], rollout.action[..., None], -1)[..., 0]
    taken = np.take_along_axis(risky, rollout.action[..., None], -1)[..., 0]
    for shown, variance in [(1, 16), (0, 1e-5)]:
        assert spread_is((rollout.reward - mean)[taken == shown], variance)


def test_what_is_shown_stands_in_the_table_and_is_asked_for():
    task, rollout = played("gaussian2019", 5)
    trials = rollout.to_trials()
    assert set(trials["risky_0"]) <= {0.0, 1.0}
    with pytest.raises(TrialTableError, match=r"lacks the columns \['risky_1'\]"):
        task.from_trials(trials.drop(columns="risky_1"))


def test_the_belief_is_the_posterior_of_conjugate_gaussians():
    """After n rewards of an arm: mean sum / (n + 10 / 100), variance 10 / (n + 10 / 100), in points."""
    task = make_task("bandit/gaussian2018_2", reward_scale=1.0)
    agent = KalmanUCB(task, task.known_arms())
    rollout = simulate(agent, task, 50, seed=3, record=("mean", "variance"))
    for arm in (0, 1):
        taken = rollout.action[:-1] == arm
        n, total = taken.sum(axis=0), (rollout.reward[:-1] * taken).sum(axis=0)
        assert np.allclose(rollout.activity["mean"][-1, :, arm], total / (n + 0.1))
        assert np.allclose(rollout.activity["variance"][-1, :, arm], 10 / (n + 0.1))


@pytest.mark.parametrize(
    "name, expected", [("gaussian2018_1", np.sqrt(10 / (2 * np.pi))), ("gaussian2018_2", 10 / np.sqrt(np.pi))]
)
def test_the_oracle_earns_the_mean_of_the_better_arm(name, expected):
    """E max(X, 0) = s / sqrt(2 pi), E max(X, Y) = s / sqrt(pi); ten trials of it, within 3 standard errors."""
    task = make_task(f"bandit/{name}", reward_scale=1.0)
    earned = simulate(players(task)["oracle"], task, 40_000, seed=4).reward.sum(axis=0)
    assert abs(earned.mean() - 10 * expected) < 3 * earned.std() / 200


@pytest.mark.parametrize("name", ["gaussian2018_1", "gaussian2018_2", "gaussian2019"])
def test_who_looks_at_uncertain_arms_earns_most(name):
    task = make_task(f"bandit/{name}")
    earned = {player: simulate(agent, task, 4000, seed=5).reward.sum(axis=0) for player, agent in players(task).items()}
    for less, more in [("random", "win-stay-lose-shift"), ("win-stay-lose-shift", "kalman-thompson"),
                       ("kalman-greedy", "kalman-ucb"), ("kalman-ucb", "oracle")]:
        gain = earned[more] - earned[less]
        assert gain.mean() > 2 * gain.std() / np.sqrt(4000), (less, more)


def probit(agent, task, risky):
    """Return intercept and slope a point of a probit of arm 0 on the filter's V, in episodes of one condition."""
    rollout = simulate(agent, task, 4000, seed=6, record=("mean",))
    value = rollout.activity["mean"][..., 0] - rollout.activity["mean"][..., 1]
    here = (rollout.observation[..., 1:] == risky).all(axis=-1)
    fitted = sm.Probit(rollout.action[here] == 0, sm.add_constant(value[here])).fit(disp=0)
    return fitted.params, fitted.bse


def test_a_bonus_for_uncertainty_shifts_the_intercept_toward_the_risky_arm():
    """Gershman 2019: people's intercept is .22 higher in risky-safe than in safe-risky pairs."""
    task = make_task("bandit/gaussian2019", reward_scale=1.0)
    agent = KalmanUCB(task, task.known_arms(), bonus=1.0, noise=4.0)
    (towards, error), (away, _) = probit(agent, task, (1, 0)), probit(agent, task, (0, 1))
    assert towards[0] - away[0] > 4 * np.sqrt(2) * error[0]


def test_thompson_chooses_more_randomly_where_both_arms_are_risky():
    """Gershman 2019: the slope falls with total uncertainty, which is random exploration (people: .76 to .56)."""
    task = make_task("bandit/gaussian2019", reward_scale=1.0)
    agent = KalmanThompson(task, task.known_arms())
    (safe, error), (risky, other) = probit(agent, task, (0, 0)), probit(agent, task, (1, 1))
    assert safe[1] - risky[1] > 4 * np.hypot(error[1], other[1])
    assert np.all(np.isfinite(pd.Series([*safe, *risky])))


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("gaussian2018_2", {"mean_variance": (1.0,)}, "two numbers each"),
        ("gaussian2018_2", {"noise_variance": (1.0, -1.0)}, "variances >= 0"),
        ("gaussian2019", {"reward_scale": 0.0}, "reward_scale must be > 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task(f"bandit/{name}", **settings)
