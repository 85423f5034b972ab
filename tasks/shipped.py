"""Trained agents that ship with the project, each beside the command that made it."""

from importlib.resources import files
from pathlib import Path

from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent, load_record
from cogmeta.errors import UserError
from tasks.registry import registered


def shipped_agent(task_name: str) -> Network:
    """Return the trained network that ships for a task.

    Parameters
    ----------
    task_name : str
        Registered id.

    Raises
    ------
    UserError
        None ships for this task; ``cogmeta train`` makes one.

    Examples
    --------
    >>> shipped_agent("two_step/daw2011").config.n_units
    48
    """
    return load_agent(shipped_folder(task_name))


def shipped_folder(task_name: str) -> Path:
    """Return the folder of a shipped agent: its weights, and the record that names the command that made it."""
    root = Path(str(files("tasks").joinpath("trained")))
    known = {load_record(folder).task: folder for folder in sorted(root.iterdir()) if folder.is_dir()}
    if registered(task_name).name not in known:
        raise UserError(f"no trained agent is shipped for {task_name!r}, only for {', '.join(known)}. "
                        f"Train one: cogmeta train {task_name} --out runs/agent.")
    return known[task_name]
