"""The figure of slow, episodic and meta-learned learners: its numbers follow from lives whose course is known."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from figures.episodic_control import EPISODIC, FIGURE, LIVES, META, PACED, RETURNING, SEEDS, SLOW, draw, numbers, recorded, tabulated
from figures.paper_figure import make_figure

ONSET = {SLOW: 400, "mfec": 100, "nec": 200, "similarity": 800, META: 50, PACED: 600}
"""Steps after which each of these made-up learners knows all at once; before, it is at chance."""


def lives():
    """Return tables of lives of 1,000 steps, in visits of 10."""
    steps, rows = np.arange(10, 1001, 10), []
    for life in LIVES:
        for player, onset in ONSET.items():
            if player == META and life not in RETURNING:
                continue
            rows += [(player, life, seed, pd.DataFrame({"steps": steps, "score": (steps > onset) * (0.9 if player == "mfec" else 1.0)}))
                     for seed in SEEDS]
    return tabulated(rows)


def test_ratios_are_those_of_the_steps_to_half_way():
    found = numbers(lives())
    for life in LIVES:
        for player in EPISODIC:  # half way in the mean of three visits: with the second visit after the onset
            assert found[f"{player}, {life}"] == pytest.approx([(ONSET[player] + 20) / (ONSET[SLOW] + 20)] * len(SEEDS))
    assert found[f"{META}, barcode bandit"] == pytest.approx([70 / 120] * len(SEEDS))
    assert found["similarity, paced"] == pytest.approx([820 / 620] * len(SEEDS))
    assert found["in the long run"] == pytest.approx([0.1] * len(SEEDS))


def test_the_recorded_lives_are_whole():
    tables = recorded()
    criterion = tables["criterion"]
    assert set(criterion["player"]) == {SLOW, PACED, *EPISODIC} and set(criterion["life"]) == set(LIVES)
    assert len(criterion) == 5 * len(LIVES) * len(SEEDS)
    assert tables["curves"]["score"].between(-1, 1.5).all()


def test_the_picture_has_a_panel_a_life_and_one_of_steps():
    titles = [ax.get_title(loc="left") for ax in draw(lives()).axes]
    assert titles[:len(LIVES)] == list(LIVES) and len(titles) == 6


def test_retraining_lives_all_lives_anew(tmp_path):
    figure = replace(FIGURE, agents=(), anew=lambda agents, seed, listener: lives())
    board = make_figure(figure, tmp_path, retrain=True)
    ours = board.set_index("claim")["ours"]
    found = numbers(lives())
    assert ours.tolist() == pytest.approx([np.mean(found[claim.measure]) for claim in FIGURE.claims])
    assert len(pd.read_csv(tmp_path / "episodic_control_criterion.csv")) == len(lives()["criterion"])
