"""Settings that came later: how a configuration can grow without making strangers of the agents that are kept.

A fingerprint is taken of an agent's weights and of its configuration. A field that was added after agents had been saved is
marked ``LATER``; while it stands at its default, which is what those agents always did, no fingerprint counts it.
"""

from dataclasses import fields, is_dataclass
from typing import Any

LATER = {"later": True}
"""Metadata of a field that came later: ``field(default=..., metadata=LATER)``."""


def settings_of(config: Any) -> dict[str, Any]:
    """Return the fields of a dataclass as plain values, without such as came later and stand at their default.

    Examples
    --------
    >>> from dataclasses import dataclass, field
    >>> @dataclass
    ... class Config:
    ...     size: int
    ...     colour: str = field(default="grey", metadata=LATER)
    >>> settings_of(Config(3)), settings_of(Config(3, "red"))
    ({'size': 3}, {'size': 3, 'colour': 'red'})
    """
    values = {f.name: getattr(config, f.name) for f in fields(config)
              if f.metadata != LATER or getattr(config, f.name) != f.default}
    return {name: settings_of(value) if is_dataclass(value) else value for name, value in values.items()}
