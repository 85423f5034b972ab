"""Numbers of the two figures on Harlow's task, from tables whose answer is known."""

import numpy as np
import pandas as pd
import pytest

from figures import wang2016_fig6, wang2018_fig6

IDEAL = pd.DataFrame({"trial": range(1, 7), "accuracy": [0.5] + 5 * [1.0], "choices": 1.0, "reward": [0.2] + 5 * [1.2]})


def tables(*final):
    """Return tables of seeds whose accuracy on trials 2 to 6 is ``final`` at stage 2, and grows from .5 to .6 at stage 1."""
    rows = [{"seed": seed, "stage": stage, "steps": 100 * stage, "trial": trial, "choices": 1.0, "reward": 2 * right - 0.8, "accuracy": right}
            for seed, last in enumerate(final) for stage in (1, 2) for trial in range(1, 7)
            for right in [0.5 if trial == 1 else last if stage == 2 else 0.5 + 0.025 * (trial - 2)]]
    return {"accuracy": pd.DataFrame(rows), "ideal": IDEAL}


def test_replicas_that_fail_are_counted_and_left_out_of_the_curves():
    found = wang2018_fig6.numbers(tables(1.0, 0.6, 0.97, 0.94))
    assert found["succeed"] == 0.5
    assert found["second"] == pytest.approx([1.0, 0.97]) and found["first"] == pytest.approx([0.5, 0.5])
    assert found["early_rise"] == pytest.approx([0.1, 0.1])
    older = wang2016_fig6.numbers(tables(1.0, 0.6, 0.97, 0.94))
    assert older["ceiling"] == 0.5 and older["correct"] == pytest.approx([1.0, 0.97])
    assert older["best"] == pytest.approx(1.0)


def test_where_no_replica_succeeds_no_claim_is_met_for_want_of_numbers():
    for figure in (wang2018_fig6, wang2016_fig6):
        found = figure.numbers(tables(0.5, 0.6))
        assert not any(claim.met(found[claim.measure]) for claim in figure.CLAIMS)


def test_stages_count_choices_on_objects_that_were_never_trained_on():
    accuracy = wang2018_fig6._accuracy(wang2018_fig6.player("ideal", wang2018_fig6.make_task("harlow/vector")), seed=3)
    assert accuracy["accuracy"].to_numpy()[1:] == pytest.approx(np.ones(5)) and (accuracy["choices"] == 1).all()
