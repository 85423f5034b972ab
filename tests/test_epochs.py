"""An epoch is a bag of episodes in a row: what an agent hears at each start, and what stops there."""

import numpy as np
import pytest

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.agents import LSTMActorCritic
from cogmeta.check import check_agent, check_task
from cogmeta.errors import UserError
from cogmeta.families import BANDIT
from cogmeta.gym import TaskEnv
from cogmeta.simulate import replay, simulate
from cogmeta.task import TaskSpec
from cogmeta.training import A2C, train
from cogmeta.training.collect import Collector
from tasks.barcode import BarcodeBandit

TASK = BarcodeBandit(n_arms=3, n_contexts=2, n_exposures=3, n_trials=4)
STARTS = np.arange(0, 24, 4)


class Scribe(Agent):
    """Counts its steps since the state was fresh, and writes down what it is told between episodes."""

    name = "scribe"

    def initial_state(self, n_episodes):
        return {"steps": 0, "told": []}

    def next_episode(self, state, action, reward):
        return {"steps": 0, "told": [*state["told"], (action.copy(), reward.copy())]}

    def step(self, observation, previous_action, previous_reward, state):
        n = len(previous_action)
        logits = np.full((n, 3), float(state["steps"]))
        self.last = {"steps": state["steps"] + 1, "told": state["told"]}
        return logits, np.full(n, np.nan), self.last


def collector(unroll, n_epochs=3):
    network = LSTMActorCritic.for_task(TASK, n_units=5)
    return Collector(network, TASK, n_epochs, unroll, np.random.default_rng(0), np.random.default_rng(1))


def test_an_agent_starts_every_episode_of_an_epoch_afresh():
    rollout = simulate(Scribe(), TASK, n_episodes=2)
    assert rollout.logits[:, 0, 0].tolist() == [0, 1, 2, 3] * 6
    assert replay(Scribe(), rollout).logits[:, 0, 0].tolist() == [0, 1, 2, 3] * 6


def test_between_episodes_an_agent_is_told_the_last_action_and_its_reward():
    scribe = Scribe()
    rollout = simulate(scribe, TASK, n_episodes=2)
    for k, (action, reward) in enumerate(scribe.last["told"], start=1):
        assert np.array_equal(action, rollout.action[4 * k - 1]) and np.array_equal(reward, rollout.reward[4 * k - 1])


def test_no_action_and_no_reward_come_before_an_episodes_first_step():
    rollout = simulate(Scribe(), TASK, n_episodes=2)
    assert np.flatnonzero((rollout.previous_action == NO_ACTION).any(axis=1)).tolist() == STARTS.tolist()
    assert not rollout.previous_reward[STARTS].any() and (rollout.previous_reward[1:] != 0).any()
    inside = np.setdiff1d(np.arange(24), STARTS)
    assert np.array_equal(rollout.previous_action[inside], rollout.action[inside - 1])


def test_no_value_leaks_over_an_episodes_end():
    network = LSTMActorCritic.for_task(TASK, n_units=5)
    rollout = simulate(network, TASK, n_episodes=2)
    last = STARTS + 3
    error = rollout.reward_prediction_error(0.9)
    assert np.allclose(error[last], rollout.reward[last] - rollout.value[last])
    assert np.allclose(error[1], rollout.reward[1] + 0.9 * rollout.value[2] - rollout.value[1])


def test_a_longer_table_of_a_task_without_epochs_is_one_episode():
    spec = TaskSpec("x", BANDIT, 1, 2, 10, 10, (0.0, 1.0), "made for tests")
    assert spec.starts_episode(0) and not spec.starts_episode(np.arange(1, 40)).any()


@pytest.mark.parametrize("unroll", [2, 4])
def test_training_stops_discounting_at_every_episodes_end(unroll):
    one = collector(unroll)
    ends = [one.collect().done[-1] for _ in range(24 // unroll)]
    assert np.array_equal(np.array(ends).all(axis=1), [(k + 1) * unroll % 4 == 0 for k in range(24 // unroll)])


def test_a_network_hears_in_training_what_it_hears_in_simulation():
    """The tape of a whole epoch is the step-by-step agent's replay of it."""
    one = collector(4)
    values, inputs, actions, rewards = [], [], [], []
    for _ in range(6):
        batch = one.collect()
        values.append(batch.value[:-1].copy())
        inputs.append(one.inputs[:-1].copy())
        actions.append(batch.action.copy())
        rewards.append(batch.reward.copy())
    network = LSTMActorCritic.for_task(TASK, n_units=5)
    seen = np.concatenate(inputs).transpose(0, 2, 1)
    action, reward, value = np.concatenate(actions), np.concatenate(rewards), np.concatenate(values)
    state = network.initial_state(3)
    for t in range(24):
        start = t % 4 == 0
        state = network.next_episode(state, action[t - 1], reward[t - 1]) if start and t else state
        heard = (np.full(3, NO_ACTION), np.zeros(3)) if start else (action[t - 1], reward[t - 1])
        _, v, state = network.step(seen[t, :, :11], *heard, state)
        assert np.allclose(v, value[t], atol=1e-5) and np.array_equal(seen[t, :, -1], heard[1])


def test_epochs_are_trained_whole_and_unrolls_divide_episodes():
    network = LSTMActorCritic.for_task(TASK, n_units=4)
    records = []
    train(network, TASK, A2C(n_steps=100, n_episodes=3), listeners=[records.append])
    assert records[-1].steps == 144 and len(records) == 12  # two epochs of 6 episodes of 4 steps by 3
    with pytest.raises(UserError, match="unroll=8 must divide the 4 steps"):
        train(network, TASK, A2C(n_steps=100, unroll=8))


def test_a_gymnasium_agent_hears_nothing_at_the_start_of_an_episode():
    env = TaskEnv(TASK, hears=True)
    env.reset(seed=0)
    heard = [env.step(0)[0][-4:] for _ in range(23)]
    assert [k + 1 for k, h in enumerate(heard) if not h.any()] == STARTS[1:].tolist()


def test_the_contract_holds_for_an_agent_that_carries_something_over():
    check_task(TASK)
    check_agent(Scribe(), TASK)
    check_agent(LSTMActorCritic.for_task(TASK, n_units=4), TASK)
