"""The LSTM actor-critic as an agent."""

from dataclasses import replace

import numpy as np
import pytest
from small_tasks import small
import torch

from cogmeta.agents import LSTMActorCritic, LSTMConfig
from cogmeta.check import check_agent
from cogmeta.errors import UserError
from cogmeta.simulate import replay, simulate
from tasks.bandit import BernoulliBandit
from tasks.registry import task_names

TASK = BernoulliBandit(n_trials=20)


@pytest.mark.parametrize("name", task_names())
def test_an_lstm_keeps_the_contract_of_an_agent_on_every_task(name):
    task = small(name)
    check_agent(LSTMActorCritic.for_task(task, n_units=6, seed=1), task)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others():
    one, same, other = (LSTMActorCritic.for_task(TASK, seed=seed) for seed in (3, 3, 4))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


def test_making_an_agent_leaves_the_global_torch_generator_alone():
    before = torch.random.get_rng_state()
    LSTMActorCritic.for_task(TASK, seed=1)
    assert torch.equal(before, torch.random.get_rng_state())


def test_the_fingerprint_changes_with_any_weight():
    agent = LSTMActorCritic.for_task(TASK, n_units=4)
    for name, weight in agent.weights.items():
        before = agent.fingerprint()
        weight[-1, -1] += 1e-6
        assert agent.fingerprint() != before, name


def test_a_copy_does_not_share_its_weights():
    agent = LSTMActorCritic.for_task(TASK, n_units=4)
    agent.copy().weights["core"].zero_()
    assert agent.weights["core"].abs().max() > 0


def test_behaving_does_not_change_the_state_that_went_in():
    agent = LSTMActorCritic.for_task(TASK, n_units=4)
    state = agent.initial_state(2)
    before = [part.clone() for part in state]
    agent.step(np.ones((2, 1)), np.array([0, 1]), np.ones(2), state)
    assert all(torch.equal(a, b) for a, b in zip(before, state, strict=True))


def test_the_recurrent_blocks_are_orthogonal_and_the_forget_bias_is_one():
    agent = LSTMActorCritic.for_task(TASK, n_units=6)
    for gate in agent.weights["core"].chunk(4):
        block = gate[:, 4:-1]
        assert torch.allclose(block @ block.t(), torch.eye(6), atol=1e-6)  # float32 rounding
    assert agent.weights["core"][:, -1].view(4, 6)[:, 0].tolist() == [0, 1, 0, 0]


def test_input_weights_have_the_asked_for_standard_deviation():
    agent = LSTMActorCritic.for_task(TASK, n_units=500, input_sd=0.2)
    sd = agent.weights["core"][:, :4].std().item()
    assert abs(sd - 0.2) < 0.2 * 4 / np.sqrt(2 * 8000)  # four standard errors of a standard deviation of 8,000 draws


def test_the_memory_within_an_episode_matters_in_evaluation():
    """A public reproduction dropped the hidden state between the steps of an evaluation."""
    agent = LSTMActorCritic.for_task(TASK, seed=1)
    first, second = (simulate(agent, TASK, 1, seed) for seed in (1, 2))
    assert not np.array_equal(first.reward, second.reward)
    t = 1 + int(np.argmax((first.action != second.action) | (first.reward != second.reward)))
    assert np.array_equal(first.observation, second.observation)
    later = slice(t + 1, None)  # same observations, other histories
    assert not np.allclose(first.logits[later], second.logits[later])


def test_replaying_an_agents_own_choices_gives_back_its_logits_values_and_activity():
    agent = LSTMActorCritic.for_task(TASK, seed=1)
    rollout = simulate(agent, TASK, 5, seed=0, record=("hidden", "cell"))
    again = replay(agent, TASK.from_trials(rollout.to_trials()), record=("hidden", "cell"))
    for name in ("logits", "value"):
        assert np.allclose(getattr(rollout, name), getattr(again, name), atol=1e-5)  # the bar for replay
    assert np.allclose(rollout.activity["cell"], again.activity["cell"], atol=1e-5)


def test_episodes_do_not_see_each_other():
    agent, n = LSTMActorCritic.for_task(TASK, seed=1), 6
    state = agent.initial_state(n)
    observation, action, reward = np.zeros((n, 1)), np.array([0, 1] * 3), np.arange(n) / n
    together, _, _ = agent.step(observation, action, reward, state)
    alone, _, _ = agent.step(observation[2:3], action[2:3], reward[2:3], agent.initial_state(1))
    assert np.allclose(together[2], alone[0], atol=1e-6)  # float32 rounding of another matrix shape


@pytest.mark.parametrize(("wrong", "says"), [
    ({"n_units": 0}, "n_units must be an integer >= 1"),
    ({"n_units": 4.0}, "n_units must be an integer"),
    ({"n_actions": 1}, "n_actions must be an integer >= 2"),
    ({"input_sd": 0.0}, "input_sd is a standard deviation"),
    ({"recurrence": "ortogonal"}, "Did you mean 'orthogonal'"),
    ({"forget_bias": float("nan")}, "forget_bias must be a finite number"),
])
def test_a_configuration_that_cannot_be_says_so(wrong, says):
    with pytest.raises(UserError, match=says):
        replace(LSTMConfig(observation_size=1, n_actions=2), **wrong)


def test_weights_of_another_shape_are_refused():
    config = LSTMConfig(observation_size=1, n_actions=2, n_units=4)
    with pytest.raises(UserError, match=r"'core' must have shape \(20, 10\)"):
        LSTMActorCritic(replace(config, n_units=5), LSTMActorCritic(config).weights)
