"""Fits of cognitive models, and the one likelihood that scores models, networks and people's choices alike."""

from cogmeta.fitting.check import check_model
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.likelihood import log_likelihood, rollout_log_likelihood
from cogmeta.fitting.result import Fit

__all__ = ["Fit", "check_model", "fit", "log_likelihood", "rollout_log_likelihood"]
