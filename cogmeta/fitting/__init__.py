"""Fits of cognitive models, and the one likelihood that scores models, networks and people's choices alike."""

from cogmeta.fitting.bayes.chains import Sampling
from cogmeta.fitting.bayes.group_prior import GroupPrior
from cogmeta.fitting.check import check_model
from cogmeta.fitting.confusion import Confusion, confuse
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.group_selection import GroupSelection, compare_groups
from cogmeta.fitting.hbi import fit_hbi
from cogmeta.fitting.hbi_result import HierarchicalComparison
from cogmeta.fitting.held_out import held_out_log_likelihood
from cogmeta.fitting.latents import latents
from cogmeta.fitting.likelihood import log_likelihood, rollout_log_likelihood
from cogmeta.fitting.bayes.psis import loo_table, psis_loo
from cogmeta.fitting.recovery import Recovery, recover
from cogmeta.fitting.result import Fit
from cogmeta.fitting.selection import Selection, criteria_table, log_evidence, select_families, select_models

__all__ = [
    "Confusion", "Fit", "GroupPrior", "GroupSelection", "HierarchicalComparison", "Recovery", "Sampling", "Selection",
    "check_model", "compare_groups", "confuse", "criteria_table", "fit", "fit_hbi", "held_out_log_likelihood",
    "latents", "log_evidence", "log_likelihood", "loo_table", "psis_loo", "recover", "rollout_log_likelihood",
    "select_families", "select_models",
]
