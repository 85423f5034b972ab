"""Does a fitted model behave as its subjects did? Posterior predictive checks with the measures of the family.

Every subject meets its own trials again (see ``cogmeta.fitting.table_design`` for what is assumed of outcomes that nobody saw)
and chooses by the model; what is measured in people is measured in many such data sets. Source: Gelman, Meng & Stern 1996
(Statistica Sinica 6:733); Palminteri, Wyart & Koechlin 2017 (Trends Cogn Sci 21:425), who ask it of every model that wins a
comparison. How ours departs: fits by ``"nuts"`` draw each data set's parameters from the posterior; of the others the estimates
are taken as they are, so that their intervals are a little narrow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.behaviour import behaviour
from analyses.style import PALETTE, styled
from cogmeta.errors import UserError
from cogmeta.fitting.estimate import prepare
from cogmeta.fitting.pieces import Listener, fingerprint, run_pieces
from cogmeta.fitting.result import Fit
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.fitting.table_design import simulate_on_table
from cogmeta.models.model import Model
from cogmeta.simulate import check_seed

KEYS = ["subject", "measure"]
Parameters = Callable[[np.random.Generator], dict[str, np.ndarray]]
"""Takes a generator and returns (n_subjects,) natural parameters by name."""


@dataclass(frozen=True)
class PredictiveCheck:
    """What people did beside what a model does in their place.

    Attributes
    ----------
    observed : DataFrame
        ``subject, measure, value``, of the people.
    simulated : DataFrame
        ``data_set, measure, value``: the mean over subjects in every simulated data set.
    subjects : DataFrame
        ``subject, measure, value, low, high``: mean and 95 % range over simulated data sets, subject by subject.
    model : str
    """

    observed: pd.DataFrame
    simulated: pd.DataFrame
    subjects: pd.DataFrame
    model: str = ""

    def summary(self) -> pd.DataFrame:
        """Return one row a measure (its index).

        Returns
        -------
        DataFrame
            ``observed`` (mean over subjects); ``predicted, low, high`` (mean and 95 % range of the same over simulated data sets);
            ``p`` (share of data sets as far from their mean, or farther: small where the model does not do what people do);
            ``r`` (correlation over subjects of what each did and is predicted to do); ``within`` (share of subjects in their range);
            ``n``.
        """
        rows = {name: self._row(name) for name in dict.fromkeys(self.observed["measure"])}
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis("measure")

    def _row(self, measure: str) -> dict[str, float]:
        own = self.observed[self.observed["measure"] == measure].dropna(subset="value")
        drawn = self.simulated.loc[self.simulated["measure"] == measure, "value"].dropna().to_numpy()
        both = own.merge(self.subjects, on=KEYS, suffixes=("", "_predicted")).dropna()
        mean, varies = own["value"].mean(), len(both) > 2 and np.ptp(both["value"]) > 0 and np.ptp(both["value_predicted"]) > 0
        known = len(drawn) > 0
        p = (1 + (np.abs(drawn - drawn.mean()) >= abs(mean - drawn.mean())).sum()) / (1 + len(drawn)) if known else np.nan
        low, high = np.quantile(drawn, (0.025, 0.975)) if known else (np.nan, np.nan)
        return {"observed": mean, "predicted": drawn.mean() if known else np.nan, "low": low, "high": high, "p": p,
                "r": both["value"].corr(both["value_predicted"]) if varies else np.nan,
                "within": float(both["value"].between(both["low"], both["high"]).mean()) if len(both) else np.nan, "n": len(own)}

    def __repr__(self) -> str:
        n = self.simulated["data_set"].nunique()
        return f"{self.model}: posterior predictive check, {n} simulated data sets\n{self.summary().round(3).to_string()}"

    def save(self, folder: str | Path) -> Path:
        """Write ``observed.csv``, ``simulated.csv``, ``subjects.csv``, ``check.csv`` (the summary) and the record into a folder."""
        tables = {"observed": self.observed, "simulated": self.simulated, "subjects": self.subjects, "check": self.summary()}
        return save_tables(folder, "posterior_predictive", tables, {"model": self.model})

    @classmethod
    def load(cls, folder: str | Path) -> "PredictiveCheck":
        """Read what ``save`` wrote."""
        tables, values = load_tables(folder, "posterior_predictive")
        return cls(tables["observed"], tables["simulated"], tables["subjects"], values["model"])


def posterior_predictive(
    fitted: Fit, trials: pd.DataFrame, n_data_sets: int = 100, seed: int = 0, n_jobs: int = 1, folder: str | Path | None = None,
    listener: Listener | None = None,
) -> PredictiveCheck:
    """Let a fitted model choose in the place of its subjects, many times, and measure both alike.

    Parameters
    ----------
    fitted : Fit
    trials : DataFrame
        To which it was fitted.
    n_data_sets : int
        >= 20, for intervals.
    seed : int
    n_jobs : int
        Processes.
    folder : str or Path, optional
        Keeps every simulated data set's measures; a killed check goes on there.
    listener : callable, optional
        Called with (data sets done, data sets in all).

    Returns
    -------
    PredictiveCheck

    Raises
    ------
    UserError
        The fit does not know a subject of the table, or the model cannot be played on it.

    Examples
    --------
    >>> from cogmeta.fitting import fit
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"subject": np.repeat(list("abcd"), 40), "trial": np.tile(range(40), 4),
    ...                       "choice": rng.integers(2, size=160), "reward": rng.integers(2, size=160)})
    >>> posterior_predictive(fit("bandit/random", table), table, n_data_sets=20).summary()["n"].tolist()
    [4, 4, 4]
    """
    if n_data_sets < 20:
        raise UserError(f"a check needs 20 simulated data sets or more, for intervals; got {n_data_sets}.")
    model, table = prepare(fitted.model, trials, None, {})
    drawn = _parameters(fitted, list(dict.fromkeys(table["subject"].astype(str))))
    study = {"study": "posterior predictive", "model": model.name, "options": model.options, "trials": fingerprint(table),
             "fit": fingerprint(fitted.table), "seed": str(seed)}
    work = partial(_data_set, model, table, drawn, fitted.episode, check_seed(seed).spawn(n_data_sets))
    pieces = run_pieces(work, n_data_sets, study | {"n_data_sets": n_data_sets}, folder, n_jobs, listener)
    return _gathered(behaviour(table, model.family), pieces, model.name)


def _gathered(observed: pd.DataFrame, pieces: list[pd.DataFrame], model: str) -> PredictiveCheck:
    every = pd.concat([piece.assign(data_set=k) for k, piece in enumerate(pieces)], ignore_index=True)
    simulated = every.groupby(["data_set", "measure"], sort=False)["value"].mean().reset_index()
    each = every.groupby(KEYS, sort=False)["value"]
    subjects = pd.DataFrame({"value": each.mean(), "low": each.quantile(0.025), "high": each.quantile(0.975)}).reset_index()
    return PredictiveCheck(observed.assign(subject=observed["subject"].astype(str)), simulated, subjects, model)


def _parameters(fitted: Fit, subjects: list[str]) -> Parameters:
    """Return what gives every subject's parameters for one data set: estimates, or a draw of the posterior where there is one."""
    table = fitted.table.set_index("subject")
    lacking = [name for name in subjects if name not in table.index]
    unknown = [] if lacking else [name for name in subjects if table.loc[name, list(fitted.model.parameter_names)].isna().any()]
    if lacking or unknown:
        raise UserError(f"this fit has no parameters of subject {(lacking or unknown)[0]!r}. Pass the trials to which it was fitted, without "
                        "those who could not be fitted (.flags).")
    if fitted.posterior is None:
        own = {name: table.loc[subjects, name].to_numpy(float) for name in fitted.model.parameter_names}
        return lambda rng: own
    draws = fitted.posterior.posterior
    n_chains, n_draws = draws.sizes["chain"], draws.sizes["draw"]

    def draw(rng: np.random.Generator) -> dict[str, np.ndarray]:
        at = {"chain": int(rng.integers(n_chains)), "draw": int(rng.integers(n_draws))}
        return {name: draws[name].isel(at).sel(subject=subjects).to_numpy() for name in fitted.model.parameter_names}

    return draw


def _data_set(
    model: Model, trials: pd.DataFrame, parameters: Parameters, episode: tuple[str, ...] | None, streams: list[np.random.Generator], k: int
) -> pd.DataFrame:
    """Return the measures of one simulated data set: ``subject, measure, value``."""
    rng = streams[k]
    played = simulate_on_table(model, parameters(rng), trials, rng, episode)
    found = behaviour(played, model.family)
    return found.assign(subject=found["subject"].astype(str))


@styled
def plot_posterior_predictive(check: PredictiveCheck) -> Figure:
    """Draw two panels a measure: simulated means with that of people as a line; what each subject did against what is predicted.

    Parameters
    ----------
    check : PredictiveCheck
    """
    summary = check.summary()
    figure, axes = plt.subplots(2, len(summary), figsize=(1.9 * len(summary), 3.6), squeeze=False, layout="constrained")
    for (name, row), (upper, lower) in zip(summary.iterrows(), axes.T, strict=True):
        drawn = check.simulated.loc[check.simulated["measure"] == name, "value"].dropna()
        upper.hist(drawn, bins=20, color=PALETTE[5])
        upper.axvline(row["observed"], color=PALETTE[1])
        upper.set(xlabel=name, title=f"p = {row['p']:.2f}", yticks=[])
        _subjects(check, name, lower)
    axes[1, 0].set_ylabel("predicted, each subject")
    return figure


def _subjects(check: PredictiveCheck, measure: str, ax: Axes) -> None:
    own = check.observed[check.observed["measure"] == measure]
    both = own.merge(check.subjects, on=KEYS, suffixes=("", "_predicted")).dropna()
    half = [both["value_predicted"] - both["low"], both["high"] - both["value_predicted"]]
    ax.errorbar(both["value"], both["value_predicted"], yerr=np.maximum(half, 0), fmt="o", markersize=2, color=PALETTE[0], ecolor="0.8",
                elinewidth=0.6)
    ends = [both[["value", "value_predicted"]].min(axis=None), both[["value", "value_predicted"]].max(axis=None)]
    ax.plot(ends, ends, color="0.5", linewidth=0.6)
    ax.set_xlabel("observed")
