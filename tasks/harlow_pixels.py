"""Harlow's task in pixels: a view that turns left and right, a cross to fixate, two images to turn to.

What is observed: the frame, ``size`` by ``size`` pixels of red, green and blue in [0, 1], flat in the order (row, column,
colour); on a dark ground a white cross straight ahead, then, once the view has rested on it, two images left and right of
it, then nothing. Turning to within ``selection_tolerance`` of an image's centre takes it. What must be learnt, the sources
and the rewards stand in ``tasks/harlow.py``.

Source: Wang et al. 2016, experiment 6 (84 by 84 pixels, images of 34 by 34; 4.4 degrees an action with a small momentum;
fixation within 3.5 degrees held for 4 steps, selection within 7 degrees, an interval of 10 steps, actions repeated 4
times); Wang et al. 2018, simulation 5. How ours departs: images are made from their number (gratings in two colours, in
the outline of a shape), not taken from ImageNet, and 1,000 of them are kept for tests as in the paper; all trials have
``trial_steps`` steps, and one in which nothing was taken ``interval_steps`` before its end is lost; a step is an action,
repeated for ``action_repeat`` frames that share its 4.4 degrees. The field of view, where the images stand and how large
the momentum is are not stated; 42 degrees, 12.5 degrees from straight ahead, and .2 a frame are ours, with which both
images are in view at fixation and the fastest player needs about 10 steps and the interval (the paper's best: 20 to 30).
"""

from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from cogmeta.errors import UserError
from tasks.harlow import IDLE, LEFT, NOTHING, RIGHT, Harlow, Move, Pair, chosen
from tasks.harlow_images import object_images
from tasks.settings import check_at_least

FIXATION, CHOICE, INTERVAL = 0, 1, 2
"""Phases of a trial: the cross is shown, the images are shown, nothing is."""

_IMAGE, _CROSS, _BAR = 34 / 84, 10 / 84, 2 / 84
"""Sides of an image, and of the cross and its bars, as shares of the frame; the cross is ours."""


class View(NamedTuple):
    """Where the eyes of a batch of episodes are, and how far the trial has come; arrays are (n_episodes,)."""

    gaze: np.ndarray  # degrees, positive to the right of the cross
    velocity: np.ndarray  # degrees a frame
    held: np.ndarray  # int, steps for which the cross has been fixated
    phase: np.ndarray  # int


@dataclass(frozen=True)
class HarlowPixels(Harlow):
    """Turn the view to the cross, hold it there, then turn it to one of two images.

    Parameters
    ----------
    size : int
        >= 12: pixels of the frame's side; everything on it scales along.
    field_of_view : float
        > 0: degrees of the frame's width.
    eccentricity : float
        > selection_tolerance: degrees from the cross to the centre of an image.
    degrees_per_action : float
        > 0: how far the view turns in a step of steady turning.
    momentum : float
        In [0, 1): share of its velocity that the view keeps from frame to frame.
    action_repeat : int
        >= 1: frames of a step.
    fixation_tolerance, selection_tolerance : float
        > 0, degrees.
    fixation_steps, interval_steps : int
        >= 1: steps for which the cross must be held; steps without anything, at the least, before the next trial.
    trial_steps : int
        Steps of a trial, more than ``fixation_steps + interval_steps + 1``.
    n_trials, pair_length, unrewarded, fixation_reward, objects, n_objects, name
        See ``Harlow``.

    Notes
    -----
    In every frame ``velocity = momentum * velocity + (1 - momentum) * turn * degrees_per_action / action_repeat`` with
    ``turn`` -1, 0 or 1, and ``gaze += velocity``; the view stops at half a field of view from the cross. A recorded
    step of one episode holds ``size * size * 3`` numbers: at 84 pixels a rollout takes 20 MB an episode of 240 steps.

    Examples
    --------
    >>> task = HarlowPixels(size=12)
    >>> state, observation = task.begin(2, np.random.default_rng(0))
    >>> observation.shape, task.spec.n_steps
    ((2, 432), 240)
    """

    n_objects: int = 1000
    size: int = 84
    field_of_view: float = 42.0
    eccentricity: float = 12.5
    degrees_per_action: float = 4.4
    momentum: float = 0.2
    action_repeat: int = 4
    fixation_tolerance: float = 3.5
    selection_tolerance: float = 7.0
    fixation_steps: int = 4
    interval_steps: int = 10
    trial_steps: int = 40
    name: str = "harlow/pixels"

    n_options: ClassVar[int | None] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        for what in ("field_of_view", "degrees_per_action", "fixation_tolerance", "selection_tolerance"):
            if not 0 < getattr(self, what) < np.inf:
                raise UserError(f"{what} is in degrees and must be > 0, got {getattr(self, what)}.")
        check_at_least(self, size=12, action_repeat=1, fixation_steps=1, interval_steps=1,
                       trial_steps=self.fixation_steps + self.interval_steps + 2)
        if not 0 <= self.momentum < 1:
            raise UserError(f"momentum must lie in [0, 1), got {self.momentum}.")
        if self.eccentricity <= self.selection_tolerance:
            raise UserError(f"eccentricity must be more than selection_tolerance={self.selection_tolerance}, or both images "
                            f"would be taken at once; got {self.eccentricity}.")

    @property
    def _observation_size(self) -> int:
        return 3 * self.size**2

    @property
    def _trial_steps(self) -> int:
        return self.trial_steps

    @property
    def _last_shown(self) -> int:
        """The last step of a trial at which images can be seen; then it is too late to take one."""
        return self.trial_steps - self.interval_steps - 1

    def _look(self, objects: np.ndarray) -> np.ndarray:
        return object_images(objects, round(_IMAGE * self.size))

    def _begin_trial(self, n_episodes: int, screen: View | None = None) -> View:
        gaze = screen or View(np.zeros(n_episodes), np.zeros(n_episodes), None, None)
        return View(gaze.gaze, gaze.velocity, np.zeros(n_episodes, int), np.full(n_episodes, FIXATION))

    def _turn(self, view: View, action: np.ndarray) -> View:
        turn = np.where(action == IDLE, 0, np.where(action == RIGHT, 1, -1)) * self.degrees_per_action / self.action_repeat
        gaze, velocity, limit = view.gaze, view.velocity, self.field_of_view / 2
        for _ in range(self.action_repeat):
            velocity = self.momentum * velocity + (1 - self.momentum) * turn
            gaze = np.clip(gaze + velocity, -limit, limit)
        return view._replace(gaze=gaze, velocity=velocity)

    def follow(self, view: View | None, step: int, action: np.ndarray) -> View:
        """Return the view after an action at a step of the episode; ``view`` None: the one with which an episode begins."""
        if view is None:
            return self._begin_trial(len(action))
        nobody = np.zeros(len(action), int)
        place = step % self.trial_steps
        view = self._move(Pair(nobody, nobody, nobody, nobody), view, place, action).screen
        return self._begin_trial(len(action), view) if place == self.trial_steps - 1 else view

    def ahead(self, view: View) -> list[np.ndarray]:
        """Return where each of the three actions would turn the gaze, (n_episodes,) degrees each."""
        return [self._turn(view, np.full(len(view.gaze), action)).gaze for action in (LEFT, RIGHT, IDLE)]

    def _move(self, pair: Pair, screen: View, place: int, action: np.ndarray) -> Move:
        view, phase = self._turn(screen, action), screen.phase
        fixating = (phase == FIXATION) & (np.abs(view.gaze) <= self.fixation_tolerance)
        held = np.where(fixating, view.held + 1, 0)
        in_time = place < self._last_shown
        fixated = in_time & (held == self.fixation_steps)
        side, near = self._nearest(view.gaze)
        took = in_time & (phase == CHOICE) & near
        reward = np.where(fixated, self.fixation_reward, 0.0) + np.where(took, self.outcome(pair, side), 0.0)
        phase = np.where(fixated, CHOICE, np.where(took, INTERVAL, phase))
        phase = phase if in_time else np.full_like(phase, INTERVAL)
        return Move(view._replace(held=held, phase=phase), reward, np.where(took, side, NOTHING))

    def _nearest(self, gaze: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the side to which the view is turned, and whether it is near enough to the image there."""
        return np.where(gaze < 0, LEFT, RIGHT), np.abs(np.abs(gaze) - self.eccentricity) <= self.selection_tolerance

    def _observe(self, pair: Pair, screen: View, place: int) -> np.ndarray:
        n_episodes, size = len(screen.gaze), self.size
        frames = np.zeros((n_episodes, size, size, 3), np.float32)
        episode = np.flatnonzero(screen.phase == FIXATION)
        cross = np.broadcast_to(_cross(size), (len(episode), *_cross(size).shape))
        self._draw(frames, episode, cross, -screen.gaze[episode])
        episode = np.flatnonzero(screen.phase == CHOICE)
        for side, degrees in ((LEFT, -self.eccentricity), (RIGHT, self.eccentricity)):
            image = pair.look[episode, chosen(pair.left[episode], side)]
            self._draw(frames, episode, image, degrees - screen.gaze[episode])
        return frames.reshape(n_episodes, -1)

    def _draw(self, frames: np.ndarray, episode: np.ndarray, image: np.ndarray, degrees: np.ndarray) -> None:
        """Draw (n, side, side, 3) images into the frames of episodes, their centres ``degrees`` right of the middle."""
        side, top = image.shape[1], (self.size - image.shape[1]) // 2
        first = top + self.columns(degrees)
        for column in np.unique(first):  # episodes that look the same way are drawn at once
            here = np.flatnonzero(first == column)
            low, high = max(column, 0), min(column + side, self.size)
            if low < high:
                frames[episode[here], top: top + side, low:high] = image[here, :, low - column: high - column]

    def columns(self, degrees: np.ndarray) -> np.ndarray:
        """Return the whole columns by which something at an angle stands right of the frame's middle."""
        return np.rint(degrees * self.size / self.field_of_view).astype(int)

    def scored(self, observation: np.ndarray, action: np.ndarray) -> np.ndarray:
        """True while the two images are shown, in trials in which one was taken: every turn counts."""
        frames = observation.reshape(*observation.shape[:2], self.size, -1)
        shown = frames[:, :, (self.size - round(_IMAGE * self.size)) // 2].any(axis=-1)
        trials = shown.reshape(-1, self.trial_steps, shown.shape[1])
        took = ~trials[:, self._last_shown]
        return (trials & took[:, None]).reshape(shown.shape)


def _cross(size: int) -> np.ndarray:
    """Return (side, side, 3) float32, a white cross on black."""
    bar = max(1, round(_BAR * size))
    side = max(3 * bar, round(_CROSS * size))
    side += (side - bar) % 2
    line = np.abs(np.arange(side) - (side - 1) / 2) < bar / 2
    cross = (line[:, None] | line[None]).astype(np.float32)
    return np.repeat(cross[..., None], 3, axis=-1)
