"""Random numbers that belong to an integer: what an object or a maze looks like, given its number.

The same integer always gives the same numbers, whatever was asked before, so that a trial table keeps integers only.
"""

import numpy as np


def uniform_of(number: np.ndarray, size: int) -> np.ndarray:
    """Return ``size`` independent uniform numbers that belong to each integer, always the same ones.

    Parameters
    ----------
    number : int array
        >= 0.
    size : int

    Returns
    -------
    (*number.shape, size) float64 array
        In (0, 1).

    Notes
    -----
    The ``k``-th number of integer ``n`` is the 53 upper bits of the SplitMix64 generator's output ``n * 2**16 + k``.

    References
    ----------
    Steele, Lea & Flood 2014, Fast splittable pseudorandom number generators, fig. 16.

    Examples
    --------
    >>> bool((uniform_of(np.array([7]), 3) == uniform_of(np.array([3, 7]), 3)[1]).all())
    True
    """
    counter = (np.asarray(number).astype(np.uint64)[..., None] << np.uint64(16)) + np.arange(size, dtype=np.uint64)
    bits = (counter + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
    bits = (bits ^ (bits >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    bits = (bits ^ (bits >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    bits ^= bits >> np.uint64(31)
    return ((bits >> np.uint64(11)).astype(np.float64) + 0.5) * 2.0**-53
