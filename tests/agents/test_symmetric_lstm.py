"""The symmetric LSTM: names of arms and places mean nothing to it, and its compiled steps are its plain ones."""

import numpy as np
import pytest
import torch

from cogmeta.agents import SymmetricConfig, SymmetricLSTM, fused
from cogmeta.agents.autograd_tape import AutogradTape
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import A2C, PPO, train
from tasks.bandit import BernoulliBandit
from tasks.mdp import RandomMDP
from tasks.registry import make_task

N_STEPS, N_EPISODES = 9, 5
GRIDS = {"bandit": (1, 4), "process": (3, 2), "one action more": (3, 3)}


def network(grid="process", n_units=5, seed=0):
    """Return a network of so many places and actions whose biases and initial state are not zero."""
    n_places, n_actions = GRIDS[grid]
    config = SymmetricConfig(1 + (n_places if n_places > 1 else 0), n_actions, n_units, n_places=n_places)
    agent, generator = SymmetricLSTM(config, seed=seed), torch.Generator().manual_seed(seed)
    for weight in agent.weights.values():
        weight += 0.3 * torch.randn(weight.shape, generator=generator)
    return agent


def heard(config, rng):
    """Return inputs (n_steps, n_inputs, n_episodes) as a task gives them: place and last action one-hot, the last reward."""
    shape = (N_STEPS, N_EPISODES)
    place, action = (np.eye(n)[rng.integers(n, size=shape)] for n in (config.n_places, config.n_actions))
    action[0] = 0
    parts = [place[..., : config.n_shown], rng.normal(size=(*shape, 1)), action, rng.normal(size=(*shape, 1))]
    return torch.from_numpy(np.concatenate(parts, axis=-1).astype(np.float32)).transpose(1, 2)


@torch.no_grad()
def played(tape, inputs):
    """Return heads and gradients of two unrolls, as trainings do; the second goes on from where the first ended."""
    generator, found = torch.Generator().manual_seed(7), []
    tape.start()
    for begin in (None, tape.carry):
        if begin:
            begin()
        tape.inputs[:N_STEPS] = inputs
        tape.forward()
        gradient = torch.randn(tape.head[:N_STEPS].shape, generator=generator)
        found.append((tape.head[:N_STEPS].clone(), tape.backward(gradient)))
    return found


def heads(agent, inputs):
    """Return (n_steps, n_actions + 1, n_episodes) logits and value by plain steps."""
    state, rows = agent.state_of(agent.weights, N_EPISODES), []
    for x in inputs:
        head, state = agent.plain_step(agent.weights, x.t(), state)
        rows.append(head.t())
    return torch.stack(rows)


@pytest.mark.skipif(fused.symmetric_kernels() is None, reason="Numba is not installed (extra 'fast')")
@pytest.mark.parametrize("grid", GRIDS)
def test_compiled_steps_and_their_gradient_are_those_of_the_plain_steps(grid, rng):
    agent = network(grid)
    inputs = heard(agent.config, rng)
    ours, theirs = (played(tape, inputs) for tape in (
        agent.tape(N_STEPS, N_EPISODES), AutogradTape(agent, N_STEPS, N_EPISODES)))
    for (head, gradient), (wanted_head, wanted) in zip(ours, theirs, strict=True):
        assert (head - wanted_head).abs().max() < 1e-5
        for name, value in wanted.items():
            assert (gradient[name] - value).norm() <= 1e-5 * value.norm(), name  # the bar; float32 reaches about 5e-7
    assert not ours[1][1]["initial"].any()  # the second unroll did not begin there


@pytest.mark.parametrize("grid", GRIDS)
def test_renaming_the_actions_renames_the_logits_and_nothing_else(grid, rng):
    agent = network(grid)
    config, inputs = agent.config, heard(agent.config, rng)
    order = torch.from_numpy(rng.permutation(config.n_actions))
    renamed = inputs.clone()
    renamed[:, config.observation_size: -1] = inputs[:, config.observation_size: -1][:, order]
    before, after = heads(agent, inputs), heads(agent, renamed)
    assert torch.allclose(after[:, :-1], before[:, :-1][:, order], atol=1e-5)  # float32 rounding of sums in another order
    assert torch.allclose(after[:, -1], before[:, -1], atol=1e-5)


def test_renaming_the_places_changes_nothing(rng):
    agent = network("process")
    inputs = heard(agent.config, rng)
    renamed = inputs.clone()
    renamed[:, :3] = inputs[:, torch.from_numpy(rng.permutation(3))]
    before, after = heads(agent, inputs), heads(agent, renamed)
    assert torch.allclose(after, before, atol=1e-5)
    assert before[:, 0].std() > 0.01  # that it says different things at all


def test_before_anything_was_chosen_no_action_is_better_than_another():
    task = BernoulliBandit(n_trials=10)
    agent = train(SymmetricLSTM.for_task(task, n_units=6), task, A2C(n_steps=2_000, n_episodes=20))
    logits, _, _ = agent.step(np.zeros((1, 1)), np.full(1, -1), np.zeros(1), agent.initial_state(1))
    assert np.ptp(logits) < 1e-6  # float32 rounding


def test_a_place_hears_the_reward_of_its_own_action_alone(rng):
    """What was paid in one place changes the cell of that place and action, and reaches others a step later, by the means."""
    agent = network("process")
    inputs = heard(agent.config, rng)[:2, :, :1].repeat(1, 1, N_EPISODES)
    inputs[1, -1] = torch.linspace(-1, 1, N_EPISODES)
    state = agent.state_of(agent.weights, N_EPISODES)
    for x in inputs:
        _, state = agent.plain_step(agent.weights, x.t(), state)
    place, action = inputs[0, :3, 0].argmax(), inputs[1, 4:6, 0].argmax()
    moved = state[0].std(dim=0).amax(dim=-1) > 1e-6  # float32 rounding
    assert moved[place, action] and moved.sum() == 1


def test_a_network_plays_with_more_arms_and_in_more_places_than_it_was_made_for():
    arms = SymmetricLSTM.for_task(make_task("bandit/rl2_k5_n10"), seed=1)
    many = arms.fitted_to(make_task("bandit/rl2_k50_n10"))
    assert many.config.n_actions == 50 and many.weights["core"].equal(arms.weights["core"])
    assert simulate(many, make_task("bandit/rl2_k50_n10"), 3, seed=0).logits.shape == (10, 3, 50)
    small, large = RandomMDP(n_states=4, n_actions=3, n_trials=20), RandomMDP(n_states=7, n_actions=2, n_trials=20)
    process = SymmetricLSTM.for_task(small, n_places=4).fitted_to(large)
    assert (process.config.n_places, process.config.n_actions) == (7, 2)
    simulate(process, large, 3, seed=0)


def test_a_network_without_places_does_not_fit_other_observations():
    agent = SymmetricLSTM.for_task(make_task("bandit/rl2_k5_n10"))
    with pytest.raises(UserError, match="takes observations of size"):
        agent.fitted_to(make_task("mdp/random_n10"))


def test_more_places_than_an_observation_shows_are_refused():
    with pytest.raises(UserError, match="n_places=4, but an observation has 2 numbers"):
        SymmetricConfig(2, 3, n_places=4)


def test_it_learns_to_take_again_what_paid_and_cannot_learn_where_to_begin():
    task = BernoulliBandit(n_trials=10, reward_probability=(0.0, 1.0))  # .95 at best, since the first choice is a guess
    agent = train(SymmetricLSTM.for_task(task, n_units=8), task, PPO(n_steps=20_000, n_episodes=20), seed=1)
    reward = simulate(agent, task, 2_000, seed=2).reward
    assert reward[1:].mean() > 0.95
    assert abs(reward[0].mean() - 0.5) < 4 * 0.5 / 2_000**0.5  # four standard errors
