"""What docstrings say, for pages that are made from them: settings, notes, and a module's account of its source."""

import inspect
import re
import sys
from dataclasses import fields

_SECTION = re.compile(r"^(\w[\w ]*)\n-+\n", re.MULTILINE)


def sections(text: str) -> dict[str, str]:
    """Return the parts of a numpydoc docstring by heading; what comes before the first is under an empty one.

    Examples
    --------
    >>> sections("Summary.\\n\\nNotes\\n-----\\nIt is so.")
    {'': 'Summary.', 'Notes': 'It is so.'}
    """
    parts = _SECTION.split(inspect.cleandoc(text))
    return {"": parts[0].strip()} | {name: body.strip() for name, body in zip(parts[1::2], parts[2::2], strict=True)}


def module_account(kind: type) -> str:
    """Return what the module of a class says of its task, without the first line."""
    text = inspect.cleandoc(sys.modules[kind.__module__].__doc__ or "")
    return text.partition("\n\n")[2].strip()


def meanings(kind: type) -> dict[str, str]:
    """Return what each field of a dataclass means, from the Parameters of its docstring or of its parents'.

    Examples
    --------
    >>> from tasks.two_step_reversal import ReversalTwoStep
    >>> meanings(ReversalTwoStep)["n_trials"]
    '>= 1; two steps each, three with fixation.'
    """
    found: dict[str, str] = {}
    for cls in kind.__mro__:
        described = _described(sections(cls.__doc__ or "").get("Parameters", ""))
        found = {name: text for name, text in described.items() if not text.startswith("See ``")} | found
    return {field.name: found.get(field.name, "") for field in fields(kind)}


def _described(parameters: str) -> dict[str, str]:
    """Return name -> description of a Parameters section; a name that is listed with others shares theirs."""
    entries = re.split(r"\n(?=\S)", parameters)
    out, waiting = {}, ""
    for entry in entries:
        head, _, body = (waiting + entry).partition("\n")
        if not body and " : " not in head:  # a list of names that goes on in the next line
            waiting = head + " "
            continue
        waiting = ""
        names, _, kind = head.partition(" : ")
        text = " ".join(body.split()) or kind
        out |= {name.strip(): text for name in names.split(",") if name.strip()}
    return out
