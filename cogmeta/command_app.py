"""Commands whose help page reads from what is asked to how it is typed: options in groups, examples last."""

import inspect
from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand

RUNNING = "How it runs"
"""Heading of the options that every long computation has; it comes last."""

_WIDTH = 110
_EXAMPLE = "\n\nExample:"


class GroupedCommand(TyperCommand):
    """A command whose help lists options by their ``rich_help_panel``, and the examples of its docstring at the end."""

    def format_help_text(self, ctx: typer.Context, formatter: Any) -> None:
        """Write what the command does, without its examples."""
        text, _, _ = _parted(self.help)
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(text)

    def format_options(self, ctx: typer.Context, formatter: Any) -> None:
        """Write a section a group, in the order in which the command declares them."""
        groups: dict[str, list[tuple[str, str]]] = {"Arguments": [], "Options": []}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record:
                plain = "Arguments" if parameter.param_type_name == "argument" else "Options"
                groups.setdefault(getattr(parameter, "rich_help_panel", None) or plain, []).append(record)
        for heading, records in sorted(groups.items(), key=lambda group: group[0] == RUNNING):
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def format_epilog(self, ctx: typer.Context, formatter: Any) -> None:
        """Write each example on a line of its own, as long as it is, so that it can be copied."""
        _, sign, examples = _parted(self.help)
        for title, _, command in (part.partition(":") for part in (sign + examples).strip().split("\n\n") if part):
            with formatter.section(title):
                formatter.write(" " * formatter.current_indent + " ".join(command.split()) + "\n")


class CommandApp(typer.Typer):
    """An app of plain text, whose commands are ``GroupedCommand`` and whose errors ``cogmeta.cli`` answers."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None,
                         context_settings={"max_content_width": _WIDTH}, **settings)

    def command(self, name: str | None = None, *, cls: type[GroupedCommand] = GroupedCommand, **settings: Any) -> Callable:
        """Register a command, as ``typer.Typer.command`` does."""
        return super().command(name, cls=cls, **{"context_settings": {"max_content_width": _WIDTH}, **settings})


def _parted(help_text: str | None) -> tuple[str, str, str]:
    return inspect.cleandoc(help_text or "").partition(_EXAMPLE)
