"""Activity that was made in a known plane is found there, and drawn."""

import numpy as np
import pytest

from analyses.trajectories import COMPONENTS, mean_path, plot_trajectories, principal_plane
from cogmeta.errors import UserError


def made(rng):
    """Return orthonormal directions of 6 units and 400 samples that vary by 3, 1 and 0.01 along the first three, around (5, ..., 5)."""
    directions = np.linalg.qr(rng.normal(size=(6, 6)))[0].T
    return directions, 5 + rng.normal(size=(400, 3)) * (3.0, 1.0, 0.01) @ directions[:3]


def test_the_plane_is_that_of_the_two_directions_of_most_variance(rng):
    directions, activity = made(rng)
    plane = principal_plane(activity)
    along = np.abs(directions[:2] @ plane.axes)
    assert (np.diag(along) > 0.99).all(), "up to sign; 400 samples turn the axes by about 1 / sqrt(400) of the smaller spread, .02"
    assert np.allclose(plane.axes.T @ plane.axes, np.eye(2))
    assert np.allclose(plane.project(activity).mean(), 0)


def test_a_path_is_the_mean_over_episodes_along_the_known_directions(rng):
    directions, activity = made(rng)
    plane = principal_plane(activity)
    steps = 5 + np.arange(7)[:, None] * directions[0]  # one unit of length a step, along the first direction
    episodes = np.stack([steps + 0.5 * directions[4], steps - 0.5 * directions[4]], axis=1)  # which cancels, outside the plane
    path = mean_path(episodes, plane)
    length = np.hypot(*path[list(COMPONENTS)].diff().dropna().to_numpy().T)
    assert np.allclose(length, 1, atol=0.01) and path["trial"].tolist() == list(range(7))
    ax = plot_trajectories({"one": path, "other": path})
    assert ax.get_legend_handles_labels()[1] == ["one", "other"] and np.allclose(ax.lines[0].get_xydata(), path[list(COMPONENTS)])


@pytest.mark.parametrize("shape", [(3,), (1, 4), (4, 1), (2, 3, 4)])
def test_too_little_activity_for_a_plane_is_said(shape):
    with pytest.raises(UserError, match="two samples of two units"):
        principal_plane(np.zeros(shape))
