"""The multi-lag regression: against a design built by a plain loop, planners and learners made by hand, and rats."""

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import minimize
from simulated_people import always_left, people

from analyses.multi_lag_regression import multi_lag_regression, plot_multi_lag_regression, planning_indices
from analyses.stay_probability import CELLS
from cogmeta.errors import UserError


def design_by_loop(trials, n_lags):
    """Build the regression row by row, from the definition in Miller et al. 2017."""
    rows, left = [], []
    for _, table in trials.groupby(["subject", "session"], sort=False):
        answered = [row for row in table.itertuples() if not pd.isna(row.choice1)]
        for t in range(n_lags, len(answered)):
            row = {}
            for lag in range(1, n_lags + 1):
                back = answered[t - lag]
                transition = "common" if back.choice1 == back.state2 else "rare"
                cell = f"{'rewarded' if back.reward > 0 else 'unrewarded'}_{transition}"
                row[cell, lag] = 1 if back.choice1 == 0 else -1
            rows.append([row.get((cell, lag), 0) for lag in range(1, n_lags + 1) for cell in CELLS] + [1])
            left.append(answered[t].choice1 == 0)
    return np.array(rows, float), np.array(left)


def maximum_likelihood(design, left):
    """Fit a logistic regression with a general-purpose optimiser."""
    sign = np.where(left, 1.0, -1.0)

    def loss(weights):
        margin = sign * (design @ weights)
        return np.logaddexp(0, -margin).sum(), -design.T @ (sign / (1 + np.exp(margin)))

    return minimize(loss, np.zeros(design.shape[1]), jac=True, method="BFGS", options={"gtol": 1e-8, "maxiter": 1000})


@pytest.mark.parametrize("n_lags", [1, 3, 5])
def test_weights_equal_those_of_a_design_built_row_by_row(rng, n_lags):
    trials = people(rng, n_subjects=4, n_sessions=2)
    design, left = design_by_loop(trials, n_lags)
    found = multi_lag_regression(trials, n_lags)
    # BFGS stops within about 1e-6 of the maximum
    assert np.allclose(found["coefficient"], maximum_likelihood(design, left).x, atol=1e-5)
    assert (found["n_trials"] == len(left)).all()
    share = 1 / (1 + np.exp(-design @ found["coefficient"].to_numpy()))
    information = design.T @ (design * (share * (1 - share))[:, None])
    assert np.allclose(found["standard_error"], np.sqrt(np.diag(np.linalg.inv(information))), rtol=1e-5)
    assert found["lag"].tolist() == [*np.repeat(range(1, n_lags + 1), 4), 0]
    assert found["term"].tolist() == [*CELLS * n_lags, "bias"]


def test_per_subject_fits_are_those_of_each_subject_alone(rng):
    trials = people(rng, n_subjects=2, n_trials=400)
    together = multi_lag_regression(trials, 2, per_subject=True)
    for subject, table in trials.groupby("subject"):
        alone = multi_lag_regression(table, 2)
        assert np.allclose(together.query("subject == @subject")["coefficient"], alone["coefficient"], atol=1e-9)


def agent(rng, weights, n_trials=3000):
    """Return choices whose log odds are ``weights`` of the kinds of the last two trials, the second halved."""
    choice, state, reward = (np.zeros(n_trials, int) for _ in range(3))
    for t in range(n_trials):
        odds = 0.0
        for lag in (1, 2):
            if t >= lag:
                kind = (0 if reward[t - lag] else 2) + (choice[t - lag] != state[t - lag])
                odds += weights[kind] / lag * (1 if choice[t - lag] == 0 else -1)
        choice[t] = rng.random() >= 1 / (1 + np.exp(-odds))
        state[t] = choice[t] ^ (rng.random() >= 0.7)
        reward[t] = rng.integers(2)
    trial = np.arange(n_trials)
    return pd.DataFrame({"subject": "a", "trial": trial, "choice1": choice, "state2": state, "reward": reward})


@pytest.mark.parametrize(
    ("weights", "higher"), [((1, -1, -1, 1), "planning_index"), ((1, 1, -1, -1), "model_free_index")]
)
def test_the_weights_of_a_planner_and_of_a_learner_come_back(rng, weights, higher):
    table = multi_lag_regression(agent(rng, weights), n_lags=3)
    for lag, factor in ((1, 1.0), (2, 0.5), (3, 0.0)):
        one = table[table["lag"] == lag]
        # four standard errors: 12 weights, so a false alarm once in some 1,300 data sets (and the seed is fixed)
        assert (np.abs(one["coefficient"] - factor * np.array(weights)) < 4 * one["standard_error"]).all()
    indices = planning_indices(table).iloc[0]
    other = {"planning_index", "model_free_index"} - {higher}
    assert indices[higher] == pytest.approx(4 * 1.5, abs=1.0)  # 4 kinds, 1 + 1/2; four standard errors of the sum
    assert abs(indices[other.pop()]) < 1.0


def test_relabelling_the_options_changes_the_sign_of_the_bias_alone(rng):
    trials = people(rng, 3)
    swapped = trials.assign(choice1=1 - trials["choice1"], state2=1 - trials["state2"])
    one, two = (multi_lag_regression(table, 2)["coefficient"].to_numpy() for table in (trials, swapped))
    assert np.allclose(one[:-1], two[:-1], atol=1e-7)
    assert one[-1] == pytest.approx(-two[-1], abs=1e-7)


def test_subjects_without_an_estimate_are_flagged_with_the_reason(rng, recwarn):
    trials = pd.concat([people(rng, 1, 400), always_left("same"), always_left("short", 2)], ignore_index=True)
    table = multi_lag_regression(trials, 2, per_subject=True).set_index("subject")
    assert table.loc["s0", "flag"].eq("").all()
    assert table.loc["same", "flag"].ne("").all() and table.loc["same", "coefficient"].isna().all()
    assert table.loc["short", "flag"].eq("no trials").all()
    indices = planning_indices(table.reset_index()).set_index("subject")
    assert indices.loc["s0"].notna().all() and indices.loc[["same", "short"]].isna().all(axis=None)
    assert not recwarn.list


def test_separation_by_one_kind_of_trial_is_found():
    rng = np.random.default_rng(2)
    n = 400
    choice, reward, state = rng.integers(0, 2, n), rng.integers(0, 2, n), rng.integers(0, 2, n)
    for t in range(1, n):
        if reward[t - 1] and choice[t - 1] == state[t - 1]:
            choice[t] = choice[t - 1]
    trials = pd.DataFrame({"subject": "a", "trial": range(n), "choice1": choice, "state2": state, "reward": reward})
    # always stays after a rewarded common trial; nothing of the sort two trials back
    assert multi_lag_regression(trials, 1)["flag"].str.startswith("separated").all()


def test_no_lags_are_refused(rng):
    with pytest.raises(UserError, match="n_lags must be at least 1, got 0"):
        multi_lag_regression(people(rng, 1), 0)


def test_rats_plan(data_folder):
    raw = pd.read_csv(data_folder / "miller2022_rat_twostep" / "derived_trials.csv.gz")
    raw = raw[(raw["viol"] == 0) & (raw["outcome_port"] != "v")]
    choice = (raw["choice1"] == "r").astype(int)
    trials = pd.DataFrame({"subject": raw["rat"], "session": raw["session"], "trial": raw["trial"], "choice1": choice,
                           "state2": np.where(raw["trans_common"] == 1, choice, 1 - choice), "reward": raw["reward"]})
    table = multi_lag_regression(trials)
    lag1 = table[table["lag"] == 1].set_index("term")["coefficient"]
    # the pattern of Miller et al. 2017, figure 2: CR, UO > 0 > UR, CO
    assert lag1["rewarded_common"] > 0 > lag1["rewarded_rare"]
    assert lag1["unrewarded_rare"] > 0 > lag1["unrewarded_common"]
    indices = planning_indices(table).iloc[0]
    assert indices["planning_index"] > 4 * abs(indices["model_free_index"])


def test_the_plot_has_a_line_for_every_kind_of_trial(rng):
    table = multi_lag_regression(people(rng, 2))
    ax, = plot_multi_lag_regression(table)
    lines = {container.get_label(): container.lines[0] for container in ax.containers}
    assert list(lines) == ["rewarded, common", "rewarded, rare", "unrewarded, common", "unrewarded, rare"]
    assert np.allclose(lines["rewarded, rare"].get_ydata(), table.query("term == 'rewarded_rare'")["coefficient"])
