"""What is said of a registered design: its constructor, settings and source, and what an agent must learn in it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any

from cogmeta.errors import UserError
from cogmeta.task import Task

_WANTED = {
    "citation": "Name the paper and the section or experiment.",
    "learns": "Say in one sentence what an agent must learn within an episode.",
    "departure": "Say how yours departs from the source; 'Nothing is known to depart.' if nothing does.",
}


@dataclass(frozen=True)
class Registered:
    """A registered design.

    Attributes
    ----------
    name : str
        ``family/design``.
    constructor : callable
        A ``Task`` that is a frozen dataclass with a field ``name``.
    settings : mapping
        What the design gives the constructor; ``make_task`` may override it.
    tags : tuple of str
        The family's name is one of them.
    citation : str
        Paper and section.
    learns : str
        What an agent must learn within an episode, in one sentence.
    departure : str
        How ours departs from the source, in sentences.

    Raises
    ------
    UserError
        A field is missing or not what it should be.
    """

    name: str
    constructor: Callable[..., Task]
    settings: Mapping[str, Any] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    citation: str = ""
    learns: str = ""
    departure: str = ""

    def __post_init__(self) -> None:
        if self.name.count("/") != 1 or not all(self.name.split("/")):
            raise UserError(f"the name of a registered task must be 'family/design', got {self.name!r}.")
        if not (is_dataclass(self.constructor) and "name" in {f.name for f in fields(self.constructor)}):
            made = getattr(self.constructor, "__name__", repr(self.constructor))
            raise UserError(f"{made}, the constructor of {self.name!r}, must be a frozen dataclass with a field "
                            f"name: str = {self.name!r}, which its spec hands on.")
        for what in ("citation", "learns", "departure"):
            if not getattr(self, what):
                raise UserError(f"the entry {self.name!r} needs a {what}. {_WANTED[what]}")
        for what in ("learns", "departure"):
            if not getattr(self, what).endswith("."):
                raise UserError(f"{what} of {self.name!r} must be a sentence that ends with a full stop, "
                                f"got {getattr(self, what)!r}. {_WANTED[what]}")
        if self.family not in self.tags:
            raise UserError(f"tags of {self.name!r} must contain its family {self.family!r}, got {self.tags}.")

    @property
    def family(self) -> str:
        """The part of the name before the slash."""
        return self.name.split("/")[0]
