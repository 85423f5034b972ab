"""The quickstart's page: what was found, in sections, with every number beside its reference."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim, scoreboard
from analyses.comparison import Comparison
from analyses.learning_curve import plot_training
from analyses.quickstart import bandit, people, two_step
from analyses.quickstart.bandit import BanditResult
from analyses.quickstart.people import PeopleResult
from analyses.quickstart.train import Trained
from analyses.quickstart.two_step import TwoStepResult
from analyses.report import Section
from analyses.style import styled
from cogmeta.agents.store import AgentRecord


TITLE = "A network that learnt to learn, beside exact references, models and people"

COMMANDS = """\
cogmeta train bandit/independent --seed {seed} --out agents/bandit_independent
cogmeta train two_step/wang2018 --seed {seed} --out agents/two_step_wang2018
cogmeta simulate agents/two_step_wang2018 --task two_step/wang2018 --episodes 300 --subject network --out network.csv
cogmeta fit two_step/hybrid network.csv --option common_probability=0.8 --out fit
cogmeta compare network.csv --task two_step/wang2018 --agents agents/two_step_wang2018 --models two_step/hybrid --out comparison"""
"""The same steps one by one."""


def keys(summary: dict[str, Any]) -> list[dict[str, str]]:
    """Return the numbers to lead with, each with what to hold it against."""
    bandits, steps = summary["bandit"], summary["two_step"]
    n_met = sum(claim["met"] for claim in summary["claims"])
    return [
        {"value": f"{bandits['regret']:.2f}", "label": "regret of 100 bandit trials",
         "beside": f"Bayes-optimal {bandits['bayes_optimal_regret']:.2f}, Thompson {bandits['regret_by_player']['thompson']:.2f}, "
                   f"random {bandits['regret_by_player']['random']:.1f}"},
        {"value": f"{steps['reward_per_trial']:.3f}", "label": "reward a two-step trial",
         "beside": f"Bayes-optimal {steps['bayes_optimal_reward_per_trial']:.3f}, "
                   f"model-based {steps['reward_per_trial_by_player']['model-based']:.3f}, random 0.500"},
        {"value": f"{bandits['train_seconds'] + steps['train_seconds']:.0f} s", "label": "of training, two networks",
         "beside": f"{bandits['steps_per_second']:,} and {steps['steps_per_second']:,} steps a second, one core each"},
        {"value": f"{n_met} of {len(summary['claims'])}", "label": "claims met", "beside": "each beside its reference below, the unmet too"},
    ]


def claims_section(claims: pd.DataFrame) -> Section:
    """Return the section that holds our numbers against published ones."""
    section = Section("Claims")
    section.table(claims.drop(columns=["low", "high", "seeds"]), "Claim, reference, our number", note="The claims stand in the code; no run changes them.")
    return section


def claims_met(found: BanditResult, steps: TwoStepResult, met: PeopleResult) -> pd.DataFrame:
    """Return the scoreboard of the claims that the quickstart checks; those on people's choices need their trials."""
    regret = found.of(bandit.NETWORK)
    results = {"regret": regret, "regret_over_bayes": regret,
               "reward_per_trial": steps.of(two_step.NETWORK), **steps.lag1(), **met.numbers()}
    claims: tuple[Claim, ...] = (*bandit.CLAIMS, *two_step.CLAIMS, *people.CLAIMS)
    claims = tuple(claim for claim in claims if claim.measure in results)
    return scoreboard(claims, results)


@styled
def draw_training(trained: Mapping[str, Trained], levels: Mapping[str, Mapping[str, float]]) -> Figure:
    """Draw reward against training steps, one panel a task, with the levels of random and of the best reference play."""
    figure, axes = plt.subplots(1, len(trained), figsize=(3.7 * len(trained), 2.7), layout="constrained")
    for ax, (task, run) in zip(axes, trained.items(), strict=True):
        plot_training(smoothed(run.records), levels[task], ax)
        ax.set_title(f"{task}, {run.seconds:.0f} s")
    return figure


def smoothed(records: pd.DataFrame, share: float = 0.03) -> pd.DataFrame:
    """Return training records whose reward is a running mean over a share of training."""
    window = max(1, round(share * len(records)))
    return records.assign(reward_per_trial=records["reward_per_trial"].rolling(window, min_periods=1, center=True).mean())


def training_section(trained: dict[str, Trained], shipped: AgentRecord | None, figures: Mapping[str, Path]) -> Section:
    """Return the section on training; ``shipped`` is the record of the network that was not trained in this run."""
    section = Section("Training")
    section.say("LSTM networks learn from their own reward prediction errors (actor-critics: A2C on bandits, PPO on two-step tasks, with "
                "an entropy bonus that fades): no rule of the task, no example and no reference player is shown to them. Then "
                "their weights are frozen. Everything below is behaviour with frozen weights, on fresh problems."
                + (f" The network that stands beside people ships with the project; it was made by: {shipped.command}." if shipped else ""))
    section.show(figures["training"], "Reward a trial of the episodes learnt from, against environment steps; a running mean over 3 % of training. "
                                      "It varies by the luck of the problems drawn, above the optimum, too.")
    rows = [{"task": task, "learner": run.learner, "steps": run.n_steps, "seconds": round(run.seconds),
             "steps a second": round(run.n_steps / run.seconds), "when": "in this run"} for task, run in trained.items()]
    rows += [{"task": shipped.task, "learner": shipped.learner, "steps": shipped.steps, "seconds": round(shipped.seconds),
              "steps a second": round(shipped.steps / shipped.seconds), "when": "ships with the project"}] if shipped else []
    section.table(pd.DataFrame(rows), "What was trained")
    return section


def bandit_section(found: BanditResult, figures: Mapping[str, Path]) -> Section:
    """Return the section on the two-armed bandit."""
    section = Section("Two-armed bandits")
    section.say("Each episode draws two arms afresh, independently and uniformly in [0, 1], for 100 trials (Wang et al. 2016). "
                "Regret is the expected reward lost against always taking the better arm.")
    section.show(figures["regret"], "Cumulative regret and share of better-arm choices over trials; bands are 95 % intervals "
                                    f"over {bandit.N_TEST:,} episodes.")
    section.table(found.regret, "Regret of 100 trials", ours=(bandit.NETWORK,),
                  note="Expected: exact (Bayes-optimal, by dynamic programming) or 100,000 simulated episodes. "
                       "low, high: 95 % interval of ours.")
    section.show(figures["raster"], "One row an episode. The network explores, then commits; later, and now and then to the "
                                      "worse arm, where the arms differ less (Wang et al. 2018, fig 1c).")
    return section


def two_step_section(steps: TwoStepResult, figures: Mapping[str, Path]) -> Section:
    """Return the section on the network's two-step task."""
    section = Section("Two-step task")
    section.say("A first choice leads commonly (0.8) to one of two states, one of which pays (0.9 against 0.1) until that "
                "reverses (Wang et al. 2018, simulation 4). Trained by model-free means, the network behaves model-based: "
                "what counts is the state that paid, not the action that happened to lead there.")
    section.show(figures["stay"], "Probability of repeating the first choice, by reward and transition of the trial before; "
                                    "n is the number of episodes of 100 trials.")
    section.show(figures["multi_lag"], "Weights of the last five trials on the present choice (Miller et al. 2017). A negative weight of "
                                  "rewarded rare trials rules out a model-free account (Wang et al. 2018, fig 5e). Each panel "
                                  "has its own scale; a deterministic player has no finite weights.")
    section.table(steps.reward, "Reward a trial", ours=(two_step.NETWORK,), note="Expected: simulation of each reference for this project.")
    return section


def people_section(met: PeopleResult, figures: Mapping[str, Path]) -> Section:
    """Return the section on people."""
    section = Section("Beside people")
    section.say("People play the full task with a choice at both stages (Daw et al. 2011); so does this network, trained on it. "
                + ("" if met.has_people else "No data set was at hand: people are shown by published group statistics. "
                   "With --data DIR or the environment variable COGMETA_DATA their trials are fitted and scored."))
    section.show(figures["people"], "Stay probabilities of network, fitted models and people; n is episodes of network and models, and "
                                      "people; points are single people where there are few, lines 95 % intervals.")
    section.say(met.verdict())
    section.table(met.regression, "Regression stay ~ reward x transition, log odds, predictors +1 and -1")
    return section


def likelihood_section(comparisons: Mapping[str, Comparison], figures: Mapping[str, Path]) -> Section:
    """Return the section on likelihoods and fitted parameters."""
    section = Section("Same trials, same likelihood")
    section.say("Every player is scored on the very same choices by the same measure. Cognitive models are fitted to each subject "
                "(maximum a posteriori) and scored on the trials that they were fitted to; a network was never fitted to anybody. "
                "Tempered: with one inverse temperature a subject between the network's preferences and the choices.")
    section.show(figures["likelihood"], "Log-likelihood a trial (a two-step trial of people has two choices); lines are 95 % "
                                        "intervals over subjects.")
    for name, comparison in comparisons.items():
        many = " (± half the 95 % interval over subjects)" if comparison.likelihood["n_subjects"].max() > 1 else ""
        section.table(comparison.wide_likelihood(), f"{name}: log-likelihood a trial, natural log{many}")
    for name, comparison in comparisons.items():
        many = ", median [quartiles] over subjects" if comparison.likelihood["n_subjects"].max() > 1 else ""
        section.table(comparison.wide_parameters(), f"{name}: fitted parameters{many}")
    return section


def run_section(seed: int, versions: Mapping[str, str]) -> Section:
    """Return the section on what was run."""
    section = Section("What was run")
    section.say("The same steps, one by one:")
    section.code(COMMANDS.format(seed=seed))
    section.table(pd.DataFrame(list(versions.items()), columns=["package", "version"]), "Versions")
    section.say("Sources: Wang et al. 2016 (arXiv 1611.05763); Wang et al. 2018 (Nat Neurosci 21:860); Daw et al. 2011 (Neuron 69:1204); "
                "Miller et al. 2017 (Nat Neurosci 20:1269); Feher da Silva & Hare 2020 (Nat Hum Behav 4:1053); "
                "Shahar et al. 2019 (PLoS Comput Biol).")
    return section
