"""Imitation of an expert: whose choices are played, whose are learnt, and that they are."""

import numpy as np
import pytest
import torch
from scipy.special import softmax

from cogmeta.agent import Agent
from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import Imitation, train
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit
from tasks.players import player
from tasks.registry import make_task
from tasks.train_run import measure

TASK = BernoulliBandit(n_trials=10)


class Alternates(Agent):
    """Takes arm 0, then 1, then 0, ...: easy to see, and nothing that reward would teach."""

    name = "alternates"

    def initial_state(self, n_episodes):
        return np.zeros(n_episodes, int)

    def step(self, observation, previous_action, previous_reward, state):
        logits = np.full((len(state), 2), -np.inf)
        logits[np.arange(len(state)), state % 2] = 0.0
        return logits, np.full(len(state), np.nan), state + 1


def collected(trajectory, expert=None, task=TASK):
    """Return one batch in which an expert plays or looks on."""
    learner = Imitation(n_steps=1_000, n_episodes=30, expert=expert or Alternates(), trajectory=trajectory)
    run = Run(LSTMActorCritic.for_task(task, n_units=5, seed=1), task, learner, seed=0)
    return run, run.collector.collect()


@pytest.mark.parametrize("trajectory", ["expert", "own"])
def test_the_expert_says_what_it_would_do_and_the_setting_says_who_plays(trajectory):
    _, batch = collected(trajectory)
    wanted = np.tile(np.arange(10)[:, None] % 2, 30)
    assert np.array_equal(batch.expert_policy[:, 1], wanted) and np.array_equal(batch.expert_policy[:, 0], 1 - wanted)
    assert np.array_equal(batch.action, wanted) is (trajectory == "expert")


@pytest.mark.parametrize("trajectory", ["expert", "own"])
def test_in_unrolls_the_expert_goes_on_where_it_was_until_the_episode_ends(trajectory):
    learner = Imitation(n_steps=1_000, n_episodes=4, expert=Alternates(), trajectory=trajectory, unroll=5)
    collector = Run(LSTMActorCritic.for_task(TASK, n_units=5), TASK, learner, seed=0).collector
    first, second, afresh = (collector.collect().expert_policy[:, 1, 0].tolist() for _ in range(3))
    assert first == afresh == [0, 1, 0, 1, 0] and second == [1, 0, 1, 0, 1]


def test_along_the_networks_own_trajectory_the_expert_learns_from_what_the_network_does():
    expert = player("gittins", TASK)
    _, batch = collected("own", expert)
    state, action, reward = expert.initial_state(30), np.full(30, -1), np.zeros(30)
    for t in range(10):
        logits, _, state = expert.step(np.full((30, 1), t / 10), action, reward, state)
        assert np.allclose(batch.expert_policy[t].T, softmax(logits, axis=1))
        action, reward = batch.action[t], batch.reward[t]


def test_between_equals_all_are_learnt_or_the_first():
    _, shared = collected("own", player("gittins", TASK))
    assert (shared.expert_policy[0] == 0.5).all()  # nothing is known yet
    learner = Imitation(n_steps=1_000, n_episodes=30, expert=player("gittins", TASK), trajectory="own", ties="first")
    first = Run(LSTMActorCritic.for_task(TASK, n_units=5, seed=1), TASK, learner, seed=0).collector.collect()
    assert (first.expert_policy[0, 0] == 1).all() and np.array_equal(first.action, shared.action)
    sure = shared.expert_policy.max(axis=1) == 1
    assert np.array_equal(first.expert_policy[:, 0][sure], shared.expert_policy[:, 0][sure])


def test_one_step_goes_down_the_cross_entropy_of_the_experts_choices():
    run, batch = collected("expert")
    log_p = torch.log_softmax(batch.tape.head[:10, :-1], dim=1)
    expert = torch.from_numpy(batch.expert_policy)
    wanted = -(expert * log_p).sum(dim=1).mean().item()
    losses = run.learner.improve(run.agent, batch, run.optimiser, run.learner.at(0.0), None, None)
    assert losses["policy_loss"] == pytest.approx(wanted, rel=1e-5)
    batch.tape.start()
    batch.tape.forward()
    log_p = torch.log_softmax(batch.tape.head[:10, :-1], dim=1)
    assert -(expert * log_p).sum(dim=1).mean().item() < wanted


@pytest.mark.parametrize("trajectory", ["expert", "own"])
def test_a_network_comes_to_choose_as_its_expert_does(trajectory):
    learner = Imitation(n_steps=60_000, n_episodes=30, step_size=(1e-2, 0.0), expert=Alternates(), trajectory=trajectory)
    agent = train(LSTMActorCritic.for_task(TASK, n_units=8), TASK, learner, seed=1)
    action = simulate(agent, TASK, 100, seed=2).action
    assert (action == np.arange(10)[:, None] % 2).mean() > 0.98  # chance is 0.5


def test_the_settings_name_the_expert_and_what_cannot_be_says_so():
    assert Imitation(expert=Alternates()).settings["expert"] == "alternates"
    with pytest.raises(UserError, match="imitation needs an expert"):
        Imitation()
    with pytest.raises(UserError, match="unknown trajectory 'mine'"):
        Imitation(expert=Alternates(), trajectory="mine")
    with pytest.raises(UserError, match="unknown ties 'last'"):
        Imitation(expert=Alternates(), ties="last")


def test_the_same_seed_gives_the_same_bytes():
    learner = Imitation(n_steps=2_000, n_episodes=20, expert=player("thompson", TASK))
    one, same = (train(LSTMActorCritic.for_task(TASK, n_units=4), TASK, learner, seed=3) for _ in range(2))
    assert one.fingerprint() == same.fingerprint()


@pytest.mark.slow
@pytest.mark.parametrize("trajectory", ["expert", "own"])
def test_an_imitator_of_gittins_learns_bandits_whose_arms_differ_from_episode_to_episode(trajectory):
    task = make_task("bandit/independent")
    learner = Imitation(n_steps=2_000_000, n_episodes=64, expert=player("gittins", task), trajectory=trajectory)
    agent = train(LSTMActorCritic.for_task(task), task, learner, seed=0)
    # measured 5.4 (expert's trajectory) and 4.1 (own); Gittins itself reaches about 1.8, chance is 16.7
    assert measure(agent, task, 1_000)["regret"] < 8
