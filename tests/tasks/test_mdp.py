"""Random Markov decision processes: the protocol, the exact optimum, and learners against what was published for them."""

import numpy as np
import pytest
from scipy.optimize import linprog

from cogmeta.errors import UserError
from cogmeta.families import MDP
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from cogmeta.trials import guess_family
from tasks.mdp_players import (
    BEB, TABULARL, UCRL2, WEAK, Belief, Greedy, KnowsTheProcess, PosteriorSampling, Prior, agree, learn,
)
from tasks.planning import action_values, optimistic_action_values
from tasks.registry import make_task
from tasks.train_run import measure


def draw(n, seed=0, **settings):
    return make_task("mdp/random", **settings).draw(n, np.random.default_rng(seed))


def test_transitions_and_rewards_are_drawn_from_the_stated_priors():
    processes = draw(4000)
    assert np.allclose(processes.transition.sum(axis=-1), 1)
    tolerance = 4 / np.sqrt(processes.mean_reward.size)  # 4 standard errors of a mean of unit variance
    assert abs(processes.mean_reward.mean() - 1) < tolerance and abs(processes.mean_reward.var() - 1) < 2 * tolerance
    # a weight of Dirichlet(1, ..., 1) over 10 states has variance 9 / 1100
    assert processes.transition.var() == pytest.approx(9 / 1100, rel=0.01)


def test_fewer_states_are_entered_where_asked_as_many_of_each_number_and_the_rest_of_the_draw_is_the_same():
    n, few = 4000, draw(4000, least_states=3)
    entered = (few.transition > 0).any(axis=(1, 2))
    assert (entered.sum(axis=1) == (few.transition[:, 0, 0] > 0).sum(axis=1)).all() and np.allclose(few.transition.sum(axis=-1), 1)
    assert (np.diff(entered.astype(int), axis=1) <= 0).all(), "the first so many, the start state among them"
    count = np.bincount(entered.sum(axis=1), minlength=11)
    assert not count[:3].any()
    assert ((count[3:] - n / 8) ** 2 / (n / 8)).sum() < 7 + 5 * np.sqrt(14)  # chi squared of 8 numbers, five of its SDs
    # given that k states are entered, their weights are Dirichlet(1, ..., 1) over k: variance (k - 1) / (k^2 (k + 1))
    five = few.transition[entered.sum(axis=1) == 5][..., :5]
    assert five.var() == pytest.approx(4 / 150, rel=0.02)


@pytest.mark.parametrize("least_states", [0, 11])
def test_the_least_number_of_states_lies_between_one_and_all(least_states):
    with pytest.raises(UserError, match=r"least_states must lie in \[1, n_states\] = \[1, 10\]"):
        make_task("mdp/random", least_states=least_states)


def test_the_optimum_is_21_85_a_visit_as_computed_elsewhere():
    best = draw(10_000).optimal_return
    assert abs(best.mean() - 21.85) < 2 * np.hypot(0.04, best.std() / 100)


def test_chance_earns_10_a_visit():
    """Every mean reward is 1 on average, and chance does not choose by it."""
    task = make_task("mdp/random")
    total = simulate(RandomAgent(task), task, 1000, seed=1).reward.sum(axis=0)
    assert abs(total.mean() - 100) < 4 * total.std() / np.sqrt(1000)


def test_backward_induction_is_the_plain_recursion():
    processes = draw(3, n_states=3, n_actions=2, horizon=4)
    p, r = processes.transition, processes.mean_reward

    def best(n, s, left):
        return max(value(n, s, a, left) for a in range(2)) if left else 0.0

    def value(n, s, a, left):
        return r[n, s, a] + sum(p[n, s, a, after] * best(n, after, left - 1) for after in range(3))

    plain = [[[[value(n, s, a, m + 1) for a in range(2)] for s in range(3)] for n in range(3)] for m in range(4)]
    assert np.allclose(processes.action_value, plain, atol=1e-12)


def test_who_knows_the_process_earns_what_dynamic_programming_says_and_regrets_nothing():
    task = make_task("mdp/random", n_trials=50)
    rollout = simulate(KnowsTheProcess(task), task, 2000, seed=3)
    expected = rollout.hidden["action_value"][::10].max(axis=-1).sum(axis=0)
    luck = rollout.reward.sum(axis=0) - expected
    assert abs(luck.mean()) < 4 * luck.std() / np.sqrt(2000)
    assert measure(KnowsTheProcess(task), task, 50)["regret"] == 0


def test_regret_is_the_optimum_less_what_is_earned():
    task = make_task("mdp/random")
    rollout = simulate(RandomAgent(task), task, 2000, seed=4)
    value = rollout.hidden["action_value"]
    lost = (value.max(-1) - np.take_along_axis(value, rollout.action[..., None], -1)[..., 0]).sum(axis=0)
    earned = rollout.reward.sum(axis=0) + lost - value[::10].max(axis=-1).sum(axis=0)
    assert abs(earned.mean()) < 4 * earned.std() / np.sqrt(2000)


def test_the_hopeful_transition_is_the_solution_of_its_linear_programme():
    rng = np.random.default_rng(5)
    p, slack, r = rng.dirichlet(np.ones(4), (1, 4, 1)), rng.uniform(0, 1.5, (1, 4, 1)), rng.normal(size=(1, 4, 1))
    values = optimistic_action_values(p, r, slack, 2)
    after = values[0, 0].max(axis=-1)
    for s in range(4):  # q = p + up - down, sum(up + down) <= slack, sum(q) = 1
        gain = np.concatenate([-after, after])
        solved = linprog(gain, A_ub=np.ones((1, 8)), b_ub=[slack[0, s, 0]], A_eq=np.r_[np.ones(4), -np.ones(4)][None],
                         b_eq=[0], bounds=[(0, 1)] * 4 + [(0, x) for x in p[0, s, 0]])
        assert values[1, 0, s, 0] == pytest.approx(r[0, s, 0] + p[0, s, 0] @ after - solved.fun)


def test_no_hope_is_plain_planning():
    processes = draw(20)
    plain = action_values(processes.transition, processes.mean_reward, 10)
    hopeful = optimistic_action_values(processes.transition, processes.mean_reward, np.zeros((20, 10, 5)), 10)
    assert np.allclose(plain, hopeful)


def test_the_belief_counts_what_the_trial_table_shows_but_not_where_a_visit_ends():
    task = make_task("mdp/random", n_trials=30)
    trials = simulate(RandomAgent(task), task, 1, seed=6).to_trials()
    belief = _believed(task, trials)
    weight, pulls, total = np.ones((10, 5, 10)), np.zeros((10, 5)), np.zeros((10, 5))
    rows = list(trials[["block", "state", "choice", "reward"]].itertuples(index=False))
    for now, after in zip(rows[:20], rows[1:21], strict=True):  # a plan is made before the last visit: 20 steps
        pulls[now.state, now.choice] += 1
        total[now.state, now.choice] += now.reward
        weight[now.state, now.choice, after.state] += now.block == after.block
    assert np.array_equal(belief.pulls[0], pulls) and np.array_equal(belief.weight[0], weight)
    assert np.allclose(belief.reward_sum[0], total)


def _believed(task, trials):
    agent, rollout = Greedy(task), task.from_trials(trials)
    state = agent.initial_state(1)
    for t in range(21):
        _, _, state = agent.step(rollout.observation[t], rollout.previous_action[t], rollout.previous_reward[t], state)
    return state.belief


def test_the_posterior_mean_is_the_conjugate_one():
    prior = Prior(1.0, 1.0, 1.0)
    belief = Belief(np.ones((1, 2, 2, 2)), np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), prior)
    one = (np.array([0]), np.array([1]), np.array([4.0]), np.array([1]), np.array([True]))
    belief = learn(belief, (one, one))
    assert belief.mean_reward[0, 0].tolist() == [1.0, 3.0] and belief.precision[0, 0, 1] == 3  # (1 + 4 + 4) / 3
    assert belief.mean_transition[0, 0, 1].tolist() == [0.25, 0.75]


def test_draws_have_the_mean_and_the_spread_of_the_belief():
    task = make_task("mdp/random", horizon=1)
    agent, n = PosteriorSampling(task), 2000
    pulls = np.full((n, 10, 5), 3.0)
    belief = Belief(np.ones((n, 10, 5, 10)), pulls, 5.0 * pulls, agent.prior)
    drawn = agent.action_values(belief, np.ones(n, int), np.arange(n, dtype=np.uint64))[0]
    assert abs(drawn.mean() - 4.0) < 4 * 0.5 / np.sqrt(drawn.size)  # (1 + 3 * 5) / 4, precision 4
    assert drawn.std() == pytest.approx(0.5, rel=4 / np.sqrt(2 * drawn.size))


def test_the_first_plan_is_relabelled_to_begin_with_what_was_done():
    plan = np.random.default_rng(7).normal(size=(4, 3, 2, 5))
    before, action = plan.copy(), np.array([0, 3, 1, 4])
    agree(plan, np.array([1, 3]), action)
    assert np.array_equal(plan[[0, 2]], before[[0, 2]]) and np.array_equal(plan[:, :, 1], before[:, :, 1])
    assert plan[[1, 3], -1, 0].argmax(axis=-1).tolist() == [3, 4]
    assert np.array_equal(np.sort(plan, axis=-1), np.sort(before, axis=-1))


def test_posterior_sampling_begins_with_every_action_and_plans_differ_between_episodes():
    task = make_task("mdp/random", n_trials=10)
    rollout = simulate(PosteriorSampling(task), task, 2000, seed=8)
    share = np.bincount(rollout.action[0], minlength=5) / 2000
    assert (abs(share - 0.2) < 4 * np.sqrt(0.16 / 2000)).all()
    share = np.bincount(rollout.action[3], minlength=5) / 2000
    assert (abs(share - 0.2) < 4 * np.sqrt(0.16 / 2000)).all()


PUBLISHED = {  # Duan et al. 2016, table 2, n = 10; the constants are the best of ours, found by tune
    134.8: lambda task: Greedy(task, prior=WEAK), 132.8: lambda task: Greedy(task, 0.1, prior=WEAK),
    138.1: lambda task: PosteriorSampling(task, prior=TABULARL), 150.2: lambda task: BEB(task, 2.5e-3, prior=TABULARL),
}


@pytest.mark.parametrize("published", PUBLISHED)
def test_learners_earn_what_was_published_with_the_priors_of_the_published_programs(published):
    task = make_task("mdp/random")
    total = simulate(PUBLISHED[published](task), task, 500, seed=9).reward.sum(axis=0)
    assert abs(total.mean() - published) < 3 * total.std() * np.sqrt(1 / 500 + 1 / 1000)


def test_who_knows_the_prior_earns_more_than_was_published_for_the_same_learner():
    task = make_task("mdp/random")
    known, weak = (simulate(Greedy(task, prior=prior), task, 500, seed=10).reward.sum(axis=0) for prior in (None, WEAK))
    assert known.mean() - weak.mean() > 10  # 154 against 135, standard error of the difference 1.6


def test_a_table_shows_visits_that_begin_in_the_start_state():
    task = make_task("mdp/random", n_trials=25)
    trials = simulate(RandomAgent(task), task, 3, seed=11).to_trials()
    assert guess_family(trials) is MDP
    first = trials.groupby(["subject", "block"]).first()
    assert (first["state"] == 0).all() and trials.groupby("subject")["block"].max().tolist() == [2, 2, 2]
    assert trials.groupby(["subject", "block"]).size().tolist() == [10, 10, 5] * 3


def test_a_state_that_the_task_does_not_have_is_refused():
    task = make_task("mdp/random", n_trials=5)
    trials = simulate(RandomAgent(task), task, 1, seed=12).to_trials()
    with pytest.raises(UserError, match="states 0 to 9, the trial table shows state 12"):
        task.from_trials(trials.assign(state=12))


@pytest.mark.parametrize("settings, sentence", [
    ({"n_states": 1}, "n_states must be at least 2"), ({"horizon": 0}, "horizon must be at least 1"),
    ({"reward_sd": -1.0}, "reward_sd must be at least 0")])
def test_impossible_settings_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("mdp/random", **settings)


@pytest.mark.parametrize("make", [
    lambda t: Greedy(t, 1.5), lambda t: BEB(t, -1.0), lambda t: UCRL2(t, confidence=1.0),
    lambda t: PosteriorSampling(t, 0)])
def test_impossible_constants_of_learners_are_refused(make):
    with pytest.raises(UserError, match="must"):
        make(make_task("mdp/random"))


def test_hope_that_adds_up_is_the_plain_loop_that_changes_its_counts():
    rng = np.random.default_rng(13)
    p, slack, r = rng.dirichlet(np.ones(4), (4, 2)), rng.uniform(0, 0.6, (4, 2)), rng.normal(size=(4, 2))
    ours = optimistic_action_values(p[None].copy(), r[None], slack[None], 4, accumulate=True)[:, 0]
    value = np.zeros(4)
    for m in range(4):
        order, q = value.argsort(), np.zeros((4, 2))
        for s in range(4):
            for a in range(2):
                hopeful = p[s, a]  # the same array: what is changed stays changed
                if hopeful[order[-1]] + slack[s, a] / 2 > 1:
                    hopeful = np.eye(4)[order[-1]]
                else:
                    hopeful[order[-1]] += slack[s, a] / 2
                for worst in order:
                    hopeful[worst] = max(0, min(hopeful[worst], 1 - hopeful.sum() + hopeful[worst]))
                q[s, a] = r[s, a] + hopeful @ value
        assert np.allclose(ours[m], q)
        value = q.max(axis=1)
