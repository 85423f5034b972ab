"""Tables of many players: cells are compared with the published ones in standard errors, and shown with them."""

import numpy as np
import pandas as pd
import pytest

from figures import duan2016_table1, duan2016_table2
from figures.score_table import beside_published, farthest, markdown, measured

ROWS = pd.DataFrame({"setting": "n=10", "player": ["greedy", "ucb"], "mean": [6.0, 6.6], "sem": 0.03, "raw_sem": 0.06, "n": 1000})


def test_the_distance_counts_our_error_that_of_a_thousand_problems_and_rounding():
    table = beside_published(ROWS, {"n=10": {"greedy": 6.2}})
    assert table["z"][0] == pytest.approx(-0.2 / np.sqrt(0.03**2 + 0.06**2 + 0.01 / 12)) and np.isnan(table["z"][1])
    assert table["best"].tolist() == [False, True] and list(farthest(table)) == ["greedy"]


def test_a_page_shows_ours_and_the_published_and_the_best_in_bold():
    page = markdown(beside_published(ROWS, {"n=10": {"greedy": 6.2}}), ["greedy", "ucb", "network"])
    assert page.splitlines()[-1] == "| n=10 | 6.00 ± 0.03 [6.2] | **6.60 ± 0.03** | – |"


@pytest.mark.parametrize("table, settings", [("duan2016_table1", 9), ("duan2016_table2", 5)])
def test_what_was_measured_covers_every_setting_of_the_table(table, settings):
    rows, figure = measured(table), {"duan2016_table1": duan2016_table1, "duan2016_table2": duan2016_table2}[table]
    cells = rows.groupby("player").size()
    assert len(figure.PUBLISHED) == settings
    for player in set(figure.PLAYERS) - {"network", "gittins"}:
        assert cells[player] == settings
