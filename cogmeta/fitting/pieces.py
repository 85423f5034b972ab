"""A long study as pieces: each is written to a file when it is done, so that a killed study goes on where it was."""

import hashlib
import json
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from multiprocessing.resource_tracker import ensure_running
from pathlib import Path
from typing import Any

import pandas as pd
from joblib import Parallel, delayed

from cogmeta.errors import UserError
from cogmeta.files import atomic_path, make_folder

STUDY_FILE = "study.json"
PIECES = "pieces"
TEXT = ("subject", "parameter", "flag", "fit", "measure")
"""Columns of pieces that are no numbers."""

Listener = Callable[[int, int], None]
"""Called with (pieces done, pieces in all)."""


def run_pieces(
    work: Callable[[int], pd.DataFrame], n_pieces: int, study: dict[str, Any], folder: str | Path | None = None,
    n_jobs: int = 1, listener: Listener | None = None,
) -> list[pd.DataFrame]:
    """Return ``work(0), ..., work(n_pieces - 1)``, each computed once.

    Parameters
    ----------
    work : callable
        Takes the number of a piece and returns its table; must not depend on other pieces.
    n_pieces : int
    study : dict
        Plain values that say which study this is; a folder with pieces of another one is refused.
    folder : str or Path, optional
        Where pieces are kept; those that lie there are not computed again. Nothing is written by default.
    n_jobs : int
        Processes side by side, >= 1; -1 for all cores.
    listener : callable, optional

    Examples
    --------
    >>> done = run_pieces(lambda k: pd.DataFrame({"k": [k]}), 3, {"name": "three"}, tmp)
    >>> [table["k"].tolist() for table in run_pieces(lambda k: 1 / 0, 3, {"name": "three"}, tmp)]
    [[0], [1], [2]]
    """
    if isinstance(n_jobs, bool) or not isinstance(n_jobs, int) or n_jobs == 0 or n_jobs < -1:
        raise UserError(f"n_jobs must be an integer >= 1, or -1 for all cores, got {n_jobs!r}.")
    if folder is not None:
        _claim(make_folder(folder), study)
    tables: dict[int, pd.DataFrame] = {k: table for k in range(n_pieces) if (table := _read(folder, k)) is not None}
    due = [k for k in range(n_pieces) if k not in tables]
    if listener and tables:
        listener(len(tables), n_pieces)
    with _ctrl_c_waits() if n_jobs != 1 else nullcontext():
        results = Parallel(n_jobs=n_jobs, return_as="generator")(delayed(work)(k) for k in due)
    for k, table in zip(due, results):
        if folder is not None:
            with atomic_path(_path(folder, k)) as part:
                table.to_csv(part, index=False)
        tables[k] = table
        if listener:
            listener(len(tables), n_pieces)
    return [tables[k] for k in range(n_pieces)]


@contextmanager
def _ctrl_c_waits() -> Iterator[None]:
    """Hold Ctrl-C back while processes are started, for good in those: this one stops them, else each tells of its broken imports."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    ensure_running()  # of a helper that processes need, which would let Ctrl-C in again when it starts
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def fingerprint(table: pd.DataFrame) -> str:
    """Return 16 hexadecimal digits that change with any cell or column of a table."""
    return hashlib.sha256(table.to_csv(index=False).encode()).hexdigest()[:16]


def _claim(folder: Path, study: dict[str, Any]) -> None:
    path = folder / STUDY_FILE
    text = json.dumps(study, indent=1, sort_keys=True, default=str) + "\n"
    if path.exists():
        before = path.read_text(encoding="utf-8")
        if before == text:
            return
        if any((folder / PIECES).glob("*")):  # else it stopped before its first piece, and nothing is lost
            raise UserError(f"{str(folder)!r} holds another study: {_difference(before, text)}. Choose another folder, "
                            "or remove it.")
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")


def _difference(before: str, now: str) -> str:
    pairs = [(a.strip(), b.strip()) for a, b in zip(before.splitlines(), now.splitlines()) if a != b]
    return f"{pairs[0][0]} there, {pairs[0][1]} here" if pairs else "its settings differ"


def _path(folder: str | Path, k: int) -> Path:
    return Path(folder) / PIECES / f"{k:04d}.csv"


def _read(folder: str | Path | None, k: int) -> pd.DataFrame | None:
    if folder is None or not _path(folder, k).is_file():
        return None
    table = pd.read_csv(_path(folder, k), dtype=str, keep_default_na=False)
    for name in table.columns.difference(TEXT):
        cells = [float(cell or "nan") for cell in table[name]]  # every digit, which pandas' own reader does not promise
        whole = all(cell.lstrip("-").isdigit() for cell in table[name])
        table[name] = table[name].astype(int) if whole else cells
    return table
