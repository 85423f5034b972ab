"""Group statistics of public data sets, to compare with where no data are at hand.

These are statistics, not data: means over people of how often they repeated their first choice, and the pooled
logistic regression of that on reward and transition, computed from the authors' public files. Each comes with its
citation and with a sentence on how it was computed. Where the files are at hand, ``load_trials`` and the measures of
``analyses`` give the same numbers.
"""

import json
from functools import cache
from importlib.resources import files

import pandas as pd

from cogmeta.data.registry import get_data_set
from cogmeta.errors import UserError, unknown_name

PAIRINGS = ("drop_missing", "adjacent")
"""How a trial finds its predecessor: the last answered one, or the one just before it if that was answered."""


def published_stay(name: str, pairing: str = "drop_missing", **options: object) -> pd.DataFrame:
    """Return the published group stay probabilities of a two-step data set.

    Parameters
    ----------
    name : str
        ``"feher2020_twostep"`` or ``"shahar2019_twostep_nspn"``.
    pairing : {"drop_missing", "adjacent"}
        See ``PAIRINGS``; kept trials of shahar2019 have no original numbers, so it has only the first.
    **options
        As in ``load_trials``: ``story=`` or ``measurement=``; by default all.

    Returns
    -------
    DataFrame
        One row a group and cell: the option's column, ``cell``, ``reward`` and ``common`` (of the trial before),
        ``stay`` (mean over people of each one's proportion), ``low, high`` (95 % interval of that mean),
        ``n_subjects, pairing, citation, provenance``.

    Examples
    --------
    >>> table = published_stay("feher2020_twostep", story="magic_carpet")
    >>> table[["cell", "stay"]].round(3).values.tolist()
    [['rewarded_common', 0.801], ['rewarded_rare', 0.473], ['unrewarded_common', 0.481], ['unrewarded_rare', 0.822]]
    """
    rows = [
        {**group["of"], "cell": cell, "reward": cell.startswith("rewarded"), "common": cell.endswith("common"),
         "stay": stay, "low": group["interval"][cell][0], "high": group["interval"][cell][1],
         "n_subjects": group["n_subjects"], **about}
        for group, about in _groups(name, pairing, options) for cell, stay in group["stay"].items()
    ]
    return pd.DataFrame(rows)


def published_regression(name: str, pairing: str = "drop_missing", **options: object) -> pd.DataFrame:
    """Return the published coefficients of the pooled logistic regression stay ~ reward x transition.

    Parameters
    ----------
    name, pairing, **options
        As in ``published_stay``.

    Returns
    -------
    DataFrame
        One row a group and term: the option's column, ``term`` (intercept, reward, transition,
        reward_x_transition; predictors are +1, -1), ``coefficient``, ``n_pairs, pairing, citation, provenance``.

    Examples
    --------
    >>> table = published_regression("feher2020_twostep", story="magic_carpet")
    >>> dict(zip(table["term"], table["coefficient"].tolist()))["reward_x_transition"]
    0.7835
    """
    rows = [
        {**group["of"], "term": term, "coefficient": coefficient, "n_pairs": group["n_pairs"], **about}
        for group, about in _groups(name, pairing, options) for term, coefficient in group["regression"].items()
    ]
    return pd.DataFrame(rows)


def _groups(name: str, pairing: str, options: dict[str, object]) -> list[tuple[dict, dict]]:
    """Return the groups that were asked for, each with what there is to say about it."""
    record, data_set = _records(), get_data_set(name)
    if name not in record:
        raise unknown_name("data set with published statistics", name, record)
    if pairing not in PAIRINGS:
        raise unknown_name("pairing", pairing, PAIRINGS)
    asked = {option: value for option, value in data_set.check_options(**options).items() if value is not None}
    groups = [g for g in record[name]["groups"] if g["pairing"] == pairing and asked.items() <= g["of"].items()]
    if not groups:
        raise UserError(f"there are no published statistics of {name!r} for pairing={pairing!r}; use 'drop_missing'.")
    about = {"pairing": pairing, "citation": data_set.citation, "provenance": record[name]["provenance"]}
    return [(group, about) for group in groups]


@cache
def _records() -> dict:
    return json.loads(files("cogmeta.data").joinpath("published.json").read_text(encoding="utf-8"))
