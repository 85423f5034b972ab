"""Lives between chance and the optimum: both ends are where those are who play by chance, and who know."""

import numpy as np
import pytest

from analyses.life_curve import life_curve, steps_to_criterion, thinned
from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from tasks.life_bounds import chance_return, life_bounds
from tasks.mdp import Processes
from tasks.players import player
from tasks.registry import make_task

LIVES = {
    "mdp/random": ({"n_trials": 300}, "optimum"), "bandit/barcode": ({"n_exposures": 3}, "oracle"),
    "water_maze/contextual": ({"n_contexts": 2, "n_exposures": 15}, "shortest-path"),
    "bandit/contextual_choice": ({}, "oracle"),
}


@pytest.mark.parametrize("name", LIVES)
def test_chance_scores_zero_and_who_knows_scores_one(name):
    settings, knows = LIVES[name]
    task = make_task(name, **settings)
    for agent, score in ((RandomAgent(task), 0.0), (player(knows, task), 1.0)):
        seeds = [life_curve(agent, task, 40, seed)["score"].mean() for seed in range(4)]
        error = np.std(seeds, ddof=1) / 2
        assert np.mean(seeds) == pytest.approx(score, abs=4 * error + 0.005)  # 4 standard errors of four seeds


def test_chance_in_a_process_is_what_enumeration_of_its_ways_gives():
    rng = np.random.default_rng(0)
    weight, reward = rng.random((1, 2, 2, 2)), rng.normal(size=(1, 2, 2))
    transition = weight / weight.sum(axis=-1, keepdims=True)

    def worth(place, left):
        if not left:
            return 0.0
        ways = [reward[0, place, a] + sum(transition[0, place, a, to] * worth(to, left - 1) for to in (0, 1)) for a in (0, 1)]
        return sum(ways) / 2

    assert chance_return(Processes(transition, reward, 4))[0] == pytest.approx(worth(0, 4))


def test_a_learner_that_never_reaches_the_criterion_is_given_its_whole_life():
    task = make_task("bandit/barcode", n_exposures=3)
    curve = life_curve(RandomAgent(task), task, 20, seed=0)
    assert steps_to_criterion(curve) == (300.0, False)
    assert thinned(curve, 10)["steps"].tolist() == list(range(30, 301, 30))


def test_a_task_without_known_bounds_is_refused():
    task = make_task("bandit/easy")
    with pytest.raises(UserError, match="chance and optimum of a life are known for"):
        life_bounds(task, task.begin(1, np.random.default_rng(0))[0])
