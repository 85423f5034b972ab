"""Keep a trained agent: weights as safetensors beside a JSON record of what it is and how it came about.

Nothing is ever unpickled. Both files are written whole or not at all, and the record holds the fingerprint of the
weights, so that files of two agents cannot be mixed up.
"""

import json
import platform
from dataclasses import asdict, dataclass, field, fields
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from cogmeta.agents.episodic_lstm import EpisodicLSTM
from cogmeta.agents.layers import LAYERS
from cogmeta.agents.lstm_no_reward import LSTMNoReward
from cogmeta.agents.network import Network
from cogmeta.agents.pair import ActorCriticPair
from cogmeta.agents.recall_lstm import RecallLSTM
from cogmeta.agents.stacked import StackedActorCritic
from cogmeta.agents.surprised_pair import SurprisedPair
from cogmeta.agents.symmetric_lstm import SymmetricLSTM
from cogmeta.errors import UserError, unknown_name
from cogmeta.files import atomic_path
from cogmeta.version import __version__

WEIGHTS, RECORD = "weights.safetensors", "record.json"
FORMAT = "cogmeta agent 1"
DTYPES = {"float32": torch.float32, "float16": torch.float16}
"""In which weights may lie on disk; they are computed with in float32 always."""

NETWORKS: dict[str, type[Network]] = {
    **LAYERS,
    **{network.kind: network for network in (
        LSTMNoReward, StackedActorCritic, ActorCriticPair, SurprisedPair, EpisodicLSTM, RecallLSTM, SymmetricLSTM)}}
"""Kinds of network, by the name under which ``cogmeta train --agent`` and the records know them."""


@dataclass(frozen=True)
class AgentRecord:
    """How an agent came about.

    Attributes
    ----------
    task : str
        Registered id, such as ``"bandit/independent"``; empty where it has none.
    task_settings : dict
        Enough to build the task again.
    seed : int or None
        Of weights and training.
    learner : str
        Such as ``"ppo"``; empty where the agent is untrained.
    learner_settings : dict
    steps : int
        Environment steps of training.
    seconds : float
        Wall time of training.
    quality : dict
        What was measured after training, by name, with the number of test episodes.
    command : str
        The command that makes this agent.
    versions : dict
        Of cogmeta, torch, numpy, Numba and Python.
    dtype : {"float32", "float16"}
        In which the weights lie on disk; ``"float16"`` takes half the room and keeps three digits of each.
    device : str
        Where the network was computed in training, such as ``"cuda (NVIDIA H200)"``.
    """

    task: str = ""
    task_settings: dict[str, Any] = field(default_factory=dict)
    seed: int | None = None
    learner: str = ""
    learner_settings: dict[str, Any] = field(default_factory=dict)
    steps: int = 0
    seconds: float = 0.0
    quality: dict[str, Any] = field(default_factory=dict)
    command: str = ""
    versions: dict[str, str] = field(default_factory=lambda: versions())
    dtype: str = "float32"
    device: str = "cpu"

    def __post_init__(self) -> None:
        if self.dtype not in DTYPES:
            raise unknown_name("dtype", self.dtype, DTYPES)


def versions() -> dict[str, str]:
    """Return the versions of what computes an agent's numbers; Numba's is empty where it is not installed."""
    return {"cogmeta": __version__, "torch": str(torch.__version__), "numpy": np.__version__,
            "numba": _version_of("numba"), "python": platform.python_version()}


def _version_of(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""


def save_agent(agent: Network, folder: str | Path, record: AgentRecord | None = None) -> Path:
    """Write an agent's weights and record into a folder.

    Parameters
    ----------
    agent : Network
    folder : str or Path
        Gets ``weights.safetensors`` and ``record.json``; made if needed.
    record : AgentRecord, optional
        How the agent came about. With ``dtype="float16"`` the agent that is kept is the rounded one, see ``rounded``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    UserError
        The disk is full, or a weight is too large for the record's ``dtype``.

    Examples
    --------
    >>> from cogmeta.agents import LSTMActorCritic, LSTMConfig
    >>> agent = LSTMActorCritic(LSTMConfig(observation_size=1, n_actions=2, n_units=4), seed=3)
    >>> folder = save_agent(agent, tmp / "agent", AgentRecord(task="bandit/independent", seed=3))
    >>> load_agent(folder).fingerprint() == agent.fingerprint()
    True
    >>> load_record(folder).task
    'bandit/independent'
    """
    folder, record = Path(folder), record or AgentRecord()
    agent = rounded(agent, record.dtype)
    content = {"format": FORMAT, **describe(agent), **asdict(record)}
    text = json.dumps(content, indent=1, allow_nan=True, default=_plain) + "\n"
    write_tensors(folder / WEIGHTS, {name: weight.to(DTYPES[record.dtype]) for name, weight in agent.weights.items()})
    with atomic_path(folder / RECORD) as part:
        part.write_text(text, encoding="utf-8")
    return folder


def rounded(agent: Network, dtype: str) -> Network:
    """Return the agent that files of a dtype give back: the same in ``"float32"``, a rounded copy in ``"float16"``.

    Examples
    --------
    >>> from cogmeta.agents import LSTMActorCritic, LSTMConfig
    >>> agent = LSTMActorCritic(LSTMConfig(observation_size=1, n_actions=2, n_units=4), seed=3)
    >>> half = rounded(agent, "float16")
    >>> bool((half.weights["core"] - agent.weights["core"]).abs().max() < 1e-3)
    True
    """
    if DTYPES[dtype] == torch.float32:
        return agent
    copy = agent.copy()
    for name, weight in copy.weights.items():
        weight.data.copy_(weight.to(DTYPES[dtype]).float())
        if not torch.isfinite(weight).all():
            raise UserError(f"weight {name!r} of {agent.name!r} is not finite in {dtype} (largest: {torch.finfo(DTYPES[dtype]).max:g}). "
                            "Keep this agent in float32.")
    return copy


def load_agent(folder: str | Path) -> Network:
    """Read an agent that ``save_agent`` wrote.

    Raises
    ------
    UserError
        The folder, the weights or the record is missing, cut off, of another shape, or not ours.
    """
    folder = Path(folder)
    content = _read_record(folder)
    weights, _ = read_tensors(folder / WEIGHTS)
    agent = build(content, weights, f"{str(folder / WEIGHTS)!r}")
    if agent.fingerprint() != content["fingerprint"]:
        raise UserError(f"the weights in {str(folder)!r} are not those that {RECORD} describes; "
                        "the two files come from different agents. Copy or train the agent again.")
    return agent


def load_record(folder: str | Path) -> AgentRecord:
    """Read how an agent came about, without its weights."""
    content = _read_record(Path(folder))
    return AgentRecord(**{f.name: content[f.name] for f in fields(AgentRecord) if f.name in content})


def load_kind(folder: str | Path) -> str:
    """Read which kind of network a folder holds, a key of ``NETWORKS``, without its weights."""
    return str(_read_record(Path(folder))["agent"])


def load_fingerprint(folder: str | Path) -> str:
    """Read the fingerprint of the weights that a folder holds, without the weights."""
    return str(_read_record(Path(folder))["fingerprint"])


def describe(agent: Network) -> dict[str, Any]:
    """Return what is needed, beside the weights, to build an agent again."""
    return {"agent": agent.kind, "config": asdict(agent.config), "name": agent.name, "discount": agent.discount,
            "fingerprint": agent.fingerprint()}


def build(description: dict[str, Any], weights: dict[str, torch.Tensor], where: str) -> Network:
    """Return the agent that ``describe`` described.

    Parameters
    ----------
    description : dict
    weights : dict of tensors
    where : str
        For messages: the file that the weights come from.
    """
    if description["agent"] not in NETWORKS:
        raise unknown_name("agent", description["agent"], NETWORKS)
    network = NETWORKS[description["agent"]]
    try:
        config = network.config_class(**description["config"])
    except TypeError as error:
        raise UserError(f"the configuration beside {where} does not fit this version of cogmeta: {error}.") from error
    for name, shape in network.weight_shapes(config).items():
        found = tuple(weights[name].shape) if name in weights else None
        if found != shape:
            raise UserError(f"{where} holds weight {name!r} of shape {found}, expected {shape} for the configuration "
                            "in its record; it belongs to another agent.")
    kept = {name: weights[name].float() for name in network.weight_shapes(config)}
    return network(config, kept, discount=description["discount"], name=description["name"])


def write_tensors(path: str | Path, tensors: dict[str, torch.Tensor], metadata: dict[str, str] | None = None) -> None:
    """Write a safetensors file, whole or not at all; a full disk is one sentence, and the file that stood there stays."""
    with atomic_path(path) as part:
        try:
            save_file({name: tensor.contiguous() for name, tensor in tensors.items()}, part, metadata=metadata)
        except SafetensorError as error:
            raise UserError(f"{str(path)!r} cannot be written ({error}). Is the disk full? What was written before stands.") from error


def read_tensors(path: Path) -> tuple[dict[str, torch.Tensor], dict[str, str]]:
    """Return the tensors and the metadata of a safetensors file, or say in one sentence what is wrong with it."""
    if not path.is_file():
        raise UserError(f"there is no file {str(path)!r}; expected the folder of a trained agent "
                        f"with {WEIGHTS} and {RECORD}.")
    try:
        with safe_open(path, framework="pt") as file:
            return {name: file.get_tensor(name).clone() for name in file.keys()}, file.metadata() or {}
    except (SafetensorError, OSError) as error:
        raise UserError(f"{str(path)!r} is not a whole safetensors file ({error}). "
                        "It was cut off or comes from another program; copy or train the agent again.") from error


def _read_record(folder: Path) -> dict[str, Any]:
    path = folder / RECORD
    if not path.is_file():
        raise UserError(f"there is no {RECORD} in {str(folder)!r}; expected the folder of a trained agent "
                        f"with {WEIGHTS} and {RECORD}.")
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise UserError(f"{str(path)!r} is not whole JSON ({error}). Copy or train the agent again.") from error
    needed = {"agent", "config", "discount", "name", "fingerprint"}
    if not isinstance(content, dict) or content.get("format") != FORMAT or not needed <= set(content):
        raise UserError(f"{str(path)!r} is not the record of a cogmeta agent (format {FORMAT!r} expected).")
    return content


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    raise TypeError(f"{type(value).__name__} cannot stand in a record")
