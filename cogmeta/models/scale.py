"""The scale of rewards: what a model may take for the middle and the width of what can be won."""

import numpy as np

from cogmeta.errors import UserError


def check_reward_range(reward_range: tuple[float, float] | None) -> tuple[float, float] | None:
    """Return a reward range as a pair of floats, or say what is wrong with it.

    Examples
    --------
    >>> check_reward_range([0, 100])
    (0.0, 100.0)
    """
    if reward_range is None:
        return None
    try:
        low, high = (float(edge) for edge in reward_range)
    except (TypeError, ValueError) as error:
        raise UserError(f"reward_range must be the smallest and the largest reward, got {reward_range!r}.") from error
    if not low < high:
        raise UserError(f"reward_range must be the smallest and the largest reward, got {reward_range!r}.")
    return low, high


def middle_of(reward_range: tuple[float, float]) -> float:
    """Return the middle of a range; 0 where it is infinite."""
    return float(np.mean(reward_range)) if np.isfinite(reward_range).all() else 0.0


def width_of(reward_range: tuple[float, float]) -> float:
    """Return the width of a range; 1 where it is infinite."""
    return float(reward_range[1] - reward_range[0]) if np.isfinite(reward_range).all() else 1.0
