"""A differentiable neural dictionary: cells stored under cues, for a whole batch of epochs at once.

Every epoch has a memory of its own; nothing leaks from one to another. Source: Pritzel et al. 2017 (arXiv
1703.01988); Ritter et al. 2018 (arXiv 1805.09692), who store an LSTM's cell under an episode's context and read the
nearest neighbour. How ours departs: among equally good matches the newest is read (the papers do not say); what is
stored is a constant, no gradient flows into it. Search is exact, one matrix product; memories as near as the last of
the neighbours all count.
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import NamedTuple

import torch

from cogmeta.errors import UserError, unknown_name
from cogmeta.fingerprint import LATER
from cogmeta.memory.kernels import KERNELS, directions, of_pairs

OVERWRITING = {
    "oldest": "what was written longest ago",
    "least_recently_used": "what was neither written nor read for longest",
    "update_on_match": "what is stored under the same cue, full or not; else the oldest",
}
"""Which memory gives way where a dictionary is full."""

SAME = 1e-6
"""Kernel values that differ by less are equal, and a value within this of 1 is a match."""


@dataclass(frozen=True)
class MemoryConfig:
    """Settings of a neural dictionary.

    Parameters
    ----------
    capacity : int
        Memories that an epoch can hold, >= 1.
    kernel : {"cosine", "euclidean", "inverse_distance", "gaussian"}
        How alike two cues are, see ``cogmeta.memory.kernels``.
    n_neighbours : int or None
        Memories that are read, >= 1; more than one are averaged, weighted by their kernel values (those below 0 count
        for nothing), or as ``sharpness`` says. None for all.
    overwriting : {"oldest", "least_recently_used", "update_on_match"}
        Which memory gives way, see ``OVERWRITING``.
    sharpness : float
        >= 0. Above 0, neighbours are weighted by ``exp(sharpness k)`` with ``k`` the kernel value: only those that are nearly as
        alike as the best count.
    """

    capacity: int = 1000
    kernel: str = "cosine"
    n_neighbours: int | None = 1
    overwriting: str = "oldest"
    sharpness: float = field(default=0.0, metadata=LATER)

    def __post_init__(self) -> None:
        for name in ("capacity", "n_neighbours"):
            value = getattr(self, name)
            if name == "n_neighbours" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise UserError(f"{name} must be an integer >= 1, got {value!r}.")
        if not 0 <= self.sharpness < float("inf"):
            raise UserError(f"sharpness must be a finite number >= 0, got {self.sharpness!r}.")
        if self.kernel not in KERNELS:
            raise unknown_name("kernel", self.kernel, KERNELS)
        if self.overwriting not in OVERWRITING:
            raise unknown_name("rule of overwriting", self.overwriting, OVERWRITING)


Merge = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
"""What becomes of two cells of one cue, (n, value_size) each: the stored and the new one."""


class Recall(NamedTuple):
    """What a query found; the leading axes are those of the query.

    Attributes
    ----------
    cell : (n_epochs, [n_queries,] value_size) tensor
        Zeros from an empty memory.
    similarity : (n_epochs, [n_queries,]) tensor
        Kernel value of the best match; 0 from an empty memory.
    slot : (n_epochs, [n_queries,] n_neighbours) int64 tensor
        Where it was found, the best first (the best alone where all are read); meaningless from an empty memory.
    """

    cell: torch.Tensor
    similarity: torch.Tensor
    slot: torch.Tensor


class NeuralDictionary:
    """Memories of a batch of epochs.

    Parameters
    ----------
    n_epochs, cue_size, value_size : int
    config : MemoryConfig
    device : str or torch.device
        Where everything lies and is looked for.

    Attributes
    ----------
    cue : (n_epochs, size, cue_size) tensor
        With the cosine kernel scaled to length 1. ``size`` grows up to the capacity.
    stored_cell : (n_epochs, size, value_size) tensor
    written_at, used_at : (n_epochs, size) int64 tensors
        Number of the write by which a memory came, and after which it was last written or read; -1 where none is.

    Examples
    --------
    >>> memory = NeuralDictionary(1, cue_size=2, value_size=1)
    >>> memory.read(torch.tensor([[1.0, 0.0]])).cell
    tensor([[0.]])
    >>> memory.write(torch.tensor([[1.0, 0.0]]), torch.tensor([[5.0]]))
    >>> memory.write(torch.tensor([[0.0, 1.0]]), torch.tensor([[7.0]]))
    >>> memory.read(torch.tensor([[0.9, 0.1]])).cell
    tensor([[5.]])
    """

    kind = "exact"

    def __init__(
        self, n_epochs: int, cue_size: int, value_size: int, config: MemoryConfig = MemoryConfig(), device: str | torch.device = "cpu",
    ) -> None:
        self.config, self.n_epochs, self.cue_size, self.value_size = config, n_epochs, cue_size, value_size
        self.device = device
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        self.n_writes = 0
        self.cue = torch.empty(self.n_epochs, 0, self.cue_size, device=self.device)
        self.stored_cell = torch.empty(self.n_epochs, 0, self.value_size, device=self.device)
        self.written_at = torch.empty(self.n_epochs, 0, dtype=torch.int64, device=self.device)
        self.used_at = self.written_at.clone()

    @property
    def _epochs(self) -> torch.Tensor:
        return torch.arange(self.n_epochs, device=self.device)

    @property
    def n_stored(self) -> torch.Tensor:
        """(n_epochs,) memories of every epoch."""
        return (self.written_at >= 0).sum(dim=1)

    def clone(self) -> "NeuralDictionary":
        """Return an independent copy."""
        copy = type(self)(self.n_epochs, self.cue_size, self.value_size, self.config)
        copy.n_writes, copy.device = self.n_writes, self.device
        for name in TENSORS:
            setattr(copy, name, getattr(self, name).clone())
        return copy

    def read(self, cue: torch.Tensor, even: bool = False) -> Recall:
        """Return what is stored under the cues most like these; nothing is changed.

        Parameters
        ----------
        cue : (n_epochs, cue_size) or (n_epochs, n_queries, cue_size) tensor
        even : bool
            Whether several neighbours count alike, not by their kernel values (those below 0 for nothing).

        Returns
        -------
        Recall

        Notes
        -----
        ``cell = sum_k w_k stored_cell_k / sum_k w_k`` over the nearest neighbours, ``w`` their kernel values, their exponentials
        (``sharpness``) or 1. Of more than one neighbour, memories as near as the last all count, so that no tie is broken by
        where a memory stands.
        """
        query = (cue if cue.ndim == 3 else cue[:, None]).detach().float()
        k = min(self.config.n_neighbours or 1, self.cue.shape[1])
        if k == 0 or not self.n_writes:
            found = self._nothing(query)
        else:
            found = self._nearest(query, k, even)
        return found if cue.ndim == 3 else Recall(*(part[:, 0] for part in found))

    def _nothing(self, query: torch.Tensor) -> Recall:
        shape = query.shape[:2]
        slot = query.new_zeros(*shape, self.config.n_neighbours or 1, dtype=torch.int64)
        return Recall(query.new_zeros(*shape, self.value_size), query.new_zeros(shape), slot)

    def _nearest(self, query: torch.Tensor, k: int, even: bool) -> Recall:
        likeness = self._likeness(query)
        if self.config.n_neighbours == 1:
            slot = newest(likeness, self.written_at)[..., None]
            best, epoch = likeness.gather(-1, slot), self._epochs[:, None]
            cell = self.stored_cell[epoch, slot[..., 0]] * (best > -torch.inf)
        else:
            best, slot = likeness.topk(k, dim=-1)
            last = best[..., -1:] if self.config.n_neighbours else torch.full_like(best, -torch.inf)
            weight = 1.0 if even else self._weight(likeness, best[..., :1])
            cell = torch.bmm(shares(likeness, last, weight), self.stored_cell)
        return Recall(cell, torch.where(best[..., 0] > -torch.inf, best[..., 0], 0.0), slot)

    def _weight(self, likeness: torch.Tensor, best: torch.Tensor) -> torch.Tensor:
        """Return what every memory counts where it is a neighbour, given its kernel value and that of the best."""
        if not self.config.sharpness:
            return likeness.clamp(min=0.0) + 1e-12
        return (self.config.sharpness * (likeness - best)).exp()

    def _likeness(self, query: torch.Tensor) -> torch.Tensor:
        query = directions(query) if self.config.kernel == "cosine" else query
        likeness = KERNELS[self.config.kernel](query, self.cue)
        empty = self.written_at < 0
        return likeness.masked_fill_(empty[:, None], -torch.inf) if empty.any() else likeness

    def touch(self, slot: torch.Tensor) -> None:
        """Note that these memories were used, (n_epochs, n_slots); what is used least recently may give way."""
        if self.n_writes:
            there = self.written_at.gather(1, slot) >= 0
            self.used_at.scatter_(1, slot, torch.where(there, self.n_writes, -1))

    def write(
        self, cue: torch.Tensor, cell: torch.Tensor, where: torch.Tensor | None = None, merge: Merge | None = None
    ) -> None:
        """Store one cell an epoch under its cue, in place.

        Parameters
        ----------
        cue : (n_epochs, cue_size) tensor
        cell : (n_epochs, value_size) tensor
            Stored as a constant.
        where : (n_epochs,) bool tensor, optional
            Epochs in which there is something to store; by default all.
        merge : callable, optional
            With ``update_on_match``: ``merge(old, new)`` is what is stored where the cue is known; by default the new cell.
        """
        cue, cell = self._as_stored(cue), cell.detach().float()
        slot, known = self._slot(cue)
        epoch = self._epochs if where is None else where.nonzero()[:, 0]
        slot, cue, cell, known = slot[epoch], cue[epoch], cell[epoch], known[epoch]
        if merge is not None:
            cell = torch.where(known[:, None], merge(self.stored_cell[epoch, slot], cell), cell)
        self.cue[epoch, slot], self.stored_cell[epoch, slot] = cue, cell
        self.written_at[epoch, slot] = self.used_at[epoch, slot] = self.n_writes
        self.n_writes += 1
        self._stored(epoch, slot)

    def _as_stored(self, cue: torch.Tensor) -> torch.Tensor:
        cue = cue.detach().float()
        return directions(cue) if self.config.kernel == "cosine" else cue

    def _slot(self, cue: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Return (n_epochs,) where a new memory goes, and whether the same cue stands there already."""
        if not (self.written_at < 0).any(dim=1).all():
            self._grow()
        age = self.used_at if self.config.overwriting == "least_recently_used" else self.written_at
        slot = age.argmin(dim=1)  # empty places first
        if self.config.overwriting != "update_on_match" or not self.n_writes:
            return slot, torch.zeros_like(slot, dtype=torch.bool)
        place = self._most_like(cue)
        known = self.holds(cue, place)
        return torch.where(known, place, slot), known

    def _most_like(self, cue: torch.Tensor) -> torch.Tensor:
        """Return (n_epochs,) where the cue most like each of these, (n_epochs, cue_size), stands."""
        return self._likeness(cue[:, None])[:, 0].argmax(dim=1)

    def _stored(self, epoch: torch.Tensor, slot: torch.Tensor) -> None:
        """Note that cues were written, for whatever finds them again."""

    def holds(self, cue: torch.Tensor, slot: torch.Tensor) -> torch.Tensor:
        """Return (n_epochs,) whether these cues, (n_epochs, cue_size), are those stored in these slots, (n_epochs,)."""
        epoch = self._epochs
        same = of_pairs(self.config.kernel, self._as_stored(cue), self.cue[epoch, slot]) >= 1 - SAME
        return same & (self.written_at[epoch, slot] >= 0)

    def _grow(self) -> None:
        size = self.cue.shape[1]
        more = min(self.config.capacity, max(16, 2 * size)) - size
        if more > 0:
            for name in TENSORS:
                old = getattr(self, name)
                empty = -1 if old.dtype == torch.int64 else 0
                added = old.new_full((self.n_epochs, more, *old.shape[2:]), empty)
                setattr(self, name, torch.cat([old, added], dim=1))

    def state(self) -> dict[str, torch.Tensor]:
        """Return everything that is stored, as tensors by name."""
        return {**{name: getattr(self, name) for name in TENSORS}, "n_writes": torch.tensor(self.n_writes)}

    @property
    def description(self) -> dict[str, object]:
        """Sizes and settings as plain values."""
        return {"kind": self.kind, "n_epochs": self.n_epochs, "cue_size": self.cue_size, "value_size": self.value_size,
                "config": asdict(self.config)}

    def restore(self, tensors: dict[str, torch.Tensor]) -> "NeuralDictionary":
        """Take over a ``state()``; tensors of another dictionary's sizes are refused."""
        size = tensors["cue"].shape[1] if "cue" in tensors and tensors["cue"].ndim == 3 else 0
        wanted = {"cue": (self.n_epochs, size, self.cue_size), "stored_cell": (self.n_epochs, size, self.value_size),
                  "written_at": (self.n_epochs, size), "used_at": (self.n_epochs, size), "n_writes": ()}
        for name, shape in wanted.items():
            found = tuple(tensors[name].shape) if name in tensors else None
            if found != shape:
                raise UserError(f"{name!r} of a memory must have shape {shape}, got {found}; it is another memory's.")
        for name in TENSORS:
            setattr(self, name, tensors[name].to(self.device, copy=True))
        self.n_writes = int(tensors["n_writes"])
        return self


def shares(likeness: torch.Tensor, last: torch.Tensor, weight: torch.Tensor | float) -> torch.Tensor:
    """Return (..., n_memories) the share of each memory, 1 in all.

    Parameters
    ----------
    likeness : (..., n_memories) tensor
        ``-inf`` where there is none.
    last : tensor
        Kernel value of the last neighbour that counts.
    weight : tensor or float
        What each counts, if it does.

    Examples
    --------
    >>> likeness = torch.tensor([0.9, 0.1, 0.3])
    >>> shares(likeness, torch.tensor(0.3), likeness)
    tensor([0.7500, 0.0000, 0.2500])
    """
    near = (likeness >= last - SAME * last.abs().nan_to_num(posinf=0.0)) & (likeness > -torch.inf)
    weight = torch.where(near, weight, 0.0)
    return weight / weight.sum(-1, keepdim=True).clamp(min=1e-30)


TENSORS = ("cue", "stored_cell", "written_at", "used_at")
"""What a dictionary consists of."""


def newest(likeness: torch.Tensor, written_at: torch.Tensor) -> torch.Tensor:
    """Return (n_epochs, n_queries) the best match of every query, the newest where several are equal.

    Parameters
    ----------
    likeness : (n_epochs, n_queries, n_memories) tensor
    written_at : (n_epochs, n_memories) tensor

    Examples
    --------
    >>> newest(torch.tensor([[[0.5, 1.0, 1.0, 0.2]]]), torch.tensor([[0, 3, 2, 1]]))
    tensor([[1]])
    """
    if likeness.device.type == "cpu":  # many times faster than torch's own on a CPU
        place = torch.from_numpy(likeness.numpy().argmax(axis=-1, keepdims=True))
    else:
        place = likeness.argmax(dim=-1, keepdim=True)
    best = likeness.gather(-1, place)
    likeness.scatter_(-1, place, -torch.inf)
    second = likeness.amax(dim=-1, keepdim=True)
    likeness.scatter_(-1, place, best)
    if not (second >= best - SAME).any():
        return place[..., 0]
    return torch.where(likeness >= best - SAME, written_at[:, None], -1).argmax(dim=-1)
