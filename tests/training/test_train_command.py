"""cogmeta train: what it writes, what it refuses, and how it goes on after Ctrl-C."""

import json
import shlex
import signal
from dataclasses import fields

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from cogmeta.agents import LSTMActorCritic, load_agent, load_record
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import A2C, PPO
from cogmeta.training.run import Record
from tasks.presets import LEARNERS, learner_for, make_agent, preset
from tasks.registry import make_task, task_names
from tasks.shipped import shipped_folder
from tasks.train_command import app
from tasks.train_run import Curve, measure, train_into


def call(*arguments):
    """Run the command and return its result."""
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def test_a_run_leaves_weights_record_and_curve(tmp_path):
    result = call("bandit/easy", "--steps", 30_000, "--seed", 3, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    found = {path.name for path in (tmp_path / "run").iterdir()}
    assert found == {"weights.safetensors", "record.json", "learning_curve.csv"}
    record, curve = load_record(tmp_path / "run"), pd.read_csv(tmp_path / "run" / "learning_curve.csv")
    assert record.task == "bandit/easy" and record.steps == curve["steps"].iloc[-1] >= 30_000
    assert make_task(record.task, **record.task_settings) == make_task("bandit/easy")
    assert {"regret", "reward_per_trial", "test_episodes"} <= set(record.quality)
    assert load_agent(tmp_path / "run").discount == pytest.approx(curve["discount"].iloc[-1])


def test_the_recorded_command_makes_the_same_agent(tmp_path):
    call("bandit/easy", "--steps", 10_000, "--seed", 3, "--learner", "a2c", "--out", tmp_path / "run")
    command = shlex.split(load_record(tmp_path / "run").command)
    assert command[:2] == ["cogmeta", "train"]
    call(*command[2:-1], tmp_path / "again")
    assert load_agent(tmp_path / "again").fingerprint() == load_agent(tmp_path / "run").fingerprint()


def test_a_row_of_the_curve_is_the_mean_over_the_updates_since_the_row_before(tmp_path):
    records, learner = [], A2C(n_episodes=8, unroll=20)  # five parts of an episode, of which the first knows least
    curve = Curve(tmp_path / "curve.csv", n_rows=5)
    train_into(tmp_path / "run", "bandit/easy", learner, n_steps=8 * 20 * 30, listeners=[records.append, curve])
    curve.write()
    rows, updates = pd.read_csv(tmp_path / "curve.csv"), pd.DataFrame([record.as_dict() for record in records])
    assert rows["update"].tolist() == [1, 7, 13, 19, 25, 30]
    ends = [0, *rows["update"]]
    for name in ("reward_per_trial", "entropy", "rpe_sd"):
        expected = [updates[name][first:last].mean() for first, last in zip(ends[:-1], ends[1:], strict=True)]
        assert rows[name].tolist() == pytest.approx(expected, rel=1e-9)
    assert rows["step_size"].tolist() == updates["step_size"][rows["update"] - 1].tolist()


@pytest.mark.parametrize("agent", ["gru", "rnn"])
def test_another_kind_of_network_is_trained_and_recorded(agent, tmp_path):
    result = call("bandit/easy", "--agent", agent, "--steps", 1_000, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert load_agent(tmp_path / "run").kind == agent
    assert f"--agent {agent}" in load_record(tmp_path / "run").command


def test_training_goes_on_from_another_agent(tmp_path):
    call("bandit/easy", "--steps", 40_000, "--learner", "a2c", "--out", tmp_path / "easy")
    result = call("bandit/hard", "--start", tmp_path / "easy", "--steps", 1, "--learner", "a2c", "--out", tmp_path / "hard")
    assert result.exit_code == 0, result.output
    easy, hard, fresh = load_agent(tmp_path / "easy"), load_agent(tmp_path / "hard"), make_agent("bandit/hard")
    for name in hard.trainable:  # one step of Adam moves a weight by the step size at most
        assert (hard.weights[name] - easy.weights[name]).abs().max() <= 1.01 * preset("bandit/hard").learner.step_size[0]
    assert (fresh.weights["core"] - easy.weights["core"]).abs().max() > 0.01
    command = shlex.split(load_record(tmp_path / "hard").command)
    call(*command[2:-1], tmp_path / "again")
    assert load_agent(tmp_path / "again").fingerprint() == hard.fingerprint()


def test_ctrl_c_leaves_a_checkpoint_and_says_how_to_go_on(tmp_path, monkeypatch):
    heard = []

    def stop(self, record):
        heard.append(record)
        if len(heard) == 2:
            signal.raise_signal(signal.SIGINT)

    arguments = ("bandit/easy", "--steps", 100_000, "--seed", 3, "--learner", "a2c", "--out", tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(Curve, "__call__", stop)
        result = call(*arguments)
    assert result.exit_code == 130 and "--resume" in result.stderr
    assert (tmp_path / "run" / "checkpoint.safetensors").is_file() and not (tmp_path / "run" / "record.json").exists()
    assert call(*arguments, "--resume").exit_code == 0
    call(*arguments[:-1], tmp_path / "whole")
    assert load_agent(tmp_path / "run").fingerprint() == load_agent(tmp_path / "whole").fingerprint()


@pytest.mark.parametrize(("arguments", "says"), [
    (("bandit/independant",), "Did you mean 'bandit/independent'"),
    (("bandit/easy", "--agent", "ltsm"), "Did you mean 'lstm'"),
    (("bandit/easy", "--learner", "a3c"), "Did you mean 'a2c'"),
    (("bandit/easy", "--steps", "0"), "training steps must be an integer >= 1, got 0"),
    (("bandit/easy", "--seed", "-1"), "seed must be an integer >= 0"),
    (("bandit/easy", "--resume"), "there is no checkpoint"),
])
def test_what_cannot_be_is_one_sentence(arguments, says, tmp_path):
    result = call(*arguments, "--out", tmp_path / "run")
    assert isinstance(result.exception, UserError) and says in str(result.exception)


def test_a_start_that_does_not_fit_is_refused(tmp_path):
    call("bandit/easy", "--steps", 1, "--learner", "a2c", "--out", tmp_path / "easy")
    with pytest.raises(UserError, match="Train one on it"):
        make_agent("bandit/rl2_k5_n10", start=tmp_path / "easy")
    with pytest.raises(UserError, match="of the kind 'lstm', not 'gru'"):
        make_agent("bandit/hard", "gru", start=tmp_path / "easy")


def test_a_folder_that_holds_an_agent_is_not_overwritten(tmp_path):
    train_into(tmp_path, "bandit/easy", n_steps=1_000, test_episodes=10)
    for resume in (False, True):
        with pytest.raises(UserError, match="holds a trained agent already.*--start"):
            train_into(tmp_path, "bandit/easy", n_steps=1_000, resume=resume)


def test_the_help_shows_an_example():
    assert "cogmeta train bandit/independent" in call("--help").output


@pytest.mark.parametrize("name", task_names())
def test_every_registered_task_has_a_preset_whose_agent_fits_it(name):
    task = make_task(name)
    make_agent(name).check_fits(task)
    for learner in (None, *LEARNERS):
        assert task.spec.n_steps % learner_for(name, learner).unroll_of(task.spec.n_steps) == 0
    tried = preset(name)
    assert all(len(numbers) == len(tried.seeds) for numbers in tried.expected.values())
    assert tried.expected or tried.note


def test_asking_for_the_other_learner_gives_its_settings():
    assert isinstance(learner_for("bandit/easy", "a2c"), A2C) and isinstance(learner_for("bandit/easy", "ppo"), PPO)


def test_a_curve_that_resumes_forgets_what_came_after_the_checkpoint(tmp_path):
    path = tmp_path / "curve.csv"
    pd.DataFrame({"update": [1, 2, 3, 4], "steps": [10, 20, 30, 40]}).to_csv(path, index=False)
    curve = Curve(path, resume=True)

    numbers = dict.fromkeys((field.name for field in fields(Record)), 0.5)
    curve(Record(**numbers | {"update": 3, "steps": 31, "n_steps": 100}))
    curve.write()
    assert pd.read_csv(path)["steps"].tolist() == [10, 20, 31]


def test_the_measured_regret_is_that_of_the_choices():
    task = make_task("bandit/independent", n_trials=7)
    agent = LSTMActorCritic.for_task(task, n_units=4)
    quality, rollout = measure(agent, task, 50, seed=1), simulate(agent, task, 50, seed=1)
    pays, total = rollout.hidden["reward_probability"], 0.0
    for t in range(7):
        for b in range(50):
            total += pays[t, b].max() - pays[t, b, rollout.action[t, b]]
    assert quality["regret"] == pytest.approx(total / 50, abs=1e-4)  # it is rounded to 4 decimals
    assert quality["reward_per_trial"] == pytest.approx(np.mean(rollout.reward), abs=1e-4)


def test_the_shipped_agent_of_the_task_that_people_play_is_as_good_as_its_record_says():
    folder = shipped_folder("two_step/daw2011")
    agent, record = load_agent(folder), load_record(folder)
    quality = measure(agent, make_task("two_step/daw2011"), 500, seed=5)
    spread = record.quality["reward_per_trial_sem"] * np.sqrt(1 + record.quality["test_episodes"] / 500)
    difference = quality["reward_per_trial"] - record.quality["reward_per_trial"]
    assert abs(difference) < 4 * spread  # four standard errors of the difference
    assert json.dumps(record.task_settings) == json.dumps(make_task("two_step/daw2011").settings)
