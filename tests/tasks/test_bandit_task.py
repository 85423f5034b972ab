"""Bernoulli bandits pay as often as their arms say, and the arms come from the published distributions."""

import numpy as np
import pandas as pd
import pytest

from cogmeta.errors import TrialTableError, UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.registry import make_task


def arms_of(name, n_episodes=4000, **settings):
    """Return (n_episodes, n_arms) arms."""
    task = make_task(name, **settings)
    state, _ = task.begin(n_episodes, np.random.default_rng(5))
    return task.hidden(state)["reward_probability"]


@pytest.mark.parametrize("name", ["bandit/independent", "bandit/uniform"])
def test_arms_are_uniform(name):
    share = np.histogram(arms_of(name)[:, 0], bins=5, range=(0, 1))[0] / 4000
    assert (np.abs(share - 0.2) < 4 * np.sqrt(0.2 * 0.8 / 4000)).all()  # 4 standard errors


def test_independent_arms_do_not_depend_on_each_other():
    correlation = np.corrcoef(arms_of("bandit/independent", n_arms=3).T)[np.triu_indices(3, 1)]
    assert (np.abs(correlation) < 4 / np.sqrt(4000)).all()


@pytest.mark.parametrize("name, low", [("easy", 0.1), ("medium", 0.25), ("hard", 0.4)])
def test_dependent_arms_are_mirror_images_either_way_round(name, low):
    arms = arms_of(f"bandit/{name}")
    assert np.allclose(arms.sum(axis=1), 1)
    assert np.allclose(np.unique(arms[:, 0].round(9)), [low, 1 - low])
    assert abs((arms[:, 0] < 0.5).mean() - 0.5) < 4 * 0.5 / np.sqrt(4000)


def test_uniform_arms_sum_to_one():
    assert np.allclose(arms_of("bandit/uniform").sum(axis=1), 1)


def test_every_arm_pays_as_often_as_its_probability_says():
    task = make_task("bandit/independent", n_arms=3, reward_probability=(0.1, 0.5, 0.8))
    rollout = simulate(RandomAgent(task), task, n_episodes=300, seed=0)
    for arm, probability in enumerate((0.1, 0.5, 0.8)):
        pulled = rollout.reward[rollout.action == arm]
        assert abs(pulled.mean() - probability) < 4 * np.sqrt(probability * (1 - probability) / pulled.size)


def test_the_trial_index_rises_from_zero_and_can_be_withheld():
    for trial_index, expected in [(True, [0, 0.25, 0.5, 0.75]), (False, [0] * 4)]:
        task = make_task("bandit/easy", n_trials=4, trial_index=trial_index)
        assert simulate(RandomAgent(task), task, 2, seed=0).observation[:, 1, 0].tolist() == expected


PERSON = pd.DataFrame({"subject": "s", "trial": range(4), "choice": [0, None, 1, 1], "reward": [1, None, 0, 1]})


def test_a_trial_without_a_response_is_left_out_of_what_an_agent_hears():
    rollout = make_task("bandit/independent").from_trials(PERSON)
    assert rollout.action[:, 0].tolist() == [0, 1, 1]
    assert rollout.row[:, 0].tolist() == [0, 2, 3]


def test_more_trials_than_the_trial_index_counts_are_refused():
    with pytest.raises(UserError, match="n_trials=3, or with trial_index=False"):
        make_task("bandit/easy", n_trials=2).from_trials(PERSON)
    assert make_task("bandit/easy", n_trials=2, trial_index=False).from_trials(PERSON).n_steps == 3


def test_a_table_without_any_response_is_refused():
    with pytest.raises(TrialTableError, match="all 4 trials lack a response"):
        make_task("bandit/easy").from_trials(PERSON.assign(choice=None, reward=None))


@pytest.mark.parametrize(
    "name, settings, sentence",
    [
        ("bandit/easy", {"n_arms": 3}, "defined for two arms"),
        ("bandit/independent", {"n_arms": 1}, "n_arms must be at least 2"),
        ("bandit/independent", {"reward_probability": (0.5, 1.5)}, "2 numbers in"),
        ("bandit/independent", {"arms": "hrad"}, "Did you mean 'hard'"),
    ],
)
def test_settings_that_cannot_be_are_refused(name, settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task(name, **settings)
