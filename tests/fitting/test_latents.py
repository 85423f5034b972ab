"""Trial-wise latents: against plain loops, against the likelihood, aligned with the table."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import UserError
from cogmeta.fitting import fit, latents, log_likelihood
from cogmeta.fitting.check import random_trials
from cogmeta.models import make_model
from cogmeta.models.registry import MODELS


def middle(model):
    return {p.name: p.middle for p in model.scaled_parameters}


@pytest.mark.parametrize("name", sorted(set(MODELS) - {"two_step/kool"}))
def test_probabilities_multiply_to_the_likelihood_of_every_model(name):
    model = make_model(name)
    trials = random_trials(model, np.random.default_rng(0))
    found = latents(model, trials, middle(model))
    chosen = [c for c in found if c.startswith("probability_")]
    np.testing.assert_allclose(np.log(found[chosen]).sum(axis=1), log_likelihood((model, middle(model)), trials), atol=1e-12)
    sizes = [model.for_trials(trials).n_options(c) for c in model.for_trials(trials).choices]
    for column, size in zip([c for c in found if c.startswith("entropy_")], sizes):
        assert (found[column].to_numpy() >= 0).all() and (found[column] <= np.log(size) + 1e-12).all()


def test_values_and_errors_are_those_of_a_plain_loop_with_missing_and_forced_trials():
    rng = np.random.default_rng(1)
    table = pd.DataFrame({"subject": np.repeat(["b", "a"], 50), "trial": np.tile(range(50), 2), "choice": rng.integers(3, size=100),
                          "reward": rng.random(100), "forced": rng.random(100) < 0.2}, index=np.arange(100) + 7)
    table["choice"] = table["choice"].astype("Int64").mask(rng.random(100) < 0.1)
    table.loc[table["choice"].isna(), "reward"] = np.nan
    own = {"learning_rate": np.array([0.3, 0.8]), "inverse_temperature": np.array([2.0, 4.0])}
    found = latents(make_model("bandit/rescorla_wagner"), table, own)
    assert found.index.equals(table.index)
    for k, subject in enumerate(["b", "a"]):
        q = [0.5] * 3
        for row in table.index[table["subject"] == subject]:
            if pd.isna(table.loc[row, "choice"]):
                assert found.loc[row, ["value_choice", "reward_prediction_error", "probability_choice"]].isna().all()
                continue
            choice, delta = table.loc[row, "choice"], table.loc[row, "reward"] - q[table.loc[row, "choice"]]
            weight = np.exp(own["inverse_temperature"][k] * np.array(q))
            p = weight / weight.sum()
            want = [q[choice], delta, own["learning_rate"][k], p[choice], -(p * np.log(p)).sum()]
            got = found.loc[row, ["value_choice", "reward_prediction_error", "learning_rate", "probability_choice", "entropy_choice"]]
            np.testing.assert_allclose(got.astype(float), want, atol=1e-12)
            q[choice] += own["learning_rate"][k] * delta


def test_the_learning_rate_of_a_kalman_filter_is_its_gain():
    model = make_model("bandit/kalman_softmax")
    trials = random_trials(model, np.random.default_rng(0)).head(40)
    found = latents(model, trials, middle(model))
    settings = model.for_trials(trials)
    prior, noise = settings.initial_variance or 1 / 12, settings.noise_variance or 1 / 4
    variance = [prior, prior]
    for choice, rate in zip(trials["choice"], found["learning_rate"]):
        gain = variance[choice] / (variance[choice] + noise)
        assert rate == pytest.approx(gain, abs=1e-9)
        variance[choice] *= 1 - gain
        variance = [v + settings.diffusion_variance for v in variance]


def test_the_two_errors_of_the_two_step_task_are_those_of_a_plain_loop():
    model = make_model("two_step/hybrid")
    trials = random_trials(model, np.random.default_rng(2)).head(40)
    own = middle(model)
    found = latents(model, trials, own)
    second = np.full((2, 2), float(model.initial_value))
    for row in trials.index:
        s, a, reward = trials.loc[row, "state2"], trials.loc[row, "choice2"], trials.loc[row, "reward"]
        assert found.loc[row, "value_choice2"] == pytest.approx(second[s, a])
        assert found.loc[row, "reward_prediction_error"] == pytest.approx(reward - second[s, a])
        error = found.loc[row, "value_choice2"] - found.loc[row, "value_choice1"]
        assert found.loc[row, "state_prediction_error"] == pytest.approx(error)
        second[s, a] += own[model.parameter_names[1]] * (reward - second[s, a])


def test_a_fit_gives_its_own_and_slips_are_named():
    trials = random_trials(make_model("bandit/rescorla_wagner"), np.random.default_rng(0))
    result = fit("bandit/rescorla_wagner", trials, n_starts=1)
    own = {name: result.table[name].to_numpy() for name in result.model.parameter_names}
    pd.testing.assert_frame_equal(latents(result, trials), latents(result.model, trials, own))
    with pytest.raises(UserError, match="no parameters for subject 'new'"):
        latents(result, trials.assign(subject="new"))
    with pytest.raises(UserError, match="or a Fit"):
        latents(make_model("bandit/rescorla_wagner"), trials)
