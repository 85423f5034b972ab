"""Tables as they come: one trial, no variance, thousands of sessions of unequal length, the wrong family."""

import numpy as np
import pandas as pd
import pytest

from typer.testing import CliRunner

from analyses.fit_network_command import app as fit_network
from cogmeta.errors import UserError
from cogmeta.fitting.hbi_command import app as hbi
from cogmeta.fitting import fit, fit_hbi, latents
from cogmeta.models import make_model

MODEL = "bandit/rescorla_wagner"


def table(lengths, rng, choice=None):
    """One session of random choices a length."""
    n = int(np.sum(lengths))
    return pd.DataFrame({"subject": np.repeat([f"s{i:04d}" for i in range(len(lengths))], lengths),
                         "trial": np.concatenate([np.arange(k) for k in lengths]),
                         "choice": rng.integers(2, size=n) if choice is None else choice, "reward": rng.integers(2, size=n)})


@pytest.mark.parametrize("method", ["mle", "map", "em"])
def test_a_subject_with_one_trial_is_flagged_and_stays(method):
    result = fit(MODEL, table([30, 30, 30, 1], np.random.default_rng(0)), method, n_starts=2)
    last = result.table.iloc[-1]
    assert last["n_trials"] == 1 and last["flag"] and np.isfinite(last["log_likelihood"])
    assert np.isfinite(result.table[list(result.model.parameter_names)]).all(axis=None)


def test_hierarchical_inference_bears_one_trial_and_no_trial():
    trials = table([30, 30, 30, 1], np.random.default_rng(0))
    silent = pd.DataFrame({"subject": ["silent"], "trial": [0], "choice": [None], "reward": [None]})
    found = fit_hbi([MODEL, "bandit/random"], pd.concat([trials, silent], ignore_index=True), n_starts=2)
    assert np.isfinite(found.responsibility.to_numpy()).all() and found.table["alpha"].sum() == pytest.approx(2 + 4)
    assert found.parameters[MODEL]["flag"].tolist() == ["", "", "", "only one trial", "no answered trial: the group's mean"]


def test_choices_without_variance_are_flagged():
    constant = table([40, 40], np.random.default_rng(0), choice=np.r_[np.zeros(40, int), np.arange(40) % 2])
    result = fit(MODEL, constant, "mle", n_starts=3)
    assert result.flags.index[0] == "s0000"
    assert not np.isnan(result.table[["log_likelihood", "learning_rate", "inverse_temperature"]]).any(axis=None)


def blocks(rng):
    """Four subjects with three blocks each."""
    return pd.concat([table([15] * 4, rng).assign(block=b) for b in range(3)]).sort_values(
        ["subject", "block", "trial"], ignore_index=True)


@pytest.mark.parametrize("method", ["mle", "map", "em"])
def test_a_block_that_one_subject_lacks_counts_for_the_others(method, rng):
    whole = blocks(rng)
    gone = (whole["subject"] == "s0002") & (whole["block"] == 1)
    result = fit(MODEL, whole[~gone], method, n_starts=2)
    assert result.n_trials.to_list() == [45, 45, 30, 45]
    silent = whole.assign(choice=whole["choice"].astype("Int64").mask(gone), reward=whole["reward"].astype(float).mask(gone))
    pd.testing.assert_frame_equal(fit(MODEL, silent, method, n_starts=2).table, result.table)  # nobody answered is nobody was there


def test_a_cell_without_a_block_is_named_with_its_row(rng):
    with pytest.raises(UserError, match="block is missing at row 7 .*leave the column out"):
        fit(MODEL, blocks(rng).assign(block=lambda trials: trials["block"].astype(float).where(trials.index != 7)))


@pytest.mark.parametrize("reward", [0, 1])
def test_rewards_without_variance_leave_finite_estimates(reward, rng):
    result = fit(MODEL, table([40, 40], rng).assign(reward=reward), "mle", n_starts=3)
    assert np.isfinite(result.table[["log_likelihood", "learning_rate", "inverse_temperature"]]).all(axis=None)


def test_two_step_subjects_with_one_trial_or_one_choice_are_flagged(rng):
    columns = ("choice1", "state2", "choice2", "reward")
    trials = pd.DataFrame({"subject": np.repeat(["one", "same", "any"], [1, 40, 40]), "trial": [0, *range(40), *range(40)],
                           **{name: rng.integers(2, size=81) for name in columns}})
    trials.loc[trials["subject"] == "same", ["choice1", "choice2"]] = 0
    flags = fit("two_step/hybrid", trials, "mle", n_starts=2).flags
    assert "only one trial" in flags["one"] and "identical" in flags["same"]


def test_thousands_of_sessions_of_unequal_length_are_each_scored_to_their_end():
    rng = np.random.default_rng(0)
    trials = table(rng.integers(1, 30, size=2000), rng)
    result = fit(MODEL, trials, n_starts=1)
    assert result.n_trials.to_list() == trials.groupby("subject").size().to_list()
    np.testing.assert_allclose(np.log(latents(result, trials)["probability_choice"]).groupby(trials["subject"]).sum(),
                               result.log_likelihood, atol=1e-9)


def test_hierarchical_inference_flags_choices_without_variance():
    constant = table([30, 30, 30], np.random.default_rng(0), choice=np.r_[np.zeros(30, int), np.arange(60) % 2])
    assert fit_hbi([MODEL, "bandit/random"], constant, n_starts=2).parameters[MODEL]["flag"].tolist() == ["all choices identical", "", ""]


@pytest.mark.parametrize("call", [fit, lambda model, trials: fit_hbi([model], trials)])
def test_a_model_of_another_family_is_refused_with_the_right_one(call):
    with pytest.raises(UserError, match="Choose a model of the family 'bandit'"):
        call(make_model("two_step/hybrid"), table([10], np.random.default_rng(0)))


def test_a_group_of_one_is_refused(rng):
    one = table([20], rng)
    with pytest.raises(UserError, match="at least two subjects, this trial table has 1"):
        fit(MODEL, one, method="em")
    with pytest.raises(UserError, match="at least two subjects, this trial table has 1"):
        fit_hbi([MODEL, "bandit/random"], one)


def test_commands_tell_of_whom_nothing_was_learnt(tmp_path, rng):
    trials = table([20] * 5, rng).astype({"choice": "Int64", "reward": float})
    trials.loc[trials["subject"] == "s0002", ["choice", "reward"]] = None
    trials.to_csv(tmp_path / "trials.csv", index=False)
    asked = [str(tmp_path / "trials.csv"), "--units", "1", "--epochs", "2", "--out", str(tmp_path / "network")]
    assert "subject s0002: no answered trial: nothing was learnt from it" in CliRunner().invoke(fit_network, asked).output
    assert pd.read_csv(tmp_path / "network" / "flags.csv")["subject"].tolist() == ["s0002"]
    asked = [MODEL, "bandit/random", "--trials", str(tmp_path / "trials.csv"), "--starts", "1", "--out", str(tmp_path / "hbi")]
    assert "subject s0002: no answered trial: the group's mean" in CliRunner().invoke(hbi, asked).output
