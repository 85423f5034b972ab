"""Load many modules without looking for garbage among them, then or when the process ends.

Loading torch, pandas and SciPy makes half a million objects that live as long as the process. Python's collector goes through them
again and again while they are made, and once more at the end: a fifth of the time that a command takes to start, and most of what
it takes to end.
"""

import atexit
import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Let the collector rest inside a block, and leave alone for good what the block has made.

    Examples
    --------
    >>> with loading():
    ...     gc.isenabled()
    False
    >>> gc.isenabled(), gc.get_freeze_count() > 0
    (True, True)
    >>> gc.unfreeze()
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()


def leave_quickly() -> None:
    """Let this process end without a last search for garbage."""
    atexit.unregister(gc.freeze)
    atexit.register(gc.freeze)
