"""Gershman 2018's regression (Cognition 173:34): our probit learner beside statsmodels' Probit on beliefs from a plain loop.

The public trials have no licence and are not shipped: subjects are simulated with the weights of a probit pooled over the 44
people of experiment 2 (V .044, RU .033, V/TU .560 per point, with standard errors .008, .005, .032), on 20 blocks of 10 trials.
"""

import numpy as np
import pytest
import statsmodels.api as sm

from cogmeta.fitting import fit, latents
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

WEIGHTS = {"value_coefficient": 0.044, "relative_uncertainty_coefficient": 0.033, "scaled_value_coefficient": 0.560}
N_PEOPLE, N_BLOCKS, NOISE, PRIOR = 44, 20, 10.0, 100.0


@pytest.fixture(scope="module")
def people():
    task = make_task("bandit/gaussian2018_2", reward_scale=1.0)
    model = make_model("bandit/kalman_probit", initial_value=0.0, initial_variance=PRIOR, noise_variance=NOISE).for_task(task)
    trials = simulate(model.agent(WEIGHTS), task, N_PEOPLE * N_BLOCKS, seed=1).to_trials()
    episode = trials["subject"].astype(int)
    return model, trials.assign(subject=[f"s{e // N_BLOCKS:02d}" for e in episode], block=episode % N_BLOCKS)


def regressors(trials):
    """V, RU and V / TU before every trial, by the equations of papers' section on the Kalman filter, one block after the other."""
    rows = []
    for _, block in trials.groupby(["subject", "block"], sort=False):
        mean, variance = np.zeros(2), np.full(2, PRIOR)
        for choice, reward in zip(block["choice"], block["reward"]):
            deviation = np.sqrt(variance)
            value = mean[0] - mean[1]
            rows.append([value, deviation[0] - deviation[1], value / np.sqrt(variance.sum())])
            gain = variance[choice] / (variance[choice] + NOISE)
            mean[choice] += gain * (reward - mean[choice])
            variance[choice] -= gain * variance[choice]
    return np.array(rows)


def test_a_fit_is_the_probit_regression_of_statsmodels_subject_by_subject(people):
    model, trials = people
    some = trials[trials["subject"] < "s06"].reset_index(drop=True)
    fitted, x = fit(model, some, "mle", n_starts=3), regressors(some)
    for subject, own in fitted.table.set_index("subject").iterrows():
        rows = (some["subject"] == subject).to_numpy()
        peer = sm.Probit((some.loc[rows, "choice"] == 0).astype(float).to_numpy(), x[rows]).fit(disp=False)
        assert own["log_likelihood"] == pytest.approx(peer.llf, abs=1e-5)  # both searches stop within 1e-5 of the top
        np.testing.assert_allclose(own[list(WEIGHTS)].to_numpy(float), peer.params, atol=0.02 * peer.bse.max())


def test_the_pooled_regression_gives_back_the_published_signs_and_the_simulated_weights(people):
    _, trials = people
    peer = sm.Probit((trials["choice"] == 0).astype(float).to_numpy(), regressors(trials)).fit(disp=False)
    assert (np.abs(peer.params - list(WEIGHTS.values())) < 4 * peer.bse).all()
    assert (peer.tvalues[1:] > 4).all(), "relative uncertainty and V / TU both draw choices"
    # as many people and trials as in experiment 2, hence its pooled errors, to what other draws of arms change
    np.testing.assert_allclose(peer.bse, [0.008, 0.005, 0.032], rtol=0.5)


def test_the_probabilities_of_the_latents_are_those_of_the_regression(people):
    model, trials = people
    one = trials[trials["subject"] == "s00"].reset_index(drop=True)
    fitted, x = fit(model, one, "mle", n_starts=3), regressors(one)
    from_weights = x @ fitted.parameters[list(WEIGHTS)].to_numpy(float)[0]
    taken = np.where(one["choice"] == 0, 1, -1) * from_weights
    np.testing.assert_allclose(latents(fitted, one)["probability_choice"], sm.families.links.Probit().inverse(taken), atol=1e-9)
