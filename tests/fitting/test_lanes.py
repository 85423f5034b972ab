"""The engine's score and Fisher matrix against numerical derivatives of its own likelihood and of the expectation."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model
from cogmeta.models.bandit import RescorlaWagner
from cogmeta.trials import validate_trials

MODELS = [("bandit/rescorla_wagner", {}), ("bandit/rescorla_wagner_choice_kernel", {"n_arms": 4}),
          ("bandit/win_stay_lose_shift", {"n_arms": 3}), ("two_step/hybrid", {}),
          ("two_step/hybrid", {"transitions": "counted", "perseveration": "outside"}), ("two_step/model_based", {})]


def random_table(model, rng, lengths):
    """Sessions of unequal length; subject a has two of them."""
    parts = []
    for i, (subject, session) in enumerate([("a", 0), ("b", 0), ("a", 1), ("c", 0)]):
        n = lengths[i]
        part = {"subject": subject, "session": session, "trial": np.arange(n), "reward": rng.integers(2, size=n)}
        for choice in model.choices:
            part[choice.column] = rng.integers(model.n_options(choice), size=n)
        for name, n_values in model.family.states:
            part[name] = rng.integers(n_values, size=n)
        parts.append(pd.DataFrame(part))
    return validate_trials(pd.concat(parts), model.family)


@pytest.fixture(params=MODELS, ids=str)
def engine(request, rng):
    name, options = request.param
    model = make_model(name, **options)
    table = random_table(model, rng, (30, 17, 9, 1))
    model = model.for_trials(table)
    return Engine(model, sequences_of(model, table))


def some_sets(engine, rng):
    subject = np.array([0, 1, 2, 1, 0])
    return np.stack([p.starts(len(subject), rng) for p in engine.model.parameters]), subject


def test_the_score_is_the_gradient_of_the_log_likelihood(engine, rng):
    u, subject = some_sets(engine, rng)
    log_likelihood, score, _ = engine.evaluate(u, subject)
    np.testing.assert_allclose(log_likelihood, engine.log_likelihood(u, subject), atol=1e-10)
    h = 1e-5  # central difference: error about h^2
    for k in range(len(u)):
        step = np.zeros_like(u)
        step[k] = h
        slope = (engine.log_likelihood(u + step, subject) - engine.log_likelihood(u - step, subject)) / (2 * h)
        np.testing.assert_allclose(score[:, k], slope, rtol=1e-4, atol=1e-5)


def test_the_fisher_matrix_is_the_expected_square_of_each_choice_s_score(rng):
    # one trial at a time: the expectation over its options of score score', each option taken in turn
    model = make_model("bandit/rescorla_wagner_choice_kernel", n_arms=3)
    table = random_table(model, rng, (12, 1, 1, 1))
    u = np.stack([p.starts(1, rng) for p in model.parameters])
    expected = np.zeros((4, 4))
    history = table[(table["subject"] == "a") & (table["session"] == 0)]
    for t in range(len(history)):
        for option in range(3):
            scores = []
            for n in (t, t + 1):
                part = history.iloc[:n].copy()
                if n > t:
                    part.loc[part.index[-1], "choice"] = option
                known = Engine(model, sequences_of(model, part)).evaluate(u, np.zeros(1, int)) if n else None
                scores.append(known or (0, np.zeros((1, 4))))
            own = scores[1][1][0] - scores[0][1][0]
            expected += np.exp(scores[1][0] - scores[0][0]) * np.outer(own, own)
    fisher = Engine(model, sequences_of(model, history)).evaluate(u, np.zeros(1, int))[2][0]
    np.testing.assert_allclose(fisher, expected, rtol=1e-4, atol=1e-6)  # finite differences


def test_a_subject_s_likelihood_is_the_sum_over_its_sessions(rng):
    model = make_model("two_step/hybrid")
    table = random_table(model, rng, (30, 17, 9, 1))
    u = np.stack([p.starts(1, rng) for p in model.parameters])
    engine = Engine(model, sequences_of(model, table))
    whole = engine.log_likelihood(u, np.array([0]))
    sessions = [table[(table["subject"] == "a") & (table["session"] == s)] for s in (0, 1)]
    parts = [Engine(model, sequences_of(model, part)).log_likelihood(u, np.array([0])) for part in sessions]
    np.testing.assert_allclose(whole, sum(parts), atol=1e-10)


@pytest.mark.parametrize(("name", "number"), [("BLOCK_LANES", 2), ("STRETCH_CELLS", 1), ("STRETCH_CELLS", 40)])
def test_blocks_and_stretches_of_any_size_give_the_same_numbers(engine, rng, monkeypatch, name, number):
    u, subject = some_sets(engine, rng)
    whole = engine.evaluate(u, subject)
    monkeypatch.setattr(f"cogmeta.fitting.lanes.{name}", number)
    for one, other in zip(whole, engine.evaluate(u, subject)):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-10)


def test_single_precision_says_the_same_to_a_few_digits(engine, rng):
    u, subject = some_sets(engine, rng)
    single = engine.rough(10_000)
    assert engine.rough(1) is engine and single.dtype == np.float32
    fine, rough = engine.evaluate(u, subject), single.evaluate(u, subject)
    assert all(x.dtype == float for x in rough)
    np.testing.assert_allclose(rough[0], fine[0], atol=1e-4)  # some 50 trials, 6e-8 each of numbers about 1
    for one, other in zip(rough[1:], fine[1:]):  # differences over 1e-3: half of that by truncation, as much by rounding
        np.testing.assert_allclose(one, other, atol=5e-3 * np.abs(other).max())


@dataclass(frozen=True)
class FixedTaste(RescorlaWagner):
    """Three options, preferred by a parameter and nothing else: logits that do not depend on the values."""

    n_arms: int = 3

    def policy(self, values, parameters):
        taste = parameters.inverse_temperature
        return np.stack([0 * taste, taste, -taste])


@pytest.mark.parametrize("cells", [1, 8, 4000])
def test_a_policy_that_ignores_the_values_is_scored_trial_by_trial(rng, monkeypatch, cells):
    monkeypatch.setattr("cogmeta.fitting.lanes.STRETCH_CELLS", cells)
    table = random_table(FixedTaste(), rng, (9, 4, 2, 1))
    engine = Engine(FixedTaste(), sequences_of(FixedTaste(), table))
    u, log_p = np.zeros((2, 3)), np.log(np.exp([0, 1, -1]) / np.exp([0, 1, -1]).sum())
    expected = [log_p[table.loc[table["subject"] == s, "choice"].to_numpy(int)].sum() for s in "abc"]
    np.testing.assert_allclose(engine.log_likelihood(u, np.arange(3)), expected)
    np.testing.assert_allclose(engine.evaluate(u, np.arange(3))[0], expected)


def test_parameters_that_do_not_move_the_values_are_found_by_running_the_model(rng):
    model = make_model("two_step/hybrid")
    engine = Engine(model, sequences_of(model, random_table(model, rng, (5, 5, 5, 5))))
    engine.evaluate(*some_sets(engine, rng))
    assert set(engine.learning) == {"learning_rate_1", "learning_rate_2", "eligibility"}
