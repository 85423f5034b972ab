"""How long several seeds take beside one: the two commands, timed whole.

    python -m benchmarks.seeds [TASK] [--steps 4000000] [--seeds 2 8] [--out FILE.csv]

``cogmeta train TASK --out ...`` first, then with ``--seeds`` as often as numbers are given, each from the start of the process to its end and
into a folder of its own that is removed; by default the preset of ``bandit/independent``. ``ratio`` is the wall time of all seeds over that
of one. What ``--seeds 2`` takes on two cores says how much slower two runs side by side are than one alone: with eight seeds in as many
processes as cores it counts four times. CPU seconds are those of all processes.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.printed_rows import print_rows

Seconds = tuple[float, float]
"""Of the wall clock, and of all processors together."""


def timed(*options: object) -> Seconds:
    """Return what ``cogmeta train`` with these options takes."""
    with TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "cogmeta", "train", *map(str, options), "--out", str(Path(folder) / "run")]
        wall, processors = time.perf_counter(), processor_seconds()
        subprocess.run(command, check=True, capture_output=True)
        return time.perf_counter() - wall, processor_seconds() - processors


def processor_seconds() -> float:
    """Return the processor time of all child processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def rows(task: str, n_steps: int | None, counts: Sequence[int]) -> Iterator[dict[str, object]]:
    """Yield a row for one seed, then one for every number of seeds."""
    options = (task, *(() if n_steps is None else ("--steps", n_steps)))
    one = timed(*options)
    yield row(task, n_steps, 1, one, one)
    for count in counts:
        yield row(task, n_steps, count, timed(*options, "--seeds", count), one)


def row(task: str, n_steps: int | None, n_seeds: int, taken: Seconds, one: Seconds) -> dict[str, object]:
    """Return a row of the table.

    Examples
    --------
    >>> row("bandit/easy", 1000, 8, (40.0, 70.0), (10.0, 9.0))["ratio"]
    4.0
    """
    return {"task": task, "steps": "preset" if n_steps is None else n_steps, "seeds": n_seeds, "seconds": round(taken[0], 1),
            "cpu_seconds": round(taken[1], 1), "ratio": round(taken[0] / one[0], 2)}


def main(arguments: list[str] | None = None) -> None:
    """Time the commands and print a row as soon as it is there."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("task", nargs="?", default="bandit/independent")
    parser.add_argument("--steps", type=int, help="environment steps; by default those of the preset")
    parser.add_argument("--seeds", type=int, nargs="+", default=[2, 8], help="how many, one number or several")
    parser.add_argument("--out", type=Path, help="CSV file to write")
    given = parser.parse_args(arguments)
    print_rows(rows(given.task, given.steps, given.seeds), given.out)


if __name__ == "__main__":
    main()
