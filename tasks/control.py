"""Which agents learn while they behave, and with which settings they live on which task.

A discount and the rewards that count are facts of a task, the same for all: a choice in a bandit leads to nothing later, a
visit of a random process is over after ten steps. What else is set was tuned, for every agent by the same rule, on lives of
their own (``python -m benchmarks.control tune``).
"""

from typing import Any

from cogmeta.control import ControlAgent
from cogmeta.control.store import KINDS
from cogmeta.errors import unknown_name
from cogmeta.task import Task

CONTROL: dict[str, type[ControlAgent]] = KINDS
"""Agents that learn while they behave, by name."""

DISCOUNTS = {"bandit": 0.0, "bandit/contextual_choice": 1.0, "mdp/random": 1.0, "maze/grid5": 0.95, "maze/grid9": 0.98}
"""Discount of a task, or of a family of tasks; elsewhere .9."""

TUNED: dict[tuple[str, str], dict[str, Any]] = {
    ("mfec", "water_maze/contextual"): {"epsilon": 0.1},
    ("nec", "water_maze/contextual"): {"epsilon": 0.05, "learning_rate": 0.5},
    ("similarity", "water_maze/contextual"): {"epsilon": 0.005, "bandwidth": 0.25},
    ("dqn", "water_maze/contextual"): {"annealing_steps": 100, "step_size": 3e-3, "target_every": 20},
    ("mfec", "mdp/random"): {"epsilon": 0.005},
    ("similarity", "mdp/random"): {"epsilon": 0.005, "bandwidth": 0.5},
    ("dqn", "mdp/random"): {"annealing_steps": 100, "step_size": 3e-3, "target_every": 20},
    ("nec", "mdp/random"): {"epsilon": 0.005, "learning_rate": 0.1},
    ("mfec", "bandit/barcode"): {"epsilon": 0.1},
    ("nec", "bandit/barcode"): {"epsilon": 0.05, "learning_rate": 0.1},
    ("similarity", "bandit/barcode"): {"epsilon": 0.05, "bandwidth": 0.25},
    ("dqn", "bandit/barcode"): {"annealing_steps": 100, "step_size": 3e-3, "target_every": 20},
    ("mfec", "bandit/contextual_choice"): {"epsilon": 0.005},
    ("nec", "bandit/contextual_choice"): {"epsilon": 0.005, "learning_rate": 0.1},
    ("similarity", "bandit/contextual_choice"): {"epsilon": 0.005, "bandwidth": 0.5},
    ("dqn", "bandit/contextual_choice"): {"annealing_steps": 100, "step_size": 3e-3, "target_every": 20},
}
"""(agent, task) -> settings."""


def discount_of(task: Task) -> float:
    """Return the discount with which all agents live on a task.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> [discount_of(make_task(name)) for name in ("bandit/easy", "mdp/random", "water_maze/contextual")]
    [0.0, 1.0, 0.9]
    """
    return DISCOUNTS.get(task.spec.name, DISCOUNTS.get(task.spec.family.name, 0.9))


def make_control(name: str, task: Task, seed: int = 0, **settings: Any) -> ControlAgent:
    """Return an agent that learns while it behaves, by name.

    Parameters
    ----------
    name : str
        A key of ``CONTROL``.
    task : Task
    seed : int
        Of its first weights and of what it draws to learn from again.
    **settings
        Fields of its configuration, in place of those that it has for this task.

    Raises
    ------
    UserError
        No such agent or setting.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> make_control("mfec", make_task("mdp/random"), epsilon=0.1).config.epsilon
    0.1
    """
    if name not in CONTROL:
        raise unknown_name("agent that learns while it behaves", name, CONTROL)
    known = {"discount": discount_of(task), **TUNED.get((name, task.spec.name), {})}
    return CONTROL[name].for_task(task, seed, **{**known, **settings})
