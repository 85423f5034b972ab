"""Plain steps on another device: the numbers of the tapes written by hand, and no tensor where it does not belong."""

import os
from types import SimpleNamespace

import elsewhere
import pytest
import torch

from cogmeta.agents import LSTMActorCritic
from cogmeta.agents.device import DEVICES, check_available, check_device, describe_device, tape_on
from cogmeta.agents.store import NETWORKS
from cogmeta.errors import UserError

TASK = SimpleNamespace(spec=SimpleNamespace(observation_size=4, n_actions=3, cue=(0, 3)))
N_STEPS, N_EPISODES = 6, 5
CASES = {kind: (kind, {}) for kind in NETWORKS} | {
    "gru relu": ("gru", {"candidate": "relu"}), "stacked gru": ("stacked", {"layer": "gru", "n_layers": 3}),
    "pair of kinds": ("pair", {"policy": "stacked", "value": "gru"}), "symmetric in places": ("symmetric_lstm", {"n_places": 3}),
    **{f"episodic, {write}": ("episodic_lstm", {"write": write, "novelty": True, "bounded": True, "hears_cue": False})
       for write in ("every_step", "after_outcome")}}


def network(case):
    """Return a network whose biases and initial state are not zero."""
    kind, options = CASES[case]
    agent, generator = NETWORKS[kind].for_task(TASK, n_units=7, seed=1, **options), torch.Generator().manual_seed(2)
    for name, weight in agent.weights.items():
        chosen = weight if name.endswith("initial") else weight[:, -1]
        chosen += 0.5 * torch.randn(chosen.shape, generator=generator)
    return agent


def heard():
    """Return inputs of an unroll of every episode: cues that return, an observation, the last action and reward."""
    generator = torch.Generator().manual_seed(3)
    inputs = torch.randn(N_STEPS + 1, 8, N_EPISODES, generator=generator)
    for first in (0, 4):  # cue or place; action
        which = torch.randint(3, (N_STEPS + 1, N_EPISODES), generator=generator)
        inputs[:, first: first + 3] = torch.nn.functional.one_hot(which, 3).transpose(1, 2).float()
    return inputs


@torch.no_grad()
def played(tape):
    """Return heads and gradients of three unrolls: of fresh epochs, of one that goes on, and of the next episode."""
    found, inputs, generator = [], heard(), torch.Generator().manual_seed(4)
    for k, begin in enumerate((tape.start, tape.carry, tape.next_episode)):
        begin()
        for t in range(N_STEPS + 1):  # as trainings play: the last step is for the value after the unroll
            tape.inputs[t] = inputs[t].roll(k, dims=-1)
            tape.step(t)
        found.append((tape.head.clone(), tape.backward(torch.randn(N_STEPS, 4, N_EPISODES, generator=generator))))
    return found


def tape_there(agent, device):
    """Return an empty tape of plain steps on a device, the one made for tests among them."""
    return agent.plain_tape(N_STEPS, N_EPISODES, device) if device == elsewhere.NAME else tape_on(agent, N_STEPS, N_EPISODES, device)


@pytest.mark.parametrize("device", elsewhere.HERE)
@pytest.mark.parametrize("case", CASES)
def test_heads_and_gradients_are_those_of_the_tape_written_by_hand(case, device):
    agent = network(case)
    for (head, gradient), (wanted_head, wanted) in zip(played(tape_there(agent, device)), played(agent.tape(N_STEPS, N_EPISODES)), strict=True):
        assert (head - wanted_head).abs().max() < 1e-5 * wanted_head.abs().max().clamp(min=1)  # float32 rounding
        assert set(gradient) == set(wanted)
        for name, value in wanted.items():
            assert gradient[name].device.type == "cpu"
            assert (gradient[name] - value).norm() <= 1e-5 * value.norm(), name  # the bar; float32 reaches about 3e-7


@pytest.mark.parametrize("device", elsewhere.HERE)
@pytest.mark.parametrize("case", CASES)
def test_some_episodes_replayed_are_what_was_played(case, device):
    """As PPO replays minibatches: with what memory returned then, although the tape that replays has none."""
    agent, chosen = network(case), torch.tensor([3, 0])
    whole, part = tape_there(agent, device), tape_there(agent, device)
    played(whole)
    part.n_episodes, part.inputs = 2, part.inputs[:, :, :2].clone()
    part.head = part.head[:, :, :2].clone()
    part.take_over(whole, chosen)
    part.start()
    part.forward()
    # float32 rounding: products of other sizes are summed in another order
    assert torch.allclose(part.head[:N_STEPS], whole.head[:N_STEPS][:, :, chosen], atol=1e-5)


@pytest.mark.slow  # a process of its own
@pytest.mark.skipif(elsewhere.ASKED in os.environ, reason="does this")
def test_no_tensor_is_left_on_the_cpu():
    """All of the tests above on a device whose tensors cannot meet those of the CPU."""
    elsewhere.run_tests(__file__)


@pytest.mark.skipif(elsewhere.ASKED not in os.environ, reason="in a process of its own")
def test_a_tensor_left_on_the_cpu_would_be_noticed_elsewhere():
    """The device made for tests does refuse to mix, products and sums alike."""
    there, here = torch.ones(2, 2).to(elsewhere.NAME), torch.ones(2, 2)
    for mix in (lambda: there + here, lambda: there @ here, lambda: torch.cat([there, here]), lambda: torch.where(there > 0, here, there)):
        with pytest.raises(RuntimeError):
            mix()
    assert (there.cpu() + here).sum() == 8


def test_the_weights_that_reward_reaches_in_a_network_that_must_not_hear_it_get_no_gradient():
    agent = network("lstm_no_reward")
    for _, gradient in played(tape_on(agent, N_STEPS, N_EPISODES, "plain")):
        assert gradient["core"].any() and not gradient["core"][:, agent.config.n_inputs - 1].any()


def test_an_unknown_device_is_told_the_known_ones():
    for name in ("gpu", "cuda:", "cuda:one", "CUDA", 0):
        with pytest.raises(UserError, match=f"unknown device {name!r}. Known: {'.*'.join(DEVICES)}"):
            check_device(name)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize("name", ["cuda", "cuda:1"])
def test_a_gpu_that_is_not_there_is_told_with_what_torch_found(name):
    with pytest.raises(UserError, match=rf"no '{name}' here: torch {torch.__version__.split('+')[0]}.* (built without CUDA|finds no GPU).*train on the CPU"):
        tape_on(LSTMActorCritic.for_task(TASK, n_units=4), 5, 3, name)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="torch finds no GPU")
def test_a_gpu_beyond_those_there_are_is_told_which_there_are():
    with pytest.raises(UserError, match=r"torch finds cuda:0 \(.*Choose one of them"):
        check_available("cuda:1000")
    assert describe_device("cuda").startswith("cuda (")
