"""The two-step tasks: transitions, outcomes, reversals and drift are what the papers say."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.registry import make_task
from tasks.two_step import FIXATE
from tasks.two_step_learners import RandomTwoStep
from tasks.walks import reflect


def played(name, n_episodes=2000, **settings):
    """Return a rollout of a random player and its trial table."""
    task = make_task(name, **settings)
    rollout = simulate(RandomTwoStep(task), task, n_episodes=n_episodes, seed=3)
    return rollout, rollout.to_trials()


def near(frequency, probability, n):
    """Whether a frequency lies within 4 standard errors of its probability."""
    return abs(frequency - probability) < 4 * np.sqrt(probability * (1 - probability) / n)


@pytest.mark.parametrize("name, common", [("wang2016", 0.75), ("wang2018", 0.8), ("daw2011", 0.7)])
def test_each_first_action_commonly_leads_to_the_state_of_its_number(name, common):
    _, trials = played(f"two_step/{name}", 500)
    for action in (0, 1):
        after = trials[trials["choice1"] == action]
        assert near((after["state2"] == action).mean(), common, len(after))
        assert near(after["common"].mean(), common, len(after))


def test_the_better_state_pays_nine_times_in_ten_and_the_other_once():
    _, trials = played("two_step/wang2018", 500)
    better = trials["state2"] == trials["better_state"]
    assert near(trials.loc[better, "reward"].mean(), 0.9, better.sum())
    assert near(trials.loc[~better, "reward"].mean(), 0.1, (~better).sum())


def test_the_better_state_swaps_once_in_forty_trials():
    rollout, _ = played("two_step/wang2018")
    state = rollout.hidden["better_state"][::2]
    swaps = (state[1:] != state[:-1])
    assert near(swaps.mean(), 0.025, swaps.size)
    assert near(state[0].mean(), 0.5, state.shape[1])


def test_runs_between_reversals_are_memoryless():
    rollout, _ = played("two_step/wang2018")
    swaps = np.diff(rollout.hidden["better_state"][::2], axis=0) != 0
    after_swap = swaps[1:][swaps[:-1]]
    assert near(after_swap.mean(), 0.025, after_swap.size)


def test_the_better_state_never_swaps_in_the_2016_design():
    rollout, _ = played("two_step/wang2016")
    assert (rollout.hidden["better_state"] == rollout.hidden["better_state"][0]).all()


def test_within_a_trial_nothing_hidden_changes():
    for name in ("two_step/wang2018", "two_step/daw2011"):
        rollout, _ = played(name, 50)
        for array in rollout.hidden.values():
            assert np.array_equal(array[::2], array[1::2])


def test_drift_has_the_published_standard_deviation_away_from_the_bounds():
    rollout, _ = played("two_step/daw2011", 300)
    walk = rollout.hidden["reward_probability"][::2]
    middle = np.abs(walk[:-1] - 0.5) < 0.1  # six standard deviations from the nearest bound
    step = np.diff(walk, axis=0)[middle]
    assert abs(step.std() / 0.025 - 1) < 4 / np.sqrt(2 * step.size)  # standard error of a standard deviation
    assert abs(step.mean()) < 4 * 0.025 / np.sqrt(step.size)


def test_drift_is_reflected_at_its_bounds_and_stays_uniform_between_them():
    rollout, _ = played("two_step/daw2011", 2000)
    walk = rollout.hidden["reward_probability"]
    assert walk.min() >= 0.25 and walk.max() <= 0.75
    last = walk[-1].ravel()  # 8,000 walks that do not depend on each other
    share = np.histogram(last, bins=5, range=(0.25, 0.75))[0] / last.size
    assert (np.abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / last.size)).all()


def test_the_four_walks_do_not_depend_on_each_other():
    rollout, _ = played("two_step/daw2011", 500, n_trials=20)
    step = np.diff(rollout.hidden["reward_probability"][::2], axis=0).reshape(-1, 4)
    correlation = np.corrcoef(step.T)[np.triu_indices(4, 1)]
    assert (np.abs(correlation) < 4 / np.sqrt(len(step))).all()


def test_reflection_folds_as_a_mirror_does_however_far_a_step_goes():
    low, high = 0.25, 0.75
    for position in np.linspace(-3, 4, 141):
        fold = (position - low) % (2 * (high - low))  # the triangle wave
        expected = low + min(fold, 2 * (high - low) - fold)
        assert reflect(np.array([position]), low, high)[0] == pytest.approx(expected, abs=1e-12)


def test_options_of_the_second_stage_pay_as_often_as_they_should():
    _, trials = played("two_step/daw2011", 500)
    for state in (0, 1):
        for option in (0, 1):
            chosen = trials[(trials["state2"] == state) & (trials["choice2"] == option)]
            expected = chosen[f"reward_probability_{state}_{option}"]
            error = np.sqrt((expected * (1 - expected)).sum()) / len(chosen)
            assert abs(chosen["reward"].mean() - expected.mean()) < 4 * error


def test_free_choices_are_the_first_stage_and_where_it_matters_the_second():
    for name, scored in [("two_step/wang2018", [True, False]), ("two_step/daw2011", [True, True]),
                         ("two_step/wang2018_fixation", [False, True, False])]:
        rollout, _ = played(name, 3, n_trials=4)
        assert rollout.scored.T.tolist() == [scored * 4] * 3


def step_by_step(task, actions, seed=0):
    """Return observations and rewards of one episode under given actions."""
    rng = np.random.default_rng(seed)
    state, observation = task.begin(1, rng)
    observations, rewards = [observation[0].tolist()], []
    for action in actions:
        state, observation, reward, _ = task.advance(state, np.array([action]), rng)
        observations.append(observation[0].tolist())
        rewards.append(float(reward[0]))
    return observations, rewards


def test_a_trial_with_fixation_shows_fixation_first_stage_second_stage():
    task = make_task("two_step/wang2018_fixation", n_trials=2, common_probability=1.0, reward_probability=(1.0, 1.0))
    observations, rewards = step_by_step(task, [FIXATE, 1, 0, FIXATE, 0, 0])
    fixation, first, state0, state1, nothing = [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0] * 4
    assert observations == [fixation, first, state1, fixation, first, state0, nothing]
    assert rewards == [0, 0, 1, 0, 0, 1]


def test_an_invalid_action_costs_the_penalty_and_at_the_first_stage_ends_the_trial():
    task = make_task("two_step/wang2018_fixation", n_trials=2, invalid_penalty=0.5, reward_probability=(1.0, 1.0))
    observations, rewards = step_by_step(task, [0, FIXATE, 0, FIXATE, 0, 0])
    assert rewards == [-0.5, -0.5, 0, 0, 0, 1]
    assert observations[2] == [0, 0, 0, 0]


def test_a_trial_that_an_invalid_action_ended_is_missing_in_the_table_and_comes_back():
    task = make_task("two_step/wang2018_fixation", n_trials=3)
    rollout = simulate(_Scripted([FIXATE, FIXATE, 1] + [FIXATE, 0, 1] * 2), task, n_episodes=2, seed=0)
    trials = rollout.to_trials()
    assert trials["choice1"].isna().tolist() == [True, False, False] * 2
    assert trials["penalty"].tolist() == [1.0, 0.0, 0.0] * 2
    back = task.from_trials(trials)
    assert np.array_equal(back.action, rollout.action) and np.array_equal(back.reward, rollout.reward)
    assert np.array_equal(back.observation, rollout.observation)
    assert np.array_equal(back.scored, rollout.scored) and not back.scored[1].any()


class _Scripted(RandomTwoStep):
    """Takes given actions, whatever happens."""

    def __init__(self, actions):
        self.actions = actions

    def initial_state(self, n_episodes):
        return 0

    def step(self, observation, previous_action, previous_reward, state):
        logits = np.full((len(observation), 3), -np.inf)
        logits[:, self.actions[state]] = 0
        return logits, np.full(len(observation), np.nan), state + 1


def test_the_trial_index_counts_trials_not_steps():
    task = make_task("two_step/wang2016", n_trials=4)
    observations, _ = step_by_step(task, [0] * 8)
    assert [o[-1] for o in observations] == [0, 0, 0.25, 0.25, 0.5, 0.5, 0.75, 0.75, 0]


RATS = pd.DataFrame(
    {"subject": "r", "trial": [0, 1, 2], "choice1": [0, 1, 1], "state2": [0, 0, 1], "reward": [1, 0, 1]}
)


def test_a_table_without_the_inconsequential_action_is_played_with_action_0():
    rollout = make_task("two_step/wang2018").from_trials(RATS)
    assert rollout.action[:, 0].tolist() == [0, 0, 1, 0, 1, 0]
    assert rollout.reward[:, 0].tolist() == [0, 1, 0, 0, 0, 1]
    assert rollout.observation[:, 0].argmax(axis=1).tolist() == [0, 1, 0, 1, 0, 2]
    assert not rollout.hidden


def test_a_table_without_fixation_is_played_with_right_fixation():
    rollout = make_task("two_step/wang2018_fixation").from_trials(RATS)
    assert rollout.action[::3, 0].tolist() == [FIXATE] * 3
    assert rollout.reward[:, 0].tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 1]


def test_what_a_person_chose_at_the_second_stage_is_what_a_network_hears_of():
    people = RATS.assign(choice2=[1, 0, 1])
    rollout = make_task("two_step/wang2018").from_trials(people)
    assert rollout.action[1::2, 0].tolist() == [1, 0, 1]


def test_the_full_task_needs_the_second_choice():
    with pytest.raises(UserError, match="no column choice2"):
        make_task("two_step/daw2011").from_trials(RATS)


def test_a_raw_action_that_cannot_be_is_refused_with_its_row():
    with pytest.raises(UserError, match=r"action2 must be an integer in \[0, 2\), got 5 at row 1"):
        make_task("two_step/wang2018").from_trials(RATS.assign(action2=[0, 5, 1]))


def test_more_trials_than_the_trial_index_counts_are_refused():
    with pytest.raises(UserError, match="n_trials=3, or with trial_index=False"):
        make_task("two_step/wang2016", n_trials=2).from_trials(RATS)


@pytest.mark.parametrize(
    "settings, sentence",
    [
        ({"common_probability": 1.2}, "common_probability must lie in"),
        ({"reversal_hazard": -0.1}, "reversal_hazard must lie in"),
        ({"reward_probability": (0.9, 0.1, 0.3)}, "must be two numbers"),
        ({"invalid_penalty": -1}, "Did you mean 1"),
        ({"n_trials": 0}, "n_trials must be at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("two_step/wang2018", **settings)


@pytest.mark.parametrize("settings", [{"bounds": (0.75, 0.25)}, {"bounds": (0.2,)}, {"drift_sd": -1}])
def test_drift_that_cannot_be_is_refused(settings):
    with pytest.raises(UserError, match=next(iter(settings))):
        make_task("two_step/daw2011", **settings)
