"""Optimistic Thompson sampling, the closed-form index, and the tuning of constants."""

import numpy as np
import pytest
from scipy.stats import beta

from cogmeta.check import check_agent
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.bandit_players import Counts, PosteriorUCB
from tasks.gittins import ClosedFormGittins
from tasks.history_key import mix
from tasks.mdp_players import PosteriorSampling
from tasks.optimistic_thompson import History, OptimisticThompson
from tasks.registry import make_task
from tasks.thompson import best_arm_probability
from tasks.tuning import earnings, tune


def shares(n_samples, successes, failures, n=4000):
    """Return how often each arm is taken, over many histories with the same counts."""
    agent = OptimisticThompson(make_task("bandit/rl2_k2_n100", n_arms=len(successes)), n_samples)
    counts = Counts(np.tile(successes, (n, 1)), np.tile(failures, (n, 1)))
    key = mix(np.zeros(n, np.uint64), np.arange(n, dtype=float))
    return np.exp(agent.logits(History(counts, key))).mean(axis=0) / len(successes)


@pytest.mark.parametrize("successes, failures", [([5, 1, 0], [2, 1, 4]), ([0, 2, 3], [0, 2, 1])])
def test_one_draw_is_thompson_sampling(successes, failures):
    exact = best_arm_probability(np.array([successes]), np.array([failures]))[0]
    assert (abs(shares(1, successes, failures) - exact) < 4 * np.sqrt(exact * (1 - exact) / 4000)).all()


def test_of_several_draws_the_likeliest_counts():
    """Against a plain loop with scipy's densities."""
    successes, failures, rng = np.array([4, 1]), np.array([1, 1]), np.random.default_rng(0)
    taken = np.zeros(4000, int)
    for i in range(4000):
        draws = rng.beta(1 + successes, 1 + failures, (6, 2))
        taken[i] = draws[beta.logpdf(draws, 1 + successes, 1 + failures).sum(axis=1).argmax()].argmax()
    ours, plain = shares(6, successes, failures)[1], taken.mean()
    assert abs(ours - plain) < 4 * np.sqrt(2 * plain * (1 - plain) / 4000)


def test_many_draws_go_by_the_mode_so_that_optimism_wanes():
    assert shares(30, [4, 1], [1, 1])[0] > shares(1, [4, 1], [1, 1])[0] + 0.05


def test_it_earns_what_was_computed_for_thompson_sampling():
    task = make_task("bandit/rl2_k5_n100")
    total = earnings(OptimisticThompson(task, 1), task, 300, 1)[0]
    assert abs(total.mean() - 74.9) < 0.05 + 2 * total.std() * np.sqrt(1 / 300 + 1 / 20_000)


@pytest.mark.parametrize("make", [lambda task: OptimisticThompson(task, 3), ClosedFormGittins])
def test_they_keep_the_contract_of_agents(make):
    task = make_task("bandit/rl2_k5_n10")
    check_agent(make(task), task)


def test_no_draw_at_all_is_refused():
    with pytest.raises(UserError, match="n_samples must be at least 1"):
        OptimisticThompson(make_task("bandit/rl2_k5_n10"), 0)


def test_the_closed_form_index_is_its_formula():
    agent = ClosedFormGittins(make_task("bandit/rl2_k2_n10"))
    for successes, failures in (([3, 0], [1, 2]), ([0, 1], [0, 6])):
        index = [(m := (1 + s) / (2 + s + f)) + m * (1 - m) / (((2 + s + f) * m * (1 - m)) ** 0.5 + m - 0.5)
                 for s, f in zip(successes, failures, strict=True)]
        logits = agent.logits(Counts(np.array([successes]), np.array([failures])))[0]
        assert logits.argmax() == np.argmax(index)


@pytest.mark.parametrize("name, make", [
    ("bandit/rl2_k5_n10", lambda task: OptimisticThompson(task, 3)), ("mdp/random", PosteriorSampling)])
def test_earnings_are_those_of_a_simulation(name, make):
    task = make_task(name)
    half = task.spec.n_trials // 2
    whole = simulate(make(task), task, 20, seed=4).reward
    earned = earnings(make(task), task, 20, 4, (half, 2 * half))
    assert np.allclose(earned, [whole[:half].sum(axis=0), whole.sum(axis=0)])


def test_tuning_finds_the_constant_that_was_best_elsewhere():
    task = make_task("bandit/rl2_k5_n100")
    table = tune(lambda scale: PosteriorUCB(task, scale), task, (0.0, 0.2, 1.0), 500, 1)
    assert table.loc[table["best"], "constant"].tolist() == [0.2] and len(table) == 3
