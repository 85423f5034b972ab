"""Characters of random strokes: classes that nobody has seen, and as many drawings of each as one likes.

A character is a few strokes, each a quadratic Bezier curve with three control points in the unit square. A drawing of
it moves every control point a little and the whole character, too, and is rendered as a small grey picture. They
stand in for the handwritten characters (Omniglot) of Ritter et al. 2018, so that nothing must be downloaded; Fisher's linear
discriminants, fitted to characters of the training split, stand in for the network that embeds them there.
"""

from functools import lru_cache

import numpy as np
from scipy.linalg import eigh

SPLITS = ("training", "test")
"""Two sets of characters with none in common: drawn from two streams of random numbers."""

N_STROKES, N_POINTS = 3, 12
"""Strokes of a character; points at which a stroke is rendered."""

CHUNK = 256
"""Drawings rendered at a time, so that what is computed stays in a processor's cache."""

BLOT = 0.6
"""Standard deviation of the blot of ink that a point leaves, in pixels."""

N_FITTED = 20
"""Drawings of every character of the training split to which discriminants are fitted."""

RIDGE = 1e-3
"""Added to the variance within characters of every pixel, so that one that never varies does not decide alone."""

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
        In [0, 1]: ``1 - exp(-ink)``, where every point of a stroke leaves a Gaussian blot of ink ``BLOT`` pixels wide.
    """
    points = alphabet(split, int(character.max(initial=0)) + 1)[character]
    moved = rng.standard_normal(points.shape, dtype=np.float32)
    moved *= jitter
    moved += points
    moved += jitter * rng.standard_normal((*character.shape, 1, 1, 2), dtype=np.float32)
    control = np.moveaxis(moved.reshape(-1, N_STROKES, 3, 2), -1, 0)  # (2, n, n_strokes, 3)
    picture = np.empty((character.size, n_pixels, n_pixels), np.float32)
    for start in range(0, len(picture), CHUNK):
        _render(control[:, start:start + CHUNK], picture[start:start + CHUNK])
    return picture.reshape(*character.shape, n_pixels, n_pixels)


@lru_cache(maxsize=4)
def _to_pixels(n_pixels: int) -> np.ndarray:
    """Return (4, n_points * n_pixels): how far each point of a stroke is from each pixel, times (control points, 1)."""
    on_curve = np.repeat(_BERNSTEIN.T * (n_pixels - 1), n_pixels, axis=1)
    pixel = np.tile(np.arange(n_pixels), N_POINTS)
    return (np.vstack([on_curve, -pixel]) / (np.sqrt(2) * BLOT)).astype(np.float32)


def _render(control: np.ndarray, picture: np.ndarray) -> None:
    """Draw characters with control points (2, n, n_strokes, 3) into (n, n_pixels, n_pixels) pictures."""
    n, n_pixels, _ = picture.shape
    rows = np.ones((2, n, N_STROKES, 4), np.float32)
    rows[..., :3] = control
    blot = rows.reshape(-1, 4) @ _to_pixels(n_pixels)  # one product gives the distances along both axes
    blot *= blot
    np.exp(np.negative(blot, out=blot), out=blot)
    x, y = blot.reshape(2, n, N_STROKES * N_POINTS, n_pixels)
    np.matmul(np.swapaxes(y, -1, -2), x, out=picture)
    np.exp(np.negative(picture, out=picture), out=picture)
    np.subtract(1, picture, out=picture)


@lru_cache(maxsize=4)
def discriminants(n_features: int, n_characters: int, jitter: float, n_pixels: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean drawing and the directions in which drawings of different characters differ most.

    Parameters
    ----------
    n_features : int
        Directions, 1 to ``n_pixels ** 2``, the most telling first.
    n_characters : int
        Of the training split, to which they are fitted: ``N_FITTED`` drawings of each.
    jitter, n_pixels
        See ``draw_characters``.

    Returns
    -------
    mean : (n_pixels ** 2,) float32 array
    directions : (n_pixels ** 2, n_features) float32 array

    Notes
    -----
    With ``S_b`` and ``S_w`` the covariance between and within characters: ``S_b v = l S_w v``, ``v' S_w v = 1``, each direction
    scaled by ``sqrt(l / (1 + l))``, the share of its variance that tells characters apart, and turned so that its largest
    component is positive.

    References
    ----------
    Fisher 1936, Ann. Eugenics 7:179.
    """
    character = np.repeat(np.arange(n_characters), N_FITTED)
    drawing = draw_characters(character, SPLITS[0], np.random.default_rng([2018, len(SPLITS)]), jitter, n_pixels)
    drawing = drawing.reshape(n_characters, N_FITTED, -1).astype(np.float64)
    own = drawing.mean(axis=1)
    within = np.einsum("cdi,cdj->ij", drawing, drawing) / len(character) - own.T @ own / n_characters
    ratio, direction = eigh(np.cov(own.T, bias=True), within + RIDGE * np.eye(n_pixels**2))
    most = np.argsort(ratio)[::-1][:n_features]
    scaled = direction[:, most] * np.sqrt(np.maximum(ratio[most], 0.0) / (1 + np.maximum(ratio[most], 0.0)))
    turned = scaled * np.sign(scaled[np.abs(scaled).argmax(axis=0), np.arange(n_features)])
    return own.mean(axis=0).astype(np.float32), turned.astype(np.float32)


def embed_drawings(
    drawing: np.ndarray, n_features: int, n_characters: int, jitter: float = 0.04
) -> np.ndarray:
    """Return what tells drawings apart: their discriminants, scaled to length 1.

    Parameters
    ----------
    drawing : (..., n_pixels, n_pixels) float array
    n_features, n_characters, jitter
        See ``discriminants``.

    Returns
    -------
    (..., n_features) float32 array
    """
    mean, direction = discriminants(n_features, n_characters, jitter, drawing.shape[-1])
    feature = drawing.reshape(-1, len(mean)) @ direction
    feature -= mean @ direction
    feature /= np.sqrt(np.einsum("nf,nf->n", feature, feature))[:, None]
    return feature.reshape(*drawing.shape[:-2], n_features)
