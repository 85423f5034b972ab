"""Ritter et al. 2018, barcode bandits: the gate lets memory in where a context returns, and memory is what helps.

Claimed: from the second exposure on the first choice is right about as often as .9; with the reinstatement gate held shut,
or with another context's cell coming back, it is at chance; the gate stands wider open where a context returns than where
it is new. How ours departs: the paper prints no numbers; whether the gate opens is judged by its mean over units, at the
first trial of an episode. A gate held wide open is shown, and nothing is claimed of it.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.reinstatement import GATE, gate_by_exposure, plot_gate_by_exposure
from analyses.reward_by_exposure import plot_reward_by_exposure, reward_by_exposure
from analyses.style import styled
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.registry import make_task

TASK, SEEDS, N_EPOCHS = "bandit/barcode", (0, 1, 2), 40
EPISODIC = f"{TASK} episodic_lstm"
LESIONS = {"whole": {}, "gate held shut": {"gate": 0.0}, "gate held open": {"gate": 1.0}, "memory shuffled": {"shuffled": True}}
"""What is done to the network while it behaves; its weights stay."""

_SOURCE = "Ritter 2018, barcode bandits"
CLAIMS = (
    Claim("opens", "gate at the first trial, exposures 4 to 10 less exposure 1 (mean over units)", "> 0", _SOURCE, low=1e-9),
    Claim("whole", "first trial right, exposures 2 to 10", "about .9", _SOURCE, low=0.85),
    Claim("gate held shut", "gate held shut: first trial right, exposures 2 to 10", "chance, .10", _SOURCE, high=0.15),
    Claim("memory shuffled", "memory shuffled: first trial right, exposures 2 to 10", "chance, .10", _SOURCE, high=0.15),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return the gate by exposure and trial, and first-trial accuracy by exposure under every lesion, one set a seed."""
    gates, curves = [], []
    for one, network in enumerate(agents[EPISODIC]):
        for name, lesion in LESIONS.items():
            rollout = simulate(network.with_lesion(**lesion), make_task(TASK), N_EPOCHS, seed, record=(GATE,))
            curves.append(reward_by_exposure(rollout.to_trials()).assign(lesion=name, seed=one))
            if not lesion:
                gates.append(gate_by_exposure(rollout).assign(seed=one))
    return {"gate": pd.concat(gates, ignore_index=True), "exposure": pd.concat(curves, ignore_index=True)}


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    first = tables["gate"][tables["gate"]["trial"] == 1]
    by_seed = first.pivot(index="seed", columns="exposure", values="mean")
    curve = tables["exposure"]
    curve = curve[(curve["measure"] == "first_trial") & (curve["exposure"] > 1)]
    right = curve.groupby(["lesion", "seed"])["mean"].mean()
    return {"opens": (by_seed.loc[:, 4:].mean(axis=1) - by_seed[1]).to_numpy(),
            **{name: right[name].to_numpy() for name in LESIONS}}


@styled
def draw(tables: Tables) -> Figure:
    """Draw the gate by trial, and first-trial accuracy and reward by exposure under every lesion."""
    figure, axes = plt.subplots(1, 3, figsize=(9.4, 2.9), layout="constrained")
    n_seeds = tables["gate"]["seed"].nunique()
    plot_gate_by_exposure(_over_seeds(tables["gate"], ["exposure", "trial"]), ax=axes[0])
    axes[0].set_title(f"a  gate, {n_seeds} seeds", loc="left")
    curves = {name: _over_seeds(tables["exposure"][tables["exposure"]["lesion"] == name], ["measure", "exposure"])
              for name in LESIONS}
    for ax, measure, title in zip(axes[1:], ("first_trial", "reward"), ("b  from the first trial", "c  reward"), strict=True):
        plot_reward_by_exposure(curves, measure, ax)
        ax.set_title(title, loc="left")
    figure.legend(*axes[1].get_legend_handles_labels(), loc="outside lower center", ncols=4)
    return figure


def _over_seeds(table: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return means with their interval over seeds; with one seed, those over its epochs."""
    return table if table["seed"].nunique() == 1 else mean_interval(table, "mean", by)


FIGURE = PaperFigure(
    "ritter2018_gates", "The reinstatement gate opens where a context returns; without what it lets in, the first choice is a guess.",
    ((EPISODIC, SEEDS),), CLAIMS, compute, numbers, draw,
)
