"""Shares of informed choices, of players who choose as is known."""

import pytest

from analyses.informed_choice import informed_choice
from cogmeta.errors import TrialTableError
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task

TASK = make_task("bandit/informative")


def shares(name):
    """Return the share of each kind by trial, (kind, trial), of a reference player."""
    table = informed_choice(simulate(player(name, TASK), TASK, 500, seed=0).to_trials())
    return table.pivot(index="kind", columns="trial", values="mean")


def test_the_informed_player_takes_the_arm_that_tells_and_then_the_target():
    share = shares("informed")
    assert share.loc["informative"].tolist() == [1, 0, 0, 0, 0] and share.loc["target"].tolist() == [0, 1, 1, 1, 1]


def test_a_search_never_takes_the_arm_that_tells_and_has_found_the_target_by_chance():
    share = shares("search")
    assert (share.loc["informative"] == 0).all()
    for trial in range(5):  # one target more is known each trial; 4 standard errors of a share of 500
        assert abs(share.loc["target", trial] - 0.1 * (trial + 1)) < 4 * 0.5 / 500**0.5
    assert share.sum().to_list() == pytest.approx([1] * 5)


def test_a_table_that_does_not_say_the_target_is_refused():
    trials = simulate(player("search", TASK), TASK, 2, seed=0).to_trials().drop(columns="target")
    with pytest.raises(TrialTableError, match="column 'target'"):
        informed_choice(trials)
