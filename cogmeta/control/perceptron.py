"""A perceptron of one hidden layer for every life of a batch, its gradient written out, and Adam for all of them at once.

Weights are tensors whose first axis is the life; every life's are its own, so that what one learns never reaches another.
"""

from typing import NamedTuple

import torch

EPSILON = 1e-8
"""Of Adam; Kingma & Ba 2015."""


class Weights(NamedTuple):
    """Weights of a batch of perceptrons, or their gradient."""

    hidden: torch.Tensor  # (n_lives, n_inputs + 1, n_units); the last row is the bias
    output: torch.Tensor  # (n_lives, n_units + 1, n_outputs)


def initial_weights(n_lives: int, n_inputs: int, n_units: int, n_outputs: int, seed: int) -> Weights:
    """Return the weights with which lives begin, the same in all: normal with variance 2 / inputs, then 1 / units; biases 0.

    Examples
    --------
    >>> [tuple(part.shape) for part in initial_weights(3, 5, 8, 2, seed=0)]
    [(3, 6, 8), (3, 9, 2)]
    """
    generator = torch.Generator().manual_seed(seed)
    hidden, output = torch.zeros(n_inputs + 1, n_units), torch.zeros(n_units + 1, n_outputs)
    hidden[:-1] = torch.randn(n_inputs, n_units, generator=generator) * (2 / n_inputs) ** 0.5
    output[:-1] = torch.randn(n_units, n_outputs, generator=generator) / n_units**0.5
    return Weights(hidden.repeat(n_lives, 1, 1), output.repeat(n_lives, 1, 1))


def forward(weights: Weights, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """Return what comes out and the hidden units: (n_lives, batch, n_outputs) and (n_lives, batch, n_units).

    Parameters
    ----------
    weights : Weights
    inputs : (n_lives, batch, n_inputs) tensor

    Notes
    -----
    ``z = relu(x W_1 + b_1)``, ``y = z W_2 + b_2``.
    """
    units = torch.baddbmm(weights.hidden[:, -1:], inputs, weights.hidden[:, :-1]).relu_()
    return torch.baddbmm(weights.output[:, -1:], units, weights.output[:, :-1]), units


def backward(weights: Weights, inputs: torch.Tensor, units: torch.Tensor, error: torch.Tensor) -> Weights:
    """Return the gradient of every life's loss.

    Parameters
    ----------
    weights : Weights
    inputs : (n_lives, batch, n_inputs) tensor
    units : (n_lives, batch, n_units) tensor
        From ``forward``.
    error : (n_lives, batch, n_outputs) tensor
        Gradient of the loss by what came out.
    """
    into = torch.bmm(error, weights.output[:, :-1].transpose(1, 2)) * (units > 0)
    hidden = torch.cat([torch.bmm(inputs.transpose(1, 2), into), into.sum(1, keepdim=True)], dim=1)
    output = torch.cat([torch.bmm(units.transpose(1, 2), error), error.sum(1, keepdim=True)], dim=1)
    return Weights(hidden, output)


class Adam(NamedTuple):
    """What Adam knows of past gradients."""

    n_steps: int
    mean: Weights
    square: Weights


def no_gradients(weights: Weights) -> Adam:
    """Return what Adam knows before the first step."""
    zeros = Weights(*map(torch.zeros_like, weights))
    return Adam(0, zeros, zeros)


def descend(weights: Weights, gradient: Weights, adam: Adam, step_size: float) -> tuple[Weights, Adam]:
    """Return weights after one step of Adam, and what it knows then; nothing is changed in place.

    References
    ----------
    Kingma & Ba 2015, arXiv 1412.6980, algorithm 1, with decays .9 and .999.
    """
    n = adam.n_steps + 1
    mean = Weights(*(m + 0.1 * (g - m) for m, g in zip(adam.mean, gradient, strict=True)))
    square = Weights(*(s + 0.001 * (g * g - s) for s, g in zip(adam.square, gradient, strict=True)))
    grown, spread = 1 - 0.9**n, 1 - 0.999**n
    moved = (w - step_size * (m / grown) / ((s / spread).sqrt() + EPSILON)
             for w, m, s in zip(weights, mean, square, strict=True))
    return Weights(*moved), Adam(n, mean, square)
