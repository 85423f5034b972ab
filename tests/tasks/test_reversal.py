"""The inferred-value task: its protocol, and what values with and without inference say after a reversal."""

import numpy as np
import pytest

from cogmeta.errors import TrialTableError, UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import simulate
from tasks.players import player, players
from tasks.registry import make_task
from tasks.reversal import STEPS, InferredValue

TASK = make_task("bandit/reversal")
FIXATION, CUE, SACCADE, REWARD = range(4)


def by_trial(array):
    return array.reshape(-1, len(STEPS), *array.shape[1:])


@pytest.fixture(scope="module")
def seen():
    """1,000 episodes of the hidden-state player."""
    return simulate(player("hidden-state", TASK), TASK, n_episodes=1000, seed=0)


def test_a_trial_shows_the_light_then_the_target_beside_it_then_the_target_then_nothing(seen):
    shown = by_trial(seen.observation)
    assert (shown[:, FIXATION] == [1, 0, 0]).all() and (shown[:, REWARD] == 0).all()
    assert (shown[:, CUE, :, 0] == 1).all() and (shown[:, SACCADE, :, 0] == 0).all()
    assert (shown[:, CUE, :, 1:] == shown[:, SACCADE, :, 1:]).all() and (shown[:, CUE, :, 1:].sum(axis=-1) == 1).all()
    right = shown[:, CUE, :, 2]
    assert right.mean() == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / right.size))


def test_a_saccade_to_the_target_pays_on_the_better_side_and_a_wrong_one_what_was_set():
    task = InferredValue(wrong_reward=-1.0)
    rollout = simulate(RandomAgent(task), task, n_episodes=300, seed=1)
    action, reward = by_trial(rollout.action)[:, SACCADE], by_trial(rollout.reward)
    target, better = by_trial(rollout.observation)[:, CUE, :, 2], by_trial(rollout.hidden["better_side"])[:, SACCADE]
    assert (reward[:, SACCADE] == np.where(action != target, -1.0, target == better)).all()
    assert (reward[:, [FIXATION, CUE, REWARD]] == 0).all()
    assert (by_trial(rollout.scored) == (np.arange(4) == SACCADE)[:, None]).all()


def test_sides_swap_with_the_hazard_once_a_block_has_lasted_its_least(seen):
    better, since = (by_trial(seen.hidden[name])[:, 0] for name in ("better_side", "trials_since_reversal"))
    swapped = better[1:] != better[:-1]
    assert (swapped == (since[1:] == 0)).all()
    played = since[:-1] + 1
    assert not swapped[played < TASK.min_block].any()
    late = swapped[played >= TASK.min_block]
    assert late.mean() == pytest.approx(0.1, abs=4 * np.sqrt(0.09 / late.size))
    assert (by_trial(seen.hidden["n_reversals"])[1:, 0] - by_trial(seen.hidden["n_reversals"])[:-1, 0] == swapped).all()


def test_experienced_tells_which_sides_were_met_since_the_reversal(seen):
    target = by_trial(seen.observation)[:, CUE, :, 2].astype(int)
    since, experienced = (by_trial(seen.hidden[name])[:, 0] for name in ("trials_since_reversal", "experienced"))
    for episode in range(20):
        for trial in range(TASK.n_trials):
            block = target[trial - since[trial, episode]:trial, episode]
            assert experienced[trial, episode].tolist() == [int(0 in block), int(1 in block)]


def test_a_table_needs_its_targets(seen):
    with pytest.raises(TrialTableError, match="has no column target"):
        TASK.from_trials(seen.to_trials().drop(columns="target"))


def test_settings_that_make_no_task_are_refused():
    for settings, words in (({"wrong_reward": 1.0}, "Did you mean -1.0"), ({"min_block": 0}, "at least 1"),
                            ({"reward_probability": (1.0,)}, "two reward probabilities")):
        with pytest.raises(UserError, match=words):
            InferredValue(**settings)


def plain_belief(task, outcomes):
    """Probability that the left side pays before every trial, by summing over all histories of the blocks."""
    paths, beliefs = {(0, 0): 0.5, (1, 0): 0.5}, []
    for target, paid in outcomes:
        total = sum(paths.values())
        beliefs.append(sum(w for (side, _), w in paths.items() if side == 0) / total)
        following = {}
        for (side, since), weight in paths.items():
            p = task.reward_probability[0 if side == target else 1]
            weight *= p if paid else 1 - p
            hazard = task.reversal_hazard if since + 1 >= task.min_block else 0.0
            for place, chance in (((side, since + 1), 1 - hazard), ((1 - side, 0), hazard)):
                following[place] = following.get(place, 0.0) + weight * chance
        paths = following
    return np.array(beliefs)


@pytest.mark.parametrize("chances", [(1.0, 0.0), (0.8, 0.3)])
def test_the_belief_is_that_of_a_plain_sum_over_histories(chances):
    task = InferredValue(reward_probability=chances, n_trials=40)
    rollout = simulate(player("hidden-state", task), task, n_episodes=5, seed=2, record=["expected"])
    expected = by_trial(rollout.activity["expected"])[:, CUE]
    target, reward = by_trial(rollout.observation)[:, CUE, :, 2].astype(int), by_trial(rollout.reward)[:, SACCADE]
    for episode in range(5):
        belief = plain_belief(task, list(zip(target[:, episode], reward[:, episode])))
        wanted = chances[1] + (chances[0] - chances[1]) * belief
        assert np.allclose(expected[:, episode, 0], wanted, atol=1e-12)


def test_values_are_the_mean_reward_that_follows(seen):
    following = seen.reward[::-1].cumsum(axis=0)[::-1]
    error = following[0] - seen.value[0]
    assert error.mean() == pytest.approx(0, abs=4 * error.std() / np.sqrt(error.size))
    at_cue = (following - seen.value)[CUE::4]
    assert at_cue.mean() == pytest.approx(0, abs=4 * at_cue.mean(axis=0).std() / np.sqrt(at_cue.shape[1]))
    assert np.allclose(seen.value[-1], 0)


def cue_error(rollout, inferred):
    """Mean reward prediction error at the cue, by the value of its side, in the trial after a reversal was met once."""
    error = by_trial(rollout.reward_prediction_error())[:, FIXATION]
    target = by_trial(rollout.observation)[:, CUE, :, 2].astype(int)
    better, experienced, n = (by_trial(rollout.hidden[name])[:, 0] for name in ("better_side", "experienced", "n_reversals"))
    own = np.take_along_axis(experienced, target[..., None], axis=-1)[..., 0]
    chosen = (n > 0) & (experienced.sum(axis=-1) == 1) & (own == (not inferred))
    return [error[chosen & (target == better)].mean(), error[chosen & (target != better)].mean()]


def test_one_outcome_after_a_reversal_turns_the_value_of_the_other_cue_only_by_inference(seen):
    for inferred in (False, True):
        good, bad = cue_error(seen, inferred)
        assert good == pytest.approx(0.5, abs=0.06) and bad == pytest.approx(-0.5, abs=0.06)  # the hazard leaves doubt
    rollout = simulate(player("experience-only", TASK), TASK, n_episodes=1000, seed=0)
    for inferred in (False, True):  # the old value of one cue and the new one of the other are equal: nothing is told
        assert cue_error(rollout, inferred) == pytest.approx([0, 0], abs=0.01)  # but where a side was never met before


def test_all_players_that_look_at_the_target_earn_half_a_reward_a_trial():
    for name, agent in players(TASK).items():
        rollout = simulate(agent, TASK, n_episodes=400, seed=5)
        rate = rollout.reward.sum(axis=0) / TASK.n_trials
        wanted = 0.25 if name == "random" else 0.5
        assert rate.mean() == pytest.approx(wanted, abs=4 * rate.std() / np.sqrt(400)), name
