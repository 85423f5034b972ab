"""What is held likely of a group before it is seen, for full hierarchical Bayes."""

from dataclasses import dataclass

import numpy as np

from cogmeta.errors import UserError
from cogmeta.fitting.bayes.lkj import SHAPE
from cogmeta.fitting.em import BROAD_VARIANCE


@dataclass(frozen=True)
class GroupPrior:
    """The scales of a group's priors, all in unconstrained coordinates: logits and logarithms.

    Parameters
    ----------
    mean_sd : float
        SD of each mean about the middle of its parameter's plausible range, and of what a covariate's SD does to it.
    sd_scale : float
        Of the half-normal prior of standard deviations; at 1.5, 95 % lie below 2.9, which on the logit scale means nearly all
        subjects at 0 or 1.
    correlation_shape : float
        η of the LKJ prior: with 1 all correlation matrices are alike likely, larger ones prefer small correlations.

    Examples
    --------
    >>> GroupPrior(sd_scale=0.0)
    Traceback (most recent call last):
    cogmeta.errors.UserError: sd_scale of a group's prior must be a number > 0, got 0.0.
    """

    mean_sd: float = float(np.sqrt(BROAD_VARIANCE))
    sd_scale: float = 1.5
    correlation_shape: float = SHAPE

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < np.inf:
                raise UserError(f"{name} of a group's prior must be a number > 0, got {value!r}.")
