"""Learners that claim to be Bayesian beside Bayes' rule itself, done by brute force."""

import itertools

import numpy as np
import pytest
from scipy.special import expit
from scipy.stats import norm

from cogmeta.models import make_model
from cogmeta.models.parameter import one_set
from cogmeta.models.trial import Trial


def followed(model, parameters, choices, rewards):
    """Return what a learner knows before every trial and after the last."""
    known = one_set(parameters)
    values = model.initial_values((), known)
    path = [values]
    for choice, reward in zip(choices, rewards):
        values = model.update(values, known, Trial(choice=np.eye(2)[choice], reward=np.asarray(float(reward))))
        path.append(values)
    return path, known


def test_the_kalman_filter_is_the_posterior_of_all_rewards_at_once(rng):
    drift, noise, prior = 2.0, 10.0, 100.0
    model = make_model("bandit/kalman_softmax", initial_value=0.0, initial_variance=prior, noise_variance=noise, diffusion_variance=drift,
                       reward_range=(-50, 50))
    choices, rewards = rng.integers(2, size=12), rng.normal(0, 8, 12)
    path, _ = followed(model, {"inverse_temperature": 1.0}, choices, rewards)
    times = np.arange(13)
    walk = prior + drift * np.minimum(times[:, None], times)  # covariance of an arm's mean at every two times
    for arm in range(2):
        seen = np.flatnonzero(choices == arm)
        for now in (5, 9, 12):
            told = seen[seen < now]
            gain = walk[now, told] @ np.linalg.inv(walk[np.ix_(told, told)] + noise * np.eye(len(told)))
            assert path[now].mean[arm] == pytest.approx(gain @ rewards[told])
            assert path[now].variance[arm] == pytest.approx(walk[now, now] - gain @ walk[told, now])


@pytest.mark.parametrize("volatility", [-4.0, -2.0, -1.0])
def test_the_gaussian_filter_is_near_the_exact_filter_of_a_drifting_chance(volatility, rng):
    grid = np.linspace(-12, 12, 1201)
    step = norm.pdf(grid[:, None] - grid, scale=np.exp(volatility / 2)) * (grid[1] - grid[0])
    model = make_model("bandit/hierarchical_gaussian_filter")
    log_odds = np.cumsum(np.append(0.5, rng.normal(0, np.exp(volatility / 2), 199)))
    wins = rng.random(200) < expit(log_odds)
    path, _ = followed(model, {"volatility": volatility, "inverse_temperature": 1.0}, np.zeros(200, int), wins)
    belief, exact = norm.pdf(grid, 0, np.sqrt(model.initial_variance)), []
    for win in wins:
        belief = step @ (belief / belief.sum())
        exact.append((belief * expit(grid)).sum() / belief.sum())
        belief = belief * (expit(grid) if win else expit(-grid))
    said = expit(np.array([values.mean[0] for values in path[:-1]]))
    # the filter takes the mode for the mean and one Newton step for the mode: nearer to 0 and 1 than the exact chance, by the more the
    # wider the belief, yet it goes where the exact one goes
    assert np.corrcoef(said, exact)[0, 1] > 0.98
    assert np.abs(said - exact).mean() < 0.05


def test_the_hidden_state_learner_sums_over_all_histories_of_the_good_arm(rng):
    model = make_model("bandit/hidden_state")
    parameters = {"reversal_hazard": 0.15, "good_probability": 0.8, "inverse_temperature": 3.0}
    choices, rewards = rng.integers(2, size=9), rng.integers(2, size=9)
    path, known = followed(model, parameters, choices, rewards)
    for now in range(1, 10):
        weight = np.zeros(2)
        for good in itertools.product(range(2), repeat=now + 1):
            chance = 0.5
            for t in range(now):
                pays = 0.8 if good[t] == choices[t] else 0.2
                chance *= (pays if rewards[t] else 1 - pays) * (0.15 if good[t + 1] != good[t] else 0.85)
            weight[good[-1]] += chance
        logits = model.policy(path[now], known)
        believed = weight / weight.sum()
        assert logits[0] - logits[1] == pytest.approx(3.0 * (believed[0] - believed[1]))
