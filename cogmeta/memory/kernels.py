"""How alike two cues are: the kernels by which memories are found and weighted.

Each takes queries (n_epochs, n_queries, cue_size) and stored cues (n_epochs, n_memories, cue_size) and returns
(n_epochs, n_queries, n_memories), the larger the more alike; 1 says that two cues are the same (for the cosine: that
they have the same direction).
"""

import torch

DELTA = 1e-3
"""Of the inverse-distance kernel; Pritzel et al. 2017."""


def directions(cue: torch.Tensor) -> torch.Tensor:
    """Return cues scaled to length 1; zeros stay zeros.

    Examples
    --------
    >>> directions(torch.tensor([[3.0, 4.0], [0.0, 0.0]]))
    tensor([[0.6000, 0.8000],
            [0.0000, 0.0000]])
    """
    return torch.nn.functional.normalize(cue, dim=-1)


def _products(query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    if len(query) == 1:
        return torch.mm(query[0], stored[0].t())[None]  # several times faster than a batch of one
    return torch.bmm(query, stored.transpose(1, 2))


def cosine(query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Return the cosine of the angle between cues that have length 1 already, in [-1, 1]."""
    return _products(query, stored)


def squared_distance(query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Return the squared Euclidean distance, >= 0, by one matrix product: ``|q|^2 - 2 q s + |s|^2``."""
    lengths = query.square().sum(-1, keepdim=True) + stored.square().sum(-1)[:, None]
    return lengths.sub_(_products(query, stored), alpha=2.0).clamp_(min=0.0)


def euclidean(query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Return ``1 / (1 + distance)``, in (0, 1]."""
    return (1 + squared_distance(query, stored).sqrt_()).reciprocal_()


def inverse_distance(query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Return ``delta / (distance^2 + delta)``, in (0, 1].

    References
    ----------
    Pritzel et al. 2017, arXiv 1703.01988, eq. 5, there without the constant factor delta.
    """
    return (squared_distance(query, stored) + DELTA).reciprocal_().mul_(DELTA)


KERNELS = {"cosine": cosine, "euclidean": euclidean, "inverse_distance": inverse_distance}
"""By name."""
