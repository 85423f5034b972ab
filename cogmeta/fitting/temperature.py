"""One inverse temperature a subject between an agent's preferences and somebody's choices.

A network trained for reward is nearly deterministic, people are not; scored as it is, every lapse of a person
costs it dearly. This fits the one number that the comparison with a cognitive model, which has its own inverse
temperature, takes for granted: choices ~ softmax(inverse_temperature * logits).
"""

import numpy as np
from scipy.special import log_softmax

from cogmeta.errors import UserError
from cogmeta.rollout import Rollout

HIGHEST = 20.0
"""Inverse temperatures are searched in [0, HIGHEST], in units of 1 / logit."""


def fit_inverse_temperature(rollout: Rollout, subject: np.ndarray, n_iterations: int = 60) -> np.ndarray:
    """Return the most likely inverse temperature of each subject's choices under an agent's logits.

    Parameters
    ----------
    rollout : Rollout
        Replayed: with finite logits.
    subject : (n_episodes,) int array
        Which subject each episode belongs to, 0 to n_subjects - 1.
    n_iterations : int
        Halvings of the bracket; 60 exhaust double precision.

    Returns
    -------
    (n_subjects,) float array
        In [0, 20]; 20 where choices never contradict the agent.

    Notes
    -----
    The log-likelihood is concave in the inverse temperature, so bisection on its slope,
    ``sum (logit of the choice - expected logit)``, finds the maximum.
    """
    if rollout.logits is None or not np.isfinite(rollout.logits[rollout.scored]).all():
        raise UserError("an inverse temperature needs finite logits; this agent rules actions out altogether.")
    low, high = np.zeros(subject.max() + 1), np.full(subject.max() + 1, HIGHEST)
    for _ in range(n_iterations):
        middle = (low + high) / 2
        rising = _slope(rollout, subject, middle) > 0
        low, high = np.where(rising, middle, low), np.where(rising, high, middle)
    return (low + high) / 2


def tempered(rollout: Rollout, subject: np.ndarray) -> Rollout:
    """Return a replayed rollout whose logits are scaled by each subject's fitted inverse temperature."""
    scale = fit_inverse_temperature(rollout, subject)[subject]
    return rollout.with_agent(rollout.logits * scale[:, None], rollout.value)


def _slope(rollout: Rollout, subject: np.ndarray, inverse_temperature: np.ndarray) -> np.ndarray:
    logits = rollout.logits
    probability = np.exp(log_softmax(logits * inverse_temperature[subject][:, None], axis=-1))
    taken = np.take_along_axis(logits, rollout.action[..., None], axis=-1)[..., 0]
    surprise = np.where(rollout.scored, taken - (probability * logits).sum(axis=-1), 0.0).sum(axis=0)
    return np.bincount(subject, weights=surprise, minlength=len(inverse_temperature))
