"""The reference learners that a network's prediction errors are held against."""

import numpy as np
import pytest

from analyses.prediction_error import explained, explained_by_event, prediction_errors
from cogmeta.agents import LSTMActorCritic
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("two_step/wang2018", n_trials=30)
ROLLOUT = simulate(LSTMActorCritic.for_task(TASK), TASK, n_episodes=20, seed=3)


def plain_loop(episode, rate, common):
    """Return (model-based, model-free) errors of one episode, one list of (second stage, outcome) each, from the equations."""
    value, action_value, based, free = [0.5, 0.5], [0.5, 0.5], [], []
    for trial in range(TASK.n_trials):
        a = int(ROLLOUT.action[2 * trial, episode])
        s = int(ROLLOUT.observation[2 * trial + 1, episode, 2])
        r = float(ROLLOUT.reward[2 * trial + 1, episode])
        transition = [common, 1 - common] if a == 0 else [1 - common, common]
        based.append((value[s] - sum(p * v for p, v in zip(transition, value)), r - value[s]))
        free.append((value[s] - action_value[a], r - value[s]))
        action_value[a] += rate * (value[s] - action_value[a]) + rate * (r - value[s])
        value[s] += rate * (r - value[s])
    return based[:-1], free[:-1]


def test_the_references_follow_their_equations():
    table = prediction_errors(ROLLOUT, learning_rate=0.4, common_probability=0.8)
    for name, place in (("model_based", 0), ("model_free", 1)):
        by_loop = np.array([plain_loop(e, 0.4, 0.8)[place] for e in range(ROLLOUT.n_episodes)])  # episode, trial, event
        assert table[name].to_numpy() == pytest.approx(by_loop.transpose(2, 1, 0).ravel(), abs=1e-12)


def belief_loop(episode):
    """Return the errors of one episode under the exact belief, by counting over the two worlds with plain numbers."""
    pays = {0: (0.9, 0.1), 1: (0.1, 0.9)}
    worlds, errors = {0: 0.5, 1: 0.5}, []
    for trial in range(TASK.n_trials):
        a = int(ROLLOUT.action[2 * trial, episode])
        s = int(ROLLOUT.observation[2 * trial + 1, episode, 2])
        r = float(ROLLOUT.reward[2 * trial + 1, episode])
        value = [sum(p * pays[world][state] for world, p in worlds.items()) for state in (0, 1)]
        promised = 0.8 * value[a] + 0.2 * value[1 - a]
        errors.append((value[s] - promised, r - value[s]))
        likely = {world: p * (pays[world][s] if r else 1 - pays[world][s]) for world, p in worlds.items()}
        total = sum(likely.values())
        worlds = {world: (0.975 * likely[world] + 0.025 * likely[1 - world]) / total for world in worlds}
    return errors[:-1]


def test_the_belief_is_that_of_the_two_worlds():
    by_loop = np.array([belief_loop(e) for e in range(ROLLOUT.n_episodes)])
    assert prediction_errors(ROLLOUT, 0.4, 0.8)["belief"].to_numpy() == pytest.approx(by_loop.transpose(2, 1, 0).ravel(), abs=1e-12)


def test_events_are_explained_apart():
    table = prediction_errors(ROLLOUT, 0.4, 0.8)
    own = table.assign(network=np.where(table["event"] == "outcome", table["belief"], table["model_free"]))
    shares = explained_by_event(own).set_index(["event", "reference"])["r_squared"]
    assert shares["outcome", "belief"] == pytest.approx(1) and shares["second stage", "model_free"] == pytest.approx(1)
    assert shares["second stage", "belief"] < 0.99


def test_the_networks_errors_are_those_of_the_rollout():
    table = prediction_errors(ROLLOUT, 0.4, 0.8)
    error = ROLLOUT.reward_prediction_error()
    outcome = table[table["event"] == "outcome"]["network"].to_numpy()
    assert outcome == pytest.approx(error[1::2][:-1].ravel())


def test_errors_that_are_model_based_are_explained_by_nothing_else():
    table = prediction_errors(ROLLOUT, 0.4, 0.8)
    shares = explained(table.assign(network=3 * table["model_based"] - 1))
    assert shares["model_based"] == pytest.approx(1) and shares["model_free_beyond"] == pytest.approx(0, abs=1e-12)
    assert shares["model_free"] < 0.99
