"""Baited arms: rewards wait, base probabilities come from where they should, and who matches shows a slope of one."""

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.matching import IncomeMatcher
from tasks.players import players
from tasks.registry import make_task

TASK = make_task("bandit/matching")


def base_of(n_episodes=4000, **settings):
    task = make_task("bandit/matching", **settings)
    state, _ = task.begin(n_episodes, np.random.default_rng(3))
    return task.hidden(state)["base_probability"]


def test_base_probabilities_sum_to_one_half_and_the_first_is_uniform():
    base = base_of()
    assert np.allclose(base.sum(axis=1), 0.5)
    share = np.histogram(base[:, 0], bins=5, range=(0, 0.5))[0] / 4000
    assert (np.abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 4000)).all()


def test_what_is_held_out_is_drawn_only_when_asked_for():
    for draw, inside in [("training", False), ("held_out", True)]:
        first = base_of(draw=draw)[:, 0]
        held_out = ((first > 0.1) & (first < 0.2)) | ((first > 0.3) & (first < 0.4))
        assert (held_out == inside).all()
        assert abs((first < 0.25).mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)  # either part is as long below .25 as above


def test_an_arm_pays_as_often_as_its_bait_says():
    """P = 1 - (1 - p0)^(n + 1), n trials since it was taken: counted by a plain loop, checked by frequency."""
    rollout = simulate(RandomAgent(TASK), TASK, 2000, seed=4)
    base = rollout.hidden["base_probability"][0]
    waited = np.zeros((2000, 2), int)
    for trial in range(rollout.n_steps):
        expected = 1 - (1 - base) ** (waited + 1)
        assert np.allclose(rollout.hidden["baited_probability"][trial], expected)
        waited = np.where(rollout.action[trial][:, None] == np.arange(2), 0, waited + 1)
    pays = np.take_along_axis(rollout.hidden["baited_probability"], rollout.action[..., None], -1)[..., 0]
    for low in np.arange(0, 1, 0.2):
        here = (pays >= low) & (pays < low + 0.2)
        error = np.sqrt((pays[here] * (1 - pays[here])).sum()) / here.sum()
        assert abs(rollout.reward[here].mean() - pays[here].mean()) < 4 * error


def matching_slope(agent, task, n_episodes=1000):
    """Return slope and standard error of log2 choice ratio on log2 income ratio, over episodes that have both."""
    rollout = simulate(agent, task, n_episodes, seed=5)
    second = rollout.action == 1
    chosen, income = second.sum(axis=0), (rollout.reward * second).sum(axis=0)
    other = (rollout.reward * ~second).sum(axis=0)
    kept = (income > 0) & (other > 0)
    x = np.log2(income[kept] / other[kept])
    y = np.log2(chosen[kept] / (rollout.n_steps - chosen[kept]))
    (slope, _), covariance = np.polyfit(x, y, 1, cov=True)
    return slope, np.sqrt(covariance[0, 0])


def test_an_ideal_matcher_shows_a_slope_of_one_and_chance_of_zero():
    long = make_task("bandit/matching", n_trials=1000)
    slope, error = matching_slope(IncomeMatcher(long, memory=0.995), long)
    assert abs(slope - 1) < 2 * error + 0.01  # its prior income pulls it down by about 1 % and exclusive runs up
    slope, error = matching_slope(RandomAgent(TASK), TASK)
    assert abs(slope) < 4 * error


def test_matchers_of_short_memory_undermatch_and_the_oracle_nearly_matches():
    short, _ = matching_slope(IncomeMatcher(TASK, memory=0.9), TASK)
    default, _ = matching_slope(IncomeMatcher(TASK), TASK)
    oracle, _ = matching_slope(players(TASK)["oracle"], TASK)
    assert short < default < 1.05 and default > 0.9
    assert 0.9 < oracle < 1.05


def test_the_oracle_earns_most_and_matching_more_than_chance():
    earned = {name: simulate(agent, TASK, 2000, seed=6).reward.sum(axis=0) for name, agent in players(TASK).items()}
    for less, more in [("random", "income-matcher"), ("income-matcher", "oracle"), ("win-stay-lose-shift", "oracle")]:
        gain = earned[more] - earned[less]
        assert gain.mean() > 3 * gain.std() / np.sqrt(2000), (less, more)


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"draw": "train"}, "Did you mean 'training'"),
        ({"held_out": (0.1,)}, "held_out must be low and high ends in turn"),
        ({"held_out": (0.1, 0.7)}, "held_out must be"),
        ({"held_out": (), "draw": "held_out"}, "leaves nothing to draw from"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("bandit/matching", **settings)
