"""The reference learners that a network's prediction errors are held against."""

import numpy as np
import pytest

from analyses.prediction_error import explained, prediction_errors
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
