"""Parameter recovery: what simulated learners were given comes back from their choices."""

import numpy as np
import pytest
from scipy.special import expit

from cogmeta.fitting import fit
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task


@pytest.mark.slow
def test_rescorla_wagner_s_parameters_are_recovered():
    # Wilson & Collins 2019, figure 4: 1000 trials, arms .2 and .8, rate ~ U(0, 1), inverse temperature ~ Exp(10)
    rng = np.random.default_rng(0)
    true = {"learning_rate": rng.random(300), "inverse_temperature": rng.exponential(10, 300)}
    task = make_task("bandit/independent", n_trials=1000, reward_probability=(0.2, 0.8))
    model = make_model("bandit/rescorla_wagner")
    found = fit(model, simulate(model.agent(true), task, 300, seed=1).to_trials()).parameters
    assert np.corrcoef(found["learning_rate"], true["learning_rate"])[0, 1] > 0.8
    low = true["inverse_temperature"] < 10  # the figure's own finding: good where low, degraded where high
    assert np.corrcoef(found["inverse_temperature"][low], true["inverse_temperature"][low])[0, 1] > 0.8


@pytest.mark.slow
def test_the_hybrid_s_parameters_are_recovered_as_well_as_maximum_likelihood_can():
    # design and correlations of maximum likelihood as measured by the prototype: .46 .88 .52 .53 .75 .91 .89; here MAP
    found, true = [], []
    for seed in range(3):
        rng = np.random.default_rng(seed)
        mean, sd = [.15, -.35, .30, -.40, 1.504, 1.194, .50], [.9, .9, 1.0, 1.2, .45, .45, .40]
        u = np.array(mean) + np.array(sd) * rng.standard_normal((200, 7))
        values = np.concatenate([expit(u[:, :4]), np.exp(u[:, 4:6]), u[:, 6:]], axis=1)
        model = make_model("two_step/hybrid", perseveration="outside")
        agent = model.agent(dict(zip(model.parameter_names, values.T)))
        trials = simulate(agent, make_task("two_step/daw2011", n_trials=201), 200, seed=seed).to_trials()
        found.append(fit(model, trials).parameters[list(model.parameter_names)].to_numpy())
        true.append(values)
    r = [np.mean([np.corrcoef(f[:, k], t[:, k])[0, 1] for f, t in zip(found, true)]) for k in range(7)]
    assert (np.array(r) > np.array([.46, .85, .50, .50, .70, .85, .85])).all(), np.round(r, 2)
