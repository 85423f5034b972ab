"""Checks of settings that many tasks have: counts, sizes, probabilities; each message names the setting and its range."""

from cogmeta.errors import UserError
from cogmeta.task import Task


def check_at_least(task: Task, **least: float) -> None:
    """Refuse settings below the smallest value that each may have.

    Examples
    --------
    >>> from tasks.bandit import BernoulliBandit
    >>> check_at_least(BernoulliBandit(), n_arms=2, n_trials=200)
    Traceback (most recent call last):
    cogmeta.errors.UserError: n_trials must be at least 200, got 100.
    """
    for name, smallest in least.items():
        if not getattr(task, name) >= smallest:
            raise UserError(f"{name} must be at least {smallest}, got {getattr(task, name)}.")


def check_above_zero(task: Task, *names: str) -> None:
    """Refuse settings that are 0 or less."""
    for name in names:
        if not getattr(task, name) > 0:
            raise UserError(f"{name} must be > 0, got {getattr(task, name)}.")


def check_size(what: str, of: str, size: int, most: int) -> None:
    """Refuse an exact computation that would take too long or too much memory.

    Examples
    --------
    >>> check_size("bayes-optimal", "trials", 1000, 300)
    Traceback (most recent call last):
    cogmeta.errors.UserError: 'bayes-optimal' is computed exactly for at most 300 trials, got 1000. Ask for fewer, or for another player.
    """
    if size > most:
        raise UserError(f"{what!r} is computed exactly for at most {most} {of}, got {size}. Ask for fewer, or for another player.")


def check_probability(name: str, value: float) -> None:
    """Refuse what does not lie in [0, 1].

    Examples
    --------
    >>> check_probability("reversal_hazard", 2.5)
    Traceback (most recent call last):
    cogmeta.errors.UserError: reversal_hazard must lie in [0, 1], got 2.5.
    """
    if not 0 <= value <= 1:
        raise UserError(f"{name} must lie in [0, 1], got {value}.")
