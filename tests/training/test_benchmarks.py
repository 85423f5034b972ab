"""The benchmark of training speed runs, and its rows are what they say."""

import contextlib
import json

import pytest
import torch

from benchmarks import training, training_memory
from cogmeta.training import A2C

with contextlib.suppress(ImportError):
    import jax  # noqa: F401  (here, because importing it draws from NumPy's global generator)


def test_ours_counts_the_steps_that_it_does():
    steps, wall, cpu = training.ours(A2C(n_steps=10**9, n_episodes=4), seconds=0.05, n_units=4)
    assert steps > 0 and steps % 400 == 0 and wall > 0 and cpu > 0


@pytest.fixture(autouse=True)
def _torch_as_it_was():
    """The partners seed torch and set its threads, as their users do."""
    threads, state = torch.get_num_threads(), torch.random.get_rng_state()
    yield
    torch.set_num_threads(threads)
    torch.random.set_rng_state(state)


@pytest.mark.parametrize(("n_episodes", "two_pass"), [(3, True), (1, False)])
def test_a_partner_with_autograd_trains(n_episodes, two_pass):
    steps, _, _ = training.plain(n_episodes, two_pass, seconds=0.05, n_units=4)
    assert steps > 0 and steps % (100 * n_episodes) == 0


def test_the_memory_of_a_batch_is_that_of_all_its_steps_whatever_the_unroll():
    rows = [training_memory.measure("lstm", 4, 8, unroll) for unroll in (500, 20)]
    assert [row["steps"] for row in rows] == [4_000, 4_000]
    assert all(0.05 < row["gigabytes"] < 64 for row in rows)  # of this process; Python and torch alone take 0.2


@pytest.mark.slow
def test_the_benchmark_prints_a_table_and_writes_json(tmp_path, capsys):
    training.main(["--quick", "--out", str(tmp_path / "speed.json")])
    rows = json.loads((tmp_path / "speed.json").read_text())["rows"]
    assert "steps/s CPU" in capsys.readouterr().out
    assert {"cogmeta A2C, 128 episodes", "nn.LSTM, one environment"} <= set(rows)
    assert all(row["steps_per_cpu_second"] > 0 for row in rows.values() if row.get("steps"))
