"""What Numba does for the tapes of LSTM and GRU, whole steps of the one, the pointwise parts of the other, and for who plays with them.

Optional (extra ``fast``): without Numba the tapes do the same arithmetic by one torch operation after the other. The results
of the two differ by float32 rounding, so that a seed gives the same bytes with Numba, and other bytes without. Numba is
loaded by the first tape that trains, since loading it takes as long as all the rest of the library.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module
from types import ModuleType

import numpy as np

Array = np.ndarray
_HALF, _ONE, _TWO = np.float32(0.5), np.float32(1), np.float32(2)


@cache
def lstm_kernels() -> ModuleType | None:
    """Return the compiled steps of the LSTM, ``cogmeta.agents.compiled_lstm``; None without Numba."""
    return _module("cogmeta.agents.compiled_lstm")


@cache
def symmetric_kernels() -> ModuleType | None:
    """Return the compiled steps of the symmetric LSTM, ``cogmeta.agents.compiled_symmetric``; None without Numba."""
    return _module("cogmeta.agents.compiled_symmetric")


@cache
def exchange_kernels() -> ModuleType | None:
    """Return what stands between a network and its task, ``cogmeta.agents.compiled_exchange``; None without Numba."""
    return _module("cogmeta.agents.compiled_exchange")


def _module(name: str) -> ModuleType | None:
    """Return a module that needs Numba, or None where that is not installed."""
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        if error.name != "numba":
            raise
        return None


@cache
def gru_kernels() -> tuple[Callable, ...] | None:
    """Return (candidate, hidden, backward) of the GRU; None without Numba."""
    return _compiled({gru_candidate: 2, gru_hidden: 4, gru_backward: 5})


def _compiled(n_arrays: dict[Callable, int]) -> tuple[Callable, ...] | None:
    """Return functions of so many arrays, compiled once and kept on disk; they run without the interpreter's lock."""
    try:
        import numba  # optional, and heavy
    except ImportError:
        return None
    return tuple(numba.njit(f"void({', '.join(['float32[:,::1]'] * n)})", nogil=True, cache=True)(function)
                 for function, n in n_arrays.items())


def gru_candidate(drive: Array, candidate: Array) -> None:
    """Add the reset gate's share of the recurrent product to the candidate's drive."""
    n_units, n_episodes = candidate.shape
    for u in range(n_units):
        for b in range(n_episodes):
            candidate[u, b] += drive[u, b] * drive[2 * n_units + u, b]


def gru_hidden(drive: Array, candidate: Array, before: Array, hidden: Array) -> None:
    """Turn sigmoid(2 a) of the candidate into tanh(a); write the hidden state."""
    n_units, n_episodes = candidate.shape
    for u in range(n_units):
        for b in range(n_episodes):
            c = _TWO * candidate[u, b] - _ONE
            candidate[u, b] = c
            hidden[u, b] = c + drive[n_units + u, b] * (before[u, b] - c)


def gru_backward(d_hidden: Array, drive: Array, candidate: Array, before: Array, d_drive: Array) -> None:
    """Write the gradient of r, u, the recurrent product (doubled in ``drive``) and the candidate.

    ``d_hidden`` becomes the share that goes to the hidden state before past all gates.
    """
    n_units, n_episodes = candidate.shape
    half = _HALF
    for k in range(n_units):
        for b in range(n_episodes):
            r, u, c, d_h = drive[k, b], drive[n_units + k, b], candidate[k, b], d_hidden[k, b]
            d_c = d_h * (_ONE - u) * (_ONE - c * c)
            d_drive[k, b] = d_c * half * drive[2 * n_units + k, b] * r * (_ONE - r)
            d_drive[n_units + k, b] = d_h * (before[k, b] - c) * u * (_ONE - u)
            d_drive[2 * n_units + k, b] = d_c * r
            d_drive[3 * n_units + k, b] = d_c
            d_hidden[k, b] = d_h * u
