"""The compiled engine: every model's formulas against the model itself, exact slopes, and what cannot be compiled."""

import sys
from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from cogmeta.errors import UserError
from cogmeta.fitting import fit
from cogmeta.fitting.check import random_trials
from cogmeta.fitting.compiled import engine as compiled
from cogmeta.fitting.compiled.engine import CompiledEngine, make_engine
from cogmeta.fitting.compiled.expression import FUNCTIONS, Graph, NotTraceable
from cogmeta.fitting.compiled.formula import formulas_of
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model, model_names
from cogmeta.models.bandit import RescorlaWagner
from cogmeta.models.fixed import FixedParameters
from cogmeta.models.trial import Trial, in_tuple

CASES = [(name, {}) for name in model_names()] + [
    ("bandit/rescorla_wagner_choice_kernel", {"n_arms": 4}), ("bandit/rescorla_wagner_lapse", {"n_arms": 3}),
    ("bandit/hidden_state", {"n_arms": 3}), ("bandit/confirmation", {"counterfactual": True}),
    ("two_step/hybrid", {"transitions": "counted", "perseveration": "outside", "eligibility_error": "after", "initial_value": 0.5}),
    ("two_step/hybrid_forgetting", {"second_choice": False}), ("two_step/latent_state", {"second_choice": False}),
]


@pytest.fixture
def uncompiled(monkeypatch):
    """Run kernels as the Python that they are written in, so that no model need be compiled."""
    stub = SimpleNamespace(njit=lambda *_, **__: lambda function: function)
    monkeypatch.setitem(sys.modules, "numba", stub)
    monkeypatch.setattr(compiled, "_folder", lambda: (_ for _ in ()).throw(OSError("nowhere")))
    monkeypatch.setattr(compiled, "kernel_of", compiled.kernel_of.__wrapped__)


def both_engines(name, options, rng):
    model = make_model(name, **options)
    trials = random_trials(model, rng)
    trials = trials[trials["trial"] < 12].assign(forced=(trials["trial"] % 7 == 3))
    if "counterfactual_reward" in trials:
        trials["counterfactual_reward"] = trials["counterfactual_reward"].where(trials["trial"] % 4 > 0)
    trials = trials.drop(index=trials.index[[5, 6, 7, 30]])  # sequences of unequal length
    model = model.for_trials(trials)
    sequences = sequences_of(model, trials)
    return Engine(model, sequences), CompiledEngine(model, sequences)


@pytest.mark.parametrize(("name", "options"), CASES, ids=str)
def test_a_kernel_says_what_the_model_says(name, options, rng, uncompiled):
    plain, fast = both_engines(name, options, rng)
    subject = np.arange(6)
    u = np.stack([p.starts(6, rng) for p in plain.model.scaled_parameters])
    expected, found = plain.evaluate(u, subject), fast.evaluate(u, subject)
    np.testing.assert_allclose(found[0], expected[0], rtol=1e-12)  # the same sums in another order
    np.testing.assert_allclose(fast.log_likelihood(u, subject), expected[0], rtol=1e-12)
    for one, other in zip(fast.score(u, subject), found):
        np.testing.assert_array_equal(one, other)
    scale = np.abs(expected[1]).max()
    np.testing.assert_allclose(found[1], expected[1], atol=2e-6 * scale)  # the plain slopes are finite differences of 1e-7
    np.testing.assert_allclose(found[2], expected[2], atol=2e-6 * np.abs(expected[2]).max())


def test_held_parameters_are_numbers_in_the_formulas(rng, uncompiled):
    model = make_model("two_step/hybrid")
    table = random_trials(model, rng)
    held = FixedParameters(model, {"eligibility": 0.3, "model_based_weight": 0.6})
    sequences = sequences_of(held, table)
    u = np.stack([p.starts(6, rng) for p in held.scaled_parameters])
    plain, fast = (engine(held, sequences).evaluate(u, np.arange(6)) for engine in (Engine, CompiledEngine))
    np.testing.assert_allclose(fast[0], plain[0], rtol=1e-12)  # the same sums in another order
    np.testing.assert_allclose(fast[1], plain[1], atol=2e-6 * np.abs(plain[1]).max())  # the plain slopes are finite differences of 1e-7


def complex_slope(model, table, u, k):
    """Exact derivative of a two-step model's log-likelihood: its own functions, a tiny imaginary step."""
    moved = u.astype(complex)
    moved[k] += 1e-30j
    natural = [1 / (1 + np.exp(-x)) if p.domain == "unit" else np.exp(x) if p.domain == "positive" else x
               for p, x in zip(model.scaled_parameters, moved)]
    own = SimpleNamespace(**{name: np.array([x]) for name, x in zip(model.parameter_names, natural)})
    values, total = model.initial_values((1,), own), 0.0
    for row in table.itertuples():
        events = {name: np.eye(2)[getattr(row, name)][:, None] for name in ("choice1", "state2", "choice2")}
        first, second = in_tuple(model.policy(values, own))
        for logits, taken in ((first, row.choice1), (second[row.state2], row.choice2)):
            total += (logits[taken] - np.log(np.exp(logits).sum(axis=0)))[0]
        values = model.update(values, own, Trial(**events, reward=np.array([row.reward])))
    return total.imag / 1e-30


@pytest.mark.parametrize("options", [{}, {"perseveration": "outside", "eligibility_error": "after"}], ids=str)
def test_slopes_of_the_hybrid_are_exact(options, rng, uncompiled):
    model = make_model("two_step/hybrid", **options)
    table = random_trials(model, rng)
    table = table[table["subject"] == "s0"]
    engine = CompiledEngine(model, sequences_of(model, table))
    u = np.stack([p.starts(1, rng) for p in model.scaled_parameters])
    score = engine.evaluate(u, np.zeros(1, int))[1][0]
    expected = [complex_slope(model, table, u[:, 0], k) for k in range(7)]
    np.testing.assert_allclose(score, expected, rtol=1e-9, atol=1e-9 * np.abs(expected).max())


@pytest.mark.parametrize("op", [name for name in FUNCTIONS if name not in ("where", "eq", "ne", "and", "or", "not", "isnan")])
def test_every_operation_has_the_slope_that_differences_show(op, rng):
    graph = Graph()
    n = FUNCTIONS[op].nin if isinstance(FUNCTIONS[op], np.ufunc) else 2
    x, h = rng.uniform(0.3, 1.5, n), 1e-6
    node = graph.make(op, *(graph.variable(f"x{i}") for i in range(n)))
    for i in range(n):
        step = h * np.eye(n)[i]
        expected = (float(FUNCTIONS[op](*(x + step))) - float(FUNCTIONS[op](*(x - step)))) / (2 * h)
        slope = graph.slope(node, str(i), {f"x{i}": 1.0})
        assert value(slope, x) == pytest.approx(expected, abs=1e-8)  # h squared, and rounding over h


def value(x, given):
    """An expression's number."""
    if isinstance(x, float | bool):
        return x
    if x.op == "var":
        return given[int(x.args[0][1:])]
    return FUNCTIONS[x.op](*(value(a, given) for a in x.args))


@dataclass(frozen=True)
class Looks(RescorlaWagner):
    """Asks whether a value is above another: no formula."""

    name: ClassVar[str] = "bandit/looks"

    def update(self, values, parameters, trial):
        return values * 1.0 if values[0, 0] > 5 else super().update(values, parameters, trial)


def small_table(rng, n=60):
    return pd.DataFrame({"subject": np.repeat(["a", "b", "c"], n // 3), "trial": np.tile(range(n // 3), 3),
                         "choice": rng.integers(2, size=n), "reward": rng.integers(2, size=n)})


def test_what_cannot_be_traced_runs_as_it_is_and_says_so_when_asked(rng):
    with pytest.raises(NotTraceable, match="asks whether a value is true"):
        formulas_of(Looks())
    table = small_table(rng)
    sequences = sequences_of(Looks(), table.assign(session=0, block=0))
    assert make_engine(Looks(), sequences, n_starts=10**6).name == "plain"
    if compiled.has_numba():
        with pytest.raises(UserError, match="bandit/looks cannot be compiled.*Leave compiled=True out"):
            make_engine(Looks(), sequences, compiled=True)


def test_without_numba_the_plain_engine_runs_and_a_wish_is_answered(rng, monkeypatch):
    monkeypatch.setattr(compiled, "has_numba", lambda: False)
    assert fit("bandit/rescorla_wagner", small_table(rng), n_starts=2).settings["engine"] == "plain"
    with pytest.raises(UserError, match="compiled fits need Numba"):
        fit("bandit/rescorla_wagner", small_table(rng), n_starts=2, compiled=True)


def test_small_tables_are_not_compiled(rng):
    assert fit("bandit/rescorla_wagner", small_table(rng), n_starts=2).settings["engine"] == "plain"


def test_with_numba_fits_are_those_of_the_plain_engine(rng, tmp_path, monkeypatch):
    pytest.importorskip("numba")
    monkeypatch.setenv(compiled.CACHE_ENVIRONMENT, str(tmp_path))
    compiled.kernel_of.cache_clear()
    table = small_table(rng)
    slow, quick = (fit("bandit/rescorla_wagner", table, "em", n_starts=3, compiled=wish) for wish in (False, True))
    assert (slow.settings["engine"], quick.settings["engine"]) == ("plain", "compiled")
    assert list(tmp_path.glob("kernel_*.py")), "kept for the next time"
    np.testing.assert_allclose(quick.table["log_likelihood"], slow.table["log_likelihood"], rtol=1e-4)  # searches stop at 1e-3 nats
    assert quick.group["log_model_evidence"] == pytest.approx(slow.group["log_model_evidence"], abs=0.05)  # EM stops at .05
    compiled.kernel_of.cache_clear()


def test_numbers_far_out_overflow_in_neither_engine(rng, uncompiled):
    plain, fast = both_engines("bandit/rescorla_wagner", {}, rng)
    u = np.array([[9.9, -9.9], [6.9, 6.9]])  # inverse temperature 992
    for one, other in zip(plain.evaluate(u, np.arange(2)), fast.evaluate(u, np.arange(2))):
        assert np.isfinite(other).all()
        np.testing.assert_allclose(one, other, rtol=1e-3)  # differences of 1e-7 of probabilities that hardly differ from 1


def test_the_kernel_s_functions_are_numpy_s(uncompiled):
    space = {}
    exec(compiled.source_of(formulas_of(RescorlaWagner()), 2, 1).replace("cache=CACHE", "cache=False"), space)
    for x in (-60.0, -37.5, -30.0, -0.3, 0.0, 0.7, 8.0):
        assert space["expit"](x) == pytest.approx(float(expit(x)), rel=1e-14)
        assert space["ndtr"](x) == pytest.approx(float(FUNCTIONS["ndtr"](x)), rel=1e-13)
        assert space["log_ndtr"](x) == pytest.approx(float(FUNCTIONS["log_ndtr"](x)), rel=1e-12, abs=0)
        assert space["sign"](x) == np.sign(x) and space["maximum"](x, 0.1) == max(x, 0.1)
