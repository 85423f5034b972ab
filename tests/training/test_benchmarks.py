"""The benchmark of training speed runs, and its rows are what they say."""

import contextlib
import json

import pandas as pd
import pytest
import torch

from benchmarks import retraining, seeds, training, training_memory
from cogmeta.training import A2C
from figures.registry import FIGURES

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


def test_the_time_of_a_retraining_counts_every_network_of_every_figure_once():
    needed = retraining.needed()
    asked = {(named, seed) for figure in FIGURES.values() for named, seeds in figure.agents for seed in seeds}
    assert {(named, seed) for named, seeds in needed.items() for seed in seeds} == asked
    table = pd.DataFrame([{"network": named, "seeds": len(seeds), "minutes": 2.0 * len(seeds)} for named, seeds in needed.items()])
    found = retraining.by_figure(table).set_index("figure")["minutes"]
    assert found["all"] == 2.0 * len(asked)
    assert found["wang2018_fig5"] == 2.0 * sum(len(seeds) for _, seeds in FIGURES["wang2018_fig5"].agents)


def test_the_pace_of_a_retraining_is_that_of_whole_updates():
    row = retraining.estimated("two_step/wang2016", [0], seconds=0.01)
    assert 0.5 < row["cpu_seconds_a_million"] < 1000 and row["million_steps"] == 0.6  # a step takes 10 microseconds or so
    assert row["minutes"] == pytest.approx(row["cpu_seconds_a_million"] * 0.604160 / 60, abs=0.01)


@pytest.mark.slow
def test_several_seeds_are_timed_beside_one_by_the_whole_command():
    one, two = seeds.rows("bandit/easy", 640, [2])
    assert (one["seeds"], one["ratio"], two["seeds"]) == (1, 1.0, 2)
    assert two["cpu_seconds"] > one["cpu_seconds"] > 0.5  # Python, torch and two processes more; half a second is the least that torch takes
