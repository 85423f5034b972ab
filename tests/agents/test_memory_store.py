"""What an agent remembers, saved and loaded; files that are not whole or not ours are refused."""

import pytest
import torch

from cogmeta.agents.memory_store import MEMORY, load_memory, save_memory
from cogmeta.agents.store import write_tensors
from cogmeta.errors import UserError
from cogmeta.memory import MemoryConfig, NeuralDictionary


def remembered():
    memory = NeuralDictionary(2, 3, 4, MemoryConfig(capacity=5, overwriting="update_on_match"))
    generator = torch.Generator().manual_seed(0)
    for _ in range(7):
        memory.write(torch.randn(2, 3, generator=generator), torch.randn(2, 4, generator=generator))
    return memory


def test_a_loaded_memory_reads_and_writes_as_the_saved_one_did(tmp_path):
    memory = remembered()
    save_memory(memory, tmp_path)
    again, query = load_memory(tmp_path), torch.randn(2, 3)
    assert again.config == memory.config and torch.equal(again.read(query).cell, memory.read(query).cell)
    for one in (memory, again):
        one.write(query, torch.ones(2, 4))
    assert torch.equal(again.stored_cell, memory.stored_cell)


def test_half_a_file_is_refused(tmp_path):
    path = save_memory(remembered(), tmp_path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match="not a whole safetensors file"):
        load_memory(tmp_path)


def test_a_file_of_something_else_is_refused(tmp_path):
    write_tensors(tmp_path / MEMORY, {"core": torch.zeros(2)})
    with pytest.raises(UserError, match="is not a memory of cogmeta"):
        load_memory(tmp_path)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="there is no file"):
        load_memory(tmp_path)
