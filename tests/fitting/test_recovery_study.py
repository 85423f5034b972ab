"""Recovery studies: known parameters come back, on a task and on one's own table, and a killed study goes on."""

import shutil

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import UserError
from cogmeta.fitting import fit, log_likelihood, recover
from cogmeta.fitting.draws import fitted_draws
from cogmeta.fitting.recovery import Recovery
from cogmeta.fitting.table_design import simulate_on_table
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from cogmeta.trials import validate_trials
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=150)
MODEL = "bandit/rescorla_wagner"


def played(name, model, n=12, **settings):
    task = make_task(name, **settings)
    model = make_model(model).for_task(task)
    middle = {p.name: p.middle for p in model.scaled_parameters}
    return simulate(model.agent(middle), task, n, seed=1).to_trials()


def test_the_summary_is_what_numpy_says():
    rng = np.random.default_rng(0)
    x = rng.random(50)
    y = x + 0.1 + 0.05 * rng.standard_normal(50)
    model = make_model("bandit/random")
    table = pd.DataFrame({"data_set": 0, "subject": range(50), "parameter": "bias", "simulated": x, "estimated": y,
                          "standard_error": 0.12, "flag": ""})
    row = Recovery(model, table).summary().loc["bias"]
    assert row["r"] == pytest.approx(np.corrcoef(x, y)[0, 1]) and row["r_low"] < row["r"] < row["r_high"]
    assert row["bias"] == pytest.approx((y - x).mean()) and row["bias_low"] < 0.1 < row["bias_high"]
    assert row["error"] == pytest.approx(np.sqrt(((y - x) ** 2).mean()))
    assert row["coverage"] == pytest.approx((np.abs(y - x) < 1.959964 * 0.12).mean())


def test_inverse_temperatures_come_back_and_processes_change_nothing(tmp_path):
    heard = []
    alone = recover(MODEL, TASK, n_subjects=40, n_data_sets=2, n_starts=3, seed=3, folder=tmp_path,
                    listener=lambda done, total: heard.append((done, total)))
    assert heard == [(1, 2), (2, 2)] and len(alone.table) == 2 * 40 * 2
    # 80 subjects of 150 trials; standard error of a correlation of .8 is .04
    assert alone.summary().loc["inverse_temperature", "rank_r"] > 0.68
    (tmp_path / "pieces" / "0001.csv").unlink()
    again = recover(MODEL, TASK, n_subjects=40, n_data_sets=2, n_starts=3, seed=3, folder=tmp_path)
    pd.testing.assert_frame_equal(again.table, alone.table, check_exact=True)
    with pytest.raises(UserError, match="another study.*n_subjects"):
        recover(MODEL, TASK, n_subjects=41, n_data_sets=2, n_starts=3, seed=3, folder=tmp_path)
    shutil.rmtree(tmp_path)


def test_two_processes_give_the_same_table():
    one, two = (recover(MODEL, TASK, n_subjects=5, n_data_sets=2, n_starts=1, n_jobs=n) for n in (1, 2))
    pd.testing.assert_frame_equal(one.table, two.table, check_exact=True)


@pytest.mark.parametrize(("name", "model"), [
    ("bandit/independent", "bandit/rescorla_wagner"), ("two_step/daw2011", "two_step/hybrid"),
    ("two_step/wang2018", "two_step/model_free"),
])
def test_a_model_on_a_table_keeps_its_design(name, model):
    trials = played(name, model, n_trials=40)
    family = make_model(model).family
    first = family.choices[0].column
    trials.loc[trials["trial"] == 7, [c for c in trials if c in ("choice", "choice1", "state2", "choice2", "reward", "common")]] = None
    table = validate_trials(trials.assign(forced=trials["trial"] < 2), family)
    adapted = make_model(model).for_trials(table)
    own = {p.name: p.to_natural(p.starts(12, np.random.default_rng(0))) for p in adapted.scaled_parameters}
    new = simulate_on_table(adapted, own, table, np.random.default_rng(2))
    assert new["reward"].isna().equals(table["reward"].isna()) and len(new) == len(table)
    forced = table["forced"] & table[first].notna()
    assert (new.loc[forced, first] == table.loc[forced, first]).all()
    if "common" in new:
        assert new["common"].equals(table["common"])
    assert np.isfinite(log_likelihood((adapted, own), new).dropna()).all()
    assert not new[first].equals(table[first])


def test_a_sure_learner_on_a_table_is_paid_what_the_table_pays():
    # option 0 always pays .3, option 1 always .9: whoever takes an option gets that
    rng = np.random.default_rng(0)
    choice = rng.integers(2, size=200)
    table = validate_trials(pd.DataFrame({"subject": np.repeat(["a", "b"], 100), "trial": np.tile(range(100), 2),
                                          "choice": choice, "reward": np.where(choice == 1, 0.9, 0.3)}), "bandit")
    model = make_model(MODEL).for_trials(table)
    own = {"learning_rate": np.full(2, 0.5), "inverse_temperature": np.full(2, 30.0)}
    new = simulate_on_table(model, own, table, rng)
    assert (new["reward"] == np.where(new["choice"] == 1, 0.9, 0.3)).all()
    assert new["choice"].mean() > 0.95, "an inverse temperature of 30 takes the better option"


def test_where_the_hidden_probabilities_are_known_outcomes_come_from_them():
    trials = played("bandit/independent", MODEL, n=50, n_trials=60)
    trials["reward_probability_0"], trials["reward_probability_1"] = 1.0, 0.0
    table = validate_trials(trials, "bandit")
    own = {"learning_rate": np.full(50, 0.5), "inverse_temperature": np.full(50, 1.0)}
    new = simulate_on_table(make_model(MODEL).for_trials(table), own, table, np.random.default_rng(0))
    assert (new["reward"] == (new["choice"] == 0)).all()


def test_recovery_on_one_s_own_table_from_one_s_own_fit():
    trials = played("bandit/independent", MODEL, n=20, n_trials=60)
    fitted = fit(MODEL, trials, n_starts=2)
    found = recover(MODEL, trials, draw=fitted, n_starts=2)
    drawn = found.table[found.table["parameter"] == "learning_rate"]["simulated"]
    assert set(drawn) <= set(fitted.table["learning_rate"]) and found.summary().loc["learning_rate", "n"] == 20
    group = fit(MODEL, trials, "em", n_starts=2)
    u = fitted_draws(group)(group.model, 4000, np.random.default_rng(0))["learning_rate"]
    middle, sd = group.group["mean"][0], np.sqrt(group.group["covariance"][0, 0])
    # 4 standard errors of a mean of 4000
    assert np.log(u / (1 - u)).mean() == pytest.approx(middle, abs=4 * sd / np.sqrt(4000))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: recover(MODEL, TASK, n_subjects=1), "n_subjects >= 2"),
    (lambda: recover(MODEL, TASK, n_data_sets=0), "n_data_sets >= 1"),
    (lambda: recover(MODEL, TASK, draw="plausibel"), "Did you mean 'plausible'"),
    (lambda: recover(MODEL, TASK, n_jobs=0), "n_jobs must be"),
    (lambda: recover(MODEL, played("two_step/daw2011", "two_step/hybrid", n_trials=5)), "Choose a model of the family"),
    (lambda: recover(MODEL, played("bandit/independent", MODEL, n_trials=5), n_subjects=3), "brings its own subjects, 12"),
])
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(UserError, match=message):
        call()


def test_a_folder_of_a_study_that_was_refused_before_it_began_is_free(tmp_path):
    with pytest.raises(UserError, match="family"):
        recover("two_step/hybrid", TASK, n_subjects=2, n_starts=1, folder=tmp_path)
    assert len(recover(MODEL, TASK, n_subjects=2, n_starts=1, folder=tmp_path).table) == 2 * 2
    with pytest.raises(UserError, match="another study.*n_subjects"):
        recover(MODEL, TASK, n_subjects=3, n_starts=1, folder=tmp_path)
