"""Measures of behaviour, one number a subject: against group measures, closed forms and players whose behaviour is known."""

import numpy as np
import pandas as pd
import pytest

from analyses.behaviour import PEOPLE, behaviour, behaviour_of_agent, behaviour_of_fit, compare_behaviour, plot_behaviour, summary
from analyses.players import find_player
from analyses.stay_probability import group_stay, stay_indices, stay_probability
from cogmeta.fitting import fit
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TWO_STEP = make_task("two_step/daw2011", n_trials=150)
BANDIT = make_task("bandit/independent", n_trials=60)


def of(table, measure):
    return table[table["measure"] == measure].set_index("subject")["value"]


def test_indices_of_subjects_average_to_the_index_of_the_group():
    planner = make_model("two_step/hybrid").agent({name: 0.5 for name in make_model("two_step/hybrid").parameter_names}
                                                  | {"inverse_temperature_1": 4.0, "inverse_temperature_2": 4.0})
    trials = simulate(planner, TWO_STEP, 20, seed=0).to_trials()
    cells = stay_probability(trials)
    assert not cells["stay"].isna().any(), "every subject met every situation, so that means of differences are differences of means"
    group, table = stay_indices(group_stay(cells)), behaviour(trials, "two_step")
    assert of(table, "model-based index").mean() == pytest.approx(group["model_based"])
    assert of(table, "model-free index").mean() == pytest.approx(group["model_free"])


def test_a_subject_who_never_met_a_situation_has_no_number_for_it():
    trials = pd.DataFrame({"subject": "a", "trial": range(3), "choice": [0, 0, 1], "reward": [1, 1, 1]})
    table = behaviour(trials, "bandit")
    assert of(table, "stays after reward")["a"] == 0.5 and np.isnan(of(table, "stays after none")["a"])


def test_win_stay_lose_shift_always_stays_after_reward_and_never_after_none():
    table = behaviour_of_agent(find_player("win-stay-lose-shift", BANDIT), BANDIT, 10)
    assert table["subject"].nunique() == 30, "too few people to know a player by: it plays thirty episodes"
    assert (of(table, "stays after reward").dropna() == 1).all() and (of(table, "stays after none").dropna() == 0).all()
    assert 0.5 < of(table, "takes the best arm").mean() < 1


@pytest.fixture(scope="module")
def learners():
    own = {"learning_rate": np.linspace(0.2, 0.8, 30), "inverse_temperature": np.full(30, 4.0)}
    return simulate(make_model("bandit/rescorla_wagner").agent(own), BANDIT, 30, seed=1).to_trials()


def test_the_model_that_made_the_choices_behaves_as_its_subjects_did(learners):
    fitted = fit("bandit/rescorla_wagner", learners)
    means = summary(compare_behaviour(BANDIT, learners, {"learner": fitted}, {"random": find_player("random", BANDIT)}))
    wide = means.pivot(index="measure", columns="player", values="mean")
    half = means[means["player"] == PEOPLE].set_index("measure").eval("(high - low) / 2")
    distance = (wide["learner"] - wide[PEOPLE]).abs() / half
    assert (distance < 2).all(), "two draws of the same learners: 1.96 standard errors of each, so at most about 2.8 apart"
    assert wide.loc["stays after reward", PEOPLE] - wide.loc["stays after reward", "random"] > 0.2


def test_every_subject_meets_its_own_trials_again(learners):
    short = learners[(learners["subject"] != "3") | (learners["trial"] < 20)]
    fitted = fit("bandit/rescorla_wagner", short)
    table = behaviour_of_fit(fitted, BANDIT, short, seed=2)
    assert list(of(table, "reward a trial").index) == list(fitted.table["subject"])
    again = behaviour_of_fit(fitted, BANDIT, short, seed=2)
    pd.testing.assert_frame_equal(table, again)


def test_every_measure_is_a_panel_with_a_row_a_player(learners):
    table = compare_behaviour(BANDIT, learners, {}, {"random": find_player("random", BANDIT)})
    figure = plot_behaviour(table, PEOPLE)
    assert [ax.get_xlabel().lower() for ax in figure.axes] == list(dict.fromkeys(table["measure"]))
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == [PEOPLE, "random"]
