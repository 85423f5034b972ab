"""Learning from minus the regret: the same objective as reward, with less chance in it."""

import numpy as np
import pytest

from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.training import A2C, Imitation, train
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit
from tasks.mdp import RandomMDP
from tasks.players import player


def batch_of(task, regret_of, n_episodes):
    """Return one batch of an untrained network, and the state of the task after it."""
    learner = A2C(n_episodes=n_episodes, regret_of=regret_of)
    collector = Run(LSTMActorCritic.for_task(task, n_units=4), task, learner, seed=0).collector
    return collector.collect(), collector.state


def test_in_a_process_the_optimum_and_what_is_learnt_from_add_up_to_the_reward_on_average():
    task = RandomMDP(n_states=4, n_actions=3, horizon=5, n_trials=15)
    batch, state = batch_of(task, "action_value", 2_000)
    missing = batch.reward.sum(axis=0) - 3 * state.processes.optimal_return - batch.taught.sum(axis=0)
    assert abs(missing.mean()) < 4 * missing.std() / np.sqrt(2_000)
    assert batch.taught.sum(axis=0).var() < batch.reward.sum(axis=0).var()  # what it is for
    assert (batch.taught <= 0).all()


def test_in_a_bandit_it_is_what_the_arm_pays_less_than_the_best():
    task = BernoulliBandit(n_arms=3, n_trials=6, reward_probability=(0.2, 0.9, 0.5))
    batch, _ = batch_of(task, "reward_probability", 10)
    assert np.allclose(batch.taught, np.array([-0.7, 0.0, -0.4])[batch.action])
    assert np.allclose(batch.reward_prediction_error(0.0), batch.taught - batch.value[:-1])


def test_a_network_learns_from_it():
    task = BernoulliBandit(arms="easy", n_trials=10)
    learner = A2C(n_steps=60_000, n_episodes=50, step_size=0.02, regret_of="reward_probability")
    records = []
    train(LSTMActorCritic.for_task(task, n_units=8), task, learner, seed=0, listeners=[records.append])
    assert records[0].reward_per_trial < 0.6 < 0.7 < np.mean([r.reward_per_trial for r in records[-10:]])


def test_a_task_that_hides_no_such_thing_says_so():
    with pytest.raises(UserError, match="Did you mean 'reward_probability'"):
        batch_of(BernoulliBandit(), "reward_probabilities", 2)


def test_an_imitator_has_no_regret():
    with pytest.raises(UserError, match="leave regret_of out"):
        Imitation(expert=player("gittins", BernoulliBandit()), regret_of="reward_probability")
