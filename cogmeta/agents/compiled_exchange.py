"""One exchange of a network with its task compiled by Numba: what it is told becomes its input, its policy an action.

Needs the extra ``fast``; ``cogmeta.agents.fused`` imports it where Numba is there. What the functions give is what
``cogmeta.agents.network.write_inputs`` and ``cogmeta.training.collect.choose`` give, which say what the arguments are. Exponentials
are of the sum of a power of two and a Taylor series, exact to the last bit but one like those of other libraries: an action could
differ where a draw falls within 1e-16 of the edge between two.
"""

from math import factorial, log

import numba
import numpy as np

Array = np.ndarray
MATRIX = numba.types.Array(numba.float32, 2, "A", readonly=True)
INTEGERS, NUMBERS = (numba.types.Array(kind, 1, "A", readonly=True) for kind in (numba.int64, numba.float64))
"""Types of arrays in signatures, in whatever order they lie in memory: one compilation serves all tasks."""

_PER_LN2, _LN2_HIGH, _LN2_LOW = 1 / log(2), 6.93147180369123816490e-01, 1.90821492927058770002e-10
"""ln 2 is the sum of two numbers, the first of so few digits that its products with integers are exact."""
_SERIES = tuple(1 / factorial(k) for k in range(13, -1, -1))
_SMALLEST, _EXPONENT_OF_ONE, _MANTISSA_BITS = -700.0, 1023, 52


@numba.njit(numba.void(numba.float32[:, :], MATRIX, INTEGERS, NUMBERS), nogil=True, cache=True)
def write_inputs(inputs: Array, observation: Array, previous_action: Array, previous_reward: Array) -> None:
    """Write one step's input into a feature-major array: observation, previous action one-hot, previous reward."""
    n_episodes, n_seen = observation.shape
    for k in range(n_seen):
        for b in range(n_episodes):
            inputs[k, b] = observation[b, k]
    for action in range(len(inputs) - n_seen - 1):
        for b in range(n_episodes):
            inputs[n_seen + action, b] = previous_action[b] == action
    for b in range(n_episodes):
        inputs[-1, b] = previous_reward[b]


@numba.njit(error_model="numpy", fastmath={"contract"})
def exponentials(numbers: Array, powers: Array) -> None:
    """Replace numbers <= 0 by their exponentials; ``powers``, int64, is room for powers of two."""
    for b in range(numbers.size):
        number = _SMALLEST if numbers[b] < _SMALLEST else numbers[b]
        n = np.floor(number * _PER_LN2 + 0.5)
        rest, total = number - n * _LN2_HIGH - n * _LN2_LOW, 0.0
        for coefficient in numba.literal_unroll(_SERIES):
            total = total * rest + coefficient
        numbers[b] = total
        powers[b] = (np.int64(n) + _EXPONENT_OF_ONE) << _MANTISSA_BITS  # the bits of 2^n
    power = powers.view(np.float64)
    for b in range(numbers.size):
        numbers[b] *= power[b]


@numba.njit(numba.int64[::1](MATRIX, NUMBERS), nogil=True, cache=True)
def choose(logits: Array, dart: Array) -> Array:
    """Return one action a column of softmax(logits), given a uniform number a column."""
    n_actions, n_episodes = logits.shape
    edges, total, highest = np.empty((n_actions, n_episodes)), np.zeros(n_episodes), logits[0].copy()
    action, powers = np.zeros(n_episodes, np.int64), np.empty(n_episodes, np.int64)
    for k in range(1, n_actions):
        for b in range(n_episodes):
            highest[b] = highest[b] if highest[b] > logits[k, b] else logits[k, b]
    for k in range(n_actions):
        for b in range(n_episodes):
            edges[k, b] = logits[k, b] - highest[b]
        exponentials(edges[k], powers)
        for b in range(n_episodes):
            total[b] += edges[k, b]
            edges[k, b] = total[b]
    for k in range(n_actions - 1):
        for b in range(n_episodes):
            action[b] += dart[b] * total[b] >= edges[k, b]
    return action
