"""The self-contained page and the scoreboard of claims."""

import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from analyses.claims import Claim, scoreboard
from analyses.report import Section, render
from analyses.style import save_figure


def test_the_page_holds_its_figures_and_refers_to_nothing_outside(tmp_path):
    figure, ax = plt.subplots()
    ax.plot([0, 1])
    picture, _ = save_figure(figure, tmp_path / "line")
    section = Section("A <section>")
    section.show(picture, "a line")
    section.table(pd.DataFrame({"player": ["network"], "regret": [2.0], "expected": [np.nan]}), "Regret", ours=("network",))
    page = render("Title", [], [section], {"seed": 0, "seconds": 1.0, "versions": {"cogmeta": "0"}})
    assert "data:image/png;base64," in page and "A &lt;section&gt;" in page and "2.000" in page and "–" in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page) and "<script" not in page


def test_a_claim_that_is_not_met_stays_on_the_scoreboard():
    claims = [Claim("regret", "below Thompson", "2.78", "there", high=2.78), Claim("stay", "above chance", "> .5", "there", low=0.5)]
    table = scoreboard(claims, {"regret": 3.0, "stay": float("nan")})
    assert table["met"].tolist() == ["no", "no"] and len(table) == 2
