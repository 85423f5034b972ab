"""How fast episodic memory is read and written, and how it grows.

    python -m benchmarks.memory [--out FILE.json]

One epoch, cues of 10 numbers, cells of 48, cosine kernel, one neighbour: 64 queries at once against 100 to 1,000,000
memories, and one write into a full dictionary (the oldest gives way). One thread; the median of several calls, CPU time.
Exact search is linear in what is stored. By the index (extra ``index``) a read hardly grows; its recall is the share of
queries, 1,024 of them, for which the memory that exact search finds is found. Beside both, at 10,000 memories, the list that
public versions copy: one query at a time, one cosine a memory in a Python loop. Throughput: environment steps a second of
training the episodic LSTM of 48 units on barcodes; ``--seconds 0`` leaves it out.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Callable
from pathlib import Path

for _threads in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ.setdefault(_threads, "1")

import numpy as np
import torch

try:
    import faiss
except ImportError:
    faiss = None

from cogmeta.agents.network import Network
from cogmeta.agents.store import NETWORKS
from cogmeta.files import atomic_path
from cogmeta.memory import IndexedDictionary, MemoryConfig, NeuralDictionary
from cogmeta.training.run import Run
from tasks.presets import learner_for, make_agent
from tasks.registry import make_task

CUE_SIZE, CELL_SIZE, N_QUERIES, N_ASKED = 10, 48, 64, 1024
SIZES = (100, 1_000, 10_000, 100_000, 1_000_000)


def filled(n_memories: int, kind: type[NeuralDictionary] = NeuralDictionary) -> NeuralDictionary:
    """Return a full dictionary of random cues and cells."""
    generator = torch.Generator().manual_seed(0)
    cue = torch.nn.functional.normalize(torch.randn(1, n_memories, CUE_SIZE, generator=generator), dim=-1)
    cell, at = torch.randn(1, n_memories, CELL_SIZE, generator=generator), torch.arange(n_memories)[None]
    memory = kind(1, CUE_SIZE, CELL_SIZE, MemoryConfig(capacity=n_memories))
    return memory.restore({"cue": cue, "stored_cell": cell, "written_at": at, "used_at": at,
                           "n_writes": torch.tensor(n_memories)})


def cpu_seconds(call: Callable[[], object], n_calls: int) -> float:
    """Return the median CPU time of a call, after one that is not counted."""
    call()
    times = []
    for _ in range(n_calls):
        begin = time.process_time()
        call()
        times.append(time.process_time() - begin)
    return float(np.median(times))


def grown(n_memories: int) -> dict[str, float]:
    """Return what one size of memory costs."""
    memory, query = filled(n_memories), torch.randn(1, N_QUERIES, CUE_SIZE)
    n_calls = int(np.clip(2_000_000 // n_memories, 5, 200))
    read = cpu_seconds(lambda: memory.read(query), n_calls)
    write = cpu_seconds(lambda: memory.write(query[:, 0], torch.zeros(1, CELL_SIZE)), n_calls)
    n_bytes = sum(tensor.numel() * tensor.element_size() for tensor in memory.state().values())
    return {"memories": n_memories, "read_microseconds_per_query": 1e6 * read / N_QUERIES,
            "write_microseconds": 1e6 * write, "bytes": n_bytes}


def indexed(n_memories: int) -> dict[str, float]:
    """Return what the index costs at one size, and how often it finds what exact search finds."""
    begin = time.process_time()
    memory, query = filled(n_memories, IndexedDictionary), torch.randn(1, N_ASKED, CUE_SIZE, generator=torch.Generator().manual_seed(1))
    building = time.process_time() - begin
    exact = filled(n_memories)
    right = (memory.read(query).slot == exact.read(query).slot).float().mean()
    read = cpu_seconds(lambda: memory.read(query[:, :N_QUERIES]), 20)
    write = cpu_seconds(lambda: memory.write(query[:, 0] + torch.randn(1, CUE_SIZE), torch.zeros(1, CELL_SIZE)), 20)
    graph = len(faiss.serialize_index(memory.graphs[0].index))
    return {"memories": n_memories, "index_read_microseconds_per_query": 1e6 * read / N_QUERIES, "recall": float(right),
            "index_write_microseconds": 1e6 * write, "building_seconds": building, "index_bytes": graph}


def plain_list(n_memories: int = 10_000, n_queries: int = 3) -> float:
    """Return the microseconds a query of a Python list of memories."""
    memory = filled(n_memories)
    cues, queries = [cue[None] for cue in memory.cue[0]], torch.randn(n_queries, 1, CUE_SIZE)
    begin = time.process_time()
    for query in queries:
        max(range(n_memories), key=lambda k: float(torch.cosine_similarity(query, cues[k])))
    return 1e6 * (time.process_time() - begin) / n_queries


def throughput(kind: str, seconds: float) -> dict[str, float]:
    """Return environment steps a second of training on barcodes."""
    task = make_task("bandit/barcode")
    agent: Network = make_agent("bandit/barcode", kind)
    run = Run(agent, task, learner_for("bandit/barcode"))
    with torch.no_grad():
        for _ in range(50):
            run.advance()
        steps, wall, cpu = run.steps, time.perf_counter(), time.process_time()
        while time.perf_counter() - wall < seconds:
            run.advance()
    steps = run.steps - steps
    return {"steps_per_second": steps / (time.perf_counter() - wall), "steps_per_cpu_second": steps / (time.process_time() - cpu)}


def main() -> None:
    """Print the tables and write them as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=20.0, help="of training a kind of network")
    parser.add_argument("--out", type=Path, default=Path("benchmark_memory.json"))
    options = parser.parse_args()
    torch.set_num_threads(1)
    rows = [grown(size) for size in SIZES]
    found = [indexed(size) for size in SIZES] if faiss else []
    for row in [*rows, *found]:
        print(", ".join(f"{name} {value:,.4g}" for name, value in row.items()), flush=True)
    kinds = [kind for kind in NETWORKS if kind in ("lstm", "episodic_lstm", "recall_lstm")]
    record = {"rows": rows, "index": found, "list_microseconds_per_query": plain_list(), "training": {
        kind: throughput(kind, options.seconds) for kind in kinds if options.seconds},
        "torch": str(torch.__version__), "machine": platform.processor() or platform.machine()}
    print(json.dumps({name: record[name] for name in ("list_microseconds_per_query", "training")}, indent=1))
    with atomic_path(options.out) as part:
        part.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    print(f"written to {options.out}")


if __name__ == "__main__":
    main()
