"""Reward by exposure: hand numbers, and players whose curve is known."""

import pytest

from analyses.reward_by_exposure import exposures, plot_reward_by_exposure, reward_by_exposure
from cogmeta.errors import TrialTableError
from cogmeta.simulate import simulate
from tasks.players import player
from tasks.registry import make_task

TASK = make_task("bandit/barcode", n_contexts=4, n_arms=4, n_exposures=3)


def curve(name):
    return reward_by_exposure(simulate(player(name, TASK), TASK, 40, seed=0).to_trials())


def test_every_episode_is_one_row():
    table = exposures(simulate(player("random", TASK), TASK, 5, seed=0).to_trials())
    assert len(table) == 5 * 12 and table["exposure"].value_counts().tolist() == [20, 20, 20]


def test_the_oracle_is_right_from_the_first_trial_of_the_first_exposure():
    table = curve("oracle")
    assert (table[table["measure"] == "first_trial"]["mean"] == 1).all()
    reward = table[table["measure"] == "reward"]
    assert ((reward["low"] < 9) & (9 < reward["high"])).sum() >= 2  # 95 % intervals: one of three may miss


def test_memory_raises_the_curve_and_its_absence_leaves_it_flat():
    means = {name: curve(name).set_index(["measure", "exposure"])["mean"] for name in ("ideal-with-memory", "ideal-without-memory")}
    with_memory, without = means["ideal-with-memory"], means["ideal-without-memory"]
    assert with_memory["first_trial", 2] > 0.7 > 0.4 > without["first_trial"].max()
    assert with_memory["reward", 3] > with_memory["reward", 2] > with_memory["reward", 1] + 1


def test_the_plot_has_one_line_an_agent():
    ax = plot_reward_by_exposure({name: curve(name) for name in ("random", "oracle")}, "first_trial")
    assert [line.get_label() for line in ax.lines] == ["random", "oracle"]


def test_a_table_without_exposures_is_refused():
    table = simulate(player("random", TASK), TASK, 2, seed=0).to_trials()
    with pytest.raises(TrialTableError, match="needs the columns exposure"):
        exposures(table.drop(columns="exposure"))
