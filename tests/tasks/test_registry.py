"""The registry: ids, settings that rebuild a task, and errors that teach."""

import json
from dataclasses import dataclass

import pytest

from cogmeta.errors import UserError
from tasks.arms import ArmsTask
from tasks.bandit import BernoulliBandit
from tasks.players import player, players
from tasks.registered import Registered
from tasks.registry import make_task, task_names


def test_the_published_designs_are_registered():
    assert set(task_names()) >= {"bandit/independent", "bandit/uniform", "bandit/easy", "bandit/medium", "bandit/hard",
                                 "two_step/wang2016", "two_step/wang2018", "two_step/daw2011"}


@pytest.mark.parametrize("name", task_names())
def test_settings_are_enough_to_build_a_task_again_even_through_json(name):
    tied = {"bandit/horizon": {"horizons": (1, 13)}}  # whose length follows from its horizons
    task = make_task(name, n_trials=17, **tied.get(name, {}))
    assert make_task(name, **task.settings) == task
    assert make_task(name, **json.loads(json.dumps(task.settings))) == task
    assert task.spec.name == name and task.settings["n_trials"] == 17


@dataclass(frozen=True)
class Nameless(ArmsTask):
    """A task that nobody can name."""

    n_trials: int = 3


GOOD = {"name": "mine/first", "constructor": BernoulliBandit, "tags": ("mine",), "citation": "Me 2026",
        "learns": "What pays.", "departure": "Nothing is known to depart."}


@pytest.mark.parametrize(
    "wrong, sentence",
    [
        ({"name": "mine"}, "must be 'family/design', got 'mine'"),
        ({"constructor": Nameless}, "Nameless, the constructor of 'mine/first', must be a frozen dataclass with"),
        ({"constructor": int}, "int, the constructor of 'mine/first', must be"),
        ({"citation": ""}, "needs a citation. Name the paper"),
        ({"learns": "what pays"}, "learns of 'mine/first' must be a sentence"),
        ({"departure": ""}, "needs a departure. Say how yours departs"),
        ({"tags": ("bandit",)}, "must contain its family 'mine'"),
    ],
)
def test_an_entry_says_its_source_what_must_be_learnt_and_how_it_departs(wrong, sentence):
    assert Registered(**GOOD).family == "mine"
    with pytest.raises(UserError, match=sentence):
        Registered(**GOOD | wrong)


def test_the_published_values_stand_in_the_registry():
    wang2016, wang2018, daw = (make_task(f"two_step/{name}") for name in ("wang2016", "wang2018", "daw2011"))
    assert (wang2016.common_probability, wang2016.reversal_hazard, wang2016.n_trials) == (0.75, 0.0, 10)
    assert (wang2018.common_probability, wang2018.reversal_hazard, wang2018.n_trials) == (0.8, 0.025, 100)
    assert wang2016.reward_probability == wang2018.reward_probability == (0.9, 0.1)
    assert (daw.common_probability, daw.drift_sd, daw.bounds, daw.n_trials) == (0.7, 0.025, (0.25, 0.75), 201)


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("two-step", {}, "unknown task 'two-step'.*Did you mean 'two_step/"),
        ("bandit/easy", {"n_trial": 5}, "unknown setting of bandit/easy 'n_trial'.*Did you mean 'n_trials'"),
        ("bandit/easy", {"n_trials": "5"}, "'n_trials' of 'bandit/easy' must be an integer, got '5'. Settings there"),
        ("bandit/easy", {"n_trials": True}, "must be an integer"),
        ("bandit/easy", {"trial_index": 1}, "must be True or False"),
        ("bandit/independent", {"reward_probability": 0.5}, "must be a list of numbers or None"),
        ("two_step/daw2011", {"drift_sd": "small"}, "must be a number"),
    ],
)
def test_an_unknown_name_or_a_setting_of_the_wrong_type_is_refused_with_what_there_is(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task(name, **settings)


def test_references_are_found_by_name():
    task = make_task("bandit/independent")
    assert {"random", "ucb1", "thompson", "gittins", "bayes-optimal"} <= set(players(task))
    assert player("gittins", task).name == "gittins"
    with pytest.raises(UserError, match="Did you mean 'thompson'"):
        player("thomson", task)


def test_only_references_that_fit_are_offered():
    assert "bayes-optimal" not in players(make_task("bandit/independent", n_arms=3))
    assert "gittins" not in players(make_task("bandit/independent", n_trials=1000))
    assert "model-based" not in players(make_task("two_step/daw2011", fixation=True))
    assert "bayes-optimal" not in players(make_task("two_step/wang2018", reward_probability=(0.8, 0.3)))
