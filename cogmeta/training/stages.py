"""Stages of a training: the weights as they were on the way, kept beside the trained agent.

What a network does early in training tells how it came to what it does in the end (Wang et al. 2018, figure 6c: accuracy
by training stage). A stage is a fraction of the training's steps; the last one is the trained agent itself.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import torch

from cogmeta.agents.actor_critic import under
from cogmeta.agents.network import Network
from cogmeta.agents.store import build, describe, load_agent, load_record, read_tensors, write_tensors
from cogmeta.errors import UserError
from cogmeta.training.run import Run

STAGES = "stages.safetensors"
FORMAT = "cogmeta stages 1"


class Stage(NamedTuple):
    """A network at some point of its training."""

    steps: int  # environment steps until then
    agent: Network


@dataclass
class Stages:
    """Keeps the weights of a training at fractions of its steps, in one file.

    Parameters
    ----------
    path : Path
        A ``.safetensors`` file; written whole whenever a stage is reached.
    fractions : tuple of float
        In (0, 1), ascending.
    resume : bool
        Whether the stages that the file holds already are kept.
    """

    path: Path
    fractions: tuple[float, ...]
    resume: bool = False
    _kept: dict[str, torch.Tensor] = field(default_factory=dict, init=False, repr=False)
    _steps: dict[str, int] = field(default_factory=dict, init=False, repr=False)

    def __post_init__(self) -> None:
        if not all(0 < f < 1 for f in self.fractions) or list(self.fractions) != sorted(set(self.fractions)):
            raise UserError(f"fractions of training must ascend in (0, 1), got {self.fractions}; the end is kept anyway.")
        if self.resume and self.path.is_file():
            self._kept, metadata = read_tensors(self.path)
            self._steps = json.loads(metadata["steps"])

    def take(self, run: Run) -> None:
        """Keep the weights if the last update reached a stage that is not kept yet."""
        reached = [k for k, fraction in enumerate(self.fractions) if run.steps >= fraction * run.learner.n_steps]
        missing = [str(k) for k in reached if str(k) not in self._steps]
        if not missing:
            return
        for stage in missing:
            self._steps[stage] = run.steps
            self._kept |= {f"{stage}.{name}": weight.clone() for name, weight in run.agent.weights.items()}
        write_tensors(self.path, self._kept, {"format": FORMAT, "steps": json.dumps(self._steps)})


def load_stages(folder: str | Path) -> list[Stage]:
    """Read a trained agent with the stages of its training.

    Parameters
    ----------
    folder : str or Path
        Of ``cogmeta train``, for a task whose preset keeps stages.

    Returns
    -------
    list of Stage
        The earliest first; the last one is the trained agent.

    Raises
    ------
    UserError
        The folder holds no stages, or files that are not whole.
    """
    folder = Path(folder)
    agent = load_agent(folder)
    if not (folder / STAGES).is_file():
        raise UserError(f"{str(folder)!r} holds no stages of its training ({STAGES}). Train on a task whose preset keeps them, "
                        "such as harlow/vector.")
    tensors, metadata = read_tensors(folder / STAGES)
    if metadata.get("format") != FORMAT:
        raise UserError(f"{str(folder / STAGES)!r} is not a file of stages of cogmeta (format {FORMAT!r} expected).")
    stages = []
    for stage, steps in json.loads(metadata["steps"]).items():
        weights = under(f"{stage}.", tensors)
        stages.append(Stage(steps, build(describe(agent), weights, f"{str(folder / STAGES)!r}")))
    return [*stages, Stage(load_record(folder).steps, agent)]
