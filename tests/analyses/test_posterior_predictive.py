"""Posterior predictive checks: exact where choices are coins, kind to the model that made the choices, and to no other."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.posterior_predictive import PredictiveCheck, posterior_predictive
from analyses.posterior_predictive_command import app
from cogmeta.errors import UserError
from cogmeta.fitting import Sampling, fit
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=80)
LEARNER, RANDOM = "bandit/rescorla_wagner", "bandit/random"


@pytest.fixture(scope="module")
def people():
    own = {"learning_rate": np.linspace(0.2, 0.8, 15), "inverse_temperature": np.linspace(2, 8, 15)}
    return simulate(make_model(LEARNER).agent(own), TASK, 15, seed=1).to_trials()


def test_a_coin_stays_after_a_reward_where_it_is_paid_and_lands_alike(people):
    fitted = fit(RANDOM, people, "mle", n_starts=2)
    first = fitted.parameters["bias"].to_numpy()
    choice = np.stack([first, 1 - first], axis=1)
    paid = people.groupby("subject", sort=False)[["reward_probability_0", "reward_probability_1"]].first().to_numpy()
    check = posterior_predictive(fitted, people, 40, seed=2).summary()
    for measure, odds in (("stays after reward", choice * paid), ("stays after none", choice * (1 - paid))):
        expected = ((odds * choice).sum(axis=1) / odds.sum(axis=1)).mean()
        # 40 x 15 plays with some 39 pairs of trials in either cell: four times .5 / sqrt(40 * 15 * 39) = .013
        assert check.loc[measure, "predicted"] == pytest.approx(expected, abs=0.013)


def test_the_model_that_made_the_choices_behaves_alike_and_a_coin_does_not(people):
    kind = posterior_predictive(fit(LEARNER, people, n_starts=3), people, 60)
    harsh = posterior_predictive(fit(RANDOM, people, n_starts=2), people, 60)
    own, other = kind.summary().loc["stays after reward"], harsh.summary().loc["stays after reward"]
    assert own["low"] <= own["observed"] <= own["high"] and own["p"] > 0.05 and own["within"] > 0.8
    assert other["p"] == pytest.approx(1 / 61), "no simulated data set is as far away"
    assert own["r"] > 0.5, "who stays and who does not is predicted, too"


def test_a_killed_check_goes_on_and_processes_and_seeds_change_nothing(people, tmp_path):
    fitted, heard = fit(RANDOM, people, n_starts=2), []
    first = posterior_predictive(fitted, people, 20, seed=5, folder=tmp_path)
    (tmp_path / "pieces" / "0003.csv").unlink()
    again = posterior_predictive(fitted, people, 20, seed=5, folder=tmp_path, listener=lambda done, total: heard.append((done, total)))
    pd.testing.assert_frame_equal(again.simulated, first.simulated)
    pd.testing.assert_frame_equal(again.subjects, first.subjects)
    assert heard == [(19, 20), (20, 20)]
    with pytest.raises(UserError, match="holds another study"):
        posterior_predictive(fitted, people, 20, seed=6, folder=tmp_path)


def test_two_step_models_are_checked_by_the_indices_of_their_family():
    own = {"learning_rate_2": 0.5, "inverse_temperature_1": 4.0, "inverse_temperature_2": 3.0, "perseveration": 0.1}
    trials = simulate(make_model("two_step/model_based").agent(own), make_task("two_step/daw2011"), 6, seed=0).to_trials()
    check = posterior_predictive(fit("two_step/model_based", trials, n_starts=2), trials, 30).summary()
    assert check.loc["model-based index", "predicted"] > 0.1 > abs(check.loc["model-free index", "predicted"])


def test_draws_of_a_posterior_are_wider_than_estimates(people):
    pytest.importorskip("nutpie")
    few = people[(people["subject"].astype(int) < 6) & (people["trial"] < 20)]
    full = posterior_predictive(fit(LEARNER, few, "nuts", sampling=Sampling(n_chains=2, n_draws=100, n_tune=200)), few, 60)
    assert full.simulated.groupby("measure")["value"].std().loc["stays after reward"] > 0 and len(full.subjects) == 18 + 6


def test_the_command_writes_a_check_that_is_read_back(people, tmp_path):
    people.to_csv(tmp_path / "trials.csv", index=False)
    fit(RANDOM, people, n_starts=1).save(tmp_path / "fit")
    asked = [str(tmp_path / "fit"), str(tmp_path / "trials.csv"), "--data-sets", "20", "--out", str(tmp_path / "out")]
    said = CliRunner().invoke(app, asked, catch_exceptions=False)
    assert said.exit_code == 0 and "20 simulated data sets" in said.output
    assert PredictiveCheck.load(tmp_path / "out").summary()["n"].max() == 15
    assert (tmp_path / "out" / "posterior_predictive.pdf").exists()


@pytest.mark.parametrize("change, number, words", [
    (lambda t: t.assign(subject="x" + t["subject"].astype(str)), 20, "no parameters of subject 'x0'"), (lambda t: t, 5, "20 simulated data sets or more"),
])
def test_a_check_that_cannot_be_is_refused(people, change, number, words):
    with pytest.raises(UserError, match=words):
        posterior_predictive(fit(RANDOM, people, n_starts=1), change(people), number)
