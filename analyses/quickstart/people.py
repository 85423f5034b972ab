"""People beside agents in the full two-step task: real trials where they are at hand, else published statistics.

People play the task of Daw et al. 2011, with a choice at both stages, so the network that is scored on them was
trained on ``two_step/daw2011`` (it ships with the project).
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.compare import compare
from analyses.comparison import Comparison, plot_likelihood, score_table
from analyses.quickstart.everybody import NETWORK
from analyses.stay_probability import group_stay, plot_stay_probability, stay_probability
from analyses.stay_regression import stay_regression
from analyses.style import styled
from cogmeta.agent import Agent
from cogmeta.data.load import load_trials
from cogmeta.data.locate import local_path
from cogmeta.data.published import published_regression, published_stay
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task

TASK = "two_step/daw2011"
OWN = f"network on {TASK}"
"""What the network is called as a source of trials."""

MODELS = ("two_step/model_free", "two_step/model_based", "two_step/hybrid")
N_TEST = 300

GROUPS = {
    "people, magic carpet": ("feher2020_twostep", {"story": "magic_carpet"}),
    "people, spaceship": ("feher2020_twostep", {"story": "spaceship"}),
    "people, NSPN": ("shahar2019_twostep_nspn", {"measurement": 2}),
}
"""Name -> data set and its part. Feher da Silva & Hare 2020 (24 and 21 people), Shahar et al. 2019 (554 people)."""


CLAIMS = (
    Claim("interaction", "trained on the full task, plans: reward x transition > 0, as in people", "0.783 (magic carpet)",
          "Daw 2011; Feher da Silva & Hare 2020", low=1e-9),
    Claim("over_chance", "tempered, predicts people's choices better than chance (nats a trial, worst group)", "> 0", "Wang 2018, general claim",
          low=1e-9),
    Claim("over_hybrid", "tempered, predicts people's choices as well as a hybrid fitted to each (nats a trial)", ">= 0",
          "a question of ours", low=0.0),
)


@dataclass(frozen=True)
class PeopleResult:
    """People, models and the network on the same task.

    Attributes
    ----------
    stay : dict
        Group or agent -> stay probabilities.
    regression : DataFrame
        Pooled regression stay ~ reward x transition, one row a group.
    comparison : Comparison
        Of models and the network on every table of trials.
    trials : dict
        Group -> its trial table; just the network's where no data are at hand.
    """

    stay: dict[str, pd.DataFrame]
    regression: pd.DataFrame
    comparison: Comparison
    trials: dict[str, pd.DataFrame]

    def numbers(self) -> dict[str, float]:
        """Return the number of every claim that can be checked, by its measure."""
        terms = self.regression.set_index("group")["reward x transition"]
        found = {"interaction": float(terms[OWN])}
        scores = [score for data, score in score_table(self.comparison.likelihood).items() if data in GROUPS]
        if scores:
            found["over_chance"] = min(score[f"{NETWORK}, tempered"] - score["chance"] for score in scores)
            found["over_hybrid"] = min(score[f"{NETWORK}, tempered"] - score["two_step/hybrid"] for score in scores)
        return found

    def verdict(self) -> str:
        """Return in words what the network has in common with people, and what not."""
        terms = self.regression.set_index("group")["reward x transition"]
        text = (f"The network shows the signature of planning (reward x transition {terms[OWN]:.2f}); so do people "
                f"({', '.join(f'{x:.2f}' for group, x in terms.items() if group != OWN)}), who differ much in how strongly.")
        scores = [score for data, score in score_table(self.comparison.likelihood).items() if data in GROUPS]
        if not scores:
            return text
        own, tempered = ([f"{score[name]:.2f}" for score in scores] for name in (NETWORK, f"{NETWORK}, tempered"))
        hybrid = [f"{score['two_step/hybrid']:.2f}" for score in scores]
        return (f"{text} Choice by choice the likeness is small: the network, trained for reward and nearly deterministic, scores "
                f"{', '.join(own)} a trial on people's choices, below chance ({scores[0]['chance']:.2f}); tempered by one number a "
                f"person {', '.join(tempered)}, above chance, and below the hybrid fitted to each person ({', '.join(hybrid)}).")

    @property
    def has_people(self) -> bool:
        """Whether real trials were at hand."""
        return any(name in GROUPS for name in self.trials)


def meet_people(network: Agent, folder: Path | None, seed: int, listener: Callable[[str], None]) -> PeopleResult:
    """Fit the models to people and to the network, and score all of them on the same trials.

    Parameters
    ----------
    network : Agent
        Trained on ``two_step/daw2011``.
    folder : Path or None
        Folder of data sets; None for that in ``COGMETA_DATA``.
    seed : int
    listener : callable
        Called with a line about what is being done.
    """
    task = make_task(TASK)
    listener("the network plays the full two-step task")
    own = simulate(network, task, N_TEST, seed).to_trials()
    people = people_at_hand(folder, listener)
    tables = {OWN: own.assign(session=own["subject"].astype(int), subject=NETWORK), **people}
    comparison = compare(task, tables, {NETWORK: network}, MODELS, seed, listener)
    stay = {NETWORK: group_stay(stay_probability(own))} | _stay_of_models(comparison, seed) | _stay_of_people(people)
    regression = pd.concat([_regression_row(name, table) for name, table in {OWN: own, **people}.items()]
                           + ([] if people else _published_rows()), ignore_index=True)
    listener("")
    return PeopleResult(stay, regression, comparison, tables)


def levels(seed: int) -> dict[str, float]:
    """Return the reward a trial of random play and of the exact belief filter."""
    task = make_task(TASK)
    return {name: float(simulate(player(name, task), task, N_TEST, seed).reward.sum(axis=0).mean() / task.n_trials)
            for name in ("random", "belief-filter")}


def n_lines(folder: Path | None) -> int:
    """Return how many lines ``meet_people`` will tell its listener."""
    groups = sum(local_path(name, folder) is not None for name, _ in GROUPS.values())
    return 2 + groups + (1 + groups) * (len(MODELS) + 1)


def people_at_hand(folder: Path | None, listener: Callable[[str], None]) -> dict[str, pd.DataFrame]:
    """Return the trial table of every group whose data set lies in the folder; nothing is downloaded."""
    tables = {}
    for group, (name, part) in GROUPS.items():
        if local_path(name, folder):
            listener(f"reading {group}")
            tables[group] = load_trials(name, folder, **part)
    return tables


def _stay_of_models(comparison: Comparison, seed: int) -> dict[str, pd.DataFrame]:
    """Let every model fitted to the first group of people (else to the network) play, each subject as fitted."""
    groups = [data for data, _ in comparison.fits]
    group = next((data for data in groups if data in GROUPS), groups[0])
    stay = {}
    for model in ("two_step/model_free", "two_step/hybrid"):
        fitted = comparison.fits[group, model]
        parameters = fitted.parameters[list(fitted.model.parameter_names)]
        lanes = pd.concat([parameters] * int(np.ceil(N_TEST / len(parameters))), ignore_index=True)
        trials = simulate(fitted.model.agent(lanes), make_task(TASK), len(lanes), seed).to_trials()
        whom = "the network" if group == OWN else group.removeprefix("people, ")
        name = f"{model.split('/')[1].replace('_', '-')}, fitted to\n{whom}"
        stay[name] = group_stay(stay_probability(trials))
    return stay


def _stay_of_people(people: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    if people:
        return {name: stay_probability(table) for name, table in people.items()}
    return {f"{name}\n(published)": published_stay(data_set, **part) for name, (data_set, part) in GROUPS.items()}


def _regression_row(name: str, trials: pd.DataFrame) -> pd.DataFrame:
    table = stay_regression(trials).set_index("term")["coefficient"]
    return pd.DataFrame([{"group": name, **_terms(table)}])


def _terms(coefficient: pd.Series) -> dict[str, float]:
    return {term.replace("_x_", " x "): float(value) for term, value in coefficient.items()}


def _published_rows() -> list[pd.DataFrame]:
    rows = []
    for name, (data_set, part) in GROUPS.items():
        table = published_regression(data_set, **part).set_index("term")["coefficient"]
        rows.append(pd.DataFrame([{"group": f"{name} (published)", **_terms(table)}]))
    return rows


def draw_stay(result: PeopleResult) -> Figure:
    """Draw the stay probabilities of network, models and people."""
    return plot_stay_probability(result.stay)[0].figure


@styled
def draw_likelihood(result: PeopleResult) -> Figure:
    """Draw the log-likelihood a trial of every player, one panel a group."""
    names = list(result.trials)
    figure, axes = plt.subplots(1, len(names), figsize=(2.2 * len(names) + 1.6, 2.2), layout="constrained", sharey=True, squeeze=False)
    for ax, name in zip(axes[0], names, strict=True):
        plot_likelihood(result.comparison.likelihood, name, ax)
        ax.set_xlim(result.comparison.likelihood["low"].min() - 0.1 if result.has_people else None, 0)
        ax.set_title(name.replace(f" on {TASK}", ""))
    return figure
