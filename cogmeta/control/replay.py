"""Steps of a batch of lives, kept to be learnt from again.

A state of an agent must stay what it was when the next one is made from it, and copying all steps at every step would cost
the square of a life. So the states of a life share one array that only grows: each knows how much of it is its own, and
whoever writes where another state has written already takes a copy first.
"""

import numpy as np

from cogmeta.errors import UserError


class Replay:
    """The first ``size`` rows of arrays that are shared with later states.

    Parameters
    ----------
    shapes : mapping of str to tuple
        Name -> shape of one row, (n_lives, ...).

    Examples
    --------
    >>> empty = Replay.empty(reward=(2,))
    >>> one = empty.with_row(reward=np.array([0.0, 1.0]))
    >>> other = empty.with_row(reward=np.array([5.0, 5.0]))
    >>> one.rows(np.array([0]))["reward"].tolist(), other.rows(np.array([0]))["reward"].tolist(), len(empty)
    ([[0.0, 1.0]], [[5.0, 5.0]], 0)
    """

    def __init__(self, arrays: dict[str, np.ndarray], size: int, written: list[int]) -> None:
        self.arrays, self.size, self.written = arrays, size, written

    @classmethod
    def empty(cls, **shapes: tuple[int, ...]) -> "Replay":
        """Return a replay without rows, given the shape of one row of every array."""
        return cls({name: np.zeros((64, *shape), np.float32) for name, shape in shapes.items()}, 0, [0])

    def __len__(self) -> int:
        return self.size

    def with_row(self, **row: np.ndarray) -> "Replay":
        """Return a replay with one row more; this one stays as it is."""
        if set(row) != set(self.arrays):
            raise UserError(f"a row must have {sorted(self.arrays)}, got {sorted(row)}.")
        arrays, written = self.arrays, self.written
        length = len(next(iter(arrays.values())))
        if written[0] != self.size or self.size == length:
            room = length if self.size < length else 2 * length
            arrays, written = {name: _longer(array, self.size, room) for name, array in arrays.items()}, [self.size]
        for name, value in row.items():
            arrays[name][self.size] = value
        written[0] += 1
        return Replay(arrays, self.size + 1, written)

    def filled(self, rows: dict[str, np.ndarray]) -> "Replay":
        """Return a replay of these rows, (n_rows, n_lives, ...) by name, of the same shapes as this one's.

        Raises
        ------
        ValueError
            They are of other shapes, or not equally many.
        """
        size = len(rows[next(iter(self.arrays))])
        for name, array in self.arrays.items():
            if rows[name].shape != (size, *array.shape[1:]):
                raise ValueError(f"{name!r} has shape {rows[name].shape}, expected {(size, *array.shape[1:])}")
        room = max(2 * size, 64)
        return Replay({name: _longer(rows[name].astype(np.float32), size, room) for name in self.arrays}, size, [size])

    def rows(self, which: np.ndarray) -> dict[str, np.ndarray]:
        """Return some rows of every array, (n_rows, n_lives, ...)."""
        return {name: array[which] for name, array in self.arrays.items()}

    def draw(self, n_rows: int, window: int, key: tuple[int, ...]) -> dict[str, np.ndarray]:
        """Return rows drawn evenly, with replacement, from the last ``window``; the same for the same key."""
        first = max(self.size - window, 0)
        return self.rows(np.random.default_rng(key).integers(first, self.size, n_rows))

    def draw_own(self, n_rows: int, window: int, key: tuple[int, ...], counts: str) -> dict[str, np.ndarray]:
        """Return rows drawn evenly, with replacement, from each life's last ``window`` among those that count for it.

        Parameters
        ----------
        n_rows, window : int
        key : tuple of int
            The same rows for the same key, whatever counts for the lives beside.
        counts : str
            Name of an array (n_lives,) a row, 1 where the row counts for a life. A life without such a row gets any, in which
            this array is 0.
        """
        share, picked = np.random.default_rng(key).random(n_rows), []
        for life in range(self.arrays[counts].shape[1]):
            own = np.flatnonzero(self.arrays[counts][:self.size, life])[-window:]
            picked.append(own[(share * len(own)).astype(int)] if len(own) else np.zeros(n_rows, int))
        which, life = np.stack(picked, axis=1), np.arange(len(picked))
        return {name: array[which, life] for name, array in self.arrays.items()}


def _longer(array: np.ndarray, n_kept: int, length: int) -> np.ndarray:
    out = np.zeros((length, *array.shape[1:]), array.dtype)
    out[:n_kept] = array[:n_kept]
    return out
