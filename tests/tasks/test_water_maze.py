"""The contextual water maze: its places and moves, its bag of contexts, and players that earn what enumeration says."""

import numpy as np
import pytest

from analyses.reward_by_exposure import exposures, reward_by_exposure
from cogmeta.errors import TrialTableError, UserError
from cogmeta.simulate import replay, simulate
from tasks.players import player
from tasks.published import PUBLISHED
from tasks.registry import make_task
from tasks.water_maze import WaterMaze, neighbours
from tasks.water_maze_exact import earned, goals_when_known, random_steps, search_steps
from tasks.water_maze_players import distances

TASK = make_task("water_maze/contextual", n_exposures=3)
APART = ~np.eye(25, dtype=bool)


def played(name, n_epochs=30, task=TASK):
    return simulate(player(name, task), task, n_epochs, seed=1)


def by_exposure(name):
    return exposures(played(name).to_trials()).groupby("exposure")


def test_a_move_leads_to_the_neighbour_on_its_side_and_the_edge_holds_one_back():
    assert neighbours(5)[12].tolist() == [7, 13, 17, 11]
    assert neighbours(5)[0].tolist() == [0, 1, 5, 0] and neighbours(5)[24].tolist() == [19, 24, 24, 23]


def test_one_goes_where_the_move_leads_unless_the_goal_was_reached_or_an_episode_began():
    rollout = played("random", 5)
    place, after = TASK.place_of(rollout.observation), neighbours(5)[TASK.place_of(rollout.observation), rollout.action]
    goes_on = (rollout.reward[:-1] == 0) & ~TASK.spec.starts_episode(np.arange(1, rollout.n_steps))[:, None]
    assert (place[1:][goes_on] == after[:-1][goes_on]).all()
    assert np.array_equal(rollout.reward == 1, after == rollout.hidden["goal"])


def test_one_never_starts_at_the_goal_and_everywhere_else_alike():
    rng, task = np.random.default_rng(0), WaterMaze(n_contexts=1, n_exposures=1)
    state, observation = task.begin(6_000, rng)
    away = (task.place_of(observation) - task.hidden(state)["goal"]) % 25
    counts = np.bincount(away, minlength=25)
    assert counts[0] == 0 and np.abs(counts[1:] - 250).max() < 4.5 * np.sqrt(250)  # 24 counts: 1 in 6,000


def test_a_context_keeps_its_goal_and_its_barcode_for_the_epoch():
    table = played("random", 4).to_trials()
    cues = [name for name in table if name.startswith("cue_")]
    assert (table.groupby(["subject", "context"])[["goal", *cues]].nunique() == 1).all(axis=None)
    assert table.groupby(["subject", "context"])["block"].nunique().eq(3).all()
    assert table.groupby("context")["goal"].nunique().max() > 1


@pytest.mark.parametrize("size", [3, 4, 5])
def test_the_mean_shortest_way_is_two_thirds_of_the_size(size):
    """|difference| of two random coordinates is (n^2 - 1) / 3n in the mean; same places left out."""
    task = WaterMaze(size=size, n_contexts=3)
    assert earned(task)["shortest-path"].first_goal == pytest.approx(2 * size / 3)


def test_the_search_enters_every_place_once_and_hardly_ever_twice():
    """24 places in 24 steps is 12.5 in the mean; from every other place no way can visit all without a step in vain."""
    steps = search_steps(5)
    assert ((steps > 0) == APART).all() and steps.max() == 25
    assert all(len(np.unique(row[row > 0])) == 24 for row in steps)
    assert earned(TASK)["exhaustive-search"].first_goal == pytest.approx(12.5333, abs=1e-4)


def test_chance_needs_the_hitting_time_of_a_random_walk():
    """On 2 x 2, where half of the moves stay: b = 1 + b/2 + o/4 from beside the goal, o = 1 + o/2 + b/2 from opposite it."""
    steps = random_steps(2)
    assert steps[1, 0] == pytest.approx(6) and steps[3, 0] == pytest.approx(8)


def test_goals_in_an_episode_agree_with_an_independent_loop():
    """One place, every way: a recursion over single starts instead of shares of distances."""
    way, known = distances(3), goals_when_known(3, 7)

    def mean(goal, t):
        ways = [way[start, goal] for start in range(9) if start != goal]
        return sum(1 + mean(goal, t - d) for d in ways if d <= t) / 8

    assert [known[goal, 7] for goal in (0, 1, 4)] == pytest.approx([mean(goal, 7) for goal in (0, 1, 4)])


@pytest.mark.parametrize("name", ["random", "exhaustive-search", "shortest-path"])
def test_players_without_memory_earn_what_enumeration_says_at_every_exposure(name):
    exact = earned(TASK)[name]
    for _, table in by_exposure(name):
        assert abs(table["reward"].mean() - exact.reward) < 4 * table["reward"].sem()  # 4 standard errors
        if name != "random":  # who seldom finds the goal within the episode
            assert abs(table["steps_to_goal"].mean() - exact.first_goal) < 4 * table["steps_to_goal"].sem()


def test_memory_is_the_search_at_the_first_exposure_and_the_shortest_way_from_the_second_on():
    exact, groups = earned(TASK), dict(list(by_exposure("search-and-remember")))
    for exposure, like in ((1, "exhaustive-search"), (2, "shortest-path"), (3, "shortest-path")):
        table = groups[exposure]
        assert abs(table["steps_to_goal"].mean() - exact[like].first_goal) < 4 * table["steps_to_goal"].sem()
        assert abs(table["reward"].mean() - exact[like].reward) < 4 * table["reward"].sem()


def test_from_the_second_exposure_memory_moves_as_somebody_who_is_told_the_goal():
    rollout = played("search-and-remember", 5)
    told = replay(player("shortest-path", TASK), rollout)
    known = rollout.hidden["exposure"] > 0
    assert np.array_equal(told.logits[known], rollout.logits[known]) and not np.array_equal(told.logits, rollout.logits)


def test_the_published_numbers_are_those_of_the_enumeration():
    task = make_task("water_maze/contextual")
    exact = {name: one.reward for name, one in earned(task).items()}
    exact["search-and-remember"] = (exact["exhaustive-search"] + 9 * exact["shortest-path"]) / 10
    stated = {name: number.value for (design, name), number in PUBLISHED.items() if design == task.name}
    assert {name: round(value / 30, 4) for name, value in exact.items()} == stated


def test_a_step_may_cost():
    task = WaterMaze(n_contexts=2, n_exposures=1, n_trials=10, step_reward=-0.1)
    reward = played("shortest-path", 20, task).reward
    assert set(np.round(np.unique(reward), 6)) == {-0.1, 0.9}
    assert earned(task)["random"].reward == pytest.approx(earned(WaterMaze(n_trials=10))["random"].goals - 1)


def test_steps_to_the_goal_are_counted_to_the_first_and_never_beyond_the_episode():
    table = played("random", 10).to_trials()
    first = [next((k + 1 for k, r in enumerate(part["reward"]) if r > 0), 30)
             for _, part in table.groupby(["subject", "session", "block"], sort=False)]
    assert exposures(table)["steps_to_goal"].tolist() == first
    assert set(reward_by_exposure(table)["measure"]) == {"reward", "steps_to_goal"}


@pytest.mark.parametrize("damage, sentence", [
    (lambda table: table.drop(columns="cue_3"), r"lacks the columns \['cue_3'\]"),
    (lambda table: table.assign(state=25), r"state must be an integer in \[0, 25\), got 25 at row 0"),
    (lambda table: table.drop(index=7), "every block must be an episode with 30 answered trials"),
])
def test_tables_that_do_not_lead_back_are_refused(damage, sentence):
    with pytest.raises(TrialTableError, match=sentence):
        TASK.from_trials(damage(played("random", 2).to_trials()))


@pytest.mark.parametrize("settings, sentence", [
    ({"size": 1}, "size must lie"), ({"n_bits": 3}, "distinct barcodes"), ({"step_reward": 0.1}, "step_reward must be 0"),
    ({"goal_reward": 0.5, "step_reward": -0.5}, "step_reward must be 0"), ({"n_trials": 0}, "n_trials must be at least 1"),
])
def test_settings_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("water_maze/contextual", **settings)
