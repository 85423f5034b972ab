"""Do groups of subjects use models with the same frequencies? Bayesian model selection between groups.

What is assumed: as in ``cogmeta.fitting.selection``; and either one population that all subjects come from, or one a group, both
alike probable before the data. Source: Rigoux et al. 2014 (Neuroimage 84:971), section on between-group comparison. How ours
departs: any number of groups, where the source has two.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import expit

from cogmeta.errors import UserError
from cogmeta.fitting.saved_tables import load_tables, save_tables
from cogmeta.fitting.selection import Selection, dirichlet_posterior, free_energy, select_models


@dataclass(frozen=True)
class GroupSelection:
    """What selection between groups found.

    Attributes
    ----------
    same : float
        Probability that all groups come from one population, models alike frequent in each.
    table : DataFrame
        One row a group and model: ``group, model, frequency, exceedance, protected_exceedance, n_subjects``, each group alone.
    together : Selection
        All subjects as one group.
    """

    same: float
    table: pd.DataFrame
    together: Selection

    def __repr__(self) -> str:
        return f"probability that groups use models alike often: {self.same:.3g}\n{self.table.round(3).to_string(index=False)}"

    def save(self, folder: str | Path) -> Path:
        """Write ``group_frequencies.csv``, the record and, in a folder of its own, the selection of all together; nothing is pickled."""
        folder = save_tables(folder, "group_selection", {"group_frequencies": self.table}, {"same": self.same})
        self.together.save(folder / "together")
        return folder

    @classmethod
    def load(cls, folder: str | Path) -> "GroupSelection":
        """Read what ``save`` wrote."""
        tables, values = load_tables(folder, "group_selection")
        return cls(values["same"], tables["group_frequencies"], Selection.load(Path(folder) / "together"))


def compare_groups(
    evidence: pd.DataFrame, groups: Sequence[object] | pd.Series, seed: int = 0, prior_count: float = 1.0
) -> GroupSelection:
    """Return how probable it is that groups of subjects use models with the same frequencies.

    Parameters
    ----------
    evidence : (n_subjects, n_models) DataFrame
        Log evidence; see ``log_evidence``.
    groups : sequence of labels, or Series
        One a subject, in the order of the rows; of a Series, by its index, which names the subjects.
    seed : int
        Of the samples behind exceedance probabilities.
    prior_count : float
        The Dirichlet prior's count of each model, > 0.

    Raises
    ------
    UserError
        A subject has no group, or there is just one.

    Notes
    -----
    ``p(same) = 1 / (1 + exp(Σ_g F_g - F))``, with F the free energy of all subjects together and ``F_g`` that of a group.

    Examples
    --------
    >>> evidence = pd.DataFrame({"one": [0.0] * 9 + [-20.0] * 9, "other": [-20.0] * 9 + [0.0] * 9})
    >>> found = compare_groups(evidence, ["patient"] * 9 + ["control"] * 9)
    >>> round(found.same, 4), found.table.groupby("group")["frequency"].max().round(2).tolist()
    (0.0001, [0.91, 0.91])
    """
    label = _labels(evidence, groups)
    together = select_models(evidence, seed, prior_count)
    names = list(dict.fromkeys(label))
    bounds, tables = [_bound(evidence, prior_count)], []
    for name in names:
        own = evidence[label == name]
        bounds.append(_bound(own, prior_count))
        table = select_models(own, seed, prior_count).table.drop(columns="alpha").reset_index()
        tables.append(table.assign(group=name, n_subjects=len(own)))
    whole = pd.concat(tables, ignore_index=True)
    return GroupSelection(float(expit(bounds[0] - sum(bounds[1:]))), whole[["group", *whole.columns.drop("group")]], together)


def _bound(evidence: pd.DataFrame, prior_count: float) -> float:
    logs = evidence.to_numpy(float)
    return free_energy(logs, *dirichlet_posterior(logs, prior_count), prior_count)


def _labels(evidence: pd.DataFrame, groups: Sequence[object] | pd.Series) -> np.ndarray:
    """Return one label a row of the evidence."""
    label = groups.reindex(evidence.index) if isinstance(groups, pd.Series) else pd.Series(list(groups), dtype=object)
    if len(label) != len(evidence):
        raise UserError(f"every subject needs a group: evidence has {len(evidence)} subjects, groups has {len(label)}.")
    if label.isna().any():
        raise UserError(f"subject {evidence.index[int(np.argmax(label.isna()))]!r} has no group. Give it one, or leave it out.")
    if label.nunique() < 2:
        raise UserError(f"groups are compared where there are two or more, all subjects are in {label.iloc[0]!r}.")
    return label.to_numpy()
