"""What is taken off rewards and advantages, and stretches of time: none of it changes what is sought."""

import numpy as np
import pytest
import torch

from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.training import A2C, train
from cogmeta.training import a2c
from cogmeta.training.a2c import centred, for_policy
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit

TASK = BernoulliBandit(n_arms=3, n_trials=6)


def batch_of(**settings):
    """Return one batch of an untrained network."""
    return Run(LSTMActorCritic.for_task(TASK, n_units=4), TASK, A2C(n_episodes=10, **settings), seed=0).collector.collect()


def test_an_offset_is_taken_off_what_is_learnt_from_and_not_off_what_is_heard():
    plain, offset = batch_of(), batch_of(reward_offset=0.6)
    assert np.array_equal(offset.reward, plain.reward) and set(plain.reward.ravel()) == {0.0, 1.0}
    assert np.array_equal(offset.tape.inputs.numpy(), plain.tape.inputs.numpy())
    assert np.allclose(plain.reward_prediction_error(0.9) - offset.reward_prediction_error(0.9), 0.6)


def test_with_an_offset_every_advantage_of_a_step_falls_by_the_same_so_that_none_is_left_once_steps_are_centred():
    plain, offset = (batch_of(**one).advantages(0.9, 0.8) for one in ({}, {"reward_offset": 0.6}))
    free = np.ones(plain.shape, bool)
    assert np.ptp(plain - offset, axis=1).max() < 1e-12
    assert (plain - offset).min() > 0.5
    assert np.allclose(centred(plain, free), centred(offset, free))


def test_the_offset_and_the_regret_go_together():
    regret, both = batch_of(regret_of="reward_probability"), batch_of(regret_of="reward_probability", reward_offset=-0.2)
    assert np.allclose(both.taught, regret.taught + 0.2)


def test_imposed_choices_do_not_count_in_the_mean_of_a_step():
    advantage, free = np.array([[1.0, 3.0, 100.0]]), np.array([[True, True, False]])
    assert for_policy(centred(advantage, free), free, normalise=False).tolist() == [[-1.0, 1.0, 0.0]]


def test_centring_leaves_the_expected_gradient_of_the_policy_as_it_is():
    """Exact over all choices of one step: what is the same for all choices weighs minus the gradient of a sum that is 1."""
    logits = torch.tensor([0.3, -0.2, 0.5], dtype=torch.float64)
    probability, worth = torch.softmax(logits, 0), torch.tensor([0.2, 0.7, 0.4], dtype=torch.float64)
    slope = torch.eye(3, dtype=torch.float64) - probability  # rows: gradient of log probability
    gradients = [(probability * (worth - offset)) @ slope for offset in (0.0, float(probability @ worth))]
    assert torch.allclose(*gradients)


@pytest.mark.parametrize("settings", [{}, {"centre_steps": True, "normalise_advantages": True}])
def test_the_length_of_the_stretches_does_not_change_a_byte(monkeypatch, settings):
    learner, weights = A2C(n_steps=600, n_episodes=20, **settings), []
    for cached in (1, 200, 2**30):  # one step, two or all steps at a time
        monkeypatch.setattr(a2c, "CACHED", cached)
        weights.append(train(LSTMActorCritic.for_task(TASK, n_units=4), TASK, learner, seed=0).fingerprint())
    assert len(set(weights)) == 1


def test_an_offset_far_from_any_reward_is_refused():
    with pytest.raises(UserError, match="reward_offset must lie in"):
        A2C(reward_offset=1e6)
