"""Tables as they come: one trial, no variance, thousands of sessions of unequal length, the wrong family."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import UserError
from cogmeta.fitting import fit, fit_hbi, latents
from cogmeta.models import make_model

MODEL = "bandit/rescorla_wagner"


def table(lengths, rng, choice=None):
    """One session of random choices a length."""
    n = int(np.sum(lengths))
    return pd.DataFrame({"subject": np.repeat([f"s{i:04d}" for i in range(len(lengths))], lengths),
                         "trial": np.concatenate([np.arange(k) for k in lengths]),
                         "choice": rng.integers(2, size=n) if choice is None else choice, "reward": rng.integers(2, size=n)})


@pytest.mark.parametrize("method", ["mle", "map", "em"])
def test_a_subject_with_one_trial_is_flagged_and_stays(method):
    result = fit(MODEL, table([30, 30, 30, 1], np.random.default_rng(0)), method, n_starts=2)
    last = result.table.iloc[-1]
    assert last["n_trials"] == 1 and last["flag"] and np.isfinite(last["log_likelihood"])
    assert np.isfinite(result.table[list(result.model.parameter_names)]).all(axis=None)


def test_hierarchical_inference_bears_one_trial_and_no_trial():
    trials = table([30, 30, 30, 1], np.random.default_rng(0))
    silent = pd.DataFrame({"subject": ["silent"], "trial": [0], "choice": [None], "reward": [None]})
    found = fit_hbi([MODEL, "bandit/random"], pd.concat([trials, silent], ignore_index=True), n_starts=2)
    assert np.isfinite(found.responsibility.to_numpy()).all() and found.table["alpha"].sum() == pytest.approx(2 + 4)
    assert found.parameters[MODEL]["flag"].tolist() == ["", "", "", "", "no answered trial: the group's mean"]


def test_choices_without_variance_are_flagged():
    constant = table([40, 40], np.random.default_rng(0), choice=np.r_[np.zeros(40, int), np.arange(40) % 2])
    result = fit(MODEL, constant, "mle", n_starts=3)
    assert result.flags.index[0] == "s0000"
    assert not np.isnan(result.table[["log_likelihood", "learning_rate", "inverse_temperature"]]).any(axis=None)


def test_thousands_of_sessions_of_unequal_length_are_each_scored_to_their_end():
    rng = np.random.default_rng(0)
    trials = table(rng.integers(1, 30, size=2000), rng)
    result = fit(MODEL, trials, n_starts=1)
    assert result.n_trials.to_list() == trials.groupby("subject").size().to_list()
    np.testing.assert_allclose(np.log(latents(result, trials)["probability_choice"]).groupby(trials["subject"]).sum(),
                               result.log_likelihood, atol=1e-9)


@pytest.mark.parametrize("call", [fit, lambda model, trials: fit_hbi([model], trials)])
def test_a_model_of_another_family_is_refused_with_the_right_one(call):
    with pytest.raises(UserError, match="Choose a model of the family 'bandit'"):
        call(make_model("two_step/hybrid"), table([10], np.random.default_rng(0)))


def test_a_group_of_one_is_refused(rng):
    one = table([20], rng)
    with pytest.raises(UserError, match="at least two subjects, this trial table has 1"):
        fit(MODEL, one, method="em")
    with pytest.raises(UserError, match="at least two subjects, this trial table has 1"):
        fit_hbi([MODEL, "bandit/random"], one)
