"""Gershman 2018: uncertainty draws choices (directed exploration) and makes them noisier (random exploration).

Claimed: a bonus for uncertainty shifts the curve of choices over the difference of values, toward the arm that is known
less; Thompson sampling flattens it where both arms together are known less; people do both, for in a probit regression on
V, RU and V / TU the last two have positive weights (published as signs; the t values beside are a re-analysis of the
public trials of experiment 2). How ours departs: simulated subjects in place of people, as many as in experiment 2. The
hybrid has the weights of a probit pooled over these people, Thompson sampling has none that are free, and those of the
bonus (bonus 1, noise 6 points) are our choice. Means are drawn with the variance of the design, 100. Simulated subjects
are all alike, so that their t exceeds that of people, who differ.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.style import PALETTE, REFERENCE, colors, styled
from cogmeta.fitting.estimate import fit
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model
from cogmeta.models.trial import Trial, one_hot
from cogmeta.rollout import Rollout
from cogmeta.simulate import check_seed, simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.registry import make_task

TASK, MODEL, N_SUBJECTS, N_BLOCKS, N_STARTS = "bandit/gaussian2018_2", "bandit/kalman_probit", 44, 20, 5
VARIANCE = {"initial_value": 0.0, "initial_variance": 100.0, "noise_variance": 10.0}
"""Of the learner in experiment 2, in points squared."""

TERMS = ("value_coefficient", "relative_uncertainty_coefficient", "scaled_value_coefficient")
LABELS = dict(zip(TERMS, ("V", "RU", "V / TU"), strict=True))
WEIGHTS = {"hybrid": (0.044, 0.033, 0.560), "uncertainty bonus": (1 / 6, 1 / 6, 0.0), "Thompson sampling": (0.0, 0.0, 1.0)}
"""Simulated weights of V, RU (per point) and V / TU."""

PEOPLE_T = dict(zip(TERMS, (-0.36, 5.16, 5.02), strict=True))
EDGES = np.arange(-13.5, 14, 3.0)

SURE = 2.02
"""Student's t of 44 subjects beyond which a weight differs from 0 at the 5 % level."""

_SOURCE = "Gershman 2018; t of experiment 2 from its public trials"
_RULE = "Gershman 2018, the rule that is simulated; 4 standard errors"
CLAIMS = (
    Claim("hybrid RU", "hybrid with people's weights: relative uncertainty draws choices (t over subjects of the fitted weight)",
          "> 0 (people 5.16)", _SOURCE, low=SURE),
    Claim("hybrid V / TU", "hybrid with people's weights: total uncertainty makes choices noisier (t of the weight of V / TU)",
          "> 0 (people 5.02)", _SOURCE, low=SURE),
    Claim("uncertainty bonus RU", "uncertainty bonus: the weight of RU is found (t)", "> 0", _RULE, low=SURE),
    Claim("uncertainty bonus V / TU", "uncertainty bonus: none of V / TU is found (t)", "0", _RULE, low=-4, high=4),
    Claim("Thompson sampling V / TU", "Thompson sampling: the weight of V / TU is found (t)", "> 0", _RULE, low=SURE),
    Claim("Thompson sampling RU", "Thompson sampling: none of RU is found (t)", "0", _RULE, low=-4, high=4),
)


def compute(agents: Mapping[str, Sequence[object]], seed: int, n_subjects: int = N_SUBJECTS) -> Tables:
    """Return choices by value difference and uncertainty, and simulated beside fitted weights of every subject."""
    task, rng = make_task(TASK, reward_scale=1.0), check_seed(seed)
    model = make_model(MODEL, **VARIANCE).for_task(task)
    choices, weights = [], []
    for name, own in WEIGHTS.items():
        rollout = simulate(model.agent(dict(zip(TERMS, own, strict=True))), task, n_subjects * N_BLOCKS, rng)
        choices.append(_curves(seen(model, rollout)).assign(agent=name))
        weights.append(_fitted(model, rollout, rng).assign(agent=name, simulated=np.repeat(own, n_subjects)))
    return {"curves": pd.concat(choices, ignore_index=True), "weights": pd.concat(weights, ignore_index=True)}


def seen(model: Model, rollout: Rollout) -> pd.DataFrame:
    """Return what a learner believed before each choice.

    Parameters
    ----------
    model : Model
        A Kalman filter of two arms.
    rollout : Rollout

    Returns
    -------
    DataFrame
        One row a trial, episode by episode within each trial number: ``value`` (V), ``relative`` (RU), ``total`` (TU), all in
        units of reward, and ``first`` (whether arm 0 was chosen).
    """
    values, rows = model.initial_values((rollout.n_episodes,), None), []
    for action, reward in zip(rollout.action, rollout.reward, strict=True):
        sd = np.sqrt(values.variance)
        rows.append(pd.DataFrame({"value": values.mean[0] - values.mean[1], "relative": sd[0] - sd[1],
                                  "total": np.hypot(sd[0], sd[1]), "first": action == 0}))
        values = model.update(values, None, Trial(choice=one_hot(action, 2), reward=reward))
    return pd.concat(rows, ignore_index=True)


def _curves(trials: pd.DataFrame) -> pd.DataFrame:
    """Return the share of choices of arm 0 by value difference, for either sign of RU and either half of TU."""
    trials = trials.assign(chosen=trials["first"].astype(float), bin=pd.cut(trials["value"], EDGES, labels=(EDGES[:-1] + EDGES[1:]) / 2))
    informed = trials[trials["relative"] != 0]
    splits = {"relative": np.where(informed["relative"] > 0, "arm 0 known less", "arm 1 known less"),
              "total": np.where(informed["total"] > informed["total"].median(), "both known less", "both known more")}
    parts = [mean_interval(informed.assign(level=level).astype({"bin": float}), "chosen", ["level", "bin"]).assign(split=split)
             for split, level in splits.items()]
    return pd.concat(parts, ignore_index=True).rename(columns={"bin": "value", "mean": "chosen"})


def _fitted(model: Model, rollout: Rollout, rng: np.random.Generator) -> pd.DataFrame:
    """Return the maximum-likelihood weights, one row a term and subject; a subject plays ``N_BLOCKS`` episodes."""
    trials = rollout.to_trials()
    episode = trials["subject"].astype(int)
    trials = trials.assign(subject=(episode // N_BLOCKS).astype(str), block=episode % N_BLOCKS)
    fitted = fit(model, trials, "mle", N_STARTS, rng, reward_range=model.reward_range).table
    return fitted.melt(["subject", "flag"], list(TERMS), "term", "fitted")


def t_values(weights: pd.DataFrame) -> pd.DataFrame:
    """Return Student's t of every fitted weight against zero over subjects: ``agent, term, t``."""
    table = weights.groupby(["agent", "term"], sort=False)["fitted"].agg(["mean", "sem"])
    return (table["mean"] / table["sem"]).rename("t").reset_index()


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    return {f"{row.agent} {LABELS[row.term]}": row.t for row in t_values(tables["weights"]).itertuples()}


@styled
def draw(tables: Tables) -> Figure:
    """Draw choices by relative (above) and total uncertainty (below), and what a regression finds."""
    figure = plt.figure(figsize=(9.6, 4.8), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(3.0, 1.2))
    axes = left.subplots(2, len(WEIGHTS), sharex=True, sharey=True)
    for row, split in zip(axes, ("relative", "total"), strict=True):
        for ax, name in zip(row, WEIGHTS, strict=True):
            _draw_curves(tables["curves"].query("split == @split and agent == @name"), ax)
        row[0].legend(loc="lower right", fontsize=6.5)
        row[0].set_ylabel("P(arm 0)")
    for ax, name in zip(axes[0], WEIGHTS, strict=True):
        ax.set_title(name)
    axes[1, 1].set_xlabel("V, believed difference of values (points)")
    _draw_t(t_values(tables["weights"]), right.subplots())
    return figure


def _draw_curves(curves: pd.DataFrame, ax: Axes) -> None:
    for (level, rows), color in zip(curves.groupby("level", sort=True), PALETTE, strict=False):
        ends = np.nan_to_num(np.abs(rows[["low", "high"]].to_numpy(float).T - rows["chosen"].to_numpy(float)))
        ax.errorbar(rows["value"], rows["chosen"], yerr=ends, fmt="o-", markersize=3, linewidth=1, color=color, label=level)
    ax.axhline(0.5, color=REFERENCE, linestyle=":", linewidth=0.8)
    ax.set_ylim(0, 1)


def _draw_t(table: pd.DataFrame, ax: Axes) -> None:
    place = np.arange(len(TERMS))
    for k, (name, color) in enumerate(colors(WEIGHTS).items()):
        rows = table[table["agent"] == name].set_index("term").loc[list(TERMS)]
        ax.bar(place + 0.25 * (k - 1), rows["t"], width=0.22, color=color, label=name)
    ax.plot(place, list(PEOPLE_T.values()), "D", color="black", markersize=4, label="people, experiment 2")
    ax.axhline(0, color=REFERENCE, linewidth=0.8)
    ax.set_ylim(top=1.3 * table["t"].max())
    ax.set_xticks(place, list(LABELS.values()))
    ax.set_ylabel("t of the fitted weight over subjects")
    ax.legend(loc="upper left", fontsize=6.5)


FIGURE = PaperFigure(
    "gershman2018_fig", "Uncertainty draws choices and makes them noisier; a probit regression tells the two apart.",
    (), CLAIMS, compute, numbers, draw, quick=partial(compute, n_subjects=20),
)
