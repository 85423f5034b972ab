"""Mazes of Duan et al. 2016: what is counted of a visit, and that the walls drawn are those of the maze."""

import numpy as np
import pytest

from figures.duan2016_mazes import better, example, five_visits, lengths, visits, walls_of
from tasks.labyrinths import EAST, SOUTH
from tasks.maze_players import Searcher, ShortestPath, WallFollower
from tasks.registry import make_task


def test_lengths_are_those_of_successes_alone_and_stand_beside_the_published():
    steps, found = np.array([[10, 20, 250], [10, 30, 20]]), np.array([[True, True, False], [True, False, True]])
    first, second = lengths(steps, found, "small")
    assert first["mean"] == 15 and first["success"] == pytest.approx(2 / 3) and first["sem"] == pytest.approx(5.0)
    assert (first["published"], second["published"], second["published_success"]) == (52.4, 39.1, 0.996)


def test_a_target_that_was_not_found_counts_as_the_longest_way():
    steps = np.array([[10, 20, 250, 30, 250], [10, 15, 240, 250, 250]])
    found = np.array([[True, True, False, True, False], [True, True, True, False, False]])
    assert better(steps, found) == {"shorter": pytest.approx(0.4), "as long": pytest.approx(0.2)}


def test_visits_are_as_long_as_the_shortest_way_for_who_knows_it():
    task = five_visits("maze/grid5")
    steps, found = visits(ShortestPath(task), task, 50, seed=0)
    state, _ = task.begin(50, np.random.default_rng(0).spawn(2)[0])
    assert steps.shape == (5, 50) and found.all()
    mazes = task.labyrinths
    assert (steps == mazes.distance[state.maze, mazes.start[state.maze]]).all()


def test_who_remembers_improves_and_who_does_not_takes_as_long():
    task = five_visits("maze/grid5")
    follower, searcher = (better(*visits(player, task, 200, seed=0)) for player in (WallFollower(task), Searcher(task)))
    assert follower == {"shorter": 0.0, "as long": 1.0}
    assert searcher["shorter"] > 0.5 and searcher["shorter"] + searcher["as long"] == 1.0


def test_every_inner_wall_is_drawn_once_and_no_opening_is():
    task = make_task("maze/grid5", mazes="test")
    walls, opening = walls_of(task, 7), task.labyrinths.opening[7]
    assert len(walls) == 40 - opening[[EAST, SOUTH]].sum() == 16  # a tree on 25 cells opens 24 of the 40 inner edges
    for _, wall in walls.iterrows():
        x, y = (wall["x"] + wall["x_end"]) / 2, (wall["y"] + wall["y_end"]) / 2
        heading = EAST if wall["x"] == wall["x_end"] else SOUTH
        assert not opening[heading, int(5 * np.floor(y) + np.floor(x)) if heading == EAST else int(5 * np.floor(y) + x)]


def test_the_way_that_is_shown_begins_twice_at_the_start_and_moves_by_cells():
    way, _ = example(Searcher(make_task("maze/grid5")), seed=0, n=40)
    first, second = (way[way["visit"] == visit] for visit in (1, 2))
    assert len(second) < len(first) and set(way["visit"]) == {1, 2}
    assert first.iloc[0].drop("visit").tolist() == second.iloc[0].drop("visit").tolist()
    moved = first[["row", "column"]].diff().abs().sum(axis=1)
    assert moved.max() == 1
