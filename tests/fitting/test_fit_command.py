"""The command ``cogmeta fit``: files, table, and one line for bad input."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmeta.errors import UserError
from cogmeta.fitting import Fit
from cogmeta.fitting.command import app
from cogmeta.models.options import read_options


@pytest.fixture
def trials(tmp_path):
    table = pd.DataFrame({"subject": ["a"] * 12 + ["b"] * 12, "trial": [*range(12)] * 2, "choice": [0, 1, 1] * 8,
                          "reward": [0, 1, 1] * 8})
    table.loc[3, ["choice", "reward"]] = None
    table.to_csv(tmp_path / "trials.csv", index=False)
    return tmp_path / "trials.csv"


def test_it_writes_parameters_summary_and_trials(trials, tmp_path):
    arguments = ["bandit/rescorla_wagner", str(trials), "--out", str(tmp_path / "out"), "--method", "mle"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "learning_rate" in result.output and "parameters.csv" in result.output
    assert Fit.load(tmp_path / "out").parameters["subject"].tolist() == ["a", "b"]
    assert json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))["totals"]["n_trials"] == 23
    scored = pd.read_csv(tmp_path / "out" / "trial_log_likelihood.csv")
    assert len(scored) == 24 and scored["log_likelihood"].isna().sum() == 1


def test_options_reach_the_model_with_their_types(trials, tmp_path):
    arguments = ["bandit/rescorla_wagner", str(trials), "--out", str(tmp_path / "out"), "--option", "initial_value=0",
                 "--option", "n_arms=3"]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    model = Fit.load(tmp_path / "out").model
    assert (model.initial_value, model.n_arms) == (0.0, 3)


@pytest.mark.parametrize(("pairs", "options"), [
    (["perseveration=outside", "second_choice=False"], {"perseveration": "outside", "second_choice": False}),
    (["common_probability=0.8", "reward_range=-1,1"], {"common_probability": 0.8, "reward_range": (-1.0, 1.0)}),
    (["common_probability=none", "initial_value=1"], {"common_probability": None, "initial_value": 1.0}),
])
def test_options_are_read_by_the_type_of_their_field(pairs, options):
    read = read_options("two_step/hybrid", pairs)
    assert read == options and {k: type(x) for k, x in read.items()} == {k: type(x) for k, x in options.items()}


def test_help_shows_an_example():
    assert "cogmeta fit two_step/hybrid trials.csv" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize(("arguments", "message"), [
    (["bandit/rescorla", "{}", "--out", "x"], "Did you mean 'bandit/rescorla_wagner'"),
    (["bandit/rescorla_wagner", "{}none", "--out", "x"], "there is no file"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--seed", "-1"], "--seed must be"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--encoding", "utf-9"], "--encoding must name"),
    (["two_step/hybrid", "{}", "--out", "x"], "this is a bandit table"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--option", "initial=0"], "Did you mean 'initial_value'"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--option", "n_arms=two"], "must be an integer or none, got 'two'"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--option", "n_arms"], "reads NAME=VALUE"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--option", "name=mine"], "unknown option"),
])
def test_bad_input_is_a_sentence(arguments, message, trials, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [a.format(trials) for a in arguments])
    assert isinstance(result.exception, UserError) and message in str(result.exception)


def test_every_file_that_is_written_is_named(trials, tmp_path):
    table = pd.read_csv(trials)
    pd.concat([table, table.assign(subject=table["subject"] + "2")]).assign(
        age=lambda t: t["subject"].map({"a": 20, "b": 30, "a2": 50, "b2": 41})).to_csv(trials, index=False)
    arguments = ["bandit/rescorla_wagner", str(trials), "--out", str(tmp_path / "out"), "--starts", "1", "--latents",
                 "--method", "em", "--covariates", "~ age"]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    named = result.output.split("written to")[1].partition(":")[2].strip().split(", ")
    assert sorted(named) == sorted(path.name for path in (tmp_path / "out").iterdir())
    assert pd.read_csv(tmp_path / "out" / "coefficients.csv")["term"].tolist() == ["Intercept", "age"] * 2


def test_a_fit_into_the_folder_of_another_leaves_nothing_of_that(trials, tmp_path):
    asked = ["bandit/rescorla_wagner", str(trials), "--out", str(tmp_path / "out"), "--starts", "1"]
    assert CliRunner().invoke(app, [*asked, "--latents", "--method", "em"]).exit_code == 0
    assert {"latents.csv", "coefficients.csv"} < {path.name for path in (tmp_path / "out").iterdir()}
    (tmp_path / "out" / "notes.txt").write_text("mine")
    assert CliRunner().invoke(app, asked).exit_code == 0
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "parameters.csv", "summary.json", "trial_log_likelihood.csv", "notes.txt"}


def test_a_table_of_subjects_without_a_formula_is_refused(trials, tmp_path):
    arguments = ["bandit/rescorla_wagner", str(trials), "--out", str(tmp_path / "out"), "--subject-table", str(trials)]
    with pytest.raises(UserError, match="--covariates"):
        CliRunner().invoke(app, arguments, catch_exceptions=False)


def test_the_group_s_covariance_can_be_diagonal(trials, tmp_path):
    asked = ["bandit/rescorla_wagner", str(trials), "--starts", "2", "--covariance", "diagonal", "--out", str(tmp_path / "fit")]
    assert isinstance(CliRunner().invoke(app, asked).exception, UserError), "map has no group"
    assert CliRunner().invoke(app, [*asked, "--method", "em"]).exit_code == 0
    covariance = Fit.load(tmp_path / "fit").group["covariance"]
    assert (covariance == np.diag(np.diag(covariance))).all()
