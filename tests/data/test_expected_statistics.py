"""Every statistic that was computed independently of this project comes out of the loaded trials, to 4 decimals."""

import json

import numpy as np
import pandas as pd
import pytest

from analyses.best_arm import arm_values, best_arm, best_rate
from analyses.exploration import exploration, sequences
from analyses.reversal_curve import reversal_curve, reversal_trials
from analyses.stay_after_outcome import group_stay_after_outcome, stay_after_outcome
from analyses.stay_probability import CELLS, group_stay, stay_indices, stay_probability
from analyses.stay_regression import stay_regression
from cogmeta.data import DATA_SETS, load_trials
from cogmeta.families import BANDIT, TWO_STEP
from cogmeta.trials import missing
from tasks.registry import make_task

ROUNDED = 0.5e-4 + 1e-9
"""The expected statistics are rounded to 4 decimals."""


def compare(found, wanted, name=""):
    """Hold that both have the same names and the same numbers, down to the leaves."""
    if isinstance(wanted, dict):
        found = {str(key): value for key, value in dict(found).items()}
        assert set(found) == set(wanted), name
        for key, value in wanted.items():
            compare(found[key], value, f"{name}/{key}")
    elif isinstance(wanted, list):
        assert np.asarray(found, float) == pytest.approx(np.asarray(wanted, float), abs=ROUNDED), name
    else:
        assert found == pytest.approx(wanted, abs=ROUNDED), name


@pytest.fixture(scope="module")
def expected(data_folder):
    return lambda name: json.loads((data_folder / name / "expected_stats.json").read_text())


def in_bins(position, starts):
    """Return the number of the bin of each position; a bin begins at each start."""
    return np.digitize(position, starts) - 1


def test_rats_of_miller2022(data_folder, expected):
    pytest.importorskip("h5py")
    trials = load_trials("miller2022_rat_twostep", data_folder)
    answered = trials[trials["state2"].notna()]
    free = trials[~missing(trials, TWO_STEP) & ~trials["forced"]]
    same_side = trials["side"] == trials["port"]
    table = stay_probability(trials, adjacent=True)
    group = group_stay(table).set_index("cell")
    indices = stay_indices(group.reset_index())
    compare({
        "n_rats": trials["subject"].nunique(), "n_sessions": trials.groupby("subject")["session"].nunique(),
        "n_rows": trials.groupby("subject").size(), "n_forced_rows": trials.groupby("subject")["forced"].sum(),
        "n_rows_after_exclusion": len(answered), "n_free_rows_after_exclusion": len(free),
        "P(common) all rows": trials["common_recorded"].mean(), "mean_reward_free_pooled": free["reward"].mean(),
        "P(better_choice) free, by rat": (free["choice1"] == free["better_state"]).groupby(free["subject"]).mean(),
        "P(congruent) by rat": same_side.groupby(trials["subject"]).mean(),
        "n_pairs": group["n_pairs"].sum(), "stay_subject_mean": group["stay"], "stay_pooled": group["pooled"],
        "stay_overall_pooled": np.average(group["pooled"], weights=group["n_pairs"]),
        "MB_index_from_subject_means ((rc+ur)-(rr+uc))": indices["model_based"],
        "MF_index ((rc+rr)-(uc+ur))": indices["model_free"],
        "pooled_logit_coefs (predictors coded +1/-1)": dict(zip(
            ("const", "reward", "transition", "reward_x_transition"),
            stay_regression(trials, adjacent=True)["coefficient"], strict=True)),
        f"stay_by_rat ({', '.join(CELLS)})": {rat: own["stay"] for rat, own in table.groupby("subject")},
    }, expected("miller2022_rat_twostep"))


def test_people_of_bahrami2020(data_folder, expected):
    trials = load_trials("bahrami2020_restless4", data_folder)
    valid = trials[~missing(trials, BANDIT)]
    table = best_arm(trials).assign(schedule=trials["schedule"])
    position = in_bins(trials["trial"], [0, 10, 30, 60, 90, 120])
    stay = stay_after_outcome(trials, adjacent=True)
    compare({
        "n_subjects": trials["subject"].nunique(), "n_rows": len(trials), "n_missed": len(trials) - len(valid),
        "subjects_per_payoff_structure": trials.groupby("schedule")["subject"].nunique(),
        "choice_share (valid)": (valid["choice"] + 1).value_counts(normalize=True),
        "P(choose best), pooled": best_rate(table)["pooled"][0],
        "P(choose best), subject mean": best_rate(table)["mean"][0],
        "P(choose best) by payoff_structure, pooled": best_rate(table, "schedule").set_index("schedule")["pooled"],
        "P(choose best) by trial bin (0-9,10-29,30-59,60-89,90-119,120-149), pooled":
            best_rate(table.assign(bin=position), "bin")["pooled"],
        "mean_reward pooled": valid["reward"].mean(),
        "mean_reward subject mean": valid.groupby("subject")["reward"].mean().mean(),
        "mean_reward by payoff_structure, pooled": valid.groupby("schedule")["reward"].mean(),
        "mean payoff of a uniformly random chooser on the same rows (all rows)": arm_values(trials).mean(),
        "mean regret (max payoff - obtained), pooled": table["regret"].mean(),
        "mean rank of chosen arm (1 = best; 1 + number of strictly better arms)": table["rank"].mean(),
        "P(repeat previous choice), pooled (adjacent, both valid)":
            (stay["stay"] * stay["n"]).sum() / stay["n"].sum(),
        "median_rt_ms": valid["rt"].median() * 1000, "n valid rows with time<=0": (valid["rt"] <= 0).sum(),
        "n valid rows with time>4000": (valid["rt"] > 4).sum(),
    }, expected("bahrami2020_restless4"))


def test_people_of_dezfouli2019(data_folder, expected):
    trials = load_trials("dezfouli2019_twoarmed", data_folder)
    blocks = trials.groupby(["subject", "block"]).agg(n=("trial", "size"), diagnosis=("diagnosis", "first"))
    table = best_arm(trials).assign(diagnosis=trials["diagnosis"], condition=trials["condition"])
    nominal = arm_values(trials).max(axis=1)
    rate = {best: trials["reward"][table["best"] == best].groupby(table["condition"]).mean() for best in (1, 0)}
    stay = group_stay_after_outcome(stay_after_outcome(trials))
    position = in_bins(trials["trial"], [0, 10, 20, 40, 80])
    compare({
        "n_subjects": trials["subject"].nunique(), "n_rows": len(trials),
        "subjects_by_diag": trials.groupby("diagnosis")["subject"].nunique(),
        "blocks_per_subject": blocks.groupby("subject").size().mean(),
        "mean choices per block by diag": blocks.groupby("diagnosis")["n"].mean(),
        "choices per block (min, median, max)": [blocks["n"].min(), blocks["n"].median(), blocks["n"].max()],
        "P(choose best) pooled": best_rate(table)["pooled"][0],
        "P(choose best) subject mean": best_rate(table)["mean"][0],
        "P(choose best) subject mean by diag": best_rate(table, "diagnosis").set_index("diagnosis")["mean"],
        "P(choose best) pooled by nominal p_best":
            best_rate(table.assign(nominal=nominal), "nominal").set_index("nominal")["pooled"],
        "P(choose best) pooled by position in block (0-9,10-19,20-39,40-79,80+)":
            best_rate(table.assign(bin=position), "bin")["pooled"],
        "reward rate best action by condition": rate[1], "reward rate other action by condition": rate[0],
        "mean_reward pooled": trials["reward"].mean(),
        "P(stay | reward) pooled, P(stay | no reward) pooled": stay["pooled"],
        "P(stay | reward), P(stay | no reward) subject mean": stay["stay"],
    }, expected("dezfouli2019_twoarmed"))
    assert blocks.groupby("subject").size().nunique() == 1
    assert not missing(trials, BANDIT).any()


def test_people_of_zorowitz2023(data_folder, expected):
    everybody = load_trials("zorowitz2023_reversal3", data_folder)
    trials = load_trials("zorowitz2023_reversal3", data_folder, sample="analysed")
    table = reversal_trials(trials)
    curve = reversal_curve(trials).set_index(["measure", "after_reversal"])["pooled"]
    best, later = table["best"], table["n_reversals"] > 0
    accuracy = best.groupby(table["subject"]).mean()
    stay = group_stay_after_outcome(stay_after_outcome(trials))
    assert best.mean() == pytest.approx(accuracy.mean())  # equally many trials a person
    compare({
        "n_subjects_in_file": everybody["subject"].nunique(), "n_subjects_analysed": trials["subject"].nunique(),
        "n_trials_analysed": len(trials),
        "reward rate: P(outcome=1 | accuracy=1), P(outcome=1 | accuracy=0)":
            [trials["reward"][best == value].mean() for value in (1, 0)],
        "accuracy pooled = subject mean": best.mean(), "accuracy per-subject SD": accuracy.std(),
        "mean outcome": trials["reward"].mean(),
        "accuracy by trial in block 1..15, block 1": curve["best", False],
        "accuracy by trial in block 1..15, blocks 2-6 (after a reversal)": curve["best", True],
        "accuracy last 3 trials before reversal (blocks 1-5, trials 13-15)":
            best[(table["n_reversals"] < 5) & (table["position"] >= 12)].mean(),
        "accuracy first 3 trials after reversal (blocks 2-6, trials 1-3)": best[later & (table["position"] < 3)].mean(),
        "accuracy trials 4-15 of blocks 2-6": best[later & (table["position"] >= 3)].mean(),
        "P(choose previously correct arm) by trial 1..15 after reversal": curve["previous_best", True],
        "P(stay | outcome=1), P(stay | outcome=0) pooled, all adjacent trials incl. across blocks": stay["pooled"],
    }, expected("zorowitz2023_reversal3"))
    assert (table["n_reversals"] == trials["reversals"]).all()
    failed = trials.groupby("subject")["failed_attention_items"].first()
    assert (failed > 0).sum() == 85  # as the data set's description counts them


def test_people_of_song2019(data_folder, expected):
    wanted = expected("song2019_explore_exploit")
    # their own record of the best reward so far is compared with ours on every row when the files are read
    assert wanted.pop("col7 == best so far (exp 2,3)") == 1.0
    for experiment in range(1, 6):
        trials = load_trials("song2019_explore_exploit", data_folder, experiment=experiment)
        table = sequences(trials)
        by_days, exploit = exploration(table), trials[trials["choice"] == 0]
        compare({
            "n_subjects": trials["subject"].nunique(), "n_rows": len(trials),
            "P(explore) pooled": table["n_explore"].sum() / table["n_choices"].sum(),
            "P(explore) by n_days 5..10": by_days["pooled"],
            "P(explore) on day 1": trials["choice"][trials["trial"] == 0].mean(),
            "mean number of explorations per sequence by n_days 5..10": by_days["explorations"],
            "mean reward pooled": trials["reward"].mean(),
            "share of exploit rows with reward == best so far before":
                (exploit["reward"] == exploit["best_before"]).mean(),
            "share of sequences with a return from exploiting to exploring": table["returned"].mean(),
            "median rt ms": trials["rt"].median() * 1000,
        }, wanted.pop(f"exp{experiment}"))
    assert not wanted


def test_a_data_set_of_a_registered_task_is_read_by_that_task(data_folder):
    registered = {name: data_set for name, data_set in DATA_SETS.items() if "/" in data_set.task}
    assert len(registered) == 5
    for name, data_set in registered.items():
        task, trials = make_task(data_set.task, **data_set.settings), load_trials(name, data_folder)
        rollout = task.from_trials(trials)
        assert np.isin(np.flatnonzero(~missing(trials, data_set.family)), rollout.row).all(), name
    people = load_trials("zorowitz2023_reversal3", data_folder, sample="returned")
    hidden = make_task("bandit/reversal3").from_trials(people).hidden
    assert (hidden["good_arm"] == hidden["reward_probability"].argmax(axis=-1)).all()


def test_the_rats_are_those_of_the_table_that_was_derived_independently(data_folder):
    pytest.importorskip("h5py")
    rats = load_trials("miller2022_rat_twostep", data_folder)
    derived = pd.read_csv(data_folder / "miller2022_rat_twostep" / "derived_trials.csv.gz")
    side = rats["choice1"]
    used = ~rats["violation"]
    assert (rats["subject"] == derived["rat"]).all()
    assert (rats["session"] == derived["session"] - 1).all()
    assert (side[used] == (derived["choice1"] == "r").astype(int)[used]).all()
    assert (rats.loc[used, "reward"] == derived.loc[used, "reward"]).all()


def test_the_explorers_are_those_of_the_table_that_was_derived_independently(data_folder):
    people = load_trials("song2019_explore_exploit", data_folder)
    derived = pd.read_csv(data_folder / "song2019_explore_exploit" / "derived_trials.csv.gz")
    derived["subject"] = "exp" + derived["exp"].astype(str) + "_" + derived["subject"]
    derived = derived.rename(columns={"trial": "sequence"})
    explore = people.assign(explore=people["choice"])
    merged = explore.assign(sequence=people["block"] + 1, day=people["trial"] + 1).merge(
        derived, on=["subject", "sequence", "day"], suffixes=("", "_derived"), validate="one_to_one")
    assert len(merged) == len(people) == len(derived)
    for column in ("reward", "explore", "n_days"):
        assert (merged[column] == merged[f"{column}_derived"]).all()
