"""Everybody on the same held-out trials, beside an explicit loop over folds."""

import json

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize_scalar
from typer.testing import CliRunner

from analyses.compare import compare
from analyses.compare_command import app
from analyses.players import find_player
from analyses.tiny_players import TinyPlayer
from cogmeta.errors import UserError
from cogmeta.fitting import fit, log_likelihood
from cogmeta.fitting.tiny_network import Descent, fit_tiny_network
from cogmeta.models import make_model
from cogmeta.simulate import replay, simulate
from cogmeta.trials import validate_trials
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=30)
MODEL = "bandit/rescorla_wagner"
THOMPSON = find_player("thompson", TASK)
TINY = TinyPlayer("gru", 1, Descent(max_epochs=15))


@pytest.fixture(scope="module")
def people():
    """Five learners with three sessions each; one trial of them is missing."""
    own = {"learning_rate": np.tile(np.linspace(0.2, 0.8, 5), 3), "inverse_temperature": np.tile(np.linspace(1, 5, 5), 3)}
    trials = simulate(make_model(MODEL).agent(own), TASK, 15, seed=0).to_trials()
    episode = np.repeat(np.arange(15), 30)
    trials = trials.assign(subject=[f"s{e % 5}" for e in episode], session=episode // 5)
    trials = trials.sort_values(["subject", "session", "trial"], ignore_index=True).astype({"choice": "Int64"})
    trials.loc[7, ["choice", "reward"]] = None
    return validate_trials(trials, "bandit")


@pytest.fixture(scope="module")
def comparison(people):
    agents = {"thompson": THOMPSON, "bayes-optimal": find_player("bayes-optimal", TASK)}
    return compare(TASK, {"people": people}, agents, [MODEL], held_out="session", tiny=[TINY])


def own_temperature(known, held):
    """Return the log-likelihood of the logits ``held`` (logit, other logit) under the temperature that suits ``known``."""
    def ahead(pairs, scale):
        return -np.logaddexp(0, scale * (pairs[:, 1] - pairs[:, 0]))

    best = minimize_scalar(lambda scale: -ahead(known, scale).sum(), bounds=(0, 20), method="bounded", options={"xatol": 1e-9})
    return ahead(held, best.x)


def pairs_of(heard, n_rows):
    """Return (n_rows, 2): the logit of the option taken and that of the other one; NaN where nobody is scored."""
    out = np.full((n_rows, 2), np.nan)
    for step, episode in np.argwhere(heard.scored):
        taken = heard.action[step, episode]
        out[heard.row[step, episode]] = heard.logits[step, episode][[taken, 1 - taken]]
    return out


def by_hand(people, by):
    """Return each player's held-out score a trial, by a loop over folds and subjects."""
    pairs, scores = pairs_of(replay(THOMPSON, TASK.from_trials(people)), len(people)), {}
    scores["thompson, tempered"] = np.full(len(people), np.nan)
    scores["gru:1"], scores[MODEL] = scores["thompson, tempered"].copy(), scores["thompson, tempered"].copy()
    answered = ~np.isnan(pairs[:, 0])
    for fold in people[by].unique():
        held = (people[by] == fold).to_numpy()
        for subject in people["subject"].unique() if by == "session" else [None]:
            own = np.ones(len(people), bool) if subject is None else (people["subject"] == subject).to_numpy()
            unseen = held & own & answered
            scores["thompson, tempered"][unseen] = own_temperature(pairs[~held & own & answered], pairs[unseen])
        network = fit_tiny_network(people[~held], "bandit", 1, descent=TINY.descent).network
        scores["gru:1"][held] = log_likelihood((network, {}), people[held])
        if by == "session":
            scores[MODEL][held] = log_likelihood(fit(MODEL, people[~held]), people[held])
    return scores


def test_every_player_is_scored_on_what_it_was_not_fitted_to(comparison, people):
    found = comparison.likelihood.set_index("player")
    for player, score in by_hand(people, "session").items():
        # replay through a network is in single precision
        assert found.loc[player, "held_out"] == pytest.approx(np.nanmean(score), abs=2e-6), player
        means = pd.Series(score).groupby(people["subject"].to_numpy()).mean()
        assert (found.loc[player, "held_out_low"] + found.loc[player, "held_out_high"]) / 2 == pytest.approx(means.mean(), abs=2e-6)


def test_who_was_not_fitted_scores_the_same_on_held_out_trials(comparison):
    found = comparison.likelihood.set_index("player")
    for player in ("chance", "thompson"):
        assert found.loc[player, "held_out"] == found.loc[player, "log_likelihood_per_trial"]
    assert found.loc["bayes-optimal", "held_out"] == -np.inf, "it rules choices out"
    for player in ("thompson, tempered", MODEL):
        assert found.loc[player, "held_out"] < found.loc[player, "log_likelihood_per_trial"]


def test_a_left_out_subject_gets_the_temperature_of_the_others(people):
    found = compare(TASK, {"people": people}, {"thompson": THOMPSON}, [], held_out="subject", tiny=[TINY])
    found = found.likelihood.set_index("player")["held_out"]
    scores = by_hand(people, "subject")
    for player in ("thompson, tempered", "gru:1"):
        assert found[player] == pytest.approx(np.nanmean(scores[player]), abs=2e-6)


def test_without_held_out_trials_the_table_is_as_it_was(people):
    found = compare(TASK, {"people": people}, {}, [MODEL])
    assert found.held_out() is None and "held_out" not in found.likelihood
    assert list(found.likelihood)[-2:] == ["n_subjects", "n_trials"]


def test_the_command_writes_both_scores(people, tmp_path):
    people.to_csv(tmp_path / "people.csv", index=False)
    result = CliRunner().invoke(app, [
        str(tmp_path / "people.csv"), "--task", "bandit/independent", "--set", "n_trials=30", "--agents", "thompson", "--models", MODEL,
        "--held-out", "session", "--tiny", "gru:1", "--epochs", "3", "--out", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    assert "held out" in result.output and "gru:1" in result.output and "22 for all" in result.output
    table = pd.read_csv(tmp_path / "out" / "likelihood.csv").set_index("player")
    assert (table["held_out_low"] < table["held_out"])[MODEL] and (table["held_out"] < table["held_out_high"])[MODEL]
    scores = json.loads((tmp_path / "out" / "summary.json").read_text(encoding="utf-8"))
    assert scores["held_out_log_likelihood_per_trial"]["people"]["gru:1"] == pytest.approx(table.loc["gru:1", "held_out"])
    assert {"likelihood_people.png", "held_out_people.png"} <= {path.name for path in (tmp_path / "out").iterdir()}


@pytest.mark.parametrize(("options", "message"), [
    (["--folds", "2"], "--held-out session, block or subject"),
    (["--held-out", "sesion"], "Did you mean 'session'"),
    (["--held-out", "session"], "'s0' has but one session, so that nothing is left to fit. Hold out block or subject instead"),
    (["--held-out", "block"], "'s0' has but one block"),
    (["--tiny", "gru"], "--tiny must read KIND:UNITS"),
    (["--tiny", "lstm:2"], "unknown kind"),
    (["--tiny", "gru:0"], "n_units >= 1"),
    (["--tiny", "gru:1", "--epochs", "0"], "max_epochs, patience and n_starts must be at least 1"),
])
def test_a_slip_is_answered_with_a_sentence(people, tmp_path, options, message):
    people[people["session"] == 0].to_csv(tmp_path / "people.csv", index=False)
    result = CliRunner().invoke(app, [str(tmp_path / "people.csv"), "--task", "bandit/independent", "--set", "n_trials=30",
                                      "--models", MODEL, "--out", str(tmp_path / "out"), *options])
    assert isinstance(result.exception, UserError) and message in str(result.exception), result.exception
