"""Anybody's files as one table of text cells: CSV, the JSON of jsPsych, MATLAB 5 and 7.3, one file or one a participant.

Every cell becomes text as it stands in the file, so that a mapping can name its codes: ``true``, ``null`` (empty), ``1``
for ``1.0``. The column ``file`` (unless there is one) is the file's name without its suffix: the subject, where every
participant has a file. JSON is an array of objects, jsPsych's own, or one such array a line, JATOS's export; names of
nested fields are joined by dots. In MATLAB files a table is a struct of equally long fields, an array of structs, or the
top level's variables.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.io import loadmat

from cogmeta.errors import TrialTableError
from cogmeta.trials import read_table

FILE = "file"
"""Column that names the file of a row."""

TEXT, JSON, MATLAB = (".csv", ".tsv", ".txt", ".dat"), (".json",), (".mat",)
"""Suffixes of files that are read."""


def read_raw(paths: str | Path | Sequence[str | Path], variable: str = "", encoding: str = "utf-8",
             delimiter: str = ",") -> pd.DataFrame:
    """Return the rows of all files, one after the other, every cell as text.

    Parameters
    ----------
    paths : path, or sequence of paths
        A folder stands for all files in it with a known suffix, by name.
    variable : str
        Where the table is within a MATLAB or JSON file, such as ``"results.trials"``; by default the top.
    encoding, delimiter : str
        Of text files.

    Raises
    ------
    TrialTableError
        Naming the file that cannot be read.

    Examples
    --------
    >>> _ = (tmp / "p7.json").write_text('[{"rt": 312.5, "response": null}, {"rt": 400, "data": {"won": true}}]')
    >>> read_raw(tmp / "p7.json").to_dict("list")
    {'file': ['p7', 'p7'], 'rt': ['312.5', '400'], 'response': ['', ''], 'data.won': ['', 'true']}
    """
    parts = []
    for path in _files(paths):
        for name, table in _read(path, variable, encoding, delimiter):
            table = table.fillna("")
            if FILE not in table:
                table.insert(0, FILE, name)
            parts.append(table)
    return pd.concat(parts, ignore_index=True).fillna("") if len(parts) > 1 else parts[0]


def _files(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    given = [Path(path) for path in ([paths] if isinstance(paths, str | Path) else paths)]
    found = []
    for path in given:
        if not path.is_dir():
            found.append(path)
            continue
        inside = sorted(p for p in path.iterdir() if p.suffix.lower() in (*TEXT, *JSON, *MATLAB))
        if not inside:
            raise TrialTableError(f"the folder {str(path)!r} has no file that ends in {', '.join((*TEXT, *JSON, *MATLAB))}.")
        found += inside
    if not found:
        raise TrialTableError("no file to read was named.")
    return found


def _read(path: Path, variable: str, encoding: str, delimiter: str) -> Iterable[tuple[str, pd.DataFrame]]:
    suffix = path.suffix.lower()
    if suffix in JSON:
        yield from _read_json(path, variable, encoding)
    elif suffix in MATLAB:
        yield path.stem, _as_table(_inside(_read_matlab(path), variable, path), path)
    else:
        yield path.stem, read_table(path, encoding, sep=delimiter, dtype=str, keep_default_na=False)


def _read_json(path: Path, variable: str, encoding: str) -> Iterable[tuple[str, pd.DataFrame]]:
    """Yield one table, or one a line where every line is a participant's array."""
    try:
        text = path.read_text(encoding=encoding)
    except FileNotFoundError as error:
        raise TrialTableError(f"there is no file {str(path)!r}.") from error
    try:
        yield path.stem, _as_table(_inside(json.loads(text), variable, path), path)
        return
    except json.JSONDecodeError as error:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise TrialTableError(f"{str(path)!r} is not whole JSON ({error}).") from error
    for number, line in enumerate(lines, 1):
        try:
            content = json.loads(line)
        except json.JSONDecodeError as error:
            raise TrialTableError(f"{str(path)!r} is not whole JSON, nor is its line {number} ({error}).") from error
        yield f"{path.stem}_{number}", _as_table(_inside(content, variable, path), path)


def _inside(content: Any, variable: str, path: Path) -> Any:
    """Return what stands under a dotted name."""
    for name in filter(None, variable.split(".")):
        if not isinstance(content, Mapping) or name not in content:
            known = sorted(content) if isinstance(content, Mapping) else "no names"
            raise TrialTableError(f"{str(path)!r} has nothing under {variable!r}: {name!r} is not among {known}.")
        content = content[name]
    return content


def _as_table(content: Any, path: Path) -> pd.DataFrame:
    """Return an array of objects, or an object of equally long arrays, as a table of text cells."""
    if isinstance(content, Mapping):
        columns = {name: np.ravel(np.asarray(value, object)) for name, value in content.items() if not name.startswith("__")}
        longest = max((len(column) for column in columns.values()), default=0)
        content = pd.DataFrame({name: column for name, column in columns.items() if len(column) == longest})
    elif isinstance(content, list | np.ndarray) and len(content) and all(isinstance(row, Mapping) for row in content):
        content = pd.json_normalize(list(content))
    else:
        raise TrialTableError(f"{str(path)!r} holds no table: expected an array of objects, or columns of one length, got "
                              f"{type(content).__name__}. Say where it is: variable = \"name.of.the.table\".")
    if content.empty:
        raise TrialTableError(f"{str(path)!r} has no rows.")
    return content.astype(object).map(_text)


def _text(cell: Any) -> str:
    """Return a cell as text: numbers in their shortest form, nothing for what is missing."""
    if cell is None or (isinstance(cell, float | np.floating) and np.isnan(cell)):
        return ""
    if isinstance(cell, bool | np.bool_):
        return str(bool(cell)).lower()
    if isinstance(cell, float | np.floating):
        return f"{cell:.15g}"
    return json.dumps(cell) if isinstance(cell, list | dict) else str(cell)


def _read_matlab(path: Path) -> dict[str, Any]:
    """Return the variables of a MATLAB file, structs as dictionaries."""
    if not path.is_file():
        raise TrialTableError(f"there is no file {str(path)!r}.")
    try:
        return loadmat(path, simplify_cells=True)
    except NotImplementedError:  # 7.3, which is HDF5
        return _read_hdf5(path)
    except Exception as error:  # SciPy raises whatever a broken file leads it to
        raise TrialTableError(f"{str(path)!r} is not a whole MATLAB file ({type(error).__name__}: {error}).") from error


def _read_hdf5(path: Path) -> dict[str, Any]:
    try:
        import h5py
    except ImportError as error:
        raise TrialTableError(f"{str(path)!r} is a MATLAB 7.3 file, which needs h5py: pip install \"cogmeta[matlab]\".") from error
    with h5py.File(path) as file:
        return {name: _plain(file[name], file) for name in file if not name.startswith("#")}


def _plain(node: Any, file: Any) -> Any:
    """Return a group as a dictionary, text as a string, references followed, numbers as a flat array."""
    if hasattr(node, "keys"):
        return {name: _plain(node[name], file) for name in node}
    kind, values = node.attrs.get("MATLAB_class", b"").decode(), node[()]
    if kind == "char":
        return "".join(chr(code) for code in values.ravel(order="F"))
    if values.dtype == object:
        return [_only(_plain(file[reference], file)) for reference in values.ravel()]
    return values.ravel()


def _only(value: Any) -> Any:
    """Return the one element of an array of one, as a cell of a table."""
    return value[0] if isinstance(value, np.ndarray) and value.size == 1 else value
