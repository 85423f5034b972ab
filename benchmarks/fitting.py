"""How fast cognitive models are fitted, and how well: the lanes engine beside the loop that most labs write.

    python -m benchmarks.fitting [--quick] [--out FILE.json]        all but the curve
    python -m benchmarks.fitting --curve [--out FILE.json]          seconds and memory by the number of subjects

Task: 200 synthetic subjects x 201 trials (``two_step/daw2011``), the seven-parameter hybrid with perseveration outside
the inverse temperature, 10 starts a subject, maximum likelihood and maximum a posteriori. CPU time of the whole call
(table checks, starts, search, standard errors), one thread. Beside it, on a few of the same subjects: SciPy's L-BFGS-B
on a plain Python loop with the same starts. "Short of the best" is the summed objective against the best optimum
known: 40 other starts, none dropped, run to a tolerance a thousand times finer, or ours or SciPy's where that is
better. With Numba installed both engines run, the compiled one on its second call (the first loads or compiles).

Groups: EM-Laplace with full covariance on the same subjects and, where the data are, on the 554 people of Shahar et al.
2019; the natural means of people's estimates beside those that a prototype found.

Curve: Rescorla-Wagner, 100 trials a subject, 10 starts, 2,500 to 20,000 subjects, each number in a process of its own;
its largest resident memory, with what the imports take.
"""

import argparse
import json
import math
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit

from cogmeta.data import load_trials
from cogmeta.errors import UserError
from cogmeta.files import atomic_path
from cogmeta.fitting import Fit, fit
from cogmeta.fitting.compiled.engine import has_numba, make_engine
from cogmeta.fitting.estimate import prepare
from cogmeta.fitting.optimiser import maximise, spread_starts
from cogmeta.fitting.penalty import DeclaredPriors, NoPenalty
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import Model, make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

GROUP_MEAN = (0.15, -0.35, 0.30, -0.40, 1.504, 1.194, 0.50)
GROUP_SD = (0.9, 0.9, 1.0, 1.2, 0.45, 0.45, 0.40)
"""Of the unconstrained parameters, in the model's order."""

N_STARTS = 10

PEOPLE_MEANS = (0.28, 0.35, 0.56, 0.41, 4.5, 3.2, 0.81)
"""Group means of Shahar et al. 2019 by a prototype of this fit, in the model's order."""

CURVE = (2_500, 5_000, 10_000, 20_000)

ENGINES = {"cogmeta, lanes": False} | ({"cogmeta, compiled by Numba": True} if has_numba() else {})
"""Name -> whether it compiles."""


def synthetic_people(model: Model, n_subjects: int, seed: int) -> pd.DataFrame:
    """Return the trial table of subjects drawn from the group."""
    u = np.array(GROUP_MEAN) + np.array(GROUP_SD) * np.random.default_rng(seed).standard_normal((n_subjects, 7))
    natural = [*expit(u[:, :4]).T, *np.exp(u[:, 4:6]).T, u[:, 6]]
    agent = model.agent(dict(zip(model.parameter_names, natural)))
    return simulate(agent, make_task("two_step/daw2011", n_trials=201), n_subjects, seed=seed).to_trials()


def ours(trials: pd.DataFrame, model: Model, method: str, compiled: bool = False) -> tuple[Fit, float, float]:
    """Return the fit, its CPU seconds and its wall seconds."""
    start, wall = time.process_time(), time.perf_counter()
    result = fit(model, trials, method, n_starts=N_STARTS, compiled=compiled)
    return result, time.process_time() - start, time.perf_counter() - wall


def best_known(trials: pd.DataFrame, model: Model, method: str) -> np.ndarray:
    """Return the objective of each subject after many starts, all run to the end."""
    model, table = prepare(model, trials, None, {})
    sequences = sequences_of(model, table)
    n = len(sequences.subjects)
    starts = spread_starts(model.parameters, 4 * N_STARTS, np.random.default_rng(99))
    penalty = NoPenalty() if method == "mle" else DeclaredPriors(model.parameters)
    subject = np.tile(np.arange(n), starts.shape[1])
    starts = np.repeat(starts, n, axis=1)
    return maximise(make_engine(model, sequences, starts.shape[1]), penalty, starts, subject, near=0.0, tolerance=1e-6).objective


def plain_log_likelihood(rows: list[tuple], p: list[float]) -> float:
    """Return the hybrid's log-likelihood by a loop over trials; plain floats, which are faster here than arrays."""
    rate_1, rate_2, eligibility, weight, beta_1, beta_2, sticky = p
    first, second, last, total = [0.0, 0.0], [[0.0, 0.0], [0.0, 0.0]], -1, 0.0
    for choice1, state, choice2, reward in rows:
        best_0, best_1 = max(second[0]), max(second[1])
        planned = (0.7 * best_0 + 0.3 * best_1, 0.3 * best_0 + 0.7 * best_1)
        logits = [beta_1 * (weight * planned[a] + (1 - weight) * first[a]) for a in (0, 1)]
        if last >= 0:
            logits[last] += sticky
        values, error = second[state], reward - second[state][choice2]
        for ahead in (logits[choice1] - logits[1 - choice1], beta_2 * (values[choice2] - values[1 - choice2])):
            total += min(ahead, 0.0) - math.log1p(math.exp(-abs(ahead)))
        first[choice1] += rate_1 * (values[choice2] - first[choice1] + eligibility * error)
        values[choice2] += rate_2 * error
        last = choice1
    return total


def scipy_loop(trials: pd.DataFrame, model: Model) -> tuple[np.ndarray, float]:
    """Return SciPy's best log-likelihood of each subject and its CPU seconds."""
    starts = spread_starts(model.parameters, N_STARTS, np.random.default_rng(0))
    bounds, best = [p.search for p in model.parameters], []
    begin = time.process_time()
    for _, own in trials.groupby("subject", sort=False):
        rows = list(zip(*(own[c].astype(int) for c in ("choice1", "state2", "choice2", "reward"))))

        def cost(u: np.ndarray, rows: list = rows) -> float:
            return -plain_log_likelihood(rows, [float(p.to_natural(x)) for p, x in zip(model.parameters, u)])

        best.append(-min(minimize(cost, start, method="L-BFGS-B", bounds=bounds).fun for start in starts.T))
    return np.array(best), time.process_time() - begin


def measure(n_subjects: int, n_loop: int, seed: int) -> pd.DataFrame:
    """Return one row a contender and method."""
    model = make_model("two_step/hybrid", perseveration="outside")
    trials = synthetic_people(model, n_subjects, seed)
    fit(model, trials.head(2010))  # first calls load code
    names = trials["subject"].unique()[:n_loop]
    loop, loop_seconds = scipy_loop(trials[trials["subject"].isin(names)], model)
    rows = []
    for method in ("mle", "map"):
        best = best_known(trials, model, method)
        if method == "mle":
            best[:n_loop] = np.maximum(best[:n_loop], loop)
            rows.append(_row("SciPy L-BFGS-B, plain loop", method, n_loop, loop_seconds, best[:n_loop] - loop))
        for name, compiled in ENGINES.items():
            seconds = min(ours(trials, model, method, compiled)[1] for _ in range(3))
            found = ours(trials, model, method, compiled)[0].table["objective"].to_numpy()
            rows.append(_row(name, method, n_subjects, seconds, np.maximum(best - found, 0.0)))
    return pd.DataFrame(rows)


def groups(n_subjects: int, seed: int) -> pd.DataFrame:
    """Return one row a group and engine: seconds, log model evidence, E-steps and means of subjects' parameters."""
    model = make_model("two_step/hybrid", perseveration="outside")
    tables = {"synthetic": synthetic_people(model, n_subjects, seed)}
    try:
        tables["shahar2019"] = load_trials("shahar2019_twostep_nspn")
    except UserError as error:
        print(f"without people: {error}")
    rows = []
    for name, trials in tables.items():
        for engine, compiled in ENGINES.items():
            if compiled:
                ours(trials, model, "em", compiled)  # loads the kernels
            result, cpu, wall = ours(trials, model, "em", compiled)
            rows.append({"group": name, "fitter": engine, "subjects": len(result.table), "cpu_seconds": cpu, "wall_seconds": wall,
                         "log_model_evidence": result.group["log_model_evidence"], "e_steps": result.group["n_iterations"],
                         **result.parameters[list(model.parameter_names)].mean()})
    return pd.DataFrame(rows)


def one_point(n_subjects: int) -> dict[str, float]:
    """Return seconds and memory of one Rescorla-Wagner fit of so many subjects."""
    rng = np.random.default_rng(0)
    model, task = make_model("bandit/rescorla_wagner"), make_task("bandit/independent", n_trials=100)
    own = {"learning_rate": rng.uniform(0.1, 0.9, n_subjects), "inverse_temperature": rng.uniform(1, 8, n_subjects)}
    trials = simulate(model.agent(own), task, n_subjects, seed=0).to_trials()
    before = _peak()
    _, cpu, wall = ours(trials, model, "map", compiled=False)
    return {"subjects": n_subjects, "cpu_seconds": cpu, "wall_seconds": wall, "peak_megabytes": _peak(), "before_megabytes": before}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024  # Linux counts kilobytes


def curve() -> pd.DataFrame:
    """Return one row a number of subjects."""
    rows = []
    for n_subjects in CURVE:
        done = subprocess.run([sys.executable, "-m", "benchmarks.fitting", "--point", str(n_subjects)], capture_output=True, text=True,
                              check=True)
        rows.append(json.loads(done.stdout.splitlines()[-1]))
        print(rows[-1], flush=True)
    return pd.DataFrame(rows)


def _row(name: str, method: str, n_subjects: int, seconds: float, short: np.ndarray) -> dict:
    return {"fitter": name, "method": method, "subjects": n_subjects, "cpu_seconds": seconds,
            "cpu_ms_per_fit": 1e3 * seconds / n_subjects, "nats_short_of_best": short.sum(),
            "worst_subject": short.max()}


def main() -> None:
    """Print the tables and write them as JSON; what the file holds besides is kept."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="fewer subjects for the slow partner")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--curve", action="store_true", help="seconds and memory by the number of subjects")
    parser.add_argument("--point", type=int, help="one point of the curve, as JSON")
    parser.add_argument("--out", type=Path, default=Path("benchmark_fitting.json"))
    options = parser.parse_args()
    if options.point:
        print(json.dumps(one_point(options.point)))
        return
    tables = {"curve": curve()} if options.curve else {
        "rows": measure(200, 1 if options.quick else 5, options.seed), "groups": groups(200, options.seed)}
    for table in tables.values():
        print(table.round(3).to_string(index=False))
    record = json.loads(options.out.read_text(encoding="utf-8")) if options.out.is_file() else {}
    record |= {name: table.to_dict("records") for name, table in tables.items()}
    record |= {"seed": options.seed, "python": platform.python_version(), "numpy": np.__version__,
               "machine": platform.processor() or platform.machine(), "load": os.getloadavg()[0]}
    with atomic_path(options.out) as part:
        part.write_text(json.dumps(record, indent=2), encoding="utf-8")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
