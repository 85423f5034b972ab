"""Adam and RMSProp: the bytes of torch's own, a step in closed form, and a start that does not load torch's compiler."""

import subprocess
import sys

import pytest
import torch

from cogmeta.agents import LSTMActorCritic
from cogmeta.training.optimiser import Optimiser
from tasks.bandit import BernoulliBandit

TORCHS = {"adam": lambda weights: torch.optim.Adam(weights, eps=1e-5),
          "rmsprop": lambda weights: torch.optim.RMSprop(weights, alpha=0.99, eps=1e-5)}


def gradients(network, n):
    """Yield gradients of all weights, some of them 0, some large."""
    generator = torch.Generator().manual_seed(1)
    for k in range(n):
        yield {name: 10.0 ** (k % 5 - 3) * torch.randn(network.weights[name].shape, generator=generator).relu() for name in network.trainable}


@pytest.mark.parametrize("name", TORCHS)
def test_steps_have_the_bytes_of_torchs_own(name):
    network = LSTMActorCritic.for_task(BernoulliBandit(), n_units=12)
    theirs = [network.weights[k].clone().requires_grad_() for k in network.trainable]
    ours, reference = Optimiser(network, name, None), TORCHS[name](theirs)
    for k, gradient in enumerate(gradients(network, 40)):
        for group in reference.param_groups:
            group["lr"] = 0.01 / (k + 1)
        for weight, key in zip(theirs, network.trainable, strict=True):
            weight.grad = gradient[key].clone()
        reference.step()
        ours.apply(gradient, 0.01 / (k + 1))
    assert all(torch.equal(network.weights[key], weight) for key, weight in zip(network.trainable, theirs, strict=True))


@pytest.mark.parametrize("name", TORCHS)
def test_the_first_step_goes_against_the_sign_of_the_gradient(name):
    network = LSTMActorCritic.for_task(BernoulliBandit(), n_units=3)
    before, gradient = network.weights["core"].clone(), {name: torch.full_like(network.weights[name], -7.0) for name in network.trainable}
    assert Optimiser(network, name, None).apply(gradient, 0.1) == pytest.approx(7 * sum(g.numel() for g in gradient.values()) ** 0.5)
    length = {"adam": 0.1 * 7 / (7 + 1e-5), "rmsprop": 0.1 * 7 / (7 * 0.01**0.5 + 1e-5)}[name]  # m' = g, v' = g^2; v = .01 g^2
    assert torch.allclose(network.weights["core"] - before, torch.tensor(length), rtol=1e-4)  # float32


def test_a_training_starts_without_loading_torchs_compiler():
    code = ("import sys; from cogmeta.training import A2C; from cogmeta.training.run import Run; from tasks.bandit import BernoulliBandit as B; "
            "from cogmeta.agents import LSTMActorCritic as L; Run(L.for_task(B(), n_units=4), B(), A2C(n_episodes=2), 0).advance(); "
            "print('torch._dynamo' in sys.modules)")
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "False"
