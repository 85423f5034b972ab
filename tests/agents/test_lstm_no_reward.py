"""The control without reward input: blind to reward before, during and after training, and at chance."""

import numpy as np

from cogmeta.agents.lstm_no_reward import LSTMNoReward
from cogmeta.agents.store import load_agent, load_kind, save_agent
from cogmeta.simulate import simulate
from cogmeta.training import A2C, train
from tasks.registry import make_task


def test_training_leaves_the_weights_of_the_reward_at_zero_and_moves_the_others(tmp_path):
    task = make_task("bandit/easy", n_trials=10)
    untrained = LSTMNoReward.for_task(task, n_units=6, seed=1)
    trained = train(untrained, task, A2C(n_episodes=20), n_steps=2_000, seed=1)
    reward = trained.config.n_inputs - 1
    assert (trained.weights["core"][:, reward] == 0).all()
    moved = (trained.weights["core"] != untrained.weights["core"]).float().mean(dim=0)
    assert (moved[np.arange(len(moved)) != reward] > 0).all()
    folder = save_agent(trained, tmp_path / "run")
    assert load_kind(folder) == "lstm_no_reward" and type(load_agent(folder)) is LSTMNoReward


def test_what_it_does_does_not_depend_on_what_it_is_paid():
    task = make_task("bandit/easy", n_trials=30)
    agent = LSTMNoReward.for_task(task, n_units=6, seed=1)
    arms = [simulate(agent, make_task("bandit/easy", n_trials=30, reward_probability=pays), 20, seed=3).action
            for pays in ((1.0, 0.0), (0.0, 1.0))]
    assert (arms[0] == arms[1]).all()
