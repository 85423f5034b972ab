"""Memories found by an index: the same read as by exact search, nearly always; overwritten ones are found no more."""

import numpy as np
import pytest
import torch

from cogmeta.agents.memory_store import load_memory, save_memory
from cogmeta.check import check_agent
from cogmeta.control import MFEC
from cogmeta.errors import UserError
from cogmeta.memory import IndexedDictionary, MemoryConfig, NeuralDictionary
from cogmeta.memory.indexed import Graph
from cogmeta.simulate import simulate
from tasks.registry import make_task

pytest.importorskip("faiss", reason="the extra index is not installed")


def both(n_epochs=2, n_writes=400, cue_size=8, **settings):
    """Return an exact and an indexed dictionary with the same memories, and queries."""
    config, generator = MemoryConfig(**settings), torch.Generator().manual_seed(0)
    pair = [kind(n_epochs, cue_size, 3, config) for kind in (NeuralDictionary, IndexedDictionary)]
    for _ in range(n_writes):
        cue, cell = (torch.randn(n_epochs, size, generator=generator) for size in (cue_size, 3))
        for memory in pair:
            memory.write(cue, cell)
    return *pair, torch.randn(n_epochs, 50, cue_size, generator=generator)


@pytest.mark.parametrize("kernel", ["cosine", "euclidean", "inverse_distance", "gaussian"])
@pytest.mark.parametrize("k", [1, 7])
def test_an_index_reads_what_exact_search_reads(kernel, k):
    exact, indexed, query = both(kernel=kernel, n_neighbours=k)
    one, other = exact.read(query), indexed.read(query)
    found = (one.slot.sort(-1).values == other.slot.sort(-1).values).all(-1)
    assert found.float().mean() >= 0.97  # recall of one or seven among 400, all of seven right
    assert torch.allclose(one.cell[found], other.cell[found], atol=1e-4)
    assert torch.allclose(one.similarity[found], other.similarity[found], rtol=1e-3, atol=1e-5)


def test_memories_that_gave_way_are_found_no_more():
    exact, indexed, query = both(n_writes=700, capacity=60, n_neighbours=5)
    assert torch.equal(exact.written_at, indexed.written_at)
    assert (exact.read(query).slot.sort(-1).values == indexed.read(query).slot.sort(-1).values).float().mean() > 0.97
    assert len(indexed.graphs[0].slot_of) <= 2 * 60 + 65


def test_a_match_is_updated_in_place():
    memory, cues = IndexedDictionary(1, 4, 1, MemoryConfig(kernel="euclidean", overwriting="update_on_match")), torch.eye(4)
    for outcome in (3.0, 5.0, 4.0):
        for cue in cues:
            memory.write(cue[None], torch.tensor([[outcome]]), merge=torch.maximum)
    assert memory.n_stored.tolist() == [4] and memory.read(cues[None])[0].ravel().tolist() == [5.0] * 4
    assert len(memory.graphs[0].slot_of) == 4


def test_an_empty_index_reads_zeros_and_a_small_one_what_it_has():
    memory = IndexedDictionary(2, 3, 1, MemoryConfig(n_neighbours=4))
    assert not memory.read(torch.ones(2, 3)).cell.any()
    memory.write(torch.ones(2, 3), torch.full((2, 1), 6.0), where=torch.tensor([False, True]))
    assert memory.read(torch.ones(2, 3)).cell.ravel().tolist() == [0, 6]


def test_a_write_does_not_reach_a_clone():
    _, memory, query = both(n_writes=30)
    copy, before = memory.clone(), memory.read(query).cell.clone()
    copy.write(query[:, 0], torch.full((2, 3), 100.0))
    assert torch.equal(memory.read(query).cell, before) and (copy.read(query[:, 0]).cell == 100).all()


def test_a_loaded_index_reads_as_the_saved_one_did(tmp_path):
    _, memory, query = both(n_writes=300, capacity=200)
    save_memory(memory, tmp_path)
    again = load_memory(tmp_path)
    assert isinstance(again, IndexedDictionary) and torch.equal(again.read(query).cell, memory.read(query).cell)


def test_the_same_cues_give_the_same_graph():
    cues = np.random.default_rng(0).normal(size=(500, 6)).astype(np.float32)
    graphs = [Graph(6) for _ in range(2)]
    for graph in graphs:
        for slot, cue in enumerate(cues):
            graph.put(slot, cue)
    asked = np.random.default_rng(1).normal(size=(40, 6)).astype(np.float32)
    assert np.array_equal(*(graph.nearest(asked, 20) for graph in graphs))


def test_episodic_control_behaves_by_an_index_as_by_exact_search():
    task = make_task("water_maze/contextual", n_contexts=1, n_exposures=6, size=3, n_trials=8)
    agents = [MFEC.for_task(task, n_neighbours=1, projection=8, discount=0.9, index=index) for index in (False, True)]
    check_agent(agents[1], task)
    one, other = (simulate(agent, task, 4, seed=0) for agent in agents)
    assert np.array_equal(one.action, other.action)


def test_an_index_does_not_read_all():
    with pytest.raises(UserError, match="finds some neighbours, not all"):
        IndexedDictionary(1, 2, 1, MemoryConfig(n_neighbours=None))
