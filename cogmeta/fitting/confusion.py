"""Can these models be told apart on this design? Simulate each, fit all, count who wins.

Source: Wilson & Collins 2019 (eLife 8:e49547), figure 5 and appendix. The confusion matrix says how often a model
wins when another one made the choices, p(fit | simulated); the inversion matrix who may have made them when a model
wins, p(simulated | fit), by Bayes' rule with all models alike probable. How ours departs: parameters are drawn from
the plausible range that each model declares, evenly in the coordinate of its search, unless one's own draws are
given; and the design may be one's own trial table (its subjects, blocks, missing and forced trials).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.draws import Draw, find_draw
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.pieces import Listener, fingerprint, run_pieces
from cogmeta.fitting.recovery import on_table
from cogmeta.fitting.result import Fit
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.fitting.selection import CRITERIA, log_evidence
from cogmeta.fitting.table_design import simulate_on_table
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed, simulate
from cogmeta.task import Task


@dataclass(frozen=True)
class Confusion:
    """Who wins when whom made the choices.

    Attributes
    ----------
    counts : DataFrame
        (n_models, n_models) subjects, rows simulated, columns fitted best.
    """

    counts: pd.DataFrame

    @property
    def confusion(self) -> pd.DataFrame:
        """p(fit | simulated): rows sum to 1."""
        return self.counts.div(self.counts.sum(axis=1), axis=0)

    @property
    def inversion(self) -> pd.DataFrame:
        """p(simulated | fit) with all models alike probable: columns sum to 1; NaN for a model that never wins."""
        return self.confusion.div(self.confusion.sum(axis=0), axis=1)

    def save(self, folder: str | Path) -> Path:
        """Write ``counts.csv``, both matrices and the record ``confusion.json`` into a folder; nothing is pickled."""
        return save_tables(folder, "confusion", {name: getattr(self, name) for name in ("counts", "confusion", "inversion")})

    @classmethod
    def load(cls, folder: str | Path) -> "Confusion":
        """Read what ``save`` (or ``cogmeta confuse``) wrote."""
        return cls(load_tables(folder, "confusion")[0]["counts"])

    def __repr__(self) -> str:
        return (f"p(fit | simulated), {int(self.counts.to_numpy().sum())} simulated subjects; mean of the diagonal "
                f"{np.diag(self.confusion).mean():.3f}\n{self.confusion.round(2).to_string()}")


def confuse(
    models: Sequence[Model | str],
    design: Task | pd.DataFrame,
    n_subjects: int | None = None,
    criterion: str = "bic",
    seed: int | np.random.Generator = 0,
    n_starts: int = 5,
    draw: Draw | Fit | str = "plausible",
    listener: Listener | None = None,
    n_jobs: int = 1,
    folder: str | Path | None = None,
    reward_range: tuple[float, float] | None = None,
) -> Confusion:
    """Simulate each model on a design, fit all of them to what each did, and count which explains it best.

    Parameters
    ----------
    models : sequence of Model or str
        At least two, of the design's family.
    design : Task or DataFrame
        A task, of which each subject plays one episode, or one's own trial table: then the subjects simulated with each model have
        its subjects' trials (see ``cogmeta.fitting.table_design``).
    n_subjects : int, optional
        Simulated with each model where the design is a task, >= 1; 100 by default. A table has its own.
    criterion : {"bic", "aic"}
        Of maximum-likelihood fits.
    seed : int or numpy.random.Generator
    n_starts : int
        Searches a subject.
    draw : {"plausible", "prior"} or callable
        Where simulated parameters come from.
    listener : callable, optional
        Called with (simulated models done, models in all).
    n_jobs : int
        Processes, each with simulated models of its own.
    folder : str or Path, optional
        Keeps what is done; a killed study goes on there.
    reward_range : tuple of float, optional
        Of a trial table; by default the family's.

    Returns
    -------
    Confusion

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> task = make_task("bandit/independent", n_trials=100)
    >>> confuse(["bandit/rescorla_wagner", "bandit/choice_kernel"], task, n_subjects=20, n_starts=2).counts.sum(axis=1).tolist()
    [20, 20]
    """
    if criterion not in CRITERIA:
        raise unknown_name("criterion", criterion, CRITERIA)
    if n_subjects is not None and n_subjects < 1:
        raise UserError(f"n_subjects must be at least 1, got {n_subjects}.")
    models, design, n_subjects = _on_design(models, design, n_subjects, reward_range)
    names = [model.name for model in models]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise UserError(f"a confusion matrix needs at least two models, each once; got {names}.")
    what = fingerprint(design) if isinstance(design, pd.DataFrame) else repr(design)
    study = {"study": "confusion", "models": names, "options": [m.options for m in models], "task": what,
             "n_subjects": n_subjects, "criterion": criterion, "n_starts": n_starts, "seed": str(seed),
             "draw": draw if isinstance(draw, str) else getattr(draw, "__qualname__", repr(draw))}
    streams = check_seed(seed).spawn(len(models))
    work = partial(_winners, models, design, n_subjects, criterion, n_starts, find_draw(draw), streams)
    rows = [piece["n_won"].to_numpy() for piece in run_pieces(work, len(models), study, folder, n_jobs, listener)]
    return Confusion(pd.DataFrame(rows, index=names, columns=names).rename_axis(index="simulated", columns="fit"))


def _on_design(
    models: Sequence[Model | str], design: Task | pd.DataFrame, n_subjects: int | None, reward_range: tuple[float, float] | None
) -> tuple[list[Model], Task | pd.DataFrame, int]:
    """Return the models adapted to the design, the design (a table validated), and how many subjects it is played by."""
    if isinstance(design, pd.DataFrame):
        prepared = [on_table(model, design, n_subjects, reward_range) for model in models]
        return [model for model, _, _ in prepared], prepared[0][1], prepared[0][2]
    return [(make_model(m) if isinstance(m, str) else m).for_task(design) for m in models], design, n_subjects or 100


def _winners(
    models: list[Model], design: Task | pd.DataFrame, n_subjects: int, criterion: str, n_starts: int, draw: Draw,
    streams: list[np.random.Generator], k: int,
) -> pd.DataFrame:
    """Return how many subjects simulated with model k each model explains best."""
    rng = streams[k]
    true = draw(models[k], n_subjects, rng)
    if isinstance(design, pd.DataFrame):
        trials, episode = simulate_on_table(models[k], true, design, rng), None
    else:
        trials, episode = simulate(models[k].agent(true), design, n_subjects, rng).to_trials(), design.spec.episode
    fits = [fit(model, trials, "mle", n_starts, rng, episode=episode, reward_range=model.reward_range) for model in models]
    winner = log_evidence(fits, criterion).to_numpy().argmax(axis=1)
    return pd.DataFrame({"fit": [m.name for m in models], "n_won": np.bincount(winner, minlength=len(models))})
