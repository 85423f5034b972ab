"""Training on another device: the weights that the CPU's own tapes give, by every learner; records, checkpoints, slips."""

import os
from dataclasses import replace

import elsewhere
import pytest
import torch
from typer.testing import CliRunner

from cogmeta.agents import ActorCriticPair, LSTMActorCritic
from cogmeta.agents.store import NETWORKS, load_record
from cogmeta.errors import UserError
from cogmeta.training import A2C, PPO, TRPO, Checkpoint, Dyna, Imitation, Interrupted, Sarsa, train
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit
from tasks.barcode import BarcodeBandit
from tasks.players import player
from tasks.train_command import app
from tasks.train_run import command_line

TASK = BernoulliBandit(n_trials=10)
IN_EPOCHS = BarcodeBandit(n_arms=3, n_contexts=2, n_exposures=2, n_trials=5)
SHORT = {"n_steps": 600, "n_episodes": 20, "step_size": 1e-3}
LEARNERS = {
    "a2c": A2C(**SHORT), "a2c in unrolls": A2C(**SHORT, unroll=5), "a2c in parts": A2C(**SHORT, n_parts=2), "sarsa": Sarsa(**SHORT),
    "ppo": PPO(**SHORT, n_epochs=2, n_minibatches=2), "imitation": Imitation(expert=player("thompson", TASK), **SHORT),
    "dyna": Dyna(**SHORT, imagined_per_step=1, imagined_episodes=20, model_units=4, model_updates=2, model_episodes=8)}


def weights(network, task, learner, device):
    """Return the weights of a short training, by name."""
    run = Run(network.copy(), task, replace(learner, device="plain" if device == elsewhere.NAME else device), seed=3)
    if device == elsewhere.NAME:  # which is no device for users
        for tape in (run.collector.tape, *([run.buffers] if run.buffers else [])):
            tape.device = torch.device(device)
    with torch.no_grad():
        while not run.finished:
            run.advance()
    return run.agent.weights


def assert_same(network, task, learner, device, share=1e-4):
    """The weights moved as on the CPU, to a share of the way they went: float32 rounding, which Adam's first steps make larger."""
    ours, wanted = weights(network, task, learner, device), weights(network, task, learner, "cpu")
    for name in network.trainable:
        moved = (wanted[name] - network.weights[name]).norm()
        assert moved > 0 and (ours[name] - wanted[name]).norm() < share * moved, name


@pytest.mark.parametrize("device", elsewhere.HERE)
@pytest.mark.parametrize("kind", NETWORKS)
def test_every_kind_of_network_ends_with_the_weights_of_the_cpu(kind, device):
    assert_same(NETWORKS[kind].for_task(IN_EPOCHS, n_units=5, seed=1), IN_EPOCHS, LEARNERS["a2c"], device)


@pytest.mark.parametrize("device", elsewhere.HERE)
@pytest.mark.parametrize("learner", [name for name in LEARNERS if name != "a2c"])
def test_every_learner_ends_with_the_weights_of_the_cpu(learner, device):
    if learner in ("a2c in parts", "dyna") and device == elsewhere.NAME:
        pytest.skip("its tapes are made by the way")
    assert_same(LSTMActorCritic.for_task(TASK, n_units=5, seed=1), TASK, LEARNERS[learner], device)


@pytest.mark.parametrize("device", elsewhere.HERE)
def test_the_trust_region_is_that_of_the_cpu(device):
    """To 5 %: it solves for differences of two float32 passes, so that with and without Numba the CPU's own tapes differ by 1.3 %."""
    assert_same(ActorCriticPair.for_task(TASK, n_units=4, seed=1), TASK, TRPO(n_steps=400, n_episodes=20), device, share=0.05)


@pytest.mark.parametrize("device", elsewhere.HERE)
def test_ppo_replays_what_memory_returned(device):
    agent = NETWORKS["episodic_lstm"].for_task(IN_EPOCHS, n_units=5, seed=1)
    assert_same(agent, IN_EPOCHS, LEARNERS["ppo"], device)


@pytest.mark.slow  # a process of its own
@pytest.mark.skipif(elsewhere.ASKED in os.environ, reason="does this")
def test_a_training_leaves_no_tensor_on_the_cpu():
    """All of the tests above on a device whose tensors cannot meet those of the CPU."""
    elsewhere.run_tests(__file__)


def test_a_run_goes_on_on_another_device(tmp_path):
    agent, learner = LSTMActorCritic.for_task(TASK, n_units=5, seed=1), A2C(**SHORT)
    whole = train(agent, TASK, learner, seed=2)

    def stop_half_way(record):
        if record.steps >= 300:
            os.kill(os.getpid(), 2)  # Ctrl-C

    with pytest.raises(Interrupted):
        train(agent, TASK, learner, seed=2, checkpoint=tmp_path / "half.safetensors", listeners=[stop_half_way])
    on = train(agent, TASK, replace(learner, device="plain"), seed=2, checkpoint=Checkpoint(tmp_path / "half.safetensors", resume=True))
    assert all(torch.allclose(on.weights[name], whole.weights[name], atol=1e-5) for name in whole.weights)  # float32 rounding


def test_the_device_is_recorded_and_none_of_the_settings(tmp_path):
    out = tmp_path / "run"
    asked = ["bandit/easy", "--out", str(out), "--steps", "200", "--set", "n_episodes=2", "--set", "unroll=none", "--device", "plain"]
    found = CliRunner().invoke(app, asked, catch_exceptions=False)
    record = load_record(out)
    assert found.exit_code == 0 and record.device == "plain" and "device" not in record.learner_settings
    assert record.command.endswith(f"--device plain --out {out}")
    assert "--device" not in command_line("bandit/easy", "runs/a")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_refused_device_leaves_no_folder(tmp_path):
    for device, said in (("cuda", "there is no 'cuda' here"), ("tpu", "unknown device 'tpu'")):
        with pytest.raises(UserError, match=said):
            CliRunner().invoke(app, ["bandit/easy", "--out", str(tmp_path / "run"), "--device", device], catch_exceptions=False)
    assert not (tmp_path / "run").exists()


@pytest.mark.slow  # starts processes
def test_any_number_of_processes_gives_the_bytes_of_one_on_another_device():
    agent, learner = LSTMActorCritic.for_task(TASK, n_units=5, seed=1), A2C(**SHORT, n_parts=2, device="plain")
    one, two = (train(agent, TASK, replace(learner, n_workers=n), seed=2) for n in (1, 2))
    assert one.fingerprint() == two.fingerprint()
