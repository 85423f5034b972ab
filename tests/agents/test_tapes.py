"""The tapes: forward and hand-written gradient against autograd, finite differences and torch.nn."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from cogmeta.agents import fused
from cogmeta.agents.store import NETWORKS

N_STEPS, N_EPISODES = 12, 5
SINGLE = {"lstm": ("lstm", {}), "gru": ("gru", {}), "gru relu": ("gru", {"candidate": "relu"}), "rnn": ("rnn", {})}
CASES = SINGLE | {
    "stacked lstm": ("stacked", {}), "stacked gru": ("stacked", {"layer": "gru", "n_layers": 3}),
    "pair": ("pair", {"value": "gru"}), "symmetric lstm": ("symmetric_lstm", {}),
    "surprised pair": ("pair", {"policy": "stacked", "policy_input": "reward_prediction_error"}),
}
SIZES = [(case, n_units) for case in SINGLE for n_units in (1, 48, 640)] + [(case, 7) for case in CASES]
"""Units; 640 times 5 episodes is above the width at which tanh is computed by a sigmoid."""


@pytest.fixture(params=["numba", "torch"])
def arithmetic(request, monkeypatch):
    """Tapes with pointwise parts fused by Numba, and by torch alone."""
    if request.param == "torch":
        monkeypatch.setattr(fused, "lstm_kernels", lambda: None)
        monkeypatch.setattr(fused, "gru_kernels", lambda: None)
        monkeypatch.setattr(fused, "symmetric_kernels", lambda: None)
    elif fused.lstm_kernels() is None:
        pytest.skip("Numba is not installed (extra 'fast')")


def network(case="lstm", n_units=7, seed=0):
    """Return a network whose biases and initial state are not zero."""
    kind, options = CASES[case]
    agent_class, generator = NETWORKS[kind], torch.Generator().manual_seed(seed)
    agent = agent_class.for_task(SimpleNamespace(spec=SimpleNamespace(observation_size=2, n_actions=3)), n_units, seed, **options)
    for name, weight in agent.weights.items():
        chosen = weight if name.endswith("initial") else weight[:, -1]
        chosen += 0.5 * torch.randn(chosen.shape, generator=generator)
    return agent


def played(agent, n_steps=N_STEPS, n_episodes=N_EPISODES, seed=1):
    """Return a tape on which random inputs were played, and a random gradient of its heads."""
    generator = torch.Generator().manual_seed(seed)
    tape = agent.tape(n_steps, n_episodes)
    tape.inputs.normal_(generator=generator)
    tape.start()
    tape.forward()
    gradient = torch.randn(n_steps, agent.config.n_actions + 1, n_episodes, generator=generator)
    return tape, gradient


def plain_heads(agent, weights, inputs):
    """Heads by the network's plain steps, which autograd can go through: the oracle."""
    state, heads = agent.state_of(weights, inputs.shape[2]), []
    for x in inputs:
        head, state = agent.plain_step(weights, x.t(), state)
        heads.append(head.t())
    return torch.stack(heads)


def autograd(agent, tape, gradient):
    """Gradients of sum(head * gradient) by autograd in double precision."""
    weights = {name: w.double().clone().requires_grad_() for name, w in agent.weights.items()}
    (plain_heads(agent, weights, tape.inputs[:-1].double()) * gradient.double()).sum().backward()
    return {name: w.grad for name, w in weights.items()}


@pytest.mark.parametrize(("case", "n_units"), SIZES)
def test_the_tape_computes_what_the_plain_steps_compute(case, n_units, arithmetic):
    agent = network(case, n_units)
    tape, _ = played(agent)
    wanted = plain_heads(agent, {n: w.double() for n, w in agent.weights.items()}, tape.inputs[:-1].double())
    # float32 rounding over 12 steps, relative to the largest logit (relu candidates grow)
    assert (tape.head[:-1] - wanted).abs().max() < 1e-5 * wanted.abs().max().clamp(min=1)


@pytest.mark.parametrize(("case", "n_units"), SIZES)
def test_the_hand_written_gradient_is_that_of_autograd(case, n_units, arithmetic):
    agent = network(case, n_units)
    tape, gradient = played(agent)
    ours, theirs = tape.backward(gradient), autograd(agent, tape, gradient)
    assert set(ours) == set(theirs)
    for name, wanted in theirs.items():
        error = (ours[name].double() - wanted).norm() / wanted.norm().clamp(min=1e-30)
        assert error < 1e-5, f"{name}: {error}"  # the bar; float32 reaches about 3e-7


@pytest.mark.parametrize("case", [case for case in CASES if case != "surprised pair"])
def test_the_gradient_is_that_of_finite_differences(case):
    """Not of the pair that is told its prediction error: that is a constant to the gradient, but not to a difference."""
    agent = network(case, n_units=3)
    tape, gradient = played(agent)
    ours, width = tape.backward(gradient), 1e-6
    inputs, weights = tape.inputs[:-1].double(), {name: w.double() for name, w in agent.weights.items()}
    for name, weight in weights.items():
        for place in [(0, 0), (len(weight) // 2, -1), (-1, 1)]:
            at = weight[place].item()
            sides = []
            for change in (width, -width):
                weight[place] = at + change
                sides.append((plain_heads(agent, weights, inputs) * gradient.double()).sum())
            weight[place] = at
            slope = (sides[0] - sides[1]) / (2 * width)
            # 1e-5 of the largest slope of this weight: entries near zero have no relative precision of their own
            assert abs(ours[name][place] - slope) < 1e-5 * ours[name].abs().max()


@pytest.mark.parametrize("case", SINGLE)
def test_the_gradient_of_the_inputs_is_that_of_autograd(case):
    """A stack sends it down to the layer below."""
    agent = network(case)
    tape, gradient = played(agent)
    tape.backward(gradient)
    inputs = tape.inputs[:-1].double().clone().requires_grad_()
    weights = {name: w.double() for name, w in agent.weights.items()}
    (plain_heads(agent, weights, inputs) * gradient.double()).sum().backward()
    assert (tape.input_gradient().double() - inputs.grad).norm() < 1e-5 * inputs.grad.norm()


ORDER = {"lstm": [0, 1, 3, 2], "gru": [0, 1, 2], "rnn": [0]}  # torch's gates are i, f, g, o and r, z, n


@pytest.mark.parametrize("kind", ORDER)
def test_the_tape_agrees_with_torch_nn(kind):
    agent = network(kind, n_units=9)
    tape, _ = played(agent)
    n_inputs, gates = agent.config.n_inputs, agent.weights["core"].chunk(len(ORDER[kind]))
    core = torch.cat([gates[k] for k in ORDER[kind]])
    layer = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "rnn": torch.nn.RNN}[kind](n_inputs, 9)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(core[:, :n_inputs])
        layer.weight_hh_l0.copy_(core[:, n_inputs:-1])
        layer.bias_ih_l0.copy_(core[:, -1])
        layer.bias_hh_l0.zero_()
        state = tuple(row.expand(1, N_EPISODES, 9).contiguous() for row in agent.weights["initial"])
        hidden, _ = layer(tape.inputs[:-1].transpose(1, 2), state if kind == "lstm" else state[0])
    assert torch.allclose(tape.hidden[1:-1].transpose(1, 2), hidden, atol=1e-5)  # float32 rounding


@pytest.mark.parametrize("case", CASES)
def test_behaving_step_by_step_and_playing_on_a_tape_say_the_same(case, rng):
    agent, n = network(case), 4
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


@pytest.mark.parametrize("case", CASES)
def test_an_unroll_that_goes_on_equals_one_long_unroll(case):
    agent = network(case)
    whole, _ = played(agent, n_steps=10)
    half = agent.tape(5, N_EPISODES)
    half.inputs[:5] = whole.inputs[:5]
    half.start()
    half.forward()
    half.inputs[:5] = whole.inputs[5:10]
    half.carry()
    half.forward()
    # float32 rounding: the same product over rows that lie elsewhere in memory may be summed in another order
    assert torch.allclose(half.head[:5], whole.head[5:10], atol=1e-6)


@pytest.mark.parametrize("case", CASES)
def test_the_next_episode_of_an_epoch_starts_afresh_where_there_is_no_memory(case):
    agent = network(case)
    tape, _ = played(agent, n_steps=5)
    first = tape.head[:5].clone()
    tape.next_episode()
    tape.forward()
    assert torch.equal(tape.head[:5], first)


@pytest.mark.parametrize("case", CASES)
def test_the_initial_state_gets_no_gradient_from_an_unroll_that_goes_on(case):
    agent = network(case)
    tape, gradient = played(agent)
    initial = [name for name in agent.weights if name.endswith("initial")]
    found = tape.backward(gradient)
    assert all(found[name].abs().max() > 0 for name in initial)
    tape.carry()
    tape.forward()
    found = tape.backward(gradient)
    assert all(found[name].abs().max() == 0 for name in initial)


def test_a_compiled_tape_refuses_to_go_back_twice_after_one_pass():
    if fused.lstm_kernels() is None:
        pytest.skip("Numba is not installed (extra 'fast')")
    tape, gradient = played(network("lstm"))
    once = tape.backward(gradient)
    with pytest.raises(RuntimeError, match="goes back once"):
        tape.backward(gradient)
    tape.start()
    tape.forward()
    again = tape.backward(gradient)
    assert all(torch.equal(once[name], again[name]) for name in once)


def test_the_compiled_tanh_is_tanh_and_lets_what_is_not_a_number_through():
    compiled = fused.lstm_kernels()
    if compiled is None:
        pytest.skip("Numba is not installed (extra 'fast')")
    at = np.linspace(-20, 20, 4001, dtype=np.float32)
    ours = np.array([compiled.tanh(a) for a in at])
    assert np.abs(ours - np.tanh(at.astype(float))).max() < 4e-7  # six or seven roundings of float32 near 1
    assert np.isnan(compiled.tanh(np.float32("nan")))
    gates = np.full(8, np.nan, np.float32)
    compiled.squash(gates, 6)  # the loop, in which the compiler may take liberties
    assert np.isnan(gates).all()
