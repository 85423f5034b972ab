"""The one inverse temperature between an agent's preferences and somebody's choices."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from cogmeta.errors import UserError
from cogmeta.fitting.temperature import fit_inverse_temperature, tempered
from cogmeta.models import make_model
from cogmeta.simulate import replay, simulate
from tasks.players import player
from tasks.registry import make_task

TASK = make_task("bandit/independent")


def learner(inverse_temperature):
    """Return a Rescorla-Wagner agent of some inverse temperature."""
    parameters = {"learning_rate": 0.3, "inverse_temperature": inverse_temperature}
    return make_model("bandit/rescorla_wagner").agent(parameters)


def test_it_recovers_the_factor_between_two_learners_that_differ_in_nothing_else():
    heard = replay(learner(2.0), simulate(learner(6.0), TASK, n_episodes=400, seed=1))
    found = fit_inverse_temperature(heard, np.zeros(400, int))[0]
    assert found == pytest.approx(3.0, abs=0.1)  # standard error of 40,000 choices is about .025


def test_each_subject_gets_the_maximum_that_a_scalar_search_finds():
    subject = np.repeat([0, 1, 2], 20)
    heard = replay(learner(2.0), simulate(player("thompson", TASK), TASK, n_episodes=60, seed=2))
    for one, found in enumerate(fit_inverse_temperature(heard, subject)):
        mine = subject == one

        def cost(scale, mine=mine):
            scaled = heard.with_agent(heard.logits * scale, heard.value).log_likelihood
            return -scaled[:, mine].sum()

        assert found == pytest.approx(minimize_scalar(cost, bounds=(0, 20), method="bounded").x, abs=1e-4)


def test_tempering_never_scores_worse_than_the_agent_as_it_is():
    heard = replay(learner(15.0), simulate(player("epsilon-greedy", TASK), TASK, n_episodes=50, seed=3))
    assert tempered(heard, np.arange(50)).log_likelihood.sum() >= heard.log_likelihood.sum()


def test_an_agent_that_rules_actions_out_has_no_temperature():
    heard = replay(player("bayes-optimal", TASK), simulate(player("thompson", TASK), TASK, n_episodes=5, seed=4))
    with pytest.raises(UserError, match="finite logits"):
        fit_inverse_temperature(heard, np.zeros(5, int))
