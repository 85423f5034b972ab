"""The pages of the suites say what the registry says, and their examples run."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cogmeta.errors import UserError
from tasks.command import app
from tasks.docstrings import meanings
from tasks.page import BEGIN, END, page, suites, without_samples, write_pages
from tasks.picture import picture
from tasks.players import players
from tasks.published import PUBLISHED
from tasks.registry import make_task, task_names

FOLDER = Path(__file__).parents[2] / "docs" / "tasks"
AGAIN = "Run: cogmeta tasks --docs docs/tasks --suite "


@pytest.mark.parametrize("suite", suites())
def test_the_page_of_a_suite_agrees_with_the_registry(suite):
    path = FOLDER / f"{suite}.md"
    assert path.exists(), AGAIN + suite
    written = path.read_text(encoding="utf-8")
    assert without_samples(written) == page(suite, suites()[suite]), AGAIN + suite
    for entry in suites()[suite]:
        sampled = "".join(re.findall(f"{BEGIN}(.*?){END}", written, flags=re.DOTALL))
        assert f"**{entry.name}**" in sampled, AGAIN + suite
        named = sampled.split(f"**{entry.name}**")[1].split("**")[0]
        assert all(f"| {player} |" in named for player in players(make_task(entry.name))), AGAIN + suite


@pytest.mark.parametrize("suite", suites())
def test_the_example_of_a_page_runs(suite, capsys):
    blocks = re.findall(r"```python\n(.*?)```", (FOLDER / f"{suite}.md").read_text(encoding="utf-8"), flags=re.DOTALL)
    assert len(blocks) == 1
    exec(blocks[0], {})  # noqa: S102 (the page is ours)
    printed = capsys.readouterr().out
    assert "random" in printed and "subject" in printed


@pytest.mark.parametrize("name", task_names())
def test_every_setting_of_every_task_has_a_meaning(name):
    without = [setting for setting, meaning in meanings(type(make_task(name))).items() if not meaning]
    assert not without, f"describe {without} under Parameters in the docstring of {type(make_task(name)).__name__}"


def test_numbers_of_papers_belong_to_players_that_there_are():
    known = {design: set(players(make_task(design))) for design in {design for design, _ in PUBLISHED}}
    assert not [(design, player) for design, player in PUBLISHED if player not in known[design]]


def test_a_picture_shows_every_step_of_whole_trials():
    lines = picture(make_task("two_step/wang2018")).splitlines()
    steps = [line for line in lines[1:] if not line.startswith("-")]
    assert len(steps) == 12 and steps[0].split()[:3] == ["0", "0", "█··"] and steps[1].split()[2] in ("·█·", "··█")


def test_the_command_writes_the_page_of_one_suite(tmp_path):
    result = CliRunner().invoke(app, ["--docs", str(tmp_path), "--suite", "two_step", "--episodes", "2"])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "two_step.md").read_text(encoding="utf-8")
    assert without_samples(text) == page("two_step", suites()["two_step"])
    assert "| random |" in text and "±" in text


def test_pages_that_cannot_be_are_refused(tmp_path):
    assert "Did you mean 'two_step'" in str(CliRunner().invoke(app, ["--docs", "x", "--suite", "twostep"]).exception)
    assert isinstance(CliRunner().invoke(app, ["--docs", "x", "--episodes", "0"]).exception, UserError)
    assert write_pages(tmp_path, 1, only="nothing") == []
