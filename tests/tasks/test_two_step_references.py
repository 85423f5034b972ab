"""The two-step references behave as was computed for them independently, and as can be worked out by hand.

The table (reward per trial, stay probabilities) was computed by other programs. It does not state its number of
episodes, so 2,000 of ours are played and a cell passes within its rounding plus 4 standard errors of such a sample.
"""

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from cogmeta.simulate import replay, simulate
from tasks.players import players
from tasks.registry import make_task
from tasks.two_step_beliefs import GridFilter
from tasks.walks import reflect

N_EPISODES = 2000

CELLS = {  # reward per trial; stay after rewarded common, rewarded rare, unrewarded common, unrewarded rare
    "random": (0.500, [0.50, 0.50, 0.50, 0.50]),
    "bayes-optimal": (0.706, [1.00, 0.66, 0.67, 1.00]),
    "model-based": (0.656, [0.89, 0.43, 0.44, 0.89]),
    "model-free": (0.636, [0.95, 0.85, 0.50, 0.70]),
    "oracle": (0.741, [0.98, 0.97, 0.98, 0.97]),
}


def played(task, name, n_episodes=N_EPISODES, seed=11):
    """Return first choices, rewards and commonness, each (n_trials, n_episodes)."""
    trials = simulate(players(task)[name], task, n_episodes, seed=seed).to_trials()
    return tuple(trials[c].to_numpy(float).reshape(n_episodes, -1).T for c in ("choice1", "reward", "common"))


def stays(choice, reward, common, rewarded, was_common):
    """Return (n_episodes,) share of trials that repeat the choice after one kind of trial, NaN where there was none."""
    kind = (reward[:-1] == rewarded) & (common[:-1] == was_common)
    with np.errstate(invalid="ignore"):
        return (kind & (choice[1:] == choice[:-1])).sum(axis=0) / kind.sum(axis=0)


@pytest.mark.parametrize("name", CELLS)
def test_references_reach_the_reward_and_stay_probabilities_of_the_table(name):
    choice, reward, common = played(make_task("two_step/wang2018"), name)
    expected_reward, expected_stay = CELLS[name]
    error = reward.mean(axis=0).std() / np.sqrt(N_EPISODES)
    assert abs(reward.mean() - expected_reward) < 0.0005 + 4 * error
    for (rewarded, was_common), expected in zip(itertools.product((1, 0), (1, 0)), expected_stay, strict=True):
        kind = (reward[:-1] == rewarded) & (common[:-1] == was_common)
        mean = (choice[1:] == choice[:-1])[kind].mean()
        by_episode = stays(choice, reward, common, rewarded, was_common)
        error = np.nanstd(by_episode) / np.sqrt(N_EPISODES)
        assert abs(mean - expected) < 0.005 + 4 * error


@pytest.mark.parametrize("name", ["wang2016", "wang2018", "miller2017"])
def test_designs_with_reversals_have_every_kind_of_learner_that_the_field_tells_apart(name):
    """What each knows shows in what it earns: reward as cue < model-free < hybrid < model-based < latent state < optimum."""
    task = make_task(f"two_step/{name}")
    order = ["reward-as-cue", "model-free", "hybrid", "model-based", "latent-state", "bayes-optimal", "oracle"]
    n_episodes = 4000 if name == "wang2016" else 800
    earned = [simulate(players(task)[who], task, n_episodes, seed=3).reward.sum(axis=0) / task.n_trials for who in order]
    for less, more in zip(earned, earned[1:]):
        error = np.hypot(less.std(), more.std()) / np.sqrt(n_episodes)
        assert more.mean() - less.mean() > -2 * error  # hybrid and model-based rats earn alike
    assert earned[0].mean() < earned[3].mean() < earned[5].mean() < earned[6].mean()


def test_the_full_task_and_that_of_two_first_stage_states_have_the_hybrid_and_its_two_ends():
    for name in ("daw2011", "kool2016"):
        assert {"model-free", "model-based", "hybrid"} < set(players(make_task(f"two_step/{name}")))
        assert "hybrid" not in players(make_task(f"two_step/{name}", fixation=True))


def test_the_hybrid_of_the_full_task_earns_what_was_computed_elsewhere():
    """600 subjects x 201 trials by another program, three decimals: within rounding and 2 standard errors of the difference."""
    task = make_task("two_step/daw2011")
    for name, expected in [("model-free", 0.529), ("model-based", 0.529), ("hybrid", 0.533)]:
        earned = simulate(players(task)[name], task, 2000, seed=5).reward.sum(axis=0) / task.n_trials
        error = earned.std() * np.sqrt(1 / 2000 + 1 / 600)
        assert abs(earned.mean() - expected) < 0.0005 + 2 * error, (name, earned.mean())


def test_the_oracle_earns_what_the_transitions_allow():
    for name, expected in [("wang2018", 0.8 * 0.9 + 0.2 * 0.1), ("wang2016", 0.75 * 0.9 + 0.25 * 0.1)]:
        _, reward, _ = played(make_task(f"two_step/{name}"), "oracle")
        assert abs(reward.mean() - expected) < 4 * reward.mean(axis=0).std() / np.sqrt(N_EPISODES)


def test_the_belief_filter_earns_the_optimum_of_the_2016_design_exactly_worked_out():
    """With no reversals it chooses by majority: right with P(Binomial(n, .9) > n/2), ties half, after n outcomes."""
    expected = 0.0
    for n in range(10):
        k = np.arange(n + 1)
        right = (binom.pmf(k, n, 0.9) * ((2 * k > n) + 0.5 * (2 * k == n))).sum()
        expected += (0.9 * (0.25 + 0.5 * right) + 0.1 * (0.75 - 0.5 * right)) / 10
    assert expected == pytest.approx(0.669, abs=5e-4)  # the published-design value
    _, reward, _ = played(make_task("two_step/wang2016"), "bayes-optimal", n_episodes=20_000)
    assert abs(reward.mean() - expected) < 4 * reward.mean(axis=0).std() / np.sqrt(20_000)


def expectimax(belief, trials_left, task):
    """Expected reward of the best policy, by recursion over choices, states and outcomes."""
    if trials_left == 0:
        return 0.0
    better, other = task.reward_probability
    best = -1.0
    for choice in (0, 1):
        total = 0.0
        for state2 in (0, 1):
            leads = task.common_probability if state2 == choice else 1 - task.common_probability
            pays = [better if state2 == truth else other for truth in (0, 1)]
            for reward in (0, 1):
                likely = [p if reward else 1 - p for p in pays]
                joint = [belief * likely[0], (1 - belief) * likely[1]]
                posterior = joint[0] / sum(joint)
                hazard = task.reversal_hazard
                later = expectimax(posterior * (1 - hazard) + (1 - posterior) * hazard, trials_left - 1, task)
                total += leads * sum(joint) * (reward + later)
        best = max(best, total)
    return best


def test_no_policy_earns_more_than_the_belief_filter():
    task = make_task("two_step/wang2018", n_trials=4, reversal_hazard=0.1)
    _, reward, _ = played(task, "bayes-optimal", n_episodes=40_000)
    earned = reward.sum(axis=0)
    assert abs(earned.mean() - expectimax(0.5, 4, task)) < 4 * earned.std() / np.sqrt(40_000)


def test_the_belief_is_that_of_a_plain_loop_over_bayes_rule():
    task = make_task("two_step/wang2018", n_trials=30)
    agent = players(task)["bayes-optimal"]
    rollout = simulate(agent, task, n_episodes=5, seed=0)
    state, beliefs = agent.initial_state(5), []
    for t in range(rollout.n_steps):
        _, _, state = agent.step(rollout.observation[t], rollout.previous_action[t], rollout.previous_reward[t], state)
        beliefs.append(state.values[:, 0])
    for episode in range(5):
        belief = 0.5
        for trial in range(30):
            assert beliefs[2 * trial][episode] == pytest.approx(belief, abs=1e-12)
            state2 = rollout.observation[2 * trial + 1, episode, 2] > 0
            won = rollout.reward[2 * trial + 1, episode] > 0
            says_0 = 0.9 if won != state2 else 0.1
            belief = belief * says_0 / (belief * says_0 + (1 - belief) * (1 - says_0))
            belief = belief * 0.975 + (1 - belief) * 0.025


def test_the_model_based_learner_credits_the_state_and_the_model_free_one_the_action():
    """After one rewarded rare trial the first prefers the other action, the second the same."""
    task = make_task("two_step/wang2018", n_trials=2)
    for name, chosen in [("model-based", 1), ("model-free", 0)]:
        agent = players(task)[name]
        state = agent.initial_state(1)
        first, second = np.array([[1.0, 0, 0]]), np.array([[0, 0, 1.0]])
        _, _, state = agent.step(first, np.array([-1]), np.zeros(1), state)
        _, _, state = agent.step(second, np.array([0]), np.zeros(1), state)
        logits, _, _ = agent.step(first, np.array([1]), np.ones(1), state)
        assert logits.argmax() == chosen
        size = 5 * 0.25 * (0.6 if name == "model-based" else 1.0)  # beta * alpha (1 - .5) * (.8 - .2)
        assert np.ptp(logits) == pytest.approx(size)


def test_players_with_fixation_behave_as_without():
    """Fixation tells nothing, so as much is earned."""
    plain, fixated = make_task("two_step/wang2018"), make_task("two_step/wang2018_fixation")
    for name in ("model-based", "model-free", "bayes-optimal", "win-stay-lose-shift"):
        _, one, _ = played(plain, name, n_episodes=1000)
        _, other, _ = played(fixated, name, n_episodes=1000)
        error = np.hypot(one.mean(axis=0).std(), other.mean(axis=0).std()) / np.sqrt(1000)
        assert abs(one.mean() - other.mean()) < 4 * error


def test_a_trial_that_an_invalid_action_ended_teaches_nothing_but_that_time_passes():
    task = make_task("two_step/wang2018_fixation", n_trials=3, reversal_hazard=0.1)
    observation = np.eye(4)[:, None]
    for name in ("model-based", "model-free", "bayes-optimal", "win-stay-lose-shift"):
        agent = players(task)[name]
        state = agent.initial_state(1)
        story = [(3, -1, 0), (0, 2, 0), (1, 0, 0), (3, 0, 1)]  # shown, previous action, previous reward
        for shown, action, reward in story:
            _, _, state = agent.step(observation[shown], np.array([action]), np.array([float(reward)]), state)
        before = state.values
        for shown, action, reward in [(0, 2, 0), (None, 2, -1), (3, 1, 0)]:
            seen = np.zeros((1, 4)) if shown is None else observation[shown]
            _, _, state = agent.step(seen, np.array([action]), np.array([float(reward)]), state)
        expected = before * 0.9 + (1 - before) * 0.1 if name == "bayes-optimal" else before
        assert state.values == pytest.approx(expected)


def test_win_stay_lose_shift_does_so_at_both_stages_of_the_full_task():
    task = make_task("two_step/daw2011", n_trials=50)
    trials = simulate(players(task)["win-stay-lose-shift"], task, 50, seed=0).to_trials()
    for _, session in trials.groupby("subject"):
        choice, reward = session["choice1"].to_numpy(int), session["reward"].to_numpy()
        assert ((choice[1:] == choice[:-1]) == (reward[:-1] == 1)).all()
        for _, in_state in session.groupby("state2"):
            choice, reward = in_state["choice2"].to_numpy(int), in_state["reward"].to_numpy()
            assert ((choice[1:] == choice[:-1]) == (reward[:-1] == 1)).all()


def test_the_oracle_of_the_full_task_takes_the_best_option_where_it_is():
    task = make_task("two_step/daw2011", n_trials=40)
    rollout = simulate(players(task)["oracle"], task, 30, seed=0)
    trials = rollout.to_trials()
    pays = trials[[f"reward_probability_{s}_{o}" for s in (0, 1) for o in (0, 1)]].to_numpy().reshape(-1, 2, 2)
    assert (trials["choice1"].to_numpy(int) == pays.max(axis=2).argmax(axis=1)).all()
    state2 = trials["state2"].to_numpy(int)
    assert (trials["choice2"].to_numpy(int) == pays[np.arange(len(pays)), state2].argmax(axis=1)).all()


def test_an_oracle_cannot_be_asked_about_people_whose_task_is_not_known():
    task = make_task("two_step/wang2018", n_trials=5)
    trials = simulate(players(task)["random"], task, 2, seed=0).to_trials().drop(columns="better_state")
    with pytest.raises(ValueError, match="must be told what the task hides"):
        replay(players(task)["oracle"], task.from_trials(trials))


def believed(agent, rollout):
    """Return (n_trials, n_episodes) the mean that a grid filter expects of the option that is chosen next."""
    state, means = agent.initial_state(rollout.n_episodes), []
    for t in range(rollout.n_steps):
        _, _, state = agent.step(rollout.observation[t], rollout.previous_action[t], rollout.previous_reward[t], state)
        if t % 2:
            chosen = (np.arange(rollout.n_episodes), state.state2, rollout.action[t])
            means.append(state.values[chosen] @ agent.point)
    return np.array(means)


def test_what_the_drift_filter_expects_is_what_comes():
    """Its beliefs are calibrated: rewards average to what it expected, also where it expected little or much."""
    task = make_task("two_step/daw2011")
    agent = GridFilter(task)
    rollout = simulate(agent, task, 300, seed=4)
    expected, reward = believed(agent, rollout), rollout.reward[1::2]
    for low, high in [(0.25, 0.45), (0.45, 0.5), (0.5, 0.55), (0.55, 0.6), (0.6, 0.75)]:
        here = (expected >= low) & (expected < high)
        error = 0.5 / np.sqrt(here.sum())
        assert abs(reward[here].mean() - expected[here].mean()) < 4 * error


def test_the_drift_filter_is_that_of_many_particles(rng):
    """A particle filter that knows nothing of grids expects the same, within 4 standard errors of 40,000 particles."""
    task = make_task("two_step/daw2011", n_trials=25)
    agent = GridFilter(task, n_points=101)
    rollout = simulate(agent, task, 1, seed=5)
    expected = believed(agent, rollout)[:, 0]
    particles = rng.uniform(0.25, 0.75, (40_000, 2, 2))
    for trial in range(25):
        state2 = int(rollout.observation[2 * trial + 1, 0, 2])
        option = int(rollout.action[2 * trial + 1, 0])
        mine = particles[:, state2, option]
        error = mine.std() * np.sqrt((1 + trial) / 40_000)  # every resampling adds its own
        assert abs(mine.mean() - expected[trial]) < 4 * error
        weight = mine if rollout.reward[2 * trial + 1, 0] else 1 - mine
        particles[:, state2, option] = rng.choice(mine, 40_000, p=weight / weight.sum())
        particles = reflect(particles + rng.normal(0, 0.025, particles.shape), 0.25, 0.75)


def test_a_finer_grid_expects_the_same():
    task = make_task("two_step/daw2011", n_trials=100)
    rollout = simulate(players(task)["random"], task, 20, seed=6)
    coarse, fine = believed(GridFilter(task), rollout), believed(GridFilter(task, n_points=161), rollout)
    assert np.abs(coarse - fine).max() < 0.003  # a quarter of a cell of the coarse grid
