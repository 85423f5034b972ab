"""Fit a recurrent network of a few units to choices, by gradient descent on their likelihood.

Source: Ji-An, Benna & Mattar 2025 (Nature 644:993) and its code: Adam at 0.005, an L1 penalty on the recurrent weights,
training stopped once held-out sequences have not become more likely for 200 epochs, the best epoch kept. How ours
departs: one network for all subjects of a table (the source fits animals one by one, which is this on one animal's
table); one validation split instead of every inner fold.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch
from torch.nn import functional

from cogmeta.agents.store import read_tensors, write_tensors
from cogmeta.errors import UserError
from cogmeta.families import Family, get_family
from cogmeta.files import atomic_path, make_folder
from cogmeta.fitting.sequences import Sequences, sequences_of
from cogmeta.models.tiny_network import FAMILY_NAMES, TinyNetwork, input_index, weight_shapes
from cogmeta.one_thread import one_thread
from cogmeta.simulate import check_seed
from cogmeta.trials import check_options, n_options_in, validate_trials

Listener = Callable[[int, float], None]
"""Called with the epoch and the validation log-likelihood a choice."""

WEIGHTS, RECORD, FORMAT = "weights.safetensors", "record.json", "cogmeta tiny network 1"


@dataclass(frozen=True)
class Descent:
    """How the weights are sought.

    Parameters
    ----------
    step_size : float
        Of Adam.
    penalty : float
        On the sum of absolute recurrent weights; 1e-5 to 1e-3 in the source.
    max_epochs, patience : int
        Most passes over the data; passes without a better validation after which it stops.
    validation : float
        Share of the sequences that only decide when to stop, in (0, 1).
    n_starts : int
        Trainings from other weights, of which the best in validation is kept.
    """

    step_size: float = 0.005
    penalty: float = 1e-5
    max_epochs: int = 2000
    patience: int = 200
    validation: float = 0.1
    n_starts: int = 1

    def __post_init__(self) -> None:
        if not (0 < self.step_size <= 1 and self.penalty >= 0 and 0 < self.validation < 1):
            raise UserError("step_size must lie in (0, 1], penalty be >= 0 and validation lie in (0, 1); "
                            f"got {self.step_size}, {self.penalty}, {self.validation}.")
        if min(self.max_epochs, self.patience, self.n_starts) < 1:
            raise UserError("max_epochs, patience and n_starts must be at least 1.")


def is_tiny_network(folder: str | Path) -> bool:
    """Return whether a folder holds a fitted tiny network."""
    path = Path(folder) / RECORD
    return path.is_file() and f'"format": "{FORMAT}"' in path.read_text(encoding="utf-8", errors="replace")


@dataclass(frozen=True)
class TinyFit:
    """A fitted network and how the search went.

    Attributes
    ----------
    network : TinyNetwork
        ``(network, {})`` is scored like any model; ``network.agent({})`` behaves.
    validation : float
        Log-likelihood a choice of the sequences that decided when to stop (natural logarithm).
    epochs : int
        At which the kept weights stood.
    settings : dict
    """

    network: TinyNetwork
    validation: float
    epochs: int
    settings: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        return (f"{self.network.kind} of {self.network.n_units} units ({self.network.n_weights} weights), {self.network.task_family}: "
                f"log-likelihood a choice {self.validation:.4f} in validation, after {self.epochs} epochs")

    def save(self, folder: str | Path) -> Path:
        """Write weights (safetensors) and record (JSON) into a folder; nothing is pickled."""
        folder = make_folder(folder)
        record = {"format": FORMAT, "options": self.network.options, "validation": self.validation,
                  "epochs": self.epochs, "settings": self.settings}
        write_tensors(folder / WEIGHTS, {k: torch.from_numpy(np.array(v)) for k, v in self.network.weights.items()})
        with atomic_path(folder / RECORD) as part:
            part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> "TinyFit":
        """Read what ``save`` wrote."""
        path = Path(folder) / RECORD
        try:
            record = json.loads(path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UserError(f"{str(path)!r} is not the record of a tiny network: {error}.") from error
        if not isinstance(record, dict) or record.get("format") != FORMAT:
            raise UserError(f"{str(path)!r} is not the record of a tiny network (format {FORMAT!r} expected).")
        tensors, _ = read_tensors(Path(folder) / WEIGHTS)
        network = TinyNetwork(**record["options"]).with_weights({k: v.numpy() for k, v in tensors.items()})
        return cls(network, record["validation"], record["epochs"], record["settings"])


def fit_tiny_network(
    trials: pd.DataFrame, family: Family | str, n_units: int = 2, kind: str = "gru", descent: Descent = Descent(),
    seed: int = 0, reward_range: tuple[float, float] | None = None, listener: Listener | None = None,
    episode: tuple[str, ...] | None = None, n_arms: int | None = None,
) -> TinyFit:
    """Return the network of ``n_units`` under which held-out choices are likeliest.

    Parameters
    ----------
    trials : DataFrame
        Trial table; one network learns from all its subjects.
    family : Family or {"bandit", "two_step"}
    n_units : int
    kind : {"gru", "switching_gru"}
    descent : Descent
    seed : int
        Of the first weights and of the validation split.
    reward_range : tuple of float, optional
        By default the family's; a switching network takes its middle as the border of wins.
    listener : callable, optional
    episode : tuple of str, optional
        Columns whose change starts the network afresh; by default the family's.
    n_arms : int, optional
        Options of the first choice; by default as many as the table shows.

    Raises
    ------
    UserError
        Fewer than two sequences, so that none can be held out; without ``n_arms``, options with gaps (coded from 1).

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> from cogmeta.simulate import simulate
    >>> from tasks.registry import make_task
    >>> learner = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.4, "inverse_temperature": 4.0})
    >>> trials = simulate(learner, make_task("bandit/independent", n_trials=30), 20, seed=0).to_trials()
    >>> fit_tiny_network(trials, "bandit", n_units=1, descent=Descent(max_epochs=20))
    gru of 1 units (22 weights), bandit: log-likelihood a choice ... in validation, after ... epochs
    """
    network, data = network_for(trials, family, n_units, kind, reward_range, episode, n_arms)
    rng = check_seed(seed)
    train, held = data.split(descent.validation, rng)
    with one_thread():
        fits = [descend(network, train, held, descent, rng, listener) for _ in range(descent.n_starts)]
    best = max(fits, key=lambda one: one[0])
    settings = {"seed": seed, **vars(descent)}
    return TinyFit(network.with_weights(best[2]), float(best[0]), int(best[1]), settings)


def network_for(
    trials: pd.DataFrame, family: Family | str, n_units: int, kind: str, reward_range: tuple[float, float] | None = None,
    episode: tuple[str, ...] | None = None, n_arms: int | None = None,
) -> tuple[TinyNetwork, "TinyData"]:
    """Return a network without weights for a trial table, and the table as it takes it in; see ``fit_tiny_network``."""
    family = get_family(family)
    if family.name not in FAMILY_NAMES:
        raise UserError(f"tiny networks are fitted to trials of the families {list(FAMILY_NAMES)}, this is a {family.name!r} table.")
    table = validate_trials(trials, family, reward_range=reward_range)
    low, high = reward_range or family.reward_range
    if n_arms is None:
        check_options(table, family.choices[0].column)
        n_arms = n_options_in(table, family.choices[0])
    network = TinyNetwork(family.name, n_units, kind, n_arms, "choice2" in table, (low + high) / 2)
    return network, TinyData(network, sequences_of(network, table, episode))


class TinyData:
    """Sequences as tensors: what goes in at every trial, what was chosen, under which state.

    Parameters
    ----------
    network : TinyNetwork
    sequences : Sequences
    """

    def __init__(self, network: TinyNetwork, sequences: Sequences) -> None:
        events, names = sequences.events, [name for name, _ in network.sizes]
        given = [*(events[name].swapaxes(1, 2) for name in names), events["reward"][..., None]]
        self.given = torch.from_numpy(np.concatenate(given, axis=2)).float()
        columns = [events[name].argmax(axis=1) for name in names]
        self.which = torch.from_numpy(input_index(network, columns, events["reward"]))
        self.taken = [torch.from_numpy(c.taken.swapaxes(1, 2)).float() for c in sequences.choices]
        self.state = torch.from_numpy(events["state2"].argmax(axis=1)) if network.second_choice else None
        self.n_choices = float(sum(t.sum() for t in self.taken))

    @property
    def n_sequences(self) -> int:
        """Sessions, or blocks, that the network meets afresh."""
        return self.given.shape[1]

    def split(self, share: float, rng: np.random.Generator) -> tuple["TinyData", "TinyData"]:
        """Return the sequences to learn from, and those that decide when to stop."""
        n = self.n_sequences
        if n < 2:
            raise UserError("a tiny network is fitted to two sequences (sessions, blocks) or more, since some decide "
                            f"when to stop; this trial table has {n}. Cut it into blocks.")
        order = rng.permutation(n)
        cut = min(max(1, round(share * n)), n - 1)
        return self.pick(np.sort(order[cut:])), self.pick(np.sort(order[:cut]))

    def pick(self, chosen: np.ndarray) -> "TinyData":
        """Return some of the sequences."""
        out = object.__new__(TinyData)
        out.given, out.which = self.given[:, chosen], self.which[:, chosen]
        out.taken = [t[:, chosen] for t in self.taken]
        out.state = None if self.state is None else self.state[:, chosen]
        out.n_choices = float(sum(t.sum() for t in out.taken))
        return out


def descend(
    network: TinyNetwork, train: TinyData, held: TinyData, descent: Descent, rng: np.random.Generator,
    listener: Listener | None = None,
) -> tuple[float, int, dict[str, np.ndarray]]:
    """Return the best log-likelihood a choice of ``held`` in a training, its epoch and the weights there."""
    weights = _first_weights(network, rng)
    optimiser = torch.optim.Adam(weights.values(), lr=descent.step_size)
    best = (-np.inf, 0, {})
    for epoch in range(descent.max_epochs + 1):
        with torch.no_grad():
            score = float(log_likelihood_of(network, weights, held)) / max(held.n_choices, 1)
        if listener:
            listener(epoch, score)
        if score > best[0]:
            best = (score, epoch, {name: w.detach().double().numpy().copy() for name, w in weights.items()})
        if epoch - best[1] >= descent.patience:
            break
        optimiser.zero_grad()
        loss = -log_likelihood_of(network, weights, train) / train.n_choices
        (loss + descent.penalty * weights["recurrent"].abs().sum()).backward()
        optimiser.step()
    return best


def log_likelihood_of(network: TinyNetwork, weights: dict[str, torch.Tensor], data: TinyData) -> torch.Tensor:
    """Return the natural log-likelihood of all choices, as a scalar tensor."""
    hidden = (_gru if network.kind == "gru" else _switching)(network, weights, data)
    logits = hidden @ weights["readout"].t() + weights["readout_bias"]
    n_arms = network.n_options(network.choices[0])
    total = (functional.log_softmax(logits[..., :n_arms], dim=-1) * data.taken[0]).sum()
    if network.second_choice:
        second = logits[..., n_arms:].unflatten(-1, (2, 2))
        chosen = second.gather(2, data.state[..., None, None].expand(*data.state.shape, 1, 2)).squeeze(2)
        total = total + (functional.log_softmax(chosen, dim=-1) * data.taken[1]).sum()
    return total


def _gru(network: TinyNetwork, weights: dict[str, torch.Tensor], data: TinyData) -> torch.Tensor:
    """Return (n_trials, n_sequences, n_units): the units before every trial."""
    start = torch.zeros(1, data.given.shape[1], network.n_units)
    flat = [weights["input"], weights["recurrent"][0], weights["bias"][0], weights["recurrent_bias"][0]]
    after, _ = torch.gru(data.given[:-1], start, flat, True, 1, 0.0, False, False, False)
    return torch.cat([start, after])


def _switching(network: TinyNetwork, weights: dict[str, torch.Tensor], data: TinyData) -> torch.Tensor:
    hidden = torch.zeros(data.which.shape[1], network.n_units)
    path = [hidden]
    for which in data.which[:-1]:
        back = torch.einsum("nij,nj->ni", weights["recurrent"][which], hidden) + weights["recurrent_bias"][which]
        r0, z0, n0 = weights["bias"][which].chunk(3, dim=1)
        r1, z1, n1 = back.chunk(3, dim=1)
        keep = torch.sigmoid(z0 + z1)
        hidden = keep * hidden + (1 - keep) * torch.tanh(n0 + torch.sigmoid(r0 + r1) * n1)
        path.append(hidden)
    return torch.stack(path)


def _first_weights(network: TinyNetwork, rng: np.random.Generator) -> dict[str, torch.Tensor]:
    """Draw weights from U(-1, 1) / sqrt(n_units), as torch does for such units."""
    width = network.n_units**-0.5
    return {name: torch.tensor(width * (2 * rng.random(shape) - 1), dtype=torch.float32, requires_grad=True)
            for name, shape in weight_shapes(network).items()}
