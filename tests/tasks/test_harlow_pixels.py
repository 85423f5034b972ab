"""Harlow's task in pixels: frames show what stands where the view is turned, and trials go as the paper says."""

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.harlow import IDLE, LEFT, RIGHT, Pair
from tasks.harlow_images import DARKEST, object_images
from tasks.harlow_pixels import CHOICE, FIXATION, INTERVAL, View
from tasks.players import player
from tasks.registry import make_task

TASK = make_task("harlow/pixels")
SMALL = make_task("harlow/pixels", size=12)
HIGHEST = 6 * 1.2
"""Reward of an episode in which every trial is fixated and right."""


def frames(task, gaze, phase):
    """Return the frames (n, size, size, 3) of one pair, seen in directions ``gaze``, and its images (n, 2, ...)."""
    n = len(gaze)
    objects = np.tile([[5, 8]], (n, 1))
    pair = Pair(objects, np.zeros(n, int), np.zeros(n, int), task._look(objects))
    view = View(np.array(gaze, float), np.zeros(n), np.zeros(n, int), np.full(n, phase))
    return task._observe(pair, view, 5).reshape(n, task.size, task.size, 3), pair.look


def drawn_plainly(task, image, degrees):
    """Return one frame with one image, pixel by pixel."""
    frame, side = np.zeros((task.size, task.size, 3), np.float32), len(image)
    first = (task.size - side) // 2
    for row in range(side):
        for column in range(side):
            where = first + column + int(np.rint(degrees * task.size / task.field_of_view))
            if 0 <= where < task.size:
                frame[first + row, where] = image[row, column]
    return frame


@pytest.mark.parametrize("task", [TASK, SMALL])
def test_frames_of_many_episodes_are_those_drawn_one_by_one_pixel_by_pixel(task):
    gaze = np.random.default_rng(0).uniform(-21, 21, 40)
    batch, look = frames(task, gaze, CHOICE)
    for k, degrees in enumerate(gaze):
        plain = drawn_plainly(task, look[k, 0], -12.5 - degrees) + drawn_plainly(task, look[k, 1], 12.5 - degrees)
        assert np.array_equal(batch[k], plain)


def test_who_turns_to_an_image_has_it_in_the_middle_of_the_frame():
    batch, look = frames(TASK, [-12.5, 12.5], CHOICE)
    assert np.array_equal(batch[0, 25:59, 25:59], look[0, 0]) and np.array_equal(batch[1, 25:59, 25:59], look[0, 1])
    assert np.array_equal(batch[0, 42, 42], look[0, 0, 17, 17])


def test_everything_moves_against_the_turn_by_two_columns_a_degree():
    batch, _ = frames(TASK, [0.0, 4.0, -3.0], CHOICE)
    assert np.array_equal(batch[1][:, :-8], batch[0][:, 8:])
    assert np.array_equal(batch[2][:, 6:], batch[0][:, :-6])


def test_at_fixation_there_is_a_cross_and_both_images_would_be_in_view():
    cross, look = frames(TASK, [0.0], FIXATION)
    assert set(np.unique(cross)) == {0.0, 1.0} and (cross[0, 41:43, 41:43] == 1).all()
    assert np.array_equal(cross[0], cross[0][::-1]) and np.array_equal(cross[0], cross[0][:, ::-1])
    both, _ = frames(TASK, [0.0], CHOICE)
    assert np.count_nonzero(both[0].any(axis=-1)) == 2 * 34 * 34
    assert not frames(TASK, [0.0], INTERVAL)[0].any()


def test_every_one_of_2000_objects_has_an_image_of_its_own_that_is_nowhere_black():
    images = object_images(np.arange(2000), 34)
    assert images.min() >= np.float32(DARKEST) and images.max() <= 1
    assert len({image.tobytes() for image in images}) == 2000
    assert np.array_equal(object_images(np.array([7]), 34)[0], images[7])


def test_training_and_test_objects_are_a_thousand_each_and_disjoint():
    seen = [simulate(player("random", task), task, 300, 4).hidden["object"] for task in
            (SMALL, make_task("harlow/pixels", size=12, objects="test"))]
    assert seen[0].min() >= 0 and seen[0].max() < 1000 <= seen[1].min() and seen[1].max() < 2000


def path(actions, task=SMALL):
    """Return the views and rewards of one episode under given actions, and its state at the end."""
    rng = np.random.default_rng(1)
    state, _ = task.begin(1, rng)
    views, rewards = [], []
    for action in actions:
        state, _, reward, _ = task.advance(state, np.array([action]), rng)
        views.append(state.screen)
        rewards.append(float(reward[0]))
    return views, rewards, state


def test_a_step_of_steady_turning_is_4_point_4_degrees_and_the_view_coasts_a_little():
    views, _, _ = path([LEFT, LEFT, LEFT, IDLE, IDLE])
    gaze = np.array([view.gaze[0] for view in views])
    assert gaze[2] - gaze[1] == pytest.approx(-4.4, abs=0.002)  # .2 ** 8 of the speed is still to come
    coasted = gaze[4] - gaze[2]
    assert coasted == pytest.approx(-1.1 * 0.2 / 0.8, abs=0.001)  # the momentum's geometric series, from 1.1 a frame
    assert path([RIGHT] * 12)[0][-1].gaze[0] == 21


def test_the_cross_must_be_held_for_four_steps_in_a_row():
    views, rewards, _ = path([IDLE] * 6)
    assert rewards == [0, 0, 0, 0.2, 0, 0] and [view.phase[0] for view in views] == [0, 0, 0, 1, 1, 1]
    _, rewards, _ = path([IDLE, IDLE, LEFT, RIGHT, IDLE, IDLE, IDLE, IDLE])
    assert rewards.index(0.2) == 6  # held anew from the step that came back within 3.5 degrees


@pytest.mark.parametrize("side", [LEFT, RIGHT])
def test_turning_to_within_seven_degrees_of_an_image_takes_it(side):
    views, rewards, state = path([IDLE] * 4 + [side] * 2)
    gaze = [abs(view.gaze[0]) for view in views]
    assert gaze[4] < 5.5 < gaze[5]  # 12.5 - 7
    right = (state.pair.better[0] == state.pair.left[0]) == (side == LEFT)
    assert rewards[4:] == [0, 1.0 if right else -1.0] and views[5].phase[0] == INTERVAL


def test_ten_steps_without_anything_pass_between_trials_at_the_least():
    views, rewards, _ = path([IDLE] * 28 + [LEFT] * 13)
    phases = [view.phase[0] for view in views]
    assert phases[28] == CHOICE and phases[29:39] == [INTERVAL] * 10 and phases[39] == FIXATION
    assert rewards[28:] == [0.0] * 13  # taken at the 30th step, too late
    assert path([IDLE] * 27 + [LEFT] * 2)[1][28] != 0


@pytest.mark.parametrize("name, low, high", [("oracle", 0.95, 1.0), ("always left", 0.1, 0.25), ("random", -0.1, 0.1)])
def test_the_oracle_earns_all_and_who_does_not_know_earns_little(name, low, high):
    rollout = simulate(player(name, SMALL), SMALL, 300, 2)
    assert low <= rollout.reward.sum(axis=0).mean() / HIGHEST <= high + 1e-9
    trials = rollout.to_trials()
    right = (trials["choice"] == trials["better"])[trials["choice"].notna()]
    if name != "oracle":
        assert abs(right.mean() - 0.5) < 4 * 0.5 / np.sqrt(len(right))


def test_turns_are_scored_while_images_are_shown_and_only_in_trials_with_a_choice():
    rollout = simulate(player("random", SMALL), SMALL, 100, 3)
    trials = rollout.to_trials()
    scored = rollout.scored.reshape(6, 40, 100).any(axis=1).T.ravel()
    assert trials["choice"].isna().any() and np.array_equal(scored, trials["choice"].notna())


def test_the_size_of_the_frame_changes_nothing_but_the_frame():
    plays = [simulate(player("random", task), task, 5, 6) for task in (SMALL, make_task("harlow/pixels", size=30))]
    for name in ("action", "reward", "scored"):
        assert np.array_equal(getattr(plays[0], name), getattr(plays[1], name))


@pytest.mark.parametrize("settings, sentence", [
    ({"size": 5}, "size must be at least 12"), ({"trial_steps": 15}, "trial_steps must be at least 16"),
    ({"momentum": 1.0}, "momentum"), ({"eccentricity": 6.0}, "both images"), ({"field_of_view": 0.0}, "field_of_view"),
])
def test_settings_out_of_range_are_refused(settings, sentence):
    with pytest.raises(UserError, match=sentence):
        make_task("harlow/pixels", **settings)
