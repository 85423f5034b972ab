"""What figure 7 of Wang et al. 2018 adds to the prediction error, and when."""

import numpy as np
import pytest

from cogmeta.agents import StimulatedPair
from cogmeta.agents.surprised_pair import SurprisedPair
from cogmeta.simulate import simulate
from figures.wang2018_fig7 import MANIPULATIONS, stimulation
from tasks.registry import make_task

TASK = make_task("bandit/risky")


@pytest.mark.parametrize(("condition", "risky", "paid", "added"), [
    ("block_risky", True, 1.0, -1.0), ("block_certain", False, 0.25, -0.25), ("stimulate", True, 0.0, 1.0)])
def test_a_manipulation_acts_after_its_own_outcome_alone(condition, risky, paid, added):
    """Until it first acts, a network behaves as the one that is left alone, so the two differ by what is added."""
    pair = SurprisedPair.for_task(TASK, n_units=6, seed=1)
    alone = simulate(pair, TASK, 200, seed=3, record=("outcome",))
    moved = simulate(StimulatedPair(pair, stimulation(condition, TASK)), TASK, 200, seed=3, record=("outcome",))
    pressed = alone.previous_action == alone.hidden["risky_lever"]
    acts = (pressed == risky) & (alone.previous_reward == paid) & (np.arange(alone.n_steps) > 0)[:, None]
    first = np.cumsum(acts, axis=0) == 1
    change = (moved.activity["outcome"] - alone.activity["outcome"])[..., 0]
    assert change[acts & first] == pytest.approx(np.full((acts & first).sum(), added), abs=1e-5)  # float32
    assert (change[np.cumsum(acts, axis=0) == 0] == 0).all() and (acts & first).sum() > 100


def test_every_manipulation_scales_with_its_strength():
    heard = np.array([0.0, 0.25, 1.0])
    for condition in MANIPULATIONS:
        one, three = (stimulation(condition, TASK, strength)(5, None, None, heard) for strength in (1.0, 3.0))
        assert (three == 3 * one).all() and np.count_nonzero(one) == 1
