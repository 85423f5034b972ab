"""The formulas of a model's likelihood: logits, updates and their exact derivatives, one set a kind of trial.

For every combination of choices and states that a trial can show (eight in the two-step task) the model's functions are
traced with these filled in, so that what is multiplied by zero vanishes. Derivatives go forward: beside each value that
the learner keeps stand its derivatives by the parameters, but for those that are zero on all paths.
"""

import itertools
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np

from cogmeta.fitting.compiled.expression import Expression, Graph, NotTraceable
from cogmeta.fitting.compiled.trace import Traced, flat_cells, like
from cogmeta.models.model import Model
from cogmeta.models.trial import Trial, in_tuple

MOST_KINDS = 64
"""Most kinds of trials, each of which has formulas of its own."""

MOST_VALUES = 100
"""Most numbers that a learner may keep."""

Change = dict[str, Expression]
"""Name of a variable -> its next value."""


@dataclass(frozen=True)
class Contrast:
    """Logits of a choice in one state, relative to the first option, with their derivatives.

    Attributes
    ----------
    logits : list of expressions
        One an option from the second on.
    slopes : list of dict
        Parameter index -> derivative, for each of them; those that are zero are left out.
    """

    logits: list[Expression]
    slopes: list[dict[int, Expression]]


@dataclass(frozen=True)
class Formulas:
    """Everything that a kernel computes.

    Attributes
    ----------
    graph : Graph
    columns : list of (str, int)
        Choices and states that make the kind of a trial, with how many values each has: digits, the last fastest.
    first : dict
        Variable -> value before the first trial.
    choices : list of lists of Contrast
        For every choice, one contrast a state (one where there is none).
    choice_columns : list of (str, str or None)
        Column of every choice, and of the state in which it is made.
    after : list of dict
        Kind of a trial -> variable -> its next value, where that changes.
    """

    graph: Graph
    columns: list[tuple[str, int]]
    first: Change
    choices: list[list[Contrast]]
    choice_columns: list[tuple[str, str | None]]
    after: list[Change]


def formulas_of(model: Model, derivatives: bool = True) -> Formulas:
    """Return the formulas of a model that is adapted to a table.

    Parameters
    ----------
    model : Model
    derivatives : bool
        Whether derivatives by the parameters are wanted.

    Raises
    ------
    NotTraceable
        The model computes something that cannot be traced, or has too many kinds of trials or values.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> formulas = formulas_of(make_model("bandit/rescorla_wagner"))
    >>> formulas.columns, list(formulas.first), len(formulas.after)
    ([('choice', 2)], ['v0', 'v1', 'd0_0', 'd1_0'], 2)
    """
    return _Tracer(model, derivatives).formulas()


def kind_columns(model: Model) -> list[tuple[str, int]]:
    """Return the choices and states that make the kind of a trial, with how many values each has."""
    return list(({c.column: model.n_options(c) for c in model.choices} | model.states).items())


class _Tracer:
    """Runs a model's functions on expressions."""

    def __init__(self, model: Model, derivatives: bool) -> None:
        self.model, self.graph, self.derivatives = model, Graph(), derivatives
        self.columns = kind_columns(model)
        self.kinds = list(itertools.product(*(range(n) for _, n in self.columns)))
        self.parameters = SimpleNamespace(**{
            name: self._variable(f"p{k}") for k, name in enumerate(model.parameter_names)})
        self.start = model.initial_values((1,), self.parameters)
        self.n_values = len(flat_cells(self.start))
        if len(self.kinds) > MOST_KINDS or self.n_values > MOST_VALUES:
            raise NotTraceable(f"{model.name} has {len(self.kinds)} kinds of trials and {self.n_values} values")
        self.values = like(self.start, [self.graph.variable(f"v{i}") for i in range(self.n_values)], self.graph)

    def _variable(self, name: str) -> Traced:
        cell = np.empty(1, object)
        cell[0] = self.graph.variable(name)
        return Traced(cell, self.graph)

    def formulas(self) -> Formulas:
        """Return all formulas."""
        first = flat_cells(self.start)
        updates = [self._update(kind) for kind in self.kinds]
        moved = self._moved(first, updates) if self.derivatives else set()
        names = [f"v{i}" for i in range(self.n_values)] + [f"d{i}_{k}" for i, k in sorted(moved)]
        whole = [self._with_slopes(cells, moved) for cells in [first, *updates]]
        after = [{name: change[name] for name in names if change[name] is not self.graph.variable(name)} for change in whole[1:]]
        return Formulas(self.graph, self.columns, {name: whole[0][name] for name in names}, self._choices(moved),
                        [(c.column, c.given) for c in self.model.choices], after)

    def _update(self, kind: tuple[int, ...]) -> list[Expression]:
        events = {name: np.eye(n)[which][:, None] for (name, n), which in zip(self.columns, kind)}
        outcomes = {name: self._variable(f"x{j}") for j, name in enumerate(self.model.outcomes)}
        after = self.model.update(self.values, self.parameters, Trial(**events, **outcomes))
        return flat_cells(self._spread(after))

    def _spread(self, after: object) -> object:
        """Return values with the shapes that they had at the start."""
        if isinstance(after, dict):
            return {name: _broadcast(part, old) for (name, part), old in zip(after.items(), self.start.values())}
        if isinstance(after, tuple):
            return tuple(_broadcast(part, old) for part, old in zip(after, self.start))
        return _broadcast(after, self.start)

    def _moved(self, first: list[Expression], updates: list[list[Expression]]) -> set[tuple[int, int]]:
        """Return the pairs (value, parameter) of which the first ever depends on the second."""
        moved: set[tuple[int, int]] = set()
        while True:
            graph_slopes = {(i, k) for cells in [first, *updates] for i, x in enumerate(cells)
                            for k in range(len(self.model.parameters)) if self._slope(x, k, moved) != 0.0}
            if graph_slopes <= moved:
                return moved
            moved |= graph_slopes
            self.graph.forget_slopes()

    def _slope(self, x: Expression, k: int, moved: set[tuple[int, int]]) -> Expression:
        known: dict[str, Expression] = {f"p{k}": 1.0}
        known |= {f"v{i}": self.graph.variable(f"d{i}_{k}") for i, j in moved if j == k}
        return self.graph.slope(x, str(k), known)

    def _with_slopes(self, cells: list[Expression], moved: set[tuple[int, int]]) -> Change:
        values = {f"v{i}": x for i, x in enumerate(cells)}
        return values | {f"d{i}_{k}": self._slope(cells[i], k, moved) for i, k in moved}

    def _choices(self, moved: set[tuple[int, int]]) -> list[list[Contrast]]:
        out = []
        for choice, logits in zip(self.model.choices, in_tuple(self.model.policy(self.values, self.parameters))):
            n = self.model.n_options(choice)
            shape = (n, 1) if choice.given is None else (self.model.states[choice.given], n, 1)
            cells = np.broadcast_to(_object(logits), shape).reshape(-1, n)
            out.append([self._contrast(row, moved) for row in cells])
        return out

    def _contrast(self, row: np.ndarray, moved: set[tuple[int, int]]) -> Contrast:
        logits = [self.graph.make("sub", x, row[0]) for x in row[1:]]
        n = len(self.model.parameters) if self.derivatives else 0
        slopes = [{k: self._slope(x, k, moved) for k in range(n)} for x in logits]
        return Contrast(logits, [{k: d for k, d in one.items() if d != 0.0} for one in slopes])


def _object(x: object) -> np.ndarray:
    return x.cells if isinstance(x, Traced) else np.asarray(x, float).astype(object)


def _broadcast(part: object, old: object) -> object:
    return np.broadcast_to(_object(part), np.shape(_object(old)))
