"""What a network's reward prediction errors in the two-step task look like: model-based or model-free ones.

Three reference learners hear the network's own trials. The model-based one keeps a value of each second-stage state and
projects it through the transitions: its error on arriving in state s after action a is ``V(s) - sum_s' P(s'|a) V(s')``,
at the outcome ``r - V(s)``. The model-free one keeps a value of each first-stage action, updated by temporal
differences: its errors are ``V(s) - Q(a)`` and ``r - V(s)``, where ``Q`` moves towards ``V(s)`` and, through a full
eligibility trace, towards the outcome. The third, model-based too, knows how the task is made: its value of a state is
what the exact belief, that this state is the better one, expects of it, and one outcome teaches it about both states.
Source: Wang et al. 2018, figure 5f and g (the first two). How ours departs: the paper does not state the learning rates;
ours are those at which each reference explains most. As both references agree on much (the
outcome itself), the model-free one is also judged by what it explains beyond the model-based one. The last trial is left
out: an episode's end, which is not announced, is one large disappointment that neither reference knows of.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from analyses.style import PALETTE, new_axes, styled
from analyses.unit_coding import residuals
from cogmeta.rollout import Rollout

LEARNING_RATES = tuple(np.round(np.arange(0.1, 1.0, 0.1), 1))
"""Learning rates that are tried for the references."""

EVENTS = ("second stage", "outcome")


def prediction_errors(rollout: Rollout, learning_rate: float, common_probability: float) -> pd.DataFrame:
    """Return the errors of the network and of both references at every second-stage state and outcome.

    Parameters
    ----------
    rollout : Rollout
        Of an agent with a critic on ``two_step/wang2018`` or its like: two steps a trial, one state pays more.
    learning_rate : float
        Of both references, in (0, 1).
    common_probability : float
        Of the common transition.

    Returns
    -------
    DataFrame
        ``event`` ("second stage", "outcome"), ``network, model_based, model_free, belief`` (units of reward); without
        each episode's last trial.
    """
    error = rollout.reward_prediction_error()
    network = error.reshape(-1, 2, rollout.n_episodes)
    choice = rollout.action[0::2]
    state = rollout.observation[1::2, :, 1:3].argmax(axis=-1)
    based, free = _references(choice, state, rollout.reward[1::2], learning_rate, common_probability)
    belief = _belief_errors(choice, state, rollout.reward[1::2], common_probability, rollout.task.settings)
    return pd.concat([
        pd.DataFrame({"event": name, "network": network[:-1, k].ravel(), "model_based": based[k, :-1].ravel(),
                      "model_free": free[k, :-1].ravel(), "belief": belief[k, :-1].ravel()})
        for k, name in enumerate(EVENTS)
    ], ignore_index=True)


def _references(choice: np.ndarray, state: np.ndarray, reward: np.ndarray, rate: float, common: float) -> tuple[np.ndarray, np.ndarray]:
    """Return model-based and model-free errors, each (2 events, n_trials, n_episodes)."""
    n_trials, n_episodes = choice.shape
    lane = np.arange(n_episodes)
    value, action_value = np.full((2, n_episodes), 0.5), np.full((2, n_episodes), 0.5)
    based, free = np.empty((2, n_trials, n_episodes)), np.empty((2, n_trials, n_episodes))
    for t in range(n_trials):
        a, s = choice[t], state[t]
        arrived = value[s, lane]
        surprise = reward[t] - arrived
        based[:, t] = arrived - _expected(value, a, s, common), surprise
        free[:, t] = arrived - action_value[a, lane], surprise
        value[s, lane] += rate * surprise
        action_value[a, lane] += rate * (free[0, t] + surprise)
    return based, free


def _expected(value: np.ndarray, choice: np.ndarray, state: np.ndarray, common: float) -> np.ndarray:
    """Return (n_episodes,) what a first-stage choice promises, projected through the transitions; value is (2, n_episodes)."""
    lane = np.arange(len(choice))
    arrived, other = value[state, lane], value[1 - state, lane]
    return np.where(choice == state, common * arrived + (1 - common) * other, (1 - common) * arrived + common * other)


def _belief_errors(choice: np.ndarray, state: np.ndarray, reward: np.ndarray, common: float, settings: Mapping[str, Any]) -> np.ndarray:
    """Return the errors, (2 events, n_trials, n_episodes), of values expected under the exact belief of the better state."""
    (high, low), hazard = settings["reward_probability"], settings["reversal_hazard"]
    belief = np.full(choice.shape[1], 0.5)  # that state 0 is the better one
    errors = np.empty((2, *choice.shape))
    for t in range(len(choice)):
        value = low + (high - low) * np.stack([belief, 1 - belief])
        arrived = np.where(state[t] == 0, value[0], value[1])
        errors[:, t] = arrived - _expected(value, choice[t], state[t], common), reward[t] - arrived
        if_better, if_worse = (np.where(reward[t] == 1, p, 1 - p) for p in (high, low))
        first, second = (np.where(state[t] == k, if_better, if_worse) for k in (0, 1))
        belief = belief * first / (belief * first + (1 - belief) * second)
        belief = belief * (1 - hazard) + (1 - belief) * hazard
    return errors


def explained(table: pd.DataFrame) -> dict[str, float]:
    """Return the share of the variance of the network's errors that each reference explains.

    Parameters
    ----------
    table : DataFrame
        From ``prediction_errors``.

    Returns
    -------
    dict
        ``model_based``, ``model_free`` and ``belief``, r squared of each alone, and ``model_free_beyond``, what the
        model-free errors add to the model-based ones. All events together; each regression has an intercept.
    """
    both = _r_squared(table, ["model_based", "model_free"])
    alone = {name: _r_squared(table, [name]) for name in ("model_based", "model_free", "belief")}
    return {**alone, "model_free_beyond": both - alone["model_based"]}


def explained_by_event(table: pd.DataFrame) -> pd.DataFrame:
    """Return what each reference explains at the second stage and at the outcome apart: ``event, reference, r_squared``."""
    return pd.DataFrame([{"event": event, "reference": name, "r_squared": _r_squared(rows, [name])}
                         for event, rows in table.groupby("event", sort=False) for name in ("model_based", "model_free", "belief")])


def best_explained(rollout: Rollout, common_probability: float) -> tuple[dict[str, float], pd.DataFrame]:
    """Return what is explained, and the errors, at the learning rate at which the model-based reference explains most."""
    tables = [prediction_errors(rollout, rate, common_probability) for rate in LEARNING_RATES]
    shares = [explained(table) for table in tables]
    best = int(np.argmax([share["model_based"] for share in shares]))
    free = max(share["model_free"] for share in shares)
    return {**shares[best], "model_free": free, "learning_rate": float(LEARNING_RATES[best])}, tables[best]


def _r_squared(table: pd.DataFrame, predictors: list[str]) -> float:
    design = np.column_stack([np.ones(len(table)), table[predictors]])
    outcome = table["network"].to_numpy()
    return float(1 - residuals(design, outcome).var() / outcome.var())


@styled
def plot_prediction_errors(table: pd.DataFrame, reference: str, ax: Axes | None = None) -> Axes:
    """Draw the network's errors against a reference's, a colour an event.

    Parameters
    ----------
    table : DataFrame
        From ``prediction_errors``.
    reference : {"model_based", "model_free", "belief"}
    ax : Axes, optional
    """
    ax = new_axes(ax)
    for color, (event, rows) in zip(PALETTE, table.groupby("event", sort=False), strict=False):
        ax.scatter(rows[reference], rows["network"], s=3, alpha=0.35, linewidth=0, color=color, label=event, rasterized=True)
    ax.set_xlabel(f"{reference.replace('_', '-').capitalize()} prediction error")
    ax.set_ylabel("Network's prediction error")
    ax.set_xticks(np.linspace(-1, 1, 5))
    ax.legend(markerscale=3, loc="upper left")
    return ax
