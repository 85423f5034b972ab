"""What a terminal shows while a command works: a bar that counts, or a line that says what is being done."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn


@contextmanager
def progress_bar(title: str, unit: str, console: Console | None = None) -> Iterator[Callable[[int, int], None]]:
    """Show a bar; what it yields takes (pieces done, pieces in all).

    Parameters
    ----------
    title, unit : str
        Before the bar, and behind the numbers.
    console : Console, optional

    Examples
    --------
    >>> with progress_bar("fitting", "subjects") as tell:
    ...     tell(3, 24)
    """
    columns = TextColumn(title), BarColumn(), MofNCompleteColumn(), TextColumn(unit), TimeElapsedColumn()
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task(title, total=None)
        yield lambda done, total: progress.update(bar, completed=done, total=total)


@contextmanager
def progress_line(first: str = "") -> Iterator[Callable[[str], None]]:
    """Show a line beside a spinner; what it yields takes the line that replaces it.

    Examples
    --------
    >>> with progress_line("reading") as tell:
    ...     tell("fitting two_step/hybrid")
    """
    with Progress(SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn(), transient=True) as progress:
        bar = progress.add_task(first)
        yield lambda line: progress.update(bar, description=line)
