"""Several seeds side by side: the same bytes as alone, nothing done twice, nothing lost with a worker."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from analyses.learning_curve import over_seeds
from analyses.train_command import app
from cogmeta.agents import load_agent, load_record
from cogmeta.errors import UserError
from tasks.many_runs import steps_done
from tasks.train_run import train_into
from tasks.train_seeds import train_seeds

TASK, SHORT = "bandit/easy", {"n_steps": 4_000, "test_episodes": 20}


def weights(folder):
    """Return the bytes of a run's weights."""
    return (folder / "weights.safetensors").read_bytes()


@pytest.mark.slow
def test_each_of_several_seeds_in_its_own_process_is_byte_for_byte_the_run_alone(tmp_path):
    table = train_seeds(tmp_path / "all", TASK, [3, 4], n_jobs=2, **SHORT)
    assert table["seed"].tolist() == [3, 4] and {"regret", "reward_per_trial"} <= set(table)
    for seed in (3, 4):
        train_into(tmp_path / str(seed), TASK, seed=seed, **SHORT)
        assert weights(tmp_path / "all" / f"seed_{seed}") == weights(tmp_path / str(seed))


def test_finished_runs_are_not_done_again_and_those_of_another_training_are_refused(tmp_path):
    train_seeds(tmp_path, TASK, [3, 4], n_jobs=1, **SHORT)
    before = {seed: (tmp_path / f"seed_{seed}" / "record.json").stat().st_mtime_ns for seed in (3, 4)}
    assert train_seeds(tmp_path, TASK, [3, 4, 5], n_jobs=1, **SHORT)["seed"].tolist() == [3, 4, 5]
    for seed, then in before.items():
        assert (tmp_path / f"seed_{seed}" / "record.json").stat().st_mtime_ns == then
    train_into(tmp_path / "alone", TASK, seed=4, **SHORT)
    assert weights(tmp_path / "seed_4") == weights(tmp_path / "alone")
    with pytest.raises(UserError, match="of another training"):
        train_seeds(tmp_path, TASK, [3], n_jobs=1, **{**SHORT, "n_steps": 5_000})


def test_the_command_trains_several_seeds_and_draws_their_curve(tmp_path):
    arguments = [TASK, "--seeds", "2", "--seed", "5", "--steps", "4000", "--agent", "gru", "--jobs", "1", "--out", str(tmp_path)]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    assert "2 seeds" in result.output
    assert {path.name for path in tmp_path.iterdir()} == {
        "seed_5", "seed_6", "seeds.csv", "learning_curves.csv", "learning_curve.png"}
    assert {path.name for path in (tmp_path / "seed_5").iterdir()} == {
        "weights.safetensors", "record.json", "learning_curve.csv"}
    assert load_agent(tmp_path / "seed_6").kind == "gru"
    assert load_record(tmp_path / "seed_6").command.endswith(f"--agent gru --steps 4000 --seed 6 --out {tmp_path / 'seed_6'}")


def test_a_grid_trains_every_combination_as_each_would_be_trained_alone(tmp_path):
    arguments = [TASK, "--learner", "a2c", "--set", "n_episodes=20", "--grid", "step_size=1e-3,3e-3", "--grid", "discount=0.8:0.9",
                 "--steps", "4000", "--seeds", "2", "--jobs", "1"]
    result = CliRunner().invoke(app, [*arguments, "--out", str(tmp_path / "grid")])
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "grid" / "grid.csv")
    names = ["step_size=0.001,discount=0.8:0.9", "step_size=0.003,discount=0.8:0.9"]
    assert table["settings"].tolist() == [name for name in names for _ in range(2)] and table["seed"].tolist() == [0, 1, 0, 1]
    assert (tmp_path / "grid" / names[1] / "learning_curve.png").is_file()
    record = load_record(tmp_path / "grid" / names[1] / "seed_1")
    command = shlex.split(record.command)
    assert record.learner_settings["n_episodes"] == 20 and record.learner_settings["step_size"] == 0.003
    result = CliRunner().invoke(app, [*command[2:-1], str(tmp_path / "alone")])
    assert result.exit_code == 0, result.output
    assert weights(tmp_path / "alone") == weights(tmp_path / "grid" / names[1] / "seed_1")


def test_several_tasks_are_each_trained_by_their_own_preset_as_each_would_be_alone(tmp_path):
    tasks, rest = ["bandit/easy", "two_step/wang2018"], ["--steps", "6400", "--seeds", "2", "--seed", "3", "--jobs", "1"]
    result = CliRunner().invoke(app, [*tasks, *rest, "--out", str(tmp_path / "both")])
    assert result.exit_code == 0, result.output
    table = pd.read_csv(tmp_path / "both" / "runs.csv")
    assert table["task"].tolist() == [task for task in tasks for _ in range(2)] and table["seed"].tolist() == [3, 4, 3, 4]
    for task, learner in zip(tasks, ("a2c", "ppo"), strict=True):
        folder = tmp_path / "both" / task.replace("/", "_")
        assert {"seeds.csv", "learning_curves.csv", "learning_curve.png"} <= {path.name for path in folder.iterdir()}
        assert f"trained agents: {folder} (2 seeds" in result.output
        record = load_record(folder / "seed_4")
        assert (record.task, record.learner) == (task, learner)
        result_alone = CliRunner().invoke(app, [*shlex.split(record.command)[2:-1], str(tmp_path / learner)])
        assert result_alone.exit_code == 0, result_alone.output
        assert weights(tmp_path / learner) == weights(folder / "seed_4")


def test_a_grid_on_several_tasks_does_what_is_left_when_it_is_run_again(tmp_path):
    arguments = ["bandit/easy", "bandit/hard", "--grid", "step_size=1e-3,3e-3", "--steps", "64", "--jobs", "1", "--out", str(tmp_path)]
    assert CliRunner().invoke(app, arguments).exit_code == 0
    first, lost = tmp_path / "bandit_easy" / "step_size=0.001" / "seed_0", tmp_path / "bandit_hard" / "step_size=0.003" / "seed_0"
    written, before = (first / "record.json").stat().st_mtime_ns, weights(lost)
    shutil.rmtree(lost)
    assert CliRunner().invoke(app, arguments).exit_code == 0
    assert (first / "record.json").stat().st_mtime_ns == written and weights(lost) == before
    table = pd.read_csv(tmp_path / "runs.csv")
    assert table[["task", "settings"]].agg(" ".join, axis=1).tolist() == [
        f"bandit/{arms} step_size={size}" for arms in ("easy", "hard") for size in (0.001, 0.003)]
    assert (tmp_path / "bandit_hard" / "grid.csv").is_file() and (tmp_path / "bandit_hard" / "step_size=0.001" / "seeds.csv").is_file()


@pytest.mark.parametrize(("arguments", "says"), [
    (["bandit/easy"], "each task is trained once"), (["bandit/hard", "--start", "runs/a"], "a command of its own"),
    (["bandit/hard", "--workers", "2"], "--jobs says how many"), (["bandit/hrad"], "Did you mean 'bandit/hard'"),
    (["two_step/wang2018", "--set", "centre_steps=true"], "two_step/wang2018: unknown setting of PPO"),
    (["two_step/wang2018", "--grid", "clip=0.1,0.2"], "bandit/easy: unknown setting of A2C"),
    (["two_step/wang2018", "--imitate", "gittins"], "two_step/wang2018: unknown .*'gittins'"),
])
def test_what_does_not_fit_several_tasks_says_so(arguments, says, tmp_path):
    result = CliRunner().invoke(app, [TASK, *arguments, "--steps", "100", "--out", str(tmp_path / "runs")])
    assert isinstance(result.exception, UserError)
    assert re.search(says, str(result.exception)), str(result.exception)
    assert not (tmp_path / "runs").exists()


@pytest.mark.parametrize(("arguments", "says"), [
    (["--set", "stepsize=1"], "Did you mean 'step_size'"), (["--set", "step_size"], "NAME=VALUE"),
    (["--set", "unroll=4", "--set", "unroll=5"], "twice"), (["--set", "n_episodes=many"], "must be an integer"),
    (["--set", "normalise_advantages=1"], "true or false"), (["--set", "step_size=fast"], "a line over training"),
    (["--grid", "step_size=5,6"], r"in \[0, 0.1\]"), (["--grid", "unroll=5,5"], "each once"),
])
def test_a_setting_that_cannot_be_says_so(arguments, says, tmp_path):
    result = CliRunner().invoke(app, [TASK, *arguments, "--steps", "100", "--out", str(tmp_path)])
    assert isinstance(result.exception, UserError)
    assert re.search(says, str(result.exception)), str(result.exception)


KILLED = """
import sys
from tasks.train_seeds import train_seeds
if __name__ == "__main__":
    train_seeds(sys.argv[1], "bandit/easy", [0, 1], n_jobs=2, n_steps=800_000, test_episodes=20)
"""


def children(pid):
    """Return the processes that a process started and that train now."""
    listed = subprocess.run(["ps", "-ww", "-o", "pid=,args=", "--ppid", str(pid)], capture_output=True, text=True).stdout
    return [int(line.split()[0]) for line in listed.splitlines() if "popen_loky" in line]


@pytest.mark.slow
def test_a_run_whose_worker_is_killed_is_done_again_with_the_same_bytes(tmp_path):
    (tmp_path / "script.py").write_text(KILLED, encoding="utf-8")
    process = subprocess.Popen([sys.executable, "script.py", "runs"], cwd=tmp_path)
    runs = [tmp_path / "runs" / f"seed_{seed}" for seed in (0, 1)]
    while not all(steps_done(run) for run in runs):
        time.sleep(0.05)
        assert process.poll() is None
    os.kill(children(process.pid)[0], signal.SIGKILL)
    assert process.wait(timeout=300) == 0
    for seed, run in enumerate(runs):
        train_into(tmp_path / str(seed), "bandit/easy", seed=seed, n_steps=800_000, test_episodes=20)
        assert weights(run) == weights(tmp_path / str(seed))


@pytest.mark.slow
def test_a_dask_cluster_makes_the_same_bytes_and_outlives_the_loss_of_a_worker(tmp_path):
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, \
            distributed.Client(cluster):
        lost = []

        def lose_one(done):
            if not lost and min(done.values()) > 0:
                lost.append(next(iter(cluster.workers.values())).pid)
                os.kill(lost[0], signal.SIGKILL)

        train_seeds(tmp_path / "all", TASK, [0, 1], backend="dask", heard=lose_one, n_steps=800_000, test_episodes=20)
    assert lost
    for seed in (0, 1):
        train_into(tmp_path / str(seed), TASK, seed=seed, n_steps=800_000, test_episodes=20)
        assert weights(tmp_path / "all" / f"seed_{seed}") == weights(tmp_path / str(seed))


def test_what_cannot_be_says_so(tmp_path):
    with pytest.raises(UserError, match="Did you mean 'loky'"):
        train_seeds(tmp_path, TASK, [0], backend="lokey")
    with pytest.raises(UserError, match="seeds must be different"):
        train_seeds(tmp_path, TASK, [0, 0])
    with pytest.raises(UserError, match="seeds must be different integers, at least one"):
        train_seeds(tmp_path, TASK, [])
    result = CliRunner().invoke(app, [TASK, "--seeds", "0", "--out", str(tmp_path)])
    assert "must be >= 1, got 0" in str(result.exception)
    result = CliRunner().invoke(app, [TASK, "--learner", "a2c", "--imitate", "gittins", "--out", str(tmp_path)])
    assert "leave --learner out" in str(result.exception)


def test_the_curve_over_seeds_averages_seeds_and_not_rows():
    dense = pd.DataFrame({"seed": 0, "steps": np.arange(1, 101), "reward_per_trial": 1.0})
    sparse = pd.DataFrame({"seed": 1, "steps": [50, 100], "reward_per_trial": 0.0})
    table = over_seeds(pd.concat([dense, sparse]), n_points=2)
    assert table["mean"].tolist() == [0.5, 0.5] and table["n"].tolist() == [2, 2]
    # Student's t with one degree of freedom: 12.706 * (sd 0.7071 / sqrt 2)
    assert np.allclose(table["high"] - table["mean"], 12.706 * 0.5, rtol=1e-3)
