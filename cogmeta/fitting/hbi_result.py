"""The result of hierarchical Bayesian inference over several models: frequencies, shares, groups, subjects, and a t-test."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr

from cogmeta.errors import UserError, unknown_name
from cogmeta.files import atomic_path, make_folder
from cogmeta.models.model import Model
from cogmeta.models.registry import MODELS, make_model

FILES = {"table": "frequencies.csv", "responsibility": "responsibility.csv", "group": "group.csv"}
SUMMARY_FILE, FORMAT = "summary.json", "cogmeta hierarchical comparison 1"


class TTest(NamedTuple):
    """A hierarchical t-test: the group's mean against a value.

    Attributes
    ----------
    t : float
    df : float
        Not always whole: it counts the subjects who use the model.
    p : float
        Two-sided.
    """

    t: float
    df: float
    p: float


@dataclass(frozen=True)
class HierarchicalComparison:
    """Who uses which model, and with which parameters.

    Attributes
    ----------
    models : list of Model
    table : DataFrame
        One row a model (its index): ``alpha`` (Dirichlet counts), ``frequency``, ``exceedance``,
        ``protected_exceedance``.
    responsibility : DataFrame
        (n_subjects, n_models) probability that a subject uses a model.
    group : DataFrame
        One row a model and parameter: ``mean`` (natural units), ``u_mean`` (unconstrained), ``error`` (hierarchical
        standard error of ``u_mean``), ``df``, ``u_sd`` (spread of subjects).
    parameters : dict of DataFrame
        Model -> natural parameters of every subject under it, ``log_likelihood`` and ``flag``.
    omnibus_risk : float
        Probability that all models are alike frequent.
    settings : dict
    """

    models: list[Model]
    table: pd.DataFrame
    responsibility: pd.DataFrame
    group: pd.DataFrame
    parameters: dict[str, pd.DataFrame]
    omnibus_risk: float
    settings: dict[str, Any] = field(default_factory=dict)

    def t_test(self, model: str, parameter: str, value: float = 0.0) -> TTest:
        """Return the hierarchical t-test of a group's mean against a value.

        Parameters
        ----------
        model, parameter : str
        value : float
            Unconstrained: a logit, a logarithm, or the number itself.

        Notes
        -----
        ``t = (a - value) / sqrt(σ / (ν β))`` with 2 ν degrees of freedom (Piray et al. 2019).
        """
        own = self.group[self.group["model"] == model]
        if own.empty:
            raise unknown_name("model", model, self.table.index)
        row = own[own["parameter"] == parameter]
        if row.empty:
            raise unknown_name(f"parameter of {model}", parameter, own["parameter"])
        mean, error, df = (float(row[name].iloc[0]) for name in ("u_mean", "error", "df"))
        t = (mean - value) / error
        return TTest(t, df, float(2 * stdtr(df, -abs(t))))

    @property
    def flags(self) -> pd.Series:
        """What to beware of, by subject: choices that are none, one, or all alike; only subjects with a flag."""
        own = next(iter(self.parameters.values())).set_index("subject")["flag"]
        return own[own != ""]

    def __repr__(self) -> str:
        n = len(self.responsibility)
        return (f"hierarchical Bayesian inference: {len(self.models)} models, {n} subjects, omnibus risk "
                f"{self.omnibus_risk:.3g}\n{self.table.round(3).to_string()}\n\n"
                f"{self.group.round(3).to_string(index=False)}")

    def save(self, folder: str | Path) -> Path:
        """Write tables (CSV) and record (JSON) into a folder; nothing is pickled."""
        folder = make_folder(folder)
        tables = {FILES["table"]: self.table.reset_index(), FILES["group"]: self.group,
                  FILES["responsibility"]: self.responsibility.reset_index()}
        tables |= {f"parameters_{k}.csv": self.parameters[m.name] for k, m in enumerate(self.models)}
        for name, table in tables.items():
            with atomic_path(folder / name) as part:
                table.to_csv(part, index=False)
        record = {"format": FORMAT, "models": [{"name": m.name, "options": m.options} for m in self.models],
                  "omnibus_risk": self.omnibus_risk, "settings": self.settings}
        with atomic_path(folder / SUMMARY_FILE) as part:
            part.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: str | Path, models: Sequence[Model] = ()) -> "HierarchicalComparison":
        """Read what ``save`` wrote.

        Parameters
        ----------
        folder : str or Path
        models : sequence of Model
            Those of your own, which are not registered.
        """
        own_models = {model.name: model for model in models}
        folder = Path(folder)
        try:
            record = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
            if record.get("format") != FORMAT:
                raise ValueError(f"its format is not {FORMAT!r}")
            strange = [m["name"] for m in record["models"] if m["name"] not in {*MODELS, *own_models}]
            if strange:
                raise UserError(f"{str(folder)!r} is of {strange[0]!r}, which is not registered: pass models=[...] to load it.")
            models = [own_models.get(m["name"]) or make_model(m["name"], **m["options"]) for m in record["models"]]
            table = _read(folder / FILES["table"]).set_index("model")
            share = _read(folder / FILES["responsibility"]).set_index("subject").rename_axis(columns="model")
            own = {m.name: _read(folder / f"parameters_{k}.csv") for k, m in enumerate(models)}
            return cls(models, table, share, _read(folder / FILES["group"]), own, record["omnibus_risk"], record["settings"])
        except UserError:
            raise
        except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
            raise UserError(f"{str(folder)!r} does not hold a saved hierarchical comparison: {error}.") from error


def group_table(model: Model, a: np.ndarray, sigma: np.ndarray, beta: float, nu: float) -> pd.DataFrame:
    """Return the rows of one model in ``HierarchicalComparison.group``."""
    natural = [float(p.to_natural(np.asarray(u))) for p, u in zip(model.scaled_parameters, a)]
    return pd.DataFrame({"model": model.name, "parameter": model.parameter_names, "mean": natural, "u_mean": a,
                         "error": np.sqrt(sigma / (nu * beta)), "df": 2 * nu, "u_sd": np.sqrt(sigma / nu)})


def _read(path: Path) -> pd.DataFrame:
    """Return a table with every digit of its numbers."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in set(table) - {"subject", "model", "parameter", "flag"}:
        table[name] = [float(cell or "nan") for cell in table[name]]
    return table
