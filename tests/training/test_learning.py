"""What public reproductions of these papers got wrong, each as a test of its own, and what learning must reach."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import Corridor, exact_values

from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout
from cogmeta.simulate import simulate
from cogmeta.training import A2C, PPO, train, updates
from cogmeta.training.collect import Collector, choose
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit

BANDIT = BernoulliBandit(n_trials=10)
CRITIC = A2C(n_steps=60_000, n_episodes=50, discount=0.7, step_size=(0.02, 0.0), entropy_weight=100.0, value_weight=1.0,
             optimiser="adam", max_gradient_norm=None)
"""Entropy outweighs everything: the policy stays even, so that the critic has a fixed policy to judge."""
CRITIC_PPO = PPO(
    n_steps=60_000, n_episodes=100, n_epochs=2, n_minibatches=1, discount=0.7, step_size=(0.02, 0.0), value_weight=1.0,
    entropy_weight=100.0, eligibility=0.9, max_gradient_norm=None)


def collected(task=BANDIT, n_episodes=6, seed=0, unroll=None, n_streams=2):
    """Return a network, and what it did in one unroll."""
    agent = LSTMActorCritic.for_task(task, n_units=5, seed=1)
    rngs = np.random.default_rng(seed).spawn(n_streams)[:2]
    collector = Collector(agent, task, n_episodes, unroll or task.spec.n_steps, *rngs)
    return agent, collector, collector.collect()


def test_a_batch_is_learnt_from_under_the_discount_that_it_was_played_with():
    """Else PPO's replays of a network that hears its own prediction errors would not be of what was played."""
    class Watched(A2C):
        def improve(self, network, *given):
            seen.append(network.discount)
            return super().improve(network, *given)

    seen, played = [], []
    run = Run(LSTMActorCritic.for_task(BANDIT, n_units=4), BANDIT, Watched(n_steps=300, n_episodes=10, discount=(0.2, 0.8)), seed=0)
    while not run.finished:
        played.append(run.agent.discount)
        run.advance()
    assert seen == played == pytest.approx([0.9, 0.2, 0.4]) and run.agent.discount == pytest.approx(0.6)


@pytest.mark.parametrize("learner", [CRITIC, CRITIC_PPO], ids=["a2c", "ppo"])
def test_a_critic_of_a_fixed_policy_learns_the_values_of_dynamic_programming(learner):
    task = Corridor()
    agent = train(LSTMActorCritic.for_task(task, n_units=12), task, learner, seed=1)
    rollout = simulate(agent, task, 2000, seed=3)
    assert abs(rollout.action.mean() - 0.5) < 0.05  # the policy is even, as the values below assume
    wanted = exact_values(task.pays, 0.7)
    # the last tenth of training averages some 6,000 returns of sd 0.6: standard error 0.01, three of them
    assert np.allclose(rollout.value.mean(axis=1), wanted, atol=0.03)


def test_a_critic_does_train():
    """In a public reproduction the gradient never reached the critic."""
    task = Corridor(pays=(1.0, 1.0, 1.0))
    agent = LSTMActorCritic.for_task(task, n_units=12)
    losses = [record.value_loss for record in updates(agent, task, replace(CRITIC, n_steps=30_000), seed=2)]
    assert np.mean(losses[-10:]) < 0.5 * np.mean(losses[:10])


def test_only_the_critics_own_loss_moves_the_value_readout():
    agent, _, _ = collected()
    learner = A2C(n_steps=60, n_episodes=6, value_weight=0.0)
    run = Run(agent, BANDIT, learner, seed=0)
    before = {name: weight.clone() for name, weight in agent.weights.items()}
    run.advance()
    assert torch.equal(agent.weights["readout"][-1], before["readout"][-1])
    assert not torch.equal(agent.weights["readout"][0], before["readout"][0])


@pytest.mark.parametrize(("discount", "larger"), [(0.9, 0.2), (0.2, 0.0)])
def test_a_far_sighted_critic_values_the_future_more(discount, larger):
    """In a public reproduction the sign of the discount was flipped."""
    _, _, batch = collected(Corridor(pays=(0.0, 0.0, 1.0)), n_episodes=400)
    returns = [np.mean((batch.advantages(d, 1.0) + batch.value[:-1])[0]) for d in (discount, larger)]
    assert returns[0] > returns[1]


def as_rollout(agent, task, batch, discount):
    """Return what was collected as the rollout that an analysis would see."""
    n_steps = len(batch.action)
    observation = np.zeros((n_steps, batch.action.shape[1], 1))
    return Rollout(
        task=task, observation=observation, action=batch.action, reward=batch.reward, valid=batch.valid,
        scored=batch.valid, row=np.zeros_like(batch.action), value=batch.value[:-1], discount=discount)


@pytest.mark.parametrize("task", [BANDIT, Corridor(), Corridor(ends=2)], ids=["bandit", "corridor", "early end"])
def test_the_reward_prediction_error_of_training_is_that_of_a_rollout(task):
    agent, _, batch = collected(task, n_episodes=40)
    ours = batch.reward_prediction_error(0.8)
    assert np.allclose(ours, as_rollout(agent, task, batch, 0.8).reward_prediction_error(), atol=1e-12)


def test_the_reward_prediction_error_belongs_to_the_step_of_its_reward():
    """In a public reproduction the error was computed from the values of the wrong steps."""
    _, _, batch = collected()
    error = batch.reward_prediction_error(0.9)
    for t in range(10):
        for episode in range(6):
            v_next = batch.value[t + 1, episode] if t < 9 else 0.0
            assert np.isclose(error[t, episode], batch.reward[t, episode] + 0.9 * v_next - batch.value[t, episode])


def test_the_values_of_a_batch_are_those_that_the_frozen_agent_reports():
    agent, _, batch = collected()
    state, action, reward = agent.initial_state(6), np.full(6, -1), np.zeros(6)
    for t in range(10):
        observation = np.full((6, 1), t / 10, np.float32)
        _, value, state = agent.step(observation, action, reward, state)
        assert np.allclose(batch.value[t], value, atol=1e-5)  # float32 rounding
        action, reward = batch.action[t], batch.reward[t]


def test_the_mean_and_spread_of_the_reward_prediction_error_are_recorded():
    run = Run(LSTMActorCritic.for_task(BANDIT, n_units=5, seed=1), BANDIT, A2C(n_steps=60, n_episodes=6), seed=0)
    record = run.advance()
    _, _, batch = collected(n_streams=3)
    value = batch.value[:-1]
    error = batch.reward + 0.9 * np.concatenate([value[1:], np.zeros((1, 6))]) - value
    assert np.isclose(record.rpe_mean, error.mean()) and np.isclose(record.rpe_sd, error.std())


def test_no_value_leaks_over_the_end_of_an_episode():
    task = Corridor(pays=(0.0, 0.0, 0.0, 1.0), ends=2)
    _, _, batch = collected(task, n_episodes=300)
    ended = batch.done[1]
    assert ended.any() and not ended.all()
    returns = batch.advantages(1.0, 1.0) + batch.value[:-1]
    assert np.allclose(returns[:2, ended], 0.0)  # the reward at the fourth place is out of reach
    assert not batch.valid[2:, ended].any()


def test_steps_after_an_episodes_end_teach_nothing():
    task = Corridor(pays=(0.0, 0.0, 0.0, 1.0), ends=2)
    agents = [LSTMActorCritic.for_task(task, n_units=5, seed=1) for _ in range(2)]
    runs = [Run(agent, task, A2C(n_steps=100, n_episodes=40), seed=0) for agent in agents]
    collect = runs[1].collector.collect

    def spoilt():
        batch = collect()
        batch.reward[~batch.valid] = 1000.0
        batch.value[:-1][~batch.valid] = -1000.0
        return batch

    runs[1].collector.collect = spoilt
    for run in runs:
        run.advance()
    assert agents[0].fingerprint() == agents[1].fingerprint()


def test_an_unroll_inside_an_episode_bootstraps_from_the_value_that_follows():
    _, collector, first = collected(unroll=5)
    assert not collector.between_epochs and not first.done.any()
    last = first.value[-1].copy()
    second = collector.collect()
    assert np.array_equal(second.value[0], last) and second.done[-1].all() and not second.value[-1].any()


def test_episodes_side_by_side_do_not_share_their_draws():
    """In a public reproduction all parallel environments had one seed."""
    _, _, batch = collected(n_episodes=64)
    histories = {tuple(np.concatenate([batch.action[:, b], batch.reward[:, b]])) for b in range(64)}
    assert len(histories) > 60  # of 4^10 possible ones


def test_successive_batches_are_fresh():
    _, collector, first = collected()
    action = first.action.copy()
    assert not np.array_equal(collector.collect().action, action)


def test_the_choices_follow_the_softmax(rng):
    logits, n = np.array([0.0, 1.0, -1.0]), 30_000
    action = choose(np.tile(logits[:, None], n), rng.random(n))
    wanted = np.exp(logits) / np.exp(logits).sum()
    assert np.allclose(np.bincount(action) / n, wanted, atol=4 * 0.5 / np.sqrt(n))  # four standard errors


@pytest.mark.parametrize("learner", [A2C(n_steps=2_000, n_episodes=20), PPO(n_steps=2_000, n_episodes=20)],
                         ids=["a2c", "ppo"])
def test_the_same_seed_gives_the_same_bytes_and_the_agent_given_is_left_alone(learner):
    agent = LSTMActorCritic.for_task(BANDIT, n_units=6)
    before = agent.fingerprint()
    one, same = (train(agent, BANDIT, learner, seed=3) for _ in range(2))
    assert one.fingerprint() == same.fingerprint() != before == agent.fingerprint()
    assert train(agent, BANDIT, learner, seed=4).fingerprint() != one.fingerprint()


def test_the_generator_and_the_function_train_alike():
    agent, learner = LSTMActorCritic.for_task(BANDIT, n_units=6), A2C(n_steps=1_000, n_episodes=20)
    heard = []
    trained = train(agent, BANDIT, learner, seed=3, listeners=[heard.append])
    records = list(updates(agent, BANDIT, learner, seed=3))
    assert agent.fingerprint() == trained.fingerprint()
    assert [r.steps for r in heard] == [r.steps for r in records] == [200, 400, 600, 800, 1000]


def test_a_learned_initial_state_moves_and_a_fixed_one_does_not():
    for learned in (True, False):
        agent = LSTMActorCritic.for_task(BANDIT, n_units=6, learned_initial_state=learned)
        trained = train(agent, BANDIT, A2C(n_steps=1_000, n_episodes=20))
        assert bool(trained.weights["initial"].abs().max() > 0) is learned


def test_training_uses_no_global_generator_and_gives_torch_its_threads_back():
    state, threads = torch.random.get_rng_state(), torch.get_num_threads()
    train(LSTMActorCritic.for_task(BANDIT, n_units=4), BANDIT, PPO(n_steps=100, n_episodes=8))
    assert torch.equal(state, torch.random.get_rng_state()) and torch.get_num_threads() == threads


@pytest.mark.parametrize("learner", [A2C(n_steps=40_000, n_episodes=20, step_size=5e-3, normalise_advantages=True),
                                     PPO(n_steps=20_000, n_episodes=20)], ids=["a2c", "ppo"])
def test_a_network_learns_which_arm_pays_where_it_is_always_the_same(learner):
    task = BernoulliBandit(n_trials=10, reward_probability=(0.1, 0.9))
    agent = train(LSTMActorCritic.for_task(task, n_units=8), task, learner, seed=1)
    assert simulate(agent, task, 500, seed=2).action.mean() > 0.95  # chance is 0.5


@pytest.mark.parametrize(("wrong", "says"), [
    ({"step_size": 0.7}, "Did you write 1-3 instead of 1e-3"),
    ({"discount": (0.9, 1.1)}, r"discount must lie in \[0, 1\], got .*1.1"),
    ({"entropy_weight": -0.01}, "a minus sign is set inside the loss"),
    ({"n_steps": 0}, "training steps must be an integer >= 1"),
    ({"n_episodes": 0}, "n_episodes must be an integer >= 1"),
    ({"optimiser": "rms"}, "Did you mean 'rmsprop'"),
])
def test_a_setting_that_cannot_be_says_so(wrong, says):
    with pytest.raises(UserError, match=says):
        A2C(**wrong)


def test_settings_that_do_not_fit_each_other_say_so():
    with pytest.raises(UserError, match="n_minibatches that divide n_episodes=10"):
        PPO(n_episodes=10, n_minibatches=4)
    with pytest.raises(UserError, match="leave unroll=None"):
        PPO(unroll=5)
    with pytest.raises(UserError, match="unroll=3 must divide the 10 steps"):
        train(LSTMActorCritic.for_task(BANDIT, n_units=4), BANDIT, A2C(unroll=3))


def test_a_negative_seed_no_steps_and_a_foreign_task_are_refused():
    agent = LSTMActorCritic.for_task(BANDIT, n_units=4)
    with pytest.raises(UserError, match="seed must be an integer >= 0"):
        train(agent, BANDIT, A2C(), seed=-1)
    with pytest.raises(UserError, match="training steps must be an integer >= 1, got 0"):
        train(agent, BANDIT, A2C(), n_steps=0)
    with pytest.raises(UserError, match=r"for_task\(task\)"):
        train(agent, Corridor(), A2C())


def test_the_papers_values_stand_as_stated():
    wang = A2C.WANG2018
    assert (wang.step_size, wang.discount, wang.value_weight, wang.entropy_weight) == (7e-4, 0.9, 0.05, 0.05)
    assert (wang.optimiser, wang.n_episodes, wang.eligibility, wang.unroll) == ("rmsprop", 1, 1.0, None)
    assert A2C.WANG2016.entropy_weight == (1.0, 0.0)
