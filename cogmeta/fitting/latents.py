"""What went on inside a fitted model, trial by trial: values, prediction errors, probabilities, entropy, learning rates.

A table aligned row by row with the trials, ready as regressors for imaging or physiology. Everything stands *before* the
trial's outcome but the prediction error and the learning rate, which belong to it. What is a value depends on the
model: the array that it learns, one entry an option; ``value_chosen`` is its entry for the option taken.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.fitting.likelihood import log_likelihood
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import Sequences, sequences_of
from cogmeta.models.model import Model
from cogmeta.models.parameter import check_parameters, one_set
from cogmeta.models.trial import Trial, in_tuple
from cogmeta.trials import INDEX, validate_trials
