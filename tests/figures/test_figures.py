"""Every registered figure is made from shipped agents, with its tables, its record and its scoreboard."""

import json
import os
import re
import signal
from pathlib import Path

import pandas as pd
import pytest

from analyses.claims import scoreboard
from cogmeta.agents.store import RECORD, load_agent, load_record
from cogmeta.training.train import Interrupted
from figures.command import write_scoreboard
from figures.paper_figure import make_figure
from figures.registry import FIGURES
from figures.retrain import folder_of, train_anew, training_of
from tasks.train_run import CHECKPOINT, train_into


LONG = ("episodic_control", "wang2016_fig2", "wang2016_fig4", "wang2018_dynamics", "wang2018_fig3", "wang2018_fig4", "ritter2018_barcode",
        "ritter2018_class", "ritter2018_gates", "ritter2018_water_maze")
"""Figures of which even the quick version takes many seconds."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] if name in LONG else []) for name in FIGURES])
def test_a_figure_leaves_pictures_tables_record_and_scoreboard(name, tmp_path):
    figure = FIGURES[name]
    board = make_figure(figure, tmp_path, quick=True)
    assert list(board["claim"]) == [claim.statement for claim in figure.claims]
    assert board["ours"].notna().all() and set(board["met"]) <= {"yes", "no"}
    assert (tmp_path / f"{name}.png").stat().st_size > 10_000 and (tmp_path / f"{name}.pdf").is_file()
    assert pd.read_csv(tmp_path / f"{name}_scoreboard.csv")["ours"].notna().all()
    record = json.loads((tmp_path / f"{name}.json").read_text())
    assert all(agent["command"].startswith("cogmeta train") and len(agent["fingerprint"]) == 64 for agent in record["agents"])


def test_a_claim_over_seeds_is_met_only_if_it_is_met_in_each(tmp_path):
    claim = FIGURES["wang2018_fig5"].claims[0]
    board = scoreboard([claim], {claim.measure: [0.2, -0.1, 0.3]})
    assert board["met"].tolist() == ["no"] and board["seeds"].tolist() == [3]
    write_scoreboard(board.assign(figure="wang2018_fig5"), tmp_path / "SCOREBOARD.md")
    assert "| no |" in (tmp_path / "SCOREBOARD.md").read_text()


def test_the_page_on_figures_names_figures_that_there_are_and_its_example_runs(capsys):
    page = (Path(__file__).parents[2] / "docs" / "figures.md").read_text(encoding="utf-8")
    assert set(re.findall(r"cogmeta figure (\w+)", page)) <= {*FIGURES, "NAME"}
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        exec(compile(block, "docs/figures.md", "exec"), {})
    assert capsys.readouterr().out == "True\n"


def test_a_network_that_was_trained_for_less_than_its_preset_is_retrained_for_as_long():
    assert training_of("bandit/easy lstm_no_reward", 0).n_steps == 1_000_000
    assert training_of("bandit/easy", 0).n_steps is None and training_of("bandit/easy", 99).n_steps is None


@pytest.mark.slow
def test_retraining_that_was_interrupted_goes_on_and_ends_where_it_would_have(tmp_path):
    """A control of 1 M steps: whole, and stopped after a third of them with its checkpoint left behind."""
    network = "bandit/easy lstm_no_reward", 0
    train_anew([network, network], tmp_path / "whole")
    whole = folder_of(*network, tmp_path / "whole")

    def stop(record):
        if record.steps > 300_000:
            os.kill(os.getpid(), signal.SIGTERM)  # as a scheduler would

    folder = folder_of(*network, tmp_path / "stopped")
    with pytest.raises(Interrupted):
        train_into(folder, "bandit/easy", seed=0, agent="lstm_no_reward", n_steps=1_000_000, listeners=[stop])
    assert (folder / CHECKPOINT).is_file()
    counted = []
    train_anew([network], tmp_path / "stopped", tell=lambda done, total: counted.append((done, total)))
    assert counted[-1] == (1, 1) and load_agent(folder).fingerprint() == load_agent(whole).fingerprint()
    assert load_record(folder).command == f"cogmeta train bandit/easy --agent lstm_no_reward --steps 1000000 --seed 0 --out {folder}"
    written = (folder / RECORD).stat().st_mtime_ns
    train_anew([network], tmp_path / "stopped")
    assert (folder / RECORD).stat().st_mtime_ns == written, "a network that stands there is not trained again"
