"""Parameter recovery: what simulated learners were given comes back from their choices."""

import numpy as np
import pytest
from gaussian_bandit import GaussianBandit
from scipy.special import expit

from cogmeta.fitting import fit
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task


def recovered(model, task, n_subjects, n_blocks, seed=0):
    """Return the correlation of each parameter with what learners had that were spread over its plausible range."""
    rng = np.random.default_rng(seed)
    true = {p.name: p.to_natural(p.starts(n_subjects, rng)) for p in model.for_task(task).scaled_parameters}
    model = model.for_task(task)
    agent = model.agent({name: np.repeat(x, n_blocks) for name, x in true.items()})
    trials = simulate(agent, task, n_subjects * n_blocks, seed=seed).to_trials()
    episode = trials["subject"].astype(int)
    trials = trials.assign(subject=(episode // n_blocks).astype(str), session=episode % n_blocks)
    found = fit(model, trials, seed=seed, episode=("subject", "session")).parameters
    return {name: np.corrcoef(_coordinate(model, name, found[name]), _coordinate(model, name, x))[0, 1]
            for name, x in true.items()}


def _coordinate(model, name, values):
    """Correlate where the search runs: the largest inverse temperatures do not decide alone."""
    return next(p for p in model.scaled_parameters if p.name == name).to_unconstrained(values)


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


ARMS = ("bandit/independent", 40, 12)  # design: task, trials a block, blocks a subject
GAUSSIAN = {"initial_variance": 100.0, "noise_variance": 10.0, "reward_range": (-60, 60)}
LEARNERS = [  # correlations measured with 150 subjects; three standard errors, (1 - r^2) / sqrt(150), are allowed below
    ("bandit/rescorla_wagner_two_rates", {}, ARMS, (.77, .82, .91)),
    ("bandit/rescorla_wagner_forgetting", {}, ARMS, (.77, .79, .90)),
    ("bandit/rescorla_wagner_perseveration", {}, ARMS, (.80, .96, .95)),
    ("bandit/rescorla_wagner_lapse", {}, ARMS, (.82, .84, .34)),  # lapses hide behind the inverse temperature
    ("bandit/pearce_hall", {}, ARMS, (.77, .53, .92)),
    ("bandit/kalman_softmax", {}, ARMS, (.96,)),
    ("bandit/kalman_ucb", {}, ARMS, (.96, .58)),
    ("bandit/hidden_state", {}, ARMS, (.73, .72, .87)),
    ("bandit/hierarchical_gaussian_filter", {}, ARMS, (.82, .95)),
    ("bandit/volatile_kalman", {}, ARMS, (.67, .52, .62, .95)),
    ("bandit/kalman_ucb", GAUSSIAN, None, (.81, .47)),
    ("bandit/kalman_thompson", GAUSSIAN, None, (.96,)),
    ("bandit/kalman_probit", GAUSSIAN, None, (.39, .51, .95)),  # in 20 blocks of 10, V and V / TU are nearly one
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "options", "design", "measured"), LEARNERS)
def test_bandit_learners_parameters_are_recovered(name, options, design, measured):
    task = make_task(design[0], n_trials=design[1]) if design else GaussianBandit()
    r = np.array(list(recovered(make_model(name, **options), task, 150, design[2] if design else 20).values()))
    bar = np.array(measured)
    assert (r > bar - 3 * (1 - bar**2) / np.sqrt(150)).all(), np.round(r, 2)


STRATEGIES = [  # four sessions each; correlations measured with 150 subjects, three standard errors allowed below
    ("two_step/hybrid_forgetting", "two_step/daw2011", {}, (.51, .73, .47, .62, .87, .85, .91, .81)),
    ("two_step/latent_state", "two_step/wang2018", {"n_trials": 300}, (.65, .44, .91, .93)),  # h and g trade off
    ("two_step/reward_as_cue", "two_step/wang2018", {"n_trials": 300}, (.93, .98, .97)),
    ("two_step/mixture_of_agents", "two_step/wang2018", {"n_trials": 300}, (.82, .99, .97, .96, .98)),
    ("two_step/kool", "two_step/kool2016", {}, (.67, .47, .55, .93, .87, .91)),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "task", "settings", "measured"), STRATEGIES)
def test_two_step_learners_parameters_are_recovered(name, task, settings, measured):
    r = np.array(list(recovered(make_model(name), make_task(task, **settings), 150, 4).values()))
    bar = np.array(measured)
    assert (r > bar - 3 * (1 - bar**2) / np.sqrt(150)).all(), np.round(r, 2)
