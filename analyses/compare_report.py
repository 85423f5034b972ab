"""The page of a comparison: who predicts whose choices, who behaves alike, which model whom, which groups differ."""

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analyses.behaviour import PEOPLE, summary
from analyses.comparison import Comparison, fitted_as_text, with_interval
from analyses.intervals import as_text
from analyses.report import Section
from cogmeta.fitting.group_selection import GroupSelection
from cogmeta.fitting.hbi_result import HierarchicalComparison

TITLE = "Agents, models and people on the same trials"


def keys(comparison: Comparison) -> list[dict[str, str]]:
    """Return the numbers to lead with: who predicts each data set best."""
    held = comparison.held_out()
    table, where = (comparison.likelihood, "trials that it was fitted to") if held is None else (held, "held-out trials")
    leading = []
    for data, rows in table.groupby("data", sort=False):
        scores = rows.set_index("player")["log_likelihood_per_trial"]
        leading.append({"value": f"{scores.max():.3f}", "label": f"nats a trial of {data}",
                        "beside": f"{scores.idxmax()}, the best, on {where}; chance {scores['chance']:.3f}"})
    return leading


def likelihood_section(comparison: Comparison, pictures: Mapping[str, list[Path]]) -> Section:
    """Return the section on who predicts whose choices."""
    section = Section("Who predicts the choices")
    section.say("Everybody is given the same trials and scored by the same log-likelihood a trial (natural log; both choices of a "
                "two-step trial together). Cognitive models are fitted to each subject; a network never saw a person, and is scored "
                "as it is and with one inverse temperature a subject (tempered).")
    section.table(_scores(comparison), "Log-likelihood a trial, mean and half of the 95 % interval over subjects")
    _show(section, pictures.get("likelihood", []), "Log-likelihood a trial, means and 95 % intervals over subjects")
    _show(section, pictures.get("held_out", []), "The same on trials that were left out of every fit")
    return section


def _scores(comparison: Comparison) -> pd.DataFrame:
    texts = [fitted_as_text(row) for row in comparison.likelihood.itertuples()]
    table = comparison.likelihood[["data", "player", "fitted", "n_subjects"]].assign(fitted=texts).rename(
        columns={"fitted": "fitted a subject", "n_subjects": "subjects"})
    table.insert(3, "log-likelihood", [with_interval(row) for row in comparison.likelihood.itertuples()])
    if (held := comparison.held_out()) is not None:
        table.insert(4, "held out", [with_interval(row) for row in held.itertuples()])
    return table


def behaviour_section(behaved: Mapping[str, pd.DataFrame], pictures: Mapping[str, list[Path]]) -> Section:
    """Return the section on how everybody behaves."""
    section = Section("How everybody behaves")
    section.say("People as they behaved. Models meet the trials of each subject again, with the parameters that were fitted to it, and make "
                "their own choices; agents play fresh episodes of the registered task, whose rewards need not be those of the data. Who "
                "predicts the next choice well and behaves otherwise leans on the choices that it is told.")
    for data, table in behaved.items():
        means = summary(table)
        cells = means.assign(cell=[as_text(row) for row in means.itertuples()])
        wide = cells.pivot(index="player", columns="measure", values="cell")
        wide = wide.loc[list(dict.fromkeys(table["player"])), list(dict.fromkeys(table["measure"]))]
        section.table(wide.reset_index().rename_axis(columns=None), f"{data}: means and half of the 95 % interval over subjects", ours=(PEOPLE,))
    _show(section, pictures.get("behaviour", []), "The same drawn; the line is where the people are")
    return section


def frequencies_section(frequencies: pd.DataFrame, held_out: bool) -> Section:
    """Return the section on how many subjects each player describes."""
    section = Section("Whom each describes")
    evidence = "what a player scored on held-out trials" if held_out else "-BIC / 2"
    section.table(frequencies, "Bayesian model selection over subjects", note=(
        f"Log evidence of a subject: {evidence}. frequency: expected share of the population; exceedance: probability of being the most "
        "frequent, protected: allowing for all being alike frequent, whose probability is the omnibus risk (Rigoux et al. 2014)."))
    return section


def hierarchies_section(hierarchies: Mapping[str, HierarchicalComparison]) -> Section:
    """Return the section on who uses which cognitive model, all models and groups inferred at once."""
    section = Section("Who uses which model")
    for data, found in hierarchies.items():
        section.table(found.table.rename_axis("model").reset_index(), f"{data}: hierarchical Bayesian inference over the cognitive models", note=(
            f"Frequencies of models, each with a group of its own (Piray et al. 2019); omnibus risk {found.omnibus_risk:.3g}. Each subject's "
            "responsibilities are in the folder hbi_..."))
        section.table(found.group, f"{data}: group means under each model, natural units, with hierarchical errors (unconstrained)")
    return section


def loo_section(tables: Mapping[str, pd.DataFrame]) -> Section:
    """Return the section on models by full hierarchical Bayes, a trial left out at a time."""
    section = Section("Leave-one-out under full hierarchical Bayes")
    for data, table in tables.items():
        section.table(table, f"{data}: cognitive models by PSIS-LOO", note=(
            "loo: log-probability of trials, each left out of its subject's posterior by importance sampling (Vehtari et al. 2017), summed; "
            "loo_difference to the best, loo_error its standard error over subjects; n_influential: trials with Pareto k above 0.7."))
    return section


def group_frequency_table(found: Mapping[tuple[str, str], GroupSelection]) -> pd.DataFrame:
    """Return who is frequent in which group, and how probable it is that groups are alike, one table of all data sets."""
    tables = [selection.table.assign(data=data, covariate=name, same=selection.same) for (data, name), selection in found.items()]
    stacked = pd.concat(tables, ignore_index=True).rename(columns={"model": "player"})
    return stacked[["data", "covariate", "same", *stacked.columns.drop(["data", "covariate", "same"])]]


def differences_section(
    differences: Mapping[str, pd.DataFrame], formula: str, pictures: Mapping[str, list[Path]],
    frequencies: Mapping[tuple[str, str], GroupSelection],
) -> Section:
    """Return the section on differences between groups of subjects."""
    section = Section("Which groups differ")
    for data, table in differences.items():
        section.table(table, f"{data}: measures and fitted parameters on {formula}", note=(
            "Least squares with standard errors for unequal variances (HC3); p_holm is corrected over all measures of a term."))
    _show(section, pictures.get("groups", []), "t of every measure and term")
    if frequencies:
        section.table(group_frequency_table(frequencies), "Whom each describes, group by group", note=(
            "same: probability that all groups use models with the same frequencies (Rigoux et al. 2014), evidence as above."))
    return section


def flags_section(flags: pd.DataFrame) -> Section:
    """Return the section on subjects of whom estimates are not to be trusted."""
    section = Section("Beware")
    section.table(flags, "Subjects that were flagged", note="An estimate at its bound or not identified says little of its subject, and an error of it nothing.")
    return section


def parameters_section(comparison: Comparison) -> Section:
    """Return the section on fitted parameters."""
    section = Section("Fitted parameters")
    section.table(comparison.wide_parameters(), "Median and quartiles over subjects")
    return section


def run_section(command: str, versions: Mapping[str, str]) -> Section:
    """Return the section on what was run."""
    section = Section("What was run")
    section.code(command)
    section.table(pd.DataFrame(list(versions.items()), columns=["package", "version"]), "Versions")
    return section


def _show(section: Section, pictures: list[Path], caption: str) -> None:
    for picture in pictures:
        section.show(picture, caption)
