"""Agents on disk: round trips, and one sentence for every way in which files go wrong."""

import json
import pickle

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

from cogmeta.agents import AgentRecord, LSTMActorCritic, LSTMConfig, load_agent, load_record, save_agent
from cogmeta.agents.store import rounded
from cogmeta.errors import UserError


@pytest.fixture
def agent():
    """A small agent as training leaves it."""
    return LSTMActorCritic(LSTMConfig(observation_size=1, n_actions=2, n_units=4), seed=5, discount=0.9, name="mine")


@pytest.fixture
def folder(agent, tmp_path):
    """A folder with this agent."""
    return save_agent(agent, tmp_path / "run", AgentRecord(task="bandit/independent", seed=5, quality={"regret": 2.0}))


def refused(folder):
    """Return what load_agent says, and see that it is one sentence of ours."""
    with pytest.raises(UserError) as caught:
        load_agent(folder)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_what_is_loaded_is_what_was_saved(agent, folder):
    again = load_agent(folder)
    assert again.fingerprint() == agent.fingerprint()
    assert (again.config, again.discount, again.name) == (agent.config, 0.9, "mine")
    record = load_record(folder)
    assert (record.task, record.seed, record.quality["regret"]) == ("bandit/independent", 5, 2.0)
    assert record.versions["torch"] == torch.__version__


def test_numpy_numbers_may_stand_in_a_record(agent, tmp_path):
    save_agent(agent, tmp_path, AgentRecord(quality={"regret": np.float64(1.5), "episodes": np.int64(3)}))
    assert load_record(tmp_path).quality == {"regret": 1.5, "episodes": 3}


@pytest.mark.parametrize("keep", [0, 7, 100, -1])
def test_truncated_weights_are_refused(folder, keep):
    path = folder / "weights.safetensors"
    path.write_bytes(path.read_bytes()[:keep])
    assert "not a whole safetensors file" in refused(folder)


def test_weights_of_another_shape_are_refused(folder):
    path = folder / "weights.safetensors"
    save_file({**load_file(path), "core": torch.zeros(3, 3)}, path)
    assert "'core' of shape (3, 3), expected (16, 9)" in refused(folder)


def test_lacking_weights_are_refused(folder):
    path = folder / "weights.safetensors"
    save_file({"core": load_file(path)["core"]}, path)
    assert "'readout' of shape None" in refused(folder)


def test_weights_of_another_agent_of_the_same_size_are_refused(agent, folder, tmp_path):
    other = save_agent(LSTMActorCritic(agent.config, seed=6), tmp_path / "other")
    (other / "weights.safetensors").replace(folder / "weights.safetensors")
    assert "come from different agents" in refused(folder)


def test_a_pickle_is_refused_and_never_run(folder, tmp_path):
    class Bomb:
        def __reduce__(self):
            return (open, (str(tmp_path / "run_by_pickle"), "w"))

    (folder / "weights.safetensors").write_bytes(pickle.dumps(Bomb()))
    assert "not a whole safetensors file" in refused(folder)
    assert not (tmp_path / "run_by_pickle").exists()


def test_a_missing_record_or_folder_is_named(folder, tmp_path):
    assert "there is no record.json" in refused(tmp_path / "nowhere")
    (folder / "record.json").unlink()
    assert "there is no record.json" in refused(folder)


def test_missing_weights_are_named(folder):
    (folder / "weights.safetensors").unlink()
    assert "there is no file" in refused(folder)


def test_a_foreign_or_broken_record_is_refused(folder):
    path = folder / "record.json"
    text = path.read_text()
    path.write_text(text[:50])
    assert "not whole JSON" in refused(folder)
    path.write_text("[1, 2]")
    assert "not the record of a cogmeta agent" in refused(folder)
    path.write_text(json.dumps({**json.loads(text), "agent": "ltsm"}))
    assert "Did you mean 'lstm'" in refused(folder)
    path.write_text(json.dumps({**json.loads(text), "config": {"n_unit": 4}}))
    assert "does not fit this version" in refused(folder)


def test_half_precision_takes_half_the_room_and_gives_back_the_agent_that_was_measured(agent, folder, tmp_path):
    kept = save_agent(agent, tmp_path / "half", AgentRecord(dtype="float16"))
    again, half = load_agent(kept), rounded(agent, "float16")
    assert again.fingerprint() == half.fingerprint() != agent.fingerprint()
    assert load_record(kept).dtype == "float16" and load_record(folder).dtype == "float32"
    assert {weight.dtype for weight in again.weights.values()} == {torch.float32}, "computed with in single precision"
    saved = (load_file(path / "weights.safetensors") for path in (folder, kept))
    assert [sum(weight.nbytes for weight in weights.values()) for weights in saved] == [4 * 167, 2 * 167]  # core 16 x 9, readout 3 x 5, initial state 2 x 4
    for name, weight in agent.weights.items():  # 10 bits behind the point: half of 2^-10 of each, or of the smallest normal number
        assert ((again.weights[name] - weight).abs() <= 2**-11 * weight.abs() + 2**-25).all()


def test_a_weight_that_half_precision_cannot_hold_is_refused(agent, tmp_path):
    agent.weights["readout"][0, 0] = 1e5
    with pytest.raises(UserError, match="'readout' of 'mine' is not finite in float16"):
        save_agent(agent, tmp_path / "half", AgentRecord(dtype="float16"))
    assert not (tmp_path / "half").exists()


def test_an_unknown_dtype_is_named():
    with pytest.raises(UserError, match="Did you mean 'float16'"):
        AgentRecord(dtype="float61")
