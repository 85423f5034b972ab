"""Comparisons of designs that are not registered, of networks whose size is chosen, of groups, of full posteriors."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.compare import compare
from analyses.compare_command import app
from analyses.compare_results import Groups, compare_all
from analyses.tiny_players import TinyPlayer
from cogmeta.errors import UserError
from cogmeta.fitting import fit, held_out_log_likelihood
from cogmeta.fitting.nested import size_scores
from cogmeta.fitting.tiny_network import Descent
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.own_design import own_design
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=30)
MODEL = "bandit/rescorla_wagner"


@pytest.fixture(scope="module")
def people():
    """Eight learners of two groups, two sessions each; the first half chooses by habit."""
    learner = make_model(MODEL).agent({"learning_rate": 0.5, "inverse_temperature": 6.0})
    habit = make_model("bandit/choice_kernel").agent({"choice_learning_rate": 0.5, "choice_inverse_temperature": 6.0})
    tables = [simulate(agent, TASK, 8, seed=k).to_trials() for k, agent in enumerate((learner, habit))]
    tables = [t.assign(subject=[f"{name}{int(e) % 4}" for e in t["subject"]], session=t["subject"].astype(int) // 4, group=name)
              for t, name in zip(tables, ("learner", "habit"))]
    whole = pd.concat(tables, ignore_index=True)
    return whole.sort_values(["subject", "session", "trial"], ignore_index=True)


def run(folder, table, *arguments):
    table.to_csv(folder / "people.csv", index=False)
    return CliRunner().invoke(app, [str(a) for a in (folder / "people.csv", *arguments, "--out", folder / "out")])


def test_a_bandit_that_is_not_registered_is_compared_as_its_table_shows_it(people, tmp_path):
    points = people.assign(reward=10 + 80 * people["reward"]).drop(columns=[c for c in people if c.startswith("reward_probability")])
    done = run(tmp_path, points, "--models", MODEL, "bandit/random", "--reward-range", 0, 100, "--tiny", "gru:1", "--epochs", 3)
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "out" / "likelihood.csv").set_index("player")
    alone = fit(MODEL, points, reward_range=(0, 100)).totals()["log_likelihood_per_choice"]
    assert table.loc[MODEL, "log_likelihood_per_trial"] == pytest.approx(alone)
    assert table.loc["chance", "log_likelihood_per_trial"] == pytest.approx(np.log(0.5))


@pytest.mark.parametrize("arguments, words", [
    (("--models", MODEL), "say so with reward_range"),
    (("--models", MODEL, MODEL), "named twice"),
    (("--tiny", "gru:1,gru:1"), "named twice"),
    (("--models", MODEL, "--task", "bandit/independent"), "or leave --task out and give --reward-range"),
    (("--models", MODEL, "--reward-range", 0, 9, "--agents", "thompson"), "--agents play the task that people played"),
    (("--models", MODEL, "--reward-range", 0, 9, "--task", "bandit/independent"), "--reward-range is for tables without --task"),
    (("--models", MODEL, "--reward-range", 0, 9, "--set", "n_trials=3"), "--set gives settings of a task"),
    (("--tiny", "gru:1/1", "--reward-range", 0, 9), "for sizes to choose"),
    (("--tiny", "gru:1", "--loo", "--reward-range", 0, 9), "--loo compares cognitive models"),
])
def test_a_design_that_cannot_be_gets_one_sentence(people, tmp_path, arguments, words):
    done = run(tmp_path, people.assign(reward=9 * people["reward"]), *arguments)
    assert isinstance(done.exception, UserError) and words in str(done.exception), done.exception


def test_a_two_step_table_needs_its_task_and_a_data_set_brings_its_own(tmp_path, data_folder):
    trials = simulate(make_model("two_step/model_based").agent({"learning_rate_2": 0.5, "inverse_temperature_1": 3.0, "inverse_temperature_2": 3.0,
                                                                "perseveration": 0.1}), make_task("two_step/daw2011"), 2, seed=0).to_trials()
    with pytest.raises(UserError, match="name it with --task, such as --task two_step/daw2011"):
        own_design(trials)
    done = CliRunner().invoke(app, ["feher2020_twostep:story=magic_carpet", "--data", str(data_folder), "--models", "two_step/model_based",
                                    "--out", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output


def test_nobody_plays_a_design_afresh_of_which_the_table_alone_is_known(people):
    with pytest.raises(UserError, match="known by its trial table alone"):
        simulate(make_model("bandit/random").agent({"bias": 0.5}), own_design(people), 2, seed=0)


def test_the_size_of_a_network_is_chosen_by_the_trials_that_it_is_fitted_to(people):
    choosing, brief = TinyPlayer("gru", (1, 2), Descent(max_epochs=4)), Descent(max_epochs=4)
    found = compare(TASK, {"people": people}, {}, [], held_out="session", tiny=[choosing])
    sizes = found.sizes.set_index("fitted_to")["n_units"]
    for k, rest in {"all": people, "all but fold 0": people[people["session"] != 0], "all but fold 1": people[people["session"] != 1]}.items():
        tried = size_scores(rest, "bandit", (1, 2), descent=brief, n_folds=3, reward_range=(0, 1), n_arms=2).set_index("n_units")
        assert sizes[k] == tried["validation"].idxmax()
    shared = compare(TASK, {"people": people}, {}, [], tiny=[TinyPlayer("gru", int(sizes["all"]), brief)]).likelihood
    mine = found.likelihood.set_index("player").loc["gru:1/2"]
    assert shared.set_index("player").loc[f"gru:{sizes['all']}", "log_likelihood_per_trial"] == mine["log_likelihood_per_trial"]


def test_groups_that_use_other_models_are_told_apart_and_a_slip_comes_before_the_fits(people):
    results = compare_all(TASK, {"people": people}, {}, [MODEL, "bandit/choice_kernel"], groups=Groups("~ group"))
    found = results.group_frequencies["people", "group"]
    assert found.same < 0.5
    frequent = found.table.loc[found.table.groupby("group")["frequency"].idxmax()].set_index("group")["model"]
    assert frequent.to_dict() == {"learner": MODEL, "habit": "bandit/choice_kernel"}
    heard = []
    with pytest.raises(UserError, match="'group' is constant: 'one' for every subject"):
        compare_all(TASK, {"people": people.assign(group="one")}, {}, [MODEL], listener=heard.append, groups=Groups("~ group"))
    assert not heard


def test_subjects_of_whom_little_is_known_are_told_and_not_dropped(people, tmp_path):
    odd = people.astype({"choice": "Int64", "reward": float})
    odd.loc[odd["subject"] == "habit3", ["choice", "reward"]] = None
    odd.loc[odd["subject"] == "learner0", "choice"] = 0
    done = run(tmp_path, odd, "--task", "bandit/independent", "--set", "n_trials=30", "--models", MODEL)
    assert done.exit_code == 0 and "subject habit3, everybody: no scored choice: counts in no mean" in done.output, done.output
    flags = pd.read_csv(tmp_path / "out" / "flags.csv").set_index(["subject", "player"])["flag"]
    assert "all choices identical" in flags["learner0", MODEL] and "nothing was fitted" in flags["habit3", MODEL]
    assert "Beware</h2>" in (tmp_path / "out" / "report.html").read_text()


def test_full_posteriors_are_compared_by_leaving_trials_out(people, tmp_path):
    pytest.importorskip("nutpie")
    done = run(tmp_path, people, "--task", "bandit/independent", "--set", "n_trials=30", "--models", MODEL, "bandit/choice_kernel", "--loo")
    assert done.exit_code == 0, done.output
    loo = pd.read_csv(tmp_path / "out" / "loo.csv").set_index("model")["loo"]
    left_out = {name: held_out_log_likelihood(name, people, "session").sum() for name in loo.index}
    for name in loo.index:  # trials known from the rest of their subject are told better than sessions known from the other one
        assert 1.5 * left_out[name] < loo[name] < 0
    assert "Leave-one-out under full hierarchical Bayes</h2>" in (tmp_path / "out" / "report.html").read_text()
