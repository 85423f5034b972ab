"""Trained agents that ship with the project, each beside the command that made it."""

from importlib.resources import files
from pathlib import Path

from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent, load_kind, load_record
from cogmeta.errors import UserError
from tasks.registry import registered


def shipped_agent(task_name: str, seed: int = 0, kind: str = "lstm") -> Network:
    """Return the trained network that ships for a task.

    Parameters
    ----------
    task_name : str
        Registered id.
    seed : int
        Of its training.
    kind : str
        Of network, such as ``"lstm_no_reward"``; with the name of an expert, one that imitates it: ``"lstm gittins"``.

    Raises
    ------
    UserError
        None ships for this task, seed and kind; ``cogmeta train`` makes one.

    Examples
    --------
    >>> shipped_agent("two_step/daw2011").config.n_units
    48
    """
    return load_agent(shipped_folder(task_name, seed, kind))


def shipped_folder(task_name: str, seed: int = 0, kind: str = "lstm") -> Path:
    """Return the folder of a shipped agent: its weights, and the record that names the command that made it."""
    known = shipped()
    if (registered(task_name).name, seed, kind) not in known:
        seeds = [str(one) for task, one, what in known if (task, what) == (task_name, kind)]
        there = f"seed {', '.join(seeds)}" if seeds else f"{', '.join(sorted({task for task, _, what in known if what == kind}))}"
        network, _, expert = kind.partition(" ")
        raise UserError(f"no trained agent ({kind}) is shipped for {task_name!r} and seed {seed}, only for {there}. Train one: cogmeta "
                        f"train {task_name} --agent {network}{f' --imitate {expert}' if expert else ''} --seed {seed} --out runs/agent.")
    return known[task_name, seed, kind]


def shipped() -> dict[tuple[str, int, str], Path]:
    """Return the folder of every shipped agent, by task, seed and kind of network (and the expert that it imitates)."""
    folders = [folder for folder in sorted(store().iterdir()) if folder.is_dir()]
    records = {folder: load_record(folder) for folder in folders}
    return {(record.task, record.seed, kind_of(folder)): folder for folder, record in records.items()}


def store() -> Path:
    """Return the folder of the agents that ship."""
    return Path(str(files("tasks").joinpath("trained")))


def kind_of(folder: Path) -> str:
    """Return which kind of network a folder holds, and the expert that it imitates, if any: ``"lstm gittins"``."""
    expert = load_record(folder).learner_settings.get("expert")
    return f"{load_kind(folder)} {expert}" if expert else load_kind(folder)
