"""The search: which starts are dropped, and that nothing is lost by it."""

import numpy as np
import pytest

from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import NEAR, look, maximise, spread_starts
from cogmeta.fitting.penalty import NoPenalty
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

N_SUBJECTS, N_STARTS = 12, 6


class CountingEngine(Engine):
    """Counts the sets of parameters that it evaluates, in either precision."""

    def __init__(self, *args):
        super().__init__(*args)
        self.n_sets = 0

    def evaluate(self, u, subject):
        self.n_sets += len(subject)
        return super().evaluate(u, subject)

    def rough(self, n_sets):
        return self


@pytest.fixture(scope="module")
def sequences():
    model = make_model("two_step/hybrid", perseveration="outside")
    own = {p.name: p.to_natural(p.starts(N_SUBJECTS, np.random.default_rng(k))) for k, p in enumerate(model.parameters)}
    trials = simulate(model.agent(own), make_task("two_step/daw2011", n_trials=80), N_SUBJECTS, seed=0).to_trials()
    return sequences_of(model.for_trials(trials), trials)


@pytest.fixture(scope="module")
def model():
    return make_model("two_step/hybrid", perseveration="outside")


def searched(engine, near=NEAR):
    starts = np.repeat(spread_starts(engine.model.parameters, N_STARTS, np.random.default_rng(0)), N_SUBJECTS, axis=1)
    return maximise(engine, NoPenalty(), starts, np.tile(np.arange(N_SUBJECTS), N_STARTS), near=near)


def test_dropping_starts_that_meet_a_better_one_loses_no_hill_and_saves_a_third(model, sequences):
    every, leaders = CountingEngine(model, sequences), CountingEngine(model, sequences)
    best, found = searched(every, near=0.0).objective, searched(leaders).objective
    assert (best - found).sum() < 0.1 and leaders.n_sets < 0.7 * every.n_sets


def test_the_winners_are_known_in_double_precision_where_the_climb_was_not(model, sequences, monkeypatch):
    engine = Engine(model, sequences)
    fine = searched(engine, near=0.0)
    monkeypatch.setattr("cogmeta.fitting.lanes.MANY_SETS", 1)
    rough = searched(engine)
    assert abs((fine.objective - rough.objective).sum()) < 0.1 * N_SUBJECTS  # a lower hill now and then
    again = look(engine, NoPenalty(), rough.u, rough.subject)
    for name in ("objective", "gradient", "curvature"):
        np.testing.assert_allclose(getattr(again, name), getattr(rough, name), rtol=1e-9, atol=1e-9)
