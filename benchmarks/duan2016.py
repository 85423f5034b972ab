"""What the classical players of Duan et al. 2016 earn, tables 1 and 2: tuned, measured, kept beside the figures.

    python -m benchmarks.duan2016 table1
    python -m benchmarks.duan2016 table2 --players psrl opsrl
    python -m benchmarks.duan2016 page

Writes ``figures/measured/duan2016_<table>.csv``: for every number of trials and player the best constant, the mean and
its standard error. Constants are tuned on problems of their own (seed 1), the rest is measured on others (seed 2). The
mean is adjusted for the problems drawn, by regression on what somebody who knows each problem would expect, whose mean
over all problems is known (a control variate: the error falls by half or more for all but chance). ``raw_sem`` is the
standard error without, to which the published means of 1,000 problems are subject.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.agents.store import load_agent
from cogmeta.files import atomic_path
from cogmeta.random_agent import RandomAgent
from cogmeta.task import Task
from figures import duan2016_mazes, duan2016_table1, duan2016_table2
from figures.paper_figure import PaperFigure, shipped_network
from figures.score_table import adjusted, control, markdown, sem
from tasks.bandit_players import EpsilonGreedy, PosteriorUCB
from tasks.gittins import ClosedFormGittins, Gittins
from tasks.mdp_players import BEB, TABULARL, UCRL2, WEAK, Greedy, PosteriorSampling
from tasks.optimistic_thompson import OptimisticThompson
from tasks.registry import make_task
from tasks.tuning import earnings, tune

FOLDER = Path(__file__).parents[1] / "figures" / "measured"
TUNING_SEED, SEED = 1, 2


class Column(NamedTuple):
    """A player of a table, its constants, and how many problems it is tuned and measured on."""

    player: str
    make: Callable[[Task, float], Agent]
    grid: Sequence[float]
    n_tuning: int
    n_problems: int


def bandit_columns(n_arms: int) -> list[Column]:
    """Return the columns of table 1 but the network's and the exact index's."""
    tenths = np.arange(11) / 10
    many = 1000 if n_arms == 50 else 2000
    return [
        Column("random", lambda task, _: RandomAgent(task), (0,), 0, 5 * many),
        Column("gittins, closed form", lambda task, _: ClosedFormGittins(task), (0,), 0, many),
        Column("thompson", lambda task, _: OptimisticThompson(task, 1), (1,), 0, 500),
        Column("optimistic thompson", lambda task, m: OptimisticThompson(task, int(m)), (2, 5, 10, 20), 40, 200),
        Column("ucb", lambda task, scale: PosteriorUCB(task, scale, ties="first"), tenths, 500, many),
        Column("epsilon-greedy", lambda task, e: EpsilonGreedy(task, e, ties="first"), tenths, 2000, many),
        Column("greedy", lambda task, _: EpsilonGreedy(task, 0.0, ties="first"), (0,), 0, many),
    ]


def mdp_columns() -> list[Column]:
    """Return the columns of table 2 but the network's: with the priors of the published programs, then with the task's."""
    scalings, samples = np.logspace(-4, 0, 21), (1, 2, 3, 5, 8, 12, 16, 20)
    tenths = np.arange(1, 11) / 10
    return [
        Column("random", lambda task, _: RandomAgent(task), (0,), 0, 300),
        Column("greedy", lambda task, _: Greedy(task, prior=WEAK), (0,), 0, 300),
        Column("epsilon-greedy", lambda task, e: Greedy(task, e, prior=WEAK), tenths, 60, 300),
        Column("psrl", lambda task, _: PosteriorSampling(task, 1, TABULARL), (1,), 0, 300),
        Column("beb", lambda task, c: BEB(task, c, TABULARL), scalings, 60, 300),
        Column("ucrl2", lambda task, c: UCRL2(task, c, accumulate=True), scalings[::2], 60, 200),
        Column("opsrl", lambda task, m: PosteriorSampling(task, int(m), TABULARL), samples, 40, 150),
        Column("greedy, own prior", lambda task, _: Greedy(task), (0,), 0, 300),
        Column("psrl, own prior", lambda task, _: PosteriorSampling(task, 1), (1,), 0, 300),
        Column("beb, own prior", lambda task, c: BEB(task, c), scalings, 60, 300),
        Column("ucrl2, own prior", lambda task, c: UCRL2(task, c, prior=None), scalings[::2], 60, 200),
        Column("opsrl, own prior", lambda task, m: PosteriorSampling(task, int(m)), (3, 8, 16), 40, 150),
    ]


def measure(column: Column, task: Task, lengths: Sequence[int]) -> Iterator[dict]:
    """Yield a row a length: tuned, then measured on fresh problems."""
    best = dict.fromkeys(lengths, column.grid[0])
    if len(column.grid) > 1:
        tuned = tune(lambda c: column.make(task, c), task, column.grid, column.n_tuning, TUNING_SEED, lengths)
        best = tuned[tuned["best"]].set_index("length")["constant"].to_dict()
    known, expected = control(task, column.n_problems, SEED)
    totals = {c: earnings(column.make(task, c), task, column.n_problems, SEED, lengths) for c in set(best.values())}
    for i, length in enumerate(lengths):
        total = totals[best[length]][i]
        better = adjusted(total, known, expected)
        yield {"n_trials": length, "player": column.player, "constant": best[length], "mean": better.mean(),
               "sem": sem(better), "raw_mean": total.mean(), "raw_sem": sem(total), "n": len(total)}


def table1(players: Sequence[str]) -> Iterator[dict]:
    """Yield the rows of table 1; players that do not know the length earn all of them in one run."""
    for n_arms in (5, 10, 50):
        task = make_task(f"bandit/rl2_k{n_arms}_n500")
        for column in bandit_columns(n_arms):
            if not players or column.player in players:
                yield from ({"n_arms": n_arms, **row} for row in measure(column, task, (10, 100, 500)))
    for n_trials in (10, 100, 500):  # last, as the indices of 500 trials take minutes
        name = f"gittins {n_trials}"
        for n_arms in (5, 10, 50) if not players or name in players else ():
            task = make_task(f"bandit/rl2_k{n_arms}_n{n_trials}")
            gittins = Column("gittins", lambda task, _: Gittins(task), (0,), 0, 1000)
            yield from ({"n_arms": n_arms, **row} for row in measure(gittins, task, (n_trials,)))


def table2(players: Sequence[str]) -> Iterator[dict]:
    """Yield the rows of table 2."""
    task = make_task("mdp/random_n100")
    for column in mdp_columns():
        if not players or column.player in players:
            yield from measure(column, task, (100, 250, 500, 750, 1000))


def keep(table: str, row: dict) -> None:
    """Write a row into the kept table, in place of the one of the same player and setting."""
    path = FOLDER / f"duan2016_{table}.csv"
    key = [name for name in ("n_trials", "n_arms", "player") if name in row]
    rows = pd.concat([pd.read_csv(path), pd.DataFrame([row])] if path.is_file() else [pd.DataFrame([row])])
    rows = rows.drop_duplicates(key, keep="last").sort_values(key)
    with atomic_path(path) as part:
        rows.round(6).to_csv(part, index=False)


PAGE = """# The tables of Duan et al. 2016

Made by `python -m benchmarks.duan2016 page`; the classical players were measured by `python -m benchmarks.duan2016 table1`
and `table2`, the networks are those that ship. A cell is the mean total reward of an episode ± its standard error, in square
brackets the published mean over 1,000 problems. Bold: not significantly worse than the best of the row (one-sided Welch
test, p = .05). `cogmeta figure duan2016_table1` draws the first, `duan2016_table2` the second.

## Bernoulli bandits: n pulls of k arms

{table1}
`network` (an LSTM of 48 units), `symmetric network` (a cell of 16 units an arm, all with the same weights:
[why](training.md#names-that-mean-nothing)) and the published one learnt from reward alone, from the same inputs; ours in 10 or 100 pulls,
and in 500 they play on as they learnt in 100. The published network had 256 gated recurrent units. `imitator` is an LSTM of 48 units
that was taught, by cross-entropy along its own trajectories, what Gittins would do in 100 pulls; `symmetric imitator` was taught on ten
arms alone, in 100 pulls and from there in 500, and plays 5 and 50 with the same weights. They are no RL2 agents; they show what such
networks can hold.

Constants were tuned on bandits of their own. `gittins` goes by the exact finite-horizon index with Beta(1, 1) priors,
`gittins, closed form` by the approximation in the authors' experiment code, which has both; the paper does not say which made
which cell. Every printed cell lies within two standard errors (of the difference; theirs over 1,000 bandits) of one of the two,
all but k = 10 at n = 100 and 500 of the exact one, which earns 1.1 and 4.9 more than is printed (2.5 and 3.0 standard errors).
The published cells of one k share their 1,000 bandits: drawn as in that code (seeds 0 to 999), the best of ten arms pays
.9064 on average instead of .9091, which takes 1.3 off every cell at n = 500, k = 10; on these very bandits `ucb` earns 78.2,
82.8 and 84.6 at n = 100 (k = 5, 10, 50) and 406.4, 437.5 and 457.3 at n = 500, as printed. With 5 arms and 500 pulls `ucb`
(scale .2) earned 406.9 ± .1 over 20,000 fresh bandits, adjusted for what their best arms pay (407.2 ± .5 as it was). Of all
other printed cells two lie beyond two standard errors: `ucb` at n = 100, k = 10 (2.6; as printed on the paper's bandits) and
`optimistic thompson` at n = 500, k = 50 (2.1; .6 of the 1.9 that it lacks is the draw of the paper's bandits).

## Random Markov decision processes: n visits of ten steps

The paper does not state the priors of its learners. Ours reproduce its table with the defaults of the collection that they were
taken from, which are wrong for the task: mean rewards about 0 with precision 1 (PSRL, OPSRL, BEB), or next to no prior (UCRL2,
greedy); and with the hope of UCRL2 adding up over the steps of a plan, a slip there (without it UCRL2 earns about 909, 1406 and
1912 in 50, 75 and 100 visits; scaling .4, 100 processes). That the published ones ran so is inferred from this agreement:

{table2}
With the task's own prior the same learners earn:

{own}
Somebody who knows the process earns 21.82 ± .01 a visit, chance 10. `network` is an LSTM of 128 units that learnt action values by
Sarsa, from reward alone, of easier processes first ([how](training.md#what-must-be-remembered-before-anything-gets-better));
`symmetric network` has a cell of 12 units a state and action, all with the same weights, and learnt by Sarsa in the task itself. Without
a discount neither does anything for the sake of what it tells. Both learnt in 10 visits and play on in more, where that costs most.

## Mazes: steps to the target, and how often it was found

Mazes of the test set, five visits each from the same start ({n_small} mazes of 5 x 5 cells, at most 250 steps a visit; {n_large} of
9 x 9, at most 1,000). A cell is the mean number of steps of the visits in which the target was found ± its standard error, and the
share of visits in which it was. The published agent saw frames and moved continuously, so that lengths cannot be compared; how much
shorter the second visit is can. `cogmeta figure duan2016_mazes` draws the table, and a way. The network was trained on small mazes.

{mazes}
Second visit shorter than the first, or as long (share of mazes; published: improved):

{improved}"""


def page() -> str:
    """Return the page of both tables."""
    cells = {}
    for figure in (duan2016_table1.FIGURE, duan2016_table2.FIGURE):
        cells[figure.name[-6:]] = figure.compute(_agents(figure), SEED)["cells"]
    mazes = duan2016_mazes.compute(_agents(duan2016_mazes.FIGURE), SEED)
    first, second = duan2016_table1.PLAYERS, duan2016_table2.PLAYERS
    return PAGE.format(
        table1=markdown(cells["table1"], ["random", "gittins", "gittins, closed form", *first[2:-1], *duan2016_table1.OURS]),
        table2=markdown(cells["table2"], [*second[:-1], *duan2016_table2.NETWORKS]),
        own=markdown(cells["table2"], [*duan2016_table2.OWN_PRIOR, *duan2016_table2.NETWORKS]),
        mazes=visits_markdown(mazes["visits"]), improved=improved_markdown(mazes["improved"]),
        n_small=duan2016_mazes.N_MAZES["small"], n_large=duan2016_mazes.N_MAZES["large"])


def _agents(figure: PaperFigure) -> dict[str, list[Network]]:
    """Return the shipped networks of a figure."""
    return {named: [load_agent(shipped_network(named, seed)) for seed in seeds] for named, seeds in figure.agents}


def visits_markdown(rows: pd.DataFrame) -> str:
    """Return a Markdown table of the visits of mazes, a row a player and a column a visit; the published last."""
    lines = ["| mazes | | " + " | ".join(f"visit {visit}" for visit in sorted(rows["visit"].unique())) + " |", "|" + "---|" * (rows["visit"].nunique() + 2)]
    for size, some in rows.groupby("mazes", sort=False):
        for player, own in some.groupby("player", sort=False):
            cells = [f"{row['mean']:.1f} ± {row['sem']:.1f}, {row['success']:.1%}" for _, row in own.iterrows()]
            lines.append(f"| {size} | {player} | " + " | ".join(cells) + " |")
        cells = [f"{row['published']:g}, {row['published_success']:.1%}" for _, row in some.drop_duplicates("visit").iterrows()]
        lines.append(f"| {size} | network, published | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def improved_markdown(rows: pd.DataFrame) -> str:
    """Return a Markdown table of who gets better from the first to the second visit."""
    lines = ["| mazes | | shorter | as long |", "|---|---|---|---|"]
    for size, some in rows.groupby("mazes", sort=False):
        lines += [f"| {size} | {row['player']} | {row['shorter']:.1%} | {row['as long']:.1%} |" for _, row in some.iterrows()]
        lines.append(f"| {size} | network, published | {duan2016_mazes.IMPROVED[size]:.1%} | |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure a table and keep it, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=["table1", "table2", "page"])
    parser.add_argument("--players", nargs="*", default=(), help="only these; table 1 also 'gittins 10', 'gittins 100', 'gittins 500'")
    chosen = parser.parse_args()
    FOLDER.mkdir(exist_ok=True)
    if chosen.table == "page":
        with atomic_path(FOLDER.parents[1] / "docs" / "duan2016.md") as part:
            part.write_text(page(), encoding="utf-8")
        return
    for row in {"table1": table1, "table2": table2}[chosen.table](chosen.players):
        print({name: round(value, 3) if isinstance(value, float) else value for name, value in row.items()}, flush=True)
        keep(chosen.table, row)


if __name__ == "__main__":
    main()
