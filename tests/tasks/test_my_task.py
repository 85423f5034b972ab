"""The example of a user's own task is a task like any other, and the page about it runs as it stands."""

import importlib.util
import re
from pathlib import Path

import pytest

from cogmeta.check import check_agent, check_task
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.thompson import Thompson

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "tests" / "examples" / "my_task.py"
BLOCKS = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "add_a_task.md").read_text(encoding="utf-8"), re.DOTALL)


@pytest.fixture
def my_task():
    spec = importlib.util.spec_from_file_location("my_task", EXAMPLE)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.ReversalBandit()


def test_a_users_own_task_keeps_the_contract_and_agents_play_it(my_task):
    check_task(my_task)
    check_agent(Thompson(my_task), my_task)
    assert list(players(my_task)) == ["random", "win-stay-lose-shift"]


def test_players_learn_in_a_users_own_task(my_task):
    reward = simulate(Thompson(my_task), my_task, n_episodes=500, seed=0).reward.mean()
    assert 0.55 < reward < 0.8  # better than chance (.5; 10 standard errors of .003 away), worse than an oracle (.8)


def test_the_page_shows_the_example_as_it_is():
    assert BLOCKS[0] == EXAMPLE.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    """What the blocks of the page leave behind, run one after the other."""
    pytest.importorskip("gymnasium")
    names = {"__name__": "add_a_task"}
    for number, block in enumerate(BLOCKS):
        exec(compile(block, f"docs/add_a_task.md, block {number}", "exec"), names)
    return names


def test_every_block_of_the_page_runs(page):
    assert len(page["trials"]) == 300 * 60


def test_the_filter_of_the_page_earns_most(page):
    task = page["task"]
    agents = (page["Filter"](task), page["agent"])
    optimal, thompson = (simulate(agent, task, 500, seed=1).reward.mean() for agent in agents)
    assert optimal > thompson + 4 * 0.003  # 4 standard errors of a mean of 500 episodes
