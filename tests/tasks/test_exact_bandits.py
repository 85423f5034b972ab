"""Exact solutions against brute force, quadrature, other methods and known values."""

import functools
import itertools
import time

import numpy as np
import pytest
from scipy import integrate, stats

from cogmeta.simulate import simulate
from tasks.bandit_optimal import BayesOptimalDependent, BayesOptimalIndependent, pooled_mean, pooled_value, solve
from tasks.bandit_players import Counts
from tasks.gittins import discounted_indices, finite_indices
from tasks.registry import make_task
from tasks.thompson import Thompson, best_arm_probability


def test_the_two_armed_bandit_of_100_trials_is_worth_64_918_and_costs_1_748():
    value = solve(100).value[0]
    assert value == pytest.approx(64.918, abs=1e-3)
    assert 100 * 2 / 3 - value == pytest.approx(1.748, abs=1e-3)  # the better of two uniforms is worth 2/3


def test_it_is_solved_in_under_two_seconds():
    start = time.process_time()
    solve.__wrapped__(100)
    assert time.process_time() - start < 2


@functools.cache
def brute_force(trials_left, s0, f0, s1, f1):
    """Expected reward by recursion over everything that can happen."""
    if trials_left == 0:
        return 0.0
    p0, p1 = (1 + s0) / (2 + s0 + f0), (1 + s1) / (2 + s1 + f1)
    left = trials_left - 1
    first = p0 * (1 + brute_force(left, s0 + 1, f0, s1, f1)) + (1 - p0) * brute_force(left, s0, f0 + 1, s1, f1)
    second = p1 * (1 + brute_force(left, s0, f0, s1 + 1, f1)) + (1 - p1) * brute_force(left, s0, f0, s1, f1 + 1)
    return max(first, second)


@pytest.mark.parametrize("n_trials", [1, 2, 3, 8])
def test_the_solution_is_that_of_brute_force_at_every_count(n_trials):
    agent = BayesOptimalIndependent(make_task("bandit/independent", n_trials=n_trials))
    for counts in itertools.product(range(n_trials), repeat=4):
        if sum(counts) < n_trials:
            s0, f0, s1, f1 = counts
            value = agent.value(Counts(np.array([[s0, s1]]), np.array([[f0, f1]])))[0]
            assert value == pytest.approx(brute_force(n_trials - sum(counts), *counts), abs=1e-12)


def test_two_trials_are_worth_13_twelfths():
    """By hand: 1/2, then after a success 2/3 (stay), after a failure 1/2 (leave)."""
    assert solve(2).value[0] == pytest.approx(13 / 12, abs=1e-15)


def test_the_solution_does_not_care_which_arm_is_called_which(rng):
    agent = BayesOptimalIndependent(make_task("bandit/independent", n_trials=30))
    counts = rng.integers(0, 7, (200, 2, 2))
    one = Counts(counts[:, 0], counts[:, 1])
    other = Counts(counts[:, 0, ::-1], counts[:, 1, ::-1])
    assert np.array_equal(agent.logits(one), agent.logits(other)[:, ::-1])
    assert np.allclose(agent.value(one), agent.value(other), atol=1e-12)


def test_the_reported_value_is_what_is_earned_on_average():
    task = make_task("bandit/independent", n_trials=30)
    rollout = simulate(BayesOptimalIndependent(task), task, 20_000, seed=2)
    earned = rollout.reward.sum(axis=0)
    assert abs(earned.mean() - rollout.value[0, 0]) < 4 * earned.std() / np.sqrt(20_000)
    assert abs(rollout.reward_prediction_error().mean()) < 0.001  # 600,000 errors of standard deviation .2: 4 SE


@pytest.mark.parametrize("arms, low", [("easy", 0.1), ("medium", 0.25), ("hard", 0.4)])
def test_pooled_evidence_gives_the_posterior_that_bayes_rule_gives(arms, low):
    mean = pooled_mean(arms, 12)
    for n in range(13):
        for k in range(n + 1):
            for_high = (1 - low) ** k * low ** (n - k)
            for_low = low**k * (1 - low) ** (n - k)
            expected = (for_high * (1 - low) + for_low * low) / (for_high + for_low)
            assert mean[n, k] == pytest.approx(expected, rel=1e-12)


@functools.cache
def brute_force_dependent(history, trials_left, arms):
    """Expected reward by recursion over whole histories of (arm, reward), the posterior by quadrature over p."""
    if trials_left == 0:
        return 0.0
    grid, weight = HYPOTHESES[arms]
    likelihood = weight.copy()
    for arm, reward in history:
        pays = grid if arm == 0 else 1 - grid
        likelihood = likelihood * (pays if reward else 1 - pays)
    p = float(likelihood @ grid / likelihood.sum())
    values = []
    for arm, pays in ((0, p), (1, 1 - p)):
        won, lost = (brute_force_dependent((*history, (arm, r)), trials_left - 1, arms) for r in (1, 0))
        values.append(pays * (1 + won) + (1 - pays) * lost)
    return max(values)


_NODE, _WEIGHT = np.polynomial.legendre.leggauss(10)
HYPOTHESES = {
    "uniform": ((_NODE + 1) / 2, _WEIGHT / 2),
    "easy": (np.array([0.1, 0.9]), np.full(2, 0.5)),
    "hard": (np.array([0.4, 0.6]), np.full(2, 0.5)),
}


@pytest.mark.parametrize("arms", HYPOTHESES)
def test_pulling_what_looks_best_is_optimal_for_dependent_arms(arms):
    agent = BayesOptimalDependent(make_task(f"bandit/{arms}", n_trials=5))
    value = agent.value(Counts(np.zeros((1, 2), int), np.zeros((1, 2), int)))[0]
    assert value == pytest.approx(brute_force_dependent((), 5, arms), abs=1e-12)


@pytest.mark.parametrize(
    "arms, best, regret", [("uniform", 75, 1.21), ("easy", 90, 0.63), ("medium", 75, 1.00), ("hard", 60, 2.30)]
)
def test_exact_regrets_of_dependent_arms_agree_with_the_simulated_ones_of_the_table(arms, best, regret):
    exact = best - pooled_value(pooled_mean(arms, 100))[0, 0]
    assert abs(exact - regret) < 0.03 + 0.005  # Monte Carlo error of the table, and its rounding


def test_thompson_probabilities_are_those_of_adaptive_quadrature(rng):
    for n_arms in (2, 3, 5):
        successes, failures = rng.integers(0, 30, (6, n_arms)), rng.integers(0, 30, (6, n_arms))
        ours = best_arm_probability(successes, failures)
        for row in range(6):
            arms = [stats.beta(1 + s, 1 + f) for s, f in zip(successes[row], failures[row], strict=True)]
            for i, arm in enumerate(arms):
                others = [other for j, other in enumerate(arms) if j != i]
                points = sorted({a.mean() for a in arms})
                expected, _ = integrate.quad(
                    lambda x, arm=arm, others=others: arm.pdf(x) * np.prod([o.cdf(x) for o in others]), 0, 1,
                    points=points, epsabs=1e-12, limit=200,
                )
                assert ours[row, i] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "successes, failures", [([[99, 0]], [[0, 1]]), ([[0, 0]], [[99, 1]]), ([[40, 60]], [[60, 40]])]
)
def test_thompson_probabilities_sum_to_one_at_the_extremes(successes, failures):
    total = best_arm_probability(np.array(successes), np.array(failures)).sum()
    assert total == pytest.approx(1, abs=1e-12)


def test_thompson_of_one_success_is_two_thirds():
    """P(X > Y) for X ~ Beta(2, 1), Y ~ U[0, 1] is E[X] = 2/3."""
    logits = Thompson(make_task("bandit/easy")).logits(Counts(np.array([[1, 0]]), np.array([[0, 0]])))
    assert np.exp(logits[0]) == pytest.approx([2 / 3, 1 / 3], abs=1e-12)


def test_thompson_plays_as_often_as_posterior_draws_would(rng):
    successes, failures = np.array([[7, 4, 2]]), np.array([[5, 1, 3]])
    draws = rng.beta(1 + successes[0], 1 + failures[0], (200_000, 3)).argmax(axis=1)
    share = np.bincount(draws, minlength=3) / 200_000
    assert share == pytest.approx(best_arm_probability(successes, failures)[0], abs=4 * 0.5 / np.sqrt(200_000))


def test_indices_of_untried_arms_are_the_published_ones():
    """Gittins, Glazebrook & Weber 2011: Beta(1, 1) at discounts .9 and .99; the first is also checked below."""
    assert discounted_indices(10, 0.9)[0, 0] == pytest.approx(0.7029, abs=1e-4)
    assert discounted_indices(10, 0.99, n_payments=201)[0, 0] == pytest.approx(0.8699, abs=1e-4)


def restart_index(s, f, discount, depth=150):
    """Index of Beta(1 + s, 1 + f) by the value of an arm that may be started again (Katehakis & Veinott 1987)."""
    states = [(i, n - i) for n in range(depth + 1) for i in range(n + 1)]
    place = {state: k for k, state in enumerate(states)}
    p = np.array([(1 + s + i) / (2 + s + f + i + j) for i, j in states])
    won = np.array([place.get((i + 1, j), place[i, j]) for i, j in states])
    lost = np.array([place.get((i, j + 1), place[i, j]) for i, j in states])
    value = np.full(len(states), 0.5 / (1 - discount))
    for _ in range(400):
        go_on = p * (1 + discount * value[won]) + (1 - p) * discount * value[lost]
        value = np.maximum(go_on, go_on[0])
    return (1 - discount) * value[0]


@pytest.mark.parametrize("s, f", [(0, 0), (2, 1), (0, 3), (4, 4)])
def test_discounted_indices_are_those_of_the_restart_problem(s, f):
    ours = discounted_indices(10, 0.9)[s + f, s]
    assert ours == pytest.approx(restart_index(s, f, 0.9), abs=2e-4)  # grid of payments .00125


def stopping_rate(s, f, trials_left):
    """Finite index by another method: largest reward rate over all stopping rules, by Dinkelbach's iteration."""
    rate = (1 + s) / (2 + s + f)
    for _ in range(50):
        reward, pulls = best_stopping(s, f, trials_left, rate, forced=True)
        if abs(reward / pulls - rate) < 1e-14:
            break
        rate = reward / pulls
    return rate


def best_stopping(s, f, trials_left, rate, forced=False):
    """Return (expected reward, expected pulls) of the rule that maximises reward - rate * pulls."""
    if trials_left == 0:
        return 0.0, 0.0
    p = (1 + s) / (2 + s + f)
    won, lost = best_stopping(s + 1, f, trials_left - 1, rate), best_stopping(s, f + 1, trials_left - 1, rate)
    reward = p * (1 + won[0]) + (1 - p) * lost[0]
    pulls = 1 + p * won[1] + (1 - p) * lost[1]
    return (reward, pulls) if forced or reward > rate * pulls else (0.0, 0.0)


@pytest.mark.parametrize("s, f, left", [(0, 0, 1), (0, 0, 2), (0, 0, 9), (3, 1, 6), (0, 4, 8)])
def test_finite_indices_are_the_best_reward_rate_over_all_stopping_rules(s, f, left):
    assert finite_indices(12)[left, s + f, s] == pytest.approx(stopping_rate(s, f, left), abs=1e-5)


def test_indices_exceed_the_mean_and_grow_with_the_time_left_and_with_success():
    indices = finite_indices(20)
    for n in range(10):
        for s in range(n + 1):
            over_time = indices[1 : 20 - n + 1, n, s]
            assert over_time[0] == pytest.approx((1 + s) / (2 + n), abs=1e-9)
            assert (np.diff(over_time) > -1e-9).all()
        assert (np.diff(indices[5, n, : n + 1]) > 0).all()
