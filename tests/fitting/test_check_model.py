"""``check_model`` finds the slips that a first model has, and names them."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from cogmeta.errors import UserError
from cogmeta.fitting import check_model
from cogmeta.models import make_model, rate
from cogmeta.models.bandit import BanditModel, RescorlaWagner
from cogmeta.models.two_step import Hybrid


class Undeclared(RescorlaWagner):
    """Reads a parameter that it does not declare."""

    def policy(self, values, parameters):
        return parameters.temperature * values


class ReadsAnotherColumn(RescorlaWagner):
    """Reads what a bandit's trial does not have."""

    def update(self, values, parameters, trial):
        return values + trial.choice1


class Improper(RescorlaWagner):
    """Is not finite."""

    def policy(self, values, parameters):
        return values * np.inf


class Biased(RescorlaWagner):
    """Prefers the first arm, whatever happens, and does not say so."""

    def policy(self, values, parameters):
        first = (np.arange(len(values)) == 0).reshape(-1, *(1,) * (values.ndim - 1))
        return parameters.inverse_temperature * (values + 0.3 * first)


class PrefersTheMiddle(RescorlaWagner):
    """Is the same when the order of arms is turned round, but not when they move up by one."""

    def policy(self, values, parameters):
        middle = (np.arange(len(values)) == (len(values) - 1) / 2).reshape(-1, *(1,) * (values.ndim - 1))
        return parameters.inverse_temperature * (values + 0.3 * middle)


class Stubborn(RescorlaWagner):
    """Chooses by a temperature that is not its parameter."""

    def policy(self, values, parameters):
        return 3.0 * values


class LanesFirst(RescorlaWagner):
    """Puts the arms last."""

    def initial_values(self, lanes, parameters):
        return np.zeros((*lanes, self.n_arms or 2))


class OneNumber(RescorlaWagner):
    """Starts from a number."""

    def initial_values(self, lanes, parameters):
        return 0.5


class LanesFirstInPolicy(RescorlaWagner):
    """Turns the logits round."""

    def policy(self, values, parameters):
        return np.moveaxis(parameters.inverse_temperature * values, 0, -1)


class TwoArrays(RescorlaWagner):
    """Gives an array a choice that bandits do not have."""

    def policy(self, values, parameters):
        return values, values


class ChoiceAsIndex(RescorlaWagner):
    """Takes the one-hot choice for an index."""

    def update(self, values, parameters, trial):
        values = values.copy()
        values[trial.choice] += parameters.learning_rate * (trial.reward - values[trial.choice])
        return values


class ForgetsValues(RescorlaWagner):
    """Gives back something else than it was given."""

    def update(self, values, parameters, trial):
        return values, trial.reward


class Shrinks(RescorlaWagner):
    """Loses the axis of the arms."""

    def update(self, values, parameters, trial):
        return (trial.choice * values).sum(axis=0)


class InPlace(RescorlaWagner):
    """Changes the old values."""

    def update(self, values, parameters, trial):
        values += trial.choice * (parameters.learning_rate * (trial.reward - values))
        return values


class MaxOverEverything(RescorlaWagner):
    """Forgot the axis of a maximum."""

    def policy(self, values, parameters):
        return parameters.inverse_temperature * (values / (1 + values.max()))


class AverageReward(RescorlaWagner):
    """Learns from everybody's reward."""

    def update(self, values, parameters, trial):
        return values + trial.choice * (parameters.learning_rate * (trial.reward.mean() - values))


class CountsLaneAxes(RescorlaWagner):
    """Takes its parameters apart by the number of lane axes."""

    def policy(self, values, parameters):
        return parameters.inverse_temperature.reshape(values.shape[1:]) * values


class CutsOneAxis(RescorlaWagner):
    """Reduces over the first lane axis by its place from the left, as if there were two."""

    def policy(self, values, parameters):
        centred = values - 0.01 * np.arange(values.shape[1]).reshape(-1, *(1,) * (values.ndim - 2)) * (values.ndim > 3)
        return parameters.inverse_temperature * centred


class MaxOverSlabs(RescorlaWagner):
    """Took the axis of the lanes for that of the arms."""

    def policy(self, values, parameters):
        return parameters.inverse_temperature * (values - values.max(axis=1, keepdims=True))


@dataclass(frozen=True)
class TwoArmsOnly(RescorlaWagner):
    """Compares arm 0 with arm 1, whatever else there is."""

    def policy(self, values, parameters):
        return parameters.inverse_temperature * np.stack([values[0] - values[1], values[1] - values[0]])


class NeverAdapts(RescorlaWagner):
    """Stays at two arms when the table shows three."""

    def for_trials(self, trials):
        return self


class OnlyZeroOrOne(RescorlaWagner):
    """Takes the logarithm of what is neither 0 nor 1 wrongly."""

    def update(self, values, parameters, trial):
        odds = np.where(trial.reward == 0, 0.0, np.where(trial.reward == 1, 1.0, np.nan))
        return values + trial.choice * (parameters.learning_rate * (odds - values))


class RemembersBetweenCalls(RescorlaWagner):
    """Counts how often it was asked."""

    asked = [0]

    def initial_values(self, lanes, parameters):
        self.asked[0] += 1
        return super().initial_values(lanes, parameters) + self.arms(lanes) + np.arange(self.n_arms or 2).reshape(
            -1, *(1,) * len(lanes)) * self.asked[0]


class DeclaresWords(RescorlaWagner):
    """Gives names where parameters are asked for."""

    parameters = ("learning_rate",)


class DeclaresTwice(RescorlaWagner):
    """The same name twice."""

    parameters = (rate("learning_rate", "α"), rate("learning_rate", "α"))


@pytest.mark.parametrize(("broken", "message"), [
    (Undeclared(), "not declared.*temperature"), (ReadsAnotherColumn(), "not declared.*a trial has.*choice"),
    (Improper(), "must be finite"), (Biased(), "relabelling"), (PrefersTheMiddle(), "relabelling"),
    (Stubborn(), "by chance"), (LanesFirst(), "initial_values.*stand first.*come last"),
    (OneNumber(), "must return an array.*got float"), (LanesFirstInPolicy(), "policy.*must return logits of shape"),
    (TwoArrays(), "2 arrays for the 1 choices"), (ChoiceAsIndex(), "update.*one-hot.*never an index"),
    (ForgetsValues(), "must return what initial_values returned"), (Shrinks(), "turned values of shape"),
    (InPlace(), "in place"), (MaxOverEverything(), "lanes.*influence each other.*axis=0"),
    (AverageReward(), "lanes.*influence each other.*never average"), (MaxOverSlabs(), "influence each other"), (CountsLaneAxes(), "policy.*fails"), (CutsOneAxis(), "several trials at once"),
    (TwoArmsOnly(), r"must return logits of shape \(3,"), (NeverAdapts(), "has 2 options, but the trials show 3"),
    (OnlyZeroOrOne(), "must be finite"), (RemembersBetweenCalls(), "influence each other|changes by"),
    (DeclaresWords(), "tuple of Parameter"), (DeclaresTwice(), "each name once"),
    (RescorlaWagner, r"got the class RescorlaWagner. Make one: RescorlaWagner\(\)"), ("hybrid", "got str"),
])
def test_a_model_that_breaks_the_contract_is_told_how(broken, message):
    with pytest.raises(UserError, match=message):
        check_model(broken)


@dataclass(frozen=True)
class SaysThatItIsForTwo(TwoArmsOnly):
    """Refuses what it cannot do."""

    def for_trials(self, trials):
        adapted = super().for_trials(trials)
        if adapted.n_arms > 2:
            raise UserError("this one compares two arms.")
        return replace(adapted, n_arms=2)


def test_a_model_for_two_arms_passes_when_it_refuses_three():
    check_model(SaysThatItIsForTwo())


@pytest.mark.parametrize("model", [
    make_model("bandit/rescorla_wagner", n_arms=4), make_model("bandit/rescorla_wagner", reward_range=(-10, 100)),
    Hybrid(reward_range=(-1, 1), initial_value=0.5), make_model("bandit/win_stay_lose_shift", reward_range=(0, 5)),
], ids=str)
def test_models_keep_the_contract_with_more_arms_and_other_rewards(model):
    check_model(model)


def test_an_instance_of_the_base_is_told_what_it_lacks():
    with pytest.raises(TypeError, match="abstract"):
        BanditModel()
