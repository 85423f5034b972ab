"""Daw et al. 2011, figure 2: what model-free, model-based and hybrid learners repeat, and what people and a network do.

Claimed: a model-free learner repeats what was rewarded, a planner what a common transition led to, and people show
both. With clear instructions people are almost purely model-based (Feher da Silva & Hare 2020). How ours departs: the
learners have the published median parameters, the hybrid also the lower and upper quartiles of all seven at once, in 600
subjects, and are held against an independent simulation of the same size; the 17 people of the paper are not public, those
of later studies with the same task stand beside (their trials where they are at hand, else group statistics of them, as
the panel says), and so does a network that was trained for reward and never on people.
"""

from collections.abc import Mapping, Sequence
from functools import partial

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from scipy.special import logit

from analyses.claims import Claim
from analyses.quickstart.people import GROUPS, people_at_hand
from analyses.stay_probability import CELLS, group_stay, plot_stay_probability, stay_probability
from analyses.stay_regression import DESIGN, TERMS, regression_of
from analyses.style import styled
from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.data.published import published_regression, published_stay
from cogmeta.models.registry import make_model
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.registry import make_task

TASK, N_SUBJECTS = "two_step/daw2011", 600
NAMES = ("inverse_temperature_1", "inverse_temperature_2", "learning_rate_1", "learning_rate_2", "eligibility", "perseveration",
         "model_based_weight")
QUARTILES = {"lower quartiles": (2.76, 2.69, 0.46, 0.21, 0.41, 0.02, 0.29), "medians": (5.19, 3.69, 0.54, 0.42, 0.57, 0.11, 0.39),
             "upper quartiles": (7.45, 5.16, 0.87, 0.71, 0.94, 0.22, 0.59)}
"""Published fits of 17 people, in the order of ``NAMES``."""

MEDIANS = dict(zip(NAMES, QUARTILES["medians"], strict=True))
LEARNERS = {
    "model-free": {**MEDIANS, "model_based_weight": 0.0}, "model-free, eligibility 1": {**MEDIANS, "model_based_weight": 0.0, "eligibility": 1.0},
    "model-based": {**MEDIANS, "model_based_weight": 1.0}, "hybrid, medians": MEDIANS,
    **{f"hybrid, {part}": dict(zip(NAMES, QUARTILES[part], strict=True)) for part in ("lower quartiles", "upper quartiles")},
}
"""Name -> parameters of the hybrid model."""

MEASURES = (*CELLS, *TERMS, "reward_rate")
ANCHORS = {
    "hybrid, medians": (0.837, 0.788, 0.612, 0.670, 1.03, 0.446, 0.02, 0.144, 0.533),
    "model-free": (0.901, 0.897, 0.689, 0.685, 1.49, 0.701, 0.02, 0.008, 0.529),
    "model-free, eligibility 1": (0.966, 0.966, 0.714, 0.717, 2.14, 1.22, -0.01, 0.001, 0.532),
    "model-based": (0.753, 0.598, 0.599, 0.750, 0.754, 0.003, 0.00, 0.354, 0.529),
}
"""Learner -> numbers of ``MEASURES`` in an independent simulation of 600 subjects."""

UPPER = ("model-free", "model-free, eligibility 1", "model-based", "hybrid, lower quartiles", "hybrid, medians", "hybrid, upper quartiles")
LOWER = (*GROUPS, "network")
"""Players of the panels, row by row."""

STAY_COLUMNS = ["cell", "reward", "common", "stay", "low", "high", "n_subjects"]
TERM_COLUMNS = ["term", "coefficient", "n_pairs"]

_INDEPENDENT = "independent simulation of 600 subjects at the medians of Daw 2011, table 2; standard errors of the difference of two of them"
_FEHER = "Feher da Silva & Hare 2020, their public trials; up to rounding"
CLAIMS = (
    *(Claim(f"{name}, {part}", f"{name}: {what} (largest distance from the reference, in standard errors)", reference, _INDEPENDENT, high=4)
      for name, anchor in ANCHORS.items() for part, what, reference in (
          ("stay", "staying after the four kinds of trial", " ".join(f"{x:.3f}" for x in anchor[:4])),
          ("terms", "intercept, reward, transition, reward x transition", " ".join(f"{x:.3f}" for x in anchor[4:8])),
          ("reward_rate", "reward a trial", f"{anchor[8]:.3f}"))),
    Claim("planning_pays", "reward a trial of the planner less the model-free learner (in standard errors)", "0: planning is not rewarded",
          "the same simulation; Kool 2016", low=-4, high=4),
    Claim("both_effects", "the hybrid has a reward effect and an interaction, at quartiles and medians (smallest, log odds)", "> 0, both in people",
          "Daw 2011, fig 2c", low=1e-9),
    Claim("usual_people", "people with usual instructions have both effects (smaller, log odds; NSPN)", "> 0, p < 1e-8 and p < 5e-5",
          "Daw 2011, text", low=1e-9),
    Claim("carpet_interaction", "people, magic carpet: reward x transition (log odds)", "0.783", _FEHER, low=0.782, high=0.784),
    Claim("carpet_reward", "people, magic carpet: reward (log odds)", "-0.001", _FEHER, low=-0.002, high=0.0),
    Claim("spaceship", "people, spaceship: reward x transition exceeds reward (difference, log odds)", "> 0: almost purely model-based",
          "Feher da Silva & Hare 2020", low=1e-9),
    Claim("network", "the network plans: reward x transition (log odds)", "> 0", "Wang 2018, general claim", low=1e-9),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int, n_subjects: int = N_SUBJECTS) -> Tables:
    """Return how learners, people and the network stay, the regressions of that, and the learners beside the reference."""
    learner = make_model("two_step/hybrid").for_task(make_task(TASK))
    players = {**{name: learner.agent(own) for name, own in LEARNERS.items()}, "network": agents[TASK][0]}
    rows = [_play(name, agent, n_subjects, seed) for name, agent in players.items()]
    stay, terms, measures = ([row[k] for row in rows] for k in range(3))
    people = _people()
    return {"stay": pd.concat([*stay, people[0]], ignore_index=True), "regression": pd.concat([*terms, people[1]], ignore_index=True),
            "measures": pd.concat(measures, ignore_index=True)}


def _play(name: str, agent: Agent, n_subjects: int, seed: int) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return group stay probabilities, regression and measures of an agent; every episode is a subject."""
    trials = simulate(agent, make_task(TASK), n_subjects, seed).to_trials()
    counts, about = stay_probability(trials), {"player": name, "source": "simulated"}
    reward = trials.groupby("subject", sort=False)["reward"].mean().to_numpy()
    return (group_stay(counts)[STAY_COLUMNS].assign(**about), regression_of(counts)[TERM_COLUMNS].assign(**about),
            measures(counts, reward).assign(player=name))


def measures(counts: pd.DataFrame, reward: np.ndarray) -> pd.DataFrame:
    """Return pooled stay probabilities, regression and reward rate, with standard errors that let subjects differ.

    Parameters
    ----------
    counts : DataFrame
        From ``stay_probability``; every cell has both stays and switches.
    reward : (n_subjects,) float array
        Mean reward a trial of each subject.

    Returns
    -------
    DataFrame
        One row each of ``MEASURES``: ``measure, value, standard_error, n_subjects``.

    Notes
    -----
    The regression has as many terms as cells, so that its coefficients are a linear map of the cells' log odds. Standard
    errors are the jackknife's over subjects.

    Examples
    --------
    >>> counts = pd.DataFrame({"stay": [0.9, 0.5, 0.5, 0.9, 0.7, 0.5, 0.5, 0.7], "n": 10})
    >>> measures(counts, np.array([0.5, 0.6])).round(3)["value"].tolist()
    [0.8, 0.5, 0.5, 0.8, 0.693, 0.0, 0.0, 0.693, 0.55]
    """
    n = counts["n"].to_numpy(float).reshape(-1, len(CELLS))
    n_stay = n * counts["stay"].fillna(0).to_numpy().reshape(n.shape)
    value = _values(n_stay.sum(axis=0), n.sum(axis=0), reward.mean())
    m = len(n)
    without = _values(n_stay.sum(axis=0) - n_stay, n.sum(axis=0) - n, (reward.sum() - reward) / (m - 1))
    error = np.sqrt((m - 1) * without.var(axis=0))
    return pd.DataFrame({"measure": MEASURES, "value": value, "standard_error": error, "n_subjects": m})


def _values(n_stay: np.ndarray, n: np.ndarray, reward: np.ndarray) -> np.ndarray:
    """Return (..., n_measures) values of (..., 4) counts and (...) rewards."""
    stay = n_stay / n
    terms = logit(stay) @ DESIGN / len(CELLS)
    return np.concatenate([stay, terms, np.asarray(reward)[..., None]], axis=-1)


def _people() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return group stay probabilities and regressions of people: of their trials where at hand, else as published."""
    trials, stay, terms = people_at_hand(None, lambda line: None), [], []
    for group, (name, part) in GROUPS.items():
        about = {"player": group, "source": "their trials" if group in trials else "published statistics"}
        if group in trials:
            counts = stay_probability(trials[group])
            one = group_stay(counts), regression_of(counts)
        else:
            one = published_stay(name, **part), published_regression(name, **part)
        stay.append(one[0][STAY_COLUMNS].assign(**about))
        terms.append(one[1][TERM_COLUMNS].assign(**about))
    return pd.concat(stay), pd.concat(terms)


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    measured = tables["measures"].pivot(index="player", columns="measure", values=["value", "standard_error", "n_subjects"])
    effects = tables["regression"].pivot(index="player", columns="term", values="coefficient")[["reward", "reward_x_transition"]]
    planner, free = measured.loc["model-based"], measured.loc["model-free"]
    gain = (planner["value", "reward_rate"] - free["value", "reward_rate"]) / np.hypot(
        planner["standard_error", "reward_rate"], free["standard_error", "reward_rate"])
    carpet, spaceship = effects.loc["people, magic carpet"], effects.loc["people, spaceship"]
    return {
        **distances(measured), "planning_pays": gain,
        "both_effects": effects[effects.index.str.startswith("hybrid")].to_numpy().min(),
        "usual_people": effects.loc["people, NSPN"].min(), "carpet_interaction": carpet["reward_x_transition"],
        "carpet_reward": carpet["reward"], "spaceship": spaceship["reward_x_transition"] - spaceship["reward"],
        "network": effects.loc["network", "reward_x_transition"],
    }


def distances(measured: pd.DataFrame) -> dict[str, float]:
    """Return how far each learner is from its anchors, in standard errors of the difference of two simulations.

    Parameters
    ----------
    measured : DataFrame
        One row a player; columns ``value, standard_error, n_subjects`` of every measure.
    """
    found = {}
    for name, anchor in ANCHORS.items():
        value, error, n = (measured.loc[name, part][list(MEASURES)] for part in ("value", "standard_error", "n_subjects"))
        z = ((value - np.array(anchor)) / (error * np.sqrt(1 + n / N_SUBJECTS))).abs()
        found |= {f"{name}, stay": z[list(CELLS)].max(), f"{name}, terms": z[list(TERMS)].max(), f"{name}, reward_rate": z["reward_rate"]}
    return found


@styled
def draw(tables: Tables) -> Figure:
    """Draw learners above, people and the network below."""
    figure, axes = plt.subplots(2, len(UPPER), figsize=(10.4, 5.0), layout="constrained", sharey=True)
    for players, row in zip((UPPER, LOWER), axes, strict=True):
        plot_stay_probability(dict(_panel(name, tables["stay"]) for name in players), row[: len(players)])
    for ax in axes[1, len(LOWER):]:
        ax.set_axis_off()
    axes[0, -1].get_legend().remove()
    axes[0, len(UPPER) // 2].set_xlabel("")
    axes[1, len(LOWER) - 1].get_legend().set_in_layout(False)
    return figure


def _panel(name: str, stay: pd.DataFrame) -> tuple[str, pd.DataFrame]:
    """Return what stands above a panel, whose behaviour it is and where it comes from, and its table."""
    table = stay[stay["player"] == name]
    if name == "network":
        return f"network,\n{table['n_subjects'].max():.0f} episodes", table.assign(n_subjects=1)
    source = table["source"].iloc[0]
    return name.replace(", ", ",\n") + ("" if source == "simulated" else f"\n({source})"), table


FIGURE = PaperFigure(
    "daw2011_fig2", "In the two-step task habits repeat what was rewarded, planning what led there; people and a network beside both.",
    ((TASK, (0,)),), CLAIMS, compute, numbers, draw, quick=partial(compute, n_subjects=100),
)
