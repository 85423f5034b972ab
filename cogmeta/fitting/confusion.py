"""Can these models be told apart on this task? Simulate each, fit all, count who wins.

Source: Wilson & Collins 2019 (eLife 8:e49547), figure 5 and appendix. The confusion matrix says how often a model
wins when another one made the choices, p(fit | simulated); the inversion matrix who may have made them when a model
wins, p(simulated | fit), by Bayes' rule with all models alike probable. How ours departs: parameters are drawn from
the plausible range that each model declares, evenly in the coordinate of its search, unless one's own draws are
given.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.selection import CRITERIA, log_evidence
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed, simulate
from cogmeta.task import Task

Draw = Callable[[Model, int, np.random.Generator], Mapping[str, np.ndarray]]
"""Takes a model, a number of subjects and a generator; returns (n_subjects,) natural parameters by name."""


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


def confuse(
    models: Sequence[Model | str],
    task: Task,
    n_subjects: int = 100,
    criterion: str = "bic",
    seed: int | np.random.Generator = 0,
    n_starts: int = 5,
    draw: Draw | None = None,
    listener: Callable[[int, int], None] | None = None,
) -> Confusion:
    """Simulate each model on a task, fit all of them to what each did, and count which explains it best.

    Parameters
    ----------
    models : sequence of Model or str
        At least two, of the task's family.
    task : Task
        One episode a subject.
    n_subjects : int
        Simulated with each model, >= 1.
    criterion : {"bic", "aic"}
        Of maximum-likelihood fits.
    seed : int or numpy.random.Generator
    n_starts : int
        Searches a subject.
    draw : callable, optional
        Where simulated parameters come from; by default the plausible ranges.
    listener : callable, optional
        Called with (fits done, fits in all).

    Returns
    -------
    Confusion
    """
    if criterion not in CRITERIA:
        raise unknown_name("criterion", criterion, CRITERIA)
    models = [(make_model(m) if isinstance(m, str) else m).for_task(task) for m in models]
    names = [model.name for model in models]
    if len(set(names)) < 2 or len(set(names)) < len(names):
        raise UserError(f"a confusion matrix needs at least two models, each once; got {names}.")
    if n_subjects < 1:
        raise UserError(f"n_subjects must be at least 1, got {n_subjects}.")
    rng, counts = check_seed(seed), pd.DataFrame(0, index=names, columns=names)
    for k, made_by in enumerate(models):
        agent = made_by.agent((draw or plausible_draws)(made_by, n_subjects, rng))
        trials = simulate(agent, task, n_subjects, rng).to_trials()
        fits = []
        for model in models:
            fits.append(fit(model, trials, "mle", n_starts, rng, episode=task.spec.episode))
            if listener:
                listener(k * len(models) + len(fits), len(models) ** 2)
        winner = log_evidence(fits, criterion).to_numpy().argmax(axis=1)
        counts.iloc[k] = np.bincount(winner, minlength=len(models))
    return Confusion(counts.rename_axis(index="simulated", columns="fit"))


def plausible_draws(model: Model, n_subjects: int, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Return parameters spread over each one's plausible range, evenly in the coordinate of its search."""
    return {p.name: p.to_natural(p.starts(n_subjects, rng)) for p in model.scaled_parameters}
