"""The quickstart's steps in order; what each finds is written before the next begins."""

import json
import re
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analyses.compare import compare
from analyses.comparison import Comparison, score_table
from analyses.quickstart import bandit, page, people, two_step
from analyses.quickstart.bandit import BanditResult, play_bandit
from analyses.quickstart.people import meet_people
from analyses.quickstart.train import Trained, train_side_by_side
from analyses.quickstart.two_step import TwoStepResult, play_two_step
from analyses.report import render
from analyses.style import save_figure
from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent, load_record, save_agent, versions
from cogmeta.files import atomic_path
from cogmeta.trials import write_trials
from tasks.registry import make_task
from tasks.shipped import shipped_folder

Listener = Callable[[str, float, float, str], None]
"""Called with (job, done, in all, a few words)."""


class Output:
    """The folder of a quickstart: figures, tables and trial tables go into it as soon as they are made.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    figures : dict of Path
        Name -> PNG of every figure written so far.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.figures = folder, {}

    def agent(self, task: str) -> Path:
        """Return the folder of the agent of a task."""
        return self.folder / "agents" / task.replace("/", "_")

    def keep(self, figures: Mapping[str, Figure], tables: Mapping[str, pd.DataFrame], trials: Mapping[str, pd.DataFrame]) -> None:
        """Write figures (PNG and PDF), tables and trial tables (CSV)."""
        for name, figure in figures.items():
            self.figures[name], _ = save_figure(figure, self.folder / "figures" / name)
        for name, table in tables.items():
            with atomic_path(self.folder / "tables" / f"{name}.csv") as part:
                table.to_csv(part, index=False)
        for name, table in trials.items():
            write_trials(table, self.folder / "trials" / f"{re.sub('[^0-9a-zA-Z]+', '_', name)}.csv")


def run_quickstart(out: Path, seed: int, data: Path | None, retrain: bool, listener: Listener) -> dict[str, Any]:
    """Train, freeze, behave, fit, compare, report.

    Parameters
    ----------
    out : Path
        Folder that gets ``report.html``, ``summary.json``, ``figures/``, ``tables/``, ``trials/`` and ``agents/``.
    seed : int
    data : Path or None
        Folder of behavioural data sets; None for that in ``COGMETA_DATA``; without either, published statistics.
    retrain : bool
        Train the network for the full two-step task anew instead of taking the shipped one.
    listener : callable

    Returns
    -------
    dict
        What ``summary.json`` holds.
    """
    began, output = time.monotonic(), Output(out)
    trained = _train(output, seed, retrain, listener)
    found = _bandit(output, trained[bandit.TASK].agent, seed, listener)
    steps = _two_step(output, trained[two_step.TASK].agent, seed, listener)
    output.keep({"training": page.draw_training(trained, _levels(found, steps, seed, retrain))}, {}, {})
    comparisons = _fit_networks(trained, found, steps, seed, _lines(listener, "fitting the networks", 8))
    met = meet_people(_daw_agent(output, trained), data, seed, _lines(listener, "fitting people", people.n_lines(data)))
    comparisons[people.TASK] = met.comparison
    likelihood = pd.concat([c.likelihood for c in comparisons.values()], ignore_index=True)
    parameters = pd.concat([c.parameters() for c in comparisons.values()], ignore_index=True)
    output.keep({"people": people.draw_stay(met), "likelihood": people.draw_likelihood(met)},
                {"likelihood": likelihood, "parameters": parameters, "stay_regression": met.regression}, met.trials)
    claims = page.claims_met(found, steps, met)
    summary = summarise(trained, found, steps, claims, likelihood, seed, time.monotonic() - began)
    shipped = None if people.TASK in trained else load_record(shipped_folder(people.TASK))
    sections = [
        page.claims_section(claims), page.training_section(trained, shipped, output.figures),
        page.bandit_section(found, output.figures), page.two_step_section(steps, output.figures),
        page.people_section(met, output.figures), page.likelihood_section(comparisons, output.figures),
        page.run_section(seed, summary["versions"]),
    ]
    _write(out / "report.html", render(page.TITLE, page.keys(summary), sections, summary))
    _write(out / "summary.json", json.dumps(summary, indent=2) + "\n")
    listener("report", 1, 1, "")
    return summary


def summarise(
    trained: Mapping[str, Trained], found: BanditResult, steps: TwoStepResult, claims: pd.DataFrame, likelihood: pd.DataFrame,
    seed: int, seconds: float,
) -> dict[str, Any]:
    """Return the content of ``summary.json``: plain numbers, None where a log-likelihood is minus infinity."""
    return {
        "bandit": {
            "regret": found.of(bandit.NETWORK), "bayes_optimal_regret": bandit.BAYES_OPTIMAL_REGRET,
            "regret_by_player": dict(zip(found.regret["player"], found.regret["regret"].astype(float), strict=True)),
            "test_episodes": bandit.N_TEST, **_training(trained[bandit.TASK]),
        },
        "two_step": {
            "reward_per_trial": steps.of(two_step.NETWORK), "bayes_optimal_reward_per_trial": steps.of("bayes-optimal"),
            "reward_per_trial_by_player": dict(zip(steps.reward["player"], steps.reward["reward a trial"].astype(float), strict=True)),
            "stay": steps.stay_of_network(), "multi_lag": steps.lag1(), "test_episodes": two_step.N_TEST,
            **_training(trained[two_step.TASK]),
        },
        "log_likelihood_per_trial": score_table(likelihood),
        "claims": claims.assign(met=claims["met"] == "yes")[["claim", "reference", "ours", "met", "source"]].to_dict("records"),
        "versions": versions(), "seed": seed, "seconds": round(seconds, 1),
    }


def _training(run: Trained) -> dict[str, float]:
    return {"train_seconds": run.seconds, "train_steps": run.n_steps, "steps_per_second": round(run.n_steps / run.seconds)}


def _train(output: Output, seed: int, retrain: bool, listener: Listener) -> dict[str, Trained]:
    tasks = [bandit.TASK, two_step.TASK] + [people.TASK] * retrain

    def tell(task: str, done: int, total: int, reward: float) -> None:
        listener(f"training on {task}", done, total, f"{reward:.3f} reward a trial")

    trained = train_side_by_side({task: output.agent(task) for task in tasks}, seed, tell)
    for task, run in trained.items():
        tell(task, run.n_steps, run.n_steps, run.records["reward_per_trial"].iloc[-1])
    return trained


def _bandit(output: Output, network: Network, seed: int, listener: Listener) -> BanditResult:
    found = play_bandit(network, seed, _players(listener, "playing the bandit"))
    figures = {"regret": bandit.draw_regret(found), "raster": bandit.draw_raster(found)}
    output.keep(figures, {"regret": found.regret, "regret_by_trial": _stacked(found.curves)}, {"network_bandit": found.trials})
    return found


def _two_step(output: Output, network: Network, seed: int, listener: Listener) -> TwoStepResult:
    steps = play_two_step(network, seed, _players(listener, "playing the two-step task"))
    figures = {"stay": two_step.draw_stay(steps), "multi_lag": two_step.draw_lags(steps)}
    output.keep(figures, {"two_step": steps.reward, "multi_lag": _stacked(steps.lags)}, {"network_two_step": steps.trials})
    return steps


def _fit_networks(
    trained: Mapping[str, Trained], found: BanditResult, steps: TwoStepResult, seed: int, tell: Callable[[str], None],
) -> dict[str, Comparison]:
    """Fit the cognitive models to what the two networks chose, and score them on it."""
    bandits = compare(make_task(bandit.TASK), {"network on bandit/independent": found.trials},
                      {"network": trained[bandit.TASK].agent}, bandit.MODELS, seed, tell)
    two_steps = compare(make_task(two_step.TASK), {"network on two_step/wang2018": steps.trials},
                        {"network": trained[two_step.TASK].agent}, people.MODELS, seed, tell)
    return {bandit.TASK: bandits, two_step.TASK: two_steps}


def _daw_agent(output: Output, trained: Mapping[str, Trained]) -> Network:
    """Return the network for the full two-step task; the shipped one is copied beside the others."""
    if people.TASK in trained:
        return trained[people.TASK].agent
    shipped = shipped_folder(people.TASK)
    agent = load_agent(shipped)
    save_agent(agent, output.agent(people.TASK), load_record(shipped))
    return agent


def _levels(found: BanditResult, steps: TwoStepResult, seed: int, retrain: bool) -> dict[str, dict[str, float]]:
    """Return the reward a trial of random and of the best reference play, by task."""
    best, n_trials = 2 / 3, make_task(bandit.TASK).n_trials  # the better of two arms pays 2/3 on average
    levels = {
        bandit.TASK: {name: best - found.of(name) / n_trials for name in ("random", "bayes-optimal")},
        two_step.TASK: {name: steps.of(name) for name in ("random", "bayes-optimal")},
    }
    return levels | ({people.TASK: people.levels(seed)} if retrain else {})


def _players(listener: Listener, job: str) -> Callable[[str, int, int], None]:
    return lambda name, done, total: listener(job, done, total, name)


def _lines(listener: Listener, job: str, total: int) -> Callable[[str], None]:
    """Return a listener of lines that moves a bar by one each; an empty line ends it."""
    told: list[str] = []

    def tell(line: str) -> None:
        told.append(line)
        listener(job, total if not line else min(len(told) - 1, total - 1), total, line)

    return tell


def _stacked(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    return pd.concat([table.assign(player=name) for name, table in tables.items()], ignore_index=True)


def _write(path: Path, text: str) -> None:
    with atomic_path(path) as part:
        part.write_text(text, encoding="utf-8")
