"""The two-step half of the quickstart: the frozen network on ``two_step/wang2018`` beside its references."""

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.multi_lag_regression import multi_lag_regression, plot_multi_lag_regression
from analyses.quickstart.everybody import NETWORK, Listener, everybody_plays
from analyses.stay_probability import group_stay, plot_stay_probability, stay_probability
from cogmeta.agent import Agent
from cogmeta.simulate import simulate
from tasks.registry import make_task

TASK = "two_step/wang2018"
N_TEST = 5_000
"""Test episodes of 100 trials of the network and of every reference; the standard error of reward is about 0.0008."""

EXPECTED = {"random": 0.500, "model-free": 0.636, "model-based": 0.656, "bayes-optimal": 0.706, "oracle": 0.741}
"""Reward a trial of each reference, simulated for this project (papers print none)."""

SHOWN = (NETWORK, "bayes-optimal", "model-based", "model-free")
"""Players whose stay probabilities are drawn."""

REGRESSED = (NETWORK, "model-based", "model-free")
"""Players whose choices are regressed on the past; a deterministic one has no finite weights."""

CLAIMS = (
    Claim("reward_per_trial", "earns more than a model-based learner of its task", "0.656", "simulation of the reference", low=0.656),
    Claim("lag1.rewarded_common", "returns after a rewarded common transition (weight at lag 1 > 0)", "> 0", "Wang 2018, fig 5e", low=1e-9),
    Claim("lag1.rewarded_rare", "turns away after a rewarded rare transition (weight at lag 1 < 0)", "< 0", "Wang 2018, fig 5e", high=-1e-9),
)


@dataclass(frozen=True)
class TwoStepResult:
    """What the network and the references did on the two-step task.

    Attributes
    ----------
    reward : DataFrame
        One row a player: reward a trial, 95 % interval over episodes, expected value, stay probabilities.
    stay : dict
        Player -> group stay probabilities.
    lags : dict
        Player -> multi-lag regression.
    trials : DataFrame
        300 episodes of the network, as sessions of one subject.
    """

    reward: pd.DataFrame
    stay: dict[str, pd.DataFrame]
    lags: dict[str, pd.DataFrame]
    trials: pd.DataFrame

    def of(self, player: str) -> float:
        """Return the reward a trial of one player."""
        return float(self.reward.set_index("player")["reward a trial"][player])

    def stay_of_network(self) -> dict[str, float]:
        """Return the network's stay probability after each kind of trial."""
        return dict(zip(self.stay[NETWORK]["cell"], self.stay[NETWORK]["stay"].astype(float), strict=True))

    def lag1(self) -> dict[str, float]:
        """Return the network's regression weight of each kind of trial at lag 1, as ``lag1.<kind>``."""
        table = self.lags[NETWORK]
        rows = table[table["lag"] == 1]
        return {f"lag1.{term}": float(w) for term, w in zip(rows["term"], rows["coefficient"], strict=True)}


def play_two_step(network: Agent, seed: int, listener: Listener, n_test: int = N_TEST) -> TwoStepResult:
    """Let the frozen network and every reference play fresh episodes.

    Parameters
    ----------
    network : Agent
    seed : int
        All players meet the same reversals.
    listener : callable
        Called with (player, done, in all).
    n_test : int
        Episodes each.
    """
    task = make_task(TASK)
    rows, stay, lags = [], {}, {}
    for name, trials in everybody_plays(network, task, n_test, seed, listener):
        stay[name] = group_stay(stay_probability(trials))
        rows.append(_reward_row(name, trials, stay[name]))
        if name in REGRESSED:
            lags[name] = multi_lag_regression(trials[trials["subject"].astype(int) < 1_000])
    reward = pd.DataFrame(rows).sort_values("reward a trial", ascending=False, ignore_index=True)
    return TwoStepResult(reward, stay, lags, simulate(network, task, 300, seed + 1).to_trials(NETWORK))


def _reward_row(name: str, trials: pd.DataFrame, stay: pd.DataFrame) -> dict[str, object]:
    by_episode = trials.groupby("subject", sort=False)["reward"].mean().reset_index().assign(all=0)
    interval = mean_interval(by_episode, "reward", "all").iloc[0]
    cells = {f"stay {cell.replace('_', ', ')}": float(p) for cell, p in zip(stay["cell"], stay["stay"], strict=True)}
    return {"player": name, "reward a trial": float(interval["mean"]), "low": float(interval["low"]),
            "high": float(interval["high"]), "expected": EXPECTED.get(name), **cells}


def draw_stay(result: TwoStepResult) -> Figure:
    """Draw the stay probabilities of network and references."""
    return plot_stay_probability({name: result.stay[name] for name in SHOWN if name in result.stay})[0].figure


def draw_lags(result: TwoStepResult) -> Figure:
    """Draw the multi-lag regression of network and references."""
    return plot_multi_lag_regression(result.lags)[0].figure
