"""Tables of people, with missing trials and sessions of unequal length, survive the way to steps and back."""

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from cogmeta.simulate import replay, simulate
from tasks.players import players
from tasks.registry import make_task

LENGTHS = st.lists(st.integers(1, 12), min_size=1, max_size=4)


def people(data, lengths, columns):
    """Return a table of sessions of given lengths; the columns of a missing trial are all missing."""
    rows = []
    for subject, length in enumerate(lengths):
        for trial in range(length):
            answered = data.draw(st.booleans()) or trial == 0
            values = {name: data.draw(st.integers(0, n - 1)) if answered else None for name, n in columns.items()}
            rows.append({"subject": f"s{subject}", "trial": trial, **values})
    return pd.DataFrame(rows)


def assert_kept(task, table, columns):
    """The steps of a table give back its answered trials, and those the same steps again."""
    rollout = task.from_trials(table)
    answered = table.dropna().reset_index(drop=True)
    back = rollout.to_trials()
    assert len(back) == len(answered) == rollout.valid.sum() // task.spec.steps_per_trial
    for column in columns:
        assert back[column].astype(float).tolist() == answered[column].astype(float).tolist()
    assert (back.groupby("subject", sort=False).size().to_numpy()
            == answered.groupby("subject", sort=False).size().to_numpy()).all()
    again = task.from_trials(back)
    for name in ("observation", "action", "reward", "valid", "scored"):
        assert np.array_equal(getattr(rollout, name), getattr(again, name)), name
    return rollout


@settings(max_examples=25, deadline=None)
@given(data=st.data(), lengths=LENGTHS, n_arms=st.integers(2, 4))
def test_bandit_tables_survive(data, lengths, n_arms):
    columns = {"choice": n_arms, "reward": 2}
    assert_kept(make_task("bandit/independent", n_arms=n_arms), people(data, lengths, columns), columns)


@settings(max_examples=25, deadline=None)
@given(data=st.data(), lengths=LENGTHS)
def test_two_step_tables_survive(data, lengths):
    columns = {"choice1": 2, "state2": 2, "choice2": 2, "reward": 2}
    table = people(data, lengths, columns)
    assert_kept(make_task("two_step/daw2011"), table, columns)
    assert_kept(make_task("two_step/wang2018_fixation"), table.drop(columns="choice2"), ["choice1", "state2", "reward"])


@settings(max_examples=25, deadline=None)
@given(data=st.data(), lengths=LENGTHS)
def test_each_session_is_scored_as_if_it_were_alone(data, lengths):
    task = make_task("two_step/wang2018")
    table = people(data, lengths, {"choice1": 2, "state2": 2, "reward": 2})
    agent = players(task)["model-free"]
    together = replay(agent, task.from_trials(table)).log_likelihood.sum(axis=0)
    alone = [replay(agent, task.from_trials(session)).log_likelihood.sum() for _, session in table.groupby("subject")]
    assert np.allclose(together, alone, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**31), hazard=st.floats(0, 1), common=st.floats(0, 1), fixation=st.booleans(),
       n_trials=st.integers(1, 9), trial_index=st.booleans())
def test_simulated_episodes_survive_under_any_settings(seed, hazard, common, fixation, n_trials, trial_index):
    task = make_task("two_step/wang2018", reversal_hazard=hazard, common_probability=common, fixation=fixation,
                     n_trials=n_trials, trial_index=trial_index)
    rollout = simulate(players(task)["model-based"], task, n_episodes=3, seed=seed)
    back = task.from_trials(rollout.to_trials())
    for name in ("observation", "action", "reward", "valid", "scored", "row"):
        assert np.array_equal(getattr(rollout, name), getattr(back, name)), name
    assert np.allclose(replay(players(task)["model-based"], back).log_likelihood, rollout.log_likelihood, atol=1e-5)
