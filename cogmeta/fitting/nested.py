"""Nested cross-validation of tiny networks: inner folds choose the penalty and when to stop, outer folds only score.

Source: Ji-An, Benna & Mattar 2025 (Nature 644:993) and its code: 10 outer by 9 inner folds (monkeys 5 by 4, people 6 by 5), an
L1 penalty between 1e-5 and 1e-3. For every outer fold and penalty one network is trained for each inner fold, which decides
when that training stops; the penalty whose inner folds come out likeliest on average is the one whose networks are scored on
the outer fold. How ours departs: the score is the mean over the networks of the inner folds, none of which saw the outer one.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from cogmeta.errors import UserError
from cogmeta.families import Family
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.fitting.tiny_network import Descent, TinyData, descend, log_likelihood_of, network_for
from cogmeta.models.tiny_network import TinyNetwork
from cogmeta.one_thread import one_thread
from cogmeta.simulate import check_seed

PENALTIES = (1e-5, 1e-4, 1e-3)
"""Of the source."""

Listener = Callable[[int, int], None]
"""Called with (penalties tried, penalties in all), over outer folds."""


@dataclass(frozen=True)
class NestedScores:
    """What networks of one size score on what they never saw.

    Attributes
    ----------
    folds : DataFrame
        One row an outer fold: ``fold, penalty`` (chosen), ``validation`` (log-likelihood a choice of its inner folds),
        ``held_out`` (log-likelihood a choice of the outer fold), ``n_choices, epochs`` (median at which trainings stopped).
    penalties : DataFrame
        One row an outer fold and penalty: ``fold, penalty, validation``.
    """

    folds: pd.DataFrame
    penalties: pd.DataFrame

    @property
    def held_out(self) -> float:
        """Log-likelihood a choice over all outer folds (natural logarithm)."""
        return float(np.average(self.folds["held_out"], weights=self.folds["n_choices"]))

    def __repr__(self) -> str:
        return (f"nested cross-validation: log-likelihood a choice {self.held_out:.4f} on {len(self.folds)} outer folds\n"
                f"{self.folds.round(4).to_string(index=False)}")

    def save(self, folder: str | Path) -> Path:
        """Write ``nested.csv``, ``penalties.csv`` and the record ``nested_scores.json`` into a folder; nothing is pickled."""
        return save_tables(folder, "nested_scores", {"nested": self.folds, "penalties": self.penalties})

    @classmethod
    def load(cls, folder: str | Path) -> "NestedScores":
        """Read what ``save`` wrote."""
        tables, _ = load_tables(folder, "nested_scores")
        return cls(tables["nested"], tables["penalties"])


def nested_cross_validation(
    trials: pd.DataFrame, family: Family | str, n_units: int = 2, kind: str = "gru", descent: Descent = Descent(),
    penalties: Sequence[float] = PENALTIES, n_outer: int = 10, n_inner: int = 9, seed: int = 0,
    listener: Listener | None = None, **design: object,
) -> NestedScores:
    """Return how likely choices are under tiny networks that neither learnt from them nor were chosen by them.

    Parameters
    ----------
    trials : DataFrame
        Trial table; sequences (sessions, blocks) are what folds are made of.
    family : Family or {"bandit", "two_step"}
    n_units : int
    kind : {"gru", "switching_gru"}
    descent : Descent
        Its ``penalty`` and ``validation`` have no bearing: the inner folds take their place.
    penalties : sequence of float
        To choose from, >= 0.
    n_outer, n_inner : int
        Folds, >= 2; there must be as many sequences as outer folds, and left of them as many as inner ones.
    seed : int
        Of the folds and first weights.
    listener : callable, optional
    **design
        ``reward_range``, ``episode``, ``n_arms``, as in ``fit_tiny_network``.

    Returns
    -------
    NestedScores

    Raises
    ------
    UserError
        There are fewer sequences than folds.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> from cogmeta.simulate import simulate
    >>> from tasks.registry import make_task
    >>> learner = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.4, "inverse_temperature": 4.0})
    >>> trials = simulate(learner, make_task("bandit/independent", n_trials=30), 12, seed=0).to_trials()
    >>> brief = Descent(max_epochs=20)
    >>> scores = nested_cross_validation(trials, "bandit", 1, descent=brief, penalties=(1e-5, 1e-3), n_outer=3, n_inner=2)
    >>> scores.folds.shape, scores.penalties.shape
    ((3, 6), (6, 3))
    """
    network, data = network_for(trials, family, n_units, kind, **design)
    rng = check_seed(seed)
    _check_folds(data.n_sequences, penalties, n_outer, n_inner)
    outer, rows, chosen = _folds(data.n_sequences, n_outer, rng), [], []
    with one_thread():
        for k in range(n_outer):
            rest, test = data.pick(np.flatnonzero(outer != k)), data.pick(np.flatnonzero(outer == k))
            inner, tried = _folds(rest.n_sequences, n_inner, rng), []
            for penalty in map(float, penalties):
                fits = [_best_start(network, rest, inner == j, replace(descent, penalty=penalty), rng) for j in range(n_inner)]
                tried.append((float(np.mean([score for score, _, _ in fits])), penalty, fits))
                if listener:
                    listener(len(rows) + len(tried), n_outer * len(penalties))
            rows += [{"fold": k, "penalty": penalty, "validation": score} for score, penalty, _ in tried]
            chosen.append(_scored(network, test, k, *max(tried, key=lambda one: one[0])))
    return NestedScores(pd.DataFrame(chosen), pd.DataFrame(rows))


def size_scores(
    trials: pd.DataFrame, family: Family | str, sizes: Sequence[int], kind: str = "gru", descent: Descent = Descent(),
    n_folds: int = 3, seed: int = 0, **design: object,
) -> pd.DataFrame:
    """Return how likely left-out sequences are under networks of several sizes, the same folds for all.

    Parameters
    ----------
    trials : DataFrame
    family : Family or {"bandit", "two_step"}
    sizes : sequence of int
        Numbers of units.
    kind, descent, seed
        As in ``nested_cross_validation``.
    n_folds : int
        >= 2; as many sequences are needed.
    **design
        ``reward_range``, ``episode``, ``n_arms``, as in ``fit_tiny_network``.

    Returns
    -------
    DataFrame
        One row a size: ``n_units, validation`` (log-likelihood a choice, mean over the folds).
    """
    rows = []
    for n_units in sizes:
        network, data = network_for(trials, family, n_units, kind, **design)
        rng = check_seed(seed)
        _check_folds(data.n_sequences, (descent.penalty,), n_folds, 2)
        fold = _folds(data.n_sequences, n_folds, rng)
        with one_thread():
            scores = [_best_start(network, data, fold == k, descent, rng)[0] for k in range(n_folds)]
        rows.append({"n_units": int(n_units), "validation": float(np.mean(scores))})
    return pd.DataFrame(rows)


def _best_start(
    network: TinyNetwork, data: TinyData, held: np.ndarray, descent: Descent, rng: np.random.Generator
) -> tuple[float, int, dict[str, np.ndarray]]:
    """Return the best of several trainings that some sequences stop."""
    train, judge = data.pick(np.flatnonzero(~held)), data.pick(np.flatnonzero(held))
    return max((descend(network, train, judge, descent, rng) for _ in range(descent.n_starts)), key=lambda one: one[0])


def _scored(
    network: TinyNetwork, test: TinyData, fold: int, validation: float, penalty: float, fits: list[tuple[float, int, dict]]
) -> dict[str, float]:
    """Return the row of an outer fold: how likely it is under the networks of its inner folds."""
    scores = []
    for _, _, weights in fits:
        tensors = {name: torch.from_numpy(w).float() for name, w in weights.items()}
        with torch.no_grad():
            scores.append(float(log_likelihood_of(network, tensors, test)) / max(test.n_choices, 1))
    return {"fold": fold, "penalty": penalty, "validation": validation, "held_out": float(np.mean(scores)),
            "n_choices": int(test.n_choices), "epochs": float(np.median([epoch for _, epoch, _ in fits]))}


def _folds(n_sequences: int, n_folds: int, rng: np.random.Generator) -> np.ndarray:
    """Return (n_sequences,) int: folds of like size, at random."""
    return rng.permutation(np.arange(n_sequences) % n_folds)


def _check_folds(n_sequences: int, penalties: Sequence[float], n_outer: int, n_inner: int) -> None:
    if min(n_outer, n_inner) < 2 or not len(penalties) or min(penalties) < 0:
        raise UserError(f"nested cross-validation needs n_outer >= 2, n_inner >= 2 and penalties >= 0, got {n_outer}, {n_inner} and "
                        f"{list(penalties)}.")
    left = n_sequences - -(-n_sequences // n_outer)
    if n_sequences < n_outer or left < n_inner:
        raise UserError(f"{n_outer} outer and {n_inner} inner folds are made of sequences (sessions, blocks), and this trial table has "
                        f"{n_sequences}. Ask for fewer folds, or cut it into blocks.")
