"""Do parameters come back? Simulate subjects whose parameters are known, fit them, and compare.

Source: Wilson & Collins 2019 (eLife 8:e49547), box 3 and figure 4. How ours departs: the design may be one's own trial
table (its subjects, blocks, missing and forced trials); beside the correlation stand the bias and the error, for a
correlation of 1 does not mean that estimates are right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import ndtri

from cogmeta.errors import UserError
from cogmeta.fitting.draws import Draw, find_draw
from cogmeta.fitting.estimate import check_priors, fit, prepare
from cogmeta.fitting.penalty import Priors, with_priors
from cogmeta.fitting.pieces import Listener, fingerprint, run_pieces
from cogmeta.fitting.result import Fit
from cogmeta.fitting.saved_tables import load_tables, model_of, model_record, save_tables
from cogmeta.fitting.table_design import simulate_on_table
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed, simulate
from cogmeta.task import Task

MOST_95 = ndtri(0.975)


@dataclass(frozen=True)
class Recovery:
    """Simulated parameters beside estimated ones.

    Attributes
    ----------
    model : Model
    table : DataFrame
        One row a simulated subject and parameter: ``data_set, subject, parameter, simulated, estimated,
        standard_error, flag``; natural units.
    """

    model: Model
    table: pd.DataFrame

    def summary(self) -> pd.DataFrame:
        """Return how well each parameter comes back.

        Returns
        -------
        DataFrame
            One row a parameter (its name is the index): ``symbol``; ``r`` (Pearson) with its 95 % interval ``r_low,
            r_high`` (Fisher's z); ``rank_r`` (Spearman); ``bias`` (mean of estimated - simulated) with its 95 % interval
            ``bias_low, bias_high``; ``error`` (root mean square of the same); ``coverage`` (share of subjects whose
            estimate lies within 1.96 standard errors); ``n`` (subjects). Natural units.
        """
        symbols = {p.name: p.symbol for p in self.model.parameters}
        rows = {name: {"symbol": symbols[name], **_agreement(self.table[self.table["parameter"] == name])}
                for name in self.model.parameter_names}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("parameter")

    def save(self, folder: str | Path) -> Path:
        """Write ``recovery.csv``, ``summary.csv`` and the record ``recovery.json`` into a folder; nothing is pickled."""
        tables = {"recovery": self.table, "summary": self.summary()}
        return save_tables(folder, "recovery", tables, {"model": model_record(self.model)})

    @classmethod
    def load(cls, folder: str | Path, model: Model | None = None) -> "Recovery":
        """Read what ``save`` (or ``cogmeta recover``) wrote; a model that is not registered is passed."""
        tables, values = load_tables(folder, "recovery")
        return cls(model or model_of(values["model"]), tables["recovery"])

    def __repr__(self) -> str:
        n = self.table[["data_set", "subject"]].drop_duplicates().shape[0]
        return f"recovery of {self.model.name}: {n} simulated subjects\n{self.summary().round(3).to_string()}"


def recover(
    model: Model | str,
    design: Task | pd.DataFrame,
    n_subjects: int | None = None,
    n_data_sets: int = 1,
    draw: Draw | Fit | str = "plausible",
    method: str = "map",
    n_starts: int = 10,
    seed: int = 0,
    n_jobs: int = 1,
    folder: str | Path | None = None,
    listener: Listener | None = None,
    reward_range: tuple[float, float] | None = None,
    priors: Priors | None = None,
) -> Recovery:
    """Simulate subjects, fit them, and put their parameters beside the estimates.

    Parameters
    ----------
    model : Model or str
    design : Task or DataFrame
        A task, of which each subject plays one episode, or one's own trial table: then the simulated data set has its
        subjects and trials (see ``cogmeta.fitting.table_design``).
    n_subjects : int, optional
        A data set, where the design is a task; 100 by default. A table has its own.
    n_data_sets : int
        Simulated and fitted apart, >= 1.
    draw : {"plausible", "prior"}, Fit or callable
        Where parameters come from: each one's plausible range, its declared prior, subjects like those of a fit, or a
        function of (model, n_subjects, generator).
    method, n_starts
        As in ``fit``.
    seed : int
    n_jobs : int
        Processes, each with data sets of its own.
    folder : str or Path, optional
        Keeps every finished data set; a killed study goes on there.
    listener : callable, optional
        Called with (data sets done, data sets in all).
    reward_range : tuple of float, optional
        Of a trial table; by default the family's.
    priors : mapping, optional
        As in ``fit``, and what ``draw="prior"`` draws from.

    Returns
    -------
    Recovery

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> task = make_task("bandit/independent", n_trials=200)
    >>> recover("bandit/rescorla_wagner", task, n_subjects=30, n_starts=3).summary()["n"].tolist()
    [30, 30]
    """
    if n_data_sets < 1 or (n_subjects is not None and n_subjects < 2):
        raise UserError(f"recovery needs n_data_sets >= 1 and n_subjects >= 2, got {n_data_sets} and {n_subjects}.")
    if isinstance(design, pd.DataFrame):
        model, design, n_subjects = on_table(model, design, n_subjects, reward_range)
        episode, what = None, fingerprint(design)
    else:
        model = (make_model(model) if isinstance(model, str) else model).for_task(design)
        n_subjects, episode, what = n_subjects or 100, design.spec.episode, repr(design)
    study = {"study": "recovery", "model": model.name, "options": model.options, "design": what, "n_subjects": n_subjects,
             "draw": _name(draw), "method": method, "n_starts": n_starts, "seed": str(seed)}
    study |= {"priors": {p.name: str(p.prior) for p in with_priors(model, priors)}} if priors else {}
    check_priors(priors, method)
    streams = check_seed(seed).spawn(n_data_sets)
    how = partial(fit, method=method, n_starts=n_starts, episode=episode, priors=priors)
    work = partial(_data_set, model, design, n_subjects, find_draw(draw, priors), how, streams)
    pieces = run_pieces(work, n_data_sets, study, folder, n_jobs, listener)
    table = pd.concat([piece.assign(data_set=k) for k, piece in enumerate(pieces)], ignore_index=True)
    return Recovery(model, table[["data_set", *table.columns.drop("data_set")]])


def on_table(
    model: Model | str, design: pd.DataFrame, n_subjects: int | None = None, reward_range: tuple[float, float] | None = None
) -> tuple[Model, pd.DataFrame, int]:
    """Return a model adapted to a trial table that is a study's design, the validated table, and how many subjects it has."""
    model, table = prepare(model, design, reward_range, {})
    own = table["subject"].nunique()
    if n_subjects not in (None, own):
        raise UserError(f"a trial table brings its own subjects, {own}; leave n_subjects (--subjects) out, and simulate it several "
                        "times with n_data_sets (--data-sets).")
    return model, table, own


def _data_set(
    model: Model, design: Task | pd.DataFrame, n_subjects: int, draw: Draw, how: Callable[..., Fit],
    streams: list[np.random.Generator], k: int,
) -> pd.DataFrame:
    """Return simulated and estimated parameters of one data set, one row a subject and parameter."""
    rng = streams[k]
    true = draw(model, n_subjects, rng)
    if isinstance(design, pd.DataFrame):
        trials = simulate_on_table(model, true, design, rng)
    else:
        trials = simulate(model.agent(true), design, n_subjects, rng).to_trials()
    fitted = how(model, trials, seed=rng, reward_range=model.reward_range)
    rows = [pd.DataFrame({
        "subject": fitted.table["subject"], "parameter": name, "simulated": true[name], "estimated": fitted.table[name],
        "standard_error": fitted.table[f"se_{name}"], "flag": fitted.table["flag"]}) for name in model.parameter_names]
    return pd.concat(rows, ignore_index=True)


def _agreement(rows: pd.DataFrame) -> dict[str, float]:
    """Return the measures of one parameter over all simulated subjects that have an estimate."""
    rows = rows[np.isfinite(rows["estimated"])]
    x, y, n = rows["simulated"].to_numpy(), rows["estimated"].to_numpy(), len(rows)
    varies = n > 3 and np.ptp(x) > 0 and np.ptp(y) > 0
    r = float(np.clip(np.corrcoef(x, y)[0, 1], -1, 1)) if varies else np.nan
    with np.errstate(divide="ignore"):
        low, high = np.tanh(np.arctanh(r) + MOST_95 / np.sqrt(max(n - 3, 1)) * np.array([-1, 1]))
    away = y - x
    half = MOST_95 * away.std(ddof=1) / np.sqrt(n) if n > 1 else np.nan
    return {"r": r, "r_low": low, "r_high": high, "rank_r": rows[["simulated", "estimated"]].corr("spearman").iloc[0, 1] if varies else np.nan,
            "bias": away.mean(), "bias_low": away.mean() - half, "bias_high": away.mean() + half,
            "error": float(np.sqrt((away**2).mean())),
            "coverage": float((np.abs(away) <= MOST_95 * rows["standard_error"]).mean()), "n": n}


def _name(draw: Draw | Fit | str) -> str:
    if isinstance(draw, str):
        return draw
    if isinstance(draw, Fit):
        return f"fit {draw.model.name} {draw.method} {fingerprint(draw.table)}"
    return getattr(draw, "__qualname__", repr(draw))
