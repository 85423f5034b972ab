"""Checks of the contracts: what every task and every agent must hold to, public so that a user's own can be checked.

Each check raises a ``UserError`` whose sentence says what was expected and what was found. The checks play the task
with uniformly random actions; they take a second or so.
"""

from cogmeta.check_agent import check_agent
from cogmeta.check_task import check_task

__all__ = ["check_agent", "check_task"]
