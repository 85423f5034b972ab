"""Losses of actor and critic with their gradients: pure functions of time-major, feature-major arrays.

Logits are (n_steps, n_actions, n_episodes), everything else (n_steps, n_episodes). Each function returns the loss of
every step and its gradient with respect to logits or value, derived by hand; nothing is averaged here. Advantages,
targets and old log-probabilities are constants.
"""

import torch

Pair = tuple[torch.Tensor, torch.Tensor]


def log_probabilities(logits: torch.Tensor) -> torch.Tensor:
    """Return log softmax over the actions, (n_steps, n_actions, n_episodes)."""
    assert logits.ndim == 3
    return torch.log_softmax(logits, dim=1)


def taken(log_probability: torch.Tensor, action: torch.Tensor) -> torch.Tensor:
    """Return the log-probability of the actions taken, (n_steps, n_episodes)."""
    assert log_probability.ndim == 3 and action.ndim == 2
    return log_probability.gather(1, action[:, None]).squeeze(1)


def policy_gradient(log_probability: torch.Tensor, action: torch.Tensor, advantage: torch.Tensor) -> Pair:
    """Return -advantage log pi(action) and its gradient with respect to the logits.

    Parameters
    ----------
    log_probability : (n_steps, n_actions, n_episodes) tensor
        From ``log_probabilities(logits)``.
    action : (n_steps, n_episodes) int64 tensor
    advantage : (n_steps, n_episodes) tensor
        In units of reward.

    Returns
    -------
    loss : (n_steps, n_episodes) tensor
    gradient : (n_steps, n_actions, n_episodes) tensor

    Notes
    -----
    ``d loss / d logits = advantage (pi - onehot(action))``.

    References
    ----------
    Williams 1992; Wang et al. 2018, Methods.

    Examples
    --------
    >>> even = log_probabilities(torch.zeros(1, 2, 1))
    >>> loss, gradient = policy_gradient(even, torch.tensor([[0]]), torch.tensor([[2.0]]))
    >>> gradient.ravel().tolist()
    [-1.0, 1.0]
    """
    assert log_probability.ndim == 3 and action.ndim == advantage.ndim == 2
    gradient = log_probability.exp()
    gradient.scatter_add_(1, action[:, None], torch.full_like(gradient[:, :1], -1.0))
    return -advantage * taken(log_probability, action), gradient.mul_(advantage[:, None])


def cross_entropy(log_probability: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor) -> Pair:
    """Return -weight sum_k wanted_k log pi_k and its gradient with respect to the logits.

    Parameters
    ----------
    log_probability, wanted : (n_steps, n_actions, n_episodes) tensors
        From ``log_probabilities(logits)``; probabilities to be imitated.
    weight : (n_steps, n_episodes) tensor

    Examples
    --------
    >>> even = log_probabilities(torch.zeros(1, 2, 1))
    >>> loss, gradient = cross_entropy(even, torch.tensor([[[0.75], [0.25]]]), torch.ones(1, 1))
    >>> round(loss.item(), 4), gradient.ravel().tolist()
    (0.6931, [-0.25, 0.25])
    """
    assert log_probability.ndim == wanted.ndim == 3 and weight.ndim == 2
    return -weight * (wanted * log_probability).sum(dim=1), (log_probability.exp() - wanted) * weight[:, None]


def clipped_surrogate(
    log_probability: torch.Tensor, action: torch.Tensor, advantage: torch.Tensor, before: torch.Tensor, clip: float
) -> Pair:
    """Return PPO's clipped loss and its gradient with respect to the logits.

    Parameters
    ----------
    log_probability : (n_steps, n_actions, n_episodes) tensor
    action : (n_steps, n_episodes) int64 tensor
    advantage : (n_steps, n_episodes) tensor
    before : (n_steps, n_episodes) tensor
        Log-probability of the actions when they were taken.
    clip : float
        > 0.

    Returns
    -------
    loss : (n_steps, n_episodes) tensor
    gradient : (n_steps, n_actions, n_episodes) tensor

    Notes
    -----
    ``loss = -min(ratio A, clip(ratio, 1 - clip, 1 + clip) A)``; its gradient is that of ``-ratio A`` where the ratio
    is not clipped in the direction of the advantage, and 0 elsewhere.

    References
    ----------
    Schulman et al. 2017, arXiv 1707.06347, eq. 7.
    """
    assert log_probability.ndim == 3 and action.ndim == advantage.ndim == before.ndim == 2
    ratio = (taken(log_probability, action) - before).exp()
    bound = torch.where(advantage > 0, 1 + clip, 1 - clip)
    inside = torch.where(advantage > 0, ratio < bound, ratio > bound)
    weight = torch.where(inside, ratio, torch.zeros_like(ratio)) * advantage
    _, gradient = policy_gradient(log_probability, action, weight)
    return -torch.where(inside, ratio, bound) * advantage, gradient


def negative_entropy(log_probability: torch.Tensor) -> Pair:
    """Return minus the policy's entropy in nats and its gradient with respect to the logits.

    Notes
    -----
    ``d (-H) / d logit_k = pi_k (log pi_k + H)``.

    Examples
    --------
    >>> loss, gradient = negative_entropy(log_probabilities(torch.zeros(1, 2, 1)))
    >>> round(loss.item(), 4), gradient.ravel().tolist()
    (-0.6931, [0.0, 0.0])
    """
    assert log_probability.ndim == 3
    probability = log_probability.exp()
    loss = (probability * log_probability).sum(dim=1)
    return loss, probability * (log_probability - loss[:, None])


def taken_values(logits: torch.Tensor, action: torch.Tensor, inverse_temperature: float) -> torch.Tensor:
    """Return the values of the actions taken, (n_steps, n_episodes), where logits are action values times an inverse temperature."""
    assert logits.ndim == 3 and action.ndim == 2
    return logits.gather(1, action[:, None]).squeeze(1) / inverse_temperature


def action_value_error(
    logits: torch.Tensor, action: torch.Tensor, target: torch.Tensor, inverse_temperature: float
) -> Pair:
    """Return half the squared error of the values of the actions taken, times the inverse temperature, and its gradient.

    Parameters
    ----------
    logits : (n_steps, n_actions, n_episodes) tensor
        Action values times the inverse temperature.
    action : (n_steps, n_episodes) int64 tensor
    target : (n_steps, n_episodes) tensor
        In units of reward.
    inverse_temperature : float
        > 0.

    Notes
    -----
    ``loss = b (Q - target)^2 / 2`` with ``Q = logit / b``; ``d loss / d logit = Q - target`` for the action taken, else 0.

    Examples
    --------
    >>> loss, gradient = action_value_error(torch.tensor([[[2.0], [9.0]]]), torch.tensor([[0]]), torch.tensor([[3.0]]), 2.0)
    >>> loss.item(), gradient.ravel().tolist()
    (4.0, [-2.0, 0.0])
    """
    error = taken_values(logits, action, inverse_temperature) - target
    gradient = torch.zeros_like(logits).scatter_(1, action[:, None], error[:, None])
    return 0.5 * inverse_temperature * error.square(), gradient


def outcome_error(logits: torch.Tensor, action: torch.Tensor, outcome: torch.Tensor) -> Pair:
    """Return the log loss of what the actions taken paid, 0 or 1, and its gradient with respect to the logits.

    Parameters
    ----------
    logits : (n_steps, n_actions, n_episodes) tensor
        Log-odds that each action pays.
    action : (n_steps, n_episodes) int64 tensor
    outcome : (n_steps, n_episodes) tensor
        0 or 1, or a probability.

    Notes
    -----
    ``loss = -(r log p + (1 - r) log(1 - p))`` in nats with ``p = sigmoid(logit)``; ``d loss / d logit = p - r`` for the action taken, else 0.

    Examples
    --------
    >>> loss, gradient = outcome_error(torch.tensor([[[0.0], [9.0]]]), torch.tensor([[0]]), torch.tensor([[1.0]]))
    >>> round(loss.item(), 4), gradient.ravel().tolist()
    (0.6931, [-0.5, 0.0])
    """
    assert logits.ndim == 3 and action.ndim == outcome.ndim == 2
    log_odds = logits.gather(1, action[:, None]).squeeze(1)
    gradient = torch.zeros_like(logits).scatter_(1, action[:, None], (log_odds.sigmoid() - outcome)[:, None])
    return torch.nn.functional.softplus(log_odds) - outcome * log_odds, gradient


def value_error(value: torch.Tensor, target: torch.Tensor) -> Pair:
    """Return half the squared error of the critic and its gradient with respect to the value.

    Examples
    --------
    >>> value_error(torch.tensor([[1.0]]), torch.tensor([[3.0]]))
    (tensor([[2.]]), tensor([[-2.]]))
    """
    assert value.ndim == target.ndim == 2
    error = value - target
    return 0.5 * error.square(), error
