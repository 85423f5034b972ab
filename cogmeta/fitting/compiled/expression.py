"""Expressions of one number: what a model computes, written down once so that it can be differentiated and compiled.

An expression is a float, or a ``Node`` of a ``Graph``: an operation and its arguments. Equal nodes are one object, what is
known is computed at once (``0 x`` is 0, ``1 x`` is ``x``), and the derivative of a node is an expression again.
"""

import math
from collections.abc import Callable, Mapping

import numpy as np
from scipy.special import expit, log_ndtr, ndtr

from cogmeta.errors import UserError


class NotTraceable(UserError):
    """A model computes something that has no expression here."""


class Node:
    """One operation and its arguments (of a variable, its name); ``number`` is its place in the graph."""

    __slots__ = ("op", "args", "number")

    def __init__(self, op: str, args: tuple, number: int) -> None:
        self.op, self.args, self.number = op, args, number


Expression = Node | float

FUNCTIONS: dict[str, Callable] = {
    "add": np.add, "sub": np.subtract, "mul": np.multiply, "div": np.divide, "neg": np.negative, "exp": np.exp, "log": np.log,
    "log1p": np.log1p, "sqrt": np.sqrt, "abs": np.abs, "sign": np.sign, "maximum": np.maximum, "minimum": np.minimum,
    "expit": expit, "ndtr": ndtr, "log_ndtr": log_ndtr, "tanh": np.tanh, "lt": np.less, "le": np.less_equal, "gt": np.greater, "ge": np.greater_equal,
    "eq": np.equal, "ne": np.not_equal, "and": np.logical_and, "or": np.logical_or, "not": np.logical_not,
    "isnan": np.isnan, "where": np.where,
}
"""Name of an operation -> what it computes of numbers."""


class Graph:
    """Makes nodes, each once, and differentiates them."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self._known: dict[tuple, Node] = {}
        self._slopes: dict[tuple[Node, str], Expression] = {}

    def variable(self, name: str) -> Node:
        """Return the variable of a name."""
        return self._node("var", (name,))

    def make(self, op: str, *args: Expression) -> Expression:
        """Return an operation on expressions; a number where all arguments are numbers."""
        if not any(isinstance(a, Node) for a in args):
            with np.errstate(all="ignore"):
                return _plain(FUNCTIONS[op](*args))
        rule = _SIMPLER.get(op)
        simpler = rule(self, *args) if rule else None
        return self._node(op, args) if simpler is None else simpler

    def _node(self, op: str, args: tuple) -> Node:
        key = (op, *((id(a),) if isinstance(a, Node) else (type(a), repr(a)) for a in args))
        if key not in self._known:
            self._known[key] = Node(op, args, len(self.nodes))
            self.nodes.append(self._known[key])
        return self._known[key]

    def forget_slopes(self) -> None:
        """Forget derivatives, since those of the variables are others now."""
        self._slopes.clear()

    def slope(self, x: Expression, along: str, of_variables: Mapping[str, Expression]) -> Expression:
        """Return the derivative of an expression.

        Parameters
        ----------
        x : Node or float
        along : str
            Names the direction.
        of_variables : mapping
            Derivatives of the variables in this direction; 0 where a variable is not named.
        """
        if not isinstance(x, Node):
            return 0.0
        if x.op == "var":
            return of_variables.get(x.args[0], 0.0)
        if (x, along) not in self._slopes:
            inner = [self.slope(a, along, of_variables) for a in x.args]
            self._slopes[x, along] = 0.0 if all(_is(d, 0) for d in inner) else _slope_of(self, x, inner)
        return self._slopes[x, along]


def _plain(value: object) -> float | bool:
    return bool(value) if isinstance(value, bool | np.bool_) else float(value)


def _is(x: Expression, number: float) -> bool:
    return not isinstance(x, Node) and not isinstance(x, bool) and x == number


def _add(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    return b if _is(a, 0) else a if _is(b, 0) else None


def _sub(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    if _is(b, 0):
        return a
    return 0.0 if a is b else graph.make("neg", b) if _is(a, 0) else None


def _mul(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    if _is(a, 0) or _is(b, 0):
        return 0.0
    if _is(a, 1) or _is(b, 1):
        return b if _is(a, 1) else a
    return graph.make("neg", b) if _is(a, -1) else graph.make("neg", a) if _is(b, -1) else None


def _div(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    return 0.0 if _is(a, 0) else a if _is(b, 1) else None


def _neg(graph: Graph, a: Expression) -> Expression | None:
    return a.args[0] if isinstance(a, Node) and a.op == "neg" else None


def _where(graph: Graph, condition: Expression, a: Expression, b: Expression) -> Expression | None:
    if not isinstance(condition, Node):
        return a if condition else b
    same = a is b or (not isinstance(a, Node) and not isinstance(b, Node) and a == b)
    return a if same else None


def _both(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    known, other = (b, a) if isinstance(a, Node) else (a, b)
    return None if isinstance(known, Node) else (other if known else False)


def _either(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    known, other = (b, a) if isinstance(a, Node) else (a, b)
    return None if isinstance(known, Node) else (True if known else other)


def _extreme(graph: Graph, a: Expression, b: Expression) -> Expression | None:
    return a if a is b else None


_SIMPLER = {"add": _add, "sub": _sub, "mul": _mul, "div": _div, "neg": _neg, "where": _where, "and": _both, "or": _either,
            "maximum": _extreme, "minimum": _extreme}
"""Operation -> a function that returns a simpler expression, or None."""


def _slope_of(graph: Graph, x: Node, inner: list[Expression]) -> Expression:
    """Return the derivative of a node from those of its arguments."""
    make, args = graph.make, x.args
    if x.op in ("add", "sub", "neg"):
        return make(x.op, *inner)
    if x.op == "mul":
        return make("add", make("mul", inner[0], args[1]), make("mul", args[0], inner[1]))
    if x.op == "div":
        return make("div", make("sub", inner[0], make("mul", x, inner[1])), args[1])
    if x.op == "where":
        return make("where", args[0], inner[1], inner[2])
    if x.op in ("maximum", "minimum"):
        first = make("ge" if x.op == "maximum" else "le", args[0], args[1])
        return make("where", first, *inner)
    if x.op in ("lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "isnan", "sign"):
        return 0.0
    return make("mul", _factor(graph, x), inner[0])


def _factor(graph: Graph, x: Node) -> Expression:
    """Return the derivative of a function of one number."""
    make, (a,) = graph.make, x.args
    if x.op == "exp":
        return x
    if x.op == "log":
        return make("div", 1.0, a)
    if x.op == "log1p":
        return make("div", 1.0, make("add", 1.0, a))
    if x.op == "sqrt":
        return make("div", 0.5, x)
    if x.op == "abs":
        return make("sign", a)
    if x.op == "expit":
        return make("mul", x, make("sub", 1.0, x))
    if x.op == "tanh":
        return make("sub", 1.0, make("mul", x, x))
    if x.op in ("ndtr", "log_ndtr"):
        power = make("mul", -0.5, make("mul", a, a))
        density = make("exp", power if x.op == "ndtr" else make("sub", power, x))
        return make("mul", 1 / math.sqrt(2 * math.pi), density)
    raise NotTraceable(f"no derivative of {x.op!r} is known")
