"""Units whose code is known by construction are told apart, although the factors go together."""

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest

from analyses.unit_coding import coding_share, last_trial_factors, partial_correlations
from analyses.variance_explained import plot_variance_explained, variance_explained
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


def test_explained_variance_is_shared_out_as_the_unit_was_made(rng):
    """2 a + b + noise of unit variance, independent: 4/6 and 1/6 are their own, 5/6 together."""
    a, b, noise = rng.normal(size=(3, 20_000))
    table = variance_explained(np.column_stack([2 * a + b + noise, np.ones(20_000)]), pd.DataFrame({"a": a, "b": b}))
    found = table[table["unit"] == 0].set_index("factor")["explained"]
    assert found.to_dict() == pytest.approx({"together": 5 / 6, "a": 4 / 6, "b": 1 / 6}, abs=0.02)  # 4 standard errors of .005
    assert (table[table["unit"] == 1]["explained"] == 0).all(), "a unit that never moves"


def test_what_two_factors_share_is_neither_ones_own(rng):
    factors = correlated_factors(rng)
    table = variance_explained(factors[["one"]].to_numpy(), factors).set_index("factor")["explained"]
    own = 1 - np.corrcoef(factors["one"], factors["other"])[0, 1] ** 2
    assert table.to_dict() == pytest.approx({"together": 1.0, "one": own, "other": 0.0}, abs=1e-9)
    ax = plot_variance_explained(table.reset_index().assign(unit=0))
    assert [line.get_label() for line in ax.lines] == ["together", "one", "other"]
    plt.close(ax.figure)
