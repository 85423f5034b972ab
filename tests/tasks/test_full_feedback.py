"""Full feedback: both outcomes are shown, probabilities are what was said, and the ideal player is the optimum."""

import itertools

import numpy as np
import pandas as pd
import pytest

from cogmeta.check import check_task
from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.full_feedback import IdealFullFeedback
from tasks.registry import make_task


def test_the_table_shows_what_the_other_arm_would_have_paid():
    trials = simulate(RandomAgent(task := make_task("bandit/full_feedback")), task, 50, seed=0).to_trials()
    other = np.where(trials["choice"] == 0, trials["outcome_1"], trials["outcome_0"])
    np.testing.assert_array_equal(trials["counterfactual_reward"], other)


def test_arms_pay_as_said_and_the_third_kind_swaps_halfway():
    task = make_task("bandit/full_feedback")
    rollout = simulate(RandomAgent(task), task, 4000, seed=1)
    pays, chance = rollout.hidden["outcome"], rollout.hidden["reward_probability"]
    high = chance.max(axis=2)
    for p in (0.5, 0.75, 0.83):
        best = np.take_along_axis(pays, chance.argmax(axis=2)[..., None], axis=2)[..., 0][high == p]
        assert best.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / best.size))  # 4 standard errors
    swapped = (chance[0] != chance[-1]).any(axis=1)
    np.testing.assert_array_equal(swapped, high[0] == 0.83)
    assert (chance[11] == chance[0]).all() and (chance[12] == chance[-1]).all()


def best_possible(task):
    """Expected reward of the optimum by brute force: all sequences of outcomes, the better posterior mean on each."""
    n, kinds = task.n_trials, list(itertools.product(range(len(task.pairs)), (0, 1)))
    chance = np.array([[task.probability(t, np.array([kind]), np.array([better]))[0] for t in range(n)] for kind, better in kinds])
    total = 0.0
    for sequence in itertools.product(itertools.product((0, 1), repeat=2), repeat=n):
        likely = np.full(len(kinds), 1 / len(kinds))
        for t, outcome in enumerate(sequence):
            worth = likely @ chance[:, t] / likely.sum()
            likely = likely * np.prod(np.where(np.array(outcome) == 1, chance[:, t], 1 - chance[:, t]), axis=1)
            # each prefix is met once a continuation: divide by how many there are
            total += likely.sum() * outcome[int(worth[1] > worth[0])] / 4 ** (n - 1 - t)
    return total


def test_the_ideal_player_earns_what_brute_force_over_all_outcomes_says():
    task = make_task("bandit/full_feedback", n_trials=4)
    reward = simulate(IdealFullFeedback(task), task, 40_000, seed=2).reward.sum(axis=0)
    assert reward.mean() == pytest.approx(best_possible(task), abs=4 * reward.std() / 200)  # 4 standard errors


def test_partial_feedback_shows_nothing_and_has_no_column():
    task = make_task("bandit/full_feedback", complete=False)
    check_task(task)
    assert "counterfactual_reward" not in simulate(RandomAgent(task), task, 2, seed=0).to_trials()


@pytest.mark.parametrize(("change", "sentence"), [
    (lambda t: t.drop(columns="counterfactual_reward"), "lacks the column 'counterfactual_reward'"),
    (lambda t: t.assign(counterfactual_reward=t["counterfactual_reward"].where(t.index != 5)), "missing at row 5"),
])
def test_a_table_that_does_not_show_both_outcomes_is_refused(change, sentence):
    task = make_task("bandit/full_feedback")
    trials = simulate(RandomAgent(task), task, 2, seed=0).to_trials()
    with pytest.raises(UserError, match=sentence):
        task.from_trials(change(trials))


def test_people_s_table_without_hidden_columns_goes_there_and_back():
    task = make_task("bandit/full_feedback")
    trials = simulate(RandomAgent(task), task, 3, seed=0).to_trials()
    shown = trials[["subject", "trial", "choice", "reward", "counterfactual_reward"]]
    again = task.from_trials(shown).to_trials()
    last = again["trial"] == task.n_trials - 1
    pd.testing.assert_series_equal(again["counterfactual_reward"][~last], shown["counterfactual_reward"][~last])


@pytest.mark.parametrize(("settings", "says"), [
    ({"pairs": ((0.5, 1.5),), "swaps": (True,)}, "pairs must hold"),
    ({"swaps": (True,)}, "swaps must say"),
    ({"n_trials": 0}, "n_trials must be at least 1"),
])
def test_settings_that_cannot_be_are_refused(settings, says):
    with pytest.raises(UserError, match=says):
        make_task("bandit/full_feedback", **settings)
