"""Registered tasks at a size at which their contracts are checked quickly."""

from tasks.registry import make_task

SMALL = {
    "harlow/pixels": {"size": 12, "n_trials": 3, "pair_length": 2},
    "maze/pixels5": {"width": 8, "height": 6, "visit_steps": 40, "n_trials": 80},
    "maze/pixels9": {"width": 8, "height": 6, "visit_steps": 40, "n_trials": 80},
    "maze/grid9": {"visit_steps": 60, "n_trials": 120},
    "water_maze/contextual": {"n_contexts": 3, "n_exposures": 3, "n_trials": 12},
    "bandit/contextual_choice": {"n_contexts": 8},
}
"""Settings of tasks whose observations are large, or whose episodes or epochs are long: their contract does not depend on that."""


def small(name):
    """Return a registered task, with ``SMALL`` settings if it has any."""
    return make_task(name, **SMALL.get(name, {}))
