"""The pointwise parts of LSTM and GRU steps, fused by Numba: each array is read and written once.

Optional (extra ``fast``): without Numba the tapes do the same arithmetic by one torch operation after the other. The results
of the two differ by float32 rounding, so that a seed gives the same bytes with Numba, and other bytes without. Numba is
loaded by the first tape that trains, since loading it takes as long as all the rest of the library.
"""

from collections.abc import Callable
from functools import cache

import numpy as np

Array = np.ndarray
_HALF, _ONE, _TWO = np.float32(0.5), np.float32(1), np.float32(2)


@cache
def lstm_kernels() -> tuple[Callable, ...] | None:
    """Return (cell, hidden, backward) of the LSTM; None without Numba."""
    return _compiled({lstm_cell: 4, lstm_hidden: 3, lstm_backward: 6})


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


def lstm_cell(gates: Array, before: Array, cell: Array, doubled: Array) -> None:
    """Turn sigmoid(2 a) of the gates' last block into g = tanh(a); write the cell, and 2 cell."""
    n_units, n_episodes = before.shape
    for u in range(n_units):
        for b in range(n_episodes):
            g = _TWO * gates[3 * n_units + u, b] - _ONE
            gates[3 * n_units + u, b] = g
            c = gates[n_units + u, b] * before[u, b] + gates[u, b] * g
            cell[u, b] = c
            doubled[u, b] = _TWO * c


def lstm_hidden(gates: Array, squashed: Array, hidden: Array) -> None:
    """Turn sigmoid(2 cell) into tanh(cell); write the hidden state."""
    n_units, n_episodes = squashed.shape
    for u in range(n_units):
        for b in range(n_episodes):
            s = _TWO * squashed[u, b] - _ONE
            squashed[u, b] = s
            hidden[u, b] = gates[2 * n_units + u, b] * s


def lstm_backward(
    d_hidden: Array, gates: Array, before: Array, squashed: Array, d_cell: Array, d_gates: Array
) -> None:
    """Write the gradient of the gates' drives; ``d_cell`` is that of the cell after the step, then of the one before."""
    n_units, n_episodes = before.shape
    for u in range(n_units):
        for b in range(n_episodes):
            i, f = gates[u, b], gates[n_units + u, b]
            o, g = gates[2 * n_units + u, b], gates[3 * n_units + u, b]
            s, d_h = squashed[u, b], d_hidden[u, b]
            d_c = d_h * o * (_ONE - s * s) + d_cell[u, b]
            d_gates[u, b] = d_c * g * i * (_ONE - i)
            d_gates[n_units + u, b] = d_c * before[u, b] * f * (_ONE - f)
            d_gates[2 * n_units + u, b] = d_h * s * o * (_ONE - o)
            d_gates[3 * n_units + u, b] = d_c * i * (_ONE - g * g)
            d_cell[u, b] = d_c * f


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
