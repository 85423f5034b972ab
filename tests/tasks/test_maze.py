"""Mazes: trees with exact distances; a searcher that remembers goes the shortest way; frames are what geometry says."""

from collections import deque

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.labyrinths import EAST, FORWARD, LEFT, RIGHT, SOUTH, labyrinths
from tasks.maze import SEEN, Maze
from tasks.maze_pixels import MazePixels, cast_rays
from tasks.maze_players import maze_players
from tasks.registry import make_task

MOVES = np.array([[-1, 0], [0, 1], [1, 0], [0, -1]])


def can_go(mazes, k, cell, heading):
    return bool(mazes.opening[k, heading, cell])


def reached(mazes, k):
    """Return how many cells can be reached from cell 0 of a maze."""
    seen, queue = {0}, deque([0])
    while queue:
        cell = queue.popleft()
        for heading in range(4):
            if can_go(mazes, k, cell, heading):
                row, column = divmod(cell, mazes.size) + MOVES[heading]
                assert 0 <= row < mazes.size and 0 <= column < mazes.size, "an opening leads out of the maze"
                assert can_go(mazes, k, row * mazes.size + column, (heading + 2) % 4), "an opening leads one way only"
                if row * mazes.size + column not in seen:
                    seen.add(row * mazes.size + column)
                    queue.append(row * mazes.size + column)
    return len(seen)


@pytest.mark.parametrize("size", [2, 5, 9])
def test_mazes_are_spanning_trees_and_loops_open_further_walls(size):
    tree, looped = labyrinths(size, 0, 30, 0.0), labyrinths(size, 0, 30, 0.5)
    n_openings = tree.opening[:, [EAST, SOUTH]].sum(axis=(1, 2))
    assert (n_openings == size**2 - 1).all()
    assert all(reached(tree, k) == size**2 for k in range(30)), "as many openings as a tree, and connected: a tree"
    assert (looped.opening >= tree.opening).all()
    closed, opened = 2 * size * (size - 1) - n_openings, looped.opening[:, [EAST, SOUTH]].sum(axis=(1, 2)) - n_openings
    sd = np.sqrt(closed.sum() / 4)
    assert abs(opened.sum() - closed.sum() / 2) < 4 * sd + 1e-9  # each by a fair coin; four standard errors


def test_a_maze_is_its_number_and_the_two_sets_share_none():
    few, many = labyrinths(5, 3, 2, 0.0), labyrinths(5, 0, 10, 0.0)
    for name in ("opening", "start", "target"):
        assert np.array_equal(getattr(few, name), getattr(many, name)[3:5])
    train, test = (Maze(mazes=which).labyrinths.opening.reshape(1000, -1) for which in ("train", "test"))
    assert not {maze.tobytes() for maze in train} & {maze.tobytes() for maze in test}


def test_starts_and_targets_are_everywhere_and_never_the_same():
    mazes = Maze().labyrinths
    assert (mazes.start // 4 != mazes.target).all()
    for place, n in ((mazes.start // 4, 25), (mazes.target, 25), (mazes.start % 4, 4)):
        count = np.bincount(place, minlength=n)
        assert ((count - 1000 / n) ** 2 / (1000 / n)).sum() < n - 1 + 5 * np.sqrt(2 * n)  # chi squared, five of its SDs


@pytest.mark.parametrize("loops", [0.0, 0.3])
def test_distances_are_those_of_a_search_that_goes_back_from_the_target(loops):
    mazes = labyrinths(5, 0, 20, loops)
    for k in range(20):
        expected = np.full(100, -1)
        queue = deque(4 * mazes.target[k] + h for h in range(4))
        expected[list(queue)] = 0
        while queue:
            cell, heading = divmod(queue.popleft(), 4)
            before = [4 * cell + (heading + turn) % 4 for turn in (-1, 1)]
            row, column = divmod(cell, 5) - MOVES[heading]
            if 0 <= row < 5 and 0 <= column < 5 and can_go(mazes, k, 5 * row + column, heading):
                before.append(4 * (5 * row + column) + heading)
            for place in before:
                if expected[place] < 0:
                    expected[place] = expected[4 * cell + heading] + 1
                    queue.append(place)
        assert mazes.distance[k].tolist() == expected.tolist()


def visits(agent, task, n=300):
    """Return (n_visits, n) steps of each visit, and the rollout."""
    rollout = simulate(agent, task, n, seed=0)
    trials = rollout.to_trials().astype({"subject": int})
    steps = trials.groupby(["subject", "block"]).size().unstack().to_numpy().T
    return steps, rollout


@pytest.mark.parametrize("name", ["maze/grid5", pytest.param("maze/grid9", marks=pytest.mark.slow)])
def test_who_remembers_goes_the_shortest_way_the_second_time_and_who_does_not_searches_again(name):
    task = make_task(name)
    blind, follower, searcher, best = (visits(agent, task)[0] for agent in maze_players(task))
    assert (follower[0] == follower[1]).all(), "no memory: the same search twice"
    assert (searcher[0] == follower[0]).all()
    assert (searcher[1] == best[1]).all() and (best[0] == best[1]).all()
    mazes, played = task.labyrinths, simulate(maze_players(task)[3], task, 300, seed=0).hidden["maze"][0]
    assert (best[0] == mazes.distance[played, mazes.start[played]]).all()
    assert best[0].mean() < follower[0].mean() < blind[0].mean()


def test_with_loops_the_searcher_s_own_way_is_no_longer_than_its_search():
    task = Maze(loops=0.2, name="maze/loops")
    _, _, searcher, best = (visits(agent, task)[0] for agent in maze_players(task))
    found = searcher[0] < task.visit_steps
    assert 0.8 < found.mean() < 1  # walls of inner islands are followed for ever: .88 +- .02 find the target
    assert (searcher[1] <= searcher[0])[found].all() and (best[1] <= searcher[1])[found].all()


def test_a_visit_pays_for_the_target_and_costs_its_steps_and_bumps():
    task = make_task("maze/grid5")
    rollout = simulate(maze_players(task)[0], task, 200, seed=1)
    bumped = np.zeros(200)
    mazes = task.labyrinths
    for t in range(len(rollout.action)):
        maze, place, action = rollout.hidden["maze"][t], rollout.hidden["place"][t], rollout.action[t]
        bumped += rollout.valid[t] & (action == FORWARD) & ~mazes.opening[maze, place % 4, place // 4]
    found = (rollout.reward > 0.5).sum(axis=0)
    total = np.where(rollout.valid, rollout.reward, 0).sum(axis=0)
    np.testing.assert_allclose(total, found - 0.04 * rollout.valid.sum(axis=0) - 0.001 * bumped, atol=1e-9)  # rounding
    assert bumped.sum() > 1000 and 0 < found.sum() < 400


def test_what_is_seen_is_what_a_walk_ahead_would_meet():
    task = Maze(sight=3)
    mazes, rng = task.labyrinths, np.random.default_rng(0)
    for _ in range(200):
        k, place = rng.integers(1000), rng.integers(100)
        cell, heading = divmod(place, 4)
        expected, seeing = [], True
        for _ in range(3):
            sides = [can_go(mazes, k, cell, (heading + turn) % 4) for turn in (0, -1, 1)] if seeing else [True, False, False]
            expected += [seeing, seeing and not sides[0], sides[1], sides[2], seeing and cell == mazes.target[k]]
            seeing = seeing and sides[0]
            cell = cell + [-5, 1, 5, -1][heading] if seeing else cell
        assert task.view(np.array([k]), np.array([place]))[0].astype(bool).tolist() == expected
    assert len(SEEN) == 5


def marched(mazes, k, place, slope, step=1e-3):
    """Walk along a ray in small steps until a wall; return how far ahead that is, and where the target's cell began."""
    cell, heading = divmod(place, 4)
    ahead, right = MOVES[heading], MOVES[(heading + 1) % 4]
    row, column = divmod(cell, 5)
    entered = None
    for t in np.arange(step, 12, step):
        spot = np.array(divmod(cell, 5)) + 0.5 + t * ahead + t * slope * right
        new = np.floor(spot).astype(int)
        if (new == [row, column]).all():
            continue
        way = next(h for h in range(4) if (MOVES[h] == new - [row, column]).all())
        if not can_go(mazes, k, 5 * row + column, way):
            return t, way, entered
        row, column = new
        if entered is None and 5 * row + column == mazes.target[k]:
            entered = t
    raise AssertionError("a ray left the maze")


def test_rays_end_where_a_walk_along_them_meets_a_wall():
    task = MazePixels(width=8)  # an even number: no ray runs along the middle, none through a corner of the grid
    mazes, rays, rng = task.labyrinths, cast_rays(8, 90.0, 5), np.random.default_rng(3)
    slopes = (2 * np.arange(8) + 1) / 8 - 1
    for _ in range(12):
        k, place = rng.integers(1000), rng.integers(100)
        hit, target, facing = (found[0] for found in task._cast(np.array([k]), np.array([place // 4]), np.array([place % 4])))
        for column in range(8):
            distance, way, entered = marched(mazes, k, place, slopes[column])
            assert rays.distance[column, hit[column]] == pytest.approx(distance, abs=2e-3)  # the walk's own step, twice
            assert facing[column] == way
            assert (entered is None) == (target[column] == rays.distance.shape[1])
            if entered is not None:
                assert rays.distance[column, target[column]] == pytest.approx(entered, abs=2e-3)


def test_frames_show_near_walls_tall_the_target_red_and_the_same_whatever_the_batch():
    task = MazePixels(width=41, height=31)
    mazes = task.labyrinths
    k, place = next((k, p) for k in range(1000) for p in range(100)
                    if mazes.distance[k, p] == 1 and mazes.after[k, p, FORWARD] // 4 == mazes.target[k])
    frame = task.view(np.array([k]), np.array([place])).reshape(31, 41, 3)
    red = (frame[..., 0] > 2 * frame[..., 1]) & (frame[..., 0] > 2 * frame[..., 2])
    assert red[20:, 20].any() and not red[:15].any(), "a block on the floor straight ahead, below the horizon"
    wall = next(p for p in range(100) if not mazes.opening[k, p % 4, p // 4])
    alone = task.view(np.array([k]), np.array([wall])).reshape(31, 41, 3)
    assert (alone[:, 20] == alone[15, 20]).all(), "a wall half a cell away fills the view"
    both = task.view(np.array([[k, k]]), np.array([[place, wall]])).reshape(2, 31, 41, 3)
    assert np.array_equal(both[0], frame) and np.array_equal(both[1], alone)


def test_turning_left_and_right_undo_each_other_and_walls_stop():
    mazes = Maze().labyrinths
    places, rows = np.arange(100), np.arange(1000)[:, None]
    assert (mazes.after[rows, mazes.after[..., LEFT], RIGHT] == places).all()
    stopped = mazes.after[..., FORWARD] == places
    assert np.array_equal(stopped, ~mazes.opening[:, places % 4, places // 4])


@pytest.mark.parametrize(("call", "message"), [
    (lambda: Maze(size=1), r"size must lie in \[2, 32\]"),
    (lambda: Maze(loops=1.5), "loops is a probability"),
    (lambda: Maze(mazes="validation"), "unknown set of mazes"),
    (lambda: MazePixels(field_of_view=180), r"field of view in \(0, 120\]"),
    (lambda: Maze().from_trials(trials().drop(columns="maze")), "lacks the column 'maze'"),
    (lambda: Maze(n_mazes=2).from_trials(trials().assign(maze=7)), r"maze must be an integer in \[0, 2\)"),
])
def test_what_cannot_be_is_refused_with_what_to_do(call, message):
    with pytest.raises(UserError, match=message):
        call()


def trials():
    task = Maze(n_trials=5)
    return simulate(maze_players(task)[0], task, 2, seed=0).to_trials()
