"""Keep lives: what agents have learnt while behaving, in one safetensors file, to go on another day.

The file names the agent, its settings and its seed, so that nothing else is needed to go on. Nothing is ever unpickled; a file
that is cut off, of something else, or whose parts do not fit its description is refused.
"""

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from cogmeta.agents.store import read_tensors, write_tensors
from cogmeta.control.agent import ControlAgent, Life
from cogmeta.control.dqn import DQN
from cogmeta.control.mfec import MFEC
from cogmeta.control.nec import NEC
from cogmeta.control.replay import Replay
from cogmeta.control.similarity import SimilarityValue
from cogmeta.control.visits import Step, Visits
from cogmeta.errors import UserError
from cogmeta.memory.dictionary import NeuralDictionary

FORMAT = "cogmeta lives 1"
KINDS: dict[str, type[ControlAgent]] = {kind.kind: kind for kind in (MFEC, NEC, SimilarityValue, DQN)}
"""Agents that learn while they behave, by name."""

Tensors = dict[str, torch.Tensor]


def save_lives(agent: ControlAgent, life: Life, path: str | Path) -> Path:
    """Write a batch of lives, whole or not at all.

    Parameters
    ----------
    agent : ControlAgent
    life : Life
        Its state, from ``step`` or ``next_episode``.
    path : str or Path
        Such as ``lives.safetensors``.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> agent = MFEC(MFEC.config_class(observation_size=2, n_actions=2))
    >>> *_, life = agent.step(np.eye(2), np.array([-1, -1]), np.zeros(2), agent.initial_state(2))
    >>> life = agent.next_episode(life, np.array([0, 1]), np.array([1.0, 2.0]))
    >>> again, life = load_lives(save_lives(agent, life, tmp / "lives.safetensors"))
    >>> again.values(life.learned, np.eye(2)).tolist()
    [[1.0, inf], [inf, 2.0]]
    """
    about = {"kind": agent.kind, "config": asdict(agent.config), "seed": agent.seed, "n_lives": _n_lives(life)}
    write_tensors(Path(path), _packed(life, "life"), {"format": FORMAT, "lives": json.dumps(about)})
    return Path(path)


def load_lives(path: str | Path) -> tuple[ControlAgent, Life]:
    """Read lives that ``save_lives`` wrote, and the agent that lived them.

    Raises
    ------
    UserError
        The file is missing, cut off, not ours, or its parts do not fit its description.
    """
    tensors, metadata = read_tensors(Path(path))
    if metadata.get("format") != FORMAT:
        raise UserError(f"{str(path)!r} does not hold lives of cogmeta (format {FORMAT!r} expected).")
    about = json.loads(metadata["lives"])
    kind = KINDS[about["kind"]]
    agent = kind(kind.config_class(**about["config"]), about["seed"])
    try:
        return agent, _unpacked(agent.initial_state(about["n_lives"]), tensors, "life")
    except (KeyError, RuntimeError, ValueError) as error:
        raise UserError(f"the parts of {str(path)!r} do not fit its description ({error}); save the lives again.") from error


def _n_lives(life: Life) -> int:
    """Return how many lives a state holds, from any array of it that starts with the lives."""
    learned = life.learned
    return len(learned.visits.begun) if hasattr(learned, "visits") else len(learned.weights.hidden)


def _packed(value: Any, name: str) -> Tensors:
    """Return everything that a part of a state consists of, as tensors by name."""
    if value is None:
        return {}
    if isinstance(value, NeuralDictionary):
        return {f"{name}.{part}": tensor for part, tensor in value.state().items()}
    if isinstance(value, Replay):
        return {f"{name}.{part}": torch.from_numpy(array[:len(value)].copy()) for part, array in value.arrays.items()}
    if isinstance(value, Visits):
        steps = {part: torch.from_numpy(np.array([getattr(step, part) for step in value.steps])) for part in Step._fields}
        return {f"{name}.begun": torch.from_numpy(value.begun), **{f"{name}.{part}": tensor for part, tensor in steps.items()}}
    if isinstance(value, tuple):
        parts = zip(value._fields, value, strict=True)
        return {key: tensor for part, one in parts for key, tensor in _packed(one, f"{name}.{part}").items()}
    return {name: torch.as_tensor(value).clone()}


def _unpacked(fresh: Any, tensors: Tensors, name: str) -> Any:
    """Return a part of a state, given the same part of lives in which nothing was learnt."""
    if isinstance(fresh, NeuralDictionary):
        return fresh.restore({part: tensors[f"{name}.{part}"] for part in fresh.state()})
    if isinstance(fresh, Replay):
        return fresh.filled({part: tensors[f"{name}.{part}"].numpy() for part in fresh.arrays})
    if isinstance(fresh, Visits):
        rows = zip(*(tensors[f"{name}.{part}"].numpy() for part in Step._fields), strict=True)
        return Visits(tuple(Step(*row) for row in rows), tensors[f"{name}.begun"].numpy())
    if isinstance(fresh, tuple):
        return type(fresh)(*(_unpacked(one, tensors, f"{name}.{part}") for part, one in zip(fresh._fields, fresh, strict=True)))
    if fresh is None:  # what was seen last, where an episode goes on
        return tensors[name].numpy() if name in tensors else None
    found = tensors[name]
    if not isinstance(fresh, torch.Tensor):
        return int(found)
    if found.shape != fresh.shape:
        raise ValueError(f"{name!r} has shape {tuple(found.shape)}, expected {tuple(fresh.shape)}")
    return found
