"""How fast the agents of ``figures/episodic_control.py`` learn: tuned on lives of their own, lived, kept beside the figure.

    python -m benchmarks.control tune
    python -m benchmarks.control measure

``tune`` prints, for every agent and kind of life, the settings with which the criterion came first in lives of seeds that are
used for nothing else: what stands in ``TUNED`` of ``tasks/control.py``. Where no setting reaches it, or several at the same
step, the one that scored most over the whole life. ``measure`` writes ``figures/measured/episodic_control_*.csv``, what
``cogmeta figure episodic_control`` shows; ``--retrain`` there computes the same.
"""

import argparse
import os
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import pandas as pd
import torch

from analyses.life_curve import life_curve, steps_to_criterion
from cogmeta.files import atomic_path
from figures.episodic_control import EPISODIC, LIVES, SLOW, live_all
from tasks.control import make_control
from tasks.registry import make_task

FOLDER = Path(__file__).parents[1] / "figures" / "measured"
TUNING_SEEDS, N_LIVES = (100,), 8
GRIDS: dict[str, dict[str, tuple[Any, ...]]] = {
    "mfec": {"epsilon": (0.005, 0.05, 0.1)},
    "nec": {"epsilon": (0.005, 0.05), "learning_rate": (0.1, 0.5)},
    "similarity": {"epsilon": (0.005, 0.05), "bandwidth": (0.25, 0.5)},
    "dqn": {"annealing_steps": (100, 500), "step_size": (1e-3, 3e-3), "target_every": (20,)},
}
"""What is tried: how much is done at random, and how fast is learnt."""


def tuned(name: str, life: str) -> Iterator[dict[str, Any]]:
    """Yield a row for every setting of an agent on a kind of life."""
    task_name, settings = LIVES[life]
    task, grid = make_task(task_name, **settings), GRIDS[name]
    for values in product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        curves = [life_curve(make_control(name, task, seed, **chosen), task, N_LIVES, seed) for seed in TUNING_SEEDS]
        curve = pd.concat(curves).groupby("steps", as_index=False)["score"].mean()
        steps, reached = steps_to_criterion(curve)
        yield {"player": name, "life": life, **chosen, "steps": steps, "reached": reached, "score": curve["score"].mean()}


def tune(players: list[str], lives: list[str]) -> None:
    """Print the best settings of every agent and kind of life."""
    for name, life in product(players or GRIDS, lives or LIVES):
        rows = pd.DataFrame(tuned(name, life))
        rows["miss"] = ~rows["reached"]
        best = rows.sort_values(["miss", "steps", "score"], ascending=[True, True, False]).iloc[0]
        found = {setting: best[setting] for setting in GRIDS[name]}
        print(f"{name}, {life}: {found}: {best['steps']:.0f} steps{'' if best['reached'] else ' and more'}, "
              f"score {best['score']:.3f}; worst {rows['steps'].max():.0f}", flush=True)


def measure(lives: list[str]) -> None:
    """Live some kinds of life, or all, and write their rows; those of other kinds stay."""
    for name, table in live_all(lives or tuple(LIVES), listener=print).items():
        path = FOLDER / f"episodic_control_{name}.csv"
        kept = pd.read_csv(path) if path.is_file() else table[:0]
        kept = kept[kept["life"].isin(LIVES) & ~kept["life"].isin(table["life"])]
        whole = pd.concat([kept, table] if len(kept) else [table])
        whole = whole.sort_values("life", key=lambda column: column.map(list(LIVES).index), kind="stable")
        with atomic_path(path) as part:
            whole.to_csv(part, index=False)


def main() -> None:
    """Tune, or measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("tune", "measure"))
    parser.add_argument("--players", nargs="*", default=[], choices=[*EPISODIC, SLOW])
    parser.add_argument("--lives", nargs="*", default=[], choices=list(LIVES))
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.what == "tune":
        tune(options.players, options.lives)
    else:
        measure(options.lives)


if __name__ == "__main__":
    main()
