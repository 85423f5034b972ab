"""What commands print of subjects that were flagged: the first few by name, and where the rest stand."""

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
    for subject, flag in list(flags.items())[:SHOWN]:
        console.print(f"subject {subject}: {flag}", style="yellow", markup=False, highlight=False, soft_wrap=True)
    if len(flags) > SHOWN:
        console.print(f"... {len(flags)} subjects are flagged, see {elsewhere}", style="yellow", soft_wrap=True)
