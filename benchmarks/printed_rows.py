"""Rows of a benchmark that takes long: each is printed as soon as it is there, all are written in the end."""

from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from cogmeta.files import atomic_path


def print_rows(rows: Iterable[dict[str, object]], out: Path | None) -> None:
    """Print rows as they come, and write them to a CSV file where one is named."""
    kept = []
    for row in rows:
        kept.append(row)
        print("  ".join(f"{name}={value}" for name, value in row.items()), flush=True)
    if out:
        with atomic_path(out) as part:
            pd.DataFrame(kept).to_csv(part, index=False)
