"""Full hierarchical Bayes on 50 simulated people: do chains agree, what does it cost, does EM find the same subjects.

    python -m benchmarks.bayes [--seed 0] [--covariance full] [--out FILE.json]

Task: 50 synthetic subjects x 201 trials (``two_step/daw2011``), the seven-parameter hybrid with perseveration outside the
inverse temperature, two chains of 500 draws after 500 for tuning. CPU time of the whole call: EM, sampling, the likelihood of
all draws, the tables. "Least effective sample size" is the smallest, in bulk, of the group's means, standard deviations and
(``full``) correlations. EM and NUTS are compared subject by subject: EM's modes and posterior means, both in unconstrained
coordinates (and, for those who report natural ones, there). Modes lie off the means where posteriors are skewed, so that EM's
posterior means stand beside: 4,000 draws a subject under EM's group, weighted by their posterior.
"""

import argparse
import json
import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import numpy as np
import pandas as pd

from benchmarks.fitting import GROUP_MEAN, GROUP_SD, synthetic_people
from benchmarks.recovery import posterior_means
from cogmeta.files import atomic_path
from cogmeta.fitting import Fit, Sampling, fit
from cogmeta.fitting.compiled.engine import make_engine
from cogmeta.fitting.estimate import prepare
from cogmeta.fitting.optimiser import look
from cogmeta.fitting.penalty import GroupNormal
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models import make_model

N_SUBJECTS, N_DRAWS = 50, 4000
SAMPLING = Sampling(n_chains=2, n_draws=500, n_tune=500)


def unconstrained(fitted: Fit) -> np.ndarray:
    """Return (n_subjects, n_parameters): EM's modes, or posterior means, in unconstrained coordinates."""
    parameters = fitted.model.scaled_parameters
    if fitted.posterior is None:
        return np.stack([p.to_unconstrained(fitted.table[p.name].to_numpy()) for p in parameters], axis=1)
    draws = [p.to_unconstrained(fitted.posterior.posterior[p.name].to_numpy()) for p in parameters]
    return np.stack([x.mean(axis=(0, 1)) for x in draws], axis=1)


def em_means(em: Fit, trials: pd.DataFrame) -> np.ndarray:
    """Return (n_subjects, n_parameters) natural posterior means under EM's group."""
    model, table = prepare(em.model, trials, None, {})
    engine = make_engine(model, sequences_of(model, table), N_DRAWS)
    group = GroupNormal(np.tile(em.group["mean"], (N_SUBJECTS, 1)), em.group["covariance"])
    modes = look(engine, group, unconstrained(em).T, np.arange(N_SUBJECTS))
    return posterior_means(engine, group, modes, np.random.default_rng(0), N_DRAWS)


def agreement(em: Fit, nuts: Fit, means: np.ndarray) -> dict[str, dict[str, float]]:
    """Return the correlations over subjects between EM and NUTS, by parameter."""
    names = em.model.parameter_names
    a, b = unconstrained(em), unconstrained(nuts)
    return {"unconstrained": {n: float(np.corrcoef(a[:, k], b[:, k])[0, 1]) for k, n in enumerate(names)},
            "natural": {n: float(np.corrcoef(em.table[n], nuts.table[n])[0, 1]) for n in names},
            "natural, means": {n: float(np.corrcoef(means[:, k], nuts.table[n])[0, 1]) for k, n in enumerate(names)}}


def measure(seed: int, covariance: str, sampling: Sampling = SAMPLING) -> dict:
    """Return what one data set gave."""
    model = make_model("two_step/hybrid", perseveration="outside")
    trials = synthetic_people(model, N_SUBJECTS, seed)
    em = fit(model, trials, "em", covariance=covariance)
    start = time.process_time(), time.perf_counter()
    nuts = fit(model, trials, "nuts", covariance=covariance, sampling=sampling, seed=seed)
    cpu, wall = time.process_time() - start[0], time.perf_counter() - start[1]
    table = nuts.group_table.assign(true=np.nan)
    for quantity, true in (("mean", GROUP_MEAN), ("sd", GROUP_SD)):
        table.loc[table["quantity"] == quantity, "true"] = true
    known, alike = table.dropna(subset="true"), agreement(em, nuts, em_means(em, trials))
    return {
        "seed": seed, "covariance": covariance, "engine": nuts.settings["engine"], "cpu_seconds": cpu, "wall_seconds": wall,
        "divergences": nuts.group["n_divergences"], "steps_a_draw": float(nuts.posterior.sample_stats["n_steps"].mean()),
        "worst_r_hat": float(table["r_hat"].max()), "least_ess": float(table["ess_bulk"].min()),
        "least_ess_tail": float(table["ess_tail"].min()), "least_ess_per_cpu_second": float(table["ess_bulk"].min() / cpu),
        "true_inside_interval": float(((known["low"] < known["true"]) & (known["true"] < known["high"])).mean()),
        "beware": nuts.group["beware"], "agreement": alike, "least_agreement": min(alike["unconstrained"].values()),
        "group": table.to_dict("records"),
    }


def main() -> None:
    """Print what was measured and write it as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, action="append", help="of a data set and its draws; repeatable")
    parser.add_argument("--covariance", choices=("full", "diagonal"), action="append", help="repeatable; both by default")
    parser.add_argument("--out", type=Path, default=Path("benchmark_bayes.json"))
    options = parser.parse_args()
    rows = [measure(seed, covariance) for covariance in options.covariance or ("diagonal", "full") for seed in options.seed or [0]]
    for row in rows:
        print({k: v for k, v in row.items() if k not in ("group", "agreement")}, row["agreement"], sep="\n")
    record = {"rows": rows, "python": platform.python_version(), "machine": platform.processor() or platform.machine(),
              "versions": {name: version(name) for name in ("numpy", "nutpie", "arviz")}}
    with atomic_path(options.out) as part:
        part.write_text(json.dumps(record, indent=2), encoding="utf-8")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
