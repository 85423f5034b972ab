"""Take trained agents into the folder of those that ship with the project.

    python -m tasks.ship RUN... [--half] [--curve]

Each RUN is a folder of ``cogmeta train``. Its weights, record and stages are taken over; with ``--half`` its weights are rounded
to half precision, the record says so, and the quality in it is that of the rounded network, measured on the same fresh
episodes as before; with ``--curve`` its learning curve is kept, too. An agent of the same task, seed and kind that ships already is replaced. All of them stay below 10 MB.
"""

import argparse
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd

from cogmeta.agents.network import Network
from cogmeta.agents.store import RECORD, WEIGHTS, AgentRecord, load_agent, load_record, rounded, save_agent
from cogmeta.errors import UserError
from cogmeta.files import atomic_path
from cogmeta.training.stages import STAGES
from tasks.registry import make_task
from tasks.shipped import kind_of, shipped, store
from tasks.train_run import CURVE, measure

LARGEST = 10_000_000
"""Bytes of all agents that ship."""

DRAWN = ("update", "steps", "reward_per_trial", "entropy")
"""Columns of a learning curve that ships."""


def ship(run: str | Path, half: bool = False, curve: bool = False) -> Path:
    """Take a trained agent over, whole or in half precision.

    Parameters
    ----------
    run : str or Path
        Folder of ``cogmeta train``; that of an agent which ships already, to keep it in half precision.
    half : bool
        Round the weights to float16 and measure the rounded agent anew.
    curve : bool
        Keep the columns of the learning curve that figures draw.

    Returns
    -------
    Path
        Its folder among those that ship.

    Raises
    ------
    UserError
        The folder holds no trained agent, or all agents together would exceed ``LARGEST`` bytes.
    """
    run = Path(run)
    agent, record, folder = load_agent(run), load_record(run), folder_for(run)
    _check_room(run, folder, half)
    if half:
        record = replace(record, dtype="float16", quality=_quality(rounded(agent, "float16"), record))
    save_agent(agent, folder, record)
    if (run / STAGES).is_file() and run != folder:
        shutil.copy(run / STAGES, folder / STAGES)
    if curve:
        with atomic_path(folder / CURVE) as part:
            pd.read_csv(run / CURVE)[list(DRAWN)].round(5).to_csv(part, index=False)
    return folder


def folder_for(run: Path) -> Path:
    """Return where an agent ships: the folder of the one with its task, seed and kind, or a new one named after them."""
    record, kind = load_record(run), kind_of(run)
    words = [record.task, *([] if kind == "lstm" else kind.split()), f"seed{record.seed}"]
    return shipped().get((record.task, record.seed, kind), store() / "_".join(words).replace("/", "_"))


def total_bytes() -> int:
    """Return how many bytes all agents that ship take."""
    return sum(path.stat().st_size for path in store().rglob("*") if path.is_file())


def _check_room(run: Path, folder: Path, half: bool) -> None:
    weights, others = _size(run, WEIGHTS), _size(run, RECORD) + _size(run, STAGES)
    there = sum(_size(folder, name) for name in (WEIGHTS, RECORD, STAGES))
    wanted = total_bytes() - there + others + weights // (2 if half else 1)
    if wanted > LARGEST:
        raise UserError(f"with {str(run)!r} the agents that ship would take {wanted:,} bytes, more than {LARGEST:,}. Keep it, or others "
                        "that matter less, in half precision (--half).")


def _size(folder: Path, name: str) -> int:
    return (folder / name).stat().st_size if (folder / name).is_file() else 0


def _quality(agent: Network, record: AgentRecord) -> dict[str, float]:
    return measure(agent, make_task(record.task), record.quality["test_episodes"], record.quality["test_seed"])


def main(arguments: list[str] | None = None) -> None:
    """Take every run over and say what it is now, and what room is left."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=Path, metavar="RUN")
    parser.add_argument("--half", action="store_true", help="in half precision")
    parser.add_argument("--curve", action="store_true", help="with its learning curve")
    given = parser.parse_args(arguments)
    for run in given.runs:
        before, folder = load_record(run).quality, ship(run, given.half, given.curve)
        print(f"{folder.name}: reward a trial {before['reward_per_trial']:g}, as kept {load_record(folder).quality['reward_per_trial']:g}", flush=True)
    print(f"all agents: {total_bytes():,} bytes of {LARGEST:,}")


if __name__ == "__main__":
    main()
