"""The episodic two-step task: contexts, cues and what they pay are as described; recall earns what it should."""

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.registry import make_task
from tasks.two_step_episodic import context_of


@pytest.fixture(scope="module")
def played():
    """A rollout of a random player and its trial table, (n_trials, n_episodes) arrays by column."""
    task = make_task("two_step/episodic")
    rollout = simulate(players(task)["random"], task, 400, seed=8)
    trials = rollout.to_trials()
    names = ("choice1", "state2", "reward", "context", "cued_trial", "better_state")
    return rollout, trials, {name: trials[name].to_numpy(float, na_value=np.nan).reshape(400, 100).T for name in names}


def test_every_visit_of_an_episode_has_a_context_of_its_own(played):
    _, _, column = played
    for episode in range(400):
        assert len(np.unique(column["context"][:, episode])) == 100
    assert column["context"].min() >= 1 and column["context"].max() <= 1023
    ones = np.array([int(c).bit_count() for c in column["context"].ravel()]).mean() / 10
    assert abs(ones - 512 / 1023) < 4 * 0.5 / np.sqrt(10 * column["context"].size), "contexts are uniform but for zero"


def test_trials_51_to_75_are_cued_with_1_to_25_each_once_and_76_to_100_with_26_to_50(played):
    _, _, column = played
    cued = column["cued_trial"]
    assert np.isnan(cued[:50]).all()
    assert (np.sort(cued[50:75], axis=0) == np.arange(25)[:, None]).all()
    assert (np.sort(cued[75:], axis=0) == np.arange(25, 50)[:, None]).all()
    assert abs(cued[50].mean() - 12) < 4 * np.sqrt((25**2 - 1) / 12 / 400), "any of them may be the first"


def test_the_cue_is_the_context_of_the_cued_visit_and_minus_one_without_a_cue(played):
    rollout, _, column = played
    cue = rollout.observation[::2, :, 3:13]
    assert (cue[:50] == -1).all()
    context, cued = column["context"].astype(int), column["cued_trial"]
    for trial in range(50, 100):
        assert (context_of(cue[trial]) == context[cued[trial].astype(int), np.arange(400)]).all()
    assert make_task("two_step/episodic").spec.cue == (3, 13)


def test_a_cued_trial_that_reaches_the_cued_state_pays_what_it_paid_then(played):
    _, _, column = played
    episode = np.arange(400)
    other = []
    for trial in range(50, 100):
        then = column["cued_trial"][trial].astype(int)
        same = column["state2"][trial] == column["state2"][then, episode]
        assert (column["reward"][trial][same] == column["reward"][then, episode][same]).all()
        other.append((column["reward"][trial][~same], (column["state2"] == column["better_state"])[trial][~same]))
    reward, good = (np.concatenate(parts) for parts in zip(*other, strict=True))
    for chosen, p in ((good, 0.9), (~good, 0.1)):
        assert abs(reward[chosen].mean() - p) < 4 * np.sqrt(0.09 / chosen.sum())


def test_what_is_hidden_is_the_chance_of_reward_in_both_states_with_cues_heeded(played):
    rollout, _, column = played
    state_value = rollout.hidden["state_value"][::2]
    uncued = np.where(column["better_state"][:50, :, None] == np.arange(2), 0.9, 0.1)
    assert (state_value[:50] == uncued).all()
    visited = np.take_along_axis(state_value, column["state2"].astype(int)[..., None], axis=2)[..., 0]
    certain = (visited == 0) | (visited == 1)
    assert (visited[certain] == column["reward"][certain]).all() and certain[50:].mean() > 0.4


def test_recall_earns_more_than_learning_on_cued_trials_and_the_same_before():
    task = make_task("two_step/episodic")
    earned = {name: simulate(agent, task, 300, seed=2).reward[1::2] for name, agent in players(task).items()}
    for name, kin in (("episodic-model-free", "model-free"), ("episodic-model-based", "model-based"),
                      ("episodic-belief-filter", "belief-filter")):
        assert np.array_equal(earned[name][:50], earned[kin][:50])
        gain = earned[name][50:].mean(axis=0) - earned[kin][50:].mean(axis=0)
        assert gain.mean() > 4 * gain.std() / np.sqrt(300)
    best = earned["episodic-belief-filter"][50:].mean(axis=0)
    for name in ("episodic-model-based", "episodic-model-free", "belief-filter"):
        gap = best - earned[name][50:].mean(axis=0)
        assert gap.mean() > 4 * gap.std() / np.sqrt(300), name


def test_with_certain_transitions_and_a_sure_memory_a_paid_cue_pays_again():
    task = make_task("two_step/episodic", common_probability=1.0, reward_probability=(0.9, 0.1))
    rollout = simulate(players(task)["episodic-belief-filter"], task, 200, seed=3)
    trials = rollout.to_trials()
    paid = trials.set_index(["subject", "trial"])["reward"]
    cued = trials[trials["cued_trial"].notna()]
    then = paid.loc[list(zip(cued["subject"], cued["cued_trial"], strict=True))].to_numpy()
    assert (cued["reward"].to_numpy()[then == 1] == 1).all()


@pytest.mark.parametrize(("settings", "sentence"), [
    ({"n_bits": 6}, "100 trials need as many different contexts, but n_bits=6 gives 63. Set n_bits to 7 at least"),
    ({"n_bits": 0}, r"n_bits must lie in \[1, 16\]"), ({"n_trials": 3}, "n_trials >= 4"),
    ({"uncued": 1.0}, "uncued must be 0 or less"), ({"fixation": True}, "no fixation step"),
])
def test_settings_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("two_step/episodic", **settings)


def test_tables_that_do_not_say_what_was_shown_are_refused(played):
    rollout, trials, _ = played
    task, one = rollout.task, trials[trials["subject"] == "0"]
    with pytest.raises(UserError, match=r"lacks the columns \['context'\]"):
        task.from_trials(one.drop(columns="context"))
    with pytest.raises(UserError, match=r"context must be an integer in \[1, 1024\).*got 0 at row 3"):
        task.from_trials(one.assign(context=one["context"].where(one["trial"] != 3, 0)))
    with pytest.raises(UserError, match="is no earlier answered trial of the same session"):
        task.from_trials(one.assign(cued_trial=one["cued_trial"].where(one["trial"] != 60, 77)))
