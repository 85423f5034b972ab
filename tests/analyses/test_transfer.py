"""Transfer between first-stage states tells planning from habit."""

import numpy as np
import pandas as pd
import pytest

from analyses.stay_probability import stay_probability
from analyses.transfer import plot_transfer, transfer, transfer_regression
from cogmeta.errors import TrialTableError, UserError
from cogmeta.simulate import simulate
from cogmeta.trials import validate_trials
from tasks.registry import make_task
from tasks.two_step_planets_players import kool_learner


def played(weight, n_episodes=150):
    task = make_task("two_step/kool2016")
    return simulate(kool_learner(task, weight), task, n_episodes, seed=4).to_trials()


def test_planning_uses_in_one_state_what_the_other_taught_and_model_free_learning_much_less():
    effect = {w: transfer_regression(played(w)).set_index("start") for w in (0.0, 1.0)}
    for weight, table in effect.items():
        gap = table["coefficient"]["same"] - table["coefficient"]["other"]
        error = np.hypot(*table["standard_error"])
        assert (gap > 6 * error) if weight == 0 else (abs(gap) < 4 * error), (weight, table)
    assert effect[1.0]["coefficient"]["other"] > 2 * effect[0.0]["coefficient"]["other"]


def test_transfer_counts_what_a_plain_loop_counts():
    trials = played(0.5, 3)
    found = transfer(trials).set_index(["subject", "start", "high"])
    mean = trials["reward"].mean()
    for subject, rows in trials.groupby("subject"):
        cells = {}
        previous = None
        for row in rows.itertuples():
            if previous is not None:
                key = ("same" if row.state1 == previous.state1 else "other", previous.reward > mean)
                cells.setdefault(key, []).append(row.choice1 == previous.choice1)
            previous = row
        for key, stays in cells.items():
            assert found.loc[(subject, *key), "n"] == len(stays)
            assert found.loc[(subject, *key), "stay"] == pytest.approx(np.mean(stays))


def test_transfer_is_drawn_with_a_bar_an_agent_and_start():
    ax = plot_transfer({"a": transfer(played(0.0, 5)), "b": transfer(played(1.0, 5))})
    assert len(ax.patches) == 4


def test_each_measure_refuses_the_table_of_the_other_design():
    with pytest.raises(UserError, match="Use analyses.transfer"):
        stay_probability(played(1.0, 2))
    with pytest.raises(UserError, match="needs the column state1"):
        transfer(played(1.0, 2).drop(columns="state1"))


def test_a_first_stage_state_is_validated_and_may_be_missing_only_with_the_response():
    table = pd.DataFrame({"subject": "s", "trial": range(3), "state1": [0, None, 1], "choice1": [0, None, 1],
                          "state2": [0, None, 1], "reward": [1, None, 0]})
    assert validate_trials(table, "two_step")["state1"].isna().tolist() == [False, True, False]
    with pytest.raises(TrialTableError, match=r"state1 is missing at row 0 \(subject 's', trial 0\) although"):
        validate_trials(table.assign(state1=[None, 0, 1]), "two_step")
    with pytest.raises(TrialTableError, match=r"state1 must be an integer in \[0, 2\), got 2 at row 2"):
        validate_trials(table.assign(state1=[0, 1, 2]), "two_step")
