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


def gaussian(query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Return ``exp(-distance^2 / 2)``, in (0, 1]: divide cues by a bandwidth for another width.

    References
    ----------
    Nadaraya 1964; Watson 1964: means weighted by it.
    """
    return squared_distance(query, stored).mul_(-0.5).exp_()


KERNELS = {"cosine": cosine, "euclidean": euclidean, "inverse_distance": inverse_distance, "gaussian": gaussian}
"""By name."""


def of_pairs(kernel: str, query: torch.Tensor, stored: torch.Tensor) -> torch.Tensor:
    """Return (n,) the kernel value of each pair of cues, both (n, cue_size), without the rounding of a product.

    Examples
    --------
    >>> cue = torch.tensor([[3000.1, 0.3]])
    >>> of_pairs("euclidean", cue, cue)
    tensor([1.])
    """
    if kernel == "cosine":
        return (query * stored).sum(-1)
    return KERNELS[kernel]((query - stored)[:, None], torch.zeros_like(query)[:, None])[:, 0, 0]
