"""Arguments of a command line that read NAME=VALUE: one set of rules for options, priors, settings and parameters."""

from collections.abc import Iterable

from cogmeta.errors import UserError


def named_values(texts: Iterable[str], option: str, example: str) -> dict[str, str]:
    """Return name -> text of arguments such as ``"learning_rate=beta(2, 2)"``.

    The first ``=`` parts name from value, spaces around either are dropped, and each name is given once.

    Parameters
    ----------
    texts : iterable of str
        As they were typed.
    option : str
        Where they were typed, for the message (``"--set"``).
    example : str
        One that is right, for the message.

    Raises
    ------
    UserError
        A ``=``, a name or a value is missing, or a name stands twice.

    Examples
    --------
    >>> named_values(["learning_rate=beta(2, 2)", " n_arms = 3 "], "--option", "n_arms=2")
    {'learning_rate': 'beta(2, 2)', 'n_arms': '3'}
    >>> named_values(["n_arms"], "--option", "n_arms=2")
    Traceback (most recent call last):
    ...
    cogmeta.errors.UserError: --option reads NAME=VALUE, such as n_arms=2, got 'n_arms': there is no '='.
    """
    named: dict[str, str] = {}
    for given in texts:
        name, sign, value = (part.strip() for part in given.partition("="))
        if not (name and sign and value):
            lacks = "there is no '='" if not sign else f"nothing stands {'after' if name else 'before'} the '='"
            raise UserError(f"{option} reads NAME=VALUE, such as {example}, got {given!r}: {lacks}.")
        if name in named:
            raise UserError(f"{option} gives {name} twice, as {named[name]!r} and as {value!r}; give each name once.")
        named[name] = value
    return named


def named_numbers(texts: Iterable[str], option: str, example: str) -> dict[str, float]:
    """Return name -> number of arguments such as ``"sd_scale=1"``.

    Raises
    ------
    UserError
        As ``named_values``, or a value is no number.

    Examples
    --------
    >>> named_numbers(["sd_scale=1"], "--group-prior", "sd_scale=1.5")
    {'sd_scale': 1.0}
    """
    return {name: _number(name, text, option, example) for name, text in named_values(texts, option, example).items()}


def _number(name: str, text: str, option: str, example: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise UserError(f"{option} reads NAME=NUMBER, such as {example}, got {text!r} for {name}.") from None
