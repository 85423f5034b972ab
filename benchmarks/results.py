"""Write docs/results.md from what the benchmarks measured.

    python -m benchmarks.results

Reads ``benchmarks/measured/``: ``quickstart.json`` (the ``summary.json`` of ``cogmeta quickstart``), ``training.json``
``fitting.json``, ``bayes.json`` and ``tasks.json`` (``--out`` of the four benchmarks), and the presets of ``tasks/presets.py``. Nothing is typed by hand.
"""

import json
from pathlib import Path

import numpy as np

from cogmeta.files import atomic_path
from tasks.duan2016_presets import LSTM
from tasks.preset import Preset
from tasks.presets import preset
from tasks.registry import task_names

ROOT = Path(__file__).parents[1]
MEASURED, PAGE = ROOT / "benchmarks" / "measured", ROOT / "docs" / "results.md"


def table(columns: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table.

    Examples
    --------
    >>> print(table(["a", "b"], [[1, 2.5]]))
    | a | b |
    |---|---|
    | 1 | 2.5 |
    """
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join("|" + "|".join(f" {cell} " if line is not lines[1] else str(cell) for cell in line) + "|" for line in lines)


def quickstart(summary: dict) -> str:
    """Return the section on the main job."""
    bandit, steps = summary["bandit"], summary["two_step"]
    players = {**bandit["regret_by_player"]}
    rewards = steps["reward_per_trial_by_player"]
    rows = [[name, f"{regret:.2f}"] for name, regret in sorted(players.items(), key=lambda item: item[1])]
    reward_rows = [[name, f"{reward:.3f}"] for name, reward in sorted(rewards.items(), key=lambda item: -item[1])]
    likelihood = summary["log_likelihood_per_trial"]
    players_scored = list(dict.fromkeys(name for by in likelihood.values() for name in by))
    scores = [[name, *(f"{by[name]:.3f}" if by.get(name) is not None else "" for by in likelihood.values())] for name in players_scored]
    return "\n\n".join([
        f"## The main job\n\n`cogmeta quickstart --seed {summary['seed']}`, {summary['seconds']:.0f} s in all on two cores of a shared machine.",
        f"**bandit/independent**, regret of 100 trials over {bandit['test_episodes']:,} fresh episodes; the network was trained for "
        f"{bandit['train_seconds']:.0f} s ({bandit['train_steps']:,} steps, {bandit['steps_per_second']:,} a second). "
        "Exact optimum: 1.748.", table(["player", "regret"], rows),
        f"**two_step/wang2018**, reward a trial over {steps['test_episodes']:,} fresh episodes; trained for {steps['train_seconds']:.0f} s.",
        table(["player", "reward a trial"], reward_rows),
        table(["claim", "reference", "ours", "met"], [[c["claim"], c["reference"], f"{c['ours']:.3f}", "yes" if c["met"] else "no"] for c in summary["claims"]]),
        "Log-likelihood a trial (natural log; a trial of `two_step/daw2011` has two choices):",
        table(["player", *likelihood], scores),
    ])


def presets() -> str:
    """Return the section on presets: what a user gets with ``cogmeta train TASK`` alone, and where there is another for LSTMs, that."""
    tried = [(name, chosen) for name in task_names() for chosen in {id(one): one for one in (preset(name), LSTM.get(name, preset(name)))}.values()]
    return ("## Presets\n\n`cogmeta train TASK`, one number a seed from seed 0 on, measured on fresh episodes by "
            "`python -m benchmarks.presets`. The notes name the settings that fell short. A training \"from\" another task goes on from the "
            "network that ships for it. The second of two rows of a task is what `--agent lstm` trains.\n\n"
            + table(["task", "network", "learner", "steps", "reached", "note"], [_preset(*one) for one in tried]))


def _preset(name: str, chosen: Preset) -> list[str]:
    quality = "; ".join(f"{measure} {', '.join(f'{x:g}' for x in scores)} (mean {np.mean(scores):.3f})"
                        for measure, scores in chosen.expected.items()) or "not trained"
    learner = type(chosen.learner).__name__ + (f", from `{chosen.start}`" if chosen.start else "")
    return [f"`{name}`", chosen.kind, learner, f"{chosen.n_steps:,}", quality, chosen.note]


def training(record: dict) -> str:
    """Return the section on training speed."""
    rows = [[name, f"{row['steps_per_second']:,.0f}", f"{row['steps_per_cpu_second']:,.0f}"] if row.get("steps_per_second")
            else [name, "not installed", ""] for name, row in record["rows"].items()]
    return ("## Training speed\n\n`python -m benchmarks.training`: environment steps a second, LSTM actor-critic of 48 units on "
            "two-armed bandits, all rows in one call.\n\n" + table(["who", "a second", "a CPU second"], rows))


def fitting(record: dict) -> str:
    """Return the section on fits."""
    rows = [[row["fitter"], row["method"], row["subjects"], f"{row['cpu_ms_per_fit']:.1f}", f"{row['nats_short_of_best']:.2f}"]
            for row in record["rows"]]
    return ("## Fits\n\n`python -m benchmarks.fitting`: the seven-parameter hybrid, 201 trials a subject, 10 starts, one thread; "
            "how many nats the summed objective falls short of the best optimum known. "
            f"Two cores at a load average of {record.get('load', 0):.0f}; SciPy's loop, in the same run, is the yardstick.\n\n"
            + table(["fitter", "method", "subjects", "CPU ms a fit", "nats short"], rows) + _groups(record) + _curve(record))


def _groups(record: dict) -> str:
    rows = [[row["group"], row["fitter"], row["subjects"], f"{row['cpu_seconds']:.1f}", f"{row['wall_seconds']:.1f}", row["e_steps"],
             f"{row['log_model_evidence']:,.1f}"] for row in record.get("groups", [])]
    return "\n\nGroups by EM-Laplace, full covariance, iBIC included; synthetic subjects, and people (Shahar et al. 2019):\n\n" + table(
        ["group", "fitter", "subjects", "CPU s", "wall s", "E-steps", "log model evidence"], rows) if rows else ""


def _curve(record: dict) -> str:
    rows = [[f"{row['subjects']:,}", f"{row['cpu_seconds']:.1f}", f"{1e3 * row['cpu_seconds'] / row['subjects']:.2f}",
             f"{row['peak_megabytes']:,.0f}"] for row in record.get("curve", [])]
    return ("\n\n`python -m benchmarks.fitting --curve`: Rescorla-Wagner, 100 trials a subject, 10 starts, without Numba, a process "
            "each; largest resident memory with what Python and the libraries take:\n\n"
            + table(["subjects", "CPU s", "ms a subject", "megabytes"], rows)) if rows else ""


def recovery(records: list[dict]) -> str:
    """Return the section on parameter recovery."""
    parts = ["## Recovery\n\n`python -m benchmarks.recovery`: Pearson's r of the hybrid's natural parameters, 200 subjects x 201 trials "
             "a data set. Who is told the group from which subjects were drawn knows more than any fit can: what is missing there is "
             "missing in the design."]
    for record in records:
        low, high = record["bounds"]
        rows = [[row.pop("estimator"), *(f"{x:.3f}" for x in row.values())] for row in map(dict, record["rows"])]
        names = [name for name in record["rows"][0] if name != "estimator"]
        parts.append(f"{record['data_sets']} data sets; reward probabilities walk by {record['drift_sd']:g} a trial between {low:g} and "
                     f"{high:g}:\n\n" + table(["", *(f"`{name}`" for name in names)], rows))
    return "\n\n".join(parts)


def bayes(record: dict) -> str:
    """Return the section on full hierarchical Bayes."""
    rows = [[row["covariance"], row["seed"], f"{row['worst_r_hat']:.3f}", row["divergences"], f"{row['least_ess']:.0f}",
             f"{row['cpu_seconds']:.0f}", f"{row['least_ess_per_cpu_second']:.1f}", f"{row['least_agreement']:.3f}"] for row in record["rows"]]
    return ("## Full hierarchical Bayes\n\n`python -m benchmarks.bayes`: 50 simulated people x 201 trials, the seven-parameter hybrid, two "
            "chains of 500 draws after 500; the worst of the group's means, SDs and correlations. Agreement: the least correlation, over "
            "parameters, between subjects' posterior means and EM's modes (unconstrained). Asked for: R-hat at most 1.01, no divergence, "
            "1.5 effective draws a CPU second, agreement .98.\n\n"
            + table(["covariance", "seed", "R-hat", "divergences", "effective draws", "CPU s", "a CPU second", "agreement"], rows))


def tasks(record: dict) -> str:
    """Return the section on the speed of tasks."""
    rows = [[f"`{row['task']}`", f"{row['episodes']:,}", f"{row['batched']:,.0f}", f"{row['gymnasium']:,.0f}",
             "" if not row["bar"] else f"{row['bar']:,.0f}, {'met' if row['batched'] >= row['bar'] else 'missed'}"]
            for row in record["rows"]]
    grown = [row for row in record["rows"] if "growth" in row]
    sizes, peers = list(grown[0]["growth"]), list(dict.fromkeys(peer for row in grown for peer in row["peers"]))
    growth = [[f"`{row['task']}`", *(f"{row['growth'][size]:,.0f}" for size in sizes)] for row in grown]
    beside = [[f"`{row['task']}`", f"{row['batched']:,.0f}", *(_beside(row, peer) for peer in peers)] for row in grown]
    return ("## Speed of the tasks\n\n`python -m benchmarks.tasks`: environment steps a CPU-second, one thread of a machine that others used, too, whole episodes with "
            "random actions: many episodes side by side, and one as a Gymnasium environment stepped in a loop.\n\n"
            + table(["task", "episodes", "side by side", "Gymnasium, one episode", "asked for"], rows)
            + "\n\nGrowth with the episodes side by side:\n\n" + table(["task", *(f"{int(size):,}" for size in sizes)], growth)
            + "\n\nBeside what others have, in the same run (how many times ours is faster): a single environment written with "
            "scalars, as public reproductions have it, and NeuroGym's task:\n\n"
            + table(["task", "ours, 1,024 episodes", *peers], beside))


def _beside(row: dict, peer: str) -> str:
    steps = row["peers"].get(peer)
    return f"{steps:,.0f} ({row['batched'] / steps:,.0f} times)" if steps else ""


def main() -> None:
    """Write the page."""
    found = {name: json.loads((MEASURED / f"{name}.json").read_text(encoding="utf-8")) for name in ("quickstart", "training", "fitting", "bayes", "tasks")}
    page = "\n\n".join(["# What was measured", "Made by `python -m benchmarks.results`; do not edit.", quickstart(found["quickstart"]),
                        presets(), training(found["training"]), fitting(found["fitting"]),
                        recovery([json.loads(path.read_text(encoding="utf-8")) for path in sorted(MEASURED.glob("recovery*.json"))]),
                        bayes(found["bayes"]), tasks(found["tasks"])])
    with atomic_path(PAGE) as part:
        part.write_text(page + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
