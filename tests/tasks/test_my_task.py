"""The example of a user's own task is a task like any other."""

import importlib.util
from pathlib import Path

import pytest

from cogmeta.check import check_agent, check_task
from cogmeta.simulate import simulate
from tasks.thompson import Thompson

EXAMPLE = Path(__file__).parents[1] / "examples" / "my_task.py"


@pytest.fixture
def my_task():
    spec = importlib.util.spec_from_file_location("my_task", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ReversalBandit()


def test_a_users_own_task_keeps_the_contract_and_agents_play_it(my_task):
    check_task(my_task)
    check_agent(Thompson(n_arms=2), my_task)


def test_players_learn_in_a_users_own_task(my_task):
    reward = simulate(Thompson(n_arms=2), my_task, n_episodes=500, seed=0).reward.mean()
    assert 0.55 < reward < 0.8  # better than chance (.5; 10 standard errors of .003 away), worse than an oracle (.8)
