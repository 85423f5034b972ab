"""The source of a compiled likelihood: a model's formulas as straight lines of Python numbers, one set of parameters a time.

For Numba. The function written takes, for every set of parameters, all sequences of its subject, trial by trial, and adds
up log-likelihood, score and Fisher matrix, all with respect to natural parameters.
"""

from collections.abc import Iterable, Sequence

from cogmeta.fitting.compiled.expression import Expression, Node
from cogmeta.fitting.compiled.formula import Contrast, Formulas

INFIX = {"add": "+", "sub": "-", "mul": "*", "div": "/", "lt": "<", "le": "<=", "gt": ">", "ge": ">=", "eq": "==", "ne": "!=",
         "and": "and", "or": "or"}
CALLS = {"exp": "exp", "log": "log", "log1p": "log1p", "sqrt": "sqrt", "abs": "abs", "tanh": "tanh", "isnan": "isnan",
         "maximum": "maximum", "minimum": "minimum", "sign": "sign", "expit": "expit", "ndtr": "ndtr",
         "log_ndtr": "log_ndtr"}
LOGICAL = {"lt", "le", "gt", "ge", "eq", "ne", "and", "or", "not", "isnan"}

PREAMBLE = '''"""Written by cogmeta; do not edit."""

from math import erfc, exp, isnan, log, log1p, sqrt, tanh

import numba

jit = numba.njit(error_model="numpy")


@jit
def maximum(a, b):
    return a if a >= b else b


@jit
def minimum(a, b):
    return a if a <= b else b


@jit
def sign(a):
    return 1.0 if a > 0 else (-1.0 if a < 0 else 0.0)


@jit
def expit(a):
    return 1.0 / (1.0 + exp(-a)) if a >= 0 else exp(a) / (1.0 + exp(a))


@jit
def ndtr(a):
    return 0.5 * erfc(-a * 0.7071067811865476)


@jit
def log_ndtr(a):
    if a > 0.0:
        return log1p(-0.5 * erfc(a * 0.7071067811865476))
    if a > -37.0:
        return log(0.5 * erfc(-a * 0.7071067811865476))
    b = 1.0 / (a * a)
    return -0.5 * a * a - log(-a) - 0.9189385332046727 + log1p(-b * (1.0 - 3.0 * b * (1.0 - 5.0 * b * (1.0 - 7.0 * b))))


@numba.njit("void(float64[:,::1], int64[::1], int64[::1], int64[::1], int64[::1], int16[:,::1], boolean[:,::1], float64[:,:,::1],"
            " float64[::1], float64[:,::1], float64[:,:,::1])", error_model="numpy", fastmath={"contract"}, nogil=True, cache=CACHE)
def kernel(parameter, subject, first, count, length, kind, scored, outcome, log_likelihood, score, fisher):
'''
"""``CACHE`` is replaced by whether what was compiled is to be kept on disk."""

LARGEST_PRODUCT = "1e250"
"""Norms of softmaxes are multiplied and their logarithm taken when the product is about to leave the range of floats."""


class _Block:
    """Lines of source that compute expressions, each node once."""

    def __init__(self, indent: int, known: dict[int, str] | None = None) -> None:
        self.indent, self.lines, self.known = indent, [], dict(known or {})

    def add(self, line: str) -> None:
        """Append a line."""
        self.lines.append("    " * self.indent + line)

    def of(self, x: Expression) -> str:
        """Return the name or number of an expression, having written the lines that compute it."""
        if not isinstance(x, Node):
            return repr(x)
        for node in _inner_first(x, self.known):
            args = [self._name(a) for a in node.args]
            self.add(f"n{node.number} = {_text(node, args)}")
            self.known[node.number] = f"n{node.number}"
        return self._name(x)

    def _name(self, x: Expression) -> str:
        if not isinstance(x, Node):
            return repr(x)
        return x.args[0] if x.op == "var" else self.known[x.number]

    def number(self, x: Expression) -> str:
        """Return an expression as a float, where it is a truth value."""
        text = self.of(x)
        return f"(1.0 if {text} else 0.0)" if isinstance(x, bool) or (isinstance(x, Node) and x.op in LOGICAL) else text


def _inner_first(root: Node, known: dict[int, str]) -> Iterable[Node]:
    """Yield the nodes that are not known yet, arguments before what is made of them."""
    waiting, done = [(root, False)], set()
    while waiting:
        node, ready = waiting.pop()
        if node.op == "var" or node.number in known or node.number in done:
            continue
        if ready:
            done.add(node.number)
            yield node
        else:
            waiting.append((node, True))
            waiting.extend((a, False) for a in node.args if isinstance(a, Node))


def _text(node: Node, args: list[str]) -> str:
    if node.op in INFIX:
        return f"{args[0]} {INFIX[node.op]} {args[1]}"
    if node.op == "neg":
        return f"-{args[0]}"
    if node.op == "not":
        return f"not {args[0]}"
    if node.op == "where":
        return f"{args[1]} if {args[0]} else {args[2]}"
    return f"{CALLS[node.op]}({', '.join(args)})"


def source_of(formulas: Formulas, n_parameters: int, n_outcomes: int, curvature: bool = True) -> str:
    """Return the source of the kernel of some formulas.

    Parameters
    ----------
    formulas : Formulas
        With derivatives, or without if neither score nor curvature is wanted.
    n_parameters, n_outcomes : int
    curvature : bool
        Whether the Fisher matrix is wanted.

    Notes
    -----
    The kernel's arguments: ``parameter`` (n_parameters, n_sets), natural; ``subject`` (n_sets,); the ``first`` sequence of
    each subject and their ``count``; the ``length`` of each sequence; the ``kind`` of each trial, ``scored`` (both
    (n_sequences, n_trials)) and ``outcome`` (n_outcomes, n_sequences, n_trials); then what is written:
    ``log_likelihood`` (n_sets,), ``score`` (n_sets, n_parameters), ``fisher`` (n_sets, n_parameters, n_parameters).
    """
    pairs = _pairs(formulas)
    reached = sorted({k for pair in pairs for k in pair})
    pairs = pairs if curvature else []
    out = _Block(1)
    out.add("for s in range(parameter.shape[1]):")
    out.indent = 2
    for k in range(n_parameters):
        out.add(f"p{k} = parameter[{k}, s]")
    out.add("total, product = 0.0, 1.0")
    for name in [*(f"g{k}" for k in reached), *(f"f{i}_{j}" for i, j in pairs)]:
        out.add(f"{name} = 0.0")
    out.add("mine = subject[s]")
    out.add("for q in range(first[mine], first[mine] + count[mine]):")
    out.indent = 3
    _write_start(out, formulas)
    out.add("for t in range(length[q]):")
    out.indent = 4
    out.add("c = kind[q, t]")
    for j in range(n_outcomes):
        out.add(f"x{j} = outcome[{j}, q, t]")
    out.add("if scored[q, t]:")
    _write_choices(out, formulas, curvature)
    _write_updates(out, formulas)
    out.indent = 2
    out.add("log_likelihood[s] = total - log(product)")
    for k in reached:
        out.add(f"score[s, {k}] = g{k}")
    for i, j in pairs:
        out.add(f"fisher[s, {i}, {j}] = f{i}_{j}")
        if i != j:
            out.add(f"fisher[s, {j}, {i}] = f{i}_{j}")
    return PREAMBLE + "\n".join(out.lines) + "\n"


def _pairs(formulas: Formulas) -> list[tuple[int, int]]:
    """Return the pairs of parameters, in order, that any contrast depends on together."""
    pairs = set()
    for contrasts in formulas.choices:
        for contrast in contrasts:
            used = sorted({k for slopes in contrast.slopes for k in slopes})
            pairs |= {(i, j) for i in used for j in used if i <= j}
    return sorted(pairs)


def _write_start(out: _Block, formulas: Formulas) -> None:
    block = _Block(out.indent)
    for name, x in formulas.first.items():
        block.add(f"{name} = {block.number(x)}")
    out.lines += block.lines


def _write_choices(out: _Block, formulas: Formulas, curvature: bool) -> None:
    """Write what each choice adds to the sums, in the state that was met."""
    for c, contrasts in enumerate(formulas.choices):
        column, given = formulas.choice_columns[c]
        taken = _digit(formulas, column)
        if given is None:
            _write_contrast(out, contrasts[0], taken, 5, curvature)
            continue
        for state, contrast in enumerate(contrasts):
            out.lines.append("    " * 5 + f"{'if' if state == 0 else 'elif'} {_digit(formulas, given)} == {state}:")
            _write_contrast(out, contrast, taken, 6, curvature)


def _digit(formulas: Formulas, column: str) -> str:
    """Return the text that reads a column from the kind of a trial."""
    names = [name for name, _ in formulas.columns]
    step = 1
    for _, n in formulas.columns[names.index(column) + 1:]:
        step *= n
    return f"c // {step} % {formulas.columns[names.index(column)][1]}"


def _write_contrast(out: _Block, contrast: Contrast, taken: str, indent: int, curvature: bool) -> None:
    block = _Block(indent)
    logits = [block.of(x) for x in contrast.logits]
    slopes = [{k: block.of(d) for k, d in one.items()} for one in contrast.slopes]
    write = _write_two_options if len(logits) == 1 else _write_many_options
    write(block, logits, slopes, taken, curvature)
    block.add(f"if product > {LARGEST_PRODUCT}:")
    block.add("    total -= log(product)")
    block.add("    product = 1.0")
    out.lines += block.lines


def _write_two_options(
    block: _Block, logits: list[str], slopes: list[dict[int, str]], taken: str, curvature: bool
) -> None:
    """Write the logistic case, by the logit by which what was taken is ahead."""
    block.add(f"up = {taken} == 1")
    block.add(f"ahead = {logits[0]} if up else -{logits[0]}")
    block.add("small = exp(-abs(ahead))")
    block.add("norm = 1.0 + small")
    block.add("product *= norm")
    block.add("total += ahead if ahead < 0.0 else 0.0")
    if not slopes[0]:
        return
    block.add("inverse = 1.0 / norm")
    block.add("share = small * inverse")
    block.add("missed = share if ahead > 0.0 else 1.0 - share")
    block.add("residual = missed if up else -missed")
    for k, d in slopes[0].items():
        block.add(f"g{k} += residual * {d}")
    if not curvature:
        return
    block.add("variance = share * inverse")
    _write_products(block, [(f"w{k}", "variance", d, k) for k, d in slopes[0].items()], slopes[0])


def _write_products(block: _Block, weighted: Sequence[tuple[str, str, str, int]], slopes: dict[int, str]) -> None:
    """Write sums of weighted products of derivatives."""
    for name, weight, d, i in weighted:
        block.add(f"{name} = {weight} * {d}")
        for j, other in slopes.items():
            if j >= i:
                block.add(f"f{i}_{j} += {name} * {other}")


def _write_many_options(
    block: _Block, logits: list[str], slopes: list[dict[int, str]], taken: str, curvature: bool
) -> None:
    """Write the softmax of three options or more; the first one's logit is 0."""
    block.add("top = 0.0")
    for z in logits:
        block.add(f"top = maximum(top, {z})")
    block.add("rest = exp(-top)")
    for o, z in enumerate(logits):
        block.add(f"e{o} = exp({z} - top)")
    block.add("norm = rest + " + " + ".join(f"e{o}" for o in range(len(logits))))
    block.add("product *= norm")
    block.add(f"a = {taken}")
    block.add("total -= top")
    for o, z in enumerate(logits):
        block.add(f"if a == {o + 1}:")
        block.add(f"    total += {z}")
    used = sorted({k for one in slopes for k in one})
    for k in used:
        block.add(f"m{k} = 0.0")
    for o, own in enumerate(slopes):
        block.add(f"e{o} = e{o} / norm")
        block.add(f"residual = (1.0 if a == {o + 1} else 0.0) - e{o}")
        for k, d in own.items():
            block.add(f"g{k} += residual * {d}")
            block.add(f"m{k} += e{o} * {d}")
        if curvature:
            _write_products(block, [(f"w{k}", f"e{o}", d, k) for k, d in own.items()], own)
    for i in used if curvature else ():
        for j in used:
            if j >= i:
                block.add(f"f{i}_{j} -= m{i} * m{j}")


def _write_updates(out: _Block, formulas: Formulas) -> None:
    """Write the next values of every kind of trial: all are computed before any is stored."""
    for kind, change in enumerate(formulas.after):
        out.lines.append("    " * 4 + f"{'if' if kind == 0 else 'elif'} c == {kind}:")
        block = _Block(5)
        texts = {name: block.number(x) for name, x in change.items()}
        moved = {name: text for name, text in texts.items() if name != text}
        if not moved:
            block.add("pass")
        else:
            block.add(f"{', '.join(moved)} = {', '.join(moved.values())}")
        out.lines += block.lines
