"""Every registered kind of network keeps the contracts, can be stored, and learns."""

from dataclasses import replace

import pytest
import torch

from cogmeta.agents import GRUActorCritic, load_agent, save_agent
from cogmeta.agents.store import NETWORKS
from cogmeta.check import check_agent
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import A2C, PPO, train
from tasks.bandit import BernoulliBandit
from tasks.registry import make_task

TASK = BernoulliBandit(n_trials=10)
ALWAYS_THE_SAME = BernoulliBandit(n_trials=10, reward_probability=(0.1, 0.9))


@pytest.mark.parametrize("task", ["bandit/independent", "two_step/wang2018"])
@pytest.mark.parametrize("kind", NETWORKS)
def test_every_kind_keeps_the_contract_of_an_agent(kind, task):
    task = make_task(task)
    check_agent(NETWORKS[kind].for_task(task, n_units=6, seed=1), task)


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_seed_gives_the_same_weights_and_another_seed_others(kind):
    one, same, other = (NETWORKS[kind].for_task(TASK, n_units=6, seed=seed) for seed in (3, 3, 4))
    assert one.fingerprint() == same.fingerprint() != other.fingerprint()


@pytest.mark.parametrize("kind", NETWORKS)
def test_what_is_loaded_is_what_was_saved(kind, tmp_path):
    agent = NETWORKS[kind].for_task(TASK, n_units=4, seed=2)
    again = load_agent(save_agent(agent, tmp_path / kind))
    assert type(again) is type(agent) and again.config == agent.config and again.fingerprint() == agent.fingerprint()


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_copy_does_not_share_its_weights(kind):
    agent = NETWORKS[kind].for_task(TASK, n_units=4)
    before, copied = agent.fingerprint(), agent.copy()
    for weight in copied.weights.values():
        weight.fill_(0.5)
    assert agent.fingerprint() == before != copied.fingerprint()


@pytest.mark.parametrize("kind", [kind for kind in NETWORKS if kind != "symmetric_lstm"])  # to it, names of arms mean nothing
def test_every_kind_learns_which_arm_pays_where_it_is_always_the_same(kind):
    learner = PPO(n_steps=10_000, n_episodes=20)
    agent = train(NETWORKS[kind].for_task(ALWAYS_THE_SAME, n_units=8), ALWAYS_THE_SAME, learner, seed=1)
    assert simulate(agent, ALWAYS_THE_SAME, 500, seed=2).action.mean() > 0.95  # chance is 0.5


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_fixed_initial_state_does_not_move(kind):
    for learned in (True, False):
        agent = NETWORKS[kind].for_task(TASK, n_units=6, learned_initial_state=learned)
        trained = train(agent, TASK, A2C(n_steps=1_000, n_episodes=20))
        initial = torch.cat([weight for name, weight in trained.weights.items() if name.endswith("initial")])
        assert bool(initial.abs().max() > 0) is learned


def test_the_update_gate_of_a_gru_starts_at_its_bias_and_all_else_at_zero():
    bias = GRUActorCritic.for_task(TASK, n_units=6).weights["core"][:, -1].view(3, 6)
    assert bias[:, 0].tolist() == [0, 1, 0]


@pytest.mark.parametrize(("wrong", "says"), [
    ({"candidate": "rely"}, "Did you mean 'relu'"),
    ({"update_bias": float("inf")}, "update_bias must be a finite number"),
    ({"n_units": 0}, "n_units must be an integer >= 1"),
])
def test_a_gru_that_cannot_be_says_so(wrong, says):
    with pytest.raises(UserError, match=says):
        replace(GRUActorCritic.for_task(TASK).config, **wrong)
