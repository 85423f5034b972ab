"""The engine of ``cogmeta.fitting.lanes`` with its inner loop compiled by Numba, from the model's own two functions.

Optional (extra ``fast``). The model is traced (``cogmeta.fitting.compiled.formula``), its formulas and their exact derivatives are
written as a program of plain numbers (``cogmeta.fitting.compiled.kernel_source``), and Numba compiles that, once a model and
options: what was compiled is kept in the user's cache folder. Results differ from those of the plain engine by rounding in
the log-likelihood, and by the finite difference of the plain one (1e-7) in the slopes. Models that cannot be traced run
in the plain engine.

Compiling takes some seconds, so that ``make_engine`` does it for large tables only; which engine runs depends on the
table, the model and whether Numba is installed, never on what was compiled before.
"""

import hashlib
import importlib.util
import os
import sys
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import pooch

from cogmeta.errors import UserError
from cogmeta.files import atomic_path
from cogmeta.fitting.compiled.expression import NotTraceable
from cogmeta.fitting.compiled.formula import formulas_of, kind_columns
from cogmeta.fitting.compiled.kernel_source import source_of
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.sequences import Sequences
from cogmeta.models.model import Model

LARGE = 2_000_000
"""Trials, times starts (a hundred more for groups), from which on the seconds of compiling are worth their while at once: the
first time, fits of about five seconds without. ``compiled=True`` compiles smaller ones."""

CACHE_ENVIRONMENT = "COGMETA_KERNELS"
"""Environment variable: the folder in which compiled kernels are kept."""


def make_engine(model: Model, sequences: Sequences, n_starts: int = 1, compiled: bool | None = None) -> Engine:
    """Return the engine of a model on a table: the compiled one where that is possible and worth its while.

    Parameters
    ----------
    model : Model
        Adapted to the table.
    sequences : Sequences
    n_starts : int
        Sets of parameters that a fit evaluates a subject and round.
    compiled : bool, optional
        Whether to compile; by default where Numba is installed and trials times starts are ``LARGE``.

    Raises
    ------
    UserError
        ``compiled`` is True, but Numba is not installed or the model cannot be traced.
    """
    if compiled is False or (compiled is None and sequences.length.sum() * n_starts < LARGE):
        return Engine(model, sequences)
    if not has_numba():
        if compiled:
            raise UserError("compiled fits need Numba (pip install -e '.[fast]'), or leave compiled=True out.")
        return Engine(model, sequences)
    try:
        return CompiledEngine(model, sequences)
    except NotTraceable as error:
        if compiled:
            raise UserError(f"{model.name} cannot be compiled: {error}. Leave compiled=True out.") from error
        return Engine(model, sequences)


@cache
def has_numba() -> bool:
    """Return whether Numba is installed."""
    return importlib.util.find_spec("numba") is not None


class CompiledEngine(Engine):
    """A model on the sequences of a trial table, one compiled loop over sets of parameters.

    Parameters
    ----------
    model : Model
        Adapted to the table.
    sequences : Sequences

    Raises
    ------
    NotTraceable
        The model cannot be compiled.
    """

    name = "compiled"

    def __init__(self, model: Model, sequences: Sequences) -> None:
        super().__init__(model, sequences)
        self._kernels: dict[tuple[bool, bool], Callable] = {}
        columns = kind_columns(model)
        self._source(derivatives=True, curvature=True)  # whether it can be traced
        scored = [choice.taken.any(axis=1) for choice in sequences.choices]
        if not all((one == scored[0]).all() for one in scored):
            raise NotTraceable("choices of one trial are scored apart")
        kind = np.zeros(sequences.row.shape, np.int16)
        for name, n in columns:
            kind = kind * n + sequences.events[name].argmax(axis=1).astype(np.int16)
        outcome = [sequences.events[name].T for name in model.outcomes]
        self._table = (self.first.astype(np.int64), self.count.astype(np.int64), sequences.length.astype(np.int64),
                       np.ascontiguousarray(kind.T, np.int16), np.ascontiguousarray(scored[0].T), np.ascontiguousarray(outcome, float))

    def rough(self, n_sets: int) -> "CompiledEngine":
        """Return this engine: compiled code gains nothing from single precision."""
        return self

    def evaluate(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return log-likelihood, score and Fisher matrix of sets of parameters; see ``Engine.evaluate``."""
        slope = self._slope(u)
        value, score, fisher = self._run(u, subject)
        return value, score * slope, fisher * (slope[:, :, None] * slope[:, None, :])

    def score(self, u: np.ndarray, subject: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return log-likelihood and score without curvature; see ``Engine.score``."""
        value, score, _ = self._run(u, subject, curvature=False)
        return value, score * self._slope(u)

    def _slope(self, u: np.ndarray) -> np.ndarray:
        """Return (n_sets, n_parameters) derivatives of natural by unconstrained parameters."""
        return np.stack([p.derivatives(x)[0] for p, x in zip(self.model.scaled_parameters, u)], axis=1)

    def log_likelihood(self, u: np.ndarray, subject: np.ndarray) -> np.ndarray:
        """Return (n_sets,) log-likelihoods alone; see ``Engine.log_likelihood``."""
        return self._run(u, subject, derivatives=False, curvature=False)[0]

    def _run(
        self, u: np.ndarray, subject: np.ndarray, derivatives: bool = True, curvature: bool = True
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        (k, n), natural = u.shape, np.ascontiguousarray(self._natural(u), float)
        out = np.zeros(n), np.zeros((n, k)), np.zeros((n, k, k) if curvature else (1, k, k))
        if n:
            self._kernel(derivatives, curvature)(natural, np.ascontiguousarray(subject, np.int64), *self._table, *out)
        return out

    def _kernel(self, derivatives: bool, curvature: bool) -> Callable:
        which = derivatives, curvature
        if which not in self._kernels:
            self._kernels[which] = kernel_of(self._source(derivatives, curvature))
        return self._kernels[which]

    def _source(self, derivatives: bool, curvature: bool) -> str:
        try:
            return _known_source(self.model, derivatives, curvature)
        except TypeError as error:
            if "unhashable" not in str(error):
                raise
            return _known_source.__wrapped__(self.model, derivatives, curvature)


@lru_cache(maxsize=64)
def _known_source(model: Model, derivatives: bool, curvature: bool) -> str:
    """Return the source of a model's kernel; models that are equal have the same."""
    return source_of(formulas_of(model, derivatives), len(model.parameters), len(model.outcomes), curvature)


@cache
def kernel_of(source: str) -> Callable:
    """Return the compiled function of a source, kept on disk where that can be written."""
    name = "kernel_" + hashlib.sha256(source.encode()).hexdigest()[:16]
    try:
        path = _folder() / f"{name}.py"
        text = source.replace("cache=CACHE", "cache=True")
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            with atomic_path(path) as part:
                part.write_text(text, encoding="utf-8")
        spec = importlib.util.spec_from_file_location(name, path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module  # Numba finds what it kept by the module's name
        spec.loader.exec_module(module)
        return module.kernel
    except (OSError, RuntimeError):  # no folder that can be written, or Numba finds no place for its cache
        space: dict[str, object] = {}
        exec(compile(source.replace("cache=CACHE", "cache=False"), name, "exec"), space)
        return space["kernel"]


def _folder() -> Path:
    return Path(os.environ.get(CACHE_ENVIRONMENT) or pooch.os_cache("cogmeta") / "kernels")
