"""The benchmark of the tasks runs and says what it measured; its claims stand in benchmarks/measured."""

import json
import sys
from importlib.util import find_spec

import numpy as np
import pytest

gymnasium = pytest.importorskip("gymnasium")

from gymnasium.utils.env_checker import check_env  # noqa: E402

from benchmarks import results  # noqa: E402
from benchmarks import tasks as benchmark  # noqa: E402
from benchmarks.single_environments import SINGLE  # noqa: E402
from cogmeta.errors import UserError  # noqa: E402
from cogmeta.gym import TaskEnv  # noqa: E402
from tasks.registry import make_task  # noqa: E402


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """What the benchmark writes of two tasks, measured as briefly as can be."""
    path = tmp_path_factory.mktemp("speed") / "tasks.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["tasks", "--tasks", "bandit/easy", "two_step/wang2018", "--seconds", "0.001",
                                    "--out", str(path)])
        benchmark.main()
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_benchmark_measures_each_task_side_by_side_and_through_gymnasium(record):
    assert [row["task"] for row in record["rows"]] == ["bandit/easy", "two_step/wang2018"]
    assert all(row["batched"] > 0 and row["gymnasium"] > 0 and row["episodes"] == 1024 for row in record["rows"])
    assert list(record["rows"][1]["growth"]) == ["1", "32", "1024", "8192"] and record["rows"][1]["peers"]["single environment"] > 0


def test_results_name_each_task_and_whether_its_bar_is_met(record):
    record["rows"][0]["batched"], record["rows"][1]["batched"] = 4e6, 6e6
    lines = results.tasks(record).splitlines()
    assert "missed" in next(line for line in lines if "`bandit/easy`" in line)
    assert "met" in next(line for line in lines if "`two_step/wang2018`" in line)


@pytest.mark.parametrize("name", SINGLE)
def test_the_single_environments_beside_ours_play_the_same_protocol(name):
    """Reward a step under one fixed action, and its length: within 5 standard errors of ours."""
    task, env = make_task(name), SINGLE[name]()
    check_env(env, skip_render_check=True)
    assert env.observation_space.shape == (task.spec.observation_size,) and env.action_space.n == task.spec.n_actions
    single = np.array([play(env, seed) for seed in range(200)])
    single_length, single_reward = single.T
    state, _ = task.begin(2000, rng := np.random.default_rng(0))
    batched = 0.0
    for _ in range(task.spec.n_steps):
        state, _, reward, _ = task.advance(state, np.zeros(2000, np.int64), rng)
        batched = batched + reward
    assert (single_length == task.spec.n_steps).all()
    error = single_reward.std() * np.sqrt(1 / 200 + 1 / 2000)
    assert abs(single_reward.mean() - batched.mean()) < 5 * error
    assert 0.7 < single_reward.std() / batched.std() < 1.4  # the spread of 200 sums is known to a twentieth


def test_episodes_that_end_early_are_measured_too():
    task = make_task("bandit/horizon")
    assert benchmark.single_steps_per_second(TaskEnv(task), task.spec.n_steps, 0.01) > 0


def play(env, seed):
    env.reset(seed=seed)
    steps, total, over = 0, 0.0, False
    while not over:
        _, reward, over, _, _ = env.step(0)
        steps, total = steps + 1, total + reward
    return steps, total


@pytest.mark.skipif(find_spec("neurogym") is not None, reason="this interpreter has NeuroGym")
def test_an_interpreter_without_neurogym_is_refused_with_what_to_do():
    with pytest.raises(UserError, match="pip install neurogym"):
        benchmark.neurogym(sys.executable, 0.001)
