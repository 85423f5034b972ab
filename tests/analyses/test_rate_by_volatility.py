"""Stable and volatile learning rates come back from learners whose rates are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analyses.rate_by_volatility import OneProbability, rates_by_volatility
from cogmeta.errors import TrialTableError
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task
from tasks.volatility import VolatilityLearner


def learner(stable, volatile, inverse_temperature, n_episodes, rng):
    """Return the trials, on the volatile bandit, of one learner with these rates, by a plain loop."""
    hidden = simulate(player("random", TASK), TASK, n_episodes, seed=1).hidden
    rows = []
    for episode in range(n_episodes):
        value = [0.5, 0.5]
        for trial in range(200):
            is_volatile = bool(hidden["volatile"][trial, episode])
            choice = int(rng.random() > expit(inverse_temperature * (value[0] - value[1])))
            reward = float(rng.random() < hidden["reward_probability"][trial, episode, choice])
            for arm, paid in ((choice, reward), (1 - choice, 1 - reward)):
                value[arm] += (volatile if is_volatile else stable) * (paid - value[arm])
            rows.append(("one", episode, trial, choice, reward, is_volatile))
    return pd.DataFrame(rows, columns=["subject", "session", "trial", "choice", "reward", "volatile"])


TASK = make_task("bandit/volatile")


@pytest.mark.parametrize("stable, volatile", [(0.1, 0.4), (0.3, 0.3)])
def test_both_rates_come_back_within_four_standard_errors(stable, volatile, rng):
    row = rates_by_volatility(learner(stable, volatile, 5.0, 25, rng)).iloc[0]
    assert abs(row["learning_rate_stable"] - stable) < 4 * row["se_learning_rate_stable"]
    assert abs(row["learning_rate_volatile"] - volatile) < 4 * row["se_learning_rate_volatile"]
    assert row["se_learning_rate_volatile"] < 0.05 and row["flag"] == ""


def test_a_table_that_does_not_say_what_is_volatile_is_refused():
    with pytest.raises(TrialTableError, match="column 'volatile'"):
        rates_by_volatility(pd.DataFrame({"subject": "a", "trial": [0], "choice": [0], "reward": [1.0]}))


def test_a_learner_of_a_fixed_rate_has_one_rate():
    agent = OneProbability().for_task(TASK).agent({"learning_rate": 0.2, "inverse_temperature": 8.0})
    row = rates_by_volatility(simulate(agent, TASK, 40, seed=2).to_trials(subject="fixed")).iloc[0]
    for kind in ("stable", "volatile"):
        assert abs(row[f"learning_rate_{kind}"] - 0.2) < 4 * row[f"se_learning_rate_{kind}"]


def test_the_bayesian_learner_learns_faster_where_it_is_volatile():
    """Behrens et al. 2007: the reason why people should."""
    row = rates_by_volatility(simulate(VolatilityLearner(TASK), TASK, 40, seed=2).to_trials(subject="bayes")).iloc[0]
    gap = row["learning_rate_volatile"] - row["learning_rate_stable"]
    assert gap > 2 * np.hypot(row["se_learning_rate_volatile"], row["se_learning_rate_stable"])
