"""Measures of bandit choices: staying, the best arm, reversals, exploration, against plain loops and hand counts."""

import numpy as np
import pandas as pd
import pytest

from analyses.best_arm import arm_values, best_arm, best_rate
from analyses.exploration import exploration, plot_exploration, sequences
from analyses.reversal_curve import plot_reversal_curve, reversal_curve, reversal_trials
from analyses.stay_after_outcome import group_stay_after_outcome, stay_after_outcome
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task


def bandits(rng, n_subjects=5, n_blocks=3, n_trials=20):
    """Draw choices among three arms whose payoffs drift and tie, a tenth of them missing."""
    n = n_subjects * n_blocks * n_trials
    table = pd.DataFrame({
        "subject": np.repeat([f"s{i}" for i in range(n_subjects)], n // n_subjects),
        "block": np.tile(np.repeat(range(n_blocks), n_trials), n_subjects),
        "trial": np.tile(range(n_trials), n_subjects * n_blocks), "choice": rng.integers(3, size=n).astype(float),
    })
    payoff = rng.integers(0, 4, size=(n, 3))
    table["reward"] = payoff[np.arange(n), table["choice"].astype(int)].astype(float)
    table.loc[rng.random(n) < 0.1, ["choice", "reward"]] = np.nan
    return table.assign(**{f"payoff_{arm}": payoff[:, arm] for arm in range(3)})


@pytest.mark.parametrize("adjacent", [False, True])
def test_staying_is_what_one_counts_by_hand_and_never_crosses_blocks(rng, adjacent):
    trials, counts = bandits(rng), {}
    for (subject, _), block in trials.groupby(["subject", "block"]):
        last = None
        for row in block.dropna(subset="choice").itertuples():
            if last is not None and (not adjacent or row.trial == last.trial + 1):
                stay, n = counts.get((subject, last.reward > 1), (0, 0))
                counts[subject, last.reward > 1] = (stay + (row.choice == last.choice), n + 1)
            last = row
    table = stay_after_outcome(trials, adjacent, threshold=1)
    assert len(table) == len(counts) == 10
    for row in table.itertuples():
        assert (round(row.stay * row.n), row.n) == counts[row.subject, row.reward]
    group = group_stay_after_outcome(table).set_index("reward")
    for reward in (True, False):
        own = [counts[key] for key in counts if key[1] == reward]
        assert group["stay"][reward] == pytest.approx(np.mean([stay / n for stay, n in own]))
        assert group["pooled"][reward] == pytest.approx(sum(s for s, _ in own) / sum(n for _, n in own))


def test_a_subject_without_pairs_is_flagged_and_leaves_the_group_alone():
    trials = pd.DataFrame({"subject": ["a", "b", "b"], "trial": [0, 0, 1], "choice": [0, 1, 1], "reward": [1, 1, 1]})
    table = stay_after_outcome(trials)
    assert table["flag"].tolist() == ["no such trial before a choice"] * 2 + ["", "no such trial before a choice"]
    group = group_stay_after_outcome(table)
    assert group["n_subjects"].tolist() == [1, 0]
    assert group["stay"][0] == 1.0
    assert np.isnan(group["pooled"][1])


def test_ranks_regret_and_best_arms_are_those_of_a_sorted_list(rng):
    trials = bandits(rng)
    table = best_arm(trials)
    for row, found in zip(trials.itertuples(), table.itertuples(), strict=True):
        payoff = [row.payoff_0, row.payoff_1, row.payoff_2]
        if np.isnan(row.choice):
            assert np.isnan([found.best, found.rank, found.regret]).all()
        else:
            own = payoff[int(row.choice)]
            assert found.rank == 1 + sorted(payoff, reverse=True).index(own)
            assert (found.best, found.regret) == (own == max(payoff), max(payoff) - own)
    by_block = best_rate(table, "block")
    assert by_block["pooled"].tolist() == pytest.approx(table.groupby("block")["best"].mean().tolist())
    assert by_block["n_trials"].sum() == trials["choice"].notna().sum()


def test_hidden_values_that_a_table_lacks_are_asked_for():
    table = pd.DataFrame({"subject": ["a"], "trial": [0], "choice": [0], "reward": [1], "payoff_0": [1]})
    with pytest.raises(UserError, match="needs the columns payoff_0, payoff_1"):
        arm_values(table)
    with pytest.raises(UserError, match="need the columns .* 'n_days'"):
        sequences(table)


def test_chance_finds_the_best_of_two_arms_half_the_time():
    task = make_task("bandit/independent")
    trials = simulate(player("random", task), task, n_episodes=400, seed=4).to_trials()
    rate = best_rate(best_arm(trials))
    # 40,000 choices: standard error .0025
    assert rate["pooled"][0] == pytest.approx(0.5, abs=0.01)


def reversal_table(choices, best):
    best = np.asarray(best)
    return pd.DataFrame({"subject": "a", "trial": range(len(best)), "choice": choices, "reward": 1.0,
                         "reward_probability_0": np.where(best == 0, 0.8, 0.2),
                         "reward_probability_1": np.where(best == 1, 0.8, 0.2)})


def test_a_curve_starts_anew_at_every_reversal_and_misses_what_was_not_answered():
    trials = reversal_table([0, 0, 0, 1, None, 1, 0], [0, 0, 1, 1, 1, 0, 0])
    table = reversal_trials(trials.assign(reward=trials["reward"].where(trials["choice"].notna())))
    assert table["n_reversals"].tolist() == [0, 0, 1, 1, 1, 2, 2]
    assert table["position"].tolist() == [0, 1, 0, 1, 2, 0, 1]
    assert table["best"].tolist() == pytest.approx([1, 1, 0, 1, np.nan, 0, 1], nan_ok=True)
    assert table["previous_best"].tolist() == pytest.approx([np.nan, np.nan, 1, 0, np.nan, 1, 0], nan_ok=True)


def test_who_always_knows_is_always_right_and_the_plot_shows_it():
    best = [0] * 5 + [1] * 5 + [0] * 5
    curve = reversal_curve(reversal_table(best, best))
    assert set(curve.loc[curve["measure"] == "best", "mean"]) == {1.0}
    assert set(curve.loc[curve["measure"] == "previous_best", "mean"]) == {0.0}
    lines = plot_reversal_curve(curve).get_lines()
    assert [line.get_ydata().tolist() for line in lines[:2]] == [[1.0] * 5, [0.0] * 5]


def test_exploration_counts_sequences_their_returns_and_the_forced_day():
    days = [5, 5, 5, 5, 5, 6, 6, 6, 6, 6, 6]
    trials = pd.DataFrame({
        "subject": "a", "session": 0, "block": [0] * 5 + [1] * 6, "trial": [*range(5), *range(6)], "n_days": days,
        "choice": [1, 1, 0, 0, 0, 1, 1, 0, 1, 0, 0], "forced": [True] + [False] * 4 + [True] + [False] * 5,
    })
    table = sequences(trials)
    assert table[["n_choices", "n_explore", "returned"]].values.tolist() == [[5, 2, False], [6, 3, True]]
    assert sequences(trials, count_forced=False)[["n_choices", "n_explore"]].values.tolist() == [[4, 1], [5, 2]]
    summary = exploration(table)
    assert summary["pooled"].tolist() == [0.4, 0.5]
    assert summary["returns"].tolist() == [0.0, 1.0]
    assert summary["explorations"].tolist() == [2.0, 3.0]
    assert plot_exploration({"a": summary}).get_lines()[0].get_ydata().tolist() == [0.4, 0.5]
