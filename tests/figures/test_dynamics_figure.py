"""Numbers of the figure on the networks' dynamics, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.simulate import simulate
from figures import wang2018_dynamics as figure
from tasks.players import player
from tasks.registry import make_task

TASK = make_task(figure.TASK, n_trials=12)


def test_the_inputs_of_a_held_trial_are_those_of_the_task():
    rollout = simulate(player("random", TASK), TASK, 30, seed=0)
    told = {(tuple(rollout.observation[3, k]), int(rollout.previous_action[3, k]), 0.0, tuple(rollout.observation[4, k]),
             float(rollout.previous_reward[4, k])) for k in range(30)}
    held = {(*second[:2], second[2], first[0], first[2]) for second, first in (figure.held_trial(*which) for which in figure.HELD)}
    assert told <= held and len(held) == 8


def test_the_belief_that_is_shown_is_bayes_rule_on_the_last_outcome():
    """From .5, one outcome of .9 against .1, then a reversal with probability .025."""
    rollout = simulate(player("random", TASK), TASK, 50, seed=1)
    said = (rollout.observation[1, :, 1] > 0) == (rollout.reward[1] > 0)  # for state 0
    likely = 0.975 * 0.9 + 0.025 * 0.1
    assert figure._belief(rollout)[0] == pytest.approx(np.where(said, likely, 1 - likely))


def test_rests_are_counted_kind_by_kind_and_judged_by_the_better_state():
    kinds = [{"choice": c, "state": s, "reward": r, "better": s if r else 1 - s, "kind": "stable"} for c, s, r in figure.HELD]
    right = pd.DataFrame(kinds).assign(seed=0, probability_0=lambda t: 1.0 - t["better"])
    wrong = right.assign(seed=1, probability_0=lambda t: np.where(t["state"] == 0, t["probability_0"], 1 - t["probability_0"]))
    twice = pd.concat([wrong, wrong.iloc[:2], wrong.iloc[:3].assign(kind="unstable")])  # two kinds have two stable points
    lesions = pd.DataFrame({"lesion": ["no previous reward", "all units"] * 2, "reward": [0.51, 0.5, 0.6, 0.49], "seed": [0, 0, 1, 1]})
    doses = pd.DataFrame({"dose": [1.0, 0.0, -1.0] * 2, "taken": [0.9, 0.6, 0.4, 0.7, 0.8, 0.1], "seed": [0] * 3 + [1] * 3})
    found = figure.numbers({"rests": pd.concat([right, twice]), "lesions": lesions, "doses": doses})
    assert found["rests"] == pytest.approx([1.0, 6 / 8]) and found["right"][0] == 1.0
    assert found["right"][1] == pytest.approx((twice["kind"] == "stable")[(twice["state"] == 0)].sum() / 10)
    assert found["dose"] == pytest.approx([0.2, -0.1]) and found["no_reward"] == pytest.approx([0.51, 0.6])
