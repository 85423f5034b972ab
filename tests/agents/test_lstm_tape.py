"""The tape: forward and hand-written gradient against autograd, finite differences and torch.nn.LSTM."""

import numpy as np
import pytest
import torch

from cogmeta.agents import LSTMActorCritic, LSTMConfig

N_STEPS, N_EPISODES = 12, 5


def network(n_units=7, seed=0, dtype=None):
    """Return a network whose initial state is not zero."""
    agent = LSTMActorCritic(LSTMConfig(observation_size=2, n_actions=3, n_units=n_units), seed=seed)
    agent.weights["initial"].normal_(generator=torch.Generator().manual_seed(seed))
    return agent


def played(agent, n_steps=N_STEPS, n_episodes=N_EPISODES, seed=1):
    """Return a tape on which random inputs were played."""
    generator = torch.Generator().manual_seed(seed)
    tape = agent.tape(n_steps, n_episodes)
    tape.inputs.normal_(generator=generator)
    tape.start()
    tape.forward()
    gradient = torch.randn(n_steps, agent.config.n_actions + 1, n_episodes, generator=generator)
    return tape, gradient


def plain_heads(weights, inputs):
    """The textbook LSTM, differentiated by autograd: the oracle."""
    n_units, n_episodes = len(weights["core"]) // 4, inputs.shape[2]
    one = torch.ones(1, n_episodes, dtype=inputs.dtype)
    hidden, cell = (row[:, None].expand(n_units, n_episodes) for row in weights["initial"])
    heads = []
    for x in inputs:
        i, f, o, g = (weights["core"] @ torch.cat([x, hidden, one])).view(4, n_units, n_episodes)
        cell = torch.sigmoid(f) * cell + torch.sigmoid(i) * torch.tanh(g)
        hidden = torch.sigmoid(o) * torch.tanh(cell)
        heads.append(weights["readout"] @ torch.cat([hidden, one]))
    return torch.stack(heads)


def autograd(agent, tape, gradient):
    """Gradients of sum(head * gradient) by autograd in double precision."""
    weights = {name: w.double().clone().requires_grad_() for name, w in agent.weights.items()}
    (plain_heads(weights, tape.inputs[:-1].double()) * gradient.double()).sum().backward()
    return {name: w.grad for name, w in weights.items()}


@pytest.mark.parametrize("n_units", [1, 7, 48])
def test_the_tape_computes_the_textbook_lstm(n_units):
    agent = network(n_units)
    tape, _ = played(agent)
    wanted = plain_heads(agent.weights, tape.inputs[:-1])
    assert torch.allclose(tape.head[:-1], wanted, atol=1e-5)  # float32 rounding over 12 steps


@pytest.mark.parametrize("n_units", [1, 7, 48])
def test_the_hand_written_gradient_is_that_of_autograd(n_units):
    agent = network(n_units)
    tape, gradient = played(agent)
    ours, theirs = tape.backward(gradient), autograd(agent, tape, gradient)
    for name, wanted in theirs.items():
        error = (ours[name].double() - wanted).norm() / wanted.norm()
        assert error < 1e-5, f"{name}: {error}"  # the bar; float32 reaches about 3e-7


def test_the_gradient_is_that_of_finite_differences():
    agent = network(n_units=3)
    tape, gradient = played(agent)
    ours, width = tape.backward(gradient), 1e-6
    inputs, weights = tape.inputs[:-1].double(), {name: w.double() for name, w in agent.weights.items()}
    for name, weight in weights.items():
        for place in [(0, 0), (1, -1), (-1, 1)]:
            at = weight[place].item()
            sides = []
            for change in (width, -width):
                weight[place] = at + change
                sides.append((plain_heads(weights, inputs) * gradient.double()).sum())
            weight[place] = at
            slope = (sides[0] - sides[1]) / (2 * width)
            # 1e-5 of the largest slope of this weight: entries near zero have no relative precision of their own
            assert abs(ours[name][place] - slope) < 1e-5 * ours[name].abs().max()


def test_the_tape_agrees_with_torch_nn_lstm():
    agent = network(n_units=9)
    tape, _ = played(agent)
    n_inputs, order = agent.config.n_inputs, [0, 1, 3, 2]  # torch's gates are i, f, g, o
    core = torch.cat([agent.weights["core"].chunk(4)[k] for k in order])
    lstm = torch.nn.LSTM(n_inputs, 9)
    with torch.no_grad():
        lstm.weight_ih_l0.copy_(core[:, :n_inputs])
        lstm.weight_hh_l0.copy_(core[:, n_inputs:-1])
        lstm.bias_ih_l0.copy_(core[:, -1])
        lstm.bias_hh_l0.zero_()
        state = tuple(row.expand(1, N_EPISODES, 9).contiguous() for row in agent.weights["initial"])
        hidden, _ = lstm(tape.inputs[:-1].transpose(1, 2), state)
    assert torch.allclose(tape.hidden[1:-1].transpose(1, 2), hidden, atol=1e-5)  # float32 rounding


def test_behaving_step_by_step_and_playing_on_a_tape_say_the_same(rng):
    agent, n = network(), 4
    tape, state = agent.tape(6, n), agent.initial_state(n)
    tape.start()
    action, reward = np.full(n, -1), np.zeros(n)
    for t in range(6):
        observation = rng.normal(size=(n, 2))
        logits, value, state = agent.step(observation, action, reward, state)
        one_hot = np.eye(3)[action] * (action >= 0)[:, None]
        tape.inputs[t] = torch.from_numpy(np.column_stack([observation, one_hot, reward]).T)
        tape.step(t)
        assert np.allclose(tape.head[t].numpy().T, np.column_stack([logits, value]), atol=1e-5)
        action, reward = rng.integers(3, size=n), rng.random(n)


def test_an_unroll_that_goes_on_equals_one_long_unroll():
    agent = network()
    whole, _ = played(agent, n_steps=10)
    half = agent.tape(5, N_EPISODES)
    half.inputs[:5] = whole.inputs[:5]
    half.start()
    half.forward()
    half.inputs[:5] = whole.inputs[5:10]
    half.carry()
    half.forward()
    assert torch.equal(half.head[:5], whole.head[5:10])


def test_the_initial_state_gets_no_gradient_from_an_unroll_that_goes_on():
    agent = network()
    tape, gradient = played(agent)
    assert tape.backward(gradient)["initial"].abs().max() > 0
    tape.carry()
    tape.forward()
    assert tape.backward(gradient)["initial"].abs().max() == 0
