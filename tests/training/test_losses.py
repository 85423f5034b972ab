"""Losses: hand numbers, and gradients against numerical slopes and autograd."""

import math

import pytest
import torch

from cogmeta.training.losses import (
    clipped_surrogate,
    log_probabilities,
    negative_entropy,
    outcome_error,
    policy_gradient,
    taken,
    value_error,
)


@pytest.fixture
def case():
    """Logits of 4 steps, 3 actions, 5 episodes, in double precision; actions; advantages; old log-probabilities."""
    generator = torch.Generator().manual_seed(7)
    logits = torch.randn(4, 3, 5, generator=generator, dtype=torch.float64)
    action = torch.randint(3, (4, 5), generator=generator)
    advantage = torch.randn(4, 5, generator=generator, dtype=torch.float64)
    before = taken(log_probabilities(logits), action) + 0.3 * torch.randn(
        4, 5, generator=generator, dtype=torch.float64)
    return logits, action, advantage, before


def losses(case):
    """Return each loss of the policy as a function of the logits."""
    _, action, advantage, before = case
    losses = {
        "policy_gradient": lambda log_p: policy_gradient(log_p, action, advantage),
        "clipped_surrogate": lambda log_p: clipped_surrogate(log_p, action, advantage, before, 0.2),
        "negative_entropy": negative_entropy,
    }
    return {name: lambda logits, loss=loss: loss(log_probabilities(logits)) for name, loss in losses.items()}


@pytest.mark.parametrize("name", ["policy_gradient", "clipped_surrogate", "negative_entropy"])
def test_the_gradient_of_a_policy_loss_is_its_numerical_slope(case, name):
    logits, loss, width = case[0], losses(case)[name], 1e-6
    _, gradient = loss(logits)
    for k in range(logits.numel()):
        step = torch.zeros_like(logits).view(-1)
        step[k] = width
        step = step.view_as(logits)
        slope = (loss(logits + step)[0].sum() - loss(logits - step)[0].sum()) / (2 * width)
        assert abs(slope - gradient.reshape(-1)[k]) < 1e-8  # error of central differences in double precision


@pytest.mark.parametrize("name", ["policy_gradient", "clipped_surrogate", "negative_entropy"])
def test_the_gradient_of_a_policy_loss_is_that_of_autograd(case, name):
    logits = case[0].requires_grad_()
    loss, gradient = losses(case)[name](logits)
    (wanted,) = torch.autograd.grad(loss.sum(), logits)
    assert torch.allclose(gradient, wanted, atol=1e-12)  # rounding of double precision


def test_the_gradient_of_the_value_error_is_that_of_autograd():
    value, target = torch.randn(3, 2, requires_grad=True), torch.ones(3, 2)
    loss, gradient = value_error(value, target)
    (wanted,) = torch.autograd.grad(loss.sum(), value)
    assert torch.allclose(gradient, wanted)


def test_the_gradient_of_the_outcome_error_is_that_of_autograd(case):
    logits, action, advantage, _ = case
    logits, outcome = logits.requires_grad_(), (advantage > 0).double()
    loss, gradient = outcome_error(logits, action, outcome)
    (wanted,) = torch.autograd.grad(loss.sum(), logits)
    assert torch.allclose(gradient, wanted, atol=1e-12)  # rounding of double precision


def test_descending_the_policy_loss_makes_a_good_action_likelier_and_a_bad_one_rarer():
    logits, action = torch.zeros(1, 2, 2), torch.tensor([[0, 0]])
    _, gradient = policy_gradient(log_probabilities(logits), action, torch.tensor([[1.0, -1.0]]))
    moved = taken(log_probabilities(logits - 0.1 * gradient), action)[0]
    assert moved[0] > math.log(0.5) > moved[1]


def test_the_entropy_of_an_even_choice_among_four_is_the_logarithm_of_four():
    loss, gradient = negative_entropy(log_probabilities(torch.zeros(1, 4, 1)))
    assert math.isclose(-loss.item(), math.log(4), rel_tol=1e-6)
    assert gradient.abs().max() < 1e-7  # it is a maximum


def test_descending_the_negative_entropy_evens_the_choice_out():
    logits = torch.tensor([[[2.0], [0.0]]])
    loss, gradient = negative_entropy(log_probabilities(logits))
    assert negative_entropy(log_probabilities(logits - 0.1 * gradient))[0] < loss


def test_a_ratio_clipped_in_the_direction_of_the_advantage_has_no_gradient():
    logits, action = torch.tensor([[[2.0], [0.0]]]), torch.tensor([[0]])
    log_probability = log_probabilities(logits)
    before = torch.tensor([[math.log(0.5)]])  # the ratio is 1.76
    loss, gradient = clipped_surrogate(log_probability, action, torch.tensor([[2.0]]), before, 0.2)
    assert math.isclose(loss.item(), -1.2 * 2, rel_tol=1e-6) and gradient.abs().max() == 0
    loss, gradient = clipped_surrogate(log_probability, action, torch.tensor([[-2.0]]), before, 0.2)
    assert math.isclose(loss.item(), 1.7616 * 2, rel_tol=1e-4) and gradient.abs().max() > 0


def test_at_the_old_policy_the_clipped_gradient_is_the_policy_gradient(case):
    logits, action, advantage, _ = case
    log_probability = log_probabilities(logits)
    clipped = clipped_surrogate(log_probability, action, advantage, taken(log_probability, action), 0.2)[1]
    assert torch.allclose(clipped, policy_gradient(log_probability, action, advantage)[1], atol=1e-12)
