"""The command that lists the tasks."""

from typer.testing import CliRunner

from cogmeta.errors import UserError
from tasks.command import app
from tasks.registry import make_task, registered, task_names


def test_the_list_names_every_task_with_its_trials_and_source():
    output = CliRunner().invoke(app, []).output
    for name in task_names():
        line = next(line for line in output.splitlines() if f" {name} " in line)
        assert str(make_task(name).spec.n_trials) in line
        assert registered(name).citation.split(";")[0].split(",")[0] in line


def test_the_name_of_a_suite_lists_the_suite():
    output = CliRunner().invoke(app, ["two_step"]).output
    assert output == CliRunner().invoke(app, ["--suite", "two_step"]).output
    assert " two_step/daw2011 " in output and "bandit/easy" not in output


def test_one_task_is_shown_with_all_its_settings_and_references():
    output = CliRunner().invoke(app, ["two_step/daw2011"]).output
    for setting, value in make_task("two_step/daw2011").settings.items():
        assert f"setting {setting}" in output and repr(value) in output
    assert "references: random, win-stay-lose-shift" in output


def test_help_has_an_example():
    assert CliRunner().invoke(app, ["--help"]).output.endswith("Example:\n  cogmeta tasks two_step/wang2018\n")


def test_an_unknown_task_is_a_user_error():
    assert isinstance(CliRunner().invoke(app, ["bandits"]).exception, UserError)
