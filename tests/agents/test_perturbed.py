"""Lesions and stimulation of frozen networks: what is cut is gone, what is not is as it was."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cogmeta.agents import EpisodicLSTM, GRUActorCritic, LSTMActorCritic, NetworkLesion, PerturbedNetwork, RNNActorCritic
from cogmeta.agents.lstm_no_reward import LSTMNoReward
from cogmeta.check import check_agent
from cogmeta.errors import UserError
from cogmeta.simulate import replay, simulate
from tasks.registry import make_task

TASK = make_task("two_step/wang2018", n_trials=10)
KINDS = (LSTMActorCritic, GRUActorCritic, RNNActorCritic)


def network(kind=LSTMActorCritic):
    """Return an untrained network with a lively start, readout and biases."""
    agent = kind.for_task(TASK, n_units=6, seed=1)
    for weight in agent.weights.values():
        weight += 0.3 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(2))
    return agent


def play(agent, **options):
    return simulate(agent, TASK, 20, seed=3, record=("hidden",), **options)


def play_along(agent, leader):
    """Return what an agent makes of what happened to another one."""
    return replay(agent, play(leader), record=("hidden",))


@pytest.mark.parametrize("kind", KINDS)
def test_a_network_without_lesion_and_with_no_stimulation_is_the_network(kind):
    whole = network(kind)
    for same in (PerturbedNetwork(whole), PerturbedNetwork(whole, stimulation=lambda *exchange: 0.0)):
        one, other = play(whole), play(same)
        assert np.array_equal(one.logits, other.logits) and np.array_equal(one.value, other.value)
        check_agent(same, TASK)


def test_without_its_reward_input_it_is_the_control_that_is_not_told_its_rewards():
    whole = network()
    weights = {name: weight.clone() for name, weight in whole.weights.items()}
    weights["core"][:, whole.config.n_inputs - 1] = 0.0
    control = LSTMNoReward(whole.config, weights)
    assert np.array_equal(play(PerturbedNetwork(whole, NetworkLesion(inputs=("previous_reward",)))).logits, play(control).logits)
    assert not np.array_equal(play(whole).logits, play(control).logits)


@pytest.mark.parametrize("cut, columns", [("observation", slice(0, 3)), ("previous_action", slice(3, 5)), ("previous_reward", slice(5, 6))])
def test_an_input_that_is_cut_is_as_good_as_its_weights_set_to_zero(cut, columns):
    whole = network(GRUActorCritic)
    deaf = whole.copy()
    deaf.weights["core"][:, columns] = 0.0
    assert np.allclose(play(PerturbedNetwork(whole, NetworkLesion(inputs=(cut,)))).logits, play(deaf).logits, atol=1e-6)  # float32


@pytest.mark.parametrize("kind", KINDS)
def test_with_all_units_silent_only_the_prior_policy_is_left(kind):
    whole = network(kind)
    rollout = play(PerturbedNetwork(whole, NetworkLesion(units=tuple(range(6)))))
    assert np.array_equal(rollout.logits, np.broadcast_to(whole.weights["readout"][:-1, -1], rollout.logits.shape))
    assert not rollout.activity["hidden"].any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_silent_unit_is_heard_by_nobody_and_is_silent_from_the_start(kind):
    whole = network(kind)
    mute = whole.copy()
    n_inputs = mute.config.n_inputs
    mute.weights["readout"][:, 2] = 0.0
    for gate in range(len(kind.gates)):  # what every other unit, and it itself, hears of unit 2
        mute.weights["core"][gate * 6: gate * 6 + 6, n_inputs + 2] = 0.0
    if kind is GRUActorCritic:  # its output is its own memory, too: held shut
        mute.weights["initial"][0, 2] = 0.0
        mute.weights["core"][6 + 2] = 0.0
        mute.weights["core"][6 + 2, -1] = float("inf")
    found, wanted = play(PerturbedNetwork(whole, NetworkLesion(units=(2,)))), play(mute)
    assert np.allclose(found.logits, wanted.logits, atol=1e-6)  # float32 sums in another order
    assert not found.activity["hidden"][..., 2].any() and found.activity["hidden"][..., 1].any()


def test_a_unit_that_is_not_read_out_goes_on_working_within():
    whole = network()
    found = play_along(PerturbedNetwork(whole, NetworkLesion(readout=(0,))), whole)
    deaf = whole.copy()
    deaf.weights["readout"][:, 0] = 0.0
    assert np.allclose(found.logits, play_along(deaf, whole).logits, atol=1e-6)  # float32
    assert np.array_equal(found.activity["hidden"], play(whole).activity["hidden"])


@pytest.mark.parametrize("held", [0.0, 0.25, 1.0])
def test_a_clamped_gate_has_its_value_whatever_comes_in(held):
    """The cell follows from its own equation, the forget gate's value put in by hand."""
    whole = network()
    agent = PerturbedNetwork(whole, NetworkLesion(gates={"f": held}))
    (_, (hidden, cell)), rng = agent.initial_state(5), np.random.default_rng(0)
    exchange = rng.random((5, 3)), rng.integers(2, size=5), rng.random(5)
    _, _, (_, (_, after)) = agent.step(*exchange, (0, (hidden, cell)))
    told = np.concatenate([exchange[0], np.eye(2)[exchange[1]], exchange[2][:, None], hidden.numpy(), np.ones((5, 1))], axis=1)
    i, _, _, g = np.split(told @ whole.weights["core"].numpy().T, 4, axis=1)
    wanted = held * cell.numpy() + np.tanh(g) / (1 + np.exp(-i))
    assert after.numpy() == pytest.approx(wanted, abs=1e-5)  # float32


def test_stimulation_is_heard_at_once_and_by_the_recurrence_at_the_next_step():
    whole, pulse = network(RNNActorCritic), np.eye(6)[4] * 0.7
    steps = []

    def at_step_3(step, observation, previous_action, previous_reward):
        steps.append(step)
        return pulse * (step == 3)

    base = play(whole)
    found = play_along(PerturbedNetwork(whole, stimulation=at_step_3), whole)
    readout, core = (whole.weights[name].numpy() for name in ("readout", "core"))
    assert steps == list(range(20)) and np.array_equal(found.logits[:3], base.logits[:3])
    assert found.logits[3] - base.logits[3] == pytest.approx(np.tile(0.7 * readout[:2, 4], (20, 1)), abs=1e-5)  # float32
    driven = np.arctanh(found.activity["hidden"][4].astype(float)) - np.arctanh(base.activity["hidden"][4].astype(float))
    assert driven == pytest.approx(np.tile(0.7 * core[:, 6 + 4], (20, 1)), abs=1e-3)  # arctanh of float32 near 1


def test_a_perturbed_network_keeps_its_weights_and_does_not_touch_those_of_the_network():
    whole = network()
    before = whole.fingerprint()
    lesion = NetworkLesion((1,), (2,), {"i": 1.0, "o": 0.5}, ("observation",))
    agent = PerturbedNetwork(whole, lesion, lambda *exchange: 0.1)
    play(agent)
    assert whole.fingerprint() == before == agent.fingerprint()
    assert agent.name == "lstm (1 unit silent and 1 unit not read out and i gate at 1 and o gate at 0.5 and no observation)"
    check_agent(agent, TASK)


def test_what_cannot_be_lesioned_says_so():
    with pytest.raises(UserError, match="unknown input 'reward'.* Did you mean 'previous_reward'"):
        NetworkLesion(inputs=("reward",))
    with pytest.raises(UserError, match=r"must lie in \[0, 1\], got 2.0 for gate 'f'"):
        NetworkLesion(gates={"f": 2.0})
    with pytest.raises(UserError, match=r"units must lie in \[0, 6\), got 6"):
        PerturbedNetwork(network(), NetworkLesion(units=(0, 6)))
    with pytest.raises(UserError, match="unknown gate of a network of kind 'gru' 'f'"):
        PerturbedNetwork(network(GRUActorCritic), NetworkLesion(gates={"f": 0.0}))
    with pytest.raises(UserError, match="with_lesion"):
        PerturbedNetwork(EpisodicLSTM.for_task(TASK, n_units=4))


def test_lesions_are_told_apart_by_their_names():
    assert str(NetworkLesion()) == "none" and str(replace(NetworkLesion(), units=(1, 2))) == "2 units silent"
