"""Learning curves of Duan et al. 2016: what is claimed is counted from chance to Gittins, in the setting of the comparison."""

import pandas as pd
import pytest

from figures.duan2016_fig_learning_curves import COMPARISONS, _setting, load, numbers
from tasks.presets import imitation_of, imitation_start
from tasks.shipped import shipped_agent, shipped_folder
from tasks.train_run import first_agent


def test_a_share_of_one_is_gittins_and_of_none_is_chance():
    comparisons = [(_setting(one.task), one.imitator, one.learner) for one in COMPARISONS.values()]
    assert [setting for setting, *_ in comparisons] == ["n=100, k=10", "n=500, k=50"]
    ends = pd.DataFrame([row for setting, imitator, learner in comparisons for row in ((setting, imitator, 80.0), (setting, learner, 65.0))]
                        + [("n=10, k=5", "learns from reward", 6.0)], columns=["setting", "learner", "mean"])
    players = pd.DataFrame([row for setting, *_ in comparisons for row in ((setting, "gittins", 90.0), (setting, "random", 50.0))]
                           + [("n=10, k=5", "random", 5.0)], columns=["setting", "player", "mean"])
    found = numbers({"ends": ends, "players": players})
    for name in COMPARISONS:
        assert found[f"{name} imitator"] == pytest.approx(0.75) and found[f"{name} learner"] == pytest.approx(0.375)
        assert found[f"{name} lead"] == pytest.approx(15.0)


def test_an_imitation_goes_on_from_the_imitator_of_fewer_pulls():
    shorter = shipped_agent("bandit/rl2_k10_n100", kind="symmetric_lstm gittins")
    learner = imitation_of("bandit/rl2_k10_n500", "gittins", agent="symmetric_lstm")
    first = first_agent("bandit/rl2_k10_n500", learner, "symmetric_lstm", seed=3)
    assert first.fingerprint() == shorter.fingerprint()
    drawn = first_agent("bandit/rl2_k10_n100", imitation_of("bandit/rl2_k10_n100", "gittins"), "symmetric_lstm", seed=0)
    assert drawn.fingerprint() != shorter.fingerprint()
    assert imitation_start("bandit/rl2_k10_n500", "greedy", "symmetric_lstm") == "", "no imitator of that player ships"


def test_an_imitator_ships_beside_the_network_that_learnt_from_reward():
    imitator, learner = shipped_agent("bandit/rl2_k10_n100", kind="lstm gittins"), shipped_agent("bandit/rl2_k10_n100")
    assert imitator.fingerprint() != learner.fingerprint()
    network, curve = load(shipped_folder("bandit/rl2_k10_n100", kind="lstm gittins"))
    assert network.fingerprint() == imitator.fingerprint()
    assert curve["steps"].is_monotonic_increasing and curve["reward_per_trial"].iloc[-20:].mean() > 0.75 > curve["reward_per_trial"].iloc[:20].mean()
