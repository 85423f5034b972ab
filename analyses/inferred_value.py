"""Does a cue whose change was never experienced change its value, because the other cue's did?

The prediction error at the cue, ``discount V(cue) - V(fixation)``, is taken on the last trial before the sides swap, and
on the second trial after, when one outcome has told of the swap: of the cue that paid or failed then (its change was
*experienced*), and of the other one (its change can only be *inferred*). Source: Bromberg-Martin et al. 2010 (J
Neurophysiol 104:1068); Wang et al. 2018, figure 4b. How ours departs: both cues of a moment are shown apart, the one that
gains by the swap and the one that loses; "about equal" is made a number, the ratio of what separates them.
"""

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.rollout import Rollout
from tasks.reversal import SACCADE, STEPS

MOMENTS = ("before", "experienced", "inferred")
CUES = ("gains", "loses")
"""By the swap: the side that pays after it, and the side that paid before it."""


def cue_errors(rollout: Rollout) -> pd.DataFrame:
    """Return the reward prediction errors at the cue around every swap.

    Parameters
    ----------
    rollout : Rollout
        Of an agent with a critic on the inferred-value task, hidden quantities known.

    Returns
    -------
    DataFrame
        One row a trial: ``episode``, ``moment`` (one of ``MOMENTS``), ``cue`` (``"gains"`` or ``"loses"``),
        ``reward_prediction_error`` (units of reward). Before: the last trial before a swap, if both sides were seen since the
        last one. Afterwards: the second trial after the same swaps, where the first one's outcome was seen.

    Notes
    -----
    At the agent's own discount. The error belongs to the step from fixation light to cue, on which nothing is paid.

    References
    ----------
    Wang et al. 2018, Nat Neurosci 21:860, figure 4b.
    """
    error = rollout.reward_prediction_error()[:: len(STEPS)]
    better, since, swaps, seen = (rollout.hidden[name][:: len(STEPS)] for name in
                                  ("better_side", "trials_since_reversal", "n_reversals", "experienced"))
    target = rollout.observation[SACCADE :: len(STEPS), :, 2].astype(np.int64)
    pays, valid = target == better, rollout.valid[:: len(STEPS)]
    last = np.concatenate([swaps[1:] > swaps[:-1], np.zeros_like(valid[:1])]) & seen.all(axis=-1)
    second = np.concatenate([np.zeros_like(last[:2]), last[:-2]]) & valid & (since == 1) & seen.any(axis=-1)
    own = np.take_along_axis(seen, target[..., None], axis=-1)[..., 0] > 0
    chosen = {"before": (last, ~pays), "experienced": (second & own, pays), "inferred": (second & ~own, pays)}
    return pd.concat([_rows(moment, *chosen[moment], error) for moment in MOMENTS], ignore_index=True)


def _rows(moment: str, where: np.ndarray, gains: np.ndarray, error: np.ndarray) -> pd.DataFrame:
    return pd.DataFrame({"episode": np.nonzero(where)[1], "moment": moment, "cue": np.where(gains[where], *CUES),
                         "reward_prediction_error": error[where]})


def mean_cue_errors(errors: pd.DataFrame) -> pd.DataFrame:
    """Return the mean error of every moment and cue.

    Parameters
    ----------
    errors : DataFrame
        From ``cue_errors``.

    Returns
    -------
    DataFrame
        ``moment, cue, reward_prediction_error, n``; in the order of ``MOMENTS`` and ``CUES``.
    """
    table = errors.groupby(["moment", "cue"])["reward_prediction_error"].agg(["mean", "size"])
    rows = table.reindex(pd.MultiIndex.from_product([MOMENTS, CUES], names=["moment", "cue"])).reset_index()
    return rows.rename(columns={"mean": "reward_prediction_error", "size": "n"})


def sign_flips(means: pd.DataFrame) -> dict[str, float]:
    """Return how far the signs of the errors follow the swap, from their means.

    Parameters
    ----------
    means : DataFrame
        From ``mean_cue_errors``.

    Returns
    -------
    dict
        ``before``, ``experienced``, ``inferred``: the lesser of the two cues' errors in the direction that the cue's true value
        has then (units of reward; > 0 where both signs are right). ``inferred_share``: what separates the cues when inferred,
        over what separates them when experienced; 1 where inference is complete, 0 where there is none.

    Examples
    --------
    >>> means = pd.DataFrame({"moment": np.repeat(MOMENTS, 2), "cue": CUES * 3, "reward_prediction_error": [-.4, .4, .5, -.5, .4, -.4]})
    >>> {name: round(number, 2) for name, number in sign_flips(means).items()}
    {'before': 0.4, 'experienced': 0.5, 'inferred': 0.4, 'inferred_share': 0.8}
    """
    table = means.pivot(index="moment", columns="cue", values="reward_prediction_error").loc[list(MOMENTS), list(CUES)]
    right = table * np.array([[-1, 1], [1, -1], [1, -1]])
    apart = table["gains"] - table["loses"]
    share = apart["inferred"] / apart["experienced"] if apart["experienced"] else np.nan
    return {**right.min(axis=1).to_dict(), "inferred_share": float(share)}


@styled
def plot_cue_errors(means: dict[str, pd.DataFrame], ax: Axes | None = None) -> Axes:
    """Draw the errors of one or more agents before and after the swap: lines from moment to moment, one a cue.

    Parameters
    ----------
    means : dict of str to DataFrame
        Agent -> its means, as from ``mean_cue_errors``; with ``low`` and ``high`` where there is an interval.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for shift, marker, (name, table) in zip(np.linspace(-0.2, 0.2, len(means)), "os^v", means.items(), strict=False):
        for cue, color in zip(CUES, (PALETTE[0], PALETTE[1]), strict=True):
            rows = table[table["cue"] == cue].set_index("moment").loc[list(MOMENTS)]
            ends = np.abs(rows[["low", "high"]].to_numpy().T - rows["reward_prediction_error"].to_numpy()) if "low" in rows else None
            ax.errorbar(np.arange(3) + shift, rows["reward_prediction_error"], ends, marker=marker, linestyle="", markersize=5,
                        color=color, markerfacecolor=color if marker == "o" else "white", label=f"{name}, cue that {cue}")
    ax.axhline(0, color=REFERENCE, linewidth=0.8, zorder=0)
    ax.set_xticks(range(3), ["Before\nthe swap", "After, change\nexperienced", "After, change\ninferred"])
    ax.set_ylabel("Reward prediction error at the cue")
    return ax
