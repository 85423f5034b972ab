"""Learning curves of Duan et al. 2016: what is claimed is counted from chance to Gittins, in the setting of the comparison."""

import pandas as pd
import pytest

from figures.duan2016_fig_learning_curves import _setting, load, numbers
from tasks.shipped import shipped_agent, shipped_folder

SETTING = "n=100, k=10"


def test_a_share_of_one_is_gittins_and_of_none_is_chance():
    ends = pd.DataFrame({"setting": [SETTING, SETTING, "n=10, k=5"], "learner": ["imitates Gittins", "learns from reward", "learns from reward"],
                         "mean": [80.0, 65.0, 6.0]})
    players = pd.DataFrame({"setting": [SETTING, SETTING, "n=10, k=5"], "player": ["gittins", "random", "random"], "mean": [90.0, 50.0, 5.0]})
    found = numbers({"ends": ends, "players": players})
    assert found == {"imitator": pytest.approx(0.75), "learner": pytest.approx(0.375), "lead": pytest.approx(15.0)}
    assert _setting("bandit/rl2_k10_n100") == SETTING


def test_an_imitator_ships_beside_the_network_that_learnt_from_reward():
    imitator, learner = shipped_agent("bandit/rl2_k10_n100", kind="lstm gittins"), shipped_agent("bandit/rl2_k10_n100")
    assert imitator.fingerprint() != learner.fingerprint()
    network, curve = load(shipped_folder("bandit/rl2_k10_n100", kind="lstm gittins"))
    assert network.fingerprint() == imitator.fingerprint()
    assert curve["steps"].is_monotonic_increasing and curve["reward_per_trial"].iloc[-20:].mean() > 0.75 > curve["reward_per_trial"].iloc[:20].mean()
