"""The reward and choice kernels come back from choosers whose kernels are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from analyses.history_regression import history_regression
from cogmeta.errors import UserError


def chooser(reward_kernel, choice_kernel, n_episodes, n_trials, rng):
    """Return the trials of a chooser with these kernels, lag 1 first, on two arms that pay half the time."""
    n_lags = len(reward_kernel)
    signs, paid = np.zeros((n_trials, n_episodes)), np.zeros((n_trials, n_episodes))
    for t in range(n_trials):
        lags = range(1, min(t, n_lags) + 1)
        logit = sum((reward_kernel[j - 1] * paid[t - j] + choice_kernel[j - 1] * signs[t - j] for j in lags), np.zeros(n_episodes))
        signs[t] = np.where(rng.random(n_episodes) < expit(logit), 1, -1)
        paid[t] = signs[t] * (rng.random(n_episodes) < 0.5)
    episode = np.tile(np.arange(n_episodes), n_trials)
    return pd.DataFrame({"subject": episode.astype(str), "trial": np.repeat(np.arange(n_trials), n_episodes),
                         "choice": (signs.ravel() < 0).astype(int), "reward": np.abs(paid.ravel())}).sort_values(["subject", "trial"])


def test_known_kernels_come_back_within_four_standard_errors(rng):
    reward, choice = [1.0, 0.5, 0.25], [-0.6, -0.2, 0.0]
    table = history_regression(chooser(reward, choice, 60, 80, rng), n_lags=3).set_index(["term", "lag"])
    for kernel, expected in (("reward", reward), ("choice", choice)):
        for lag, weight in enumerate(expected, start=1):
            row = table.loc[(kernel, lag)]
            assert abs(row["coefficient"] - weight) < 4 * row["standard_error"]
    assert abs(table.loc[("bias", 0), "coefficient"]) < 4 * table.loc[("bias", 0), "standard_error"]


def test_lags_do_not_cross_episodes(rng):
    trials = chooser([1.0], [0.0], 5, 20, rng)
    assert history_regression(trials, n_lags=4)["n_trials"].iloc[0] == 5 * 16


def test_relabelling_the_arms_turns_the_bias_alone(rng):
    trials = chooser([1.0, 0.3], [-0.5, 0.0], 20, 40, rng)
    one, other = (history_regression(table, n_lags=2)["coefficient"].to_numpy() for table in (trials, trials.assign(choice=1 - trials["choice"])))
    assert one[:-1] == pytest.approx(other[:-1], abs=1e-6) and one[-1] == pytest.approx(-other[-1], abs=1e-6)


def test_no_lags_are_refused():
    with pytest.raises(UserError, match="at least 1"):
        history_regression(pd.DataFrame(), n_lags=0)
