"""Four drifting arms (Daw et al. 2006), and the Kalman filter that follows them."""

import numpy as np
import pytest
from scipy import integrate, stats

from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.kalman import Belief, GaussianArms, KalmanGreedy, KalmanHybrid, KalmanUCB, best_gaussian_probability
from tasks.players import players
from tasks.registry import make_task

TASK = make_task("bandit/restless4")


@pytest.fixture(scope="module")
def played():
    return simulate(RandomAgent(TASK), TASK, 400, seed=1)


def test_means_take_the_published_walk(played):
    points = played.hidden["mean_reward"] * 100
    step = points[1:] - (0.9836 * points[:-1] + (1 - 0.9836) * 50)
    assert abs(step.std() / 2.8 - 1) < 4 / np.sqrt(2 * step.size)  # standard error of a standard deviation
    assert abs(step.mean()) < 4 * 2.8 / np.sqrt(step.size)
    correlation = np.corrcoef(step.reshape(-1, 4).T)[np.triu_indices(4, 1)]
    assert (np.abs(correlation) < 4 / np.sqrt(step.size / 4)).all()


def test_means_are_as_widely_spread_at_the_start_as_in_the_long_run(played):
    points = played.hidden["mean_reward"] * 100
    expected = 2.8 / np.sqrt(1 - 0.9836**2)  # 15.5 points
    for trial in (0, -1):
        assert abs(points[trial].std() / expected - 1) < 4 / np.sqrt(2 * 1600)


def test_payoffs_are_whole_points_from_1_to_100_about_the_mean(played):
    points = played.reward * 100
    assert np.allclose(points, np.rint(points)) and points.min() >= 1 and points.max() <= 100
    mean = np.take_along_axis(played.hidden["mean_reward"], played.action[..., None], -1)[..., 0] * 100
    inside = np.abs(mean - 50) < 30  # at least five standard deviations from the ends
    noise = (points - mean)[inside]
    expected = np.sqrt(16 + 1 / 12)  # rounding adds a uniform error
    assert abs(noise.std() / expected - 1) < 4 / np.sqrt(2 * noise.size)


def test_points_themselves_can_be_asked_for():
    task = make_task("bandit/restless4", reward_scale=1.0)
    reward = simulate(players(task)["kalman-ucb"], task, 50, seed=1).reward
    scaled = simulate(players(TASK)["kalman-ucb"], TASK, 50, seed=1).reward
    assert np.allclose(reward / 100, scaled), "and the filter does the same in points"


def test_the_kalman_filter_is_calibrated():
    """Errors of its prediction, in its own standard deviations, are standard normal (rounding aside)."""
    agent = KalmanUCB(TASK, TASK.known_arms())
    rollout = simulate(agent, TASK, 300, seed=2, record=("mean", "variance"))
    chosen = rollout.action[..., None]
    mean, variance = (np.take_along_axis(rollout.activity[name], chosen, -1)[..., 0] for name in ("mean", "variance"))
    score = (rollout.reward - mean) / np.sqrt(variance + TASK.known_arms().noise_variance[0])
    inside = np.abs(mean - 0.5) < 0.3  # where the ends of the scale do not matter
    assert abs(score[inside].std() - 1) < 0.01  # 4 standard errors, .009, and what rounding adds, .003
    assert abs(score[inside].mean()) < 4 / np.sqrt(inside.sum())


def test_a_filter_that_looks_at_uncertain_arms_earns_more_than_one_that_does_not():
    earned = {name: simulate(agent, TASK, 1000, seed=3).reward.sum(axis=0) for name, agent in players(TASK).items()
              if name != "kalman-thompson"}
    for less, more in [("random", "win-stay-lose-shift"), ("rescorla-wagner", "kalman-ucb"),
                       ("kalman-greedy", "kalman-ucb"), ("kalman-ucb", "oracle")]:
        gain = earned[more] - earned[less]
        assert gain.mean() > 4 * gain.std() / np.sqrt(1000), (less, more)


def test_one_reward_updates_the_belief_as_bayes_rule_does():
    """By hand: variance 4 and noise 12 give a gain of 1/4."""
    arms = GaussianArms((0.0, 1.0), (4.0, 9.0), (12.0, 12.0), drift_variance=2.0, decay=0.5, centre=10.0)
    agent = KalmanGreedy(TASK, arms)
    state = agent.learn(agent.initial_state(1), np.array([0]), np.array([8.0]))
    assert state.mean.tolist() == [[0.5 * 2 + 5, 0.5 * 1 + 5]]
    assert state.variance.tolist() == [[0.25 * 3 + 2, 0.25 * 9 + 2]]


def test_the_probability_to_be_the_best_is_that_of_adaptive_quadrature(rng):
    mean, deviation = rng.normal(0, 1, (5, 4)), rng.uniform(0.5, 2, (5, 4))
    ours = best_gaussian_probability(mean, deviation)
    assert np.allclose(ours.sum(axis=1), 1)
    for row in range(5):
        arms = [stats.norm(m, s) for m, s in zip(mean[row], deviation[row], strict=True)]
        for i, arm in enumerate(arms):
            others = arms[:i] + arms[i + 1:]
            expected, _ = integrate.quad(
                lambda x, arm=arm, others=others: arm.pdf(x) * np.prod([o.cdf(x) for o in others]), -15, 15)
            assert ours[row, i] == pytest.approx(expected, abs=1e-3)  # 60 nodes; smooth steps of .5 to 2 deviations


def test_choice_rules_are_the_published_probits():
    arms = GaussianArms((0.0, 0.0), (1.0, 1.0), (1.0, 1.0))
    belief = Belief(np.array([[3.0, 1.0]]), np.array([[9.0, 16.0]]), np.ones((1, 2)))  # V = 2, RU = -1, TU = 5
    hybrid = KalmanHybrid(TASK, arms, (0.5, 2.0, 1.0)).logits(belief)
    assert np.exp(hybrid[0, 0]) == pytest.approx(stats.norm.cdf(0.5 * 2 - 2 * 1 + 2 / 5))
    ucb = KalmanUCB(TASK, arms, bonus=1.5, noise=2.0).logits(belief)
    assert np.exp(ucb[0, 0]) == pytest.approx(stats.norm.cdf((2 - 1.5) / 2))


@pytest.mark.parametrize("settings", [{"decay": 1.0}, {"drift_sd": -1.0}, {"n_arms": 1}, {"reward_scale": 0.0}])
def test_settings_that_cannot_be_are_refused(settings):
    with pytest.raises(UserError):
        make_task("bandit/restless4", **settings)
