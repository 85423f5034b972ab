"""What each learner is for: the mark that it leaves on behaviour, from the papers that proposed it."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from cogmeta.fitting import log_likelihood
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task


def test_the_latent_state_learner_has_a_planner_s_stay_pattern():
    # Akam et al. 2015: after a reward it stays if the transition was common and shifts if it was rare
    trials = simulate(make_model("two_step/latent_state").for_task(task := make_task("two_step/wang2018")).agent(
        {"reversal_hazard": 0.1, "good_probability": 0.8, "inverse_temperature_1": 6.0, "perseveration": 0.0}),
        task, n_episodes=100, seed=1).to_trials()
    choice, reward, common = (trials[c].to_numpy(float).reshape(100, -1) for c in ("choice1", "reward", "common"))
    stays = choice[:, 1:] == choice[:, :-1]
    cell = {(r, c): stays[(reward[:, :-1] == r) & (common[:, :-1] == c)].mean() for r in (0, 1) for c in (0, 1)}
    assert cell[1, 1] > cell[0, 1] + 0.2 and cell[0, 0] > cell[1, 0] + 0.2
    assert cell[1, 1] - cell[0, 1] == pytest.approx(cell[0, 0] - cell[1, 0], abs=0.1), "no main effect of reward"


def test_the_reward_as_cue_learner_learns_a_choice_for_each_outcome():
    known = {"learning_rate_1": 0.9, "inverse_temperature_1": 10.0, "perseveration": 0.0}
    task = make_task("two_step/wang2018")
    model = make_model("two_step/reward_as_cue").for_task(task)
    # rewarded only after (state 0, win) with choice 1: it learns that and nothing about the other outcomes
    rows = pd.DataFrame({"subject": "s", "trial": range(4), "choice1": [0, 1, 1, 1], "state2": [0, 0, 0, 0],
                         "reward": [1, 1, 0, 0]})
    probability = np.exp(log_likelihood((model, known), rows))
    # trial 2 follows (0, win): Q = .9 for choice 1; trial 3 follows (0, loss), of which nothing is known
    np.testing.assert_allclose(probability, [0.5, 0.5, 1 / (1 + np.exp(-9)), 0.5])


def test_the_mixture_s_novelty_preference_repeats_choices_after_rare_transitions():
    known = {"learning_rate_2": 0.5, "planning_weight": 0.0, "novelty_weight": 1.0, "perseveration_weight": 0.0,
             "bias": 0.0}
    rows = pd.DataFrame({"subject": "s", "trial": [0, 1, 2], "choice1": [0, 0, 0], "state2": [1, 0, 0], "reward": 0})
    probability = np.exp(log_likelihood((make_model("two_step/mixture_of_agents"), known), rows))
    np.testing.assert_allclose(probability, [0.5, 1 / (1 + np.exp(-1)), 1 / (1 + np.exp(1))])


def test_thompson_sampling_chooses_by_the_probability_of_being_better():
    # two beliefs N(0, 100); one draw of 10 on arm 0 with noise 10: gain 10/11, so N(100/11, 100/11) against N(0, 100)
    model = make_model("bandit/kalman_thompson", initial_variance=100.0, noise_variance=10.0, reward_range=(-50, 50))
    rows = pd.DataFrame({"subject": "s", "trial": [0, 1], "choice": [0, 0], "reward": [10.0, 0.0]})
    scored = log_likelihood((model, {"scaled_value_coefficient": 1.0}), rows)
    sampled = np.random.default_rng(0).normal([100 / 11, 0], np.sqrt([100 / 11, 100]), (400_000, 2))
    better = (sampled[:, 0] > sampled[:, 1]).mean()
    assert np.exp(scored.iloc[1]) == pytest.approx(better, abs=4e-3)  # five standard errors of the draws
    assert scored.iloc[1] == pytest.approx(norm.logcdf(100 / 11 / np.sqrt(100 / 11 + 100)))


def test_a_bonus_draws_to_the_arm_that_was_tried_less():
    rows = pd.DataFrame({"subject": "s", "trial": range(3), "choice": [0, 0, 1], "reward": [0.5, 0.5, 0.5]})
    for bonus, sign in ((1.0, 1), (0.0, 0), (-1.0, -1)):
        player = make_model("bandit/kalman_ucb"), {"inverse_temperature": 5.0, "uncertainty_bonus": bonus}
        assert np.sign(np.round(log_likelihood(player, rows).iloc[-1] - np.log(0.5), 12)) == sign


def test_a_surprised_pearce_hall_learner_learns_faster():
    known = {"learning_rate": 0.5, "associability_rate": 0.9, "inverse_temperature": 3.0}
    model = make_model("bandit/pearce_hall")

    def step(history):
        rewards = [*history, 1.0, 0.0]
        rows = pd.DataFrame({"subject": "s", "trial": range(len(rewards)), "choice": 0, "reward": rewards})
        logit = np.exp(log_likelihood((model, known), rows).to_numpy())
        return np.diff(np.log(logit / (1 - logit)))[-1]

    assert step([0, 1, 0, 1, 0, 1, 0, 0]) > 1.5 * step([0.5] * 7 + [0.4])


def test_the_hidden_state_learner_takes_a_few_losses_for_a_reversal():
    # after ten wins one loss is doubt, three are a reversal: it knows that the arms swap
    rows = pd.DataFrame({"subject": "s", "trial": range(14), "choice": 0, "reward": [1] * 10 + [0] * 4})
    known = {"reversal_hazard": 0.05, "good_probability": 0.8, "inverse_temperature": 10.0}
    probability = np.exp(log_likelihood((make_model("bandit/hidden_state"), known), rows).to_numpy())
    assert probability[10] > 0.99 and probability[13] < 0.1


def test_lapses_bound_how_sure_a_learner_can_be():
    rows = pd.DataFrame({"subject": "s", "trial": range(60), "choice": [0] * 59 + [1], "reward": 1})
    player = make_model("bandit/rescorla_wagner_lapse"), {"learning_rate": 0.5, "inverse_temperature": 200.0,
                                                         "lapse": 0.1}
    assert log_likelihood(player, rows).iloc[-1] == pytest.approx(np.log(0.05))
