"""The two-step tasks of rats (Miller et al. 2017) and of two first-stage states (Kool et al. 2016) are as described."""

import numpy as np
import pytest
from scipy.stats import norm

from cogmeta.errors import UserError
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.registry import make_task
from tasks.two_step_planets_players import kool_learner


def played(name, n_episodes, agent="random", seed=5, **settings):
    """Return a rollout of a reference player and its trial table."""
    task = make_task(name, **settings)
    rollout = simulate(players(task)[agent], task, n_episodes, seed=seed)
    return rollout, rollout.to_trials()


def block_lengths(better):
    """Return the lengths of all blocks of (n_trials, n_episodes) that both begin and end within an episode, or begin it."""
    lengths = []
    for column in better.T:
        ends = np.flatnonzero(np.diff(column)) + 1
        lengths.extend(np.diff(np.concatenate([[0], ends])))
    return np.array(lengths)


def test_blocks_of_rats_have_ten_trials_at_least_and_then_end_with_the_hazard():
    rollout, _ = played("two_step/miller2017", 1000)
    better = rollout.hidden["better_state"][::2]
    assert block_lengths(better).min() == 10
    swap = np.diff(better, axis=0) != 0
    age = np.zeros(better.shape[1], int)
    ripe = swaps = 0
    for t in range(len(swap)):
        age += 1
        ripe, swaps = ripe + (age >= 10).sum(), swaps + swap[t][age >= 10].sum()
        age[swap[t]] = 0
    assert abs(swaps / ripe - 0.02) < 4 * np.sqrt(0.02 * 0.98 / ripe)


def test_ports_of_rats_pay_eight_times_in_ten_and_twice_and_are_reached_so():
    _, trials = played("two_step/miller2017", 300)
    good = trials["state2"] == trials["better_state"]
    for chosen, p in ((good, 0.8), (~good, 0.2)):
        assert abs(trials.loc[chosen, "reward"].mean() - p) < 4 * np.sqrt(0.16 / chosen.sum())
    assert abs(trials["common"].mean() - 0.8) < 4 * np.sqrt(0.16 / len(trials))


def test_a_rat_of_the_crossed_mapping_sees_the_other_port_and_leaves_the_same_table():
    straight, table = played("two_step/miller2017", 20, n_trials=30)
    crossed, other = played("two_step/miller2017", 20, n_trials=30, crossed=True)
    assert np.array_equal(straight.observation[..., [0, 2, 1]], crossed.observation)
    assert table.equals(other)


@pytest.mark.parametrize("crossed", [False, True])
def test_a_player_that_knows_the_mapping_earns_the_same_under_both(crossed):
    rollout, _ = played("two_step/miller2017", 100, "bayes-optimal", n_trials=50, crossed=crossed)
    assert rollout.reward.mean() == played("two_step/miller2017", 100, "bayes-optimal", n_trials=50)[0].reward.mean()


def test_the_belief_of_blocks_with_a_minimum_is_that_of_a_plain_enumeration():
    """Every history of swaps is followed with its probability; a few trials, so that they can be listed."""
    task = make_task("two_step/miller2017", n_trials=8, minimum_block=3, reversal_hazard=0.3)
    agent = players(task)["bayes-optimal"]
    rollout = simulate(agent, task, 6, seed=2)
    state, beliefs = agent.initial_state(6), []
    for t in range(rollout.n_steps):
        _, _, state = agent.step(rollout.observation[t], rollout.previous_action[t], rollout.previous_reward[t], state)
        beliefs.append(state.values.reshape(6, 2, -1).sum(axis=2)[:, 0])
    for episode in range(6):
        histories = {(0, 0): 0.5, (1, 0): 0.5}  # (better state, trials in the block) -> probability
        for trial in range(8):
            wanted = sum(p for (better, _), p in histories.items() if better == 0)
            assert beliefs[2 * trial][episode] == pytest.approx(wanted, abs=1e-12)
            state2 = int(rollout.observation[2 * trial + 1, episode, 2])
            won = rollout.reward[2 * trial + 1, episode] > 0
            after = {}
            for (better, age), p in histories.items():
                pays = 0.8 if better == state2 else 0.2
                p *= pays if won else 1 - pays
                swap = 0.3 if age + 1 >= 3 else 0.0
                for key, share in (((better, age + 1), 1 - swap), ((1 - better, 0), swap)):
                    after[key] = after.get(key, 0.0) + p * share
            histories = {key: p / sum(after.values()) for key, p in after.items()}


def test_a_block_minimum_below_zero_is_refused():
    with pytest.raises(UserError, match="minimum_block"):
        make_task("two_step/miller2017", minimum_block=-1)


def test_both_first_stage_states_are_equally_likely_and_each_option_leads_to_its_planet():
    rollout, trials = played("two_step/kool2016", 400)
    share = trials["state1"].mean()
    assert abs(share - 0.5) < 4 * 0.5 / np.sqrt(len(trials))
    repeats = (trials["state1"].to_numpy(int).reshape(400, -1)[:, 1:] == trials["state1"].to_numpy(int).reshape(400, -1)[:, :-1])
    assert abs(repeats.mean() - 0.5) < 4 * 0.5 / np.sqrt(repeats.size), "a trial's start does not depend on the last one"
    assert (trials["choice1"] == trials["state2"]).all()
    assert (rollout.observation[::2, :, 3:5].sum(axis=2) == 1).all() and not rollout.observation[1::2, :, 3:5].any()


def test_points_take_gaussian_steps_of_two_and_are_reflected_at_their_bounds():
    rollout, trials = played("two_step/kool2016", 600, reward_scale=1.0)
    points = rollout.hidden["state_value"][::2]
    assert points.min() >= 0 and points.max() <= 9
    middle = np.abs(points[:-1] - 4.5) < 0.05
    step = np.diff(points, axis=0)[middle]  # from the middle a step is folded where it goes further than 4.5
    z = 4.5 / 2
    folded = 2 * (4 * (norm.cdf(z) - 0.5 - z * norm.pdf(z)) + (9**2 * norm.sf(z) - 2 * 9 * 2 * norm.pdf(z)
                  + 4 * (norm.sf(z) + z * norm.pdf(z))))  # E[step^2] where |step| > 4.5 becomes 9 - |step|
    error = (step**2).std() / np.sqrt(step.size)
    assert abs((step**2).mean() - folded) < 4 * error + 4 * 0.05 * 0.1  # and the width of the middle
    last = points[-1].ravel()
    assert abs(last.mean() - 4.5) < 4 * 9 / np.sqrt(12 * last.size), "the walk stays uniform between its bounds"
    assert abs(last.var() - 81 / 12) < 4 * np.sqrt((9**4 / 80 - (81 / 12) ** 2) / last.size)
    paid = np.take_along_axis(points, rollout.observation[1::2, :, 2].astype(int)[..., None], axis=2)[..., 0]
    assert np.array_equal(rollout.reward[1::2], paid)
    assert trials["reward"].between(0, 9).all()


def test_whoever_is_told_the_points_earns_the_larger_of_two_uniform_numbers():
    rollout, _ = played("two_step/kool2016", 1000, "oracle")
    earned = rollout.reward[1::2].mean(axis=0)
    assert abs(earned.mean() - 2 / 3) < 4 * earned.std() / np.sqrt(1000)


def test_the_belief_in_points_is_calibrated():
    """What the filter expects of the option it takes is what comes, where it expects much and where little."""
    task = make_task("two_step/kool2016")
    agent = players(task)["belief-filter"]
    rollout = simulate(agent, task, 400, seed=7)
    state, expected = agent.initial_state(400), []
    for t in range(0, rollout.n_steps):
        _, _, state = agent.step(rollout.observation[t], rollout.previous_action[t], rollout.previous_reward[t], state)
        if t % 2:
            expected.append((state.values @ agent.point)[np.arange(400), state.state2])
    expected, reward = np.array(expected), rollout.reward[1::2]
    for low, high in ((0.0, 0.5), (0.5, 0.6), (0.6, 0.7), (0.7, 0.8), (0.8, 1.0)):
        here = (expected >= low) & (expected < high)
        error = reward[here].std() / np.sqrt(here.sum())
        assert abs(reward[here].mean() - expected[here].mean()) < 4 * error + 1 / 45  # one cell of its grid


def reward_by_weight(player, task, n_episodes):
    """Return mean rewards a trial, and their standard errors, at model-based weights 0, .25, .5, .75 and 1."""
    earned = [simulate(player(w), task, n_episodes, seed=3).reward.sum(axis=0) / task.n_trials
              for w in (0.0, 0.25, 0.5, 0.75, 1.0)]
    return np.array([x.mean() for x in earned]), np.array([x.std() for x in earned]) / np.sqrt(n_episodes)


def test_reward_rises_with_the_model_based_weight_where_transitions_are_certain_and_hardly_in_the_task_of_daw():
    kool = make_task("two_step/kool2016")
    mean, error = reward_by_weight(lambda w: kool_learner(kool, w), kool, 400)
    slope, slope_error = slope_of(mean, error)
    assert slope > 6 * slope_error and (np.diff(mean) > -2 * np.hypot(error[1:], error[:-1])).all(), (mean, error)
    daw = make_task("two_step/daw2011")
    medians = {"learning_rate_1": 0.54, "learning_rate_2": 0.42, "eligibility": 0.57, "inverse_temperature_1": 5.19,
               "inverse_temperature_2": 3.69, "perseveration": 0.11}  # Daw et al. 2011, table of fits
    model = make_model("two_step/hybrid").for_task(daw)
    mean, error = reward_by_weight(lambda w: model.agent(medians | {"model_based_weight": w}), daw, 400)
    daw_slope, daw_error = slope_of(mean, error)
    assert abs(daw_slope) < 4 * daw_error, (mean, error)
    assert slope - daw_slope > 4 * np.hypot(slope_error, daw_error)


def slope_of(mean, error):
    """Return the slope of rewards on the weight and its standard error, every point with its own."""
    x = np.linspace(-0.5, 0.5, 5) / (np.linspace(-0.5, 0.5, 5) ** 2).sum()
    return x @ mean, np.sqrt((x**2) @ error**2)
