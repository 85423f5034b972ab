"""The steps of an LSTM's tape compiled by Numba: products, gates and readout in one call, back and forth.

Needs the extra ``fast``; ``cogmeta.agents.fused`` imports it where Numba is there. The arithmetic is that of ``LSTMTape``; products
go through the BLAS that SciPy brings, tanh through a quotient of polynomials (as in Eigen's ``ptanh``: both odd, exact to 4e-7),
which the compiler turns into vector instructions once division by zero is told to follow IEEE 754.
"""

import numba
import numpy as np

Array = np.ndarray
MATRIX, BATCH = "float32[:,::1]", "float32[:,:,::1]"
"""Types of arrays in signatures."""

compiled = numba.njit(error_model="numpy", nogil=True, fastmath={"contract", "reassoc", "nsz", "arcp"})
"""Compiles pointwise loops, with liberties of rounding alone: what is not a number stays so."""

_HALF, _ONE, _WIDEST = np.float32(0.5), np.float32(1), np.float32(7.90531110763549805)
_P1, _P3, _P5, _P7, _P9, _P11, _P13 = (np.float32(p) for p in (
    4.89352455891786e-03, 6.37261928875436e-04, 1.48572235717979e-05, 5.12229709037114e-08, -8.60467152213735e-11,
    2.00018790482477e-13, -2.76076847742355e-16))
_Q0, _Q2, _Q4, _Q6 = (np.float32(q) for q in (
    4.89352518554385e-03, 2.26843463243900e-03, 1.18534705686654e-04, 1.19825839466702e-06))


@compiled
def tanh(a: np.float32) -> np.float32:
    """Return tanh of a float32 number."""
    a = _WIDEST if a > _WIDEST else a
    a = -_WIDEST if a < -_WIDEST else a
    s = a * a
    p = (((((_P13 * s + _P11) * s + _P9) * s + _P7) * s + _P5) * s + _P3) * s + _P1
    return a * p / (((_Q6 * s + _Q4) * s + _Q2) * s + _Q0)


@compiled
def squash(gates: Array, n_logistic: int) -> None:
    """Turn drives into gates, in place: the first ``n_logistic`` by the logistic function, the others by tanh."""
    for k in range(n_logistic):
        gates[k] = _HALF + _HALF * tanh(_HALF * gates[k])
    for k in range(n_logistic, gates.size):
        gates[k] = tanh(gates[k])


@compiled
def remember(gates: Array, before: Array, cell: Array, squashed: Array, hidden: Array) -> None:
    """Write the cell, tanh of it, and the hidden state."""
    n = cell.size
    i, f, o, g = gates[:n], gates[n: 2 * n], gates[2 * n: 3 * n], gates[3 * n:]
    for k in range(n):
        cell[k] = f[k] * before[k] + i[k] * g[k]
    for k in range(n):
        squashed[k] = tanh(cell[k])
    for k in range(n):
        hidden[k] = o[k] * squashed[k]


@numba.njit(f"void(UniTuple({MATRIX}, 2), UniTuple({BATCH}, 5), int64, int64)", nogil=True, cache=True)
def forward(weights: tuple[Array, ...], played: tuple[Array, ...], first: int, last: int) -> None:
    """Compute the state after each step from ``first`` to before ``last``, and where there is a readout, the heads.

    ``weights`` are core and readout; ``played`` the tape's full, gates, cell, squashed and head.
    """
    (core, readout), (full, gates, cell, squashed, head) = weights, played
    n_units = cell.shape[1]
    n_inputs, n = full.shape[1] - n_units - 1, n_units * cell.shape[2]
    for t in range(first, last):
        np.dot(core, full[t], gates[t])
        drives, after = gates[t].ravel(), full[t + 1][n_inputs:]
        squash(drives, 3 * n)
        remember(drives, cell[t].ravel(), cell[t + 1].ravel(), squashed[t].ravel(), after[:n_units].ravel())
        if len(readout):
            np.dot(readout, after, head[t])


@numba.njit(error_model="numpy", nogil=True)
def unsquash(d_hidden: Array, gates: Array, before: Array, squashed: Array, d_cell: Array) -> None:
    """Turn gates into the gradient of their drives, in place; ``d_cell`` is that of the cell after the step, then of the one before.

    In one pass, each number read once: what a whole unroll has left in memory takes longer to fetch than to work with.
    """
    n = before.size
    for k in range(n):
        i, f, o, g = gates[k], gates[n + k], gates[2 * n + k], gates[3 * n + k]
        d_c = d_cell[k] + d_hidden[k] * o * (_ONE - squashed[k] * squashed[k])
        gates[k] = d_c * g * i * (_ONE - i)
        gates[n + k] = d_c * before[k] * f * (_ONE - f)
        gates[2 * n + k] = d_hidden[k] * squashed[k] * o * (_ONE - o)
        gates[3 * n + k] = d_c * i * (_ONE - g * g)
        d_cell[k] = d_c * f


@numba.njit(f"void({MATRIX}, {BATCH}, UniTuple({BATCH}, 3), UniTuple({MATRIX}, 2))", nogil=True, cache=True)
def through_time(back: Array, d_heads: Array, played: tuple[Array, ...], d_state: tuple[Array, ...]) -> None:
    """Write the gradient of the drives of every step over its gates, and that of the hidden state and cell before the first one.

    ``back`` is the recurrent part of ``core``, transposed; ``d_heads`` what comes back into the hidden state from above; ``played``
    the tape's gates, cell and squashed.
    """
    (gates, cell, squashed), (d_hidden, d_cell) = played, d_state
    d_hidden[:] = 0
    d_cell[:] = 0
    for t in range(len(d_heads) - 1, -1, -1):
        d_hidden += d_heads[t]
        unsquash(d_hidden.ravel(), gates[t].ravel(), cell[t].ravel(), squashed[t].ravel(), d_cell.ravel())
        np.dot(back, gates[t], d_hidden)


@numba.njit(f"void({BATCH}, {BATCH}, int64, int64, {MATRIX})", nogil=True, cache=True)
def sum_of_products(left: Array, full: Array, shift: int, row: int, total: Array) -> None:
    """Write the sum over time of ``left[t] @ full[t + shift, row:].T`` into ``total``."""
    product = np.empty_like(total)
    total[:] = 0
    for t in range(len(left)):
        np.dot(left[t], full[t + shift][row:].T, product)
        total += product
