"""Conjugate gradient: solve A x = b where only products with A are known."""

from collections.abc import Callable

import torch


def conjugate_gradient(
    product: Callable[[torch.Tensor], torch.Tensor], b: torch.Tensor, n_iterations: int = 10, tolerance: float = 1e-10
) -> torch.Tensor:
    """Return x with A x = b for a symmetric positive definite A.

    Parameters
    ----------
    product : callable
        v -> A v.
    b : (n,) tensor
    n_iterations : int
        At most; n give the exact solution but for rounding.
    tolerance : float
        Stops where the squared residual falls below this share of that of ``b``.

    Returns
    -------
    (n,) tensor

    References
    ----------
    Hestenes & Stiefel 1952; Nocedal & Wright 2006, algorithm 5.2.

    Examples
    --------
    >>> matrix = torch.tensor([[2.0, 1.0], [1.0, 3.0]])
    >>> x = conjugate_gradient(lambda v: matrix @ v, torch.tensor([3.0, 4.0]))
    >>> [round(value, 5) for value in x.tolist()]
    [1.0, 1.0]
    """
    x, residual, direction = torch.zeros_like(b), b.clone(), b.clone()
    square, least = residual @ residual, tolerance * (b @ b)
    for _ in range(n_iterations):
        if square <= least:
            break
        image = product(direction)
        size = square / (direction @ image)
        x += size * direction
        residual -= size * image
        before, square = square, residual @ residual
        direction = residual + (square / before) * direction
    return x
