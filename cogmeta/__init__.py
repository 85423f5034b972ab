"""cogmeta: meta-reinforcement-learning agents, cognitive models and people on the same behavioural tasks.

The library's floor. It knows no task family's rules, no analysis and no figure: those live in the packages
``tasks``, ``analyses`` and ``figures``, which import downward only.
"""

from cogmeta.version import __version__

__all__ = ["__version__"]
