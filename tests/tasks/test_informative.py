"""The bandit with an informative arm: its pay is the paper's, and its players earn what can be computed by hand."""

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.informative import Informed
from tasks.players import players
from tasks.registry import make_task

TASK = make_task("bandit/informative")


def test_the_target_pays_5_others_1_and_the_informative_arm_a_tenth_of_the_targets_number():
    rollout = simulate(RandomAgent(TASK), TASK, 2000, seed=0)
    target, action, reward = rollout.hidden["target"], rollout.action, rollout.reward
    assert (reward[action == target] == 5).all()
    assert (reward[(action != target) & (action < 10)] == 1).all()
    assert np.allclose(reward[action == 10], 0.1 * (target[action == 10] + 1))
    share = np.bincount(target[0], minlength=10) / 2000
    assert (np.abs(share - 0.1) < 4 * np.sqrt(0.1 * 0.9 / 2000)).all()


@pytest.mark.parametrize(
    "name, expected",
    [("random", 6.614), ("each-arm-once", 6.614), ("search", 11.0), ("informed", 20.55), ("oracle", 25)],
)
def test_players_earn_what_is_computed_by_hand(name, expected):
    """Five arms of (9 + 5 + .55) / 11 each; 11.0 and 20.55 as in their docstrings; within 2 standard errors."""
    earned = simulate(players(TASK)[name], TASK, 10_000, seed=3).reward.sum(axis=0)
    assert abs(earned.mean() - expected) <= 2 * earned.std() / np.sqrt(10_000) + 5e-4  # rounding of 6.614


def test_the_informed_player_takes_the_informative_arm_once_and_the_target_ever_after():
    rollout = simulate(Informed(TASK), TASK, 200, seed=1)
    assert (rollout.action[0] == 10).all() and (rollout.action[1:] == rollout.hidden["target"][1:]).all()


def test_searching_never_tries_an_arm_twice_before_it_finds_the_target():
    rollout = simulate(players(TASK)["search"], TASK, 500, seed=1)
    for episode in range(500):
        arms, found = rollout.action[:, episode], rollout.reward[:, episode] == 5
        tried = arms[: found.argmax() + 1] if found.any() else arms
        assert len(set(tried)) == len(tried) and 10 not in tried


def test_an_arm_that_tells_nothing_is_refused():
    with pytest.raises(UserError, match="tells nothing"):
        make_task("bandit/informative", hint=0.0)
