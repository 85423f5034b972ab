"""Everybody on the same trials, under the same likelihood."""

import numpy as np
import pytest

from analyses.compare import compare
from analyses.comparison import score_table
from analyses.players import find_player, middle
from cogmeta.errors import UserError
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("two_step/daw2011", n_trials=60)
PLANNER = make_model("two_step/model_based").agent(
    {"learning_rate_2": 0.5, "inverse_temperature_1": 6.0, "inverse_temperature_2": 4.0, "perseveration": 0.1})


@pytest.fixture(scope="module")
def comparison():
    trials = simulate(PLANNER, TASK, n_episodes=40, seed=5).to_trials()
    agents = {"planner": PLANNER, "random": find_player("random", TASK), "oracle": find_player("oracle", TASK)}
    return compare(TASK, {"simulated": trials}, agents, ("two_step/model_based", "two_step/model_free"))


def test_chance_is_one_half_at_each_of_two_choices(comparison):
    scores = score_table(comparison.likelihood)["simulated"]
    assert scores["chance"] == pytest.approx(2 * np.log(0.5))
    assert scores["random"] == pytest.approx(2 * np.log(0.5))


def test_the_model_that_made_the_choices_scores_best(comparison):
    scores = score_table(comparison.likelihood)["simulated"]
    assert scores["two_step/model_based"] > scores["two_step/model_free"] > scores["chance"]
    assert scores["two_step/model_based"] >= scores["planner"], "fitted to each subject, on the same trials"


def test_a_player_that_rules_a_choice_out_has_no_finite_score(comparison):
    assert score_table(comparison.likelihood)["simulated"]["oracle"] is None


def test_every_score_says_how_many_numbers_were_fitted_to_each_subject(comparison):
    fitted = comparison.likelihood.set_index("player")["fitted"]
    assert fitted["chance"] == 0 and fitted["planner"] == 0 and fitted["planner, tempered"] == 1
    assert fitted["two_step/model_based"] == len(make_model("two_step/model_based").parameters)


def test_the_middle_of_the_plausible_range_is_a_parameter_set_of_the_model():
    model = make_model("two_step/hybrid")
    for parameter in model.parameters:
        assert parameter.plausible[0] < middle(model)[parameter.name] < parameter.plausible[1]


def test_an_unknown_player_or_parameter_is_answered_with_the_nearest():
    with pytest.raises(UserError, match="Did you mean 'random'"):
        find_player("randm", TASK)
    with pytest.raises(UserError, match="Did you mean 'perseveration'"):
        find_player("two_step/hybrid", TASK, {"perseverance": 1.0})
    with pytest.raises(UserError, match="parameters belong to a cognitive model"):
        find_player("random", TASK, {"learning_rate": 0.2})
