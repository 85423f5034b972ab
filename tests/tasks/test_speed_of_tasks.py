"""The benchmark of the tasks runs and says what it measured; its claims stand in benchmarks/measured."""

import json
import sys

import pytest

from benchmarks import results
from benchmarks import tasks as benchmark


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
    assert list(record["rows"][1]["growth"]) == ["1", "32", "1024", "8192"] and record["rows"][1]["plain_loop"] > 0


def test_results_name_each_task_and_whether_its_bar_is_met(record):
    record["rows"][0]["batched"], record["rows"][1]["batched"] = 4e6, 6e6
    lines = results.tasks(record).splitlines()
    assert "missed" in next(line for line in lines if "`bandit/easy`" in line)
    assert "met" in next(line for line in lines if "`two_step/wang2018`" in line)


def test_a_plain_loop_plays_as_many_steps_as_the_task():
    assert benchmark.single_bandit() == 100 and benchmark.single_two_step() == 200
