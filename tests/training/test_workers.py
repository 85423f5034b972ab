"""Batches in parts, a process each: the same gradient, other bytes than one process, the same for the same seed."""

import os
import signal

import numpy as np
import pytest
import torch

from cogmeta.agent import NO_ACTION
from cogmeta.agents import LSTMActorCritic
from cogmeta.agents.network import write_inputs
from cogmeta.errors import UserError
from cogmeta.training import A2C, Checkpoint, train
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit

TASK = BernoulliBandit(n_trials=8)
LEARNER = A2C(n_steps=1_000, n_episodes=6, n_workers=2)


@pytest.fixture(scope="module")
def run():
    """A training in two processes that was never advanced."""
    return Run(LSTMActorCritic.for_task(TASK, n_units=5), TASK, LEARNER, seed=0)


def replayed(run, batch):
    """Return a tape of the whole batch, played again in one process from what was done and earned."""
    tape = run.agent.tape(*batch.action.shape)
    action, reward = np.full(6, NO_ACTION), np.zeros(6)
    for t, (next_action, next_reward) in enumerate(zip(batch.action, batch.reward, strict=True)):
        write_inputs(tape.inputs[t].numpy(), TASK.observe(t, 6), action, reward)
        action, reward = next_action, next_reward
    tape.start()
    tape.forward()
    return tape


def test_two_processes_find_the_gradient_of_one(run):
    batch = run.collector.collect()
    tape = replayed(run, batch)
    assert torch.allclose(batch.tape.head[:8], tape.head[:8], atol=1e-6)  # float32 rounding
    gradient = torch.randn(8, 3, 6, generator=torch.Generator().manual_seed(1))
    split, whole = batch.tape.backward(gradient), tape.backward(gradient)
    for name in run.agent.trainable:
        assert torch.allclose(split[name], whole[name], rtol=1e-4, atol=1e-5), name  # float32 sums in another order


def test_the_parts_play_episodes_of_their_own_with_the_present_weights(run):
    run.agent.weights["readout"][0, -1] = 50.0  # the first arm, always
    batch = run.collector.collect()
    assert (batch.action == 0).all()
    run.agent.weights["readout"][0, -1] = 0.0
    assert not (batch.reward[:, :3] == batch.reward[:, 3:]).all()


@pytest.mark.slow
def test_a_lost_process_is_said_so():
    run = Run(LSTMActorCritic.for_task(TASK, n_units=5), TASK, LEARNER, seed=0)
    (process, _), = run.collector.workers
    run.advance()
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with pytest.raises(UserError, match="worker process of the training ended"):
        run.advance()


def test_parts_must_be_equal():
    with pytest.raises(UserError, match="n_workers=4 must divide n_episodes=6"):
        A2C(n_episodes=6, n_workers=4)


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_in_two_processes_whole_or_resumed(tmp_path):
    agent = LSTMActorCritic.for_task(TASK, n_units=5)
    whole = train(agent, TASK, LEARNER, seed=3)
    path = tmp_path / "checkpoint.safetensors"

    class Stop(Exception):
        """Stands for a kill."""

    def stop(record):
        if record.update == 5:
            raise Stop

    with pytest.raises(Stop):
        train(agent, TASK, LEARNER, seed=3, listeners=[stop], checkpoint=Checkpoint(path, interval=0))
    resumed = train(agent, TASK, LEARNER, seed=3, checkpoint=Checkpoint(path, resume=True))
    assert resumed.fingerprint() == whole.fingerprint() != train(agent, TASK, A2C(n_steps=1_000, n_episodes=6), seed=3).fingerprint()
