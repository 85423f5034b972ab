"""Trained agents that ship with the project, each beside the command that made it."""

from importlib.resources import files
from pathlib import Path

from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent, load_record
from cogmeta.errors import UserError
from tasks.registry import registered


def shipped_agent(task_name: str, seed: int = 0) -> Network:
    """Return the trained network that ships for a task.

    Parameters
    ----------
    task_name : str
        Registered id.
    seed : int
        Of its training.

    Raises
    ------
    UserError
        None ships for this task and seed; ``cogmeta train`` makes one.

    Examples
    --------
    >>> shipped_agent("two_step/daw2011").config.n_units
    48
    """
    return load_agent(shipped_folder(task_name, seed))


def shipped_folder(task_name: str, seed: int = 0) -> Path:
    """Return the folder of a shipped agent: its weights, and the record that names the command that made it."""
    known = shipped()
    if (registered(task_name).name, seed) not in known:
        there = ", ".join(f"{task} (seed {one})" for task, one in known)
        raise UserError(f"no trained agent is shipped for {task_name!r} and seed {seed}, only for {there}. "
                        f"Train one: cogmeta train {task_name} --seed {seed} --out runs/agent.")
    return known[task_name, seed]


def shipped() -> dict[tuple[str, int], Path]:
    """Return the folder of every shipped agent, by task and seed."""
    root = Path(str(files("tasks").joinpath("trained")))
    records = {folder: load_record(folder) for folder in sorted(root.iterdir()) if folder.is_dir()}
    return {(record.task, record.seed): folder for folder, record in records.items()}
