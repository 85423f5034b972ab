"""The weights of four strategies come back from players whose strategy is known."""

import numpy as np
import pandas as pd
import pytest

from analyses.episodic_strategies import (
    STRATEGIES, TERMS, UNCUED, episodic_differences, incremental_differences, plot_strategy_weights, read_trials, strategy_weights,
)
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.registry import make_task

PLAYERS = {"model-free": STRATEGIES[0], "model-based": STRATEGIES[1], "episodic-model-free": STRATEGIES[2],
           "episodic-model-based": STRATEGIES[3]}
"""Player -> what decides its choices on cued trials; its inverse temperature is 5, its learning rate .5."""


@pytest.fixture(scope="module")
def played():
    """The trial table of each player."""
    task = make_task("two_step/episodic")
    return {name: simulate(players(task)[name], task, 100, seed=2).to_trials() for name in (*PLAYERS, "random")}


@pytest.fixture(scope="module")
def weights(played):
    """The weights of each player, by term."""
    return {name: strategy_weights(trials, 0.9).set_index("term") for name, trials in played.items()}


@pytest.mark.parametrize("name", PLAYERS)
def test_a_players_own_strategy_gets_its_inverse_temperature_and_the_others_nothing(weights, name):
    table = weights[name]
    for term in (*STRATEGIES, "staying", "bias"):
        true = 5.0 if term == PLAYERS[name] else 0.0
        assert abs(table["coefficient"][term] - true) < 4 * table["standard_error"][term], term  # 4 standard errors
    assert table["coefficient"][list(STRATEGIES)].idxmax() == PLAYERS[name]


@pytest.mark.parametrize("name", PLAYERS)
def test_on_uncued_trials_recall_leaves_the_choice_to_the_incremental_kin(weights, name):
    own = UNCUED[int("model-based" in name)]
    for term in UNCUED:
        estimate, error = weights[name].loc[term, ["coefficient", "standard_error"]]
        assert abs(estimate - 5.0 * (term == own)) < 4 * error


@pytest.mark.parametrize("name", PLAYERS)
def test_the_learning_rate_comes_back_and_so_does_whether_foreseen_outcomes_teach(weights, name):
    table = weights[name]
    assert table["learning_rate"].iloc[0] == pytest.approx(0.5, abs=0.101)  # one step of the grid
    if name in ("model-free", "model-based"):  # the others choose by what they learnt on uncued trials alone, where cues are none
        assert table["learn_foreseen"].iloc[0]


def test_somebody_who_chooses_by_chance_goes_by_nothing(weights):
    table = weights["random"]
    assert (table["z"].abs() < 4).all() and table["log_likelihood"].iloc[0] == pytest.approx(-np.log(2), abs=2e-3)


def test_differences_of_values_are_those_of_a_plain_loop(played):
    trials = played["episodic-model-based"]
    trials = trials[trials["subject"].isin(["3", "4"])]
    read = read_trials(trials, 0.9)
    learnt, recalled = incremental_differences(read, 0.3), episodic_differences(read)
    place = 0
    for _, rows in trials.groupby("subject", sort=False):
        q, v, past, last = [0.5, 0.5], [0.5, 0.5], [], 0
        for trial in rows.itertuples():
            visit = past[int(trial.cued_trial)] if not pd.isna(trial.cued_trial) else None
            assert learnt[place] == pytest.approx([q[1] - q[0], 0.8 * (v[1] - v[0]), last])
            worth = [0.0, 0.0] if visit is None else [
                (visit.reward - 0.5) * (1 if visit.choice1 else -1), 0.8 * (visit.reward - 0.5) * (1 if visit.state2 else -1)]
            assert recalled[place] == pytest.approx(worth)
            if visit is None or visit.state2 != trial.state2:
                q[trial.choice1] += 0.3 * (trial.reward - q[trial.choice1])
                v[trial.state2] += 0.3 * (trial.reward - v[trial.state2])
            past.append(trial)
            last, place = (1 if trial.choice1 else -1), place + 1


def test_relabelling_the_actions_leaves_the_strategies_and_turns_the_bias(played):
    trials = played["episodic-model-based"]
    turned = trials.assign(choice1=1 - trials["choice1"], state2=1 - trials["state2"])
    was, now = (strategy_weights(table, 0.9).set_index("term")["coefficient"] for table in (trials, turned))
    assert np.allclose(was[:-1], now[:-1], atol=1e-6) and now["bias"] == pytest.approx(-was["bias"], abs=1e-6)


def test_weights_are_drawn_for_every_player(weights):
    table = pd.concat([one.reset_index().assign(player=name, mean=one["coefficient"].to_numpy()) for name, one in weights.items()])
    ax = plot_strategy_weights(table)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(weights) and len(ax.containers) == len(STRATEGIES)
    assert len(TERMS) == len(weights["random"])


def test_a_table_without_cues_is_refused(played):
    with pytest.raises(UserError, match="need the column cued_trial"):
        strategy_weights(played["random"].drop(columns="cued_trial"))
