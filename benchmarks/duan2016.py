"""What the classical players of Duan et al. 2016 earn, tables 1 and 2: tuned, measured, kept beside the figures.

    python -m benchmarks.duan2016 table1
    python -m benchmarks.duan2016 table2

Writes ``figures/measured/duan2016_<table>.csv``: for every number of trials and player the best constant, the mean and
its standard error. Constants are tuned on problems of their own (seed 1), the rest is measured on others (seed 2). The
mean is adjusted for the problems drawn: what is summed is the reward less what somebody who knows the problem would
expect, and the exact expectation of that is added (a control variate: the error falls by half or more). ``raw_sem`` is
the standard error without, to which the published means of 1,000 problems are subject.
"""

import argparse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.agent import Agent
from cogmeta.files import atomic_path
from cogmeta.random_agent import RandomAgent
from cogmeta.simulate import check_seed
from cogmeta.task import Task
from tasks.bandit_players import EpsilonGreedy, PosteriorUCB
from tasks.gittins import ClosedFormGittins, Gittins
from tasks.mdp_players import BEB, TABULARL, UCRL2, WEAK, Greedy, PosteriorSampling
from tasks.optimistic_thompson import OptimisticThompson
from tasks.registry import make_task
from tasks.tuning import earnings, tune

FOLDER = Path(__file__).parents[1] / "figures" / "measured"
TUNING_SEED, SEED = 1, 2
OPTIMUM = 21.820
"""Expected reward of a visit of somebody who knows the process: 120,000 processes, standard error .0065."""


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
    many = 1000 if n_arms == 50 else 4000
    return [
        Column("random", lambda task, _: RandomAgent(task), (0,), 0, many),
        Column("gittins, closed form", lambda task, _: ClosedFormGittins(task), (0,), 0, many),
        Column("thompson", lambda task, _: OptimisticThompson(task, 1), (1,), 0, 1000),
        Column("optimistic thompson", lambda task, m: OptimisticThompson(task, int(m)), (1, 2, 3, 4, 6, 8, 11, 15, 20), 200, 1000),
        Column("ucb", lambda task, scale: PosteriorUCB(task, scale, ties="first"), tenths, 1000, many),
        Column("epsilon-greedy", lambda task, e: EpsilonGreedy(task, e, ties="first"), tenths, 1000, many),
        Column("greedy", lambda task, _: EpsilonGreedy(task, 0.0, ties="first"), (0,), 0, many),
    ]


def mdp_columns() -> list[Column]:
    """Return the columns of table 2 but the network's: with the priors of the published programs, then with the task's."""
    scalings, samples = np.logspace(-4, 0, 21), (1, 2, 3, 5, 8, 12, 16, 20)
    tenths = np.arange(1, 11) / 10
    return [
        Column("random", lambda task, _: RandomAgent(task), (0,), 0, 400),
        Column("greedy", lambda task, _: Greedy(task, prior=WEAK), (0,), 0, 400),
        Column("epsilon-greedy", lambda task, e: Greedy(task, e, prior=WEAK), tenths, 100, 400),
        Column("psrl", lambda task, _: PosteriorSampling(task, 1, TABULARL), (1,), 0, 400),
        Column("beb", lambda task, c: BEB(task, c, TABULARL), scalings, 100, 400),
        Column("ucrl2", lambda task, c: UCRL2(task, c), scalings, 80, 300),
        Column("opsrl", lambda task, m: PosteriorSampling(task, int(m), TABULARL), samples, 60, 200),
        Column("greedy, own prior", lambda task, _: Greedy(task), (0,), 0, 400),
        Column("psrl, own prior", lambda task, _: PosteriorSampling(task, 1), (1,), 0, 400),
        Column("beb, own prior", lambda task, c: BEB(task, c), scalings, 100, 400),
        Column("opsrl, own prior", lambda task, m: PosteriorSampling(task, int(m)), (3, 8, 16), 60, 200),
    ]


def measure(column: Column, task: Task, lengths: Sequence[int]) -> Iterator[dict]:
    """Yield a row a length: tuned, then measured on fresh problems."""
    best = dict.fromkeys(lengths, column.grid[0])
    if len(column.grid) > 1:
        tuned = tune(lambda c: column.make(task, c), task, column.grid, column.n_tuning, TUNING_SEED, lengths)
        best = tuned[tuned["best"]].set_index("length")["constant"].to_dict()
    known, expected = control(task, column.n_problems)
    totals = {c: earnings(column.make(task, c), task, column.n_problems, SEED, lengths) for c in set(best.values())}
    for i, length in enumerate(lengths):
        total = totals[best[length]][i]
        adjusted = total + length * (expected - known)
        yield {"n_trials": length, "player": column.player, "constant": best[length], "mean": adjusted.mean(),
               "sem": sem(adjusted), "raw_mean": total.mean(), "raw_sem": sem(total), "n": len(total)}


def control(task: Task, n: int) -> tuple[np.ndarray, float]:
    """Return (n,) what somebody who knows each problem expects a trial, and its expectation over problems."""
    state, _ = task.begin(n, check_seed(SEED).spawn(2)[0])
    if hasattr(state, "processes"):
        return state.processes.optimal_return / task.horizon, OPTIMUM / task.horizon
    return state.reward_probability.max(axis=1), task.n_arms / (task.n_arms + 1)


def sem(total: np.ndarray) -> float:
    """Return the standard error of a mean."""
    return float(total.std(ddof=1) / np.sqrt(len(total)))


def table1() -> Iterator[dict]:
    """Yield the rows of table 1; players that do not know the length earn all of them in one run."""
    for n_arms in (5, 10, 50):
        task = make_task(f"bandit/rl2_k{n_arms}_n500")
        for column in bandit_columns(n_arms):
            yield from ({"n_arms": n_arms, **row} for row in measure(column, task, (10, 100, 500)))
    for n_trials in (10, 100, 500):  # last, as the indices of 500 trials take minutes
        for n_arms in (5, 10, 50):
            task = make_task(f"bandit/rl2_k{n_arms}_n{n_trials}")
            gittins = Column("gittins", lambda task, _: Gittins(task), (0,), 0, 1000 if n_arms == 50 else 4000)
            yield from ({"n_arms": n_arms, **row} for row in measure(gittins, task, (n_trials,)))


def table2() -> Iterator[dict]:
    """Yield the rows of table 2."""
    task = make_task("mdp/random_n100")
    for column in mdp_columns():
        yield from measure(column, task, (100, 250, 500, 750, 1000))


def main() -> None:
    """Measure a table and keep it, row by row."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", choices=["table1", "table2"])
    table = parser.parse_args().table
    FOLDER.mkdir(exist_ok=True)
    rows: list[dict] = []
    for row in {"table1": table1, "table2": table2}[table]():
        rows.append(row)
        print(row, flush=True)
        with atomic_path(FOLDER / f"duan2016_{table}.csv") as part:
            pd.DataFrame(rows).round(4).to_csv(part, index=False)


if __name__ == "__main__":
    main()
