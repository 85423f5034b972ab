"""Models with parameters held: the free ones are fitted as if the others were known."""

import numpy as np
import pytest
from references import plain_loops
from scipy.optimize import minimize_scalar

from cogmeta.errors import UserError
from cogmeta.fitting import fit, log_likelihood
from cogmeta.models import make_model
from cogmeta.models.fixed import FixedParameters
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = make_task("bandit/medium", n_trials=80)


@pytest.fixture(scope="module")
def trials():
    """Choices of a learner of rate 0.3."""
    agent = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.3, "inverse_temperature": 4.0})
    return simulate(agent, TASK, n_episodes=5, seed=2).to_trials(subject="one")


def test_the_free_parameter_is_the_one_that_a_search_along_it_alone_finds(trials):
    fitted = fit(FixedParameters(make_model("bandit/rescorla_wagner"), {"learning_rate": 0.5}), trials, "mle")
    episodes = [list(zip(own["choice"], own["reward"], strict=True)) for _, own in trials.groupby("session")]

    def cost(u):
        p = {"learning_rate": 0.5, "inverse_temperature": np.exp(u)}
        return -sum(sum(plain_loops.rescorla_wagner(pairs, p)) for pairs in episodes)

    best = minimize_scalar(cost, bounds=(-7, 7), method="bounded")
    assert fitted.table["log_likelihood"][0] == pytest.approx(-best.fun, abs=1e-3)  # the fitter's own tolerance
    assert fitted.table["bic"][0] == pytest.approx(np.log(400) + 2 * best.fun, abs=2e-3)
    assert list(fitted.parameters) == ["subject", "inverse_temperature"]


def test_holding_a_parameter_at_its_fitted_value_changes_nothing(trials):
    free = fit("bandit/rescorla_wagner_lapse", trials, "mle")
    held = fit(FixedParameters(make_model("bandit/rescorla_wagner_lapse"), {"learning_rate": free.table["learning_rate"][0]}), trials, "mle")
    assert held.table["log_likelihood"][0] == pytest.approx(free.table["log_likelihood"][0], abs=1e-3)
    assert log_likelihood(held, trials).sum() == pytest.approx(held.table["log_likelihood"][0])


def test_without_lapses_the_lapse_model_is_rescorla_wagner(trials):
    without = FixedParameters(make_model("bandit/rescorla_wagner_lapse"), {"lapse": 0.0})
    plain = fit("bandit/rescorla_wagner", trials, "mle")
    assert fit(without, trials, "mle").table["log_likelihood"][0] == pytest.approx(plain.table["log_likelihood"][0], abs=1e-3)


def test_it_behaves_as_the_model_with_all_parameters():
    model = make_model("bandit/rescorla_wagner").for_task(TASK)
    held = FixedParameters(model, {"learning_rate": 0.2}).agent({"inverse_temperature": 3.0})
    whole = model.agent({"learning_rate": 0.2, "inverse_temperature": 3.0})
    assert (simulate(held, TASK, 5, seed=1).action == simulate(whole, TASK, 5, seed=1).action).all()


def test_a_model_that_reads_a_first_stage_state_still_does():
    task = make_task("two_step/kool2016", n_trials=40)
    model = make_model("two_step/kool").for_task(task)
    known = {p.name: p.middle for p in model.scaled_parameters}
    trials = simulate(model.agent(known), task, 4, seed=0).to_trials()
    held = FixedParameters(model, {"eligibility": known.pop("eligibility")})
    np.testing.assert_allclose(log_likelihood((held, known), trials), log_likelihood((model, known | {"eligibility": held.values["eligibility"]}), trials))
    assert len(fit(held, trials, n_starts=2).parameters) == 4


@pytest.mark.parametrize("values, sentence", [
    ({"rate": 0.5}, "Did you mean|unknown parameter"), ({"learning_rate": 1.5}, "learning_rate must be a number in"),
    ({"learning_rate": 0.5, "inverse_temperature": 1.0}, "leave one free"),
])
def test_what_cannot_be_held_is_refused(values, sentence):
    with pytest.raises(UserError, match=sentence):
        FixedParameters(make_model("bandit/rescorla_wagner"), values)
