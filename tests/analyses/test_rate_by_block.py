"""A free learning rate a block pays for learners who change their rate, and not for those who do not."""

import pandas as pd
import pytest

from analyses.rate_by_block import fit_blocks, gain_of_a_free_rate, in_blocks
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASKS = {"low": make_task("bandit/restless_low"), "high": make_task("bandit/restless_high")}


def blocks(low, high):
    """Return the trials of a learner with one rate in slow worlds and one in fast ones, three blocks of each."""
    trials = []
    for (label, task), rate in zip(TASKS.items(), (low, high), strict=True):
        agent = make_model("bandit/rescorla_wagner").for_task(task).agent({"learning_rate": rate, "inverse_temperature": 6.0})
        trials.append(in_blocks(simulate(agent, task, 30, seed=3).to_trials(), 10, label))
    return pd.concat(trials, ignore_index=True)


def test_a_learner_of_one_rate_needs_no_free_rate():
    table = fit_blocks(blocks(0.3, 0.3), learning_rate=0.3)
    assert gain_of_a_free_rate(table) < 0
    assert (table.loc[table["model"] == "be", "learning_rate"] == 0.3).all()


def test_a_learner_that_adapts_its_rate_is_told_and_its_rates_come_back():
    table = fit_blocks(blocks(0.1, 0.6), learning_rate=0.3)
    assert gain_of_a_free_rate(table) > 0
    rates = table[table["model"] == "ab"].set_index("subject")["learning_rate"]
    assert rates.filter(like="low").mean() == pytest.approx(0.1, abs=0.05)  # 4 standard errors of a fit, 1,000 trials
    assert rates.filter(like="high").mean() == pytest.approx(0.6, abs=0.12)
