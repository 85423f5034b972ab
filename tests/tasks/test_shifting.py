"""Shifting volatility: arms swap in volatile spells alone, with the hazards that are stated."""

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/shifting_volatility")


@pytest.fixture(scope="module")
def hidden():
    """Return what 500 episodes hide."""
    return simulate(RandomAgent(TASK), TASK, 500, seed=0).hidden


def within(share, expected, n):
    """Whether a share lies within 4 standard errors of a probability."""
    return abs(share - expected) < 4 * np.sqrt(expected * (1 - expected) / n)


def test_arms_swap_in_volatile_spells_alone_and_spells_end_with_the_stated_hazards(hidden):
    volatile, better = hidden["volatile"], hidden["reward_probability"].argmax(axis=-1)
    swap, shift = better[1:] != better[:-1], volatile[1:] != volatile[:-1]
    assert not swap[~volatile[1:]].any()
    assert within(swap[volatile[1:]].mean(), 0.04, volatile[1:].sum())
    assert within(shift.mean(), 0.01, shift.size)


def test_the_better_arm_pays_as_stated_and_the_other_the_rest(hidden):
    pays, volatile = hidden["reward_probability"], hidden["volatile"]
    assert np.allclose(pays.max(axis=-1), np.where(volatile, 0.8, 0.75)) and np.allclose(pays.sum(axis=-1), 1)
    for share in (volatile[0].mean(), pays[0].argmax(axis=-1).mean()):
        assert within(share, 0.5, 500)


def test_hazards_are_probabilities():
    with pytest.raises(UserError, match="shift_hazard must lie in"):
        make_task("bandit/shifting_volatility", shift_hazard=2.0)
