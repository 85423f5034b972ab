"""Fixed and slow points of networks made by hand, whose answer is known."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from analyses.fixed_points import fixed_points, plot_fixed_points, visited_states
from cogmeta.agents import EpisodicLSTM, GRUActorCritic, GRUConfig, LSTMActorCritic, LSTMConfig, RNNActorCritic, RNNConfig
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.registry import make_task

NOTHING = [((0.0,), -1, 0.0)]
N_INPUTS = 4  # one number seen, two actions, reward


def vanilla(recurrence, bias=0.0):
    """Return h' = tanh(recurrence h + reward + bias)."""
    recurrence = np.atleast_2d(recurrence)
    network = RNNActorCritic(RNNConfig(1, 2, n_units=len(recurrence)))
    core = network.weights["core"].zero_()
    core[:, N_INPUTS:-1] = torch.from_numpy(recurrence)
    core[:, N_INPUTS - 1], core[:, -1] = 1.0, bias
    return network


def grid(n_units, n=5, width=1.2):
    """Return starts on a grid."""
    return np.stack(np.meshgrid(*[np.linspace(-width, width, n)] * n_units), axis=-1).reshape(-1, n_units)


def test_two_bistable_units_have_nine_fixed_points_of_known_place_and_stability():
    """h' = tanh(2 h) rests at 0, eigenvalue 2, and at the roots of h = tanh(2 h), eigenvalue 2 (1 - h^2)."""
    root = brentq(lambda h: np.tanh(2 * h) - h, 0.5, 1)
    found = fixed_points(vanilla(2 * np.eye(2)), NOTHING, grid(2, 7))
    table = found.table()
    wanted = np.array([(a, b) for a in (-root, 0, root) for b in (-root, 0, root)])
    assert found.state[np.lexsort(found.state.round(3).T[::-1])] == pytest.approx(wanted, abs=1e-6)
    assert (found.speed < 1e-16).all() and found.n_starts.sum() == 49
    n_at_zero = (np.abs(found.state) < 1e-6).sum(axis=1)
    assert (table["n_unstable"] == n_at_zero).all() and ((table["kind"] == "stable") == (n_at_zero == 0)).all()
    assert table["modulus"].to_numpy() == pytest.approx(np.where(n_at_zero > 0, 2.0, 2 * (1 - root**2)), abs=1e-6)


def test_a_rotation_has_the_complex_eigenvalues_of_its_matrix():
    turn = 0.9 * np.array([[np.cos(1.0), -np.sin(1.0)], [np.sin(1.0), np.cos(1.0)]])
    found = fixed_points(vanilla(turn), NOTHING, grid(2))
    assert len(found.state) == 1 and np.abs(found.eigenvalues[0]) == pytest.approx([0.9, 0.9], abs=1e-6)  # float32 weights
    assert np.abs(np.angle(found.eigenvalues[0])) == pytest.approx([1.0, 1.0], abs=1e-6)


def test_past_the_fold_the_fixed_point_is_gone_and_a_slow_point_is_left():
    """h' = tanh(2 h + b): at b = atanh(h*) - 2 h*, h* = sqrt(1/2), a stable and an unstable point meet and vanish."""
    h = np.sqrt(0.5)
    fold = np.arctanh(h) - 2 * h
    before, after = (fixed_points(vanilla(2.0, fold + shift), NOTHING, grid(1, 41)).table() for shift in (0.01, -0.01))
    assert sorted(before["kind"]) == ["stable", "stable", "unstable"]
    assert sorted(after["kind"]) == ["slow", "stable"]
    slow = after[after["kind"] == "slow"].iloc[0]
    scan = np.linspace(0.3, 1.0, 70_001)
    assert slow["speed"] == pytest.approx((0.5 * (np.tanh(2 * scan + fold - 0.01) - scan) ** 2).min(), rel=1e-4)  # float32 bias


def test_a_held_input_moves_the_fixed_point():
    for reward in (0.0, 1.0, -2.0):
        found = fixed_points(vanilla(0.5), [((0.0,), -1, reward)], grid(1))
        assert found.state[:, 0] == pytest.approx([brentq(lambda h, r=reward: np.tanh(0.5 * h + r) - h, -2, 2)], abs=1e-7)


def test_a_cycle_of_inputs_rests_after_its_last_step():
    """h1 = tanh(h/2 + 1), h2 = tanh(h1/2 - 1): the eigenvalue is the product of both slopes."""
    found = fixed_points(vanilla(0.5), [((0.0,), -1, 1.0), ((0.0,), -1, -1.0)], grid(1))
    end = brentq(lambda h: np.tanh(0.5 * np.tanh(0.5 * h + 1) - 1) - h, -1, 1)
    middle = np.tanh(0.5 * end + 1)
    assert found.state[:, 0] == pytest.approx([end], abs=1e-7)
    assert found.eigenvalues[0].real == pytest.approx([0.25 * (1 - middle**2) * (1 - end**2)], abs=1e-7)


def lstm(forget, write, candidate):
    """Return an LSTM of one unit whose gates are given numbers, its output gate 1/2."""
    network = LSTMActorCritic(LSTMConfig(1, 2, n_units=1))
    core = network.weights["core"].zero_()
    core[:, -1] = torch.tensor([np.log(write / (1 - write)), np.log(forget / (1 - forget)), 0.0, np.arctanh(candidate)])
    return network


def test_a_leaky_lstm_cell_rests_where_input_and_leak_are_even():
    """c' = f c + i g rests at i g / (1 - f), h = tanh(c) / 2; its eigenvalues are f and 0."""
    found = fixed_points(lstm(forget=0.8, write=0.3, candidate=0.5), NOTHING, grid(2))
    rest = 0.3 * 0.5 / 0.2
    assert found.state == pytest.approx(np.array([[np.tanh(rest) / 2, rest]]), abs=1e-6)  # float32 weights
    assert found.eigenvalues[0] == pytest.approx([0.8, 0.0], abs=1e-6) and found.table()["kind"].tolist() == ["stable"]


def test_a_gated_unit_that_keeps_everything_rests_everywhere():
    """u = 1: h' = h, so that every start is a fixed point, of eigenvalue 1."""
    network = GRUActorCritic(GRUConfig(1, 2, n_units=1))
    network.weights["core"].zero_()[1, -1] = float("inf")
    found = fixed_points(network, NOTHING, grid(1, 7))
    assert found.state[:, 0] == pytest.approx(grid(1, 7)[:, 0]) and found.eigenvalues == pytest.approx(np.ones((7, 1)))


def test_of_a_network_at_work_every_point_found_is_where_the_network_itself_stays():
    """The network's own steps, in single precision and one after the other, move a fixed point by rounding only."""
    task = make_task("two_step/wang2018", n_trials=30)
    network = LSTMActorCritic.for_task(task, n_units=8, seed=0)
    rollout = simulate(network, task, 10, seed=0, record=("hidden", "cell"))
    starts = visited_states(rollout, network, 12, np.random.default_rng(0), slice(1, None, 2))
    assert starts.shape == (12, 16)
    cycle = [((1.0, 0.0, 0.0), 0, 1.0), ((0.0, 1.0, 0.0), 0, 0.0)]
    found = fixed_points(network, cycle, starts)
    resting = found.state[found.speed < 1e-16]
    assert len(resting)
    state = tuple(torch.from_numpy(part.astype(np.float32)) for part in np.split(resting, 2, axis=1))
    for seen, action, reward in cycle:
        logits, value, state = network.step(np.tile(seen, (len(resting), 1)), np.full(len(resting), action), np.full(len(resting), reward), state)
    assert np.concatenate([part.numpy() for part in state], axis=1) == pytest.approx(resting, abs=1e-5)
    assert logits == pytest.approx(found.head[found.speed < 1e-16, :2], abs=1e-5)
    ax = plot_fixed_points(found, starts)
    assert len(ax.lines) == 1 + found.table()["kind"].nunique()
    plt.close(ax.figure)


def test_what_has_no_such_state_is_refused():
    task = make_task("two_step/wang2018", n_trials=3)
    with pytest.raises(UserError, match="another state than hidden units and cells"):
        fixed_points(EpisodicLSTM.for_task(task, n_units=3), NOTHING, np.zeros((1, 6)))
    with pytest.raises(UserError, match=r"shape \(n_starts, 2\), hidden and cell"):
        fixed_points(lstm(0.5, 0.5, 0.5), NOTHING, np.zeros((3, 1)))
