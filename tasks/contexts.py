"""Contexts that come back within an epoch: the bag that they are drawn from, and the barcodes by which they are known.

Per epoch a set of contexts; each stands in a bag as often as it is to be met, and the episodes of the epoch are drawn from
the bag without replacement. Source: Ritter et al. 2018 (ICML, arXiv 1805.09692), task formalism. How ours departs: bits
are 0 and 1 and no barcode is all zeros (a cosine needs a direction).
"""

import numpy as np

from cogmeta.errors import UserError


def draw_bag(
    n_epochs: int, n_contexts: int, n_exposures: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return which context every episode has, and how often it was met before; both (n_epochs, n_episodes) int.

    Examples
    --------
    >>> context, exposure = draw_bag(1, 2, 2, np.random.default_rng(0))
    >>> sorted(context[0].tolist()), sorted(exposure[0].tolist())
    ([0, 0, 1, 1], [0, 0, 1, 1])
    """
    bag = np.tile(np.repeat(np.arange(n_contexts), n_exposures), (n_epochs, 1))
    context = rng.permuted(bag, axis=1)
    small = context.astype(np.min_scalar_type(n_contexts))  # short integers are sorted in linear time
    exposure, by_context = np.empty_like(context), np.argsort(small, axis=1, kind="stable")
    np.put_along_axis(exposure, by_context, np.tile(np.arange(n_exposures), n_contexts)[None], axis=1)
    return context, exposure


def draw_barcodes(context: np.ndarray, n_contexts: int, n_bits: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n_epochs, n_episodes, n_bits) ints of 0 and 1: the barcode of every episode's context.

    Parameters
    ----------
    context : (n_epochs, n_episodes) int array
        In [0, n_contexts); barcodes of an epoch are distinct and none is all zeros.
    n_contexts, n_bits : int
    rng : numpy.random.Generator
    """
    lots = rng.random((len(context), 2**n_bits - 1))
    number = 1 + np.argsort(lots, axis=1)[:, :n_contexts]
    barcode = number[:, :, None] >> np.arange(n_bits) & 1
    return np.take_along_axis(barcode, context[:, :, None], axis=1)


def check_barcodes(n_bits: int, n_contexts: int) -> None:
    """Refuse barcodes that are too short for so many contexts, or longer than 16 bits."""
    if not 1 <= n_bits <= 16 or n_contexts > 2**n_bits - 1:
        raise UserError(f"n_bits must lie in [1, 16] and give {n_contexts} distinct barcodes other than all "
                        f"zeros, got {n_bits}.")
