"""Dyna: a network learns what an exact observer expects, imagined episodes are distributed as real ones, nothing hidden is told."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
import torch

from cogmeta.agent import Agent
from cogmeta.agents import LSTMActorCritic
from cogmeta.agents.actor_critic import as_inputs
from cogmeta.check import check_task
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import Dyna, train, updates
from cogmeta.training.collect import Collector
from cogmeta.training.imagined import Imagined
from cogmeta.training.world_model import WorldModel
from tasks.bandit import BernoulliBandit
from tasks.registry import make_task

TASK = BernoulliBandit(n_trials=10)
SMALL = Dyna(n_steps=800, n_episodes=20, imagined_per_step=2, imagined_episodes=4, model_units=4, model_updates=3, model_episodes=8)


class Counting(Agent):
    """Expects of every arm what is exact where its probability was drawn from U[0, 1]: (wins + 1) / (pulls + 2)."""

    name, sees_hidden, family = "counting", False, None

    def initial_state(self, n_episodes):
        return np.ones((n_episodes, 2, 2))  # wins + 1, losses + 1

    def step(self, observation, previous_action, previous_reward, state):
        state, played = state.copy(), previous_action >= 0
        rows, arm, paid = np.flatnonzero(played), previous_action[played], previous_reward[played]
        state[rows, arm, 0] += paid
        state[rows, arm, 1] += 1 - paid
        return np.log(state[..., 0] / state[..., 1]), np.zeros(len(state)), state

    def fingerprint(self):
        return "counting"


def network(n_units=6, task=TASK):
    """A small untrained network."""
    return LSTMActorCritic.for_task(task, n_units=n_units, seed=2)


def world_model(n_remembered=64, task=TASK, n_units=6, n_episodes=32):
    """A world model that remembers episodes of an untrained network."""
    world = WorldModel(task, network(n_units, task), n_episodes)
    with torch.no_grad():
        world.remember(played(n_remembered, task))
    return world


def played(n_episodes, task=TASK):
    """Return episodes of an untrained network."""
    return Collector(network(task=task), task, n_episodes, task.spec.n_steps, *np.random.default_rng(0).spawn(2)).collect()


def imagined_by(model):
    """Return the task as a model predicts it."""
    return Imagined(model, np.stack([TASK.observe(t, 1)[0] for t in range(10)]), TASK)


@pytest.mark.parametrize("model", [Counting(), network()], ids=["exact", "untrained"])
def test_an_imagined_task_keeps_the_contract_of_tasks(model):
    check_task(imagined_by(model))


def test_what_an_exact_model_imagines_of_one_arm_pays_every_number_of_times_equally_often():
    task, rng, n_episodes = imagined_by(Counting()), np.random.default_rng(5), 22_000
    state, _ = task.begin(n_episodes, rng)
    wins = np.zeros(n_episodes)
    for _ in range(10):
        state, _, reward, done = task.advance(state, np.zeros(n_episodes, int), rng)
        wins += reward
    counts, expected = np.bincount(wins.astype(int), minlength=11), n_episodes / 11  # Bayes's billiard: uniform on 0 to 10
    assert done.all() and (abs(counts - expected) < 4 * np.sqrt(expected * 10 / 11)).all()  # four standard errors


def test_an_agent_earns_as_much_in_what_an_exact_model_imagines_as_in_the_task():
    agent, n = Counting(), 20_000  # logits are log-odds: a better arm is chosen more often
    real, imagined = (simulate(agent, task, n, seed=3).reward.sum(axis=0) for task in (TASK, imagined_by(Counting())))
    assert abs(real.mean() - imagined.mean()) < 4 * np.hypot(real.std(), imagined.std()) / n**0.5


def test_the_gradient_of_a_world_model_is_that_of_autograd():
    world, episodes = world_model(), np.arange(8, 40)
    with torch.no_grad():
        loss, gradient = world.loss_and_gradient(episodes)
    weights = {name: weight.clone().requires_grad_() for name, weight in world.network.weights.items()}
    state, total = world.network.state_of(weights, 32), 0.0
    action, reward = world.action[:, episodes], world.reward[:, episodes]
    before, paid = np.full(32, -1), np.zeros(32)
    for t in range(10):
        head, state = world.network.plain_step(weights, as_inputs(TASK.observe(t, 32), before, paid, 2), state)
        before, paid = action[t], reward[t]
        log_odds = head[torch.arange(32), torch.from_numpy(before)]
        total = total + torch.nn.functional.binary_cross_entropy_with_logits(log_odds, torch.from_numpy(paid).float())
    assert abs(loss - total.item()) < 1e-5
    for name, wanted in zip(weights, torch.autograd.grad(total, list(weights.values())), strict=True):
        assert (gradient[name] - wanted).abs().max() <= 1e-5 * wanted.abs().max(), name


def test_a_world_model_comes_to_expect_what_an_exact_observer_expects():
    world = world_model(n_remembered=2_000, n_units=8, n_episodes=100)
    rng = np.random.default_rng(1)
    with torch.no_grad():
        first = world.learn(1, 0.0, rng)
        for step_size in (1e-2, 3e-3, 1e-3):
            world.learn(150, step_size, rng)
        apart = [gap(world.network, seed=9), gap(network(8), seed=9)]
    assert abs(first - np.log(2)) < 0.2 and apart[0] < 0.05 < apart[1]  # of a probability, both arms, all trials


def gap(model, seed):
    """Return the root mean square of what a model expects less what is exact, under even choices of 1,000 fresh episodes."""
    task, rng, n = imagined_by(Counting()), np.random.default_rng(seed), 1_000
    state, observation = task.begin(n, rng)
    action, reward, own, errors = np.full(n, -1), np.zeros(n), model.initial_state(n), []
    for _ in range(10):
        log_odds, _, own = model.step(observation, action, reward, own)
        errors.append(1 / (1 + np.exp(-log_odds)) - task.hidden(state)["expected_reward"])
        action = rng.integers(2, size=n)
        state, observation, reward, _ = task.advance(state, action, rng)
    return float(np.sqrt(np.mean(np.square(errors))))


def test_every_real_batch_is_remembered_and_as_much_is_imagined_as_was_asked_for():
    batches = 0
    imagined = Collector.collect

    def counting(self):
        nonlocal batches
        batches += isinstance(self.task, Imagined)
        return imagined(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Collector, "collect", counting)
        records = list(updates(network(), TASK, SMALL))
    assert [record.steps for record in records] == [200, 400, 600, 800]
    assert batches * 4 * 10 == SMALL.n_imagined
    assert records[-1].step_size == pytest.approx(5e-3 * 0.25)  # of the real steps three quarters were done when the last batch began


def test_the_trained_network_says_which_discount_its_values_have():
    trained = train(network(), TASK, replace(SMALL, discount=(0.5, 0.9)))
    assert trained.discount == pytest.approx(0.9)  # that to which imagined training came


@dataclass(frozen=True)
class Secret(BernoulliBandit):
    """A bandit that tells nobody what it hides."""

    def hidden(self, state):
        raise AssertionError("somebody looked at what is hidden")


def test_dyna_never_looks_at_what_a_task_hides():
    assert train(network(), Secret(n_trials=10), SMALL).fingerprint() == train(network(), TASK, SMALL).fingerprint()


def test_other_seeds_draw_other_models():
    drawn = [SMALL.prepare(LSTMActorCritic.for_task(TASK, n_units=6, seed=seed), TASK).network.fingerprint() for seed in (0, 0, 1)]
    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize(("name", "says"), [
    ("bandit/gaussian2019", "paid"), ("two_step/wang2018", "differ in what is seen"), ("bandit/full_feedback", "differ in what is seen")])
def test_a_task_that_a_world_model_cannot_predict_is_refused(name, says):
    task = make_task(name)
    untrained = LSTMActorCritic.for_task(task, n_units=4)
    with pytest.raises(UserError, match=f"{says}.*(a2c, ppo)"):
        train(untrained, task, replace(SMALL, n_steps=20 * task.spec.n_steps))


@pytest.mark.parametrize("change", [{"imagined_per_step": 0}, {"model": "transformer"}, {"unroll": 5}, {"regret_of": "reward_probability"}])
def test_settings_that_cannot_be_are_refused(change):
    with pytest.raises(UserError, match="imagined_per_step|transformer|reward alone"):
        replace(SMALL, **change)


def test_three_hundred_real_episodes_teach_which_arm_pays():
    task = BernoulliBandit(arms="easy", n_trials=10)
    learner = Dyna(n_steps=3_000, n_episodes=100, imagined_per_step=53, step_size=(2e-2, 0.0), imagined_episodes=32, model_units=8, model_updates=60,
                   model_episodes=50, model_step_size=(1e-2, 2e-3))
    trained = train(network(8, task), task, learner, seed=1)
    assert simulate(trained, task, 2_000, seed=4).reward.mean() > 0.75  # chance .5, one who never errs once it is clear .86
