"""The main job, as a user runs it."""

import json
import os
import subprocess
import sys

import pandas as pd
import pytest

from analyses.quickstart import bandit, people, two_step


@pytest.fixture(scope="module")
def quickstart(tmp_path_factory):
    """Run ``cogmeta quickstart`` without data; return its folder."""
    out = tmp_path_factory.mktemp("quickstart")
    command = [sys.executable, "-m", "cogmeta", "quickstart", "--out", str(out)]
    environment = {name: value for name, value in os.environ.items() if name != "COGMETA_DATA"}
    done = subprocess.run(command, capture_output=True, text=True, env={**environment, "COGMETA_CACHE": str(out / "nothing")})
    assert done.returncode == 0, done.stderr
    return out


@pytest.mark.slow
def test_the_quickstart_reaches_its_bars(quickstart):
    summary = json.loads((quickstart / "summary.json").read_text())
    assert 1.69 < summary["bandit"]["regret"] <= 2.4  # Bayes-optimal 1.748, minus four standard errors
    assert summary["two_step"]["reward_per_trial"] >= 0.698
    assert summary["two_step"]["multi_lag"]["lag1.rewarded_rare"] < 0 < summary["two_step"]["multi_lag"]["lag1.rewarded_common"]
    assert summary["seed"] == 0 and {"cogmeta", "torch", "numpy"} <= set(summary["versions"])
    stay = summary["two_step"]["stay"]
    assert min(stay["rewarded_common"], stay["unrewarded_rare"]) > max(stay["rewarded_rare"], stay["unrewarded_common"])


@pytest.mark.slow
def test_the_quickstart_leaves_everything_that_it_promises(quickstart):
    for name in ("report.html", "figures/regret.png", "figures/regret.pdf", "figures/people.png", "trials/network_bandit.csv",
                 "tables/likelihood.csv", "agents/bandit_independent/weights.safetensors", "agents/two_step_daw2011/record.json"):
        assert (quickstart / name).stat().st_size > 0, name
    assert not list(quickstart.rglob(".*"))


@pytest.mark.slow
def test_nobody_predicts_a_networks_choices_better_than_itself(quickstart):
    likelihood = pd.read_csv(quickstart / "tables" / "likelihood.csv")
    own = likelihood[likelihood["data"] == f"network on {two_step.TASK}"].set_index("player")["log_likelihood_per_trial"]
    assert own.drop(["network", "network, tempered"]).max() < own["network"]


def test_the_references_of_the_quickstart_are_players_of_its_tasks():
    from tasks.players import players
    from tasks.registry import make_task

    for part in (bandit, two_step):
        known = players(make_task(part.TASK))
        assert set(part.EXPECTED) <= set(known)
    assert set(bandit.DRAWN) - {bandit.NETWORK} <= set(known | players(make_task(bandit.TASK)))


def test_only_data_that_lie_in_the_folder_are_used(tmp_path, data_folder):
    assert people.people_at_hand(tmp_path, print) == {}
    assert set(people.people_at_hand(data_folder, lambda line: None)) == set(people.GROUPS)
