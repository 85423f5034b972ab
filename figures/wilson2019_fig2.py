"""Wilson & Collins 2019, figure 2: five models behave differently in ways that can be seen before anything is fitted.

Claimed: how often a choice is repeated after a loss and after a win tells the models apart, and for the learner of values
the share of correct choices depends on both of its parameters. How ours departs: the bias of the random model (.5) is our
choice, as is early (the first ten trials) and late (the last ten); where the learning rate is 1 the learner is a Markov
chain on the last outcomes of both arms, so its share of correct choices is held against the exact one.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from itertools import product

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import seaborn
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.stay_after_outcome import stay_after_outcome
from analyses.style import PALETTE, REFERENCE, styled
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed, simulate
from cogmeta.task import Task
from figures.paper_figure import PaperFigure, Tables
from tasks.registry import make_task

ARMS, N_TRIALS, N_SUBJECTS, N_REPETITIONS = (0.2, 0.8), 100, 110, 1_000
PARAMETERS = {
    "bandit/random": {"bias": 0.5},
    "bandit/win_stay_lose_shift": {"noise": 0.1},
    "bandit/rescorla_wagner": {"learning_rate": 0.1, "inverse_temperature": 5.0},
    "bandit/choice_kernel": {"choice_learning_rate": 0.1, "choice_inverse_temperature": 3.0},
    "bandit/rescorla_wagner_choice_kernel": {
        "learning_rate": 0.1, "inverse_temperature": 5.0, "choice_learning_rate": 0.1, "choice_inverse_temperature": 1.0},
}
"""Models 1 to 5 with the parameters of the figure."""

LEARNING_RATES, INVERSE_TEMPERATURES = np.arange(1, 51) / 50, (1.0, 2.0, 5.0, 10.0, 20.0)
PERIODS = {"early": slice(0, 10), "late": slice(-10, None)}

_SOURCE = "Wilson & Collins 2019, fig 2"
_FOUR = "; 4 standard errors"
CLAIMS = (
    Claim("random", "A: random choice is repeated alike after wins and losses (difference, in its standard errors)", "0", _SOURCE + _FOUR,
          low=-4, high=4),
    Claim("choice_kernel", "A: habit is repeated alike after wins and losses (difference, in its standard errors)", "0", _SOURCE + _FOUR,
          low=-4, high=4),
    Claim("win_stay", "A: win-stay-lose-shift with noise .1 stays after a win", "0.95 = 1 - noise / 2", _SOURCE + _FOUR,
          low=0.95 - 0.012, high=0.95 + 0.012),
    Claim("lose_stay", "A: win-stay-lose-shift with noise .1 stays after a loss", "0.05 = noise / 2", _SOURCE + _FOUR,
          low=0.05 - 0.012, high=0.05 + 0.012),
    Claim("rescorla_wagner", "A: the learner of values stays more after wins (difference)", "> 0", _SOURCE, low=1e-9),
    Claim("rescorla_wagner_choice_kernel", "A: with a habit beside it, too (difference)", "> 0", _SOURCE, low=1e-9),
    Claim("exact", "B: at learning rate 1, the share of correct choices (largest distance from the exact one, in standard errors)", "0",
          "exact Markov chain; 4 standard errors, ten comparisons", high=4),
)


def compute(agents: Mapping[str, Sequence[object]], seed: int, n_repetitions: int = N_REPETITIONS) -> Tables:
    """Return how often each subject of each model stays, and the share of correct choices by both parameters."""
    rng = check_seed(seed)
    task = make_task("bandit/independent", n_trials=N_TRIALS, reward_probability=ARMS)
    stay = []
    for name, parameters in PARAMETERS.items():
        model = make_model(name).for_task(task)
        trials = simulate(model.agent(parameters), task, N_SUBJECTS, rng).to_trials()
        stay.append(stay_after_outcome(trials).assign(model=name.removeprefix("bandit/")))
    correct = [_correct(task, beta, n_repetitions, rng) for beta in INVERSE_TEMPERATURES]
    return {"stay": pd.concat(stay, ignore_index=True), "correct": pd.concat(correct, ignore_index=True), "exact": exact_correct()}


def _correct(task: Task, inverse_temperature: float, n_repetitions: int, rng: np.random.Generator) -> pd.DataFrame:
    """Return the share of correct choices of learners with one inverse temperature, by learning rate and period."""
    own = {"learning_rate": np.repeat(LEARNING_RATES, n_repetitions), "inverse_temperature": inverse_temperature}
    agent = make_model("bandit/rescorla_wagner").for_task(task).agent(own)
    right = simulate(agent, task, len(own["learning_rate"]), rng).action == np.argmax(ARMS)
    rows = []
    for period, when in PERIODS.items():
        share = right[when].mean(axis=0).reshape(len(LEARNING_RATES), n_repetitions)
        rows.append(pd.DataFrame({
            "learning_rate": LEARNING_RATES, "inverse_temperature": inverse_temperature, "period": period,
            "correct": share.mean(axis=1), "standard_error": share.std(axis=1, ddof=1) / np.sqrt(n_repetitions), "n": n_repetitions}))
    return pd.concat(rows, ignore_index=True)


def exact_correct() -> pd.DataFrame:
    """Return the exact share of correct choices of a learner whose learning rate is 1.

    Returns
    -------
    DataFrame
        ``inverse_temperature, period, exact``.

    Notes
    -----
    Such a learner values an arm by its last outcome, .5 before the first: nine states, of which the next one depends on
    nothing but the present one, the choice and the outcome.

    Examples
    --------
    >>> exact_correct().round(3).query("inverse_temperature == 5")["exact"].tolist()
    [0.742, 0.796]
    """
    rows = []
    for beta in INVERSE_TEMPERATURES:
        states, chance, transition = _last_outcomes(beta)
        place, right = (states == (0.5, 0.5)).all(axis=1).astype(float), []
        for _ in range(N_TRIALS):
            right.append(place @ chance)
            place = place @ transition
        rows += [{"inverse_temperature": beta, "period": period, "exact": np.mean(right[when])} for period, when in PERIODS.items()]
    return pd.DataFrame(rows)


def _last_outcomes(inverse_temperature: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return (9, 2) values of the states, (9,) chances of a correct choice there, and the (9, 9) transition matrix."""
    states = np.array(list(product((0.0, 0.5, 1.0), repeat=2)))
    policy = np.exp(inverse_temperature * states)
    policy /= policy.sum(axis=1, keepdims=True)
    transition = np.zeros((len(states), len(states)))
    for i, arm, reward in product(range(len(states)), (0, 1), (0.0, 1.0)):
        after = states[i].copy()
        after[arm] = reward
        j = np.flatnonzero((states == after).all(axis=1))[0]
        transition[i, j] += policy[i, arm] * (ARMS[arm] if reward else 1 - ARMS[arm])
    return states, policy[:, np.argmax(ARMS)], transition


def numbers(tables: Tables) -> dict[str, float]:
    """Return the number of every claim."""
    stay = tables["stay"].pivot(index=["model", "subject"], columns="reward", values="stay")
    difference = (stay[True] - stay[False]).groupby("model").agg(["mean", "sem"])
    z = difference["mean"] / difference["sem"]
    of_shift = stay.loc["win_stay_lose_shift"].mean()
    learners = ("rescorla_wagner", "rescorla_wagner_choice_kernel")
    return {**{name: z[name] for name in ("random", "choice_kernel")}, **{name: difference["mean"][name] for name in learners},
            "win_stay": of_shift[True], "lose_stay": of_shift[False], "exact": _distance(tables)}


def _distance(tables: Tables) -> float:
    both = tables["correct"].query("learning_rate == 1").merge(tables["exact"], on=["inverse_temperature", "period"])
    return float(((both["correct"] - both["exact"]).abs() / both["standard_error"]).max())


@styled
def draw(tables: Tables) -> Figure:
    """Draw staying by the outcome before, and correct choices early and late."""
    figure, axes = plt.subplots(1, 3, figsize=(9.0, 2.9), layout="constrained", width_ratios=(1.1, 1, 1))
    _draw_stay(tables["stay"], axes[0])
    for ax, period in zip(axes[1:], PERIODS, strict=True):
        _draw_correct(tables, period, ax)
        ax.set_title(f"B  {period} trials", loc="left")
    axes[1].set_ylabel("P(correct)")
    axes[2].legend(title="inverse\ntemperature", loc="upper left", bbox_to_anchor=(1, 1))
    return figure


def _draw_stay(stay: pd.DataFrame, ax: Axes) -> None:
    mean = mean_interval(stay, "stay", ["model", "reward"])
    for model, color in zip(PARAMETERS, PALETTE, strict=False):
        name = model.removeprefix("bandit/")
        rows = mean[mean["model"] == name].sort_values("reward")
        ends = np.abs(rows[["low", "high"]].to_numpy().T - rows["mean"].to_numpy())
        ax.errorbar([0, 1], rows["mean"], yerr=ends, fmt="o-", markersize=4, capsize=2, color=color, label=name.replace("_", " "))
    ax.axhline(0.5, color=REFERENCE, linestyle=":", linewidth=0.8)
    ax.set(xlim=(-0.3, 1.3), ylim=(0, 1), ylabel="P(stay)", xlabel="Outcome of the trial before")
    ax.set_xticks([0, 1], ["loss", "win"])
    ax.set_title(f"A  {stay['subject'].nunique()} simulated subjects a model", loc="left")
    ax.legend(loc="upper left", bbox_to_anchor=(0.0, -0.22), ncols=2, fontsize=6.5, columnspacing=1.0)


def _draw_correct(tables: Tables, period: str, ax: Axes) -> None:
    shades = seaborn.color_palette("viridis", len(INVERSE_TEMPERATURES))
    for beta, color in zip(INVERSE_TEMPERATURES, shades, strict=True):
        rows = tables["correct"].query("period == @period and inverse_temperature == @beta")
        exact = tables["exact"].query("period == @period and inverse_temperature == @beta")["exact"]
        ax.plot(rows["learning_rate"], rows["correct"], color=color, label=f"{beta:g}")
        ax.plot(1, exact, "D", markersize=4, color=color, markeredgecolor="black", markeredgewidth=0.5, clip_on=False, zorder=3)
    ax.plot([], [], "D", color="none", markeredgecolor="black", markersize=4, label="exact")
    ax.axhline(0.5, color=REFERENCE, linestyle=":", linewidth=0.8)
    ax.set(xlabel="Learning rate", xlim=(0, 1), ylim=(0.4, 1))


FIGURE = PaperFigure(
    "wilson2019_fig2", "Five models of bandits leave different marks: staying after wins and losses, and correct choices by parameter.",
    (), CLAIMS, compute, numbers, draw, quick=partial(compute, n_repetitions=20),
)
