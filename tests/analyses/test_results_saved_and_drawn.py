"""Every kind of result prints as a table, is read back from its folder as it was, and is drawn."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from analyses.compare import compare
from analyses.comparison import Comparison
from analyses.draw import draw
from analyses.posterior_predictive import PredictiveCheck, posterior_predictive
from analyses.tiny_players import TinyPlayer
from cogmeta.errors import UserError
from cogmeta.fitting import (
    Confusion, Fit, GroupSelection, HierarchicalComparison, Recovery, Sampling, Selection, compare_groups, confuse, fit, fit_hbi, recover,
    select_models,
)
from cogmeta.fitting.nested import NestedScores, nested_cross_validation
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.fitting.tiny_network import Descent, TinyFit, fit_tiny_network
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=25)
MODELS = ("bandit/rescorla_wagner", "bandit/choice_kernel")
BRIEF = Descent(max_epochs=2)
EVIDENCE = pd.DataFrame({"one": [0.0, -1.0, -3.0, 0.0], "other": [-2.0, 0.5, 0.0, -4.0]}, index=["007", "b", "c", "d"])


@pytest.fixture(scope="module")
def people():
    own = {"learning_rate": np.linspace(0.2, 0.8, 8), "inverse_temperature": np.full(8, 5.0)}
    trials = simulate(make_model(MODELS[0]).agent(own), TASK, 8, seed=0).to_trials()
    return trials.assign(subject=[f"00{s}" for s in trials["subject"]], age=trials["subject"].astype(int))


def nuts(people):
    pytest.importorskip("nutpie")
    return fit(MODELS[0], people, "nuts", sampling=Sampling(n_chains=2, n_draws=50, n_tune=100))


KINDS = {
    "map": (Fit, lambda people: fit(MODELS[0], people, n_starts=2)),
    "em": (Fit, lambda people: fit(MODELS[0], people, "em", n_starts=2, covariates="~ age")),
    "nuts": (Fit, nuts),
    "hbi": (HierarchicalComparison, lambda people: fit_hbi(MODELS, people, n_starts=2)),
    "recovery": (Recovery, lambda people: recover(MODELS[0], people, n_starts=2)),
    "confusion": (Confusion, lambda people: confuse(MODELS, people, n_starts=1)),
    "selection": (Selection, lambda people: select_models(EVIDENCE)),
    "groups": (GroupSelection, lambda people: compare_groups(EVIDENCE, list("xxyy"))),
    "network": (TinyFit, lambda people: fit_tiny_network(people, "bandit", 1, descent=BRIEF)),
    "nested": (NestedScores, lambda people: nested_cross_validation(people, "bandit", 1, descent=BRIEF, penalties=(1e-5,), n_outer=2, n_inner=2)),
    "comparison": (Comparison, lambda people: compare(TASK, {"people": people}, {}, MODELS[:1], tiny=[TinyPlayer("gru", 1, BRIEF)])),
    "check": (PredictiveCheck, lambda people: posterior_predictive(fit(MODELS[0], people, n_starts=2), people, 20)),
}


def tables_of(result):
    """Return the tables that a result holds, by name."""
    return {name: value for name, value in vars(result).items() if isinstance(value, pd.DataFrame)}


@pytest.mark.parametrize("name", KINDS)
def test_a_result_is_printed_saved_read_back_and_drawn(name, people, tmp_path):
    kind, make = KINDS[name]
    result = make(people)
    assert len(repr(result).splitlines()) > 1 or name == "network", "a table"
    result.save(tmp_path / "saved")
    again = kind.load(tmp_path / "saved")
    assert not list(tmp_path.rglob("*.pkl")) and type(again) is kind
    for field, table in tables_of(result).items():
        pd.testing.assert_frame_equal(getattr(again, field), table, check_index_type=False, check_names=name != "selection")
    assert repr(again) == repr(result)
    figure = draw(result)
    assert isinstance(figure, Figure) and figure.axes
    plt.close(figure)


def test_a_folder_that_holds_something_else_is_refused(tmp_path):
    save_tables(tmp_path, "recovery", {"recovery": pd.DataFrame({"x": [1.0]})}, {})
    with pytest.raises(UserError, match="does not hold a saved confusion"):
        Confusion.load(tmp_path)
    (tmp_path / "recovery.csv").write_text("y\n1\n")
    with pytest.raises(UserError, match="does not hold a saved recovery"):
        load_tables(tmp_path, "recovery")
    with pytest.raises(UserError, match="there is no figure for a dict. Results that are drawn: Fit, "):
        draw({})


def test_tables_come_back_with_every_digit_and_every_label(tmp_path, rng):
    table = pd.DataFrame({"subject": ["007", "", "NA", "x,\"y\""], "x": [*rng.random(3), np.nan], "n": [1, -2, 3, 4], "b": [True, False] * 2},
                         index=pd.Index(["1", "2", "3", "4"], name="place"))
    save_tables(tmp_path, "some_table", {"one": table})
    pd.testing.assert_frame_equal(load_tables(tmp_path, "some_table")[0]["one"], table)
