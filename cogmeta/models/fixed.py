"""A model some of whose parameters are held at given values: the nested models of a comparison.

A fit of it searches the other parameters alone, and criteria such as BIC count these alone. Source: the common practice
of nested comparisons, such as Wang et al. 2016, experiment 4 (learning rate fixed at 0.5 where it is not fitted).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import Choice
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter
from cogmeta.models.trial import Trial
from cogmeta.task import Task


@dataclass(frozen=True)
class FixedParameters(Model):
    """A model with some parameters held.

    Parameters
    ----------
    model : Model
    values : mapping of str to float
        Natural value of each parameter that is held; one at least stays free.

    Examples
    --------
    >>> from cogmeta.models.registry import make_model
    >>> held = FixedParameters(make_model("bandit/rescorla_wagner"), {"learning_rate": 0.5})
    >>> held.parameter_names, held.name
    (('inverse_temperature',), 'bandit/rescorla_wagner (learning_rate=0.5)')
    """

    model: Model
    values: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        known = {p.name: p for p in self.model.parameters}
        for name, value in self.values.items():
            if name not in known:
                raise unknown_name(f"parameter of {self.model.name}", name, known)
            known[name].check(np.asarray(value, float))
        if len(self.values) >= len(known):
            raise UserError(f"every parameter of {self.model.name} is held; leave one free, or score it with log_likelihood.")

    def __hash__(self) -> int:
        return hash((self.model, tuple(sorted(self.values.items()))))

    @property
    def name(self) -> str:
        """The model's name, and what is held."""
        return f"{self.model.name} ({', '.join(f'{name}={value:g}' for name, value in self.values.items())})"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The free parameters."""
        return tuple(p for p in self.model.parameters if p.name not in self.values)

    family = property(lambda self: self.model.family)
    outcomes = property(lambda self: self.model.outcomes)
    symmetric = property(lambda self: self.model.symmetric)
    citation = property(lambda self: self.model.citation)
    reward_range = property(lambda self: self.model.reward_range)
    choices = property(lambda self: self.model.choices)
    states = property(lambda self: self.model.states)
    n_arms = property(lambda self: getattr(self.model, "n_arms", 0))

    @property
    def options(self) -> dict[str, Any]:
        """The options of the model, with its name and what is held."""
        return {"model": self.model.name, **self.model.options, "values": dict(self.values)}

    def n_options(self, choice: Choice) -> int:
        """Return how many options a choice has."""
        return self.model.n_options(choice)

    def for_trials(self, trials: pd.DataFrame) -> "FixedParameters":
        """Return this model adapted to a table."""
        return replace(self, model=self.model.for_trials(trials))

    def for_task(self, task: Task) -> "FixedParameters":
        """Return this model adapted to a task."""
        return replace(self, model=self.model.for_task(task))

    def with_reward_range(self, reward_range: tuple[float, float] | None) -> "FixedParameters":
        """Return this model for rewards in a range."""
        return replace(self, model=self.model.with_reward_range(reward_range))

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> Any:
        """Return what the model knows before the first trial."""
        return self.model.initial_values(lanes, _Both(parameters, self.values))

    def policy(self, values: Any, parameters: SimpleNamespace) -> np.ndarray | tuple[np.ndarray, ...]:
        """Return the model's logits."""
        return self.model.policy(values, _Both(parameters, self.values))

    def update(self, values: Any, parameters: SimpleNamespace, trial: Trial) -> Any:
        """Return the model's values after a trial."""
        return self.model.update(values, _Both(parameters, self.values), trial)


class _Both:
    """Parameters by name: those held, then those that are free, which are asked for only where they are read."""

    def __init__(self, free: SimpleNamespace, held: Mapping[str, float]) -> None:
        self._free, self._held = free, held

    def __getattr__(self, name: str) -> Any:
        return self._held[name] if name in self._held else getattr(self._free, name)
