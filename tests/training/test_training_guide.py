"""The page about training says nothing that does not run."""

import re
import shlex
from itertools import takewhile
from pathlib import Path

import pytest
from typer.main import get_command

from cogmeta.agents.store import NETWORKS
from tasks.presets import LEARNERS, check_names, imitation_of
from tasks.train_command import app

PAGE = (Path(__file__).parents[2] / "docs" / "training.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def known():
    """What the Python blocks of the page leave behind, run one after the other."""
    names = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)):
        exec(compile(block, f"docs/training.md, block {number}", "exec"), names)
    return names


def test_every_python_block_runs(known):
    assert len(known["trials"]) == 10 * 100
    assert known["rl2"].config.policy_options["candidate"] == "relu" and len(known["deep"].weights) == 5
    assert known["trained"].fingerprint() != known["rl2"].fingerprint()


def test_the_blocked_pair_of_the_page_behaves(known):
    simulate = known["simulate"]
    assert simulate(known["blocked"], known["task"], n_episodes=3, seed=0).action.shape == (100, 3)


def test_the_commands_of_the_page_name_what_there_is():
    commands = [shlex.split(line.partition("#")[0]) for line in PAGE.splitlines() if line.startswith("cogmeta train")]
    assert len(commands) >= 5
    options = {option for parameter in get_command(app).params for option in parameter.opts}
    for _, _, *words in commands:
        tasks = list(takewhile(lambda word: not word.startswith("--"), words))
        rest = words[len(tasks):]
        given = dict(zip(rest[::2], rest[1::2], strict=True))
        assert tasks and set(given) <= options
        for task in tasks:
            check_names(task, given.get("--agent"), given.get("--learner"))
        if "--imitate" in given:
            imitation_of(tasks[0], given["--imitate"])


def test_the_tables_of_the_page_name_networks_and_learners_that_there_are():
    named = set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE))
    assert named <= {*NETWORKS, *LEARNERS} and {*LEARNERS} <= named
