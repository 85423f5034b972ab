"""The result of a fit: parameters of every subject, how well they explain the choices, and what to beware of."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, make_folder
from cogmeta.fitting.covariates import coefficient_table
from cogmeta.fitting.bayes.posterior import coefficients_of, read_posterior
from cogmeta.models.model import Model
from cogmeta.models.registry import MODELS, make_model

PARAMETERS_FILE, SUMMARY_FILE, POSTERIOR_FILE = "parameters.csv", "summary.json", "posterior.nc"

SAMPLING = ("n_chains", "n_draws", "n_tune", "target_accept", "covariance")
WORDS = ("table", "beware")
"""Entries of a fit by NUTS: settings, and of its group what is no array."""


@dataclass(frozen=True)
class Fit:
    """Parameters fitted to every subject of a trial table.

    Attributes
    ----------
    model : Model
        With its options, adapted to the table.
    table : DataFrame
        One row a subject: ``subject``; one column a parameter (natural units); its standard error ``se_...`` (natural
        units, from the expected curvature; infinite for a parameter at its bound or in a flat direction);
        ``log_likelihood``, ``objective`` (with the log-prior), ``n_trials`` (choices scored), ``aic``, ``bic``;
        ``flag`` (what to beware of, empty where all is well).
        By ``"nuts"``: posterior means and standard deviations, the likelihood and criteria at those means, no ``objective``.
    method : str
        ``"mle"``, ``"map"``, ``"em"`` or ``"nuts"``.
    settings : dict
        ``n_starts``, ``seed``, and which ``engine`` ran, ``"plain"`` or ``"compiled"``; for ``"map"`` the ``priors`` by parameter;
        for ``"nuts"`` how was sampled.
    episode : tuple of str or None
        Columns whose change started learning afresh, where they were not the family's.
    group : dict
        For ``"em"``: ``mean``, ``covariance`` (unconstrained, of ``model.scaled_parameters``), ``log_model_evidence``,
        ``ibic``, ``n_iterations``; ``coefficients`` and ``coefficient_errors`` by term. For ``"nuts"``: posterior means of
        ``mean``, ``covariance``, ``coefficients``; ``n_divergences``; ``beware`` (what is wrong with the draws, in words).
    posterior : InferenceData or None
        For ``"nuts"``, of ArviZ; see ``cogmeta.fitting.bayes.posterior.inference_data``.
    """

    model: Model
    table: pd.DataFrame
    method: str
    settings: dict[str, Any]
    episode: tuple[str, ...] | None = None
    group: dict[str, Any] = field(default_factory=dict)
    posterior: Any = None

    @property
    def parameters(self) -> pd.DataFrame:
        """One row a subject: ``subject`` and the natural parameters."""
        return self.table[["subject", *self.model.parameter_names]].copy()

    @property
    def standard_errors(self) -> pd.DataFrame:
        """One row a subject: ``subject`` and the standard error of each parameter, in natural units."""
        columns = {f"se_{name}": name for name in self.model.parameter_names}
        return self.table[["subject", *columns]].rename(columns=columns)

    @property
    def coefficients(self) -> pd.DataFrame:
        """What the group's mean depends on: one row a parameter and term.

        By ``"em"`` see ``coefficient_table``; by ``"nuts"`` posterior mean, SD, 95 % interval and probability of a positive one.
        """
        if "coefficients" not in self.group:
            raise UserError(f"a fit by {self.method!r} has no group and no coefficients; use method='em' or 'nuts'.")
        if self.method == "nuts":
            return coefficients_of(self.group_table)
        return coefficient_table(self.model.parameter_names, self.group)

    @property
    def group_table(self) -> pd.DataFrame:
        """What is known of the group, for ``"nuts"``; see ``cogmeta.fitting.bayes.posterior.group_table``."""
        if "table" not in self.group:
            raise UserError(f"a fit by {self.method!r} has no draws of a group: use method='nuts'; .group is what 'em' gives.")
        return pd.DataFrame(self.group["table"])

    @property
    def log_likelihood(self) -> pd.Series:
        """Natural log-likelihood of each subject's choices, by subject."""
        return self.table.set_index("subject")["log_likelihood"]

    @property
    def n_trials(self) -> pd.Series:
        """Choices scored, by subject."""
        return self.table.set_index("subject")["n_trials"]

    @property
    def flags(self) -> pd.Series:
        """What to beware of, by subject; only subjects with a flag."""
        flag = self.table.set_index("subject")["flag"]
        return flag[flag != ""]

    def summary(self) -> pd.DataFrame:
        """Return mean, median and quartiles over subjects, one row a parameter (its name is the index)."""
        values = self.table[list(self.model.parameter_names)]
        rows = {
            "symbol": {p.name: p.symbol for p in self.model.parameters}, "mean": values.mean(), "sd": values.std(),
            "quartile_1": values.quantile(0.25), "median": values.median(), "quartile_3": values.quantile(0.75),
        }
        return pd.DataFrame(rows).rename_axis("parameter").loc[list(self.model.parameter_names)]

    def totals(self) -> dict[str, float]:
        """Return sums over subjects, and the log-likelihood a scored choice."""
        table, n = self.table, int(self.table["n_trials"].sum())
        total = float(table["log_likelihood"].sum())
        return {"n_subjects": len(table), "n_trials": n, "log_likelihood": total,
                "log_likelihood_per_choice": total / n if n else 0.0, "aic": float(table["aic"].sum()),
                "bic": float(table["bic"].sum()), "n_flagged": int((table["flag"] != "").sum())}

    def __repr__(self) -> str:
        totals = self.totals()
        head = (f"{self.model.name} by {self.method}: {totals['n_subjects']} subjects, {totals['n_trials']} choices, "
                f"log-likelihood {totals['log_likelihood']:.2f} ({totals['log_likelihood_per_choice']:.4f} a choice)")
        tail = f"\n{totals['n_flagged']} subjects are flagged, see .flags" if totals["n_flagged"] else ""
        tail += "".join(f"\nbeware: {words}" for words in self.group.get("beware", []))
        return f"{head}\n{self.summary().round(3).to_string()}{tail}"

    def agent(self, subject: str | None = None) -> Agent:
        """Return an agent that behaves as a subject was fitted to behave.

        Parameters
        ----------
        subject : str, optional
            By default an agent with one subject an episode, in the order of the table.
        """
        if subject is None:
            return self.model.agent({name: self.table[name].to_numpy() for name in self.model.parameter_names})
        own = self.table[self.table["subject"] == str(subject)]
        if own.empty:
            some = ", ".join(self.table["subject"][:5])
            raise UserError(f"this fit has no subject {str(subject)!r}; it has {some}, ...")
        return self.model.agent({name: float(own[name].iloc[0]) for name in self.model.parameter_names})

    def save(self, folder: str | Path) -> None:
        """Write ``parameters.csv``, ``summary.json`` and draws (``posterior.nc``) into a folder, each whole or not at all; those of an earlier fit go."""
        folder = make_folder(folder)
        with atomic_path(folder / PARAMETERS_FILE) as part:
            self.table.to_csv(part, index=False)
        with atomic_path(folder / SUMMARY_FILE) as part:
            part.write_text(json.dumps(self.record(), indent=2), encoding="utf-8")
        if self.posterior is None:
            (folder / POSTERIOR_FILE).unlink(missing_ok=True)  # of an earlier fit
            return
        with atomic_path(folder / POSTERIOR_FILE) as part:
            self.posterior.to_netcdf(str(part))

    def record(self) -> dict[str, Any]:
        """Return everything but the table as plain values."""
        group = {k: v.tolist() if isinstance(v, np.ndarray) else v for k, v in self.group.items()}
        summary = self.summary().reset_index().astype(object)
        return {"model": self.model.name, "options": self.model.options, "method": self.method, **self.settings,
                "episode": list(self.episode) if self.episode else None, "totals": self.totals(), "group": group,
                "parameters": summary.where(summary.notna(), None).to_dict("records")}

    @classmethod
    def load(cls, folder: str | Path, model: Model | None = None) -> "Fit":
        """Read what ``save`` wrote.

        Parameters
        ----------
        folder : str or Path
        model : Model, optional
            Needed for a model of your own, which is not registered.
        """
        folder = Path(folder)
        try:
            record = json.loads((folder / SUMMARY_FILE).read_text(encoding="utf-8"))
            table = _read_table(folder / PARAMETERS_FILE)
            model = model or _registered(record)
            settings = {name: record[name] for name in ("n_starts", "seed")} | {"engine": record.get("engine", "plain")}
            settings |= {name: record[name] for name in (*SAMPLING, "priors", "group_prior") if name in record}
            episode = tuple(record["episode"]) if record["episode"] else None
            group = {k: np.array(v) if isinstance(v, list) and k not in WORDS else v for k, v in record["group"].items()}
            lacking = {"subject", "log_likelihood", "flag", *model.parameter_names} - set(table)
        except UserError:
            raise
        except (OSError, KeyError, TypeError, ValueError) as error:  # broken JSON and CSV are ValueErrors
            raise UserError(f"{str(folder)!r} does not hold a saved fit ({SUMMARY_FILE} and {PARAMETERS_FILE}): "
                            f"{error}.") from error
        if lacking:
            raise UserError(f"{str(folder / PARAMETERS_FILE)!r} lacks the columns {sorted(lacking)} of {model.name}.")
        posterior = read_posterior(folder / POSTERIOR_FILE) if record["method"] == "nuts" else None
        return cls(model, table, record["method"], settings, episode, group, posterior)


def _read_table(path: Path) -> pd.DataFrame:
    """Return the table with every digit of its numbers."""
    table = pd.read_csv(path, dtype=str, keep_default_na=False)
    for name in set(table) - {"subject", "flag"}:
        kind = int if name == "n_trials" else float
        table[name] = np.array([kind(cell or "nan") for cell in table[name]], kind)
    return table


def _registered(record: dict[str, Any]) -> Model:
    if record["model"] not in MODELS:
        raise UserError(f"the saved fit is of {record['model']!r}, which is not registered: pass model=... to load it.")
    return make_model(record["model"], **record["options"])
