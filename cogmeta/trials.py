"""The trial table: the tidy common tongue of tasks, agents, models, people and plots.

One row a trial. Every table has ``subject, session, block, trial``; a family adds its choices and outcome.
A trial without a response is kept, its choices missing (``<NA>``); it is never turned into a choice and
contributes no likelihood. Tables are checked once, at the door, by ``validate_trials``.
"""

from pathlib import Path

import numpy as np
import pandas as pd

from cogmeta.errors import TrialTableError, UserError
from cogmeta.families import FAMILIES, FORCED, INDEX, Choice, Family, get_family
from cogmeta.files import atomic_path


def validate_trials(
    trials: pd.DataFrame,
    family: Family | str,
    n_options: int | None = None,
    reward_range: tuple[float, float] | None = None,
) -> pd.DataFrame:
    """Check a trial table and return it with its standard columns and types.

    Parameters
    ----------
    trials : DataFrame
        One row a trial, in the order in which they happened. Never changed in place.
    family : Family or {"bandit", "two_step", "mdp"}
    n_options : int, optional
        Number of arms, where the family leaves it open; by default as many as the table shows (at least 2).
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default the family's.

    Returns
    -------
    DataFrame
        The same rows and columns, with ``session`` and ``block`` (0 where there were none), choices and states
        as nullable integers, ``reward`` as float, ``forced`` (where there is one) as bool and, for two-step, ``common``.

    Raises
    ------
    TrialTableError
        Naming the first row and subject that break the schema.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["s1", "s1"], "trial": [0, 1], "choice": [0, 2], "reward": [1, 0]})
    >>> validate_trials(table, "bandit", n_options=2)
    Traceback (most recent call last):
    cogmeta.errors.TrialTableError: choice must be an integer in [0, 2), got 2 at row 1 (subject 's1', trial 1). If options are coded 1, 2, ..., subtract 1 first.
    """
    family = get_family(family)
    _check_columns(trials, family)
    out = trials.copy().reset_index(drop=True)
    out["subject"] = out["subject"].astype(str)
    for column in ("session", "block"):
        if column not in out:
            out[column] = 0
        elif out[column].isna().any():
            raise TrialTableError(f"{column} is missing {_where(out, int(np.argmax(out[column].isna())))}; "
                                  f"give every trial one, or leave the column out.")
    out["trial"] = _integers(out, "trial", None, required=True)
    _check_order(out)
    for choice in family.choices_in(out):
        out[choice.column] = _integers(out, choice.column, choice.n_options or n_options)
    for column, n_values in family.states:
        out[column] = _integers(out, column, n_values)
    _check_optional(out, family)
    reward_range = reward_range or family.reward_range
    out["reward"] = _rewards(out, family, reward_range)
    for column in (c for c in family.optional_outcomes if c in out):
        out[column] = _outcomes(out, column, reward_range)
    if FORCED in out:
        out[FORCED] = _booleans(out, FORCED)
    return out.assign(**family.derive(out)) if family.derive else out


def missing(trials: pd.DataFrame, family: Family | str) -> np.ndarray:
    """Return (n_trials,) bool: True where a validated table lacks a response, so that nothing is scored."""
    family = get_family(family)
    needed = [c.column for c in family.choices_in(trials)] + [name for name, _ in family.states]
    return trials[needed].isna().any(axis=1).to_numpy()


def forced_trials(trials: pd.DataFrame) -> np.ndarray:
    """Return (n_trials,) bool: True where a validated table says that the choices of a trial were imposed."""
    return trials[FORCED].to_numpy(bool) if FORCED in trials else np.zeros(len(trials), bool)


def free_choices(trials: pd.DataFrame, family: Family | str) -> pd.DataFrame:
    """Return a validated table in which imposed choices are missing: what measures of somebody's choices look at.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": "a", "trial": [0, 1], "choice": [1, 0], "reward": [1, 0],
    ...                       "forced": [True, False]})
    >>> free_choices(validate_trials(table, "bandit"), "bandit")["choice"].tolist()
    [<NA>, 0]
    """
    forced = forced_trials(trials)
    if not forced.any():
        return trials
    return trials.assign(**{c.column: trials[c.column].mask(forced) for c in get_family(family).choices_in(trials)})


def episode_rows(trials: pd.DataFrame, family: Family | str, episode: tuple[str, ...] | None = None) -> np.ndarray:
    """Return where the answered trials of every episode stand in a validated table.

    Parameters
    ----------
    trials : DataFrame
    family : Family or str
    episode : tuple of str, optional
        Columns whose change starts learning afresh; by default the family's.

    Returns
    -------
    (n_trials, n_episodes) int array
        Row positions in time order, -1 after an episode's last trial. Episodes stand in order of appearance;
        trials without a response are left out.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": ["a", "a", "a", "b"], "trial": [0, 1, 2, 0],
    ...                       "choice": [0, None, 1, 1], "reward": [1, None, 0, 1]})
    >>> episode_rows(validate_trials(table, "bandit"), "bandit").tolist()
    [[0, 3], [2, -1]]
    """
    family = get_family(family)
    label = trials.groupby(list(episode or family.episode), sort=False).ngroup().to_numpy()
    row = np.flatnonzero(~missing(trials, family))
    order = np.argsort(label[row], kind="stable")
    row, label = row[order], label[row[order]]
    start = np.searchsorted(label, label)
    place = np.arange(len(row)) - start
    rows = np.full((place.max(initial=-1) + 1, label.max(initial=-1) + 1), -1)
    rows[place, label] = row
    return rows


def n_options_in(trials: pd.DataFrame, choice: Choice) -> int:
    """Return how many options a validated table shows for a choice, at least 2."""
    if choice.n_options:
        return choice.n_options
    highest = trials[choice.column].max()
    return 2 if pd.isna(highest) else max(2, int(highest) + 1)


def check_options(table: pd.DataFrame, column: str) -> None:
    """Refuse a validated table whose options have gaps: coded from 1, or with a stray number, it would be fitted with phantom options."""
    chosen = table[column].dropna().astype(int)
    never = next(option for option in range(chosen.max() + 2) if option not in set(chosen))
    if never > chosen.max():
        return
    row = int(np.argmax(table[column].fillna(-1) == chosen.max()))
    raise TrialTableError(f"{column} must count options from 0, each taken at least once; option {never} never is, while {chosen.max()} is "
                          f"at row {row} (subject {table['subject'].iloc[row]!r}). If options are coded 1, 2, ..., subtract 1 first; if "
                          f"nobody took option {never}, say how many there are: n_arms=... (--option n_arms=...).")


def guess_family(trials: pd.DataFrame) -> Family:
    """Return the family whose columns a table has."""
    for family in sorted(FAMILIES.values(), key=lambda f: -len(_required(f))):  # the most demanding first
        if not _lacking(trials, family):
            return family
    if any(_only_capitals_differ(trials, family) for family in FAMILIES.values()):
        raise TrialTableError(f"names of columns are in lower case, found {[str(c) for c in trials.columns]}.")
    wanted = "; ".join(f"{f.name}: {', '.join(_required(f))}" for f in FAMILIES.values())
    raise TrialTableError(f"the columns {list(trials.columns)} fit no family of trial tables. Needed are {wanted}. Rename yours, or let "
                          "cogmeta data convert map them (docs/trial_table.md).")


def read_trials(path: str | Path, encoding: str = "utf-8") -> pd.DataFrame:
    """Read a trial table from a CSV file; the columns are checked later, by ``validate_trials``.

    Raises
    ------
    TrialTableError
        The file is missing, empty, not text in this encoding, or not a table.
    """
    table = read_table(path, encoding, dtype={"subject": str}, keep_default_na=True)
    if len(table.columns) == 1 and (found := [mark for mark in (";", "\t") if mark in table.columns[0]]):
        raise TrialTableError(f"the columns of {str(path)!r} are separated by {found[0]!r}; save it with commas, or convert it: "
                              "cogmeta data convert --help.")
    return table


def read_table(path: str | Path, encoding: str = "utf-8", **settings: object) -> pd.DataFrame:
    """Read a CSV file of any columns; what cannot be read is one sentence.

    Parameters
    ----------
    path : str or Path
    encoding : str
    **settings
        Of ``pandas.read_csv``.

    Raises
    ------
    TrialTableError
        As ``read_trials``.
    """
    path = Path(path)
    if path.is_dir():
        raise TrialTableError(f"{str(path)!r} is a folder; expected a CSV file.")
    try:
        table = pd.read_csv(path, encoding=encoding, **settings)
    except FileNotFoundError as error:
        raise TrialTableError(f"there is no file {str(path)!r}.") from error
    except pd.errors.EmptyDataError as error:
        raise TrialTableError(f"{str(path)!r} is empty; expected a CSV file with one row a trial.") from error
    except UnicodeDecodeError as error:
        raise TrialTableError(
            f"{str(path)!r} is not {encoding} text: byte 0x{error.object[error.start]:02x} at position {error.start}. "
            "Save it as UTF-8, or read it with encoding='latin-1' (--encoding latin-1)."
        ) from error
    except pd.errors.ParserError as error:
        raise TrialTableError(f"{str(path)!r} cannot be read as a CSV table: {str(error).strip()}") from error
    if table.empty:
        raise TrialTableError(f"{str(path)!r} has a header but no trials.")
    return table


def write_trials(trials: pd.DataFrame, path: str | Path) -> None:
    """Write a trial table as CSV, whole or not at all; floats keep every digit.

    Raises
    ------
    UserError
        The name ends like another kind of table, which a spreadsheet would then fail to open.
    """
    if Path(path).suffix.lower() in (".xlsx", ".xls", ".ods", ".json", ".mat", ".parquet"):
        raise UserError(f"a trial table is written as CSV, not as {Path(path).suffix}; name it {str(Path(path).with_suffix('.csv'))!r}.")
    with atomic_path(path) as part:
        trials.to_csv(part, index=False)


def _required(family: Family) -> list[str]:
    choices = [c.column for c in family.choices if not c.optional]
    return ["subject", "trial", *choices, *(name for name, _ in family.states), "reward"]


def _lacking(trials: pd.DataFrame, family: Family) -> list[str]:
    return [column for column in _required(family) if column not in trials]


def _only_capitals_differ(trials: pd.DataFrame, family: Family) -> bool:
    return not set(_required(family)) - {str(column).lower() for column in trials.columns}


def _check_columns(trials: pd.DataFrame, family: Family) -> None:
    lacking = _lacking(trials, family)
    if lacking and _only_capitals_differ(trials, family):
        raise TrialTableError(f"names of columns are in lower case, found {[str(c) for c in trials.columns]}.")
    if lacking:
        raise TrialTableError(
            f"a {family.name} trial table needs the columns {_required(family)}; "
            f"{lacking} missing, found {[str(c) for c in trials.columns]}. Rename yours to these."
        )
    if not len(trials):
        raise TrialTableError("the trial table has no rows; expected one row a trial.")
    if trials["subject"].isna().any():
        row = int(np.argmax(trials["subject"].isna()))
        raise TrialTableError(f"subject is missing at row {row}; every trial needs one.")


def _where(trials: pd.DataFrame, row: int) -> str:
    return f"at row {row} (subject {str(trials['subject'].iloc[row])!r}, trial {trials['trial'].iloc[row]})"


def _numbers(trials: pd.DataFrame, column: str) -> pd.Series:
    """Return a column as floats with NaN where missing; text is refused."""
    numbers = pd.to_numeric(trials[column], errors="coerce").astype("Float64").astype(float)
    text = numbers.isna() & trials[column].notna()
    if text.any():
        row = int(np.argmax(text))
        raise TrialTableError(
            f"{column} must be a number, got {trials[column].iloc[row]!r} {_where(trials, row)}. "
            + ("Count options from 0; leave" if column.startswith(("choice", "state")) else "Leave")
            + " the cell empty where there was no response."
        )
    return numbers


def _integers(trials: pd.DataFrame, column: str, n_values: int | None, required: bool = False) -> pd.Series:
    numbers = _numbers(trials, column)
    if required and numbers.isna().any():
        raise TrialTableError(f"{column} is missing {_where(trials, int(np.argmax(numbers.isna())))}.")
    high = np.inf if n_values is None else n_values
    bad = numbers.notna() & ~((numbers >= 0) & (numbers < high) & (numbers == np.floor(numbers)))
    if bad.any():
        row = int(np.argmax(bad))
        span = ">= 0" if n_values is None else f"in [0, {n_values})"
        raise TrialTableError(f"{column} must be an integer {span}, got {numbers[row]:g} {_where(trials, row)}. "
                              + _integer_hint(numbers[row], n_values))
    return numbers.astype("Int64")


def _check_optional(out: pd.DataFrame, family: Family) -> None:
    """Give the optional columns of a fresh table their type; refuse states that an answered trial lacks."""
    for column in (c for c in family.optional_integers if c in out):
        out[column] = _integers(out, column, None)
    for column, n_values in ((c, n) for c, n in family.optional_states if c in out):
        out[column] = _integers(out, column, n_values)
        absent = (out[column].isna() & ~missing(out, family)).to_numpy()
        if absent.any():
            raise TrialTableError(f"{column} is missing {_where(out, int(np.argmax(absent)))} although a choice was "
                                  "made; give every answered trial one, or leave the column out.")


def _integer_hint(number: float, n_values: int | None) -> str:
    if number < 0:
        return "Leave the cell empty where there was no response."
    if n_values is not None and number == n_values:
        return "If options are coded 1, 2, ..., subtract 1 first."
    return "Count from 0."


def _booleans(trials: pd.DataFrame, column: str) -> pd.Series:
    known = trials[column].map(lambda cell: _TRUTH.get(str(cell).lower()))
    if known.isna().any():
        row = int(np.argmax(known.isna()))
        raise TrialTableError(f"{column} must be True where the choice was imposed and False where it was free, got "
                              f"{trials[column].iloc[row]!r} {_where(trials, row)}. Leave the column out if all were free.")
    return known.astype(bool)


_TRUTH = {"true": True, "1": True, "1.0": True, "false": False, "0": False, "0.0": False}


def _outcomes(trials: pd.DataFrame, column: str, reward_range: tuple[float, float]) -> pd.Series:
    outcome, (low, high) = _numbers(trials, column), reward_range
    bad = outcome.notna() & ~((outcome >= low) & (outcome <= high))
    if bad.any():
        row = int(np.argmax(bad))
        raise TrialTableError(f"{column} must lie in [{low:g}, {high:g}], got {outcome[row]:g} {_where(trials, row)}. "
                              "If rewards are points, say so with reward_range=(low, high) (--reward-range LOW HIGH).")
    return outcome


def _rewards(trials: pd.DataFrame, family: Family, reward_range: tuple[float, float]) -> pd.Series:
    reward = _outcomes(trials, "reward", reward_range)
    absent = reward.isna() & ~missing(trials, family)
    if absent.any():
        raise TrialTableError(f"reward is missing {_where(trials, int(np.argmax(absent)))} although a choice was made.")
    return reward


def _check_order(trials: pd.DataFrame) -> None:
    repeated = trials.duplicated(list(INDEX))
    if repeated.any():
        row = int(np.argmax(repeated))
        raise TrialTableError(f"trial {trials['trial'].iloc[row]} of subject {trials['subject'].iloc[row]!r} stands twice, "
                              f"again at row {row}; number the trials of each session, or add a session column.")
    backward = trials.groupby(list(INDEX[:3]), sort=False)["trial"].diff() < 0
    if backward.any():
        row = int(np.argmax(backward))
        raise TrialTableError(f"trials must stand in the order in which they happened; trial goes backward {_where(trials, row)}. "
                              "Sort the table by subject, session, block and trial.")
