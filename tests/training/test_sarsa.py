"""Sarsa: hand-made targets, the exact values of a corridor as its fixed point, and gradients."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import A2C, Sarsa, train
from cogmeta.training.collect import Batch
from cogmeta.training.learner import Now
from cogmeta.training.losses import action_value_error, taken_values
from cogmeta.training.sarsa import targets
from tasks.presets import learner_for
from tests.training.tiny import Corridor


def batch(**changes):
    """Return a batch with all that ``targets`` reads: two episodes of three steps, the second ends after two."""
    done = np.array([[False, False], [False, True], [False, False]])
    return Batch(**{
        "tape": None, "action": None, "free": None, "reward": np.array([[1.0, 2.0], [0.0, 4.0], [3.0, 9.0]]), "done": done, "taught": None,
        "valid": np.array([[True, True], [True, True], [True, False]]), "value": np.full((4, 2), 8.0), **changes})


def now(discount, eligibility):
    return Now(discount, eligibility, 1e-3, 0.0)


def test_without_a_discount_the_target_is_the_reward_itself():
    found = targets(batch(), np.full((3, 2), 0.7), now(0.0, 0.9))
    assert np.allclose(found[:, 0], [1, 0, 3]) and np.allclose(found[:2, 1], [2, 4])


def test_one_step_targets_are_reward_and_the_value_of_the_next_action_and_of_the_critic_beyond_the_unroll():
    value = np.array([[1.0, 1.0], [2.0, 2.0], [4.0, 4.0]])
    found = targets(batch(), value, now(0.5, 0.0))
    assert np.allclose(found[:, 0], [1 + 0.5 * 2, 0.5 * 4, 3 + 0.5 * 8])
    assert np.allclose(found[:2, 1], [2 + 0.5 * 2, 4]), "nothing follows an episode's last step"


def test_with_full_eligibility_the_target_is_the_return():
    found = targets(batch(), np.array([[5.0, 1.0], [-2.0, 2.0], [4.0, 4.0]]), now(0.5, 1.0))
    assert np.allclose(found[:, 0], [1 + 0.25 * 3 + 0.125 * 8, 0.5 * 3 + 0.25 * 8, 3 + 0.5 * 8])
    assert np.allclose(found[:2, 1], [2 + 0.5 * 4, 4])


def test_who_is_told_the_regret_learns_from_it():
    assert np.allclose(targets(batch(taught=-np.ones((3, 2))), np.zeros((3, 2)), now(0.0, 0.0))[:, 0], -1)


def test_the_gradient_is_that_of_autograd():
    generator = torch.Generator().manual_seed(0)
    logits = torch.randn(4, 3, 5, generator=generator, dtype=torch.float64, requires_grad=True)
    action, target = torch.randint(3, (4, 5), generator=generator), torch.randn(4, 5, generator=generator, dtype=torch.float64)
    loss, gradient = action_value_error(logits, action, target, 2.5)
    (wanted,) = torch.autograd.grad(loss.sum(), logits)
    assert torch.allclose(gradient, wanted, atol=1e-12)  # rounding of double precision
    assert torch.allclose(taken_values(logits, action, 2.5) * 2.5, logits.gather(1, action[:, None])[:, 0])


def test_values_become_those_of_the_softmax_policy_itself():
    """A corridor of three places that pays .2, .9, .5 for action 1: values by dynamic programming, back from its end."""
    task, discount, inverse_temperature = Corridor(), 0.5, 2.0
    exact, after = np.zeros((3, 2)), 0.0
    for place in (2, 1, 0):
        exact[place] = np.array([0.0, task.pays[place]]) + discount * after
        after = softmax(inverse_temperature * exact[place]) @ exact[place]
    learner = Sarsa(n_steps=120_000, n_episodes=50, discount=discount, eligibility=0.5, step_size=(0.02, 0.0),
                    inverse_temperature=inverse_temperature)
    trained = train(LSTMActorCritic.for_task(task, n_units=8), task, learner, seed=0)
    learnt = simulate(trained, task, 400, seed=1).logits.mean(axis=1) / inverse_temperature
    assert np.allclose(learnt, exact, atol=0.05)  # a network of finite training, which also remembers what was drawn


def test_the_inverse_temperature_may_rise_over_training():
    learner = Sarsa(inverse_temperature=(3.0, 9.0), step_size=(4e-3, 0.0))
    assert learner.at(0.5).inverse_temperature == 6 and learner.at(0.5).step_size == 2e-3
    assert Sarsa(inverse_temperature=4.0).at(0.3).inverse_temperature == 4


def test_it_has_a_name_on_the_command_line_and_ranges():
    assert isinstance(learner_for("bandit/independent", "sarsa"), Sarsa) and not isinstance(Sarsa(), A2C)
    with pytest.raises(UserError, match="inverse_temperature must lie in"):
        Sarsa(inverse_temperature=(3.0, 0.0))
