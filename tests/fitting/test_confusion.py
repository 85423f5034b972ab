"""Models told apart: matrices that are distributions, and the confusion matrix of Wilson & Collins 2019."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import UserError
from cogmeta.fitting.confusion import Confusion, confuse
from cogmeta.fitting.draws import plausible_draws
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/independent", n_trials=100, reward_probability=(0.2, 0.8))


def test_the_matrices_are_bayes_rule_on_the_counts():
    counts = pd.DataFrame([[8, 2], [5, 5]], index=["a", "b"], columns=["a", "b"])
    found = Confusion(counts)
    np.testing.assert_allclose(found.confusion, [[0.8, 0.2], [0.5, 0.5]])
    np.testing.assert_allclose(found.inversion, [[0.8 / 1.3, 0.2 / 0.7], [0.5 / 1.3, 0.5 / 0.7]])


def test_two_models_that_have_nothing_in_common_are_told_apart_and_the_seed_says_how():
    heard = []
    models = ["bandit/win_stay_lose_shift", "bandit/choice_kernel"]

    def sharp(model, n, rng):
        return {"noise": np.full(n, 0.1)} if "noise" in model.parameter_names else plausible_draws(model, n, rng)

    found = confuse(models, TASK, n_subjects=15, draw=sharp, listener=lambda done, total: heard.append((done, total)))
    assert (np.diag(found.confusion) > 0.6).all() and (found.counts.sum(axis=1) == 15).all()
    assert heard == [(1, 2), (2, 2)]
    assert confuse(models, TASK, n_subjects=15, draw=sharp).counts.equals(found.counts)


def test_models_are_told_apart_on_the_trials_of_one_s_own_table_and_a_killed_study_goes_on(tmp_path):
    from_task = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.5, "inverse_temperature": 3.0})
    trials = simulate(from_task, make_task("bandit/independent", n_trials=120), 12, seed=0).to_trials()
    trials = trials[trials["trial"] < 60 + 5 * trials["subject"].astype(int)]  # of unequal length
    models = ["bandit/rescorla_wagner", "bandit/choice_kernel"]
    found = confuse(models, trials, n_starts=2, folder=tmp_path)
    assert (found.counts.sum(axis=1) == 12).all() and (np.diag(found.confusion) > 0.7).all()
    heard = []
    again = confuse(models, trials, n_starts=2, folder=tmp_path, listener=lambda done, total: heard.append((done, total)))
    assert again.counts.equals(found.counts) and heard == [(2, 2)]
    with pytest.raises(UserError, match="brings its own subjects, 12"):
        confuse(models, trials, n_subjects=3)
    with pytest.raises(UserError, match="holds another study"):
        confuse(models, trials.iloc[:-1], n_starts=2, folder=tmp_path)


@pytest.mark.parametrize(("call", "message"), [
    (lambda: confuse(["bandit/random"], TASK), "at least two models"),
    (lambda: confuse(["bandit/random", "bandit/random"], TASK), "each once"),
    (lambda: confuse(["bandit/random", "two_step/hybrid"], TASK), "family"),
    (lambda: confuse(["bandit/random", "bandit/choice_kernel"], TASK, n_subjects=0), "n_subjects must be"),
    (lambda: confuse(["bandit/random", "bandit/choice_kernel"], TASK, criterion="bi"), "Did you mean"),
])
def test_bad_input_gets_one_sentence(call, message):
    with pytest.raises(UserError, match=message):
        call()


def published_draws(model, n, rng):
    """Rates from U(0, 1), inverse temperatures from 1 + Exp(1), as in figure 5B."""
    return {p.name: rng.random(n) if p.domain == "unit" else 1 + rng.exponential(1, n) for p in model.parameters}


@pytest.mark.slow
def test_the_confusion_matrix_of_wilson_and_collins_is_dominated_by_its_diagonal():
    models = ["bandit/random", "bandit/win_stay_lose_shift", "bandit/rescorla_wagner", "bandit/choice_kernel",
              "bandit/rescorla_wagner_choice_kernel"]
    task = make_task("bandit/independent", n_trials=1000, reward_probability=(0.2, 0.8))
    found = confuse(models, task, n_subjects=100, draw=published_draws).confusion.to_numpy()
    assert (found.argmax(axis=1) == np.arange(5)).all(), found
    assert np.diag(found).mean() >= 0.8, found
