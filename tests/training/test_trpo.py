"""Trust-region policy optimisation: its matrix, its gradient, its limit, against explicit ones on a tiny network."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from cogmeta.agents import ActorCriticPair, LSTMActorCritic
from cogmeta.errors import UserError
from cogmeta.simulate import simulate
from cogmeta.training import TRPO, train, updates
from cogmeta.training.collect import Collector, as_tensor
from cogmeta.training.conjugate_gradient import conjugate_gradient
from cogmeta.training.run import Run
from cogmeta.training.trpo import TrustRegion
from tasks.bandit import BernoulliBandit
from tasks.registry import make_task
from tasks.train_run import measure

TASK = BernoulliBandit(n_trials=6)
LEARNER = TRPO(n_steps=10_000, n_episodes=40)


@pytest.fixture
def region():
    """A tiny pair, one batch of it, and the trust region around it."""
    pair = ActorCriticPair.for_task(TASK, n_units=2, policy="gru", value="rnn", seed=3)
    pair.weights["policy.readout"] *= 3
    batch = Collector(pair, TASK, 4, 6, *np.random.default_rng(0).spawn(2)).collect()
    advantage = torch.randn(6, 4, generator=torch.Generator().manual_seed(1))
    return pair, batch, TrustRegion(pair, batch, advantage, entropy_weight=0.3)


def plain_logits(pair, batch, vector):
    """Logits (n_steps, n_actions, n_episodes) as a function of one vector of policy weights, in double precision."""
    names, weights, at = TrustRegion(pair, batch, torch.zeros(6, 4), 0.0).names, {}, 0
    for name in names:
        shape = pair.weights[name].shape
        weights[name.removeprefix("policy.")] = vector[at: at + shape.numel()].view(shape)
        at += shape.numel()
    network = pair.part("policy")
    state, logits = network.state_of(weights, 4), []
    for x in batch.tape.inputs[:-1].double():
        head, state = network.plain_step(weights, x.t(), state)
        logits.append(head[:, :-1].t())
    return torch.stack(logits)


def test_conjugate_gradient_solves_a_positive_definite_system():
    root = torch.randn(12, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    matrix, b = root @ root.t() + 0.1 * torch.eye(12), torch.arange(12.0, dtype=torch.float64)
    x = conjugate_gradient(lambda v: matrix @ v, b, n_iterations=60, tolerance=0.0)
    assert torch.allclose(x, torch.linalg.solve(matrix, b), rtol=1e-6)
    assert not conjugate_gradient(lambda v: matrix @ v, torch.zeros(12, dtype=torch.float64)).any()


def test_the_fisher_product_is_that_of_the_explicit_matrix(region):
    pair, batch, policy = region
    at = policy.vector().double()
    with torch.enable_grad():
        slopes = torch.autograd.functional.jacobian(lambda v: plain_logits(pair, batch, v), at)  # (6, 2, 4, n)
    pi = policy.before.double().exp()
    inner = torch.einsum("tab,ac->tacb", pi, torch.eye(2).double()) - torch.einsum("tab,tcb->tacb", pi, pi)
    fisher = torch.einsum("tabn,tacb,tcbm->nm", slopes, inner, slopes) / 24
    generator = torch.Generator().manual_seed(2)
    for _ in range(5):
        v = torch.randn(len(at), generator=generator)
        ours, wanted = policy.fisher_product(v).double(), fisher @ v.double()
        assert (ours - wanted).norm() < 1e-3 * wanted.norm()  # float32 central differences reach about 1e-4
    assert torch.equal(policy.vector().double(), at)
    assert not policy.fisher_product(torch.zeros(len(at))).any()


def test_the_fisher_matrix_is_the_curvature_of_the_divergence(region):
    pair, _, policy = region
    at, v = policy.vector(), torch.randn(len(policy.vector()), generator=torch.Generator().manual_seed(4))
    step = 0.05 * v / v.norm()
    predicted = 0.5 * float(step @ policy.fisher_product(step))
    measured = []
    for sign in (1, -1):
        policy.put(at + sign * step)
        policy.replay()
        measured.append(policy.divergence())
    policy.put(at)
    # the mean of both sides leaves a fourth-order error: (0.05)^2 times curvatures of order 1 to 10
    assert np.mean(measured) == pytest.approx(predicted, rel=0.03)


def test_the_gradient_of_the_objective_is_that_of_autograd(region):
    pair, batch, policy = region
    _, ours = policy.loss_and_gradient()
    at = policy.vector().double().requires_grad_()
    with torch.enable_grad():
        log_p = torch.log_softmax(plain_logits(pair, batch, at), dim=1)
        chosen = log_p.gather(1, policy.action[:, None])[:, 0]
        ratio = (chosen - chosen.detach()).exp()
        entropy = -(log_p.exp() * log_p).sum(1)
        (-(ratio * policy.advantage.double()) - 0.3 * entropy).mean().backward()
    assert (ours.double() - at.grad).norm() < 1e-5 * at.grad.norm()


def moved(learner=LEARNER, updates_done=1):
    """Return a run after some updates, and the weights before the last."""
    run = Run(ActorCriticPair.for_task(TASK, n_units=5, seed=1), TASK, learner, seed=0)
    for _ in range(updates_done):
        before = {name: weight.clone() for name, weight in run.agent.weights.items()}
        run.advance()
    return run, before


@pytest.mark.parametrize("limit", [0.01, 0.001])
def test_an_update_moves_the_policy_up_to_the_limit_and_no_further(limit):
    run = Run(ActorCriticPair.for_task(TASK, n_units=5, seed=1), TASK, replace(LEARNER, kl_limit=limit, n_value_steps=0), seed=0)
    batch = run.collector.collect()
    now, rng = run.learner.at(0.0), np.random.default_rng(0)
    policy = TrustRegion(run.agent, batch, as_tensor(batch.advantages(0.99, 0.3)), 0.0)
    before = policy.objective()
    run.learner.improve(run.agent, batch, run.optimiser, now, rng, None)
    assert policy.objective() < before
    assert 0.6 * limit < policy.divergence() <= limit  # a step shortened to 0.8 has 0.64 of the divergence


def test_the_policy_and_the_value_network_learn_from_their_own_losses():
    run, before = moved(replace(LEARNER, n_value_steps=0))
    still = {name for name, weight in run.agent.weights.items() if torch.equal(weight, before[name])}
    assert still == {name for name in before if name.startswith("value.")}
    run, before = moved(replace(LEARNER, kl_limit=1e-12))
    # value weights far, policy weights by what a divergence of 1e-12 allows
    far = {name for name, weight in run.agent.weights.items() if (weight - before[name]).abs().max() > 1e-4}
    assert far and all(name.startswith("value.") for name in far)


def test_the_value_network_fits_the_returns_of_the_batch():
    run = Run(ActorCriticPair.for_task(TASK, n_units=5, seed=1), TASK, replace(LEARNER, n_value_steps=30, step_size=1e-2), seed=0)
    batch = run.collector.collect()
    target = batch.advantages(0.99, 0.3) + batch.value[:-1]
    losses = run.learner.improve(run.agent, batch, run.optimiser, run.learner.at(0.0), None, None)
    assert losses["value_loss"] == pytest.approx(0.5 * np.square(batch.value[:-1] - target).mean(), rel=1e-4)
    batch.tape.start()
    batch.tape.forward()
    after = 0.5 * np.square(batch.tape.head[:6, -1].numpy() - target).mean()
    assert after < 0.8 * losses["value_loss"]


def test_trpo_learns_which_arm_pays_where_it_is_always_the_same():
    task = BernoulliBandit(n_trials=10, reward_probability=(0.1, 0.9))
    agent = train(ActorCriticPair.for_task(task, n_units=8), task, replace(LEARNER, n_steps=24_000), seed=1)
    assert simulate(agent, task, 500, seed=2).action.mean() > 0.9  # chance is 0.5


def test_the_same_seed_gives_the_same_bytes():
    one, same = (train(ActorCriticPair.for_task(TASK, n_units=4), TASK, LEARNER, n_steps=1_000, seed=3) for _ in range(2))
    assert one.fingerprint() == same.fingerprint()


def test_what_cannot_be_says_so():
    with pytest.raises(UserError, match="Use ActorCriticPair"):
        next(updates(LSTMActorCritic.for_task(TASK, n_units=4), TASK, LEARNER))
    with pytest.raises(UserError, match="kl_limit > 0"):
        TRPO(kl_limit=0.0)
    with pytest.raises(UserError, match="n_conjugate >= 1"):
        TRPO(n_conjugate=0)
    with pytest.raises(UserError, match="leave unroll=None"):
        TRPO(unroll=5)


@pytest.mark.slow
def test_trpo_learns_bandits_whose_arms_differ_from_episode_to_episode():
    task = make_task("bandit/independent")
    pair = ActorCriticPair.for_task(task, n_units=24, policy="gru", value="gru")
    agent = train(pair, task, TRPO(n_steps=300_000, n_episodes=50), seed=0)
    assert measure(agent, task, 2_000)["regret"] < 8  # measured 4.8; chance is 16.7
