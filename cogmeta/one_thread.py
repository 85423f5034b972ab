"""One thread for torch and for the BLAS of NumPy and SciPy: the matrices of small networks are too small for several to help."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module

import torch
from threadpoolctl import ThreadpoolController


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch and BLAS use one thread inside a block, and as many as before after it.

    Examples
    --------
    >>> before = torch.get_num_threads()
    >>> with one_thread():
    ...     torch.get_num_threads()
    1
    >>> torch.get_num_threads() == before
    True
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with _blas().limit(limits=1):
            yield
    finally:
        torch.set_num_threads(before)


@cache
def _blas() -> ThreadpoolController:
    """Return the hold on every BLAS that is loaded, SciPy's among them, by which compiled steps multiply."""
    import_module("scipy.linalg.cython_blas")
    return ThreadpoolController().select(user_api="blas")
