"""Errors that teach: what was expected, what was found where, what to do."""

import difflib
from collections.abc import Iterable


class UserError(ValueError):
    """Something that the user gave cannot be used; the message says what was expected, found, and what to do.

    The command line prints the message as one line and exits with status 1; in a script it is an ordinary
    ``ValueError``.
    """


class TrialTableError(UserError):
    """A trial table breaks its schema; the message names the first offending row and subject."""


def unknown_name(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for a name that is not registered, with the nearest registered one.

    Parameters
    ----------
    kind : str
        What the name should have been, in the singular (``"task"``, ``"model"``).
    name : str
        What was asked for.
    known : iterable of str
        Every registered name.

    Returns
    -------
    UserError
        To be raised by the caller.

    Examples
    --------
    >>> print(unknown_name("model", "rescorla", ["bandit/rescorla_wagner", "two_step/hybrid"]))
    unknown model 'rescorla'. Did you mean 'bandit/rescorla_wagner'? Known models: 'bandit/rescorla_wagner', 'two_step/hybrid'.
    """
    known = sorted(known)
    listed = ", ".join(repr(k) for k in known)
    guess = _nearest(name, known)
    hint = f" Did you mean {guess!r}?" if guess else ""
    noun, of, whose = kind.partition(" of ")
    return UserError(f"unknown {kind} {name!r}.{hint} Known {noun}s{of}{whose}: {listed}.")


def _nearest(name: str, known: list[str]) -> str | None:
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    contained = [k for k in known if name and name.lower() in k.lower()]
    tails = difflib.get_close_matches(name, [k.split("/")[-1] for k in known], n=1, cutoff=0.6)
    tail = [k for k in known if tails and k.split("/")[-1] == tails[0]]
    return next(iter(close + contained + tail), None)
