"""The agents that ship: taken over from runs, whole or in half precision, and small in all."""

import pytest

from cogmeta.agents.store import load_agent, load_record, rounded
from cogmeta.errors import UserError
from cogmeta.training import PPO
from tasks import ship as shipping
from tasks import shipped as shipping_store
from tasks.ship import LARGEST, ship, total_bytes
from tasks.shipped import shipped, shipped_agent
from tasks.train_run import train_into


@pytest.fixture
def empty_store(tmp_path, monkeypatch):
    """A folder of shipped agents with nothing in it."""
    folder = tmp_path / "trained"
    folder.mkdir()
    for module in (shipping, shipping_store):
        monkeypatch.setattr(module, "store", lambda: folder)
    return folder


@pytest.fixture
def run(tmp_path):
    """A run of two updates."""
    train_into(tmp_path / "run", "two_step/wang2018", PPO(n_steps=25_600, n_episodes=64), seed=7, test_episodes=50, command="cogmeta train ...")
    return tmp_path / "run"


def test_all_agents_that_ship_stay_below_ten_megabytes():
    assert total_bytes() < LARGEST == 10_000_000


def test_an_agent_in_half_precision_ships_with_the_quality_of_the_rounded_weights(run, empty_store):
    whole = ship(run)
    assert whole == empty_store / "two_step_wang2018_seed7"
    assert load_agent(whole).fingerprint() == load_agent(run).fingerprint() and load_record(whole) == load_record(run)
    half = ship(whole, half=True)
    assert half == whole and list(shipped()) == [("two_step/wang2018", 7, "lstm")], "replaced"
    agent, record = shipped_agent("two_step/wang2018", 7), load_record(half)
    assert agent.fingerprint() == rounded(load_agent(run), "float16").fingerprint() and record.dtype == "float16"
    assert record.command == "cogmeta train ..." and record.quality["test_episodes"] == 50
    assert ship(half, half=True) == half and shipped_agent("two_step/wang2018", 7).fingerprint() == agent.fingerprint()


def test_an_agent_for_which_there_is_no_room_is_refused(run, empty_store, monkeypatch):
    size = sum(path.stat().st_size for path in (run / "weights.safetensors", run / "record.json"))
    monkeypatch.setattr(shipping, "LARGEST", size - 1)
    with pytest.raises(UserError, match=f"would take {size:,} bytes, more than {size - 1:,}.*--half"):
        ship(run)
    assert not list(empty_store.iterdir())
    assert ship(run, half=True).is_dir()
