"""The registered models: an id each."""

from dataclasses import fields

from cogmeta.errors import UserError, unknown_name
from cogmeta.models import (
    bandit, bandit_horizon, bandit_kalman, bandit_learning, bandit_reversal, bandit_volatility, two_step, two_step_beliefs,
    two_step_kool, two_step_mixture,
)
from cogmeta.models.model import Model

MODELS: dict[str, type[Model]] = {
    model.name: model
    for model in (
        bandit.BiasedRandom, bandit.WinStayLoseShift, bandit.RescorlaWagner, bandit.ChoiceKernel,
        bandit.RescorlaWagnerChoiceKernel, bandit_learning.TwoRates, bandit_learning.Confirmation, bandit_learning.Forgetting,
        bandit_learning.Perseveration, bandit_learning.Lapse, bandit_learning.PearceHall,
        bandit_kalman.KalmanSoftmax, bandit_kalman.KalmanUCB, bandit_kalman.KalmanThompson,
        bandit_kalman.KalmanProbit, bandit_horizon.InformationBonus, bandit_reversal.HiddenState,
        bandit_volatility.HierarchicalGaussianFilter, bandit_volatility.VolatileKalman,
        two_step.ModelFree, two_step.ModelBased, two_step.Hybrid, two_step.HybridForgetting,
        two_step_beliefs.LatentState, two_step_beliefs.RewardAsCue, two_step_mixture.MixtureOfAgents, two_step_kool.Kool,
    )
}
"""Id -> class."""


def make_model(name: str, **options: object) -> Model:
    """Return a registered model.

    Parameters
    ----------
    name : str
        Such as ``"two_step/hybrid"``; see ``model_names``.
    **options
        The model's own, such as ``perseveration="outside"``.

    Examples
    --------
    >>> make_model("bandit/rescorla_wagner", initial_value=0.0).parameter_names
    ('learning_rate', 'inverse_temperature')
    """
    if name not in MODELS:
        raise unknown_name("model", name, MODELS)
    try:
        return MODELS[name](**options)
    except TypeError as error:
        known = option_names(name)
        for option in options:
            if option not in known:
                raise unknown_name(f"option of {name}", option, known) from error
        raise UserError(f"{name} cannot be made with {options}: {error}.") from error


def option_names(name: str) -> list[str]:
    """Return the options of a registered model.

    Examples
    --------
    >>> option_names("bandit/choice_kernel")
    ['n_arms', 'reward_range']
    """
    return sorted(f.name for f in fields(MODELS[name]))


def model_names(family: str | None = None) -> list[str]:
    """Return the ids of all models, or of those of one family.

    Examples
    --------
    >>> model_names("two_step")
    ['two_step/hybrid', 'two_step/hybrid_forgetting', 'two_step/kool', ...]
    """
    return sorted(name for name, model in MODELS.items() if family is None or model.family.name == family)
