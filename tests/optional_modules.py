"""Modules that need an extra, which plain installs lack."""

from importlib.util import find_spec

NEEDS = dict.fromkeys(("cogmeta.agents.compiled_exchange", "cogmeta.agents.compiled_lstm", "cogmeta.agents.compiled_symmetric"), "numba")


def lacking(module: str) -> bool:
    """Return whether a module needs a library that is not installed."""
    return module in NEEDS and find_spec(NEEDS[module]) is None
