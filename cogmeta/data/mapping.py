"""Anybody's table as a trial table: a mapping says which column is what and how its cells are coded.

A mapping is a dictionary, or a TOML file of the same content::

    family = "bandit"                  # or "two_step"
    delimiter = ";"                    # of the file; a comma by default, "\\t" for tabulators
    missing = [-1, "null"]             # codes of no response; empty cells, NA and NaN always are
    n_options = 2
    keep = ["age"]                     # columns kept as they are

    [columns]                          # ours = "theirs"
    subject = "ID"
    choice = "response"
    reward = "points"
    rt = "RT"

    [codes.choice]                     # their cell = our code; every other cell is refused
    left = 0
    right = 1

    [scale]                            # our number = scale * theirs + offset
    rt = 0.001

Further tables: ``[offset]`` (``choice = -1`` where options count from 1), ``[constants]`` (``session = 0``),
``[where]`` (``phase = ["main"]`` keeps the rows whose cell is one of these, ``"trials.thisN" = "*"`` those that have any), ``[missing]`` with a list a column instead
of one for all, ``[transcript]`` (see ``cogmeta.data.transcript``; the file then is JSON lines). Further keys:
``encoding``, ``reward_range``, ``check_transitions``, ``variable`` (where the table is within a JSON or MATLAB file). ``trial`` may be left out: rows are counted then. Codes of no
response are looked for in every mapped column but ``subject, session, block, trial``. A trial without a choice loses
its states and reward. Nothing is guessed: what a mapping does not name is refused, with the row.
"""

import codecs
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.data.raw_table import read_raw
from cogmeta.data.transcript import Transcript, read_transcripts
from cogmeta.errors import TrialTableError, UserError, unknown_name
from cogmeta.families import INDEX, TWO_STEP, Family, get_family
from cogmeta.trials import missing, validate_trials

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

ANY = "*"
"""In ``where``: any cell that is not empty."""

ALWAYS_MISSING = ("", "NA", "NaN", "nan")
"""Cells that are missing in every column but the labels of a trial."""


@dataclass(frozen=True)
class ColumnMapping:
    """What the columns of a file are in the trial table; see the head of this module.

    Attributes
    ----------
    family : str
        "bandit" or "two_step".
    columns : mapping
        Our name -> theirs.
    codes : mapping
        Our name -> {their cell: our code}.
    scale, offset : mapping
        Our name -> number; ours = scale * theirs + offset.
    constants : mapping
        Our name -> value of all rows.
    where : mapping
        Their name -> list of the cells that are kept, or ``"*"`` for any that is not empty.
    missing : sequence, or mapping
        Codes of no response: for all columns, or our name -> sequence.
    keep : sequence of str
        Their columns that are kept under their names.
    n_options : int, optional
    reward_range : (float, float), optional
    delimiter, encoding : str
        Of a text file.
    variable : str
        Where the table is within a JSON or MATLAB file, such as ``"results.trials"``.
    check_transitions : bool
        Whether two-step trials are refused in which option 0 mostly leads to state 1.
    transcript : mapping, optional
        ``Transcript`` settings, if the file holds transcripts.
    """

    family: str
    columns: Mapping[str, str]
    codes: Mapping[str, Mapping] = field(default_factory=dict)
    scale: Mapping[str, float] = field(default_factory=dict)
    offset: Mapping[str, float] = field(default_factory=dict)
    constants: Mapping[str, Any] = field(default_factory=dict)
    where: Mapping[str, list] = field(default_factory=dict)
    missing: Any = ()
    keep: tuple[str, ...] = ()
    n_options: int | None = None
    reward_range: tuple[float, float] | None = None
    delimiter: str = ","
    encoding: str = "utf-8"
    variable: str = ""
    check_transitions: bool = True
    transcript: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        family = get_family(self.family)
        self._check_tables()
        self._check_values()
        twice = set(self.columns) & set(self.constants)
        if twice:
            raise UserError(f"the mapping gives {sorted(twice)[0]!r} both as a column and as a constant; keep one.")
        given = {*self.columns, *self.constants}
        lacking = [name for name in needed_columns(family) if name not in given]
        if lacking:
            raise UserError(f"the mapping does not say what {lacking[0]!r} is; a {family.name} table needs "
                            f"{needed_columns(family)}. Name their column under [columns].")
        for table in ("codes", "scale", "offset"):
            for name in getattr(self, table):
                if name not in self.columns:
                    raise unknown_name(f"column under [{table}]", name, self.columns)

    def _check_tables(self) -> None:
        for name in ("columns", "codes", "scale", "offset", "constants", "where"):
            if not isinstance(getattr(self, name), Mapping):
                raise UserError(f"{name} of a mapping must be a table, name = value, got {getattr(self, name)!r}.")
        for name, codes in self.codes.items():
            if not isinstance(codes, Mapping):
                raise UserError(f"codes of {name!r} must be a table, their cell = our code, got {codes!r}.")
            for cell, code in codes.items():
                if isinstance(code, bool) or not isinstance(code, int):
                    raise UserError(f"codes of {name!r} must be integers from 0, got {code!r} for {cell!r}.")
        for name in (*self.scale, *self.offset):
            for number in (self.scale.get(name, 0), self.offset.get(name, 0)):
                if isinstance(number, bool) or not isinstance(number, int | float):
                    raise UserError(f"scale and offset of {name!r} must be numbers, got {number!r}.")

    def _check_values(self) -> None:
        lists = self.missing if isinstance(self.missing, Mapping) else {"": self.missing}
        for name, codes in lists.items():
            if name and name not in self.columns:
                raise unknown_name("column under [missing]", name, self.columns)
            if not isinstance(codes, list | tuple):
                raise UserError(f"missing must be a list of codes, such as [-1, \"null\"], got {codes!r}.")
        if not isinstance(self.keep, list | tuple):
            raise UserError(f"keep must be a list of the file's columns, got {self.keep!r}.")
        span = self.reward_range
        if span is not None and not (len(span) == 2 and span[0] < span[1]):
            raise UserError(f"reward_range must be [lowest, highest], got {self.reward_range!r}.")
        try:
            codecs.lookup(self.encoding)
        except LookupError as error:
            raise UserError(f"encoding must be one such as \"utf-8\" or \"latin-1\", got {self.encoding!r}.") from error

    def missing_codes(self, column: str) -> set[str]:
        """Return the cells of one of our columns that mean that there is none."""
        codes = self.missing.get(column, ()) if isinstance(self.missing, Mapping) else self.missing
        return {*ALWAYS_MISSING, *(_cell(code) for code in codes)}


def needed_columns(family: Family) -> list[str]:
    """Return the columns that a mapping must give: all that the family needs but ``trial``, which can be counted."""
    choices = [choice.column for choice in family.choices if not choice.optional]
    return ["subject", *choices, *(name for name, _ in family.states), "reward"]


def load_mapping(mapping: ColumnMapping | Mapping | str | Path) -> ColumnMapping:
    """Return a mapping from a dictionary or from a TOML file.

    Parameters
    ----------
    mapping : ColumnMapping, dict, str or Path

    Raises
    ------
    UserError
        There is no such file, it is not TOML, or it has a key that a mapping does not have.

    Examples
    --------
    >>> load_mapping({"family": "bandit", "column": {}})
    Traceback (most recent call last):
    cogmeta.errors.UserError: unknown mapping key 'column'. Did you mean 'columns'? Known mapping keys: ...
    """
    if isinstance(mapping, ColumnMapping):
        return mapping
    if isinstance(mapping, str | Path):
        mapping = _read_toml(Path(mapping))
    known = {f.name for f in fields(ColumnMapping)}
    for key in mapping:
        if key not in known:
            raise unknown_name("mapping key", key, known)
    for key in ("family", "columns"):
        if key not in mapping:
            raise UserError(f"the mapping has no {key!r}; it needs "
                            "family = \"bandit\" (or \"two_step\") and [columns].")
    return ColumnMapping(**mapping)


def _read_toml(path: Path) -> dict:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise UserError(f"there is no mapping file {str(path)!r}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, IsADirectoryError) as error:
        raise UserError(f"the mapping {str(path)!r} is not a TOML file: {error}") from error


def read_mapped(path: str | Path | Sequence[str | Path], mapping: ColumnMapping | Mapping | str | Path) -> pd.DataFrame:
    """Read anybody's table as a validated trial table.

    Parameters
    ----------
    path : path, or sequence of paths
        CSV, TSV, JSON (jsPsych) or MATLAB, see ``cogmeta.data.raw_table``; several files, or a folder, are read one
        after the other, and the column ``file`` names the file of a row. JSON lines, where they are transcripts.
    mapping : ColumnMapping, dict, or path of a TOML file

    Returns
    -------
    DataFrame
        The family's columns, then all others that the mapping names.

    Raises
    ------
    UserError
        A mapping or a file that does not fit; the message names the first row.

    Examples
    --------
    >>> _ = (tmp / "raw.csv").write_text("ID;response;win\\n01;left;1\\n01;null;0\\n01;right;0\\n")
    >>> mapping = {"family": "bandit", "delimiter": ";", "missing": ["null"],
    ...            "columns": {"subject": "ID", "choice": "response", "reward": "win"},
    ...            "codes": {"choice": {"left": 0, "right": 1}}}
    >>> read_mapped(tmp / "raw.csv", mapping)[["subject", "trial", "choice", "reward"]]
      subject  trial  choice  reward
    0      01      0       0     1.0
    1      01      1    <NA>     NaN
    2      01      2       1     0.0
    """
    mapping = load_mapping(mapping)
    family = get_family(mapping.family)
    raw = _rows(_read_cells(path, mapping), mapping)
    out = pd.DataFrame({name: _column(raw, name, mapping, family) for name in mapping.columns})
    out = out.assign(**mapping.constants, **{name: raw[name] for name in mapping.keep})
    if "trial" not in out:
        out["trial"] = out.groupby([name for name in INDEX[:3] if name in out], sort=False).cumcount()
    out = _validate(_without_response(out, family), mapping, family)
    _check_plausible(out, mapping, family)
    return out[[*INDEX, *(name for name in out if name not in INDEX)]]


def _read_cells(path: str | Path | Sequence[str | Path], mapping: ColumnMapping) -> pd.DataFrame:
    """Return the file with every cell as text."""
    if mapping.transcript is not None:
        try:
            transcript = Transcript(**mapping.transcript)
            files = [path] if isinstance(path, str | Path) else path
            return pd.concat([read_transcripts(file, transcript) for file in files], ignore_index=True).astype(str)
        except (TypeError, KeyError, OSError, ValueError) as error:
            if isinstance(error, UserError):
                raise
            what = f"{type(error).__name__}: {error}"
            raise UserError(f"{str(path)!r} cannot be read as transcripts ({what}).") from error
    cells = read_raw(path, mapping.variable, mapping.encoding, mapping.delimiter)
    if len(cells.columns) == 2 and len(mapping.columns) > 1:
        raise UserError(f"{str(path)!r} has one column only, {cells.columns[1]!r}, with the delimiter "
                        f"{mapping.delimiter!r}. Give the file's own: delimiter = \";\" or \"\\t\".")
    return cells


def _rows(raw: pd.DataFrame, mapping: ColumnMapping) -> pd.DataFrame:
    """Return the rows that ``where`` keeps, under the row numbers of the file."""
    for name in (*mapping.columns.values(), *mapping.where, *mapping.keep):
        if name not in raw:
            raise unknown_name("column of the file", name, [str(column) for column in raw])
    for name, wanted in mapping.where.items():
        cells = {_cell(cell) for cell in (wanted if isinstance(wanted, list | tuple) else [wanted])}
        kept = raw[name].str.strip() != "" if wanted == ANY else raw[name].map(_cell).isin(cells)
        if not kept.any():
            raise UserError(f"no row has {name!r} among {sorted(cells)}, as [where] of the mapping wants; found "
                            f"{sorted(raw[name].unique())[:5]}.")
        raw = raw[kept]
    return raw


def _column(raw: pd.DataFrame, name: str, mapping: ColumnMapping, family: Family) -> pd.Series:
    """Return one of our columns: labels as text, everything else as numbers where it can be, missing cells empty."""
    text = raw[mapping.columns[name]].str.strip()
    if name == "subject":
        return text.mask(text == "")
    absent = pd.Series(False, text.index) if name in INDEX else text.map(_cell).isin(mapping.missing_codes(name))
    text = text.mask(absent)
    if name in mapping.codes:
        text = _recode(text, name, mapping)
    number = pd.to_numeric(text, errors="coerce").astype(float)
    wrong = number.isna() & text.notna()
    if name in mapping.scale or name in mapping.offset or name in ("trial", "reward", *_coded(family)):
        if wrong.any():
            row = wrong.idxmax()
            raise TrialTableError(f"{name} must be a number, got {text[row]!r} in column {mapping.columns[name]!r} at "
                                  f"row {row}. {_advice(text[row], name, mapping.columns[name])}")
        return number * mapping.scale.get(name, 1) + mapping.offset.get(name, 0)
    return text if wrong.any() else number


def _advice(cell: str, name: str, theirs: str) -> str:
    if cell == "" and name in INDEX:
        return f"If rows without it are no trials (instructions, pauses), leave them out: [where] \"{theirs}\" = \"*\"."
    if cell.lower() in ("true", "false"):
        return f"Say which is which: [codes.{name}] true = 1, false = 0."
    return f"List its codes under [codes.{name}], or under missing if it is no response."


def _recode(text: pd.Series, name: str, mapping: ColumnMapping) -> pd.Series:
    codes = {_cell(cell): code for cell, code in mapping.codes[name].items()}
    cells = text.dropna().map(_cell)
    strange = ~cells.isin(list(codes))
    if strange.any():
        row = strange.idxmax()
        raise TrialTableError(f"{name} is {text[row]!r} in column {mapping.columns[name]!r} at row {row}, but "
                              f"[codes.{name}] names only {', '.join(map(repr, codes))}. Add it there, or to missing.")
    return cells.map(codes).reindex(text.index)


def _cell(value: object) -> str:
    """Return a cell or a code as text, numbers in one form: ``1``, ``1.0`` and ``"1"`` are the same.

    Examples
    --------
    >>> [_cell(value) for value in (-1, "-1.0", " left ", "NaN")]
    ['-1', '-1', 'left', 'NaN']
    """
    text = str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return text
    return f"{number:.15g}" if np.isfinite(number) else text


def _coded(family: Family) -> list[str]:
    return [choice.column for choice in family.choices] + [name for name, _ in family.states]


def _without_response(out: pd.DataFrame, family: Family) -> pd.DataFrame:
    """Return the table with choices, states and rewards empty wherever a choice or state is."""
    coded = [name for name in _coded(family) if name in out]
    absent = out[coded].isna().any(axis=1)
    return out.assign(**{name: out[name].mask(absent) for name in (*coded, "reward")})


def _validate(out: pd.DataFrame, mapping: ColumnMapping, family: Family) -> pd.DataFrame:
    codes = mapping.codes.get("choice", {})
    n_options = mapping.n_options or (max(2, 1 + max(codes.values())) if codes else None)
    try:
        return validate_trials(out, family, n_options, mapping.reward_range)
    except TrialTableError as error:
        counted = " Rows are counted after [where] of the mapping." if mapping.where else ""
        raise TrialTableError(f"{error}{counted}") from error


def _check_plausible(out: pd.DataFrame, mapping: ColumnMapping, family: Family) -> None:
    """Refuse what is valid but cannot be meant: nobody answers, options count from 1, states are swapped."""
    answered = out[~missing(out, family)]
    if answered.empty:
        raise UserError("no trial has a response; is a code of a choice listed as missing?")
    first = family.choices[0].column
    lowest = int(answered[first].min())
    if lowest > 0 and mapping.n_options is None and first not in mapping.codes and family.choices[0].n_options is None:
        raise UserError(f"nobody ever takes option 0, the lowest {first} is {lowest}. If options count from {lowest}, "
                        f"write [offset] {first} = -{lowest}; if option 0 exists, say how many there are: n_options.")
    if family is TWO_STEP and mapping.check_transitions:
        _check_transitions(answered)


def _check_transitions(answered: pd.DataFrame) -> None:
    """Refuse subjects whose option 0 mostly leads to state 1: below .35 of 30 trials, 1 in 50,000 if .7 were true."""
    share = answered.groupby("subject", sort=False)["common"].agg(["mean", "size"])
    swapped = share[(share["size"] >= 30) & (share["mean"].astype(float) < 0.35)]
    if len(swapped):
        row = int(np.argmax(answered["subject"] == swapped.index[0]))
        raise UserError(f"option 0 should commonly lead to state2 0, but of subject {swapped.index[0]!r} (from row "
                        f"{answered.index[row]}) just {swapped['mean'].iloc[0]:.0%} of transitions are common. Swap "
                        "the codes of state2 or choice1, or write check_transitions = false.")
