"""Everybody on the same trials: cognitive models, networks and chance, by the same log-likelihood a trial.

A cognitive model is fitted to each subject (maximum a posteriori) and scored on the same trials. A network was
trained for reward and never saw a person: it is scored as it is, and once more with one inverse temperature a
subject between its preferences and the choices (``tempered``), since people are noisier than it. How many numbers
were fitted to each subject stands beside every score.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.fitting import Fit, fit, log_likelihood, rollout_log_likelihood
from cogmeta.fitting.temperature import tempered
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model, model_names
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay
from cogmeta.task import Task
from cogmeta.trials import validate_trials

Listener = Callable[[str], None]
"""Called with a line about what is being done."""


@dataclass
class Comparison:
    """Scores of every player on every trial table.

    Attributes
    ----------
    likelihood : DataFrame
        One row a data set and player: ``data, player, fitted`` (numbers fitted to each subject),
        ``log_likelihood_per_trial`` (natural log, mean over trials; both choices of a two-step trial together),
        ``low, high`` (95 % interval of the mean over subjects), ``n_subjects, n_trials``.
    fits : dict
        (data, model) -> Fit.
    """

    likelihood: pd.DataFrame
    fits: dict[tuple[str, str], Fit] = field(default_factory=dict)

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
        players = dict(zip(table["player"], table["fitted"], strict=True))
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


def with_interval(row: Any) -> str:
    """Return the score of one row of ``Comparison.likelihood`` as text, with half its interval."""
    half = (row.high - row.low) / 2
    if not np.isfinite(row.log_likelihood_per_trial):
        return "ruled a choice out"
    return f"{row.log_likelihood_per_trial:.3f}" + (f" ± {half:.3f}" if half > 0.0005 else "")


def compare(
    task: Task, tables: Mapping[str, pd.DataFrame], agents: Mapping[str, Agent], models: Sequence[str],
    seed: int = 0, listener: Listener | None = None,
) -> Comparison:
    """Score agents and models on trial tables.

    Parameters
    ----------
    task : Task
        That the tables come from; agents replay them through it.
    tables : mapping of str to DataFrame
        Name -> trial table.
    agents : mapping of str to Agent
        Name -> trained network or reference player.
    models : sequence of str
        Registered cognitive models, fitted to each subject.
    seed : int
        Of the fits' starts.
    listener : callable, optional

    Returns
    -------
    Comparison
    """
    fits, rows = {}, []
    for data, table in tables.items():
        trials = validate_trials(table, task.spec.family, reward_range=task.spec.reward_range)
        rollout = task.from_trials(trials)
        rows.append(_row(data, "chance", 0, trials, _chance(rollout, trials)))
        for model in models:
            _tell(listener, f"fitting {model} to {data}")
            fits[data, model] = fitted = fit(_model_for(model, task), trials, seed=seed,
                                             reward_range=task.spec.reward_range, episode=task.spec.episode)
            rows.append(_row(data, model, len(fitted.model.parameter_names), trials, log_likelihood(fitted, trials)))
        for name, agent in agents.items():
            _tell(listener, f"replaying {data} through {name}")
            rows += _agent_rows(data, name, agent, rollout, trials)
    return Comparison(pd.DataFrame(rows), fits)


def _tell(listener: Listener | None, line: str) -> None:
    if listener:
        listener(line)


def _model_for(name: str, task: Task) -> Model:
    """Return a registered model adapted to the task that was played."""
    model = make_model(name)
    if model.family is not task.spec.family:
        raise UserError(f"{name} is a model of {model.family.name} trials, but {task.spec.name!r} is a "
                        f"{task.spec.family.name} task. Choose from {model_names(task.spec.family.name)}.")
    return model.for_task(task)


def _agent_rows(data: str, name: str, agent: Agent, rollout: Rollout, trials: pd.DataFrame) -> list[dict]:
    if agent.sees_hidden and not rollout.hidden:
        return []
    heard = replay(agent, rollout)
    rows = [_row(data, name, 0, trials, rollout_log_likelihood(heard, trials))]
    if np.isfinite(heard.logits[heard.scored]).all():
        scaled = tempered(heard, _subject_of_episode(rollout, trials))
        rows.append(_row(data, f"{name}, tempered", 1, trials, rollout_log_likelihood(scaled, trials)))
    return rows


def _subject_of_episode(rollout: Rollout, trials: pd.DataFrame) -> np.ndarray:
    """Return (n_episodes,) int: which subject each episode belongs to."""
    code = pd.factorize(trials["subject"])[0]
    return code[rollout.row.max(axis=0)]


def _chance(rollout: Rollout, trials: pd.DataFrame) -> pd.Series:
    """Return the log-likelihood of choosing at random among the options that each scored choice had."""
    spec = rollout.task.spec
    logits = np.zeros((*rollout.action.shape, spec.n_actions))
    logits[..., spec.family.choices[0].n_options or spec.n_options or spec.n_actions:] = -np.inf
    return rollout_log_likelihood(rollout.with_agent(logits, None), trials)


def _row(data: str, player: str, fitted: int, trials: pd.DataFrame, per_trial: pd.Series) -> dict[str, object]:
    by_subject = per_trial.groupby(trials["subject"].to_numpy()).mean().dropna().rename("score").reset_index()
    interval = mean_interval(by_subject.assign(all=0), "score", "all").iloc[0]
    return {
        "data": data, "player": player, "fitted": fitted, "log_likelihood_per_trial": float(per_trial.mean()),
        "low": interval["low"], "high": interval["high"], "n_subjects": int(interval["n"]), "n_trials": int(per_trial.notna().sum()),
    }


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
