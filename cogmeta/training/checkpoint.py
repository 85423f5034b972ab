"""Checkpoints: everything the next update depends on, in one file that is whole or not there.

Weights and optimiser state are tensors; configuration, counters and the state of every random generator are JSON in
the file's own header. A run that goes on from a checkpoint ends with the very bytes of the run that was not stopped.
"""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any


from cogmeta.agents.actor_critic import under
from cogmeta.agents.store import build, describe, read_tensors, write_tensors
from cogmeta.errors import UserError
from cogmeta.training.run import Run

FORMAT = "cogmeta checkpoint 1"


@dataclass
class Checkpoint:
    """Where and how often a training is saved.

    Parameters
    ----------
    path : str or Path
        A ``.safetensors`` file.
    interval : float
        Seconds between two savings, >= 0.
    resume : bool
        Whether training goes on from what the file holds. Without it, training begins anew and replaces the file.
    """

    path: str | Path
    interval: float = 30.0
    resume: bool = False

    def __post_init__(self) -> None:
        self.path = Path(self.path)
        self._saved_at = time.monotonic()
        if not self.interval >= 0:
            raise UserError(f"interval is the seconds between two checkpoints and must be >= 0, got {self.interval!r}.")

    def save_if_due(self, run: Run) -> None:
        """Save where the interval has passed and no episode or epoch is under way."""
        if time.monotonic() - self._saved_at >= self.interval and run.between_epochs:
            self.save(run)

    def save(self, run: Run) -> None:
        """Write the file, whole or not at all."""
        save_run(run, self.path)
        self._saved_at = time.monotonic()


def save_run(run: Run, path: str | Path) -> None:
    """Write everything that the next update of a run depends on."""
    tensors = {f"weights.{name}": weight for name, weight in run.agent.weights.items()}
    tensors |= {f"optimiser.{name}": tensor for name, tensor in run.optimiser.state().items()}
    tensors |= {f"learner.{name}": tensor for name, tensor in run.learner.kept(run.buffers).items()}
    state = {
        "agent": describe(run.agent), "training": training_of(run), "update": run.update, "steps": run.steps,
        "seconds": run.seconds, "rngs": {name: rng.bit_generator.state for name, rng in run.rngs.items()},
    }
    write_tensors(path, tensors, {"format": FORMAT, "state": json.dumps(state)})


def restore_run(run: Run, path: str | Path) -> None:
    """Bring a fresh run to where a checkpoint left off.

    Raises
    ------
    UserError
        There is no such file, it is cut off, or it belongs to another training.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"there is no checkpoint {str(path)!r} to resume from; start without resume (--resume).")
    tensors, metadata = read_tensors(path)
    if metadata.get("format") != FORMAT:
        raise UserError(f"{str(path)!r} is not a checkpoint of cogmeta (format {FORMAT!r} expected).")
    state = json.loads(metadata["state"])
    _check_same(state["training"], training_of(run), path)
    saved = build(state["agent"], under("weights.", tensors), repr(str(path)))
    for name, weight in saved.weights.items():
        run.agent.weights[name].copy_(weight)
    run.agent.discount = saved.discount
    run.optimiser.restore(under("optimiser.", tensors))
    run.learner.restore(run.buffers, under("learner.", tensors))
    run.update, run.steps, run.seconds = state["update"], state["steps"], state["seconds"]
    for name, rng in run.rngs.items():
        rng.bit_generator.state = state["rngs"][name]


def training_of(run: Run) -> dict[str, Any]:
    """Return what makes two trainings the same, as plain JSON values."""
    what = {
        "task": run.task.spec.name, "task_settings": run.task.settings, "learner": type(run.learner).__name__,
        "learner_settings": run.learner.settings, "seed": run.seed, "agent_config": describe(run.agent)["config"],
    }
    return json.loads(json.dumps(what))


def _check_same(saved: dict[str, Any], wanted: dict[str, Any], path: Path) -> None:
    for name, value in wanted.items():
        if saved.get(name) != value:
            difference = _difference(saved.get(name), value)
            raise UserError(f"{str(path)!r} is of another training: its {name} is {difference}. "
                            "Resume with the settings it was started with, or start anew elsewhere.")


def _difference(saved: Any, wanted: Any) -> str:
    if isinstance(saved, dict) and isinstance(wanted, dict):
        key = next(k for k in {**wanted, **saved} if saved.get(k) != wanted.get(k))
        return f"{key}={saved.get(key)!r}, not {wanted.get(key)!r}"
    return f"{saved!r}, not {wanted!r}"
