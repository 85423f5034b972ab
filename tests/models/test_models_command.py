"""The command that lists the cognitive models."""

from typer.testing import CliRunner

from cogmeta.errors import UserError
from cogmeta.models.command import app
from cogmeta.models.registry import make_model, model_names


def test_the_list_names_every_model_with_its_parameters():
    output = CliRunner().invoke(app, []).output
    for name in model_names():
        line = next(line for line in output.splitlines() if f" {name} " in line)
        assert make_model(name).parameters[0].symbol in line
    assert "two_step/" not in CliRunner().invoke(app, ["--family", "bandit"]).output


def test_one_model_is_shown_with_what_it_declares():
    output = CliRunner().invoke(app, ["two_step/hybrid"]).output
    for parameter in make_model("two_step/hybrid").parameters:
        assert parameter.name in output
    assert "eligibility_error='before'" in output and "References" in output


def test_an_unknown_model_is_answered_with_the_nearest_one():
    error = CliRunner().invoke(app, ["two_step/hybird"]).exception
    assert isinstance(error, UserError) and "Did you mean 'two_step/hybrid'" in str(error)
