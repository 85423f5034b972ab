"""Tasks are stepped as fast as is claimed for them, and the benchmark that measures it runs."""

import sys

import pytest

from benchmarks import tasks as benchmark
from tasks.registry import make_task


@pytest.mark.parametrize(
    "name", ["bandit/independent", "bandit/restless4", "bandit/matching", "two_step/wang2018", "two_step/daw2011"]
)
def test_a_thousand_episodes_take_five_million_steps_a_second(name):
    """Measured: 18 to 102 million a CPU-second; the bound is what is asked of them."""
    assert benchmark.steps_per_second(make_task(name), 1024, 0.05) > 5e6


def test_the_benchmark_prints_a_line_a_task_with_three_sizes_and_the_plain_loop(monkeypatch, capsys):
    given = ["--tasks", "bandit/independent", "two_step/wang2018", "--seconds", "0.01"]
    monkeypatch.setattr(sys, "argv", ["tasks", *given])
    benchmark.main()
    header, *lines = capsys.readouterr().out.strip().splitlines()
    assert header.split() == ["steps", "a", "second", "1", "32", "1,024", "plain", "loop"]
    for line in lines:
        speeds = [float(number.replace(",", "")) for number in line.split()[1:]]
        assert len(speeds) == 4 and speeds[0] < speeds[1] < speeds[2] > speeds[3]
