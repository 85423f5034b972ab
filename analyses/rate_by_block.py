"""Does a learner change its learning rate with the world? Models with and without a free rate, fitted block by block.

Episodes of one kind are gathered in blocks, and to each block four models are fitted: b (inverse temperature alone),
ab (learning rate and inverse temperature), be (inverse temperature and lapses) and abe (all three); what is not fitted
is held, the learning rate at a given value and lapses at 0. A learner of one fixed rate is described best without a free
rate; one that adapts its rate to each block, with it. Source: Wang et al. 2016, experiment 4 (figure 4c to f).
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.intervals import mean_interval
from analyses.style import PALETTE, new_axes, styled
from cogmeta.errors import UserError
from cogmeta.fitting import fit
from cogmeta.models.fixed import FixedParameters
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model

MODELS = ("b", "ab", "be", "abe")
FREE = ("ab", "abe")
"""Those whose learning rate is fitted to each block."""


def in_blocks(trials: pd.DataFrame, n_episodes: int, label: str) -> pd.DataFrame:
    """Return a table whose subjects are blocks of consecutive episodes.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table, one subject an episode, as simulations give it.
    n_episodes : int
        Episodes a block, >= 1; a last, shorter block is kept.
    label : str
        Blocks are named ``"<label> 0"``, ``"<label> 1"``, and so on.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["0", "1", "2"], "trial": 0, "choice": 1, "reward": 1.0})
    >>> in_blocks(trials, 2, "low")["subject"].tolist()
    ['low 0', 'low 0', 'low 1']
    """
    if n_episodes < 1:
        raise UserError(f"a block needs at least one episode, got n_episodes={n_episodes}.")
    episode = trials.groupby("subject", sort=False).ngroup()
    return trials.assign(session=episode, subject=[f"{label} {k}" for k in episode // n_episodes])


def fit_blocks(trials: pd.DataFrame, learning_rate: float, models: Sequence[str] = MODELS, n_starts: int = 6) -> pd.DataFrame:
    """Fit the models to every block.

    Parameters
    ----------
    trials : DataFrame
        A bandit trial table whose subjects are blocks, see ``in_blocks``; learning starts afresh with each session.
    learning_rate : float
        In (0, 1): what it is held at where it is not fitted.
    models : sequence of {"b", "ab", "be", "abe"}
    n_starts : int
        Searches a block.

    Returns
    -------
    DataFrame
        One row a block and model: ``subject, model, log_likelihood, bic``, and ``learning_rate``, ``inverse_temperature``
        and ``lapse``, fitted or held.
    """
    tables = []
    for name in models:
        held = {"learning_rate": learning_rate, "lapse": 0.0}
        found = fit(_model(name, learning_rate), trials, "mle", n_starts=n_starts).table
        columns = {key: found[key] if key in found else held[key] for key in ("learning_rate", "inverse_temperature", "lapse")}
        tables.append(found[["subject", "log_likelihood", "bic"]].assign(model=name, **columns))
    return pd.concat(tables, ignore_index=True)


def _model(name: str, learning_rate: float) -> Model:
    model = make_model("bandit/rescorla_wagner_lapse" if "e" in name else "bandit/rescorla_wagner")
    return model if "a" in name else FixedParameters(model, {"learning_rate": learning_rate})


def gain_of_a_free_rate(table: pd.DataFrame) -> float:
    """Return by how much a free learning rate a block lowers BIC; negative where it is not worth its parameters.

    Parameters
    ----------
    table : DataFrame
        From ``fit_blocks``, with all four models.

    Returns
    -------
    float
        The smaller BIC of b and be, less the smaller one of ab and abe, each summed over blocks.
    """
    total: Mapping[str, float] = table.groupby("model")["bic"].sum()
    return float(np.min([total[name] for name in MODELS if name not in FREE]) - np.min([total[name] for name in FREE]))


@styled
def plot_bic(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw by how much each model's BIC lies above the best one's; models with a free learning rate in colour.

    Parameters
    ----------
    table : DataFrame
        From ``fit_blocks`` with all four models, one table a ``seed``; bars are means over seeds with their 95 % interval.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    total = table.groupby(["seed", "model"])["bic"].sum().unstack()[list(MODELS)]
    above = total.sub(total.min(axis=1), axis=0).melt(var_name="model", value_name="bic")
    mean = mean_interval(above, "bic", "model").set_index("model").loc[list(MODELS)]
    for color, names, words in ((PALETTE[0], FREE, "learning rate free"), (PALETTE[7], [m for m in MODELS if m not in FREE], "held")):
        place = [MODELS.index(name) for name in names]
        half = np.nan_to_num((mean["high"] - mean["mean"]).loc[list(names)])
        ax.bar(place, mean["mean"].loc[list(names)], yerr=half, color=color, capsize=2, label=words)
    ax.set_xticks(range(len(MODELS)), MODELS)
    ax.set_xlabel("Free in each block")
    ax.set_ylabel("BIC above the best model")
    ax.set_ylim(0, None)
    return ax
