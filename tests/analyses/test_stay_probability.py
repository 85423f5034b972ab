"""Stay probabilities and their regression: against hand counts, single-trial fits, rats, agents with a known rule."""

import json

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from scipy import stats
from simulated_people import always_left, people

from analyses.stay_probability import CELLS, group_stay, plot_stay_probability, stay_probability
from analyses.stay_regression import TERMS, group_test, plot_stay_regression, stay_regression
from cogmeta.agent import Agent
from cogmeta.data import published_stay
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.registry import make_task

ROUNDED = 0.5e-4 + 1e-9
"""The rats' expected statistics are rounded to 4 decimals."""


def counted_by_hand(trials, adjacent):
    """Count stays with a plain loop over rows."""
    counts = {}
    for (subject, _), table in trials.groupby(["subject", "session"]):
        last = None
        for row in table.itertuples():
            if pd.isna(row.choice1):
                continue
            if last is not None and not (adjacent and row.trial != last.trial + 1):
                transition = "common" if last.choice1 == last.state2 else "rare"
                cell = f"{'rewarded' if last.reward > 0 else 'unrewarded'}_{transition}"
                n_stay, n = counts.get((subject, cell), (0, 0))
                counts[subject, cell] = (n_stay + (row.choice1 == last.choice1), n + 1)
            last = row
    return counts


@pytest.mark.parametrize("adjacent", [False, True])
def test_stays_are_those_that_one_counts_by_hand(rng, adjacent):
    trials = people(rng, n_sessions=2)
    table = stay_probability(trials, adjacent)
    counts = counted_by_hand(trials, adjacent)
    assert len(table) == len(counts) == 6 * 4
    for row in table.itertuples():
        assert (round(row.stay * row.n), row.n) == counts[row.subject, row.cell]


def test_the_rules_differ_where_a_trial_is_missing_and_pairs_never_cross_sessions():
    trials = pd.DataFrame({"subject": "a", "session": [0, 0, 0, 1], "trial": [0, 1, 2, 3], "choice1": [0, None, 0, 0],
                           "state2": [0, None, 0, 0], "reward": [1, None, 1, 1]})
    assert stay_probability(trials)["n"].tolist() == [1, 0, 0, 0]
    assert stay_probability(trials, adjacent=True)["n"].tolist() == [0, 0, 0, 0]


def test_interleaved_subjects_are_paired_with_themselves():
    trials = pd.DataFrame({"subject": ["a", "b", "a", "b"], "trial": [0, 0, 1, 1], "choice1": [0, 1, 0, 0],
                           "state2": [0, 1, 0, 0], "reward": [1, 1, 1, 1]})
    found = stay_probability(trials).query("cell == 'rewarded_common'")
    assert dict(zip(found["subject"], found["stay"], strict=True)) == {"a": 1.0, "b": 0.0}


def test_a_subject_counts_once_in_the_group_however_long_it_played():
    table = pd.DataFrame({"subject": ["a", "b"], "cell": "rewarded_common", "reward": True, "common": True,
                          "stay": [1.0, 0.0], "n": [9, 1]})
    rest = [table.assign(cell=cell, reward=cell[0] == "r", common=cell.endswith("common")) for cell in CELLS[1:]]
    group = group_stay(pd.concat([table, *rest])).set_index("cell").loc["rewarded_common"]
    assert (group["stay"], group["pooled"], group["n_subjects"]) == (0.5, 0.9, 2)


def test_the_interval_is_that_of_a_t_distribution(rng):
    table = stay_probability(people(rng, n_subjects=12))
    group = group_stay(table).set_index("cell").loc["unrewarded_common"]
    values = table.query("cell == 'unrewarded_common'")["stay"]
    # 2.200985 is the 97.5 % point of Student's t with 11 degrees of freedom (printed tables: 2.201)
    half = 2.200985 * values.std() / np.sqrt(12)
    assert group["high"] - group["stay"] == pytest.approx(half, rel=1e-6)


def test_the_pooled_regression_equals_a_fit_to_single_trials(rng):
    trials = people(rng).dropna().reset_index(drop=True)
    before, now = trials[:-1].reset_index(drop=True), trials[1:].reset_index(drop=True)
    same = (before["subject"] == now["subject"]).to_numpy()
    reward = np.where(before["reward"] > 0, 1, -1)
    common = np.where(before["choice1"] == before["state2"], 1, -1)
    design = np.column_stack([np.ones(len(now)), reward, common, reward * common])[same]
    stay = (before["choice1"] == now["choice1"]).to_numpy(float)[same]
    single = sm.Logit(stay, design).fit(disp=False, tol=1e-12)
    found = stay_regression(trials)
    # two iterative fits of one concave likelihood
    assert np.allclose(found["coefficient"], single.params, atol=1e-7)
    assert np.allclose(found["standard_error"], single.bse, atol=1e-7)
    assert np.allclose(found[["low", "high"]], single.conf_int(), atol=1e-6)
    assert np.allclose(found["p"], single.pvalues, atol=1e-7)


def test_each_subject_has_the_log_odds_of_its_own_proportions(rng):
    trials = people(rng)
    stays = stay_probability(trials).set_index(["subject", "cell"])["stay"].unstack()[list(CELLS)]
    assert ((stays > 0) & (stays < 1)).all(axis=None)
    log_odds = np.log(stays / (1 - stays)).to_numpy()
    # with four terms for four kinds of trial the fit is exact, and the product is a difference of differences
    interaction = (log_odds @ [1, -1, -1, 1]) / 4
    found = stay_regression(trials, per_subject=True).query("term == 'reward_x_transition'")
    assert np.allclose(found["coefficient"], interaction, atol=1e-7)


def test_the_group_test_is_students(rng):
    table = stay_regression(people(rng, n_subjects=9), per_subject=True)
    test = group_test(table).set_index("term")
    for term in TERMS:
        values = table.query("term == @term")["coefficient"]
        wanted = stats.ttest_1samp(values, 0)
        assert (test["t"][term], test["p"][term]) == (pytest.approx(wanted.statistic), pytest.approx(wanted.pvalue))
        interval = wanted.confidence_interval()
        assert test["low"][term] == pytest.approx(interval.low)
        assert test["high"][term] == pytest.approx(interval.high)
    assert (test["df"] == 8).all() and (test["n_flagged"] == 0).all()


def test_half_counts_are_firths_penalised_estimate(rng):
    trials = people(rng, n_subjects=1, n_trials=40)
    stays = stay_probability(trials)
    n_stay, n = (stays["stay"] * stays["n"]).to_numpy(), stays["n"].to_numpy()
    log_odds = np.log((n_stay + 0.5) / (n - n_stay + 0.5))
    found = stay_regression(trials, per_subject=True, half_counts=True)
    contrasts = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]) / 4
    assert np.allclose(found["coefficient"], contrasts @ log_odds, atol=1e-7)


def test_subjects_without_an_estimate_are_flagged_with_the_reason_and_never_dropped(rng, recwarn):
    lone = always_left("lone", 1)
    silent = lone.assign(subject="silent", choice1=None, state2=None, reward=None)
    trials = pd.concat([people(rng, 3), always_left("same"), lone, silent], ignore_index=True)
    recwarn.clear()  # older pandas warns of the concatenation just above
    table = stay_regression(trials, per_subject=True)
    flags = table.drop_duplicates("subject").set_index("subject")["flag"]
    assert (flags[["s0", "s1", "s2"]] == "").all()
    assert flags["same"].startswith("separated: always stayed after rewarded_common")
    assert flags["lone"] == flags["silent"] == "no pairs of trials"
    assert table.loc[table["flag"] != "", ["coefficient", "standard_error"]].isna().all(axis=None)
    test = group_test(table)
    assert (test["n_subjects"] == 3).all() and (test["n_flagged"] == 3).all()
    assert (test["flag"] == "3 subjects have no estimate").all()
    kept = stay_regression(trials, per_subject=True, half_counts=True).set_index("subject")
    assert (kept.loc["same", "flag"] == "").all() and kept.loc["same", "coefficient"].notna().all()
    stays = stay_probability(trials).set_index("subject")
    assert stays.loc["lone", "stay"].isna().all()
    assert (stays.loc["lone", "flag"] == "no such trial before a choice").all()
    assert not recwarn.list


def test_a_session_that_is_missing_in_some_rows_is_refused_with_its_row(rng):
    trials = people(rng, 1, 5)
    trials["session"] = [0, 0, None, 0, 0]
    with pytest.raises(UserError, match="session is missing at row 2 .subject 's0', trial 2."):
        stay_probability(trials)


def test_the_group_of_one_has_no_interval_and_no_test(rng, recwarn):
    trials = people(rng, 1)
    assert group_stay(stay_probability(trials))[["low", "high"]].isna().all(axis=None)
    assert group_test(stay_regression(trials, per_subject=True))[["low", "high", "t", "p"]].isna().all(axis=None)
    assert not recwarn.list


class WinStay(Agent):
    """Repeats the first choice after a reward and changes it after none, whatever the transition."""

    def initial_state(self, n_episodes):
        return np.zeros(n_episodes, int)

    def step(self, observation, previous_action, previous_reward, state):
        first = observation[:, 0] > 0
        begun = previous_action >= 0
        state = np.where(first & begun & (previous_reward == 0), 1 - state, state)
        logits = np.where(np.arange(2) == np.where(first, state, 0)[:, None], 0.0, -np.inf)
        return logits, np.full(len(state), np.nan), state


@pytest.mark.parametrize("name", ["two_step/wang2018", "two_step/daw2011"])
def test_an_agent_that_follows_reward_alone_shows_it_on_every_design(name):
    trials = simulate(WinStay(), make_task(name), n_episodes=20, seed=3).to_trials()
    assert group_stay(stay_probability(trials))["stay"].tolist() == [1.0, 1.0, 0.0, 0.0]
    assert stay_regression(trials)["flag"].str.startswith("separated").all()


@pytest.fixture(scope="module")
def rats(data_folder):
    """The rats' trials; violations and instructed choices are missing, so that both trials of a pair are free."""
    raw = pd.read_csv(data_folder / "miller2022_rat_twostep" / "derived_trials.csv.gz")
    left = raw["choice1"] == "l"
    trials = pd.DataFrame({
        "subject": raw["rat"], "session": raw["session"], "trial": raw["trial"], "choice1": np.where(left, 0.0, 1.0),
        "state2": np.where(raw["trans_common"] == 1, ~left, left).astype(float), "reward": raw["reward"].astype(float),
    })
    out = (raw["viol"] == 1) | (raw["outcome_port"] == "v") | (raw["forced"] == 1)
    trials.loc[out, ["choice1", "state2", "reward"]] = np.nan
    return trials


def test_rats_stay_as_the_independent_statistics_say(rats, data_folder):
    wanted = json.loads((data_folder / "miller2022_rat_twostep" / "expected_stats.json").read_text())
    table = stay_probability(rats, adjacent=True)
    group = group_stay(table).set_index("cell")
    assert group["n_pairs"].sum() == wanted["n_pairs"]
    for cell in CELLS:
        assert group["stay"][cell] == pytest.approx(wanted["stay_subject_mean"][cell], abs=ROUNDED)
        assert group["pooled"][cell] == pytest.approx(wanted["stay_pooled"][cell], abs=ROUNDED)
    by_rat = wanted["stay_by_rat (rewarded_common, rewarded_rare, unrewarded_common, unrewarded_rare)"]
    for rat, stays in by_rat.items():
        assert table.query("subject == @rat")["stay"].tolist() == pytest.approx(stays, abs=ROUNDED)
    logit = stay_regression(rats, adjacent=True)["coefficient"].tolist()
    assert logit == pytest.approx(list(wanted["pooled_logit_coefs (predictors coded +1/-1)"].values()), abs=ROUNDED)


def test_the_plots_show_the_numbers_of_their_tables(rng):
    table = stay_probability(people(rng))
    axes = plot_stay_probability({"people": table, "published": published_stay("feher2020_twostep", story="spaceship")})
    drawn = [bar.get_height() for bar in axes[0].patches]
    assert drawn == pytest.approx(group_stay(table)["stay"].tolist())
    assert [ax.get_title() for ax in axes] == ["people\n(n = 6)", "published\n(n = 21)"]
    ax = plot_stay_regression({"people": stay_regression(people(rng))})
    assert ax.get_ylabel() == "Effect on staying (log odds)"
    with pytest.raises(UserError, match="2 tables to draw and 1 axes"):
        plot_stay_probability({"a": table, "b": table}, axes=[ax])
