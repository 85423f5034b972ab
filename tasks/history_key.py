"""The key of an episode's history: what players that draw at random seed their draws with, so that replays agree."""

import numpy as np


def mix(key: np.ndarray, heard: np.ndarray) -> np.ndarray:
    """Return the key of a history with one number more.

    Parameters
    ----------
    key : (n,) uint64 array
        0 for an empty history.
    heard : (n,) array
        Such as the last reward; every bit of it as a float64 counts.

    Returns
    -------
    (n,) uint64 array

    Notes
    -----
    The finaliser of SplitMix64 (Steele, Lea & Flood 2014), fed with the bits of the number.

    Examples
    --------
    >>> len(set(mix(np.zeros(3, np.uint64), np.array([0.0, 1.0, 1.0000000001])).tolist()))
    3
    """
    z = (key + np.uint64(0x9E3779B97F4A7C15)) ^ np.ascontiguousarray(heard, np.float64).view(np.uint64)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        z = (z ^ (z >> np.uint64(shift))) * np.uint64(factor)
    return z ^ (z >> np.uint64(31))
