"""The neural dictionary: what is found, what gives way, and that no epoch sees another's memories."""

import numpy as np
import pytest
import torch

from cogmeta.errors import UserError
from cogmeta.memory import MemoryConfig, NeuralDictionary
from cogmeta.memory.kernels import DELTA

CUES = torch.eye(6)


def filled(n_epochs=3, n_writes=40, cue_size=5, value_size=4, seed=0, **settings):
    """Return a dictionary with random content, and lists of what was written."""
    generator = torch.Generator().manual_seed(seed)
    memory = NeuralDictionary(n_epochs, cue_size, value_size, MemoryConfig(**settings))
    written = []
    for _ in range(n_writes):
        cue, cell = (torch.randn(n_epochs, size, generator=generator) for size in (cue_size, value_size))
        memory.write(cue, cell)
        written.append((cue, cell))
    return memory, written


def loop(written, query, kernel, k, sharpness=0.0):
    """The plain version: one epoch, one query, a Python list of memories."""
    scores = []
    for cue, _ in written:
        distance = np.linalg.norm(query - cue)
        scores.append({"cosine": query @ cue / np.linalg.norm(query) / np.linalg.norm(cue),
                       "euclidean": 1 / (1 + distance), "inverse_distance": DELTA / (distance**2 + DELTA),
                       "gaussian": np.exp(-(distance**2) / 2)}[kernel])
    best = np.argsort(scores)[::-1][:k]
    weight = np.clip([scores[j] for j in best], 0, None)
    if sharpness:
        weight = np.exp([sharpness * scores[j] for j in best])
    return sum(w * written[j][1] for w, j in zip(weight, best, strict=True)) / weight.sum(), scores[best[0]]


@pytest.mark.parametrize("kernel", ["cosine", "euclidean", "inverse_distance", "gaussian"])
@pytest.mark.parametrize(("k", "sharpness"), [(1, 0.0), (5, 0.0), (5, 8.0)])
def test_what_is_read_is_what_a_plain_loop_finds(kernel, k, sharpness):
    memory, written = filled(kernel=kernel, n_neighbours=k, sharpness=sharpness)
    query = torch.randn(3, 7, 5, generator=torch.Generator().manual_seed(1))
    recall = memory.read(query)
    for epoch in range(3):
        own = [(cue[epoch].numpy().astype(float), cell[epoch].numpy().astype(float)) for cue, cell in written]
        for q in range(7):
            cell, best = loop(own, query[epoch, q].numpy().astype(float), kernel, k, sharpness)
            assert np.allclose(recall.cell[epoch, q], cell, atol=2e-5, rtol=1e-4)  # float32 rounding
            assert np.isclose(recall.similarity[epoch, q], best, rtol=1e-3, atol=1e-6)  # |q - s|^2 cancels digits


def test_sharp_neighbours_count_only_where_they_are_nearly_as_alike_as_the_best():
    memory = NeuralDictionary(1, 2, 1, MemoryConfig(n_neighbours=3, sharpness=200.0))
    for angle, value in ((0.0, 1.0), (0.05, 3.0), (1.0, 100.0)):
        memory.write(torch.tensor([[np.cos(angle), np.sin(angle)]]), torch.tensor([[value]]))
    found = memory.read(torch.tensor([[np.cos(0.025), np.sin(0.025)]])).cell
    assert torch.allclose(found, torch.tensor([[2.0]]), atol=1e-3)  # halfway between two, the third e^-88 as much
    assert torch.allclose(NeuralDictionary(1, 2, 1, memory.config).read(torch.ones(1, 2)).cell, torch.zeros(1, 1))


def test_an_epoch_with_fewer_memories_than_neighbours_reads_those_that_it_has():
    memory = NeuralDictionary(1, 2, 1, MemoryConfig(n_neighbours=5, sharpness=3.0))
    memory.write(torch.tensor([[1.0, 0.0]]), torch.tensor([[7.0]]))
    assert memory.read(torch.tensor([[0.0, 1.0]])).cell.item() == pytest.approx(7.0)


def test_a_sharpness_below_0_is_refused():
    with pytest.raises(UserError, match="sharpness must be"):
        MemoryConfig(sharpness=-1.0)


def test_one_query_an_epoch_is_the_same_as_many():
    memory, _ = filled()
    query = torch.randn(3, 5)
    assert torch.allclose(memory.read(query).cell, memory.read(query[:, None]).cell[:, 0])


def test_an_empty_memory_reads_zeros():
    memory = NeuralDictionary(2, 5, 4)
    recall = memory.read(torch.randn(2, 5))
    assert not recall.cell.any() and not recall.similarity.any() and recall.cell.shape == (2, 4)


def test_emptied_memory_reads_zeros_again():
    memory, _ = filled()
    memory.clear()
    assert not memory.read(torch.randn(3, 5)).cell.any() and not memory.n_stored.any()


def test_no_epoch_reads_what_another_wrote():
    memory, written = filled(n_epochs=4)
    alone, _ = filled(n_epochs=4)
    alone.stored_cell[1:], alone.cue[1:] = 1e6, torch.nn.functional.normalize(torch.randn_like(alone.cue[1:]), dim=-1)
    query = torch.randn(4, 5)
    assert torch.equal(memory.read(query).cell[0], alone.read(query).cell[0])


def test_a_write_in_one_memory_does_not_reach_its_clone():
    memory, _ = filled()
    copy, query = memory.clone(), torch.randn(3, 5)
    before = memory.read(query).cell.clone()
    copy.write(query, torch.full((3, 4), 100.0))
    assert torch.equal(memory.read(query).cell, before) and (copy.read(query).cell == 100).all()


def test_among_equal_matches_the_newest_is_read():
    memory = NeuralDictionary(1, 6, 1)
    for k in range(30):
        memory.write(CUES[k % 3][None], torch.tensor([[float(k)]]))
    assert [memory.read(CUES[k][None]).cell.item() for k in range(3)] == [27, 28, 29]


def test_the_oldest_memory_gives_way_where_a_dictionary_is_full():
    memory = NeuralDictionary(1, 6, 1, MemoryConfig(capacity=3))
    for k in range(5):
        memory.write(CUES[k][None], torch.tensor([[float(k + 1)]]))
    assert sorted(memory.stored_cell.ravel().tolist()) == [3, 4, 5] and memory.n_stored.tolist() == [3]


def test_the_memory_least_recently_used_gives_way():
    memory = NeuralDictionary(1, 6, 1, MemoryConfig(capacity=3, overwriting="least_recently_used"))
    for k in range(3):
        memory.write(CUES[k][None], torch.tensor([[float(k + 1)]]))
    memory.touch(memory.read(CUES[0][None]).slot)
    memory.write(CUES[3][None], torch.tensor([[4.0]]))
    assert sorted(memory.stored_cell.ravel().tolist()) == [1, 3, 4]


def test_a_match_is_updated_in_place_epoch_by_epoch():
    memory = NeuralDictionary(2, 6, 1, MemoryConfig(capacity=3, overwriting="update_on_match"))
    memory.write(CUES[[0, 0]], torch.tensor([[1.0], [1.0]]))
    memory.write(CUES[[0, 1]], torch.tensor([[2.0], [2.0]]))
    assert memory.n_stored.tolist() == [1, 2]
    assert memory.read(CUES[[0, 0]]).cell.ravel().tolist() == [2, 1]


def test_a_dictionary_grows_without_forgetting():
    memory, written = filled(n_writes=100, cue_size=9)
    assert memory.n_stored.tolist() == [100] * 3 and memory.cue.shape[1] < 200
    assert all(torch.equal(memory.read(cue).cell, cell) for cue, cell in written)


def test_what_is_stored_is_a_constant():
    memory = NeuralDictionary(1, 2, 2)
    cell = torch.ones(1, 2, requires_grad=True)
    memory.write(torch.ones(1, 2), cell)
    assert not memory.read(torch.ones(1, 2, requires_grad=True)).cell.requires_grad


def test_a_state_restored_elsewhere_reads_the_same():
    memory, _ = filled()
    again = NeuralDictionary(3, 5, 4).restore(memory.state())
    query = torch.randn(3, 5)
    assert torch.equal(again.read(query).cell, memory.read(query).cell) and again.n_writes == memory.n_writes


def test_a_state_of_another_size_is_refused():
    memory, _ = filled()
    with pytest.raises(UserError, match="'cue' of a memory must have shape"):
        NeuralDictionary(3, 6, 4).restore(memory.state())


def test_all_memories_are_read_where_no_number_of_neighbours_is_given():
    memory, written = filled(kernel="gaussian", n_neighbours=None)
    query = torch.randn(3, 5, generator=torch.Generator().manual_seed(1))
    own = [(cue[1].numpy().astype(float), cell[1].numpy().astype(float)) for cue, cell in written]
    assert np.allclose(memory.read(query).cell[1], loop(own, query[1].numpy().astype(float), "gaussian", 40)[0], atol=2e-5)


def test_only_the_epochs_that_have_something_to_store_are_written():
    memory = NeuralDictionary(3, 6, 1)
    memory.write(CUES[:3], torch.ones(3, 1), where=torch.tensor([True, False, True]))
    assert memory.n_stored.tolist() == [1, 0, 1] and memory.read(CUES[:3]).cell.ravel().tolist() == [1, 0, 1]


def test_what_is_met_again_is_merged_and_what_is_new_is_not():
    memory = NeuralDictionary(2, 6, 1, MemoryConfig(overwriting="update_on_match"))
    memory.write(CUES[[0, 0]], torch.tensor([[5.0], [5.0]]))
    memory.write(CUES[[0, 1]], torch.tensor([[3.0], [3.0]]), merge=torch.maximum)
    assert memory.read(CUES[[0, 1]]).cell.ravel().tolist() == [5, 3] and memory.n_stored.tolist() == [1, 2]


@pytest.mark.parametrize("kernel", ["euclidean", "inverse_distance", "gaussian"])
def test_the_same_cue_is_a_match_however_long_it_is(kernel):
    memory = NeuralDictionary(1, 20, 1, MemoryConfig(kernel=kernel, overwriting="update_on_match"))
    cues = 50 * torch.randn(30, 20, generator=torch.Generator().manual_seed(0))
    for _ in range(2):
        for cue in cues:
            memory.write(cue[None], torch.ones(1, 1))
    assert memory.n_stored.tolist() == [30]


@pytest.mark.parametrize("wrong, says", [
    ({"capacity": 0}, "capacity must be an integer >= 1"), ({"kernel": "cosin"}, "Did you mean 'cosine'"),
    ({"overwriting": "newest"}, "unknown rule of overwriting"), ({"n_neighbours": 1.5}, "n_neighbours must be"),
])
def test_settings_that_cannot_be_are_refused(wrong, says):
    with pytest.raises(UserError, match=says):
        MemoryConfig(**wrong)
