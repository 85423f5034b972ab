"""The pages of the suites say what the registry says, and their examples run."""

import re
from pathlib import Path

import numpy as np
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
from tasks.train_run import measure

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


@pytest.mark.parametrize("suite", suites())
def test_a_page_has_a_picture_equations_settings_and_references_of_each_kind_of_task(suite):
    text = (FOLDER / f"{suite}.md").read_text(encoding="utf-8")
    _, *kinds = re.split(r"^## ", text.split("## Example")[0], flags=re.MULTILINE)
    assert len(kinds) == len({entry.constructor for entry in suites()[suite]})
    for part in kinds:
        for heading in ("### Settings", "### Equations", "### How ours depart", "### A few trials of", "### References"):
            assert heading in part, f"{part.splitlines()[0]} lacks {heading!r}; equations stand under Notes in its docstring."


@pytest.mark.parametrize("name", task_names())
def test_every_setting_of_every_task_has_a_meaning(name):
    without = [setting for setting, meaning in meanings(type(make_task(name))).items() if not meaning]
    assert not without, f"describe {without} under Parameters in the docstring of {type(make_task(name)).__name__}"


def test_numbers_of_papers_belong_to_players_that_there_are():
    known = {design: set(players(make_task(design))) for design in {design for design, _ in PUBLISHED}}
    assert not [(design, player) for design, player in PUBLISHED if player not in known[design]]


def numbers_of(suite):
    """Return design -> player -> (episodes, {measure: (mean, standard error)}) as the page of a suite has them."""
    text = (FOLDER / f"{suite}.md").read_text(encoding="utf-8")
    found = {}
    for entry in suites()[suite]:
        own = re.split(rf"\*\*|{END}", text.split(f"**{entry.name}**\n")[1])[0]
        n_episodes = int(re.search(r"(\d+) episodes", own)[1])
        cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in own.splitlines() if line.startswith("| ")][1:]
        found[entry.name] = {cell[0]: (n_episodes, {
            measure: tuple(map(float, value.split(" ± "))) for measure, value in zip(("reward", "regret"), cell[1:3]) if value})
            for cell in cells}
    return found


@pytest.mark.parametrize("suite", suites())
def test_what_players_earn_on_a_page_agrees_with_what_is_exact_or_was_computed_elsewhere(suite):
    """Within 4 standard errors and the rounding of both numbers: of a computed one to its last digit, see ``published.py``."""
    for (design, player), known in PUBLISHED.items():
        if design.split("/")[0] == suite:
            mean, error = numbers_of(suite)[design][player][1][known.measure]
            rounding = 0.0 if known.source == "exact" else 0.03 if known.measure == "regret" else 0.01
            assert abs(mean - known.value) <= 4 * error + rounding + 1e-3 * max(1.0, abs(known.value)), (design, player, mean, known)


@pytest.mark.slow
@pytest.mark.parametrize("name", task_names())
def test_what_players_earn_on_a_page_is_what_they_earn_now(name):
    """A tenth as many episodes of another seed: within 5 standard errors of the difference, over some 700 numbers."""
    task, found = make_task(name), numbers_of(name.split("/")[0])[name]
    for player, agent in players(task).items():
        n_episodes, by_measure = found[player]
        few = max(20 // task.spec.episodes_per_epoch, 2, n_episodes // task.spec.episodes_per_epoch // 10)
        scores = measure(agent, task, few * task.spec.episodes_per_epoch, seed=1)
        for what, (mean, error) in by_measure.items():
            now = scores[{"reward": "reward_per_trial"}.get(what, what)]
            spread = max(error, 1e-9) * np.sqrt(1 + n_episodes / (few * task.spec.episodes_per_epoch))
            assert abs(now - mean) <= 5 * spread + 2e-3 * max(1.0, abs(mean)), (player, what, now, mean)


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
