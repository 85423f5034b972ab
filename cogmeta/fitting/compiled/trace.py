"""What a cognitive model computes, found out by running its functions on arrays of expressions instead of numbers.

``policy`` and ``update`` are written once, in NumPy. Run on ``Traced`` arrays they write down their own formulas, which
``cogmeta.fitting.compiled.engine`` differentiates and compiles: no model is written twice. A function that looks at the numbers
themselves (``if values[0] > 0``) or calls something that is not here raises ``NotTraceable``, and the model is run as it is.
"""

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from scipy.special import expit, log_ndtr, ndtr

from cogmeta.fitting.compiled.expression import Expression, Graph, NotTraceable

_UFUNCS: dict[np.ufunc, str] = {
    np.add: "add", np.subtract: "sub", np.multiply: "mul", np.divide: "div", np.negative: "neg", np.exp: "exp", np.log: "log",
    np.log1p: "log1p", np.sqrt: "sqrt", np.absolute: "abs", np.sign: "sign", np.maximum: "maximum", np.minimum: "minimum",
    expit: "expit", ndtr: "ndtr", log_ndtr: "log_ndtr", np.tanh: "tanh", np.less: "lt", np.less_equal: "le", np.greater: "gt", np.greater_equal: "ge",
    np.equal: "eq", np.not_equal: "ne", np.logical_and: "and", np.bitwise_and: "and", np.logical_or: "or", np.bitwise_or: "or",
    np.logical_not: "not", np.invert: "not", np.isnan: "isnan",
}
_REDUCED = {np.add: ("add", 0.0), np.maximum: ("maximum", None), np.minimum: ("minimum", None), np.multiply: ("mul", 1.0)}


class Traced(NDArrayOperatorsMixin):
    """An array of expressions that NumPy's arithmetic works on.

    Parameters
    ----------
    cells : object array
        Of nodes and floats.
    graph : Graph
    """

    def __init__(self, cells: np.ndarray, graph: Graph) -> None:
        self.cells, self.graph = cells, graph

    shape = property(lambda self: self.cells.shape)
    ndim = property(lambda self: self.cells.ndim)
    dtype = property(lambda self: np.dtype(float))

    def __len__(self) -> int:
        return len(self.cells)

    def __bool__(self) -> bool:
        raise NotTraceable("a model that asks whether a value is true cannot be traced")

    def __array__(self, *_: Any, **__: Any) -> np.ndarray:
        raise NotTraceable("a model that needs the numbers themselves cannot be traced")

    def __getitem__(self, key: Any) -> "Traced":
        return self._of(self.cells[key])

    def __iter__(self):
        return (self._of(part) for part in self.cells)

    def _of(self, cells: Any) -> "Traced":
        return Traced(_array(cells), self.graph)

    def reshape(self, *shape: Any) -> "Traced":
        """Return the same cells in another shape."""
        return self._of(self.cells.reshape(*shape))

    def swapaxes(self, one: int, other: int) -> "Traced":
        """Return the same cells with two axes swapped."""
        return self._of(self.cells.swapaxes(one, other))

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Traced":
        """Return sums over axes."""
        return self._reduce(np.add, axis, keepdims)

    def max(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Traced":
        """Return maxima over axes."""
        return self._reduce(np.maximum, axis, keepdims)

    def min(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> "Traced":
        """Return minima over axes."""
        return self._reduce(np.minimum, axis, keepdims)

    def mean(self, axis: int | None = None) -> "Traced":
        """Return means over axes."""
        total = self.sum(axis)
        return total / (self.cells.size / max(total.cells.size, 1))

    def _reduce(self, ufunc: np.ufunc, axis: Any, keepdims: bool = False) -> "Traced":
        op, first = _REDUCED[ufunc]
        axes = range(self.ndim) if axis is None else np.atleast_1d(axis)
        cells = self.cells
        for a in sorted((int(a) % self.ndim for a in axes), reverse=True):
            parts = [part for part in np.moveaxis(cells, a, 0)]
            parts = parts if first is None or parts else [np.full(cells.shape[:a] + cells.shape[a + 1:], first, object)]
            cells = reduce(lambda x, y: _each(lambda p, q: self.graph.make(op, p, q), x, y), parts)
            cells = np.expand_dims(_array(cells), a) if keepdims else cells
        return self._of(cells)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **settings: Any) -> "Traced":
        if method == "reduce" and ufunc in _REDUCED:
            return self._reduce(ufunc, settings.get("axis", 0), settings.get("keepdims", False))
        if method != "__call__" or settings:
            raise NotTraceable(f"{ufunc.__name__}.{method} is not traced")
        if ufunc is np.square:
            return inputs[0] * inputs[0]
        if ufunc is np.logaddexp:
            return _logaddexp(*inputs)
        if ufunc is np.power and np.ndim(inputs[1]) == 0 and inputs[1] == 2:
            return inputs[0] * inputs[0]
        if ufunc not in _UFUNCS:
            raise NotTraceable(f"{ufunc.__name__} is not traced")
        return self._of(_each(lambda *args: self.graph.make(_UFUNCS[ufunc], *args), *map(_cells, inputs)))

    def __array_function__(self, function: Callable, types: Any, args: tuple, settings: dict) -> Any:
        if function not in _FUNCTIONS:
            raise NotTraceable(f"{function.__name__} is not traced")
        return _FUNCTIONS[function](self.graph, *args, **settings)


def _array(cells: Any) -> np.ndarray:
    if isinstance(cells, np.ndarray):
        return cells
    out = np.empty((), object)
    out[()] = cells
    return out


def _cells(x: Any) -> np.ndarray:
    """Return what NumPy, a number or a traced array holds as an object array of expressions."""
    if isinstance(x, Traced):
        return x.cells
    array = np.asarray(x)
    kind = bool if array.dtype == bool else float
    return _each(kind, array.astype(object))


def _each(function: Callable, *arrays: np.ndarray) -> np.ndarray:
    """Apply a function to each cell of arrays that broadcast against each other."""
    arrays = np.broadcast_arrays(*arrays, subok=True) if len(arrays) > 1 else arrays
    out = np.empty(arrays[0].shape, object)
    for place in np.ndindex(out.shape):
        out[place] = function(*(a[place] for a in arrays))
    return out


def _logaddexp(a: Any, b: Any) -> Any:
    top = np.maximum(a, b)
    return top + np.log(np.exp(a - top) + np.exp(b - top))


def _stack(graph: Graph, arrays: Sequence, axis: int = 0) -> Traced:
    return Traced(np.stack(np.broadcast_arrays(*map(_cells, arrays)), axis=axis), graph)


_FUNCTIONS: dict[Callable, Callable] = {
    np.where: lambda graph, c, a, b: Traced(_each(lambda *x: graph.make("where", *x), *map(_cells, (c, a, b))), graph),
    np.zeros_like: lambda graph, x, **_: np.zeros(x.shape),
    np.ones_like: lambda graph, x, **_: np.ones(x.shape),
    np.full_like: lambda graph, x, value, **_: np.full(x.shape, value),
    np.sum: lambda graph, x, axis=None, **_: x.sum(axis),
    np.max: lambda graph, x, axis=None, **_: x.max(axis),
    np.min: lambda graph, x, axis=None, **_: x.min(axis),
    np.stack: _stack,
    np.concatenate: lambda graph, arrays, axis=0: Traced(np.concatenate([_cells(a) for a in arrays], axis=axis), graph),
    np.broadcast_to: lambda graph, x, shape, **_: Traced(np.broadcast_to(x.cells, shape), graph),
    np.shape: lambda graph, x: x.shape,
    np.ndim: lambda graph, x: x.ndim,
    np.moveaxis: lambda graph, x, source, destination: Traced(np.moveaxis(x.cells, source, destination), graph),
    np.swapaxes: lambda graph, x, one, other: x.swapaxes(one, other),
}
"""NumPy's functions that are no ufuncs -> what they do to traced arrays."""


def flat_cells(values: Any) -> list[Expression]:
    """Return all cells of an array, or of a tuple, named tuple or dict of arrays, in one list."""
    if isinstance(values, dict):
        values = tuple(values.values())
    if isinstance(values, tuple):
        return [cell for part in values for cell in flat_cells(part)]
    return list((values if isinstance(values, np.ndarray) and values.dtype == object else _cells(values)).ravel())


def like(values: Any, cells: list[Expression], graph: Graph) -> Any:
    """Return values of the same kind as given, that hold other cells (``flat_cells`` turned round); uses up the list."""
    if isinstance(values, dict):
        return {name: like(part, cells, graph) for name, part in values.items()}
    if isinstance(values, tuple):
        parts = [like(part, cells, graph) for part in values]
        return type(values)(*parts) if hasattr(values, "_fields") else tuple(parts)
    shape = np.shape(_cells(values))
    own = np.empty(int(np.prod(shape)), object)
    for i in range(len(own)):
        own[i] = cells.pop(0)
    return Traced(own.reshape(shape), graph)
