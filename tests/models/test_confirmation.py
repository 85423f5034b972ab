"""The confirmation model on full feedback: its equations, what it leaves in behaviour, and that its rates come back."""

import numpy as np
import pandas as pd
import pytest
from references import plain_loops

from cogmeta.errors import UserError
from cogmeta.fitting import check_model, fit, latents, log_likelihood, recover
from cogmeta.models import make_model
from cogmeta.simulate import replay, simulate
from tasks.registry import make_task

NAME = "bandit/confirmation"
KNOWN = {"learning_rate_confirming": 0.4, "learning_rate_disconfirming": 0.15, "inverse_temperature": 5.0}


@pytest.fixture
def table(rng):
    table = pd.DataFrame({"subject": "s", "trial": range(80), "choice": rng.integers(2, size=80), "reward": rng.integers(2, size=80)})
    return table.assign(counterfactual_reward=np.where(rng.random(80) < 0.3, np.nan, rng.integers(2, size=80)))


def test_it_matches_its_equations_where_outcomes_are_shown_and_where_they_are_not(table):
    forgone = [None if np.isnan(x) else x for x in table["counterfactual_reward"]]
    expected = plain_loops.confirmation(list(zip(table["choice"], table["reward"], forgone)), KNOWN)
    np.testing.assert_allclose(log_likelihood((make_model(NAME), KNOWN), table), expected, atol=1e-12)  # rounding only


def test_without_counterfactual_outcomes_it_is_the_learner_with_two_rates(table):
    partial = table.drop(columns="counterfactual_reward")
    signed = {"learning_rate_positive": 0.4, "learning_rate_negative": 0.15, "inverse_temperature": 5.0}
    np.testing.assert_array_equal(log_likelihood((make_model(NAME), KNOWN), partial),
                                  log_likelihood((make_model("bandit/rescorla_wagner_two_rates"), signed), partial))


def test_equal_rates_move_both_values_alike_so_that_choices_do_not_matter(table):
    even = KNOWN | {"learning_rate_disconfirming": 0.4}
    full = table.assign(counterfactual_reward=1 - table["reward"])
    other = full.assign(choice=1 - full["choice"], reward=full["counterfactual_reward"], counterfactual_reward=full["reward"])
    one, two = (latents(make_model(NAME), trials, even)["value_choice"] for trials in (full, other))
    np.testing.assert_allclose(one.to_numpy() + two.to_numpy(), 1.0, atol=1e-12)  # the two arms' values mirror each other


def test_it_keeps_the_contract_of_models_with_full_feedback():
    check_model(make_model(NAME, counterfactual=True))


def test_it_plays_the_task_as_its_likelihood_says():
    task = make_task("bandit/full_feedback")
    model = make_model(NAME).for_task(task)
    assert model.counterfactual
    rollout = simulate(model.agent(KNOWN), task, n_episodes=20, seed=3)
    told = rollout.log_likelihood.T.ravel()
    np.testing.assert_allclose(log_likelihood((make_model(NAME), KNOWN), rollout.to_trials()), told, atol=1e-10)
    again = replay(model.agent(KNOWN), task.from_trials(rollout.to_trials()))
    np.testing.assert_array_equal(again.logits, rollout.logits)


def test_confirming_rates_make_it_stick_to_what_it_chose():
    # Palminteri et al. 2017: on pairs that pay alike, a confirming learner comes to prefer one of the two
    task = make_task("bandit/full_feedback", pairs=((0.5, 0.5),), swaps=(False,), n_trials=48)
    repeats = {}
    for name, rates in {"confirming": (0.4, 0.1), "even": (0.25, 0.25)}.items():
        agent = make_model(NAME).for_task(task).agent(dict(zip(KNOWN, (*rates, 5.0))))
        choice = simulate(agent, task, n_episodes=400, seed=0).action
        repeats[name] = (choice[1:] == choice[:-1]).mean()
    assert repeats["confirming"] > repeats["even"] + 0.05  # measured: .84, .71; standard error .003


def test_three_arms_have_no_other_one(table):
    three = table.assign(choice=np.arange(80) % 3)
    with pytest.raises(UserError, match="the other of two arms, but there are 3"):
        log_likelihood((make_model(NAME), KNOWN), three)


def test_an_outcome_out_of_range_is_named_with_its_row(table):
    table.loc[7, "counterfactual_reward"] = 3
    with pytest.raises(UserError, match=r"counterfactual_reward must lie in \[0, 1\], got 3 at row 7"):
        fit(NAME, table)


@pytest.mark.slow
def test_rates_come_back_on_the_task_and_on_a_table_of_it():
    task = make_task("bandit/full_feedback", n_trials=96)
    found = recover(NAME, task, n_subjects=200, n_starts=5, seed=0)
    rank = found.summary()["rank_r"]
    assert (rank[["learning_rate_confirming", "learning_rate_disconfirming"]] > 0.6).all(), rank
    trials = simulate(make_model(NAME).for_task(task).agent(KNOWN), task, 200, seed=1).to_trials()
    on_table = recover(NAME, trials, n_starts=5, seed=0)
    assert (on_table.summary()["rank_r"][list(KNOWN)[:2]] > 0.6).all(), on_table.summary()
