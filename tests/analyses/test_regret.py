"""Regret, learning curves and rasters: hand numbers, closed forms, plain loops."""

import time

import matplotlib
import numpy as np
import pandas as pd
import pytest

from analyses.intervals import mean_interval
from analyses.learning_curve import learning_curve, plot_learning_curve, plot_training
from analyses.raster import choice_raster, plot_choice_raster
from analyses.regret import cumulative_regret, plot_cumulative_regret, regret_curve, suboptimal_pulls, total_regret
from analyses.style import save_figure
from cogmeta.errors import TrialTableError, UserError


def random_agent(rng, n_episodes, n_trials=100):
    """Return the table of an agent that chooses at random between arms with p ~ U[0, 1]."""
    arms = rng.random((n_episodes, 2))
    choice = rng.integers(0, 2, (n_episodes, n_trials))
    reward = rng.random((n_episodes, n_trials)) < np.take_along_axis(arms, choice, 1)
    return pd.DataFrame({
        "subject": np.repeat(np.arange(n_episodes).astype(str), n_trials), "session": 0, "block": 0,
        "trial": np.tile(np.arange(n_trials), n_episodes),
        "choice": choice.ravel(),
        "reward": reward.ravel().astype(float),
        "reward_probability_0": np.repeat(arms[:, 0], n_trials),
        "reward_probability_1": np.repeat(arms[:, 1], n_trials),
    })


HAND = pd.DataFrame({
    "subject": ["a"] * 4 + ["b"] * 2, "trial": [10, 11, 12, 13, 0, 1], "choice": [0, 1, None, 0, 0, 1],
    "reward": [1, 0, None, 1, 0, 1], "reward_probability_0": [0.2] * 4 + [0.9] * 2,
    "reward_probability_1": [0.8] * 4 + [0.5] * 2,
})


def test_regret_is_the_expected_reward_lost_and_luck_does_not_matter():
    table = cumulative_regret(HAND)
    assert table["regret"].round(9).tolist()[:2] == [0.6, 0.0]
    assert table["cumulative_regret"].round(9).tolist() == [0.6, 0.6, 0.6, 1.2, 0.0, 0.4]
    lucky = HAND.assign(reward=1.0)
    pd.testing.assert_frame_equal(cumulative_regret(lucky), table)


def test_a_missing_trial_adds_no_regret_and_is_missing_in_the_table():
    table = cumulative_regret(HAND)
    assert table["regret"].isna().tolist() == [False, False, True, False, False, False]
    assert table["trial"].tolist() == [0, 1, 2, 3, 0, 1]
    pulls = suboptimal_pulls(HAND)
    assert pulls[["suboptimal_pulls", "n_trials"]].values.tolist() == [[2, 3], [1, 2]]


def test_an_episode_without_any_response_does_not_pass_for_a_perfect_one():
    answers = HAND[["choice", "reward"]].astype(float)
    silent = HAND.assign(**answers.where(HAND["subject"] == "b"))
    total = total_regret(silent).set_index("measure").loc["regret"]
    assert (round(total["mean"], 9), total["n"]) == (0.4, 1)


def test_the_regret_of_random_choice_is_a_third_of_a_half(rng):
    total = total_regret(random_agent(rng, 4000)).set_index("measure")["mean"]
    # E|p1 - p2| / 2 = 1/6 a trial; sd of an episode's regret about 12, so 0.75 is four standard errors
    assert total["regret"] == pytest.approx(100 / 6, abs=0.75)
    assert total["suboptimal"] == pytest.approx(50, abs=4 * 5 / np.sqrt(4000))  # binomial sd is 5


def test_curves_equal_plain_loops(rng):
    trials = random_agent(rng, 30, 7)
    curve, learnt = regret_curve(cumulative_regret(trials)), learning_curve(trials)
    sums = np.zeros((30, 7))
    best = np.zeros((30, 7))
    for (subject, trial), row in zip(trials[["subject", "trial"]].values, trials.itertuples(), strict=True):
        means = (row.reward_probability_0, row.reward_probability_1)
        best[int(subject), trial] = means[row.choice] == max(means)
        sums[int(subject), trial:] += max(means) - means[row.choice]
    assert np.allclose(curve["mean"], sums.mean(0))
    arm, reward = (learnt[learnt["measure"] == measure]["mean"] for measure in ("best_arm", "reward"))
    assert np.allclose(arm, best.mean(0))
    assert np.allclose(reward, trials["reward"].to_numpy().reshape(30, 7).mean(0))


def test_units_are_subjects_or_the_episodes_of_a_lone_subject(rng):
    trials = random_agent(rng, 20, 5)
    lone = trials.assign(session=trials["subject"].astype(int), subject="network")
    pd.testing.assert_frame_equal(learning_curve(lone), learning_curve(trials))
    pairs = trials.assign(block=trials["subject"].astype(int), subject=trials["subject"].astype(int) // 2)
    assert set(learning_curve(pairs)["n"]) == {10}
    assert set(total_regret(pairs)["n"]) == {10}


def test_a_two_step_table_has_a_reward_curve_and_no_best_arm():
    trials = pd.DataFrame({"subject": "a", "trial": [0, 1], "choice1": [0, 1], "state2": [0, 1], "reward": [0, 1]})
    table = learning_curve(trials)
    assert table[["measure", "trial", "mean"]].values.tolist() == [["reward", 0, 0.0], ["reward", 1, 1.0]]
    with pytest.raises(UserError, match="no measure 'best_arm'; it has \\['reward'\\]"):
        plot_learning_curve({"network": table})


def test_regret_without_the_arms_probabilities_says_what_is_needed():
    with pytest.raises(TrialTableError, match="reward_probability_0, .*found none"):
        cumulative_regret(HAND[["subject", "trial", "choice", "reward"]])


def test_a_choice_of_an_arm_that_is_not_there_is_refused():
    with pytest.raises(TrialTableError, match="choice must be an integer in \\[0, 2\\), got 2"):
        cumulative_regret(HAND.assign(choice=2))


def test_one_subject_with_one_trial_gives_a_mean_and_no_interval(recwarn):
    one = HAND[:1]
    assert total_regret(one)[["low", "high"]].isna().all(axis=None)
    assert learning_curve(one)["n"].tolist() == [1, 1]
    plot_cumulative_regret({"one": cumulative_regret(one)})
    assert not [w for w in recwarn.list if "Attempting to set identical" not in str(w.message)]


def test_twenty_thousand_episodes_take_seconds(rng):
    trials = random_agent(rng, 20_000)
    start = time.process_time()
    cumulative_regret(trials)
    learning_curve(trials)
    assert time.process_time() - start < 10  # measured 1.4 s; a loop over episodes takes minutes


def test_the_interval_covers_the_mean_as_often_as_it_says(rng):
    table = pd.DataFrame({"group": np.repeat(np.arange(4000), 5), "value": rng.normal(size=20_000)})
    found = mean_interval(table, "value", "group")
    covered = ((found["low"] < 0) & (found["high"] > 0)).mean()
    assert covered == pytest.approx(0.95, abs=0.014)  # four binomial standard errors


def test_the_raster_keeps_episodes_trials_and_blanks():
    table = choice_raster(HAND)
    assert table[["episode", "trial"]].values.tolist() == [[0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1]]
    assert table["choice"].isna().tolist() == [False, False, True, False, False, False]
    assert table["best"].fillna(-1).tolist() == [0, 1, -1, 0, 1, 0]
    assert len(choice_raster(HAND, n_episodes=1)) == 4
    with pytest.raises(UserError, match="n_episodes must be at least 1, got 0"):
        choice_raster(HAND, n_episodes=0)


def test_the_raster_draws_each_choice_where_it_was_made():
    picture = plot_choice_raster(choice_raster(HAND)).images[0].get_array()
    assert np.ma.filled(picture.astype(float), -1).tolist() == [[0, 1, -1, 0], [0, 1, -1, -1]]
    unknown = choice_raster(HAND[["subject", "trial", "choice", "reward"]])
    with pytest.raises(UserError, match="no column 'best'"):
        plot_choice_raster(unknown, color="best")


def test_plots_draw_their_tables_and_leave_the_readers_settings_alone(rng):
    before = dict(matplotlib.rcParams)
    curve = regret_curve(cumulative_regret(random_agent(rng, 20)))
    ax = plot_cumulative_regret({"random": curve})
    assert np.allclose(ax.lines[0].get_ydata(), curve["mean"])
    assert ax.get_legend().get_texts()[0].get_text() == "random"
    learnt = learning_curve(random_agent(rng, 20))
    drawn = plot_learning_curve({"a": learnt}, "reward").lines[0].get_ydata()
    assert np.allclose(drawn, learnt.query("measure == 'reward'")["mean"])
    assert dict(matplotlib.rcParams) == before


def test_an_axis_from_0_to_4_grows_where_the_regret_does(rng):
    random = cumulative_regret(random_agent(rng, 50))
    good = random.assign(cumulative_regret=random["cumulative_regret"] / 20)
    assert plot_cumulative_regret({"good": good}).get_ylim() == (0, 4)
    assert plot_cumulative_regret({"good": good, "random": random}).get_ylim()[1] > 10


def test_training_is_drawn_with_its_references():
    records = pd.DataFrame({"steps": [0, 1000], "reward_per_trial": [0.5, 0.7]})
    ax = plot_training({"seed 0": records, "seed 1": records}, {"Bayes-optimal": 0.706})
    assert [line.get_ydata()[-1] for line in ax.lines] == [0.7, 0.7, 0.706]
    assert "Bayes-optimal" in [text.get_text() for text in ax.texts]


def test_figures_are_written_as_png_and_pdf_and_the_same_each_time(tmp_path):
    records = pd.DataFrame({"steps": [0, 1000], "reward_per_trial": [0.5, 0.7]})
    for stem in ("one", "two"):
        save_figure(plot_training(records).figure, tmp_path / "figures" / stem)
    for suffix in (".png", ".pdf"):
        assert (tmp_path / f"figures/one{suffix}").read_bytes() == (tmp_path / f"figures/two{suffix}").read_bytes()
