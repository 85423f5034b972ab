"""Activity over an episode in the plane in which the ends of many episodes differ most.

The two principal components of the final states of many episodes make the plane; into it go those final states and the mean
path of episodes that share a problem. Source: Wang et al. 2018, figure 1e and f. How ours departs: the paper does not say what
its components were fitted to; ours are those of the final states.
"""

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, new_axes, styled
from cogmeta.errors import UserError

COMPONENTS = ("component 1", "component 2")


class Plane(NamedTuple):
    """Where activity is projected to."""

    middle: np.ndarray  # (n_units,)
    axes: np.ndarray  # (n_units, 2), orthonormal; their signs mean nothing

    def project(self, activity: np.ndarray) -> pd.DataFrame:
        """Return ``component 1`` and ``component 2`` of (n_samples, n_units) activity."""
        return pd.DataFrame((activity - self.middle) @ self.axes, columns=list(COMPONENTS))


def principal_plane(activity: np.ndarray) -> Plane:
    """Return the plane of the two principal components of samples of activity.

    Parameters
    ----------
    activity : (n_samples, n_units) float array
        At least two samples and two units.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> line = rng.normal(size=(100, 1)) * np.array([[3.0, 4.0, 0.0]])
    >>> np.abs(principal_plane(line).axes[:, 0]).round(6).tolist()
    [0.6, 0.8, 0.0]
    """
    if np.ndim(activity) != 2 or min(np.shape(activity)) < 2:
        raise UserError(f"a plane needs at least two samples of two units, (n_samples, n_units), got shape {np.shape(activity)}.")
    middle = activity.mean(axis=0)
    return Plane(middle, np.linalg.svd(activity - middle, full_matrices=False)[2][:2].T)


def mean_path(activity: np.ndarray, plane: Plane) -> pd.DataFrame:
    """Return the mean path of episodes in a plane.

    Parameters
    ----------
    activity : (n_steps, n_episodes, n_units) float array
    plane : Plane

    Returns
    -------
    DataFrame
        ``component 1, component 2, trial`` (from 0), one row a step.
    """
    path = plane.project(np.mean(activity, axis=1))
    return path.assign(trial=range(len(path)))


@styled
def plot_trajectories(paths: dict[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Draw paths in the plane, one colour each.

    Parameters
    ----------
    paths : dict of str to DataFrame
        Name -> table of ``mean_path``.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for color, (name, path) in zip(PALETTE, paths.items(), strict=False):
        ax.plot(path[COMPONENTS[0]], path[COMPONENTS[1]], marker=".", markersize=3, linewidth=0.8, color=color, label=name)
    ax.set_xlabel("Component 1")
    ax.set_ylabel("Component 2")
    return ax
