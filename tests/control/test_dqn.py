"""The slow learner: its targets by hand, its gradient and optimiser against torch's own, and that it learns."""

import numpy as np
import pytest
import torch

from cogmeta.control import DQN
from cogmeta.control.perceptron import Weights, backward, descend, forward, initial_weights, no_gradients
from cogmeta.control.replay import Replay
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.registry import make_task

WATER = make_task("water_maze/contextual", n_contexts=1, n_exposures=40, size=3, n_trials=10)


def test_a_target_is_the_reward_and_the_discounted_best_value_after_it():
    agent = DQN.for_task(make_task("mdp/random", n_states=2, n_actions=2), n_units=1, discount=0.5)
    weights = Weights(torch.tensor([[[1.0], [0.0], [0.0], [0.0]]]), torch.tensor([[[3.0, 1.0], [0.5, 2.5]]]))
    after = np.array([[[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]], [[1.0, 0.0, 0.0]]])  # values (3.5, 3.5), (0.5, 2.5)
    batch = {"after": after, "reward": np.array([[1.0], [2.0], [4.0]], np.float32), "over": np.array([[0.0], [0.0], [1.0]], np.float32)}
    assert agent.targets(weights, batch).tolist() == [[1 + 0.5 * 3.5, 2 + 0.5 * 2.5, 4.0]]


def batch_of(agent, n_rows=8, n_lives=3, seed=0):
    rng, size = np.random.default_rng(seed), agent.config.observation_size
    return {"seen": rng.normal(size=(n_rows, n_lives, size)).astype(np.float32),
            "after": rng.normal(size=(n_rows, n_lives, size)).astype(np.float32),
            "action": rng.integers(0, agent.config.n_actions, (n_rows, n_lives)).astype(np.float32),
            "reward": (3 * rng.normal(size=(n_rows, n_lives))).astype(np.float32),
            "over": (rng.random((n_rows, n_lives)) < 0.3).astype(np.float32)}


def test_the_gradient_is_that_of_the_clipped_error_by_automatic_differentiation():
    agent = DQN.for_task(WATER, n_units=7)
    learned, batch = agent.nothing(3), batch_of(agent)
    learned = learned._replace(target=initial_weights(3, WATER.spec.observation_size, 7, 4, seed=5))
    gradient = agent.gradient(learned, batch)
    hidden, output = (part.clone().requires_grad_() for part in learned.weights)
    value = forward_plain(hidden, output, torch.from_numpy(batch["seen"]).transpose(0, 1))
    taken = value.gather(-1, torch.from_numpy(batch["action"].T.astype(np.int64))[..., None])[..., 0]
    loss = torch.nn.functional.huber_loss(taken, agent.targets(learned.target, batch), reduction="none").mean(dim=1).sum()
    loss.backward()
    assert torch.allclose(gradient.hidden, hidden.grad, atol=1e-6) and torch.allclose(gradient.output, output.grad, atol=1e-6)


def forward_plain(hidden, output, inputs):
    units = torch.relu(inputs @ hidden[:, :-1] + hidden[:, -1:])
    return units @ output[:, :-1] + output[:, -1:]


def test_a_perceptrons_backward_pass_is_that_of_small_differences():
    weights, inputs = initial_weights(2, 3, 5, 2, seed=1), torch.randn(2, 4, 3, generator=torch.Generator().manual_seed(2))
    weights = Weights(*(part.double() for part in weights))
    inputs, error = inputs.double(), torch.randn(2, 4, 2, generator=torch.Generator().manual_seed(3)).double()
    gradient, size = backward(weights, inputs, forward(weights, inputs)[1], error), 1e-6
    for name, place in (("hidden", (1, 2, 3)), ("hidden", (0, -1, 4)), ("output", (1, 0, 1)), ("output", (0, -1, 0))):
        moved = torch.zeros_like(getattr(weights, name))
        moved[place] = size
        ends = [(forward(weights._replace(**{name: getattr(weights, name) + sign * moved}), inputs)[0] * error).sum() for sign in (1, -1)]
        assert float(getattr(gradient, name)[place]) == pytest.approx(float(ends[0] - ends[1]) / (2 * size), rel=1e-6, abs=1e-8)


def test_adam_moves_every_life_as_torchs_adam_moves_one():
    start = initial_weights(2, 3, 4, 2, seed=0)
    weights, adam = start, no_gradients(start)
    theirs = [part.clone().requires_grad_() for part in start]
    optimiser, generator = torch.optim.Adam(theirs, lr=0.01), torch.Generator().manual_seed(1)
    for _ in range(20):
        gradient = Weights(*(torch.randn(part.shape, generator=generator) for part in start))
        weights, adam = descend(weights, gradient, adam, 0.01)
        for part, g in zip(theirs, gradient, strict=True):
            part.grad = g.clone()
        optimiser.step()
    assert all(torch.allclose(ours, part, atol=1e-6) for ours, part in zip(weights, theirs, strict=True))


def test_the_copy_is_renewed_when_it_is_due_and_not_before():
    agent = DQN.for_task(WATER, batch_size=4, target_every=3)
    state, rng, renewed = agent.initial_state(2), np.random.default_rng(0), []
    for _ in range(12):
        *_, state = agent.step(rng.normal(size=(2, WATER.spec.observation_size)), rng.integers(0, 4, 2), rng.normal(size=2), state)
        renewed.append(state.learned.adam.n_steps > 0 and state.learned.target is state.learned.weights)
    assert np.flatnonzero(renewed).tolist() == [6, 9]  # learning begins with the fourth kept step, at step 4


def test_rows_are_drawn_from_the_latest_alone():
    replay = Replay.empty(reward=(1,))
    for k in range(200):
        replay = replay.with_row(reward=np.array([k]))
    drawn = replay.draw(500, 20, (1, 2))["reward"]
    assert set(drawn.ravel().tolist()) == set(range(180, 200))
    assert np.array_equal(drawn, replay.draw(500, 20, (1, 2))["reward"])


def test_rows_that_count_for_a_life_are_drawn_whatever_counts_beside():
    both, alone = Replay.empty(reward=(2,), counts=(2,)), Replay.empty(reward=(1,), counts=(1,))
    for k in range(30):
        counts = np.array([k % 3 == 0, k % 2 == 0])
        both = both.with_row(reward=np.full(2, k), counts=counts)
        alone = alone.with_row(reward=np.array([k]), counts=counts[:1]) if counts[0] else alone
    drawn, own = (replay.draw_own(200, 5, (3,), "counts")["reward"] for replay in (both, alone))
    assert np.array_equal(drawn[:, 0], own[:, 0]) and set(drawn[:, 0]) == {15, 18, 21, 24, 27}


def test_a_row_of_other_columns_is_refused():
    replay = Replay.empty(reward=(1,))
    with pytest.raises(UserError, match="a row must have"):
        replay.with_row(rewards=np.array([0]))


def test_a_deep_q_network_learns_where_the_goal_is():
    agent = DQN.for_task(WATER, discount=0.8, annealing_steps=150, step_size=3e-3)
    reward = simulate(agent, WATER, n_episodes=8, seed=0).reward
    assert reward[-100:].mean() > 1.5 * reward[:100].mean()  # chance .14, optimum .43 a step
