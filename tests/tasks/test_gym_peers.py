"""Agents of another library train on our tasks by their Gymnasium ids, without a line between."""

import random

import numpy as np
import pytest
import torch

gymnasium = pytest.importorskip("gymnasium", reason="needs the extra gym")
sb3_contrib = pytest.importorskip("sb3_contrib", reason="needs sb3-contrib: pip install 'cogmeta[peers]'")

from tasks.gym import gym_id  # noqa: E402 (registers the ids)

IDS = [gym_id(name) for name in ("bandit/easy", "two_step/kool2016", "harlow/vector")]


@pytest.fixture
def own_global_state():
    """The other library seeds the global generators; they are put back."""
    numpy_state, torch_state, python_state = np.random.get_state(), torch.get_rng_state(), random.getstate()
    yield
    np.random.set_state(numpy_state)
    torch.set_rng_state(torch_state)
    random.setstate(python_state)


@pytest.mark.slow
@pytest.mark.usefixtures("own_global_state")
@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::DeprecationWarning")
@pytest.mark.parametrize("name", IDS)
def test_a_recurrent_agent_of_sb3_trains_on_a_registered_id(name):
    env = gymnasium.make(name, hears=True)
    agent = sb3_contrib.RecurrentPPO("MlpLstmPolicy", env, n_steps=256, batch_size=128, seed=0, device="cpu",
                                     policy_kwargs={"lstm_hidden_size": 16, "net_arch": []})
    before = [weights.detach().clone() for weights in agent.policy.parameters()]
    agent.learn(2_000)
    assert agent.num_timesteps >= 2_000
    moved = [not np.array_equal(old.numpy(), new.detach().numpy())
             for old, new in zip(before, agent.policy.parameters(), strict=True)]
    assert np.mean(moved) > 0.9 and all(np.isfinite(w.detach().numpy()).all() for w in agent.policy.parameters())
    observation, _ = env.reset(seed=1)
    state, start, total, over = None, np.ones(1, bool), 0.0, False
    while not over:
        action, state = agent.predict(observation, state=state, episode_start=start)
        observation, reward, over, _, _ = env.step(int(action))
        start, total = np.zeros(1, bool), total + reward
    low, high = env.unwrapped.task.spec.reward_range
    assert low * env.unwrapped.task.spec.n_steps <= total <= high * env.unwrapped.task.spec.n_steps
