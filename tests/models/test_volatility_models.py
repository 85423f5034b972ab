"""Learners of a changing world: what their filters must do, held against closed forms and against the world."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.special import expit

from cogmeta.models import make_model
from cogmeta.models.bandit_volatility import LARGEST
from cogmeta.models.parameter import one_set
from cogmeta.models.trial import Trial

FILTERS = {
    "bandit/hierarchical_gaussian_filter": {"volatility": -3.0, "inverse_temperature": 5.0},
    "bandit/volatile_kalman": {"volatility_rate": 0.2, "initial_volatility": 0.1, "noise": 1.0,
                               "inverse_temperature": 5.0},
}


def followed(name, wins, **changed):
    """Return what a filter knows after every outcome of arm 0; arm 1 is never chosen."""
    model, known = make_model(name), one_set(FILTERS[name] | changed)
    values, path = model.initial_values(wins.shape[1:], known), []
    for win in wins:
        chosen = np.stack([np.ones(win.shape), np.zeros(win.shape)])
        values = model.update(values, known, Trial(choice=chosen, reward=win.astype(float)))
        path.append(values)
    return SimpleNamespace(**{field: np.stack([getattr(v, field) for v in path]) for field in values._fields})


@pytest.mark.parametrize("name", FILTERS)
def test_a_filter_that_sees_a_steady_arm_comes_to_its_probability(name, rng):
    wins = rng.random((400, 2000)) < 0.8
    said = expit(followed(name, wins).mean[200:, 0]).mean(axis=0)
    # the filters follow noise, and the mean of a bent scale is not the bent mean: .05; 2,000 lanes leave < .002
    assert said.mean() == pytest.approx(0.8, abs=0.05)


def test_without_drift_the_gaussian_filter_learns_like_a_count(rng):
    wins = rng.random((500, 500)) < 0.7
    path = followed("bandit/hierarchical_gaussian_filter", wins, volatility=-50.0)
    exact = 1 / (1 + 500 * 0.21)  # prior precision 1, Fisher information p (1 - p) an outcome
    assert path.variance[-1, 0].mean() == pytest.approx(exact, rel=0.03)  # p moves while it is learnt
    assert (np.diff(path.variance[:, 0], axis=0) < 0).all()


@pytest.mark.parametrize("name", FILTERS)
def test_an_arm_out_of_sight_keeps_its_mean_and_becomes_uncertain(name, rng):
    path = followed(name, rng.random((50, 3)) < 0.5)
    assert (path.mean[:, 1] == 0).all()
    step = np.diff(path.variance[:, 1], axis=0)
    drift = np.exp(-3.0) if name.endswith("gaussian_filter") else 0.1
    np.testing.assert_allclose(step, drift, rtol=1e-9)


def test_the_volatile_filter_learns_faster_in_the_volatile_half(rng):
    # Behrens et al. 2007 in the form of Wang et al. 2018: .75 throughout, then .8 / .2 that swap every 25 trials
    better = np.where(np.arange(200) // 25 % 2, 0.2, 0.8)
    probability = np.where(np.arange(400) < 200, 0.75, np.append(np.zeros(200), better))
    known = {"volatility_rate": 0.1, "initial_volatility": 0.1, "noise": 0.1}
    path = followed("bandit/volatile_kalman", rng.random((400, 2000)) < probability[:, None], **known)
    rate = np.sqrt(path.variance[:, 0] + path.volatility[:, 0])
    stable, volatile = rate[100:200].mean(axis=0), rate[300:].mean(axis=0)
    # .43 and .45: binary outcomes tell little about volatility, but in hardly any sequence the other way
    assert (volatile > stable).mean() > 0.9
    difference = volatile - stable
    assert difference.mean() > 4 * difference.std() / np.sqrt(len(difference))


def test_the_gaussian_filter_s_drift_is_its_learning_rate(rng):
    wins = rng.random((100, 50)) < 0.5
    slow, fast = (followed("bandit/hierarchical_gaussian_filter", wins, volatility=w).variance[-1, 0] for w in (-6, -1))
    assert (fast > 3 * slow).all()


def test_the_volatile_filter_of_many_arms_stays_finite_however_long_one_is_out_of_sight(rng):
    model = make_model("bandit/volatile_kalman", n_arms=10)
    known = one_set({"volatility_rate": np.array([0.1, 0.6, 0.95]), "initial_volatility": 1.0, "noise": 0.3, "inverse_temperature": 5.0})
    values, largest = model.initial_values((3,), known), 0.0
    for _ in range(3000):
        chosen = np.tile(np.eye(10)[:, rng.integers(10)][:, None], 3)
        values = model.update(values, known, Trial(choice=chosen, reward=rng.integers(2, size=3).astype(float)))
        largest = max(largest, float(values.volatility.max()))
        assert all(np.isfinite(part).all() for part in values)
    assert largest == LARGEST, "else nothing was put to the test"
    assert np.isfinite(model.policy(values, known)).all()
