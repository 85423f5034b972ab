"""Characters of random strokes: classes that nobody has seen, and as many drawings of each as one likes.

A character is a few strokes, each a quadratic Bezier curve with three control points in the unit square. A drawing of
it moves every control point a little and the whole character, too, and is rendered as a small grey picture. They
stand in for the handwritten characters (Omniglot) of Ritter et al. 2018, so that nothing must be downloaded.
"""

from functools import lru_cache

import numpy as np

SPLITS = ("training", "test")
"""Two sets of characters with none in common: drawn from two streams of random numbers."""

N_STROKES, N_POINTS = 3, 12
"""Strokes of a character; points at which a stroke is rendered."""

CHUNK = 512
"""Drawings rendered at a time, so that what is computed stays in a processor's cache: six times as fast as all at once."""

_T = np.linspace(0.0, 1.0, N_POINTS)[:, None]
_BERNSTEIN = np.hstack([(1 - _T) ** 2, 2 * _T * (1 - _T), _T**2])  # (n_points, 3)


@lru_cache(maxsize=4)
def alphabet(split: str, n_characters: int) -> np.ndarray:
    """Return the control points of the first characters of a split.

    Parameters
    ----------
    split : {"training", "test"}
    n_characters : int

    Returns
    -------
    (n_characters, n_strokes, 3, 2) float32 array
        In the unit square. The same split always gives the same characters.

    Examples
    --------
    >>> bool((alphabet("training", 3) == alphabet("training", 5)[:3]).all())
    True
    """
    rng = np.random.default_rng([2018, SPLITS.index(split)])
    points = rng.random((n_characters, N_STROKES, 3, 2), dtype=np.float32)
    points.flags.writeable = False
    return points


def draw_characters(
    character: np.ndarray, split: str, rng: np.random.Generator, jitter: float = 0.04, n_pixels: int = 8
) -> np.ndarray:
    """Return a fresh drawing of each character.

    Parameters
    ----------
    character : int array of any shape
        Numbers of characters in a split.
    split : {"training", "test"}
    rng : numpy.random.Generator
    jitter : float
        Standard deviation by which every control point moves, and by which the whole character moves, in widths of
        the picture.
    n_pixels : int
        Side of the picture.

    Returns
    -------
    (*character.shape, n_pixels, n_pixels) float32 array
        In [0, 1): ``1 - exp(-ink)``, where every point of a stroke leaves a Gaussian blot of ink 0.6 pixels wide.
    """
    points = alphabet(split, int(character.max(initial=0)) + 1)[character]
    moved = points + jitter * rng.standard_normal(points.shape, dtype=np.float32)
    moved += jitter * rng.standard_normal((*character.shape, 1, 1, 2), dtype=np.float32)
    ink = _BERNSTEIN.astype(np.float32) @ moved  # (..., n_strokes, n_points, 2)
    ink = ink.reshape(-1, N_STROKES * N_POINTS, 2) * (n_pixels - 1)
    picture = np.empty((len(ink), n_pixels, n_pixels), np.float32)
    for start in range(0, len(ink), CHUNK):
        picture[start:start + CHUNK] = _render(ink[start:start + CHUNK], n_pixels)
    return picture.reshape(*character.shape, n_pixels, n_pixels)


def _render(ink: np.ndarray, n_pixels: int) -> np.ndarray:
    """Return (n, n_pixels, n_pixels) pictures of points (n, n_points, 2) in pixels."""
    blot = ink[..., None] - np.arange(n_pixels, dtype=np.float32)
    blot *= blot
    blot *= np.float32(-1 / (2 * 0.6**2))
    np.exp(blot, out=blot)
    x, y = blot[..., 0, :], blot[..., 1, :]  # (n, n_points, n_pixels)
    return 1 - np.exp(-np.swapaxes(y, -1, -2) @ x)
