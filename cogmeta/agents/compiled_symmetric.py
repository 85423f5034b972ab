"""The steps of a symmetric LSTM compiled by Numba: contexts, products, gates and readout in one call, back and forth.

Needs the extra ``fast``. The arithmetic is that of ``SymmetricLSTM.plain_step``, with the gates of ``cogmeta.agents.compiled_lstm``. The
columns of ``full`` are cells: place, then action, then episode; its rows what a cell is told, contexts, hidden state, 1.
"""

import numba
import numpy as np

from cogmeta.agents.compiled_lstm import BATCH, MATRIX, compiled, remember, squash, unsquash

Array, Pair = np.ndarray, tuple[np.ndarray, np.ndarray]


@compiled
def find_places(inputs: Array, n_places: int, place: Array) -> None:
    """Write in which place every episode is, by the first rows of its input."""
    place[:] = 0
    for s in range(1, n_places):
        for b in range(len(place)):
            if inputs[s, b] > 0:
                place[b] = s


@compiled
def tell(inputs: Array, before: Array, place: Array, told: Array) -> None:
    """Write what every cell is told, (3 or more, n_places, n_actions, n_episodes).

    Whether its place is the present one, whether it was chosen, the reward if it was, and what all cells hear alike.
    """
    n_actions, n_heard = told.shape[2], len(told) - 3
    first = len(inputs) - 1 - n_actions
    told[:3] = 0
    for a in range(n_actions):
        for b in range(len(place)):
            told[0, place[b], a, b] = 1
            told[1, before[b], a, b] = inputs[first + a, b]
            told[2, before[b], a, b] = inputs[first + a, b] * inputs[-1, b]
    for k in range(n_heard):
        told[3 + k] = inputs[first - n_heard + k]


@compiled
def average(cells: Array, of_place: Array, of_all: Array) -> None:
    """Write the mean over actions, (n_places, n_episodes), and that over places, too, of (n_places, n_actions, n_episodes)."""
    of_all[:] = 0
    for s in range(len(cells)):
        of_place[s] = cells[s, 0]
        for a in range(1, cells.shape[1]):
            of_place[s] += cells[s, a]
        of_place[s] /= np.float32(cells.shape[1])
        of_all += of_place[s]
    of_all /= np.float32(len(cells))


@compiled
def average_back(d_place: Array, d_all: Array, d_cells: Array) -> None:
    """Add to the gradient of the cells what comes back from their means."""
    n_places, n_actions = d_cells.shape[:2]
    for s in range(n_places):
        share = (d_place[s] + d_all / np.float32(n_places)) / np.float32(n_actions)
        for a in range(n_actions):
            d_cells[s, a] += share


@compiled
def listen(hidden: Array, place: Array, contexts: Array) -> None:
    """Write the contexts of every cell: the mean of all; with several places those of its own place and the present one, too.

    ``hidden`` is (n_units, n_places, n_actions, n_episodes), ``contexts`` the same with one or three times as many rows.
    """
    n_units, n_places, n_actions, n_episodes = hidden.shape
    of_place = np.empty((n_places, n_episodes), np.float32)
    of_all, present = np.empty(n_episodes, np.float32), np.empty(n_episodes, np.float32)
    for u in range(n_units):
        average(hidden[u], of_place, of_all)
        contexts[u] = of_all
        if n_places > 1:
            for b in range(n_episodes):
                present[b] = of_place[place[b], b]
            contexts[2 * n_units + u] = present
            for s in range(n_places):
                contexts[n_units + u, s] = of_place[s]


@compiled
def listen_back(d_contexts: Array, place: Array, d_hidden: Array) -> None:
    """Add to the gradient of the hidden state what comes back from the contexts."""
    n_units, n_places, n_actions, n_episodes = d_hidden.shape
    d_place = np.zeros((n_places, n_episodes), np.float32)
    d_all, d_present = np.empty(n_episodes, np.float32), np.empty(n_episodes, np.float32)
    for u in range(n_units):
        add_up(d_contexts[u], d_all)
        if n_places > 1:
            add_up(d_contexts[2 * n_units + u], d_present)
            for s in range(n_places):
                d_place[s] = d_contexts[n_units + u, s, 0]
                for a in range(1, n_actions):
                    d_place[s] += d_contexts[n_units + u, s, a]
            for b in range(n_episodes):
                d_place[place[b], b] += d_present[b]
        average_back(d_place, d_all, d_hidden[u])


@compiled
def add_up(cells: Array, total: Array) -> None:
    """Write the sum over places and actions."""
    total[:] = 0
    for s in range(cells.shape[0]):
        for a in range(cells.shape[1]):
            total += cells[s, a]


@compiled
def read(readout: Array, hidden: Array, place: Array, head: Array) -> None:
    """Write the logit of every action of the present place, then the value: of all cells, and of that place's."""
    n_units, n_places, n_actions, n_episodes = hidden.shape
    of_place, of_all = np.empty((n_places, n_episodes), np.float32), np.empty(n_episodes, np.float32)
    head[:n_actions] = readout[0, n_units]
    head[n_actions] = readout[1, n_units]
    for u in range(n_units):
        average(hidden[u], of_place, of_all)
        head[n_actions] += readout[1, u] * of_all
        for a in range(n_actions):
            for b in range(n_episodes):
                head[a, b] += readout[0, u] * hidden[u, place[b], a, b]
        if n_places > 1:
            for b in range(n_episodes):
                head[n_actions, b] += readout[2, u] * of_place[place[b], b]


@compiled
def read_back(readout: Array, d_head: Array, hidden: Array, place: Array, d_hidden: Array, d_readout: Array) -> None:
    """Add to the gradients of hidden state and readout what comes back from the heads."""
    n_units, n_places, n_actions, n_episodes = hidden.shape
    d_value, of_all = d_head[n_actions], np.empty(n_episodes, np.float32)
    of_place, d_place = np.empty((n_places, n_episodes), np.float32), np.zeros((n_places, n_episodes), np.float32)
    d_readout[0, n_units] += d_head[:n_actions].sum()
    d_readout[1, n_units] += d_value.sum()
    for u in range(n_units):
        average(hidden[u], of_place, of_all)
        d_readout[1, u] += (of_all * d_value).sum()
        weight, d_weight = readout[0, u], np.float32(0)
        for a in range(n_actions):
            for b in range(n_episodes):
                d_weight += hidden[u, place[b], a, b] * d_head[a, b]
                d_hidden[u, place[b], a, b] += weight * d_head[a, b]
        d_readout[0, u] += d_weight
        if n_places > 1:
            d_place[:] = 0
            for b in range(n_episodes):
                d_readout[2, u] += of_place[place[b], b] * d_value[b]
                d_place[place[b], b] = readout[2, u] * d_value[b]
        average_back(d_place, readout[1, u] * d_value, d_hidden[u])


_PAIR, _PLAYED = f"UniTuple({MATRIX}, 2)", f"UniTuple({BATCH}, 5), int64[:,::1], UniTuple(int64, 2)"


@numba.njit(f"void({_PAIR}, {BATCH}, {_PLAYED}, UniTuple(int64, 2))", nogil=True, cache=True)
def forward(weights: Pair, inputs: Array, played: tuple[Array, ...], place: Array, grid: tuple[int, int], steps: tuple[int, int]) -> None:
    """Compute states and heads of each step from the first to before the second of ``steps``.

    ``weights`` are core and readout; ``played`` the tape's full, gates, cell, squashed and head; ``place[t + 1]`` is where step ``t``
    is; ``grid`` is how many places and actions there are.
    """
    (core, readout), (full, gates, cell, squashed, head) = weights, played
    n_units, n_inputs = cell.shape[1], full.shape[1] - cell.shape[1] - 1
    n_told, n = n_inputs - n_units * (3 if grid[0] > 1 else 1), n_units * cell.shape[2]
    for t in range(*steps):
        cells = full[t].reshape(full.shape[1], grid[0], grid[1], head.shape[2])
        after = full[t + 1].reshape(cells.shape)[n_inputs: n_inputs + n_units]
        find_places(inputs[t], grid[0], place[t + 1])
        tell(inputs[t], place[t], place[t + 1], cells[:n_told])
        listen(cells[n_inputs: n_inputs + n_units], place[t + 1], cells[n_told: n_inputs])
        np.dot(core, full[t], gates[t])
        drives = gates[t].ravel()
        squash(drives, 3 * n)
        remember(drives, cell[t].ravel(), cell[t + 1].ravel(), squashed[t].ravel(), after.ravel())
        read(readout, after, place[t + 1], head[t])


@numba.njit(f"void({_PAIR}, {BATCH}, {_PLAYED}, {_PAIR}, {_PAIR})", nogil=True, cache=True)
def backward(weights: Pair, d_head: Array, played: tuple[Array, ...], place: Array, grid: tuple[int, int], d_weights: Pair, d_state: Pair) -> None:
    """Write the gradients of core and readout, ``d_weights``, and of the state before the first step, ``d_state``."""
    (core, readout), (full, gates, cell, squashed, head) = weights, played
    (d_core, d_readout), (d_hidden, d_cell) = d_weights, d_state
    n_units, n_inputs = cell.shape[1], full.shape[1] - cell.shape[1] - 1
    n_told, shape = n_inputs - n_units * (3 if grid[0] > 1 else 1), (grid[0], grid[1], head.shape[2])
    back, product, d_drive = core[:, n_told:-1].T.copy(), np.empty_like(core), np.empty_like(gates[0])
    d_full = np.empty((len(back), full.shape[2]), np.float32)
    cells, d_cells = d_hidden.reshape((n_units, *shape)), d_full.reshape((len(back), *shape))
    d_hidden[:], d_cell[:], d_core[:], d_readout[:] = 0, 0, 0, 0
    for t in range(len(d_head) - 1, -1, -1):
        after = full[t + 1][n_inputs: n_inputs + n_units]
        read_back(readout, d_head[t], after.reshape(cells.shape), place[t + 1], cells, d_readout)
        d_drive[:] = gates[t]
        unsquash(d_hidden.ravel(), d_drive.ravel(), cell[t].ravel(), squashed[t].ravel(), d_cell.ravel())
        np.dot(d_drive, full[t].T, product)
        d_core += product
        np.dot(back, d_drive, d_full)
        d_hidden[:] = d_full[n_inputs - n_told:]
        listen_back(d_cells[: n_inputs - n_told], place[t + 1], cells)
