"""Units whose code is known by construction are told apart, although the factors go together."""

import numpy as np
import pandas as pd
import pytest

from analyses.unit_coding import coding_share, last_trial_factors, partial_correlations
from cogmeta.agents import LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.registry import make_task


def correlated_factors(rng, n=4000):
    """Return two factors that correlate by 0.8."""
    one, noise = rng.normal(size=(2, n))
    return pd.DataFrame({"one": one, "other": 0.8 * one + 0.6 * noise})


def test_a_unit_that_codes_one_of_two_related_factors_does_not_code_the_other(rng):
    factors = correlated_factors(rng)
    unit = factors["one"].to_numpy() + 0.5 * rng.normal(size=len(factors))
    assert abs(np.corrcoef(unit, factors["other"])[0, 1]) > 0.6, "it looks as if it did"
    found = partial_correlations(unit[:, None], factors).set_index("factor")["partial_correlation"]
    # what is left of the factor has a standard deviation of 0.6, beside noise of 0.5
    assert found["one"] == pytest.approx(0.6 / np.hypot(0.6, 0.5), abs=0.03)
    assert abs(found["other"]) < 4 / np.sqrt(len(factors))


def test_the_share_counts_units_and_a_unit_that_never_moves_codes_nothing(rng):
    factors = correlated_factors(rng)
    activity = np.column_stack([factors["one"], -factors["one"], np.ones(len(factors)), rng.normal(size=len(factors))])
    share = coding_share(partial_correlations(activity, factors))
    assert share["one"] == 0.5 and share["other"] == 0.0


def test_factors_that_cannot_be_told_apart_are_refused(rng):
    factors = pd.DataFrame({"one": np.arange(9.0), "twice": 2 * np.arange(9.0)})
    with pytest.raises(UserError, match="cannot be told apart"):
        partial_correlations(rng.normal(size=(9, 2)), factors)


def test_factors_belong_to_the_trial_before():
    task = make_task("bandit/medium", n_trials=10)
    rollout = simulate(LSTMActorCritic.for_task(task, n_units=4), task, 3, seed=1, record=("hidden",))
    activity, factors = last_trial_factors(rollout)
    assert activity.shape == (27, 4) and len(factors) == 27
    assert (factors["last action"].to_numpy().reshape(9, 3) == np.where(rollout.action[:9] == 0, 1, -1)).all()
    assert (factors["action x reward"] == factors["last action"] * factors["last reward"]).all()
