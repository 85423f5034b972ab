"""Who is told what a task hides acts on it at once; checks of settings name the setting; exact players refuse what is too large."""

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.choosing import certain, first_best, share_best
from tasks.horizon_players import HorizonOptimal
from tasks.players import player, players
from tasks.registry import make_task
from tasks.risky_players import RiskyOptimal
from tasks.settings import check_above_zero, check_at_least
from tasks.water_maze_exact import earned

TOLD = [("maze/grid5", "shortest-path", "distance_after", lambda told: told.argmin(axis=-1)),
        ("bandit/contextual_choice", "oracle", "answer", lambda told: told),
        ("mdp/random", "optimum", "action_value", lambda told: told.argmax(axis=-1))]


@pytest.mark.parametrize("name, who, told, best", TOLD)
def test_the_oracle_of_a_task_does_what_it_is_told_at_every_step(name, who, told, best):
    task = make_task(name)
    rollout = simulate(player(who, task), task, 3, seed=1)
    valid = rollout.valid
    assert (rollout.action == best(rollout.hidden[told]))[valid].all()


def test_a_certain_choice_is_the_only_one_that_has_a_probability():
    action = np.array([2, 0, 1])
    assert np.array_equal(np.exp(certain(action, 3)), np.eye(3)[action])
    assert np.array_equal(first_best(np.array([[1.0, 1.0]])), certain(np.array([0]), 2))
    assert np.array_equal(share_best(np.array([[1.0, 1.0]])), np.zeros((1, 2)))


def test_a_setting_that_is_not_a_number_is_refused_too():
    task = make_task("bandit/restless4", drift_sd=1.0)
    object.__setattr__(task, "drift_sd", float("nan"))
    with pytest.raises(UserError, match="drift_sd must be at least 0, got nan"):
        check_at_least(task, drift_sd=0)
    with pytest.raises(UserError, match="drift_sd must be > 0"):
        check_above_zero(task, "drift_sd")


@pytest.mark.parametrize("make, sentence", [
    (lambda: RiskyOptimal(make_task("bandit/risky", n_trials=301)), "at most 300 trials, got 301"),
    (lambda: HorizonOptimal(make_task("bandit/horizon", horizons=(1, 21), n_trials=25)), "at most 20 free choices"),
    (lambda: earned(make_task("water_maze/contextual", size=17)), "at most 16 cells a side"),
    (lambda: make_task("mdp/random", n_states=500), "at most 1000000 transitions"),
])
def test_exact_computations_refuse_sizes_that_they_cannot_do(make, sentence):
    with pytest.raises(UserError, match=sentence):
        make()


@pytest.mark.parametrize("name, settings", [
    ("bandit/risky", {"n_trials": 301}), ("bandit/horizon", {"horizons": (1, 21), "n_trials": 25})])
def test_tasks_too_large_to_be_solved_keep_their_other_players(name, settings):
    found = players(make_task(name, **settings))
    assert "bayes-optimal" not in found and {"random", "oracle"} <= set(found)
