"""Images of objects, made from their number: gratings in two colours within the outline of a shape, on a third colour.

In place of photographs (Wang et al. 2016 took them from ImageNet): no download, as many as wanted, and the same number
gives the same image anywhere. All that is drawn of a number is uniform, see ``uniform_of``; the ranges are ours, chosen so
that an image of 34 pixels shows its gratings, and no image is black anywhere.
"""

import numpy as np

from tasks.uniform_of import uniform_of

DARKEST = 0.1
"""The least value of any colour in an image."""

_COLOURS, _GRATINGS, _SHAPE = slice(0, 9), slice(9, 15), slice(15, 19)
_N_DRAWN = 19


def object_images(number: np.ndarray, side: int) -> np.ndarray:
    """Return the images of objects.

    Parameters
    ----------
    number : int array
        >= 0.
    side : int
        Pixels.

    Returns
    -------
    (*number.shape, side, side, 3) float32 array
        Rows, columns, colours, in [0.1, 1].

    Notes
    -----
    With ``x, y`` in [-1, 1]: two gratings ``sin(pi f (x cos a + y sin a) + 2 pi p)`` are added, their sign chooses
    between two colours; outside of the shape ``r <= R (1 + d cos(k phi + t))``, a disc with ``k`` bulges, stands the third.

    Examples
    --------
    >>> images = object_images(np.array([[3, 4]]), 34)
    >>> images.shape, bool(images.min() >= 0.1)
    ((1, 2, 34, 34, 3), True)
    """
    drawn = uniform_of(number, _N_DRAWN)[..., None, None]
    x, y = _grid(side)
    striped = _gratings(drawn[..., _GRATINGS, :, :], x, y) > 0
    inside = _inside(drawn[..., _SHAPE, :, :], x, y)
    colours = (DARKEST + (1 - DARKEST) * drawn[..., _COLOURS, 0, 0]).astype(np.float32)
    ground, one, other = (colours[..., None, None, k: k + 3] for k in (0, 3, 6))
    return np.where(inside[..., None], np.where(striped[..., None], one, other), ground)


def _grid(side: int) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y of the pixels' centres, each (side, side), in (-1, 1)."""
    place = (2 * np.arange(side) + 1) / side - 1
    return np.meshgrid(place, place)


def _gratings(drawn: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    total = 0.0
    for k in (0, 3):
        angle, phase = np.pi * drawn[..., k, :, :], 2 * np.pi * drawn[..., k + 1, :, :]
        frequency = 1 + 4 * drawn[..., k + 2, :, :]
        total = total + np.sin(np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)) + phase)
    return total


def _inside(drawn: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    radius, depth = 0.6 + 0.3 * drawn[..., 0, :, :], 0.5 * drawn[..., 1, :, :]
    bulges, turned = 2 + np.floor(5 * drawn[..., 2, :, :]), 2 * np.pi * drawn[..., 3, :, :]
    return np.hypot(x, y) <= radius * (1 + depth * np.cos(bulges * np.arctan2(y, x) + turned))
