"""Lives that were saved go on as if nothing had happened; files that are not whole or not ours are refused."""

import json

import numpy as np
import pytest
import torch
from safetensors import safe_open

from cogmeta.agents.store import read_tensors, write_tensors
from cogmeta.control import DQN, MFEC, NEC, SimilarityValue, load_lives, save_lives
from cogmeta.errors import UserError
from tasks.registry import make_task

AGENTS = [MFEC, SimilarityValue, NEC, DQN]
TASK = make_task("mdp/random", n_states=4, n_actions=3, horizon=5, n_trials=60)


def live(agent, life, n_steps, seed):
    """Go on with made-up observations and rewards; return all logits and the state."""
    rng, said = np.random.default_rng(seed), []
    for _ in range(n_steps):
        seen = np.concatenate([np.eye(4)[rng.integers(0, 4, 3)], rng.random((3, 1)) < 0.2], axis=1)
        logits, _, life = agent.step(seen, rng.integers(0, 3, 3), rng.normal(size=3), life)
        said.append(logits)
    return np.array(said), life


@pytest.mark.parametrize("kind", AGENTS)
@pytest.mark.parametrize("n_steps", [0, 45])
def test_saved_lives_go_on_as_if_nothing_had_happened(kind, n_steps, tmp_path):
    agent = kind.for_task(TASK, seed=4, epsilon=0.1)
    _, life = live(agent, agent.initial_state(3), n_steps, seed=0)
    again, same = load_lives(save_lives(agent, life, tmp_path / "lives.safetensors"))
    assert again.fingerprint() == agent.fingerprint() and again.kind == agent.kind
    assert np.array_equal(live(agent, life, 40, seed=1)[0], live(again, same, 40, seed=1)[0])


@pytest.fixture
def saved(tmp_path):
    agent = NEC.for_task(TASK)
    return save_lives(agent, live(agent, agent.initial_state(3), 45, seed=0)[1], tmp_path / "lives.safetensors")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.999])
def test_a_file_that_was_cut_off_is_refused(saved, share):
    saved.write_bytes(saved.read_bytes()[:int(saved.stat().st_size * share)])
    with pytest.raises(UserError, match="not a whole safetensors file"):
        load_lives(saved)


def test_a_file_of_something_else_is_refused(tmp_path):
    write_tensors(tmp_path / "lives.safetensors", {"core": torch.zeros(2)})
    with pytest.raises(UserError, match="does not hold lives of cogmeta"):
        load_lives(tmp_path / "lives.safetensors")


def test_parts_of_other_lives_are_refused(saved):
    tensors, metadata = read_tensors(saved)
    about = json.loads(metadata["lives"])
    about["config"]["n_units"] += 1
    write_tensors(saved, tensors, {**metadata, "lives": json.dumps(about)})
    with pytest.raises(UserError, match="do not fit its description"):
        load_lives(saved)


def test_a_part_that_is_missing_is_refused(saved):
    tensors, metadata = read_tensors(saved)
    write_tensors(saved, {name: part for name, part in tensors.items() if "adam.mean" not in name}, metadata)
    with pytest.raises(UserError, match="do not fit its description"):
        load_lives(saved)


def test_a_file_tells_who_lived_it_without_being_loaded(saved):
    with safe_open(saved, framework="pt") as file:
        assert json.loads(file.metadata()["lives"])["kind"] == "nec"
