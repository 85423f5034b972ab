"""Numbers of the figures on drift and volatility, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from figures import wang2016_fig4, wang2018_fig3
from tasks.registry import make_task


def rates(pairs):
    """Return the table of rates of one seed a (stable, volatile) pair, the same in both orders, beside a learner of one rate."""
    rows = [{"player": "network", "seed": seed, "block": block, "learning_rate": pair["Volatile" in block]}
            for seed, pair in enumerate(pairs) for block in wang2018_fig3.BLOCKS]
    rows += [{"player": "fixed rate", "seed": 0, "block": block, "learning_rate": 0.3} for block in wang2018_fig3.BLOCKS]
    return pd.DataFrame(rows)


def test_seeds_that_learn_faster_where_it_is_volatile_are_counted():
    units = pd.DataFrame({"seed": [0, 1], "readout": [0.7, 0.8], "tracking": [0.2, 0.4], "tracking_inferred": [0.3, 0.5]})
    found = wang2018_fig3.numbers({"rates": rates([(0.1, 0.4), (0.3, 0.2)]), "units": units})
    assert found["faster"] == pytest.approx([0.5]) and found["rate"] == pytest.approx([0.25, 0.25])
    claim = next(claim for claim in wang2018_fig3.CLAIMS if claim.measure == "faster")
    assert claim.met(7 / 8) and not claim.met(6 / 8)


def test_the_course_of_an_episode_is_turned_to_the_arm_that_is_better_at_first():
    task = make_task("bandit/volatile")
    rollout = simulate(RandomAgent(task), task, 40, seed=0)
    first = rollout.hidden["reward_probability"][..., 0]
    course = wang2018_fig3._course(rollout, first, rollout.hidden["volatile"].astype(float))
    stable = course[course["order"] == "stable first"]
    assert np.allclose(stable["reward_probability"][:100], 0.75) and np.allclose(stable["first"], stable["reward_probability"])
    assert stable["volatility"].tolist() == [0.0] * 100 + [1.0] * 100


def test_a_unit_that_follows_volatility_tracks_it_and_one_that_follows_rewards_does_not(rng):
    task = make_task("bandit/volatile")
    rollout = simulate(RandomAgent(task), task, 40, seed=0)
    volatile = rollout.hidden["volatile"]
    reward = np.roll(rollout.reward, 1, axis=0)
    units = np.stack([volatile + 0.5 * rng.normal(size=volatile.shape), reward + 0.1 * rng.normal(size=volatile.shape)], axis=-1)
    rollout = rollout.with_agent(None, np.zeros_like(reward), activity={"hidden": units})
    assert wang2018_fig3._tracking(rollout, volatile) == 0.5


def test_gains_and_rates_of_drift_are_taken_seed_by_seed():
    bic = {"network": {"b": 30, "ab": 10, "be": 25, "abe": 12}, "fixed rate": {"b": 10, "ab": 14, "be": 13, "abe": 17}}
    fits = pd.DataFrame([
        {"player": player, "seed": 0, "subject": f"{v} 0", "model": model, "bic": value, "volatility": v,
         "learning_rate": 0.5 if v == "high" else 0.2, "inverse_temperature": 4.0}
        for player, models in bic.items() for model, value in models.items() for v in ("low", "high")])
    names = [("network", 0), ("network", -1), *((name, -1) for name in wang2016_fig4.CLASSICAL)]
    regret = pd.DataFrame([{"player": name, "seed": seed, "trial": t, "mean": t * (1.0 if name == "network" else 2.0)}
                           for name, seed in names for t in range(3)])
    found = wang2016_fig4.numbers({"fits": fits, "regret": regret})
    assert found["gain_network"] == pytest.approx([30]) and found["gain_control"] == pytest.approx([-8])
    assert found["rate"] == pytest.approx([0.3]) and found["regret"] == pytest.approx([0.5])
