"""A neural dictionary for very many memories: neighbours are found by an index, nearly always the right ones.

Behind the same ``read`` and ``write`` stands a graph of near neighbours for every epoch (HNSW, Malkov & Yashunin 2020, IEEE
TPAMI 42:824, as built by the library faiss, the extra ``index``). What is found is weighed by the exact kernel; only the
search is approximate. The time of a read grows far more slowly than what is stored, at 100 to 150 microseconds an entry for
building the graph: worth it beyond some 100,000 memories, see ``python -m benchmarks.memory``. A write still looks through the
ages of all memories for the one that gives way.

An overwritten memory stays in the graph, unseen, until half of the graph is such; then it is built anew. The graph is no part
of a saved memory: it is built again from the cues when that is loaded.
"""

from types import ModuleType

import numpy as np
import torch

from cogmeta.errors import UserError
from cogmeta.memory.dictionary import MemoryConfig, NeuralDictionary, Recall, shares
from cogmeta.memory.kernels import of_pairs

N_LINKS, BUILD_WIDTH, SEARCH_WIDTH = 16, 64, 64
"""Of the graph: links a node, and candidates that are kept while it is built and searched."""


class IndexedDictionary(NeuralDictionary):
    """Memories of a batch of epochs, found by an index; parameters and use are those of ``NeuralDictionary``.

    Raises
    ------
    UserError
        faiss is not installed, or all memories are to be read.

    Examples
    --------
    >>> IndexedDictionary(1, cue_size=2, value_size=1, config=MemoryConfig(n_neighbours=None))
    Traceback (most recent call last):
    cogmeta.errors.UserError: an index finds some neighbours, not all: set n_neighbours, or use a dictionary without an index.
    """

    kind = "index"

    def __init__(self, n_epochs: int, cue_size: int, value_size: int, config: MemoryConfig = MemoryConfig()) -> None:
        if config.n_neighbours is None:
            raise UserError("an index finds some neighbours, not all: set n_neighbours, or use a dictionary without an index.")
        super().__init__(n_epochs, cue_size, value_size, config)

    def clear(self) -> None:
        """Forget everything."""
        super().clear()
        self.graphs = [Graph(self.cue_size) for _ in range(self.n_epochs)]

    def clone(self) -> "IndexedDictionary":
        """Return an independent copy."""
        copy = super().clone()
        copy.graphs = [graph.copy() for graph in self.graphs]
        return copy

    def restore(self, tensors: dict[str, torch.Tensor]) -> "IndexedDictionary":
        """Take over a ``state()`` and build the index of it."""
        super().restore(tensors)
        for epoch, graph in enumerate(self.graphs):
            there = (self.written_at[epoch] >= 0).nonzero()[:, 0].numpy()
            graph.build(there, self.cue[epoch].numpy()[there])
        return self

    def _nearest(self, query: torch.Tensor, k: int, even: bool) -> Recall:
        slot = torch.from_numpy(np.stack([g.nearest(q, k) for g, q in zip(self.graphs, self._as_stored(query).numpy(), strict=True)]))
        epoch, known = torch.arange(self.n_epochs)[:, None, None], slot >= 0
        slot = slot.clamp(min=0)
        asked = self._as_stored(query)[:, :, None].expand(-1, -1, k, -1)
        likeness = of_pairs(self.config.kernel, asked.reshape(-1, self.cue_size), self.cue[epoch, slot].reshape(-1, self.cue_size))
        likeness = likeness.view(slot.shape).masked_fill(~known, -torch.inf)
        best, last = likeness[..., :1], likeness.new_full((), -torch.inf)
        share = shares(likeness, last, 1.0 if even else self._weight(likeness, best))
        cell = (share[..., None] * self.stored_cell[epoch, slot]).sum(-2)
        return Recall(cell, torch.where(known[..., 0], best[..., 0], 0.0), slot)

    def _most_like(self, cue: torch.Tensor) -> torch.Tensor:
        found = [graph.nearest(one[None], 1)[0, 0] for graph, one in zip(self.graphs, cue.numpy(), strict=True)]
        return torch.from_numpy(np.array(found)).clamp(min=0)

    def _stored(self, epoch: torch.Tensor, slot: torch.Tensor) -> None:
        for one, place in zip(epoch.tolist(), slot.tolist(), strict=True):
            self.graphs[one].put(place, self.cue[one, place].numpy())


class Graph:
    """The cues of one epoch in a graph of near neighbours, by slot.

    Parameters
    ----------
    cue_size : int
    """

    def __init__(self, cue_size: int) -> None:
        self.cue_size = cue_size
        self.build(np.zeros(0, np.int64), np.zeros((0, cue_size), np.float32))

    def build(self, slots: np.ndarray, cues: np.ndarray) -> None:
        """Forget all and take over cues, (n, cue_size), that stand in these slots, (n,)."""
        faiss = library()
        self.index = faiss.IndexHNSWFlat(self.cue_size, N_LINKS)
        self.index.hnsw.efConstruction = BUILD_WIDTH
        self.index.add(np.ascontiguousarray(cues, np.float32))
        self.slot_of = [int(slot) for slot in slots]  # of every node
        self.node_of = {slot: node for node, slot in enumerate(self.slot_of)}

    def put(self, slot: int, cue: np.ndarray) -> None:
        """Let a cue stand in a slot; what stood there is found no more."""
        node = self.node_of.get(slot)
        if node is not None and np.array_equal(self.index.reconstruct(node), cue):
            return
        self.node_of[slot] = len(self.slot_of)
        self.slot_of.append(slot)
        self.index.add(cue[None])
        if len(self.slot_of) > 2 * len(self.node_of) + 64:
            slots = np.array(list(self.node_of))
            self.build(slots, np.stack([self.index.reconstruct(self.node_of[slot]) for slot in slots.tolist()]))

    def nearest(self, cue: np.ndarray, k: int) -> np.ndarray:
        """Return (n, k) the slots of the cues nearest to these, (n, cue_size), the nearest first; -1 where there are fewer."""
        if not self.slot_of:
            return np.full((len(cue), k), -1)
        faiss = library()
        options = faiss.SearchParametersHNSW(efSearch=max(SEARCH_WIDTH, 2 * k))
        if len(self.slot_of) > len(self.node_of):
            current = np.zeros(-(-len(self.slot_of) // 8) * 8, bool)
            current[list(self.node_of.values())] = True
            options.sel = faiss.IDSelectorBitmap(np.packbits(current, bitorder="little"))
        _, node = self.index.search(np.ascontiguousarray(cue), k, params=options)
        return np.where(node >= 0, np.array(self.slot_of)[node], -1)

    def copy(self) -> "Graph":
        """Return an independent copy."""
        copy = Graph(self.cue_size)
        copy.index = library().clone_index(self.index)
        copy.slot_of, copy.node_of = list(self.slot_of), dict(self.node_of)
        return copy


def library() -> ModuleType:
    """Return faiss, held to one thread, so that the same cues give the same graph."""
    try:
        import faiss  # optional, and heavy
    except ImportError:
        raise UserError("an index of memories needs the library faiss: pip install \"cogmeta[index]\", or use the dictionary "
                        "without an index, whose search is exact.") from None
    faiss.omp_set_num_threads(1)
    return faiss
