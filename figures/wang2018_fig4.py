"""Wang et al. 2018, figure 4b and c: one outcome after the sides swap tells about both cues, and the activity shows it.

Claimed: on the first trial after a reversal has been found out, the cue that was not seen since evokes a prediction error of
the new sign, about as large as the cue that was (b; dopamine neurons: smaller); the network's activity is clustered by the
latent state from fixation on, and changes sides where the outcome is heard (c). How ours departs: schedule and lengths of
``bandit/reversal`` are ours (see ``tasks/reversal.py``); both cues are shown apart; beside the network stand a player that
keeps the exact belief and one that trusts what each cue paid last; "about" is a ratio of .8 to 1.25, "clustered" .9 of the
trials on the right side of a line through two components. As two components turned out to miss states that the activity
holds, the same is asked of the whole activity; those claims were added after the first run. (The outcome of the reversal
trial is held with the new state in components of all trials or of all steps, two or three of them, as little: 0 to .54 of the
trials, seed by seed; four components of all trials hold it in .19 to .99; the nearest trials before in the two components, in
place of a line through them, hold it in .00, 1.00, .16 and .62.) The neurons' panel is not
published as numbers; none is shown.
"""

from collections.abc import Mapping, Sequence

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.inferred_value import cue_errors, mean_cue_errors, plot_cue_errors, sign_flips
from analyses.intervals import mean_interval
from analyses.state_by_step import agreement, plot_state_by_step, state_by_step
from analyses.style import styled
from cogmeta.agents.network import Network
from cogmeta.simulate import simulate
from figures.paper_figure import PaperFigure, Tables
from tasks.players import player
from tasks.registry import make_task
from tasks.reversal import STEPS

TASK, SEEDS, N_EPISODES = "bandit/reversal", (0, 1, 2, 3), 1_200
PLAYERS = ("hidden-state", "experience-only")
N_DRAWN = 250
"""Episodes whose points panel c shows."""


def _claims(prefix: str, where: str) -> tuple[Claim, ...]:
    source = "Wang 2018, fig 4c" + ("; all units, added after the first run" if prefix else "")
    return (
        Claim(f"{prefix}clustered", f"{where} states lie apart at fixation (share right, trials before a reversal)", "clusters: >= 0.9", source, low=0.9),
        Claim(f"{prefix}unaware", f"{where} fixation of the reversal trial lies with the old state (share with the new one)", "<= 0.1", source, high=0.1),
        Claim(f"{prefix}turned", f"{where} once its outcome is heard it lies with the new one (share)", ">= 0.9", source, low=0.9),
    )


_EACH = "(the lesser of both cues' errors in the right direction)"
CLAIMS = (
    Claim("before", f"b: before the reversal, errors at the cues have the sign of what each pays {_EACH}", "> 0", "Wang 2018, fig 4b", low=1e-9),
    Claim("experienced", f"b: after it, those of an experienced change have flipped {_EACH}", "> 0", "Wang 2018, fig 4b", low=1e-9),
    Claim("inferred", f"b: so have those of a change that is only inferred {_EACH}", "> 0", "Wang 2018, fig 4b", low=1e-9),
    Claim("inferred_share", "b: inferred and experienced errors are about equal (what separates the cues, ratio)", "about 1: 0.8 to 1.25",
          "Wang 2018, fig 4b; exact player 1", low=0.8, high=1.25),
    *_claims("", "c: in two components,"),
    *_claims("whole_", "c: in the whole activity,"),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return errors at the cue and shares by step of every network, those of the reference players, and the first one's points."""
    task, means, shares, points = make_task(TASK), [], [], []
    for one, network in enumerate(agents[TASK]):
        rollout = simulate(network, task, N_EPISODES, seed, record=("hidden",))
        means.append(mean_cue_errors(cue_errors(rollout)).assign(player="network", seed=one))
        points.append(state_by_step(rollout, np.random.default_rng(seed)))
        shares += [agreement(points[one], readout).assign(seed=one, readout=readout) for readout in ("readout", "whole_readout")]
    for name in PLAYERS:
        rollout = simulate(player(name, task), task, N_EPISODES, seed)
        means.append(mean_cue_errors(cue_errors(rollout)).assign(player=name, seed=0))
    return {"errors": pd.concat(means, ignore_index=True), "steps": pd.concat(shares, ignore_index=True),
            "points": points[0][points[0]["episode"] < N_DRAWN]}


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    networks = tables["errors"].query("player == 'network'")
    flips = pd.DataFrame([sign_flips(rows) for _, rows in networks.groupby("seed")])
    parts = {prefix: _shares(tables["steps"].query("readout == @readout")) for prefix, readout in (("", "readout"), ("whole_", "whole_readout"))}
    return {**{name: flips[name].to_numpy() for name in flips},
            **{f"{prefix}{name}": found for prefix, part in parts.items() for name, found in part.items()}}


def _shares(steps: pd.DataFrame) -> dict[str, np.ndarray]:
    table = steps.pivot(index="seed", columns="step", values=["before", "reversal"])
    return {"clustered": table["before", "fixation"].to_numpy(), "unaware": table["reversal", "fixation"].to_numpy(),
            "turned": table["reversal", "reward"].to_numpy()}


@styled
def draw(tables: Tables) -> Figure:
    """Draw the panels b and c."""
    figure = plt.figure(figsize=(10.6, 2.9), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1.0, 1.75))
    _draw_errors(tables["errors"], left.subplots())
    for place, (step, ax) in enumerate(zip(STEPS, right.subplots(1, 4), strict=True)):
        plot_state_by_step(tables["points"], step, ax)
        ax.set_title(f"{'c  ' if not place else ''}{step}", loc="left")
    handles, labels = ax.get_legend_handles_labels()
    right.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=6.5)
    return figure


def _draw_errors(errors: pd.DataFrame, ax: Axes) -> None:
    networks = errors[errors["player"] == "network"]
    mean = mean_interval(networks, "reward_prediction_error", ["moment", "cue"]).rename(columns={"mean": "reward_prediction_error"})
    plot_cue_errors({"network": mean, **{name: errors[errors["player"] == name] for name in PLAYERS}}, ax)
    n_seeds = networks["seed"].nunique()
    ax.set_title(f"b  network, {n_seeds} seed{'s' * (n_seeds > 1)}, and references", loc="left")
    ax.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2, fontsize=5.5, columnspacing=0.8, handletextpad=0.2)


FIGURE = PaperFigure(
    "wang2018_fig4", "After a reversal the value of a cue that was not seen since has changed, too.",
    ((TASK, SEEDS),), CLAIMS, compute, numbers, draw,
)
