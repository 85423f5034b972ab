"""Errors at the cue around a swap, of players whose errors are known."""

from dataclasses import replace

import numpy as np
import pytest

from analyses.inferred_value import CUES, MOMENTS, cue_errors, mean_cue_errors, plot_cue_errors, sign_flips
from analyses.state_by_step import agreement, state_by_step
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task
from tasks.reversal import STEPS

TASK = make_task("bandit/reversal")


@pytest.fixture(scope="module")
def played():
    """400 episodes of both players."""
    return {name: simulate(player(name, TASK), TASK, 400, seed=0, record=("expected",)) for name in ("hidden-state", "experience-only")}


def test_who_knows_that_the_sides_swap_together_flips_both_cues_entirely_after_one_outcome(played):
    errors = cue_errors(played["hidden-state"])
    after = errors[errors["moment"] != "before"]
    assert after["reward_prediction_error"].to_numpy() == pytest.approx(np.where(after["cue"] == "gains", 0.5, -0.5))
    before = errors[errors["moment"] == "before"]  # certain, or a hazard of .1 that the sides have swapped unseen
    known = np.where(before["cue"] == "gains", -1, 1) * before["reward_prediction_error"].to_numpy()
    assert set(known.round(9)) == {0.4, 0.5}
    flips = sign_flips(mean_cue_errors(errors))
    assert flips["inferred"] == pytest.approx(0.5) and flips["inferred_share"] == pytest.approx(1)


def test_who_trusts_experience_alone_does_not_flip_the_cue_that_was_not_seen(played):
    means = mean_cue_errors(cue_errors(played["experience-only"]))
    by = means.set_index(["moment", "cue"])["reward_prediction_error"]
    assert by["before", "gains"] == pytest.approx(-0.5) and by["before", "loses"] == pytest.approx(0.5)
    assert by["inferred", "gains"] == pytest.approx(0) and by["inferred", "loses"] == pytest.approx(0)  # both cues are worth the same now
    assert sign_flips(means)["inferred"] <= 1e-12


def test_a_learner_of_experience_at_half_speed_keeps_the_old_sign_of_the_unseen_cue(played):
    rollout = played["experience-only"]
    value, expected = rollout.value.copy(), np.full((rollout.n_episodes, 2), 0.5)
    target = rollout.observation[2:: len(STEPS), :, 2].astype(int)
    lane = np.arange(rollout.n_episodes)
    for trial in range(TASK.n_trials):
        value[4 * trial], value[4 * trial + 1] = expected.mean(axis=1), expected[lane, target[trial]]
        expected[lane, target[trial]] += 0.5 * (rollout.reward[4 * trial + 2] - expected[lane, target[trial]])
    flips = sign_flips(mean_cue_errors(cue_errors(replace(rollout, value=value))))
    assert flips["before"] > 0.3 and flips["inferred"] < -0.1


def test_experienced_and_inferred_cues_are_those_that_an_independent_loop_finds(played):
    rollout = played["hidden-state"]
    better, target = rollout.hidden["better_side"][::4], rollout.observation[2::4, :, 2]
    counts = {moment: 0 for moment in MOMENTS}
    for one in range(rollout.n_episodes):
        start = 0
        for t in range(1, TASK.n_trials):
            if better[t, one] == better[t - 1, one]:
                continue
            if set(target[start : t - 1, one]) == {0, 1}:
                counts["before"] += 1
                if t + 1 < TASK.n_trials:
                    counts["experienced" if target[t, one] == target[t + 1, one] else "inferred"] += 1
            start = t
    assert mean_cue_errors(cue_errors(rollout)).groupby("moment")["n"].sum().to_dict() == counts


def test_the_plot_shows_every_moment_of_both_cues(played):
    ax = plot_cue_errors({name: mean_cue_errors(cue_errors(rollout)) for name, rollout in played.items()})
    assert len(ax.containers) == 2 * len(CUES) and len(ax.get_xticks()) == len(MOMENTS)


@pytest.mark.parametrize("readout", ["readout", "whole_readout"])
def test_a_belief_laid_out_by_step_turns_where_the_outcome_is_heard(played, readout, rng):
    rollout = played["hidden-state"]
    believing = replace(rollout, activity={"hidden": rollout.activity["expected"]})
    share = agreement(state_by_step(believing, rng), readout).set_index("step")
    assert (share["before"] == 1).all() and (share["next"] == 1).all()
    assert share["reversal"].to_dict() == {"fixation": 0, "cue": 0, "saccade": 0, "reward": 1}


def test_a_state_beside_two_lively_units_is_read_out_of_the_whole_activity_alone(played, rng):
    rollout = played["hidden-state"]
    lively = 10 * rng.normal(size=(*rollout.action.shape, 2))
    activity = np.concatenate([lively, rollout.activity["expected"]], axis=-1)
    table = state_by_step(replace(rollout, activity={"hidden": activity}), rng)
    by_plane, by_all = (agreement(table, name)["before"] for name in ("readout", "whole_readout"))
    assert (by_all == 1).all() and (by_plane < 0.65).all()  # chance is .5; 4 standard errors of 390 episodes are .1


def test_too_few_swaps_are_told(rng):
    task = make_task("bandit/reversal", n_trials=5)
    rollout = simulate(player("hidden-state", task), task, 20, seed=0)
    with pytest.raises(UserError, match="only 0 of 20 episodes"):
        state_by_step(rollout, rng)
