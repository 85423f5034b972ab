"""Actor and critic as two networks: apart from each other, joined by the reward prediction error, stimulated."""

import numpy as np
import pytest
import torch

from cogmeta.agents import ActorCriticPair, LSTMActorCritic, PairConfig, StackedConfig, StimulatedPair
from cogmeta.check import check_agent
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import A2C, PPO, train
from cogmeta.training.collect import Collector
from tasks.bandit import BernoulliBandit

TASK = BernoulliBandit(n_trials=12)


def pair(policy_input="reward", discount=0.9, **options):
    """Return an untrained pair with a lively value network."""
    agent = ActorCriticPair.for_task(TASK, n_units=6, seed=2, policy_input=policy_input, **options)
    agent.weights["value.readout"][-1] *= 3
    agent.discount = discount
    return agent


def test_told_the_reward_a_pair_is_two_networks_that_know_nothing_of_each_other(rng):
    agent = pair(value="gru")
    alone = {name: agent.part(name) for name in ("policy", "value")}
    states, state = {name: part.initial_state(3) for name, part in alone.items()}, agent.initial_state(3)
    action, reward = np.full(3, -1), np.zeros(3)
    for _ in range(5):
        observation, said = rng.random((3, 1)), {}
        for name, part in alone.items():
            *said[name], states[name] = part.step(observation, action, reward, states[name])
        logits, value, state = agent.step(observation, action, reward, state)
        assert np.array_equal(logits, said["policy"][0]) and np.array_equal(value, said["value"][1])
        action, reward = rng.integers(2, size=3), rng.random(3)


@pytest.mark.parametrize("policy_input", ["reward", "reward_prediction_error"])
def test_the_gradient_of_the_policy_stays_in_the_policy_network_and_that_of_the_value_in_the_other(policy_input):
    agent = pair(policy_input)
    tape = agent.tape(4, 3)
    tape.inputs.normal_(generator=torch.Generator().manual_seed(0))
    for rows, silent in ((slice(0, 2), "value."), (slice(2, 3), "policy.")):
        tape.start()
        tape.forward()
        gradient = torch.zeros(4, 3, 3)
        gradient[:, rows] = 1.0
        moved = {name for name, g in tape.backward(gradient).items() if g.abs().max() > 0}
        assert moved and not any(name.startswith(silent) for name in moved)


def test_the_policy_is_told_the_reward_prediction_error_of_its_last_action():
    agent = pair("reward_prediction_error", discount=0.7)
    rollout = simulate(agent, TASK, 20, seed=0, record=("outcome",))
    told, error = rollout.activity["outcome"][..., 0], rollout.reward_prediction_error()
    assert not told[0].any()
    assert np.allclose(told[1:], error[:-1], atol=1e-5)  # float32 rounding


@pytest.mark.parametrize("unroll", [12, 4])
def test_the_tape_tells_the_policy_the_same_error_across_unrolls(unroll):
    agent = pair("reward_prediction_error")
    collector = Collector(agent, TASK, 5, unroll, *np.random.default_rng(0).spawn(2))
    batches, told = [], []
    for _ in range(12 // unroll):
        batches.append(collector.collect())
        told.append(collector.tape.policy.inputs[:unroll, -1].numpy().copy())
    value = np.concatenate([batch.value[:-1] for batch in batches])
    reward = np.concatenate([batch.reward for batch in batches])
    wanted = reward[:-1] + agent.discount * value[1:] - value[:-1]
    told = np.concatenate(told)
    assert not told[0].any() and np.allclose(told[1:], wanted, atol=1e-5)  # float32 rounding


def test_a_pair_that_is_told_errors_does_not_see_the_reward_itself():
    """Where the critic foresaw a reward, the policy cannot tell it from none that was foreseen."""
    agent = pair("reward_prediction_error", discount=0.0)  # delta = r - v: shift both by the same amount
    shifted = agent.copy()
    state, other = agent.initial_state(1), shifted.initial_state(1)
    observation = np.zeros((1, 1))
    _, _, state = agent.step(observation, np.array([-1]), np.zeros(1), state)
    _, _, other = shifted.step(observation, np.array([-1]), np.zeros(1), other)
    other = other._replace(previous_value=other.previous_value + 0.25)
    one, _, _ = agent.step(observation, np.array([1]), np.array([0.5]), state)
    same, _, _ = shifted.step(observation, np.array([1]), np.array([0.75]), other)
    assert np.allclose(one, same, atol=1e-6)


def test_stimulation_adds_to_the_error_of_the_chosen_steps_and_leaves_the_weights():
    agent = pair("reward_prediction_error")
    before, told = agent.fingerprint(), []

    def block_reward_on_arm_1(step, observation, previous_action, previous_reward):
        added = -0.8 * ((previous_action == 1) & (previous_reward > 0))
        told.append((step, added))
        return added

    stimulated = StimulatedPair(agent, block_reward_on_arm_1)
    rollout = simulate(stimulated, TASK, 30, seed=3, record=("outcome",))
    free = rollout.reward_prediction_error()[:-1]
    added = np.where((rollout.action == 1) & (rollout.reward > 0), -0.8, 0.0)[:-1]
    assert np.allclose(rollout.activity["outcome"][1:, :, 0], free + added, atol=1e-5)  # float32 rounding
    assert added.any() and [step for step, _ in told] == list(range(12))
    assert agent.fingerprint() == before == stimulated.fingerprint()


def test_no_stimulation_changes_nothing_and_a_stimulated_pair_is_an_agent():
    agent = pair("reward_prediction_error")
    silent = StimulatedPair(agent, lambda step, observation, action, reward: 0.0)
    one, same = (simulate(player, TASK, 10, seed=1) for player in (agent, silent))
    assert np.array_equal(one.logits, same.logits)
    check_agent(silent, TASK)


def test_a_pair_that_is_told_the_reward_cannot_be_stimulated():
    with pytest.raises(UserError, match="policy_input='reward_prediction_error'"):
        StimulatedPair(pair(), lambda *exchange: 0.0)


@pytest.mark.parametrize("learner", [A2C(n_steps=60_000, n_episodes=20, step_size=5e-3, normalise_advantages=True),
                                     PPO(n_steps=10_000, n_episodes=20)], ids=["a2c", "ppo"])
def test_a_pair_learns_from_prediction_errors_alone(learner):
    task = BernoulliBandit(n_trials=10, reward_probability=(0.1, 0.9))  # always the same arm
    agent = train(ActorCriticPair.for_task(task, n_units=8, policy_input="reward_prediction_error"), task, learner, seed=1)
    assert simulate(agent, task, 500, seed=2).action.mean() > 0.95  # chance is 0.5


def test_parts_may_be_of_any_kind_and_what_cannot_be_says_so():
    config = PairConfig(1, 2, policy="stacked", value="rnn", policy_options={"n_units": 5, "layer": "gru"})
    assert isinstance(config.config_of("policy"), StackedConfig)
    assert ActorCriticPair(config).part("policy").kind == "stacked"
    with pytest.raises(UserError, match="Did you mean 'lstm'"):
        PairConfig(1, 2, policy="ltsm")
    with pytest.raises(UserError, match="unknown policy_input 'rpe'"):
        PairConfig(1, 2, policy_input="rpe")
    with pytest.raises(UserError, match="value_options must be fields"):
        PairConfig(1, 2, value_options={"units": 4})
    with pytest.raises(UserError, match="n_layers must be an integer >= 2"):
        StackedConfig(1, 2, n_layers=1)
    with pytest.raises(UserError, match="options of a stack are those of its layers"):
        StackedConfig(1, 2, options={"n_unit": 3})


def test_the_parts_of_a_pair_have_weights_of_their_own():
    agent = ActorCriticPair.for_task(TASK, n_units=5)
    assert not torch.equal(agent.weights["policy.core"], agent.weights["value.core"])
    assert isinstance(agent.part("value"), LSTMActorCritic)
