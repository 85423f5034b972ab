"""The horizon task: its protocol, its optimal player, and the model that recovers why somebody explored."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from analyses.horizon import exploration_by_horizon, first_free_choices, first_free_trials, fit_by_horizon
from cogmeta.errors import TrialTableError, UserError
from cogmeta.models import make_model
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.horizon import HorizonBandit
from tasks.horizon_players import HorizonOptimal, Looks
from tasks.players import player
from tasks.registry import make_task

TASK = make_task("bandit/horizon")
N = 20_000


@cache
def games():
    return simulate(RandomAgent(TASK), TASK, n_episodes=N, seed=0)


@cache
def optimal():
    return HorizonOptimal(TASK)


def share(hits):
    """Return a proportion and four of its standard errors."""
    return hits.mean(), 4 * np.sqrt(0.25 / hits.size)


def test_half_of_the_games_have_one_free_choice_and_half_have_six():
    n_choices = games().valid.sum(axis=0)
    assert set(n_choices) == {5, 10}
    p, error = share(n_choices == 5)
    assert p == pytest.approx(0.5, abs=error)
    assert (games().forced.sum(axis=0) == 4).all() and games().forced[:4].all()


def test_one_mean_is_40_or_60_and_the_other_differs_by_the_papers_five_amounts_up_or_down():
    mean = games().hidden["mean_reward"][0] / TASK.reward_scale
    for base in (40, 60):
        assert (np.isclose(mean, base).any(axis=1)).mean() > 0.4
    difference = np.abs(mean[:, 0] - mean[:, 1]).round(6)
    amounts, counts = np.unique(difference, return_counts=True)
    assert amounts.tolist() == [4, 8, 12, 20, 30]
    assert np.allclose(counts / N, 0.2, atol=4 * np.sqrt(0.16 / N))
    p, error = share(mean[:, 0] > mean[:, 1])
    assert p == pytest.approx(0.5, abs=error)


def test_imposed_looks_are_two_and_two_or_one_and_three_evenly():
    looks = games().action[:4].sum(axis=0)
    equal, error = share(looks == 2)
    assert set(looks) == {1, 2, 3} and equal == pytest.approx(0.5, abs=error)
    p, error = share(looks[looks != 2] == 1)
    assert p == pytest.approx(0.5, abs=error)
    p, error = share(games().action[0])  # in random order
    assert p == pytest.approx(0.5, abs=error)


def test_rewards_are_normal_about_the_mean_with_a_standard_deviation_of_8_points():
    rollout = games()
    mean = np.take_along_axis(rollout.hidden["mean_reward"], rollout.action[..., None], axis=-1)[..., 0]
    noise = ((rollout.reward - mean) / TASK.reward_scale)[rollout.valid]
    assert noise.mean() == pytest.approx(0, abs=4 * 8 / np.sqrt(noise.size))
    assert noise.std() == pytest.approx(8, abs=4 * 8 / np.sqrt(2 * noise.size))


def test_the_horizon_is_shown_and_stands_in_the_table():
    trials = simulate(RandomAgent(TASK), TASK, n_episodes=30, seed=1).to_trials()
    by_game = trials.groupby("subject").agg(n=("trial", "size"), horizon=("horizon", "first"), forced=("forced", "sum"))
    assert (by_game["n"] == 4 + by_game["horizon"]).all() and (by_game["forced"] == 4).all()
    with pytest.raises(TrialTableError, match=r"lacks the columns \['horizon'\]"):
        TASK.from_trials(trials.drop(columns="horizon"))


def test_settings_that_do_not_go_together_are_refused():
    with pytest.raises(UserError, match=r"n_trials = n_forced \+ max\(horizons\)"):
        HorizonBandit(horizons=(1, 8))
    with pytest.raises(UserError, match="even number"):
        HorizonBandit(n_forced=3, n_trials=9)


def plain_posterior(pairs, seen, sd):
    """Probability of every pair of means, reward by reward."""
    weight = np.array([np.prod([norm.pdf(r, pair[arm], sd) for arm, r in seen]) for pair in pairs])
    return weight / weight.sum()


def test_with_one_choice_left_the_optimal_value_is_the_posterior_mean():
    seen = [(0, 45.0), (1, 52.0), (1, 38.0), (0, 61.0)]
    wanted = plain_posterior(TASK.mean_pairs(), seen, 8.0) @ TASK.mean_pairs()
    state = Looks(np.array([[2, 2]]), np.array([[53.0, 45.0]]), np.array([1]))
    # linear between grid points 1 point apart: the posterior mean's curvature is about 1 point per point squared
    assert np.allclose(optimal().action_values(state)[0], wanted, atol=0.15)


def test_with_two_choices_left_the_optimal_value_is_that_of_a_plain_sum_over_rewards():
    seen, pairs, sd = [(0, 45.0), (1, 52.0), (1, 38.0), (0, 61.0)], TASK.mean_pairs(), 8.0
    belief = plain_posterior(pairs, seen, sd)
    rewards, wanted = np.arange(-20, 120, 2.0), []
    for arm in (0, 1):
        chance = 2 * belief @ norm.pdf(rewards, pairs[:, arm, None], sd)
        best = [(plain_posterior(pairs, [*seen, (arm, r)], sd) @ pairs).max() for r in rewards]
        wanted.append(belief @ pairs[:, arm] + chance @ best)
    state = Looks(np.array([[2, 2]]), np.array([[53.0, 45.0]]), np.array([2]))
    two_left = HorizonOptimal(HorizonBandit(horizons=(2,), n_trials=6))
    assert np.allclose(two_left.action_values(state)[0], wanted, atol=0.3)  # twice the error of one choice


def test_the_optimal_player_earns_what_it_expects_and_more_than_players_that_do_not_look_ahead():
    rollouts = {name: simulate(agent, TASK, n_episodes=4000, seed=2) for name, agent in
                {"optimal": optimal(), "greedy": player("kalman-greedy", TASK), "thompson": player("kalman-thompson", TASK)}.items()}
    long = rollouts["optimal"].valid.sum(axis=0) == 10  # the same games for everybody
    earned = {name: (r.reward * r.scored).sum(axis=0)[long] for name, r in rollouts.items()}
    expected = rollouts["optimal"].value[4][long]
    error = (earned["optimal"] - expected) / TASK.reward_scale
    assert error.mean() == pytest.approx(0, abs=4 * error.std() / np.sqrt(error.size))
    for name in ("greedy", "thompson"):
        gain = earned["optimal"] - earned[name]
        assert gain.mean() > -2 * gain.std() / np.sqrt(gain.size), name
    assert earned["optimal"].mean() > earned["thompson"].mean()


@pytest.mark.parametrize("longest", [2, 8])
def test_games_that_are_over_are_not_taken_for_new_ones(longest):
    """Beside longer games in the batch: nothing is expected of a game that is over."""
    task = make_task("bandit/horizon", horizons=(1, longest), n_trials=4 + longest)
    agent = HorizonOptimal(task, grid_step=1.0)
    rollout = simulate(agent, task, 20, seed=0)
    over = ~rollout.valid
    assert over.any() and np.isnan(rollout.value[over]).all() and np.isfinite(rollout.value[rollout.valid & ~rollout.forced]).all()


def test_the_optimal_player_looks_further_only_where_more_choices_follow():
    looks = Looks(np.array([[1, 3], [1, 3]]), np.array([[50.0, 51.0], [50.0, 51.0]]), np.array([1, 6]))
    advantage = np.diff(optimal().action_values(looks)[:, ::-1], axis=1)[:, 0]  # of arm 0, seen once
    assert advantage[1] > advantage[0]
    table = exploration_by_horizon(first_free_choices(simulate(optimal(), TASK, n_episodes=4000, seed=3).to_trials()))
    high = table[table["measure"] == "high_information"].set_index("horizon")["pooled"]
    assert high[6] > high[1]


def test_measures_count_the_first_free_choice_alone():
    game = pd.DataFrame({
        "subject": "a", "block": [0] * 6 + [1] * 5, "trial": [*range(6), *range(5)],
        "choice": [0, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1], "reward": [40, 50, 60, 55, 45, 50, 60, 50, 62, 52, 40],
        "forced": [True] * 4 + [False] * 2 + [True] * 4 + [False], "horizon": [2] * 6 + [1] * 5})
    table = first_free_choices(game)
    assert table["mean_difference"].tolist() == [-15, 10]
    assert table["high_information"].tolist() == pytest.approx([1, np.nan], nan_ok=True)
    assert table["low_mean"].tolist() == pytest.approx([np.nan, 1], nan_ok=True)
    assert len(first_free_trials(game)) == 10


MADE = {1: {"information_bonus": 0.0, "decision_noise": 6.0, "side_bias": 1.0},
        6: {"information_bonus": 8.0, "decision_noise": 12.0, "side_bias": -1.0}}
"""Points; the sizes of Wilson et al. 2014, by horizon."""


@cache
def pretenders():
    """One table of points in which 40 subjects play 160 games a horizon, 80 imposed unequally."""
    tables = []
    for horizon, parameters in MADE.items():
        task = HorizonBandit(horizons=(horizon,), n_trials=4 + horizon, reward_scale=1.0)
        agent = make_model("bandit/information_bonus").for_task(task).agent(parameters)
        trials = simulate(agent, task, n_episodes=40 * 160, seed=horizon).to_trials()
        episode = trials["subject"].astype(int)
        tables.append(trials.assign(subject=episode % 40, block=1000 * horizon + episode // 40))
    return pd.concat(tables).sort_values(["subject", "block", "trial"], kind="stable")


def test_bonus_noise_and_bias_of_each_horizon_come_back():
    table = fit_by_horizon(pretenders(), (-38, 138), method="mle")
    assert (table["n_trials"] == 160).all()
    for horizon, own in table.groupby("horizon"):
        for name, made in MADE[horizon].items():
            error = own[name].std() / np.sqrt(len(own))
            # four standard errors over 40 subjects; noise estimated from 160 choices leans low by a few percent
            assert own[name].mean() == pytest.approx(made, abs=4 * error + 0.05 * (name == "decision_noise") * made)


def test_more_bonus_and_noise_at_the_long_horizon_show_in_both_measures():
    table = exploration_by_horizon(first_free_choices(pretenders())).set_index(["measure", "horizon"])
    for measure in ("high_information", "low_mean"):
        assert table.loc[(measure, 6), "low"] > table.loc[(measure, 1), "high"]
    assert table.loc[("high_information", 1), "pooled"] == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 3200))
