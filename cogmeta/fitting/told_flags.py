"""What commands print of subjects that were flagged: the first few by name, and where the rest stand."""

from collections.abc import Sequence

import pandas as pd
from rich.console import Console

SHOWN = 5


def tell_flags(flags: pd.Series, console: Console, elsewhere: str) -> None:
    """Print flags by subject.

    Parameters
    ----------
    flags : Series of str
        By subject; only those with a flag.
    console : Console
    elsewhere : str
        File in which all of them stand.

    Examples
    --------
    >>> tell_flags(pd.Series({"s1": "only one trial"}), Console(), "parameters.csv")
    subject s1: only one trial
    """
    lines = [f"subject {subject}: {flag}" for subject, flag in flags.items()]
    tell_first(lines, console, f"{len(lines)} subjects are flagged, see {elsewhere}")


def tell_first(lines: Sequence[str], console: Console, rest: str) -> None:
    """Print the first few lines and, where there are more, what stands for the rest.

    Examples
    --------
    >>> tell_first([f"subject s{k}: only one trial" for k in range(7)], Console(), "7 flags, see flags.csv")
    subject s0: only one trial
    subject s1: only one trial
    subject s2: only one trial
    subject s3: only one trial
    subject s4: only one trial
    ... 7 flags, see flags.csv
    """
    for line in lines[:SHOWN]:
        console.print(line, style="yellow", markup=False, highlight=False, soft_wrap=True)
    if len(lines) > SHOWN:
        console.print(f"... {rest}", style="yellow", soft_wrap=True)
