"""Batches in parts: the same gradient as whole, the same bytes whatever the number of processes that share them."""

import os
import signal
from dataclasses import replace

import numpy as np
import pytest
import torch
from tiny import Corridor
from typer.testing import CliRunner

from cogmeta.agent import NO_ACTION
from cogmeta.agents import ActorCriticPair, GRUActorCritic, LSTMActorCritic, StackedActorCritic, load_record
from cogmeta.agents.network import write_inputs
from cogmeta.errors import UserError
from cogmeta.training import A2C, Checkpoint, train
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit
from tasks.train_command import app

TASK = BernoulliBandit(n_trials=8)
LEARNER = A2C(n_steps=1_000, n_episodes=6, n_parts=2, n_workers=2)


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


def test_parts_must_be_equal_and_enough_for_the_processes():
    with pytest.raises(UserError, match="n_parts=4 must divide n_episodes=6"):
        A2C(n_episodes=6, n_parts=4)
    with pytest.raises(UserError, match="3 processes cannot share a batch of n_parts=2: set n_parts=3"):
        A2C(n_episodes=6, n_parts=2, n_workers=3)


def test_the_number_of_processes_is_no_setting_of_the_training():
    assert LEARNER.settings == replace(LEARNER, n_workers=1).settings != A2C(n_steps=1_000, n_episodes=6).settings


def test_the_number_of_processes_changes_no_byte_of_the_weights():
    agent = LSTMActorCritic.for_task(TASK, n_units=5)
    alone = train(agent, TASK, replace(LEARNER, n_workers=1), seed=3)
    assert train(agent, TASK, LEARNER, seed=3).fingerprint() == alone.fingerprint()
    assert train(agent, TASK, replace(LEARNER, n_parts=1, n_workers=1), seed=3).fingerprint() != alone.fingerprint()  # other draws


@pytest.mark.slow
@pytest.mark.parametrize("network", [LSTMActorCritic, GRUActorCritic, StackedActorCritic, ActorCriticPair])
def test_any_number_of_processes_gives_the_bytes_of_one_for_networks_of_the_size_that_presets_have(network):
    agent = network.for_task(TASK, n_units=48)
    learner = A2C(n_steps=4_800, n_episodes=60, n_parts=3, unroll=4, step_size=5e-3)
    found = {n: train(agent, TASK, replace(learner, n_workers=n), seed=1).fingerprint() for n in (1, 2, 3)}
    assert found[1] == found[2] == found[3] != agent.fingerprint()


@pytest.mark.slow
@pytest.mark.parametrize(("before", "after"), [(2, 1), (1, 2)])
def test_a_run_goes_on_with_another_number_of_processes_to_the_bytes_of_the_whole(before, after, tmp_path):
    agent = LSTMActorCritic.for_task(TASK, n_units=5)
    whole = train(agent, TASK, LEARNER, seed=3)
    path = tmp_path / "checkpoint.safetensors"

    class Stop(Exception):
        """Stands for a kill."""

    def stop(record):
        if record.update == 5:
            raise Stop

    with pytest.raises(Stop):
        train(agent, TASK, replace(LEARNER, n_workers=before), seed=3, listeners=[stop], checkpoint=Checkpoint(path, interval=0))
    resumed = train(agent, TASK, replace(LEARNER, n_workers=after), seed=3, checkpoint=Checkpoint(path, resume=True))
    assert resumed.fingerprint() == whole.fingerprint()


@pytest.mark.slow
def test_the_command_gives_the_same_bytes_whatever_the_number_of_workers(tmp_path):
    for workers in ("1", "2"):
        result = CliRunner().invoke(app, ["bandit/easy", "--workers", workers, "--steps", "6400", "--out", str(tmp_path / workers)])
        assert result.exit_code == 0, result.output
    assert (tmp_path / "1" / "weights.safetensors").read_bytes() == (tmp_path / "2" / "weights.safetensors").read_bytes()
    record = load_record(tmp_path / "2")
    assert record.learner_settings["n_parts"] == 2 and "--workers 2" in record.command
    result = CliRunner().invoke(app, ["bandit/easy", "--workers", "3", "--out", str(tmp_path / "three")])
    assert "set n_parts=3" in str(result.exception)


@pytest.mark.parametrize("n_parts", [1, 2])
def test_once_all_episodes_have_ended_fresh_ones_begin(n_parts):
    """Nothing can be learnt from the steps that would be left: their gradient is 0 / 0."""
    task = Corridor(pays=(0.2, 0.9, 0.5, 0.5), ends=1)
    agent = LSTMActorCritic.for_task(task, n_units=5)
    agent.weights["readout"][0, -1] = 50.0  # action 0, which ends the episode at the first step
    run = Run(agent, task, A2C(n_steps=100, n_episodes=4, unroll=2, step_size=0.0, n_parts=n_parts), seed=0)
    for update in (1, 2):
        assert run.advance().steps == 4 * update and run.between_epochs
        assert np.isfinite(run.agent.weights["core"].numpy()).all()
