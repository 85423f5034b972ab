"""Harlow's task with vectors: pairs, sides and rewards are as stated; the ideal player is right half the time, then always."""

import numpy as np
import pandas as pd
import pytest

from analyses.best_arm import best_arm
from analyses.learning_curve import learning_curve
from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import TrialTableError, UserError
from cogmeta.simulate import replay, simulate
from tasks.harlow import IDLE, LEFT, RIGHT
from tasks.players import player
from tasks.registry import make_task
from tasks.uniform_of import uniform_of

TASK = make_task("harlow/vector")
MANY = make_task("harlow/session")


def accuracy(name, task, n_episodes=4000, seed=1):
    """Return how often a player takes the better object, by trial of the pair."""
    trials = simulate(player(name, task), task, n_episodes, seed).to_trials()
    assert trials["choice"].notna().all()
    return (trials["choice"] == trials["better"]).astype(float).groupby(trials["trial"]).mean().to_numpy()


@pytest.mark.parametrize("task", [TASK, MANY])
def test_the_ideal_player_guesses_once_and_is_right_ever_after(task):
    found = accuracy("ideal", task)
    assert abs(found[0] - 0.5) < 4 * 0.5 / np.sqrt(4000)
    assert (found[1:] == 1.0).all()


def test_measures_of_bandits_apply_trial_by_trial_of_a_pair():
    trials = simulate(player("ideal", MANY), MANY, 200, 1).to_trials()
    curve = learning_curve(trials, MANY.spec.reward_range).set_index(["measure", "trial"])["mean"]
    assert curve["best_arm"].index.tolist() == list(range(6)) and (curve["best_arm"][1:] == 1).all()
    assert best_arm(trials)["regret"].sum() == (trials["reward"] < 0).sum() > 0


def test_the_oracle_is_always_right():
    assert (accuracy("oracle", MANY) == 1.0).all()


@pytest.mark.parametrize("name", ["random", "side win-stay-lose-shift"])
def test_who_does_not_look_at_the_objects_stays_at_chance(name):
    assert (np.abs(accuracy(name, TASK) - 0.5) < 4 * 0.5 / np.sqrt(4000)).all()


def test_the_side_that_paid_is_taken_again_by_the_player_of_sides():
    trials = simulate(player("side win-stay-lose-shift", TASK), TASK, 300, 2).to_trials()
    side, paid = trials["side"].to_numpy(int), trials["reward"].to_numpy() > 0
    same_episode = trials["subject"].to_numpy()[1:] == trials["subject"].to_numpy()[:-1]
    assert ((side[1:] == side[:-1]) == paid[:-1])[same_episode].all()


def test_sides_are_drawn_anew_every_trial_and_the_better_object_once_a_pair():
    hidden = simulate(player("random", MANY), MANY, 3000, 3).hidden
    left, better = hidden["left"][::2], hidden["better"][::2]
    assert abs((left[1:] == left[:-1]).mean() - 0.5) < 4 * 0.5 / np.sqrt(left[1:].size)
    same_pair = np.arange(1, 24) % 6 > 0
    assert (better[1:] == better[:-1])[same_pair].all()
    swapped = (better[1:] != better[:-1])[~same_pair]
    assert abs(swapped.mean() - 0.5) < 4 * 0.5 / np.sqrt(swapped.size)
    objects = hidden["object"][::2]
    assert (objects[1:] == objects[:-1])[same_pair].all() and (objects[1:] != objects[:-1])[~same_pair].all()
    assert (objects[..., 0] != objects[..., 1]).all()


def test_training_and_test_objects_are_disjoint():
    seen = [simulate(player("random", task), task, 500, 4).hidden["object"] for task in
            (make_task("harlow/vector", objects="train", n_objects=50), make_task("harlow/vector", objects="test", n_objects=50))]
    train, test = (set(np.unique(objects)) for objects in seen)
    assert train == set(range(50)) and test == set(range(50, 100))


def played(task, actions, n_episodes=200, seed=5):
    """Return the rewards of the same actions in every episode, and what was shown, step by step."""
    rng = np.random.default_rng(seed)
    state, observation = task.begin(n_episodes, rng)
    rewards, shown = [], [observation]
    for action in actions:
        state, observation, reward, _ = task.advance(state, np.full(n_episodes, action), rng)
        rewards.append(reward)
        shown.append(observation)
    return rewards, shown


def test_fixation_pays_and_brings_two_vectors_of_which_one_pays():
    rewards, shown = played(TASK, [IDLE, RIGHT, IDLE, LEFT])
    assert (shown[0] == [1] + 16 * [0]).all() and (shown[1][:, 0] == 0).all() and (shown[1][:, 1:] != 0).all()
    assert (rewards[0] == 0.2).all() and set(rewards[1]) == {1.0, -1.0}
    same_side = (shown[1][:, 1] == shown[3][:, 1])  # sides swap between trials in half of the episodes
    assert (np.where(same_side, rewards[1] != rewards[3], rewards[1] == rewards[3])).all()


def test_without_fixation_nothing_appears_nothing_is_paid_and_the_trial_is_missing():
    rewards, shown = played(TASK, [LEFT, RIGHT])
    assert not shown[1].any() and not rewards[0].any() and not rewards[1].any()
    trials = simulate(LSTMActorCritic.for_task(TASK, n_units=4), TASK, 200, 6).to_trials()
    lost = ~trials["actions"].str.fullmatch("I[LR]")
    assert lost.any() and (trials["choice"].isna() == lost).all() and (trials["reward"].isna() == lost).all()


def test_vectors_are_standard_normal_and_belong_to_their_number():
    uniform = uniform_of(np.arange(20_000), 8)
    n = uniform.size
    assert abs(uniform.mean() - 0.5) < 4 * np.sqrt(1 / 12 / n) and abs(uniform.var() - 1 / 12) < 4 * np.sqrt(1 / 180 / n)
    assert np.abs(np.corrcoef(uniform.T) - np.eye(8)).max() < 5 / np.sqrt(20_000)
    assert np.unique(uniform).size == n
    looks = TASK._look(np.array([[3, 4], [4, 3]]))
    assert (looks[0] == looks[1][::-1]).all() and not (looks[0, 0] == looks[0, 1]).any()


def test_a_table_of_choices_alone_is_played_by_who_fixates():
    trials = simulate(player("ideal", MANY), MANY, 5, 7)
    table = trials.to_trials().drop(columns=["actions", "side"])
    back = MANY.from_trials(table)
    assert np.array_equal(back.action, trials.action) and np.array_equal(back.observation, trials.observation)


def test_people_who_miss_trials_are_replayed_without_them():
    table = simulate(player("ideal", TASK), TASK, 4, 8).to_trials().drop(columns="actions")
    table.loc[[1, 8], ["choice", "side", "reward"]] = pd.NA
    back = TASK.from_trials(table)
    assert back.valid.sum() == 2 * 22 and set(back.row[back.valid]) == set(range(24)) - {1, 8}
    assert np.isfinite(replay(player("random", TASK), back).log_likelihood).all()


@pytest.mark.parametrize("change, sentence", [
    ({"drop": "left"}, "lacks the columns"), ({"better": 1}, "gives -1|gives 1"), ({"actions": "I"}, "2 letters"),
])
def test_a_table_that_does_not_fit_is_answered_with_what_to_do(change, sentence):
    table = simulate(player("ideal", TASK), TASK, 3, 9).to_trials()
    table = table.drop(columns=change["drop"]) if "drop" in change else table.assign(**change)
    with pytest.raises(TrialTableError, match=sentence):
        TASK.from_trials(table)


@pytest.mark.parametrize("settings, sentence", [
    ({"n_trials": 0}, "n_trials must be at least 1"), ({"unrewarded": 0.5}, "unrewarded"), ({"objects": "tset"}, "'test'"),
    ({"n_objects": 1}, "n_objects"), ({"fixation_reward": 2.0}, "fixation_reward"), ({"object_size": 0}, "object_size"),
])
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("harlow/vector", **settings)
