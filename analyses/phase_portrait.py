"""What every kind of trial does to a network of one or two units: its learning rule, drawn.

For one unit: how much the preference changes, against what it was, one line an input. For two: where each input moves
the units, one panel an input. Source: Ji-An, Benna & Mattar 2025 (Nature 644:993, figures 2 and 3). How ours departs:
the axes of two units are the units themselves (the source turns them into logits).
"""

from collections.abc import Sequence
from itertools import product
from types import SimpleNamespace

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.style import REFERENCE, colors, styled
from cogmeta.errors import UserError
from cogmeta.models.tiny_network import TinyNetwork
from cogmeta.models.trial import Trial, one_hot

_NONE = SimpleNamespace()


def phase_portrait(network: TinyNetwork, n_points: int = 41, rewards: Sequence[float] = (0.0, 1.0)) -> pd.DataFrame:
    """Return what every input does to every state of the units.

    Parameters
    ----------
    network : TinyNetwork
        With one or two units, which live in (-1, 1).
    n_points : int
        Values of each unit.
    rewards : sequence of float
        Which the inputs have.

    Returns
    -------
    DataFrame
        ``input`` (such as ``"choice 1, reward 0"``), ``unit_0`` (and ``unit_1``), ``change_0`` (and ``change_1``),
        ``logit`` (of the last option of the first choice over the first, before the trial) and ``logit_change``.

    Raises
    ------
    UserError
        More than two units cannot be drawn.
    """
    if network.n_units > 2:
        raise UserError(f"a phase portrait shows one or two units; this network has {network.n_units}.")
    axis = np.linspace(-1, 1, n_points)
    units = np.stack([part.ravel() for part in np.meshgrid(*[axis] * network.n_units, indexing="ij")])
    names = [name for name, _ in network.sizes]
    parts = []
    for *codes, reward in product(*(range(size) for _, size in network.sizes), rewards):
        shape = np.full(units.shape[1], 1)
        given = {name: one_hot(code * shape, size) for (name, size), code in zip(network.sizes, codes, strict=True)}
        after = network.update(units, _NONE, Trial(**given, reward=reward * shape.astype(float)))
        label = ", ".join(f"{name} {code}" for name, code in zip([*names, "reward"], [*codes, f"{reward:g}"], strict=True))
        parts.append(_rows(network, label, units, after))
    return pd.concat(parts, ignore_index=True)


def _rows(network: TinyNetwork, label: str, before: np.ndarray, after: np.ndarray) -> pd.DataFrame:
    columns: dict[str, object] = {"input": label}
    for k in range(network.n_units):
        columns |= {f"unit_{k}": before[k], f"change_{k}": after[k] - before[k]}
    logit = _preference(network, before)
    return pd.DataFrame(columns | {"logit": logit, "logit_change": _preference(network, after) - logit})


def _preference(network: TinyNetwork, units: np.ndarray) -> np.ndarray:
    first = network.policy(units, _NONE)[0]
    return first[-1] - first[0]


@styled
def plot_phase_portrait(portrait: pd.DataFrame) -> Figure:
    """Draw a phase portrait: lines for one unit, arrows for two.

    Parameters
    ----------
    portrait : DataFrame
        From ``phase_portrait``.
    """
    inputs = list(dict.fromkeys(portrait["input"]))
    if "unit_1" not in portrait:
        figure, ax = plt.subplots(figsize=(4.6, 2.8), layout="constrained")
        _draw_lines(ax, portrait, colors(inputs))
        return figure
    n_columns = min(4, len(inputs))
    n_rows = -(-len(inputs) // n_columns)
    figure, axes = plt.subplots(n_rows, n_columns, figsize=(1.8 * n_columns, 1.9 * n_rows), sharex=True, sharey=True,
                                squeeze=False, layout="constrained")
    for ax, name in zip(axes.flat, inputs, strict=False):
        _draw_arrows(ax, portrait[portrait["input"] == name], name)
    figure.supxlabel("Unit 0 (blue to red: logit of the last option)", fontsize=8)
    figure.supylabel("Unit 1", fontsize=8)
    return figure


def _draw_lines(ax: Axes, portrait: pd.DataFrame, shade: dict[str, str]) -> None:
    for name, rows in portrait.groupby("input", sort=False):
        rows = rows.sort_values("logit")
        ax.plot(rows["logit"], rows["logit_change"], color=shade[name], label=name)
    ax.axhline(0, color=REFERENCE, linewidth=0.8, zorder=0)
    ax.set_xlabel("Logit of the last option before the trial")
    ax.set_ylabel("Change of the logit")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))


def _draw_arrows(ax: Axes, rows: pd.DataFrame, title: str) -> None:
    values = np.unique(rows["unit_0"])
    few = rows[rows["unit_0"].isin(values[::4]) & rows["unit_1"].isin(values[::4])]
    ax.quiver(few["unit_0"], few["unit_1"], few["change_0"], few["change_1"], few["logit"], cmap="coolwarm",
              angles="xy", scale_units="xy", scale=1.5, width=0.009)
    ax.set_title(title.replace(", ", "\n", 1), fontsize=7)
    ax.set_box_aspect(1)
