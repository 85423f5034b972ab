"""``cogmeta hbi``, ``cogmeta fit --latents`` and ``--covariates``: what they write, and what they say to a slip."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmeta.errors import UserError
from cogmeta.fitting import Fit, HierarchicalComparison, fit, fit_hbi, latents
from cogmeta.fitting.command import app as fit_app
from cogmeta.fitting.hbi_command import app as hbi_app
from cogmeta.trials import read_trials

MODEL, HABIT = "bandit/rescorla_wagner", "bandit/choice_kernel"


@pytest.fixture
def trials(tmp_path):
    """Write eight people of 30 trials who win and stay, each with an age, and one silent trial; return the path."""
    rng = np.random.default_rng(0)
    choice, reward = np.zeros((8, 30), int), rng.integers(2, size=(8, 30))
    for t in range(1, 30):
        stays = rng.random(8) < np.where(reward[:, t - 1], 0.9, 0.3)
        choice[:, t] = np.where(stays, choice[:, t - 1], 1 - choice[:, t - 1])
    table = pd.DataFrame({"subject": np.repeat([f"s{k}" for k in range(8)], 30), "trial": np.tile(range(30), 8),
                          "choice": choice.ravel(), "reward": reward.ravel(), "age": np.repeat(20 + 5 * np.arange(8), 30)})
    table = table.astype({"choice": "Int64", "reward": "Int64"})
    table.loc[4, ["choice", "reward"]] = None
    table.to_csv(tmp_path / "trials.csv", index=False)
    return tmp_path / "trials.csv"


def run(app, *arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def test_latents_are_those_of_the_fit_row_by_row(trials, tmp_path):
    result = run(fit_app, MODEL, trials, "--out", tmp_path / "out", "--starts", 2, "--latents")
    assert result.exit_code == 0, result.output
    written = pd.read_csv(tmp_path / "out" / "latents.csv")
    again = latents(Fit.load(tmp_path / "out"), read_trials(trials))
    np.testing.assert_allclose(written["reward_prediction_error"], again["reward_prediction_error"], rtol=0, atol=1e-12)
    assert len(written) == 240 and written["reward_prediction_error"].isna().tolist() == [k == 4 for k in range(240)]
    assert written["probability_choice"].between(0, 1).sum() == 239


def test_without_the_option_no_latents_are_written(trials, tmp_path):
    run(fit_app, MODEL, trials, "--out", tmp_path / "out", "--starts", 1)
    assert not (tmp_path / "out" / "latents.csv").exists()


def test_covariates_are_printed_saved_and_those_of_the_library(trials, tmp_path):
    result = run(fit_app, MODEL, trials, "--out", tmp_path / "out", "--method", "em", "--starts", 2, "--covariates", "~ age")
    assert result.exit_code == 0, result.output
    assert "age" in result.output and "standard_error" in result.output
    found = Fit.load(tmp_path / "out")
    assert found.coefficients[["parameter", "term"]].values.tolist() == [
        [parameter, term] for parameter in ("learning_rate", "inverse_temperature") for term in ("Intercept", "age")]
    ours = fit(MODEL, read_trials(trials), "em", n_starts=2, covariates="~ age").coefficients
    pd.testing.assert_frame_equal(found.coefficients, ours)


def test_covariates_may_stand_in_a_table_of_subjects(trials, tmp_path):
    people = pd.read_csv(trials).groupby("subject", as_index=False)["age"].first().iloc[::-1]
    people.to_csv(tmp_path / "people.csv", index=False)
    pd.read_csv(trials, dtype={"choice": "Int64", "reward": "Int64"}).drop(columns="age").to_csv(tmp_path / "plain.csv", index=False)
    call = ("--method", "em", "--starts", 2, "--covariates", "~ age")
    run(fit_app, MODEL, trials, *call, "--out", tmp_path / "one")
    result = run(fit_app, MODEL, tmp_path / "plain.csv", *call, "--subject-table", tmp_path / "people.csv", "--out", tmp_path / "two")
    assert result.exit_code == 0, result.output
    one, two = (Fit.load(tmp_path / name).coefficients for name in ("one", "two"))
    pd.testing.assert_frame_equal(one, two)


@pytest.mark.parametrize(("options", "message"), [
    (["--covariates", "~ age"], "which method='map' does not have: use method='em'"),
    (["--method", "em", "--covariates", "~ agee"], "name what is no column: name 'agee' is not defined"),
    (["--method", "em", "--covariates", "~ trial"], "'trial' must be constant within a subject, but 's0' has 30 values"),
    (["--method", "em", "--covariates", "~ age", "--subject-table", "none.csv"], "--subject-table 'none.csv' cannot be read"),
])
def test_a_slip_with_covariates_is_answered_with_a_sentence(trials, tmp_path, options, message):
    result = run(fit_app, MODEL, trials, "--out", tmp_path / "out", "--starts", 1, *options)
    assert isinstance(result.exception, UserError) and message in str(result.exception), result.exception


def test_hbi_writes_what_the_library_finds(trials, tmp_path):
    result = run(hbi_app, MODEL, HABIT, "--trials", trials, "--out", tmp_path / "out", "--starts", 2, "--prior-variance", 2)
    assert result.exit_code == 0, result.output
    assert MODEL in result.output and "omnibus risk" in result.output
    ours, found = fit_hbi([MODEL, HABIT], read_trials(trials), n_starts=2, prior_variance=2.0), HierarchicalComparison.load(tmp_path / "out")
    pd.testing.assert_frame_equal(found.responsibility, ours.responsibility, check_exact=True)
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "frequencies.csv", "responsibility.csv", "group.csv", "parameters_0.csv", "parameters_1.csv", "summary.json"}
    record = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert record["settings"]["prior_variance"] == 2.0
    assert [model["name"] for model in record["models"]] == [MODEL, HABIT] and record["omnibus_risk"] == ours.omnibus_risk


@pytest.mark.parametrize(("arguments", "message"), [
    (["bandit/rescorla", "--trials", "{}"], "Did you mean 'bandit/rescorla_wagner'"),
    ([MODEL, MODEL, "--trials", "{}"], MODEL),
    (["two_step/hybrid", "--trials", "{}"], "this is a bandit table"),
    ([MODEL, "--trials", "{}none"], "there is no file"),
    ([MODEL, "--trials", "{}", "--seed", "-1"], "seed must be"),
    ([MODEL, "--trials", "{}", "--starts", "0"], "n_starts must be"),
])
def test_a_slip_with_hbi_is_answered_with_a_sentence(trials, tmp_path, arguments, message):
    result = run(hbi_app, *[a.format(trials) for a in arguments], "--out", tmp_path / "out")
    assert isinstance(result.exception, UserError) and message in str(result.exception), result.exception
