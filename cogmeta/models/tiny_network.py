"""Recurrent networks of a few units that stand for a subject's learning rule, as a cognitive model.

What is assumed: nothing about the rule but how many numbers it remembers. Between trials the units take in what was
chosen, which state it led to and what it paid; the options' logits are read from them. Source: Ji-An, Benna & Mattar
2025 (Nature 644:993): gated recurrent units, and *switching* ones, where every combination of inputs has its own
recurrent weights. How ours departs: inputs are one-hot (the source gives 0 and 1); where a design has a second choice,
it is read out too, for every second-stage state.

A tiny network is a ``Model`` whose numbers are its weights: it has no parameters, so that ``(network, {})`` is scored,
compared and simulated like any other model. ``cogmeta.fitting.tiny_network`` finds the weights.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import SimpleNamespace
from typing import Any, ClassVar

import numpy as np
import pandas as pd
from scipy.special import expit

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import BANDIT, FAMILIES, TWO_STEP, Choice, Family
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter
from cogmeta.models.trial import Trial
from cogmeta.task import Task

KINDS = ("gru", "switching_gru")
FAMILY_NAMES = (BANDIT.name, TWO_STEP.name)


@dataclass(frozen=True)
class TinyNetwork(Model):
    """A network of one to twenty gated recurrent units that learns between trials.

    Parameters
    ----------
    task_family : {"bandit", "two_step"}
    n_units : int
        What it can remember, >= 1.
    kind : {"gru", "switching_gru"}
        Whether inputs are added to the units' drive, or choose which recurrent weights are in force.
    n_arms : int
        Options of the (first) choice.
    second_choice : bool
        Two-step only: whether there is a choice at the second stage.
    win_from : float
        Switching only: smallest reward that counts as a win.
    weights : dict of float arrays
        See ``weight_shapes``; left out of tables and comparisons.

    Notes
    -----
    With gates in the order of torch, ``u`` and ``v`` one block of weights each::

        r, z = sigmoid(W x + U h + b + c)        (switching: W x = 0, and U, b, c are those of the input x)
        n    = tanh(W_n x + b_n + r (U_n h + c_n))
        h    = z h + (1 - z) n,                  logits = readout [h; 1]

    The units start at 0.

    References
    ----------
    Ji-An, Benna & Mattar 2025, Nature 644:993; Cho et al. 2014, arXiv 1406.1078 (the units).

    Examples
    --------
    >>> network = TinyNetwork("bandit", n_units=2)
    >>> network.input_size, weight_shapes(network)["recurrent"]
    (3, (1, 6, 2))
    """

    name: ClassVar[str] = "tiny_network"
    citation: ClassVar[str] = "Ji-An et al. 2025, Nature 644:993"
    parameters: ClassVar[tuple[Parameter, ...]] = ()
    symmetric: ClassVar[bool] = False

    task_family: str
    n_units: int = 2
    kind: str = "gru"
    n_arms: int = 2
    second_choice: bool = False
    win_from: float = 0.5
    weights: Mapping[str, np.ndarray] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.task_family not in FAMILY_NAMES:
            raise unknown_name("family of tiny networks", self.task_family, FAMILY_NAMES)
        if self.kind not in KINDS:
            raise unknown_name("kind of tiny network", self.kind, KINDS)
        if self.n_units < 1 or self.n_arms < 2:
            raise UserError(f"a tiny network has n_units >= 1 and n_arms >= 2, got {self.n_units} and {self.n_arms}.")

    @property
    def family(self) -> Family:
        """The family of the trial tables that it scores."""
        return FAMILIES[self.task_family]

    @property
    def options(self) -> dict[str, Any]:
        """Everything but the weights, as plain values."""
        names = ("task_family", "n_units", "kind", "n_arms", "second_choice", "win_from")
        return {name: getattr(self, name) for name in names}

    @property
    def choices(self) -> tuple[Choice, ...]:
        """The choices that it is scored on."""
        return self.family.choices if self.second_choice else self.family.choices[:1]

    def n_options(self, choice: Choice) -> int:
        """Return how many options a choice has."""
        return choice.n_options or self.n_arms

    @property
    def sizes(self) -> tuple[tuple[str, int], ...]:
        """Columns that it takes in, each with how many values it has; then the reward."""
        if self.task_family == BANDIT.name:
            return (("choice", self.n_arms),)
        return (("choice1", 2), ("state2", 2), *((("choice2", 2),) if self.second_choice else ()))

    @property
    def input_size(self) -> int:
        """Every column one-hot, and the reward."""
        return sum(size for _, size in self.sizes) + 1

    @property
    def n_inputs(self) -> int:
        """How many different inputs there are, where rewards are wins and losses."""
        return 2 * int(np.prod([size for _, size in self.sizes]))

    @property
    def n_outputs(self) -> int:
        """Logits: of the first choice, and of the second in both states."""
        return self.n_options(self.choices[0]) + (4 if self.second_choice else 0)

    @property
    def n_weights(self) -> int:
        """How many numbers its rule is made of."""
        return sum(int(np.prod(shape)) for shape in weight_shapes(self).values())

    def for_trials(self, trials: pd.DataFrame) -> "TinyNetwork":
        """Return this network, or say that it was made for another design."""
        found = "choice2" in trials
        if self.task_family == TWO_STEP.name and found != self.second_choice:
            raise UserError(f"this network was made for second_choice={self.second_choice}, but the trial table "
                            f"{'has' if found else 'has no'} column 'choice2'.")
        return self

    def for_task(self, task: Task) -> "TinyNetwork":
        """Return this network, or say that the task has other options."""
        if task.spec.n_actions != self.n_options(self.choices[0]):
            raise UserError(f"this network chooses among {self.n_options(self.choices[0])} options, but "
                            f"{task.spec.name!r} has {task.spec.n_actions}.")
        return self

    def with_weights(self, weights: Mapping[str, np.ndarray]) -> "TinyNetwork":
        """Return this network with other weights, as double-precision arrays of the shapes that it has."""
        weights = {name: np.asarray(array, np.float64) for name, array in weights.items()}
        found = {name: array.shape for name, array in weights.items()}
        if found != weight_shapes(self):
            raise UserError(f"these weights have the shapes {found}; this network has {weight_shapes(self)}.")
        return replace(self, weights=weights)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> np.ndarray:
        """Return (n_units, *lanes) zeros."""
        if not self.weights:
            raise UserError("this tiny network has no weights yet; fit_tiny_network(trials, ...) finds them.")
        return np.zeros((self.n_units, *lanes))

    def policy(self, values: np.ndarray, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return (n_arms, *lanes) logits and, with a second choice, (2, 2, *lanes) of both states."""
        readout, bias = self.weights["readout"], self.weights["readout_bias"]
        logits = _times(readout, values) + _column(bias, values)
        n_arms = self.n_options(self.choices[0])
        return (logits[:n_arms], logits[n_arms:].reshape(2, 2, *logits.shape[1:])) if self.second_choice else (logits,)

    def update(self, values: np.ndarray, parameters: SimpleNamespace, trial: Trial) -> np.ndarray:
        """Take in a trial."""
        drive, back = self._drives(values, trial)
        d = self.n_units
        reset, keep = expit(drive[:d] + back[:d]), expit(drive[d:2 * d] + back[d:2 * d])
        return keep * values + (1 - keep) * np.tanh(drive[2 * d:] + reset * back[2 * d:])

    def _drives(self, values: np.ndarray, trial: Trial) -> tuple[np.ndarray, np.ndarray]:
        """Return (3 n_units, *lanes) drives from the input and from the units themselves."""
        w = self.weights
        if self.kind == "gru":
            columns = [getattr(trial, name) for name, _ in self.sizes]
            given = np.concatenate([*columns, np.broadcast_to(trial.reward, values.shape[1:])[None]])
            drive = _times(w["input"], given) + _column(w["bias"][0], values)
            return drive, _times(w["recurrent"][0], values) + _column(w["recurrent_bias"][0], values)
        which = input_index(self, [getattr(trial, name).argmax(axis=0) for name, _ in self.sizes], trial.reward)
        pick = [np.moveaxis(w[name][which], -1, 0) for name in ("bias", "recurrent_bias")]
        return pick[0], np.einsum("...ij,j...->i...", w["recurrent"][which], values) + pick[1]


def weight_shapes(network: TinyNetwork) -> dict[str, tuple[int, ...]]:
    """Return the shape of every array of weights, by name; ``recurrent`` and biases start with the input's axis."""
    d = network.n_units
    n = network.n_inputs if network.kind == "switching_gru" else 1
    shapes = {"recurrent": (n, 3 * d, d), "bias": (n, 3 * d), "recurrent_bias": (n, 3 * d),
              "readout": (network.n_outputs, d), "readout_bias": (network.n_outputs,)}
    return shapes | ({"input": (3 * d, network.input_size)} if network.kind == "gru" else {})


def input_index(network: TinyNetwork, columns: list[np.ndarray], reward: np.ndarray) -> np.ndarray:
    """Return which of ``network.n_inputs`` inputs a trial was: the columns as digits, then win or loss.

    Examples
    --------
    >>> input_index(TinyNetwork("bandit"), [np.array([0, 1, 1])], np.array([1.0, 0.0, 1.0])).tolist()
    [1, 2, 3]
    """
    index = np.zeros(np.shape(reward), int)
    for (_, size), column in zip(network.sizes, columns, strict=True):
        index = index * size + column
    return 2 * index + (np.asarray(reward) >= network.win_from)


def _times(matrix: np.ndarray, values: np.ndarray) -> np.ndarray:
    return np.tensordot(matrix, values, axes=1)


def _column(bias: np.ndarray, values: np.ndarray) -> np.ndarray:
    return bias.reshape(-1, *(1,) * (values.ndim - 1))
