"""Contextual choice: when the evidence tells, what it tells, and what memory makes of it."""

import numpy as np
import pytest

from analyses.reward_by_exposure import exposures, reward_by_exposure
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.published import PUBLISHED
from tasks.registry import make_task

TASK = make_task("bandit/contextual_choice")


def played(name, n_epochs=10, task=TASK):
    return simulate(player(name, task), task, n_epochs, seed=2)


def measured(name):
    return exposures(played(name).to_trials()).groupby("exposure")


def test_evidence_is_right_from_the_fifth_or_sixth_step_on_and_at_chance_before():
    table = played("follow-evidence").to_trials()
    right = table["choice"] == table["answer"]
    assert right[table["informative"] == 1].all()
    before = right[table["informative"] == 0]
    assert abs(before.mean() - 0.5) < 4 * np.sqrt(0.25 / len(before))  # 4 standard errors
    starts = table[table["informative"] == 1].groupby(["subject", "block"])["trial"].first() + 1
    assert set(starts) == {5, 6} and abs((starts == 5).mean() - 0.5) < 4 * np.sqrt(0.25 / len(starts))


def test_nothing_seen_before_the_evidence_tells_the_answer():
    rollout = played("random", 40)
    first = TASK.spec.starts_episode(np.arange(rollout.n_steps))
    seen, answer = rollout.observation[first].reshape(-1, 13)[:, 1:], rollout.hidden["answer"][first].ravel()
    for column in seen.T:
        assert abs(np.corrcoef(column, answer)[0, 1]) < 4.5 / np.sqrt(2000)  # contexts are met twice: 2,000 of them


def test_a_context_keeps_its_answer_and_its_barcode():
    table = played("random", 3).to_trials()
    cues = [name for name in table if name.startswith("cue_")]
    assert (table.groupby(["subject", "context"])[["answer", *cues]].nunique() == 1).all(axis=None)
    assert table.groupby(["subject", "context"])["block"].nunique().eq(2).all()


def test_the_last_step_alone_pays_the_share_of_right_answers():
    table = played("random", 3).to_trials()
    right = (table["choice"] == table["answer"]).groupby([table["subject"], table["block"]], sort=False).mean()
    paid = table.groupby(["subject", "block"], sort=False)["reward"]
    assert np.array_equal(paid.last(), right) and np.array_equal(paid.sum(), right)


def test_without_memory_every_exposure_is_at_chance_before_the_evidence():
    for _, table in measured("follow-evidence"):
        assert abs(table["before_evidence"].mean() - 0.5) < 4 * table["before_evidence"].sem()
        assert abs(table["reward"].mean() - 0.775) < 4 * table["reward"].sem()  # (.5 * 4.5 + 5.5) / 10


def test_with_memory_every_answer_is_right_from_the_second_exposure():
    first, second = (table for _, table in measured("remember-answer"))
    assert (second["before_evidence"] == 1).all() and (second["first_trial"] == 1).all() and (second["reward"] == 1).all()
    assert abs(first["before_evidence"].mean() - 0.5) < 4 * first["before_evidence"].sem()


def test_the_published_numbers_follow_from_the_settings():
    stated = {name: number.value for (design, name), number in PUBLISHED.items() if design == TASK.name}
    assert stated == {"random": 0.05, "follow-evidence": 0.0775, "remember-answer": 0.08875, "oracle": 0.1}


def test_three_arms_are_right_once_in_three_before_the_evidence():
    task = make_task(TASK.name, n_arms=3, evidence_from=(4,), n_trials=5)
    curve = reward_by_exposure(played("follow-evidence", 60, task).to_trials()).set_index(["measure", "exposure"])
    for exposure in (1, 2):
        mean, low = curve.loc[("before_evidence", exposure), ["mean", "low"]]
        assert abs(mean - 1 / 3) < 2 * (mean - low)  # twice the 95 % interval, 4 standard errors


@pytest.mark.parametrize("settings, sentence", [
    ({"evidence_from": (11,)}, r"steps in \[1, n_trials\] = \[1, 10\]"), ({"evidence_from": ()}, "one or more steps"),
    ({"n_arms": 1}, "n_arms must be at least 2"), ({"trial_index": True}, "no trial index"),
    ({"n_bits": 5}, "distinct barcodes"),
])
def test_settings_that_cannot_be_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task(TASK.name, **settings)
