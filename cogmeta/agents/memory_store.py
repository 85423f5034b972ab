"""Keep what an agent remembers: the memory of a batch of epochs as one safetensors file beside its weights.

An agent's memory is part of its state (``EpisodicState.memory``), not of its weights; most uses need neither saving nor
loading, since memory is empty where an epoch begins. Nothing is ever unpickled.
"""

import json
from pathlib import Path

from cogmeta.agents.store import read_tensors, write_tensors
from cogmeta.errors import UserError
from cogmeta.memory.dictionary import MemoryConfig, NeuralDictionary
from cogmeta.memory.indexed import IndexedDictionary

MEMORY = "memory.safetensors"
FORMAT = "cogmeta memory 1"


def save_memory(memory: NeuralDictionary, folder: str | Path) -> Path:
    """Write a memory into the folder of its agent, whole or not at all.

    Parameters
    ----------
    memory : NeuralDictionary
    folder : str or Path
        Gets ``memory.safetensors``.

    Returns
    -------
    Path
        The file.

    Examples
    --------
    >>> import torch
    >>> memory = NeuralDictionary(2, cue_size=3, value_size=4)
    >>> memory.write(torch.ones(2, 3), torch.ones(2, 4))
    >>> _ = save_memory(memory, tmp)
    >>> load_memory(tmp).n_stored.tolist()
    [1, 1]
    """
    path = Path(folder) / MEMORY
    write_tensors(path, memory.state(), {"format": FORMAT, "memory": json.dumps(memory.description)})
    return path


def load_memory(folder: str | Path) -> NeuralDictionary:
    """Read a memory that ``save_memory`` wrote.

    Raises
    ------
    UserError
        The file is missing, cut off, not ours, or its tensors do not fit its description.
    """
    path = Path(folder) / MEMORY
    tensors, metadata = read_tensors(path)
    if metadata.get("format") != FORMAT:
        raise UserError(f"{str(path)!r} is not a memory of cogmeta (format {FORMAT!r} expected).")
    sizes = json.loads(metadata["memory"])
    kind = {one.kind: one for one in (NeuralDictionary, IndexedDictionary)}[sizes.pop("kind", NeuralDictionary.kind)]
    memory = kind(**{**sizes, "config": MemoryConfig(**sizes["config"])})
    return memory.restore(tensors)
