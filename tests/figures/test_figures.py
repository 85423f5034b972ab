"""Every registered figure is made from shipped agents, with its tables, its record and its scoreboard."""

import json

import pandas as pd
import pytest

from analyses.claims import scoreboard
from figures.command import write_scoreboard
from figures.paper_figure import make_figure
from figures.registry import FIGURES


LONG = ("wang2016_fig2", "wang2016_fig4", "wang2018_dynamics", "wang2018_fig3", "wang2018_fig4", "ritter2018_barcode",
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
    assert all(agent["command"].startswith("cogmeta train") for agent in record["agents"])


def test_a_claim_over_seeds_is_met_only_if_it_is_met_in_each(tmp_path):
    claim = FIGURES["wang2018_fig5"].claims[0]
    board = scoreboard([claim], {claim.measure: [0.2, -0.1, 0.3]})
    assert board["met"].tolist() == ["no"] and board["seeds"].tolist() == [3]
    write_scoreboard(board.assign(figure="wang2018_fig5"), tmp_path / "SCOREBOARD.md")
    assert "| no |" in (tmp_path / "SCOREBOARD.md").read_text()
