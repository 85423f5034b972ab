"""Fits against scipy, and what they do with odd subjects and bad input."""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from references import plain_loops
from scipy.optimize import minimize

from cogmeta.errors import UserError
from cogmeta.fitting import Fit, check_model, fit, log_likelihood
from cogmeta.models import make_model
from cogmeta.simulate import simulate
from tasks.registry import make_task

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from my_model import TwoRates  # noqa: E402


@pytest.fixture(scope="module")
def bandit_trials():
    agent = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.3, "inverse_temperature": 4.0})
    return simulate(agent, make_task("bandit/medium", n_trials=60), n_episodes=6, seed=2).to_trials()


@pytest.fixture(scope="module")
def two_step_trials():
    agent = make_model("two_step/hybrid").agent({
        "learning_rate_1": 0.5, "learning_rate_2": 0.4, "eligibility": 0.6, "model_based_weight": 0.5,
        "inverse_temperature_1": 5.0, "inverse_temperature_2": 4.0, "perseveration": 0.1})
    return simulate(agent, make_task("two_step/daw2011", n_trials=120), n_episodes=4, seed=4).to_trials()


def best_by_scipy(objective, model, n_starts, rng):
    starts = np.stack([p.starts(n_starts, rng) for p in model.parameters], axis=1)
    bounds = [p.search for p in model.parameters]
    return -min(minimize(objective, start, method="L-BFGS-B", bounds=bounds).fun for start in starts)


def natural(model, u):
    return {p.name: float(p.to_natural(x)) for p, x in zip(model.parameters, u)}


@pytest.mark.parametrize("method", ["mle", "map"])
def test_the_optimum_is_the_one_that_scipy_finds_with_the_plain_loop(method, bandit_trials, rng):
    result = fit("bandit/rescorla_wagner", bandit_trials, method)
    for subject, own in bandit_trials.groupby("subject"):
        pairs = list(zip(own["choice"], own["reward"]))

        def cost(u, pairs=pairs):
            p = natural(result.model, u)
            prior = sum(x.prior.log_density(p[x.name]) for x in result.model.parameters) if method == "map" else 0.0
            return -sum(plain_loops.rescorla_wagner(pairs, p)) - prior

        found = result.table.set_index("subject").loc[subject, "objective"]
        assert found == pytest.approx(best_by_scipy(cost, result.model, 4, rng), abs=5e-3)  # a few times the tolerance


@pytest.mark.slow
def test_the_hybrid_s_optimum_is_the_one_that_scipy_finds_with_the_plain_loop(two_step_trials, rng):
    result = fit("two_step/hybrid", two_step_trials, "mle", n_starts=20)
    for subject, own in two_step_trials.groupby("subject"):
        rows = list(zip(own["choice1"], own["state2"], own["choice2"], own["reward"]))

        def cost(u, rows=rows):
            return -sum(plain_loops.two_step(rows, natural(result.model, u), "hybrid"))

        best = best_by_scipy(cost, result.model, 8, rng)
        assert result.log_likelihood[subject] > best - 5e-3


def test_a_fit_scores_its_trials_as_it_says(two_step_trials):
    result = fit("two_step/hybrid", two_step_trials)
    scored = log_likelihood(result, two_step_trials)
    by_subject = scored.groupby(two_step_trials["subject"]).sum()
    np.testing.assert_allclose(by_subject[result.log_likelihood.index], result.log_likelihood, atol=1e-8)
    assert (result.n_trials == 240).all()
    task = make_task("two_step/daw2011", n_trials=120)
    as_agent = log_likelihood(result.agent(), two_step_trials, task)
    np.testing.assert_allclose(as_agent, scored, atol=1e-10)


def test_who_else_is_in_the_table_changes_nobody_s_estimate(two_step_trials):
    alone = two_step_trials[two_step_trials["subject"] == "2"]
    together = fit("two_step/model_based", two_step_trials).table.set_index("subject").loc[["2"]].reset_index()
    pd.testing.assert_frame_equal(fit("two_step/model_based", alone).table, together, rtol=1e-9)


def test_the_same_seed_gives_the_same_fit_and_the_folder_gives_it_back(two_step_trials, tmp_path):
    result = fit("two_step/hybrid", two_step_trials, seed=3, perseveration="outside")
    same = fit("two_step/hybrid", two_step_trials, seed=3, perseveration="outside")
    pd.testing.assert_frame_equal(result.table, same.table)
    result.save(tmp_path)
    again = Fit.load(tmp_path)
    pd.testing.assert_frame_equal(again.table, result.table)
    assert (again.model, again.method, again.settings) == (result.model, "map", result.settings)
    assert result.settings | {"n_starts": 10, "seed": 3, "engine": "plain"} == result.settings
    assert "perseveration" in repr(again) and "120" not in repr(again.parameters.columns)
    (tmp_path / "parameters.csv").write_text("subject\n", encoding="utf-8")
    with pytest.raises(UserError, match="lacks the columns"):
        Fit.load(tmp_path)
    with pytest.raises(UserError, match="does not hold a saved fit"):
        Fit.load(tmp_path / "elsewhere")


def test_standard_errors_are_those_of_a_coin(rng):
    # n flips with k heads: the estimate is k / n, its standard error sqrt(p (1 - p) / n)
    trials = pd.DataFrame({"subject": "s", "trial": range(100), "choice": [0] * 30 + [1] * 70, "reward": 0})
    result = fit("bandit/random", trials, "mle", n_starts=2)
    assert result.parameters["bias"][0] == pytest.approx(0.3, abs=1e-3)
    assert result.standard_errors["bias"][0] == pytest.approx(np.sqrt(0.3 * 0.7 / 100), rel=1e-2)
    assert result.table["bic"][0] == pytest.approx(np.log(100) - 2 * (30 * np.log(0.3) + 70 * np.log(0.7)), abs=1e-2)
    assert result.table["aic"][0] == pytest.approx(2 - 2 * result.log_likelihood["s"])


def odd_subjects():
    rows = [("one", 0, 1, 1), *(("same", t, 0, t % 2) for t in range(20)),
            *(("silent", t, None, None) for t in range(3)), *(("fine", t, t % 3 % 2, t % 2) for t in range(30))]
    return pd.DataFrame(rows, columns=["subject", "trial", "choice", "reward"])


@pytest.mark.parametrize("method", ["mle", "map"])
def test_odd_subjects_are_flagged_and_never_dropped(method):
    result = fit("bandit/rescorla_wagner", odd_subjects(), method)
    assert result.parameters["subject"].tolist() == ["one", "same", "silent", "fine"]
    assert "only one trial" in result.flags["one"]
    assert "all choices identical" in result.flags["same"]
    assert "no answered trial" in result.flags["silent"]
    assert result.n_trials.tolist() == [1, 20, 0, 30]
    named = result.table.set_index("subject")
    unexplained = named[list(result.model.parameter_names)].isna().any(axis=1)
    assert unexplained.tolist() == [False, False, method == "mle", False]
    assert not named.drop(columns="flag").drop(index="silent").isna().any().any()
    assert log_likelihood(result, odd_subjects()).isna().sum() == 3


def test_missing_trials_are_skipped_not_counted(bandit_trials):
    with_gaps = bandit_trials.copy()
    with_gaps.loc[5::10, ["choice", "reward"]] = pd.NA
    without = with_gaps[with_gaps["choice"].notna()]
    one, other = fit("bandit/rescorla_wagner", with_gaps), fit("bandit/rescorla_wagner", without)
    pd.testing.assert_frame_equal(one.table, other.table)


def test_learning_starts_afresh_with_each_episode(bandit_trials):
    two_blocks = bandit_trials.assign(block=bandit_trials["trial"].to_numpy() // 30)
    player = make_model("bandit/rescorla_wagner"), {"learning_rate": 0.3, "inverse_temperature": 4.0}
    scored = log_likelihood(player, two_blocks)
    assert scored[two_blocks["trial"] == 30].tolist() == pytest.approx([np.log(0.5)] * 6)
    one_go = fit("bandit/rescorla_wagner", two_blocks, episode=("subject", "session"))
    np.testing.assert_allclose(one_go.log_likelihood, fit("bandit/rescorla_wagner", bandit_trials).log_likelihood)


def test_a_model_of_one_s_own_has_everything(bandit_trials, tmp_path):
    model = TwoRates()
    check_model(model)
    result = fit(model, bandit_trials)
    both = fit("bandit/rescorla_wagner", bandit_trials, "mle").log_likelihood
    assert (fit(model, bandit_trials, "mle").log_likelihood > both - 1e-2).all(), "it contains Rescorla-Wagner"
    result.save(tmp_path)
    pd.testing.assert_frame_equal(Fit.load(tmp_path, model).table, result.table)
    with pytest.raises(UserError, match="pass model="):
        Fit.load(tmp_path)


@pytest.mark.parametrize(("call", "message"), [
    (lambda t: fit("two_step/hybrid", t), "fits two_step trials, but this is a bandit table"),
    (lambda t: fit("bandit/rescorla_wagner", t, "mpa"), "Did you mean 'map'"),
    (lambda t: fit("bandit/rescorla_wagner", t, n_starts=0), "n_starts must be an integer >= 1"),
    (lambda t: fit("bandit/rescorla_wagner", t, seed=-1), "seed must be an integer >= 0"),
    (lambda t: fit(make_model("bandit/rescorla_wagner"), t, n_arms=3), "go with a model's name"),
    (lambda t: fit("bandit/rescorla_wagner", t.assign(choice=t["choice"] + 1), n_arms=2), "Options count from 0"),
    (lambda t: fit("bandit/rescorla_wagner", t, episode=("subject", "day")), "needs the column 'day'"),
    (lambda t: fit("bandit/rescorla_wagner", t.assign(reward=50)), "reward_range"),
    (lambda t: log_likelihood(make_model("bandit/rescorla_wagner"), t), r"pass \(model, parameters\)"),
    (lambda t: log_likelihood(fit("bandit/rescorla_wagner", t).agent("0"), t), "which task"),
    (lambda t: log_likelihood(fit("bandit/rescorla_wagner", t), t.iloc[:60].assign(subject="new")),
     "no parameters for subject 'new'"),
    (lambda t: fit("bandit/rescorla_wagner", t).agent("nobody"), "no subject 'nobody'"),
])
def test_bad_input_gets_one_sentence(call, message, bandit_trials):
    with pytest.raises(UserError, match=message):
        call(bandit_trials)


def test_progress_is_told_to_a_listener(bandit_trials):
    heard = []
    fit("bandit/rescorla_wagner", bandit_trials, listener=lambda done, total: heard.append((done, total)))
    assert heard == sorted(heard) and heard[-1] == (6, 6)
