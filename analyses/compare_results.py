"""All that a comparison finds, in order: scores, behaviour, who describes whom, which groups differ; tables, figures, one page."""

import json
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analyses import compare_report as report
from analyses.behaviour import PEOPLE, compare_behaviour, plot_behaviour
from analyses.compare import Listener, compare, model_for
from analyses.comparison import Comparison, plot_likelihood, score_table
from analyses.group_differences import group_differences, plot_group_differences
from analyses.report import render
from analyses.style import save_figure
from analyses.tiny_players import TinyPlayer
from cogmeta.agent import Agent
from cogmeta.agents.store import versions
from cogmeta.files import atomic_path
from cogmeta.fitting.bayes.chains import Sampling
from cogmeta.fitting.bayes.psis import loo_table
from cogmeta.fitting.covariates import design_of, labels_of
from cogmeta.fitting.estimate import fit
from cogmeta.fitting.group_selection import GroupSelection, compare_groups
from cogmeta.fitting.hbi import fit_hbi
from cogmeta.fitting.hbi_result import HierarchicalComparison
from cogmeta.models.model import Model
from cogmeta.task import Task


@dataclass(frozen=True)
class Groups:
    """What groups of subjects are told apart by.

    Attributes
    ----------
    formula : str
        Such as ``"~ diagnosis"``.
    subject_table : DataFrame or None
        One row a subject; None where the covariates are columns of the trial tables.
    """

    formula: str
    subject_table: pd.DataFrame | None = None


@dataclass(frozen=True)
class Results:
    """What a comparison found.

    Attributes
    ----------
    comparison : Comparison
    behaviour : dict of str to DataFrame
        Data set -> ``player, subject, measure, value``.
    frequencies : DataFrame
        See ``Comparison.frequencies``.
    hierarchies : dict of str to HierarchicalComparison
        Data set -> who uses which cognitive model, by hierarchical Bayesian inference; empty unless asked for.
    differences : dict of str to DataFrame
        Data set -> table of ``group_differences``; empty without groups.
    group_frequencies : dict of (str, str) to GroupSelection
        (Data set, covariate of words such as a diagnosis) -> do its groups use models with the same frequencies.
    loo : dict of str to DataFrame
        Data set -> table of ``loo_table``: cognitive models by full hierarchical Bayes, a trial left out at a time; empty unless asked for.
    formula : str
        Of the groups, or empty.
    seed : int
    seconds : float
    """

    comparison: Comparison
    behaviour: dict[str, pd.DataFrame]
    frequencies: pd.DataFrame
    hierarchies: dict[str, HierarchicalComparison] = field(default_factory=dict)
    differences: dict[str, pd.DataFrame] = field(default_factory=dict)
    group_frequencies: dict[tuple[str, str], GroupSelection] = field(default_factory=dict)
    loo: dict[str, pd.DataFrame] = field(default_factory=dict)
    formula: str = ""
    seed: int = 0
    seconds: float = 0.0


def compare_all(
    task: Task, tables: Mapping[str, pd.DataFrame], agents: Mapping[str, Agent], models: Sequence[Model | str], seed: int = 0,
    listener: Listener | None = None, held_out: str | None = None, tiny: Sequence[TinyPlayer] = (), groups: Groups | None = None,
    n_folds: int | None = None, hbi: bool = False, loo: Sampling | None = None,
) -> Results:
    """Compare scores, behaviour, frequencies and groups.

    Parameters
    ----------
    task, tables, agents, models, seed, listener, held_out, tiny, n_folds
        As for ``analyses.compare.compare``.
    groups : Groups, optional
    hbi : bool
        Infer which cognitive model each subject uses, all models at once (Piray et al. 2019); two models or more.
    loo : Sampling, optional
        Fit cognitive models by full hierarchical Bayes, too, with draws like these, and leave trials out by importance sampling.
    """
    began = time.monotonic()
    tell = listener or (lambda line: None)
    if groups is not None:
        for table in tables.values():  # a slip is told before the fits, which take long
            design_of(groups.formula, table, list(dict.fromkeys(table["subject"].astype(str))), groups.subject_table)
    comparison = compare(task, tables, agents, models, seed, listener, held_out, tiny, n_folds)
    behaved = {}
    for data, table in tables.items():
        tell(f"{data}: everybody plays afresh")
        fits = {model: fitted for (where, model), fitted in comparison.fits.items() if where == data}
        behaved[data] = compare_behaviour(task, table, fits, agents, seed)
    hierarchies = {data: _hierarchy(task, table, models, seed, data, tell) for data, table in tables.items()} if hbi else {}
    left_out = {data: _left_out(task, table, models, loo, seed, data, tell) for data, table in tables.items()} if loo else {}
    differences = {} if groups is None else {
        data: group_differences(_by_subject(comparison, data, behaved[data]), groups.formula, table, groups.subject_table)
        for data, table in tables.items()}
    shares = {} if groups is None else _group_frequencies(comparison, tables, groups, seed)
    formula = "" if groups is None else groups.formula
    return Results(comparison, behaved, comparison.frequencies(seed), hierarchies, differences, shares, left_out, formula, seed,
                   time.monotonic() - began)


def _hierarchy(
    task: Task, table: pd.DataFrame, models: Sequence[Model | str], seed: int, data: str, tell: Listener
) -> HierarchicalComparison:
    """Return who uses which cognitive model."""
    tell(f"{data}: which subject uses which model")
    spec = task.spec
    return fit_hbi([model_for(name, task) for name in models], table, seed=seed, episode=spec.episode, reward_range=spec.reward_range)


def _left_out(
    task: Task, table: pd.DataFrame, models: Sequence[Model | str], sampling: Sampling, seed: int, data: str, tell: Listener
) -> pd.DataFrame:
    """Return the comparison of cognitive models by PSIS-LOO."""
    fits, spec = [], task.spec
    for model in (model_for(model, task) for model in models):
        tell(f"{data}: sampling {model.name}")
        fits.append(fit(model, table, "nuts", seed=seed, episode=spec.episode, reward_range=spec.reward_range, sampling=sampling))
    tell(f"{data}: leaving trials out")
    return loo_table(fits, table, left_out_subjects=False)


def _group_frequencies(
    comparison: Comparison, tables: Mapping[str, pd.DataFrame], groups: Groups, seed: int
) -> dict[tuple[str, str], GroupSelection]:
    """Return, for every covariate of words, whether its groups use models with the same frequencies."""
    found = {}
    for data, table in tables.items():
        evidence = comparison.evidence(data)
        labels = labels_of(groups.formula, table, list(evidence.index), groups.subject_table)
        for name, label in labels.items():
            if evidence.shape[1] > 1:
                found[data, name] = compare_groups(evidence, label, seed)
    return found


def _by_subject(comparison: Comparison, data: str, behaved: pd.DataFrame) -> pd.DataFrame:
    """Return what is known of every subject of a data set: its behaviour, and the parameters fitted to it."""
    own = behaved[behaved["player"] == PEOPLE]
    tables = [own[["subject", "measure", "value"]]]
    for (where, model), fitted in comparison.fits.items():
        if where == data:
            tables.append(fitted.parameters.melt("subject", var_name="measure").assign(
                measure=lambda table, model=model: model + ": " + table["measure"]))
    return pd.concat(tables, ignore_index=True)


def write_results(results: Results, out: Path, command: str) -> None:
    """Write the tables (CSV), figures (PNG, PDF), ``summary.json`` and ``report.html`` into a folder.

    Parameters
    ----------
    results : Results
    out : Path
    command : str
        Shown on the page.
    """
    results.comparison.save(out)
    for name, table in _tables(results).items():
        with atomic_path(out / f"{name}.csv") as part:
            table.to_csv(part, index=False)
    pictures: dict[str, list[Path]] = {}
    for data, found in results.hierarchies.items():
        found.save(out / f"hbi_{plain(data)}")
    for kind, data, figure in _figures(results):
        pictures.setdefault(kind, []).append(save_figure(figure, out / f"{kind}_{plain(data)}")[0])
    with atomic_path(out / "summary.json") as part:
        part.write_text(json.dumps(_scores(results.comparison), indent=2), encoding="utf-8")
    with atomic_path(out / "report.html") as part:
        part.write_text(_page(results, pictures, command), encoding="utf-8")


def _tables(results: Results) -> dict[str, pd.DataFrame]:
    comparison = results.comparison
    named = {"parameters": comparison.parameters(), "frequencies": results.frequencies,
             "behaviour": _stacked(results.behaviour)}
    fits = {f"fit_{plain(data)}_{plain(model)}": fitted.parameters for (data, model), fitted in comparison.fits.items()}
    named |= {"group_differences": _stacked(results.differences)} if results.differences else {}
    named |= {"flags": flags} if len(flags := comparison.flags()) else {}
    named |= {"loo": _stacked(results.loo)} if results.loo else {}
    if results.group_frequencies:
        named["group_frequencies"] = report.group_frequency_table(results.group_frequencies)
    return named | fits


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    stacked = pd.concat([table.assign(data=data) for data, table in tables.items()], ignore_index=True)
    return stacked[["data", *stacked.columns.drop("data")]]


def _figures(results: Results) -> list[tuple[str, str, Figure]]:
    """Return (kind, data set, figure) of all figures."""
    comparison, held = results.comparison, results.comparison.held_out()
    scores = {"likelihood": comparison.likelihood} | ({} if held is None else {"held_out": held})
    figures = [(kind, data, plot_likelihood(table, data).figure) for kind, table in scores.items() for data in results.behaviour]
    figures += [("behaviour", data, plot_behaviour(table, PEOPLE)) for data, table in results.behaviour.items()]
    return figures + [("groups", data, plot_group_differences(table).figure) for data, table in results.differences.items()]


def _scores(comparison: Comparison) -> dict[str, object]:
    held = comparison.held_out()
    return {"log_likelihood_per_trial": score_table(comparison.likelihood)} | (
        {} if held is None else {"held_out_log_likelihood_per_trial": score_table(held)})


def _page(results: Results, pictures: Mapping[str, list[Path]], command: str) -> str:
    comparison = results.comparison
    sections = [report.likelihood_section(comparison, pictures), report.behaviour_section(results.behaviour, pictures),
                report.frequencies_section(results.frequencies, comparison.held_out() is not None)]
    if results.hierarchies:
        sections.append(report.hierarchies_section(results.hierarchies))
    if results.loo:
        sections.append(report.loo_section(results.loo))
    if results.differences:
        sections.append(report.differences_section(results.differences, results.formula, pictures, results.group_frequencies))
    if len(flags := comparison.flags()):
        sections.append(report.flags_section(flags))
    if comparison.fits:
        sections.append(report.parameters_section(comparison))
    made = {"seed": results.seed, "seconds": results.seconds, "versions": versions()}
    return render(report.TITLE, report.keys(comparison), [*sections, report.run_section(command, made["versions"])], made)


def plain(name: str) -> str:
    """Return a name that can stand in a file's name.

    Examples
    --------
    >>> plain("two_step/hybrid")
    'two_step_hybrid'
    """
    return "".join(c if c.isalnum() else "_" for c in name)
