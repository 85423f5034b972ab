"""Checkpoints: a run that was stopped goes on to the very bytes of the run that was not."""

import signal
import subprocess
import sys
from dataclasses import replace

import pytest

from cogmeta.agents import LSTMActorCritic, load_agent, save_agent
from cogmeta.errors import UserError
from cogmeta.training import A2C, PPO, Checkpoint, Dyna, ExplodedError, Interrupted, train, updates
from tasks.bandit import BernoulliBandit

TASK = BernoulliBandit(n_trials=10)
LEARNERS = {
    "ppo": PPO(n_steps=1_600, n_episodes=16),
    "a2c": A2C(n_steps=1_600, n_episodes=16, unroll=5, optimiser="rmsprop"),
    "dyna": Dyna(n_steps=1_600, n_episodes=16, imagined_per_step=1, imagined_episodes=4, model_units=3, model_updates=2, model_episodes=8),
}


class Stopped(Exception):
    """Raised by a listener in place of a power cut."""


def agent():
    """A small untrained network."""
    return LSTMActorCritic.for_task(TASK, n_units=5, seed=1)


def stop_at(update):
    """Return a listener that stops training at an update."""
    def listener(record):
        if record.update == update:
            raise Stopped
    return listener


@pytest.mark.parametrize("learner", LEARNERS.values(), ids=LEARNERS)
@pytest.mark.parametrize("update", [2, 7])
def test_a_resumed_run_ends_with_the_same_bytes(learner, update, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    whole = train(agent(), TASK, learner, seed=3)
    with pytest.raises(Stopped):
        train(agent(), TASK, learner, seed=3, listeners=[stop_at(update)], checkpoint=Checkpoint(path, interval=0))
    resumed = train(agent(), TASK, learner, seed=3, checkpoint=Checkpoint(path, interval=0, resume=True))
    assert resumed.fingerprint() == whole.fingerprint() and resumed.discount == whole.discount


def test_a_finished_run_resumes_to_itself(tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    done = train(agent(), TASK, LEARNERS["ppo"], seed=3, checkpoint=path)
    again = train(agent(), TASK, LEARNERS["ppo"], seed=3, checkpoint=Checkpoint(path, resume=True))
    assert again.fingerprint() == done.fingerprint()


def test_the_records_of_a_resumed_run_continue(tmp_path):
    path, learner, records = tmp_path / "c.safetensors", LEARNERS["ppo"], []
    with pytest.raises(Stopped):
        train(agent(), TASK, learner, listeners=[stop_at(4)], checkpoint=Checkpoint(path, interval=0))
    train(agent(), TASK, learner, listeners=[records.append], checkpoint=Checkpoint(path, resume=True))
    assert [r.update for r in records] == list(range(5, 11)) and records[-1].steps == 1_600


SCRIPT = """
import sys
from cogmeta.agents import LSTMActorCritic, save_agent
from cogmeta.training import PPO, Checkpoint, Interrupted, train
from tasks.bandit import BernoulliBandit
task = BernoulliBandit(n_trials=10)
checkpoint = Checkpoint(sys.argv[1], interval=float(sys.argv[2]), resume=sys.argv[3] == "resume")
try:
    untrained = LSTMActorCritic.for_task(task, n_units=5, seed=1)
    trained = train(untrained, task, PPO(n_steps=8_000, n_episodes=16), seed=3,
                    listeners=[lambda record: print(record.update, flush=True)], checkpoint=checkpoint)
except Interrupted as stopped:
    sys.exit(str(stopped))
save_agent(trained, sys.argv[4])
"""


@pytest.mark.parametrize("number", [
    signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow),
    pytest.param(signal.SIGKILL, marks=pytest.mark.slow)])
def test_a_killed_process_resumes_to_the_same_bytes(number, tmp_path):
    path, folder = tmp_path / "checkpoint.safetensors", tmp_path / "agent"
    command = [sys.executable, "-c", SCRIPT, str(path)]
    with subprocess.Popen([*command, "0", "begin", str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True) as process:
        while int(process.stdout.readline()) < 4:
            pass
        process.send_signal(number)
        _, said = process.communicate(timeout=60)
    assert process.returncode != 0 and not folder.exists()
    assert number == signal.SIGKILL or ("the checkpoint" in said and "is written" in said and "Traceback" not in said)
    subprocess.run([*command, "60", "resume", str(folder)], check=True, capture_output=True, timeout=100)
    whole = train(agent(), TASK, PPO(n_steps=8_000, n_episodes=16), seed=3)
    assert load_agent(folder).fingerprint() == whole.fingerprint()


def test_ctrl_c_leaves_a_checkpoint_and_the_old_signal_handlers(tmp_path):
    before = signal.getsignal(signal.SIGINT)
    path = tmp_path / "checkpoint.safetensors"
    with pytest.raises(Interrupted, match=r"stopped at step 480; the checkpoint .* is written"):
        train(agent(), TASK, LEARNERS["ppo"], checkpoint=path,
              listeners=[lambda record: signal.raise_signal(signal.SIGINT) if record.update == 3 else None])
    assert path.is_file() and signal.getsignal(signal.SIGINT) is before


def test_what_is_not_a_number_stops_training_and_the_last_good_checkpoint_stands(tmp_path):
    path, saved = tmp_path / "checkpoint.safetensors", []
    network = agent()

    def poison(record):
        if record.update == 3:
            saved.append(path.read_bytes())
            network.weights["readout"][0, 0] = float("nan")

    run = updates(network, TASK, LEARNERS["ppo"], checkpoint=Checkpoint(path, interval=0))
    said = r"stopped at step 480 \(update 4\).*smaller step_size.*last good checkpoint"
    with pytest.raises(ExplodedError, match=said):
        for record in run:
            poison(record)
    assert path.read_bytes() == saved[0]


@pytest.mark.parametrize("change", [{"n_steps": 3_200}, {"discount": 0.5}])
def test_a_checkpoint_of_other_settings_is_refused(change, tmp_path):
    path = tmp_path / "checkpoint.safetensors"
    train(agent(), TASK, LEARNERS["ppo"], checkpoint=path)
    with pytest.raises(UserError, match=rf"of another training: its learner_settings is {next(iter(change))}="):
        train(agent(), TASK, replace(LEARNERS["ppo"], **change), checkpoint=Checkpoint(path, resume=True))
    with pytest.raises(UserError, match="its seed is 0, not 1"):
        train(agent(), TASK, LEARNERS["ppo"], seed=1, checkpoint=Checkpoint(path, resume=True))


def test_a_missing_a_truncated_and_a_foreign_checkpoint_are_refused(tmp_path):
    path = tmp_path / "checkpoint.safetensors"

    def resume():
        train(agent(), TASK, LEARNERS["ppo"], checkpoint=Checkpoint(path, resume=True))

    with pytest.raises(UserError, match="there is no checkpoint"):
        resume()
    train(agent(), TASK, LEARNERS["ppo"], checkpoint=path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(UserError, match="not a whole safetensors file"):
        resume()
    save_agent(agent(), tmp_path)
    (tmp_path / "weights.safetensors").replace(path)
    with pytest.raises(UserError, match="not a checkpoint of cogmeta"):
        resume()
