"""The claims of the figures of returning contexts are met by who remembers, and by nobody who does not."""

from functools import lru_cache

import numpy as np
import pandas as pd
import pytest

from analyses.claims import scoreboard
from cogmeta.simulate import simulate
from figures import ritter2018_barcode, ritter2018_class, ritter2018_water_maze
from figures.returning_contexts import PLAIN, SHUT, WHOLE, at_exposures, exposure_curves
from tasks.players import player
from tasks.registry import make_task

REMEMBERS = {ritter2018_barcode: "ideal-with-memory", ritter2018_class: "ideal-with-memory",
             ritter2018_water_maze: "search-and-remember"}
FORGETS = {ritter2018_barcode: "ideal-without-memory", ritter2018_class: "ideal-without-memory",
           ritter2018_water_maze: "exhaustive-search"}
FIGURES = list(REMEMBERS)


@lru_cache
def curves(figure, name):
    """Return a reference player's curves over five exposures."""
    task = make_task(figure.TASK, n_exposures=5)
    return exposure_curves({name: [player(name, task)]}, task, 30, seed=1)


def met(figure, network):
    """Return the measures of the claims that are met if this player stood in for the network, the forgetful one for others."""
    roles = {WHOLE: network, PLAIN: FORGETS[figure], SHUT: FORGETS[figure], ritter2018_class.UNSEEN: network}
    parts = [curves(figure, name).assign(player=role) for role, name in roles.items()]
    table = pd.concat([*parts, *(curves(figure, name) for name in figure.PLAYERS)])
    board = scoreboard(figure.CLAIMS, figure.numbers({"exposure": table}))
    return {claim.measure for claim, answer in zip(figure.CLAIMS, board["met"], strict=True) if answer == "yes"}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.TASK)
def test_who_remembers_meets_every_claim(figure):
    assert met(figure, REMEMBERS[figure]) == {claim.measure for claim in figure.CLAIMS}


@pytest.mark.parametrize("figure", FIGURES, ids=lambda figure: figure.TASK)
def test_who_forgets_meets_no_claim_of_later_exposures(figure):
    of_memory = {"second", "third", "later", "unseen", "second_accuracy", "later_accuracy"}
    assert not met(figure, FORGETS[figure]) & of_memory


def test_exposures_are_put_together_seed_by_seed():
    table = pd.DataFrame({"player": "a", "measure": "reward", "exposure": [1, 2, 3, 1, 2, 3], "seed": [0, 0, 0, 1, 1, 1],
                          "mean": [1.0, 2, 4, 5, 6, 8]})
    found = at_exposures(table, "a", "reward", later=2)
    assert found[1].tolist() == [1, 5] and found["later"].tolist() == [3, 7]


def test_the_way_that_is_drawn_ends_at_the_first_goal_and_moves_one_step_at_a_time():
    task = make_task("water_maze/contextual", n_exposures=2)
    ways = ritter2018_water_maze.first_paths(simulate(player("search-and-remember", task), task, 1, seed=3).to_trials())
    assert ways.groupby(["context", "exposure"]).ngroups == 2 * ritter2018_water_maze.N_PATHS
    for _, way in ways.groupby(["context", "exposure"]):
        row, column = np.divmod(way["place"].to_numpy(), task.size)
        assert (np.abs(np.diff(row)) + np.abs(np.diff(column)) == 1).all()
        assert way["place"].iloc[-1] == way["goal"].iloc[0] and not (way["place"].iloc[:-1] == way["goal"].iloc[0]).any()
