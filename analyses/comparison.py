"""What a comparison found: scores of every player on every trial table, who describes whom, fitted parameters; saved, drawn."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.fitting import Fit
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.fitting.selection import select_models
from cogmeta.models.model import Model

IN_SAMPLE = ("log_likelihood_per_trial", "low", "high")
FREQUENCIES = ("frequency", "exceedance", "protected_exceedance")
"""Columns of Bayesian model selection."""

HELD_OUT = ("held_out", "held_out_low", "held_out_high")
"""Columns of scores on trials that were fitted too, and on trials that were left out of the fit."""


@dataclass
class Comparison:
    """Scores of every player on every trial table.

    Attributes
    ----------
    likelihood : DataFrame
        One row a data set and player: ``data, player, fitted`` (numbers fitted to each subject), ``shared`` (numbers fitted to
        all subjects together),
        ``log_likelihood_per_trial`` (natural log, mean over trials; both choices of a two-step trial together),
        ``low, high`` (95 % interval of the mean over subjects), ``n_subjects, n_trials``; where trials were held out,
        the same on these: ``held_out, held_out_low, held_out_high``.
    fits : dict
        (data, model) -> Fit.
    subjects : DataFrame
        One row a data set, player and subject: ``data, player, fitted, pooled`` (True for what was fitted to all
        subjects together), ``subject, log_likelihood`` (sum), ``n_choices``; where trials were held out, ``held_out`` (sum) too.
    sizes : DataFrame
        One row a fit of a tiny network: ``data, player, fitted_to`` (all, or all but a fold), ``n_units`` (chosen by inner folds
        where there was a choice); empty without tiny networks.
    """

    likelihood: pd.DataFrame
    fits: dict[tuple[str, str], Fit] = field(default_factory=dict)
    subjects: pd.DataFrame = field(default_factory=pd.DataFrame)
    sizes: pd.DataFrame = field(default_factory=pd.DataFrame)

    def __repr__(self) -> str:
        return f"log-likelihood a trial, means and half of the 95 % interval over subjects\n{self.wide_likelihood().to_string(index=False)}"

    def save(self, folder: str | Path) -> Path:
        """Write ``likelihood.csv``, ``subjects.csv``, ``tiny_sizes.csv``, every fit in a folder of its own and the record ``comparison.json``."""
        names = [{"data": data, "model": model, "folder": f"fits/{k}"} for k, (data, model) in enumerate(self.fits)]
        tables = {"likelihood": self.likelihood, "subjects": self.subjects, "tiny_sizes": self.sizes}
        folder = save_tables(folder, "comparison", {name: table for name, table in tables.items() if len(table)}, {"fits": names})
        for name, fitted in zip(names, self.fits.values(), strict=True):
            fitted.save(folder / name["folder"])
        return folder

    @classmethod
    def load(cls, folder: str | Path, models: Mapping[str, Model] | None = None) -> "Comparison":
        """Read what ``save`` wrote; models that are not registered are passed by name."""
        tables, values = load_tables(folder, "comparison")
        fits = {(one["data"], one["model"]): Fit.load(Path(folder) / one["folder"], (models or {}).get(one["model"])) for one in values["fits"]}
        return cls(tables["likelihood"], fits, tables.get("subjects", pd.DataFrame()), tables.get("tiny_sizes", pd.DataFrame()))

    def held_out(self) -> pd.DataFrame | None:
        """Return ``likelihood`` with held-out scores in the place of the others; None where nothing was held out."""
        if HELD_OUT[0] not in self.likelihood:
            return None
        rest = self.likelihood.drop(columns=list(IN_SAMPLE))
        return rest.rename(columns=dict(zip(HELD_OUT, IN_SAMPLE, strict=True)))

    def frequencies(self, seed: int = 0) -> pd.DataFrame:
        """Return how frequent each player is in the population that subjects come from (Bayesian model selection).

        Parameters
        ----------
        seed : int
            Of the samples behind exceedance probabilities.

        Returns
        -------
        DataFrame
            One row a data set and player: ``data, player, frequency, exceedance, protected_exceedance, omnibus_risk,
            n_subjects``. The log evidence of a subject is what the player scored on held-out trials, where there are
            some; else ``-BIC / 2``, without networks of a few units, which are fitted to all subjects together. Who
            rules a choice out is left out.
        """
        tables = [_frequencies(self.evidence(data), seed).assign(data=data) for data in dict.fromkeys(self.subjects["data"])]
        return pd.concat(tables, ignore_index=True)[["data", "player", *FREQUENCIES, "omnibus_risk", "n_subjects"]]

    def evidence(self, data: str) -> pd.DataFrame:
        """Return (n_subjects, n_players) log evidence on one data set, as ``frequencies`` takes it; subjects are the index."""
        return _evidence(self.subjects[self.subjects["data"] == data])

    def flags(self) -> pd.DataFrame:
        """Return what to beware of: ``data, subject, player, flag``, one row a flagged fit, and one a subject whom nobody is scored on."""
        silent = self.subjects[self.subjects["n_choices"] == 0].drop_duplicates(["data", "subject"])
        rows = [(row.data, row.subject, "everybody", "no scored choice: counts in no mean") for row in silent.itertuples()]
        rows += [(data, subject, model, flag) for (data, model), fitted in self.fits.items() for subject, flag in fitted.flags.items()]
        return pd.DataFrame(rows, columns=["data", "subject", "player", "flag"])

    def parameters(self) -> pd.DataFrame:
        """Return the quartiles over subjects of every fitted parameter: ``data, model, parameter, median, ...``."""
        rows = [
            {"data": data, "model": model, "parameter": name, "median": summary["median"],
             "quartile_1": summary["quartile_1"], "quartile_3": summary["quartile_3"], "n_subjects": len(fitted.table)}
            for (data, model), fitted in self.fits.items() for name, summary in fitted.summary().iterrows()
        ]
        return pd.DataFrame(rows)

    def wide_likelihood(self) -> pd.DataFrame:
        """Return the log-likelihood a trial, one row a player and one column a data set, as text with its half interval."""
        table = self.likelihood.assign(cell=[with_interval(row) for row in self.likelihood.itertuples()])
        players = {row.player: fitted_as_text(row) for row in table.itertuples()}
        wide = table.pivot(index="player", columns="data", values="cell").loc[list(players), list(dict.fromkeys(table["data"]))]
        wide.insert(0, "fitted a subject", list(players.values()))
        return wide.reset_index().rename_axis(columns=None)

    def wide_parameters(self) -> pd.DataFrame:
        """Return fitted parameters, one row a model and parameter and one column a data set: median [quartiles]."""
        table = self.parameters()
        many = table["n_subjects"] > 1
        table["cell"] = table["median"].map("{:.2f}".format).where(~many, [
            f"{r.median:.2f} [{r.quartile_1:.2f}, {r.quartile_3:.2f}]" for r in table.itertuples()])
        keys = list(dict.fromkeys(zip(table["model"], table["parameter"], strict=True)))
        wide = table.pivot(index=["model", "parameter"], columns="data", values="cell").loc[keys, list(dict.fromkeys(table["data"]))]
        return wide.reset_index().rename_axis(columns=None)


def _evidence(subjects: pd.DataFrame) -> pd.DataFrame:
    """Return the log evidence of every subject for every player who rules nothing out."""
    if HELD_OUT[0] in subjects:
        evidence = subjects[HELD_OUT[0]]
    else:
        subjects = subjects[~subjects["pooled"]]
        evidence = subjects["log_likelihood"] - subjects["fitted"] / 2 * np.log(np.maximum(subjects["n_choices"], 1))
    wide = subjects.assign(evidence=evidence).pivot(index="subject", columns="player", values="evidence")
    return wide[[name for name in dict.fromkeys(subjects["player"]) if np.isfinite(wide[name]).all()]]


def _frequencies(evidence: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the model selection of one data set."""
    found = select_models(evidence, seed)
    table = found.table[list(FREQUENCIES)].rename_axis("player").reset_index()
    return table.assign(omnibus_risk=found.omnibus_risk, n_subjects=len(evidence))


def fitted_as_text(row: Any) -> str:
    """Return how many numbers were fitted for one row of ``Comparison.likelihood``: to each subject, or to all together."""
    return f"{row.shared} for all" if row.shared else str(row.fitted)


def with_interval(row: Any) -> str:
    """Return the score of one row of ``Comparison.likelihood`` as text, with half its interval."""
    half = (row.high - row.low) / 2
    if not np.isfinite(row.log_likelihood_per_trial):
        return "ruled a choice out"
    return f"{row.log_likelihood_per_trial:.3f}" + (f" ± {half:.3f}" if half > 0.0005 else "")


def score_table(likelihood: pd.DataFrame) -> dict[str, dict[str, float | None]]:
    """Return data set -> player -> log-likelihood a trial; None where a player ruled a choice out altogether."""
    scores: dict[str, dict[str, float | None]] = {data: {} for data in likelihood["data"]}
    for row in likelihood.itertuples():
        score = float(row.log_likelihood_per_trial)
        scores[row.data][row.player] = score if np.isfinite(score) else None
    return scores


@styled
def plot_likelihood(likelihood: pd.DataFrame, data: str, ax: Axes | None = None) -> Axes:
    """Draw the log-likelihood a trial of every player on one data set, chance as a line.

    Parameters
    ----------
    likelihood : DataFrame
        Of a ``Comparison``.
    data : str
        Which data set.
    ax : Axes, optional
    """
    rows = likelihood[(likelihood["data"] == data) & np.isfinite(likelihood["log_likelihood_per_trial"])]
    chance = rows.loc[rows["player"] == "chance", "log_likelihood_per_trial"].iloc[0]
    rows = rows[rows["player"] != "chance"].iloc[::-1]
    ax = new_axes(ax, 4.2, 0.7 + 0.24 * len(rows))
    ends = np.abs(rows[["low", "high"]].to_numpy(float).T - rows["log_likelihood_per_trial"].to_numpy(float))
    ax.errorbar(rows["log_likelihood_per_trial"], rows["player"], xerr=np.nan_to_num(ends), fmt="o", markersize=4, color=PALETTE[0],
                ecolor="0.5", elinewidth=1)
    ax.axvline(chance, color=REFERENCE, linestyle="--", linewidth=0.9)
    ax.annotate("chance", (chance, 1), xycoords=("data", "axes fraction"), xytext=(-2, -2), textcoords="offset points", ha="right",
                va="top", rotation=90, fontsize=7, color=REFERENCE)
    ax.set_xlabel("Log-likelihood a trial (nats)")
    ax.set_title(data)
    return ax
