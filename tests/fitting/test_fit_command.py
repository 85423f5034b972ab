"""The command ``cogmeta fit``: files, table, and one line for bad input."""

import json

import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmeta.errors import UserError
from cogmeta.fitting import Fit
from cogmeta.fitting.command import app


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


def test_help_shows_an_example():
    assert "cogmeta fit two_step/hybrid trials.csv" in CliRunner().invoke(app, ["--help"]).output


@pytest.mark.parametrize(("arguments", "message"), [
    (["bandit/rescorla", "{}", "--out", "x"], "Did you mean 'bandit/rescorla_wagner'"),
    (["bandit/rescorla_wagner", "{}none", "--out", "x"], "there is no file"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--seed", "-1"], "--seed must be"),
    (["bandit/rescorla_wagner", "{}", "--out", "x", "--encoding", "utf-9"], "--encoding must name"),
    (["two_step/hybrid", "{}", "--out", "x"], "this is a bandit table"),
])
def test_bad_input_is_a_sentence(arguments, message, trials, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, [a.format(trials) for a in arguments])
    assert isinstance(result.exception, UserError) and message in str(result.exception)
