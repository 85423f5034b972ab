"""Returns and advantages: numbers that one can do in the head, and plain sums."""

import numpy as np

from cogmeta.training.returns import (
    discounted_returns,
    discounts,
    generalised_advantages,
    reward_prediction_errors,
)


def column(*numbers):
    """One episode."""
    return np.array(numbers, float)[:, None]


def test_a_return_is_the_discounted_sum_of_what_follows():
    got = discounted_returns(column(1, 0, 4), column(0.5, 0.5, 0.5), np.array([8.0]))
    assert got.ravel().tolist() == [3.0, 4.0, 8.0]  # 4 + .5 * 8 = 8; .5 * 8 = 4; 1 + .5 * 4 = 3


def test_nothing_beyond_an_episodes_end_counts():
    discount = discounts(np.array([[False], [True], [False]]), 0.5)
    got = discounted_returns(column(1, 2, 4), discount, np.array([100.0]))
    assert got.ravel().tolist() == [2.0, 2.0, 54.0]


def test_a_reward_prediction_error_by_hand():
    error = reward_prediction_errors(column(1, 0), column(0.9, 0.0), column(0.5, 2.0), column(2.0, 7.0))
    assert np.allclose(error.ravel(), [1 + 0.9 * 2 - 0.5, -2.0])


def test_a_larger_discount_makes_a_future_reward_worth_more():
    """A public reproduction had the sign of the discount flipped."""
    reward, none = column(0, 0, 1), np.zeros(1)
    values = [discounted_returns(reward, column(d, d, d), none)[0, 0] for d in (0.0, 0.5, 0.9, 1.0)]
    assert np.allclose(values, [0.0, 0.25, 0.81, 1.0])


def test_advantages_without_eligibility_are_the_errors_themselves(rng):
    error, discount = rng.normal(size=(6, 3)), np.full((6, 3), 0.9)
    assert np.array_equal(generalised_advantages(error, discount, 0.0), error)


def test_advantages_with_full_eligibility_are_returns_less_values(rng):
    reward, value = rng.normal(size=(6, 3)), rng.normal(size=(7, 3))
    discount = discounts(rng.random((6, 3)) < 0.3, 0.9)
    error = reward_prediction_errors(reward, discount, value[:-1], value[1:])
    wanted = discounted_returns(reward, discount, value[-1]) - value[:-1]
    assert np.allclose(generalised_advantages(error, discount, 1.0), wanted)


def test_advantages_are_the_geometric_sum_of_errors(rng):
    error, d, e = rng.normal(size=(5, 2)), 0.8, 0.7
    plain = [[sum((d * e) ** (k - t) * error[k, b] for k in range(t, 5)) for b in range(2)] for t in range(5)]
    assert np.allclose(generalised_advantages(error, np.full((5, 2), d), e), plain)
