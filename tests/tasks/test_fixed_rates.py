"""The Rescorla-Wagner players learn at the rate that earns most: no other on the grid beats them."""

import numpy as np
import pytest

from cogmeta.simulate import simulate
from tasks.arms_players import rescorla_wagner
from tasks.players import players
from tasks.registry import make_task

RATES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
N_EPISODES = 2000


def earned(agent, task):
    return simulate(agent, task, N_EPISODES, seed=11).reward.sum(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["restless", "restless_low", "restless_high", "volatile", "reversal3"])
def test_no_other_fixed_rate_earns_more(name):
    """On other episodes than those on which the rates were found; all meet the same, within 3 standard errors."""
    task = make_task(f"bandit/{name}")
    ours = earned(players(task)["rescorla-wagner"], task)
    for rate in RATES:
        for inverse_temperature in (5, 10, 20, 40, 100):
            gain = earned(rescorla_wagner(task, rate, inverse_temperature), task) - ours
            assert gain.mean() <= 3 * gain.std() / np.sqrt(N_EPISODES), (rate, inverse_temperature)


@pytest.mark.slow
def test_no_other_fixed_rate_earns_more_on_drifting_arms():
    task = make_task("bandit/restless4")
    ours = earned(players(task)["rescorla-wagner"], task)
    for rate in (0.3, 0.5, 0.7, 0.8, 0.9):
        for per_point in (0.05, 0.1, 0.2, 0.3, 0.4, 0.6):
            gain = earned(rescorla_wagner(task, rate, 100 * per_point), task) - ours
            assert gain.mean() <= 3 * gain.std() / np.sqrt(N_EPISODES), (rate, per_point)
