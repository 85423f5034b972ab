"""Results that are tables: written as CSV with a record (JSON) of what the columns are, and read back as they were.

Nothing is pickled. Numbers keep every digit; labels stay text (a subject ``007`` is not the number 7).
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.files import atomic_path, make_folder
from cogmeta.models.model import Model
from cogmeta.models.registry import MODELS, make_model

VERSION = 1


def save_tables(
    folder: str | Path, kind: str, tables: Mapping[str, pd.DataFrame], values: Mapping[str, Any] | None = None
) -> Path:
    """Write tables, ``<name>.csv`` each, and the record ``<kind>.json`` into a folder, each whole or not at all.

    Parameters
    ----------
    folder : str or Path
    kind : str
        What kind of result it is; another kind is refused when it is read.
    tables : mapping of str to DataFrame
        Of numbers, truth values and text; with a plain index or named ones.
    values : mapping
        Further plain values.

    Examples
    --------
    >>> _ = save_tables(tmp, "example", {"one": pd.DataFrame({"subject": ["007"], "x": [0.1]})}, {"n": 3})
    >>> tables, values = load_tables(tmp, "example")
    >>> tables["one"].values.tolist(), values
    ([['007', 0.1]], {'n': 3})
    """
    folder, record = make_folder(folder), {"format": f"cogmeta {kind} {VERSION}", "values": dict(values or {}), "tables": {}}
    for name, table in tables.items():
        plain = isinstance(table.index, pd.RangeIndex) and table.index.name is None
        flat = table if plain else table.reset_index()
        record["tables"][name] = {"index": [] if plain else [str(c) for c in flat.columns[:table.index.nlevels]],
                                  "columns": {str(c): _kind(flat[c]) for c in flat}, "title": table.columns.name}
        with atomic_path(folder / f"{name}.csv") as part:
            flat.to_csv(part, index=False)
    with atomic_path(folder / f"{kind}.json") as part:
        part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return folder


def load_tables(folder: str | Path, kind: str) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """Return the tables and values that ``save_tables`` wrote.

    Raises
    ------
    UserError
        The folder does not hold a result of this kind, or its files were changed so that they do not read.
    """
    folder = Path(folder)
    try:
        record = json.loads((folder / f"{kind}.json").read_text(encoding="utf-8"))
        if record.get("format") != f"cogmeta {kind} {VERSION}":
            raise ValueError(f"its format is not 'cogmeta {kind} {VERSION}'")
        return {name: _read(folder / f"{name}.csv", **how) for name, how in record["tables"].items()}, record["values"]
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise UserError(f"{str(folder)!r} does not hold a saved {kind.replace('_', ' ')} ({kind}.json): {error}.") from error


def model_record(model: Model) -> dict[str, Any]:
    """Return what ``model_of`` makes a registered model of again."""
    return {"name": model.name, "options": model.options}


def model_of(record: Mapping[str, Any]) -> Model:
    """Return the registered model of a record, or say that a model of one's own must be passed."""
    if record["name"] not in MODELS:
        raise UserError(f"what was saved is of {record['name']!r}, which is not registered: pass model=... to load it.")
    return make_model(record["name"], **record["options"])


def _kind(column: pd.Series) -> str:
    return {"i": "int", "u": "int", "f": "float", "b": "bool"}.get(getattr(column.dtype, "kind", "O"), "text")


def _read(path: Path, index: list[str], columns: dict[str, str], title: str | None) -> pd.DataFrame:
    table = pd.read_csv(path, dtype=str, keep_default_na=False)[list(columns)]
    for name, kind in columns.items():
        if kind == "float":
            table[name] = np.array([float(cell or "nan") for cell in table[name]], float)
        elif kind in ("int", "bool"):
            table[name] = [cell == "True" if kind == "bool" else int(cell) for cell in table[name]]
    return (table.set_index(index) if index else table).rename_axis(columns=title)
