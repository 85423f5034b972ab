"""Held-out scores of players that are not cognitive models: the same folds, the same trials, the same likelihood.

Whatever is fitted to people is fitted without the trials that it is scored on (folds: ``cogmeta.fitting.held_out``): the
inverse temperature of a trained network, and all weights of a tiny one. What is not fitted scores as ever.
"""

from dataclasses import replace

import numpy as np
import pandas as pd

from analyses.tiny_players import TinyPlayer, tiny_log_likelihood
from cogmeta.fitting.temperature import fit_inverse_temperature
from cogmeta.rollout import Rollout


def subject_of_episode(rollout: Rollout, trials: pd.DataFrame) -> np.ndarray:
    """Return (n_episodes,) int: which subject, in order of appearance, each episode of a rollout belongs to."""
    code = pd.factorize(trials["subject"])[0]
    return code[rollout.row.max(axis=0)]


def tempered_held_out(heard: Rollout, trials: pd.DataFrame, fold: np.ndarray) -> Rollout:
    """Return a replayed rollout whose logits are scaled, in every fold, by inverse temperatures of the other folds.

    Parameters
    ----------
    heard : Rollout
        Replayed; its logits are finite.
    trials : DataFrame
        The validated table that it came from.
    fold : (n_rows,) int array
        Of each row. A subject that is in several folds has a temperature of its own in each; where a fold is a whole
        subject, it gets the one temperature that suits all others best.
    """
    subject = subject_of_episode(heard, trials)
    if pd.Series(fold).groupby(trials["subject"].to_numpy()).nunique().max() == 1:
        subject = np.zeros_like(subject)
    of_step = np.where(heard.row >= 0, fold[heard.row], -1)
    logits = heard.logits.copy()
    for k in range(fold.max() + 1):
        held = of_step == k
        scale = fit_inverse_temperature(replace(heard, scored=heard.scored & ~held), subject)[subject]
        logits[held] = (heard.logits * scale[:, None])[held]
    return heard.with_agent(logits, heard.value)


def tiny_held_out(
    player: TinyPlayer, rollout: Rollout, trials: pd.DataFrame, fold: np.ndarray, seed: int = 0
) -> tuple[pd.Series, list[int]]:
    """Return each trial's log-likelihood under a tiny network fitted to the other folds, and the units of each fold's network.

    Parameters
    ----------
    player : TinyPlayer
    rollout : Rollout
        ``task.from_trials(trials)``.
    trials : DataFrame
    fold : (n_rows,) int array
    seed : int
    """
    out, units = pd.Series(np.nan, trials.index, name="log_likelihood"), []
    for k in range(fold.max() + 1):
        network = player.fit(trials[fold != k], rollout.task, seed)
        out[fold == k] = tiny_log_likelihood(network, rollout, trials)[fold == k]
        units.append(network.n_units)
    return out, units
