"""The risky levers: their protocol, and players whose expected values are checked against plain sums."""

from functools import lru_cache

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.players import player, players
from tasks.registry import make_task
from tasks.risky import RiskyBandit

TASK = make_task("bandit/risky")


def test_the_certain_lever_pays_one_pellet_and_the_risky_one_four_or_nothing_at_its_probability():
    rollout = simulate(RandomAgent(TASK), TASK, n_episodes=2000, seed=0)
    pellets, hidden = rollout.reward / TASK.reward_scale, rollout.hidden
    risky = rollout.action == hidden["risky_lever"]
    assert set(pellets[~risky]) == {1.0} and set(pellets[risky]) == {0.0, 4.0}
    assert set(hidden["risky_probability"][0]) == {0.125, 0.5}
    for p in (0.125, 0.5):
        wins = pellets[risky & (hidden["risky_probability"] == p)] > 0
        assert wins.mean() == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / wins.size))
    assert hidden["risky_lever"][0].mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 2000))


def test_the_first_ten_choices_are_imposed_in_pairs_of_both_levers():
    rollout = simulate(player("bayes-optimal", TASK), TASK, n_episodes=500, seed=1)
    assert rollout.forced[:10].all() and not rollout.forced[10:].any()
    pairs = rollout.action[:10].reshape(5, 2, -1)
    assert (pairs.sum(axis=1) == 1).all()
    assert pairs[:, 0].mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 2500))


def test_a_range_for_training_spreads_the_probability_evenly():
    task = RiskyBandit(risky_probability=(0.1, 0.7), uniform=True)
    state, _ = task.begin(20_000, np.random.default_rng(0))
    assert 0.1 <= state.probability.min() and state.probability.max() <= 0.7
    assert state.probability.mean() == pytest.approx(0.4, abs=4 * 0.6 / np.sqrt(12 * 20_000))


def test_settings_that_make_no_task_are_refused():
    for settings, words in (({"risky_probability": (1.5,)}, r"numbers in \[0, 1\]"), ({"small": 5.0}, "small < large"),
                            ({"n_forced": 3}, "even n_forced"), ({"n_forced": 100}, "below n_trials")):
        with pytest.raises(UserError, match=words):
            RiskyBandit(**settings)


def test_the_belief_is_bayes_rule_over_the_two_probabilities_or_the_range():
    wins, losses = 3, 9
    weight = np.array([p**wins * (1 - p) ** losses for p in (0.5, 0.125)])
    assert player("expected-value", TASK).belief[wins, losses] == pytest.approx(weight @ [0.5, 0.125] / weight.sum())
    ranged = RiskyBandit(risky_probability=(0.1, 0.7), uniform=True)
    p = np.linspace(0.1, 0.7, 200_001)
    weight = p**wins * (1 - p) ** losses
    wanted = (p * weight).sum() / weight.sum()  # a plain sum over a fine grid, good to 1e-5
    assert player("expected-value", ranged).belief[wins, losses] == pytest.approx(wanted, abs=1e-5)


def best(wins, losses, left, chances):
    """Pellets of the best play, trial by trial."""
    @lru_cache(maxsize=None)
    def value(w, l, k):
        if k == 0:
            return 0.0
        weight = [p**w * (1 - p) ** l for p in chances]
        p = sum(x * q for x, q in zip(weight, chances)) / sum(weight)
        return max(1 + value(w, l, k - 1), p * (4 + value(w + 1, l, k - 1)) + (1 - p) * value(w, l + 1, k - 1))
    return value(wins, losses, left)


def test_the_optimal_value_is_that_of_plain_recursion():
    optimal = player("bayes-optimal", TASK)
    for wins, losses, left in ((1, 4, 20), (0, 5, 60), (2, 3, 5), (1, 10, 30)):
        assert optimal.tables[left, :, wins, losses].max() == pytest.approx(best(wins, losses, left, (0.5, 0.125)))


def test_the_optimal_player_earns_what_it_expects_and_no_other_earns_more():
    earned = {}
    for name in ("random", "expected-value", "bayes-optimal", "oracle"):
        rollout = simulate(players(TASK)[name], TASK, n_episodes=4000, seed=3)
        earned[name] = (rollout.reward * rollout.scored).sum(axis=0)
        if name == "bayes-optimal":
            error = earned[name] - rollout.value[TASK.n_forced]
            assert error.mean() == pytest.approx(0, abs=4 * error.std() / np.sqrt(4000))
    mean = {name: e.mean() for name, e in earned.items()}
    assert mean["random"] < mean["expected-value"] < mean["oracle"]
    gain = earned["bayes-optimal"] - earned["expected-value"]
    assert gain.mean() > -2 * gain.std() / np.sqrt(4000)


def test_the_risky_lever_is_taken_where_it_pays():
    rollout = simulate(player("bayes-optimal", TASK), TASK, n_episodes=1000, seed=4)
    risky = (rollout.action == rollout.hidden["risky_lever"])[-20:]
    probability = rollout.hidden["risky_probability"][-20:]
    assert risky[probability == 0.5].mean() > 0.9 and risky[probability == 0.125].mean() < 0.15
