"""Three arms of which one is good for a block: blocks are as stated, and knowing their length is worth a lot."""

import numpy as np
import pytest

from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.registry import make_task
from tasks.reversal3 import HiddenStateFilter

TASK = make_task("bandit/reversal3")


def test_the_good_arm_changes_after_every_15_trials_to_either_other_arm():
    good = simulate(RandomAgent(TASK), TASK, 2000, seed=1).hidden["good_arm"]
    changed = good[1:] != good[:-1]
    assert (changed == ((np.arange(1, 90) % 15) == 0)[:, None]).all()
    shift = (good[1:] - good[:-1])[changed] % 3
    assert abs((shift == 1).mean() - 0.5) < 4 * 0.5 / np.sqrt(shift.size)
    assert (np.abs(np.bincount(good[0]) / 2000 - 1 / 3) < 4 * np.sqrt(2 / 9 / 2000)).all()


def test_random_blocks_end_after_any_trial_alike_once_in_15():
    good = simulate(RandomAgent(TASK), make_task("bandit/reversal3_random"), 2000, seed=1).hidden["good_arm"]
    changed = good[1:] != good[:-1]
    error = np.sqrt(1 / 15 * 14 / 15)
    assert abs(changed.mean() - 1 / 15) < 4 * error / np.sqrt(changed.size)
    assert (np.abs(changed.mean(axis=1) - 1 / 15) < 4.5 * error / np.sqrt(2000)).all(), "4.5 standard errors: 89 trials are looked at"
    again = changed[1:][changed[:-1]]
    assert abs(again.mean() - 1 / 15) < 4 * error / np.sqrt(again.size), "a block that has just begun is as likely to end"
    shift = (good[1:] - good[:-1])[changed] % 3
    assert abs((shift == 1).mean() - 0.5) < 4 * 0.5 / np.sqrt(shift.size)


def test_the_hidden_state_filter_is_the_best_of_the_players_where_blocks_end_at_random():
    task = make_task("bandit/reversal3_random")
    known = players(task)
    assert "block-filter" not in known
    earned = {name: simulate(agent, task, 2000, seed=3).reward.sum(axis=0) for name, agent in known.items() if name != "oracle"}
    best = earned.pop("hidden-state")
    assert all((best - other).mean() > 4 * (best - other).std() / np.sqrt(2000) for other in earned.values())


def test_the_good_arm_pays_with_point_8_and_the_others_with_point_2():
    rollout = simulate(RandomAgent(TASK), TASK, 1000, seed=2)
    good = rollout.action == rollout.hidden["good_arm"]
    for chosen, probability in [(good, 0.8), (~good, 0.2)]:
        assert abs(rollout.reward[chosen].mean() - probability) < 4 * np.sqrt(0.16 / chosen.sum())


def brute_force(actions, rewards, task):
    """Return the belief before the next trial, summed over every history of good arms, each change 1 in 15."""
    weight = {(arm,): 1 / 3 for arm in range(3)}
    for action, reward in zip(actions, rewards, strict=True):
        seen = {}
        for history, w in weight.items():
            pays = 0.8 if history[-1] == action else 0.2
            seen[history] = w * (pays if reward else 1 - pays)
        weight = {(*h, arm): w * (14 / 15 if arm == h[-1] else 1 / 30) for h, w in seen.items() for arm in range(3)}
    total = sum(weight.values())
    return [sum(w for h, w in weight.items() if h[-1] == arm) / total for arm in range(3)]


def test_the_hidden_state_filter_is_the_sum_over_all_histories(rng):
    agent = HiddenStateFilter(TASK)
    actions, rewards = rng.integers(0, 3, 6), rng.integers(0, 2, 6)
    state = agent.initial_state(1)
    for action, reward in zip(actions, rewards, strict=True):
        state = agent.learn(state, np.array([action]), np.array([float(reward)]))
    assert state.belief[0] == pytest.approx(brute_force(actions, rewards, TASK), abs=1e-12)


def test_a_filter_that_counts_trials_forgets_the_good_arm_at_the_end_of_a_block():
    agent = HiddenStateFilter(TASK, counts_trials=True)
    state = agent.initial_state(1)
    for _ in range(15):
        state = agent.learn(state, np.array([0]), np.array([1.0]))
    assert state.belief[0] == pytest.approx([0.0, 0.5, 0.5], abs=1e-6)


def test_players_earn_in_the_order_of_what_they_know():
    earned = {name: simulate(agent, TASK, 2000, seed=3).reward.sum(axis=0) for name, agent in players(TASK).items()}
    names = ("random", "rescorla-wagner", "hidden-state", "block-filter", "oracle")
    for less, more in zip(names, names[1:], strict=False):
        gain = earned[more] - earned[less]
        assert gain.mean() > 4 * gain.std() / np.sqrt(2000), (less, more)
    assert abs(earned["oracle"].mean() - 72) < 2 * earned["oracle"].std() / np.sqrt(2000)  # 90 trials of .8
    assert abs(earned["random"].mean() - 36) < 2 * earned["random"].std() / np.sqrt(2000)  # 90 of (.8 + .2 + .2) / 3
