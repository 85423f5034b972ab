"""The claims of the episodic two-step figure are met by who plans with single visits, and by no other strategy."""

import pandas as pd
import pytest

from analyses.claims import scoreboard
from figures.ritter2018_two_step import CLAIMS, EPISODIC, NETWORK, SHUT, compute, numbers


@pytest.fixture(scope="module")
def tables():
    """Staying, effects and rewards of the reference players alone."""
    return compute({EPISODIC: []}, seed=3)


def met(tables, network, shut="model-based"):
    """Return the measures of the claims that are met if these players stood in for the network and its lesion."""
    roles = {NETWORK: network, SHUT: shut}
    taken = {part: pd.concat([table, *(table[table["player"] == name].assign(player=role) for role, name in roles.items())])
             for part, table in tables.items()}
    board = scoreboard(CLAIMS, numbers(taken))
    return {claim.measure for claim, answer in zip(CLAIMS, board["met"], strict=True) if answer == "yes"}


def test_a_planner_with_single_visits_meets_every_claim(tables):
    assert met(tables, "episodic-model-based") == {claim.measure for claim in CLAIMS}


def test_a_planner_without_memory_of_visits_has_no_episodic_effect_and_earns_no_more(tables):
    assert not met(tables, "model-based") & {"interaction", "earned", "recalls"}


def test_repeating_the_action_that_paid_is_no_planning(tables):
    assert not met(tables, "episodic-model-free") & {"uncued", "episodic", "interaction", "plans", "recalls"}


def test_a_lesion_that_leaves_the_episodic_effect_is_noticed(tables):
    assert not met(tables, "episodic-model-based", shut="episodic-model-based") & {"shut", "shut_weight"}
