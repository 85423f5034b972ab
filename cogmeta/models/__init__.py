"""Cognitive models: a table of parameters and two functions each."""

from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter, check_parameters, inverse_temperature, one_set, rate, stickiness
from cogmeta.models.registry import make_model, model_names
from cogmeta.models.trial import Trial
from cogmeta.models.two_step import convert_parameters

__all__ = [
    "Model", "Parameter", "Trial", "check_parameters", "convert_parameters", "inverse_temperature", "make_model", "model_names", "one_set",
    "rate", "stickiness",
]
