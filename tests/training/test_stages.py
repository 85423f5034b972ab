"""Stages of a training are the weights that the network had on the way."""

import pytest

from cogmeta.agents import AgentRecord, LSTMActorCritic, save_agent
from cogmeta.errors import UserError
from cogmeta.training import PPO, Checkpoint, Stages, load_stages, train, updates
from tasks.registry import make_task

TASK = make_task("harlow/vector")
LEARNER = PPO(n_steps=8 * 192, n_episodes=16)
"""Eight updates."""


def network():
    """Return an untrained network."""
    return LSTMActorCritic.for_task(TASK, n_units=3, seed=1)


def kept(folder, **options):
    """Train with stages at a quarter and a half of training, and return the stages."""
    stages = Stages(folder / "stages.safetensors", (0.25, 0.5), resume=options.pop("resume", False))
    agent = train(network(), TASK, LEARNER, seed=2, stages=stages, **options)
    save_agent(agent, folder, AgentRecord(task="harlow/vector", seed=2, steps=LEARNER.n_steps))
    return load_stages(folder)


def test_each_stage_has_the_weights_of_its_update_and_the_last_is_the_trained_network(tmp_path):
    agent = network()
    along = {record.steps: agent.copy().fingerprint() for record in updates(agent, TASK, LEARNER, seed=2)}
    found = kept(tmp_path)
    assert [stage.steps for stage in found] == [2 * 192, 4 * 192, 8 * 192]
    assert [stage.agent.fingerprint() for stage in found] == [along[stage.steps] for stage in found]


def test_a_training_that_was_stopped_and_resumed_leaves_the_same_stages(tmp_path):
    whole = kept(tmp_path / "whole")
    checkpoint = tmp_path / "checkpoint.safetensors"

    def stop(record):
        if record.update == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        kept(tmp_path / "halves", checkpoint=Checkpoint(checkpoint, interval=0.0), listeners=[stop])
    found = kept(tmp_path / "halves", checkpoint=Checkpoint(checkpoint, interval=0.0, resume=True), resume=True)
    assert [s.steps for s in found] == [s.steps for s in whole]
    assert [s.agent.fingerprint() for s in found] == [s.agent.fingerprint() for s in whole]


@pytest.mark.parametrize("fractions", [(0.5, 0.25), (0.5, 0.5), (0.0,), (1.0,)])
def test_fractions_must_ascend_between_zero_and_one(tmp_path, fractions):
    with pytest.raises(UserError, match="ascend"):
        Stages(tmp_path / "stages.safetensors", fractions)


def test_an_agent_without_stages_is_answered_with_what_to_do(tmp_path):
    save_agent(network(), tmp_path)
    with pytest.raises(UserError, match="holds no stages"):
        load_stages(tmp_path)
