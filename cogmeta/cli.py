"""The ``cogmeta`` command: subcommands are entry points, found by name and loaded only when they run.

Each subcommand is a module with a Typer ``app``, registered in setup.cfg under ``cogmeta.commands``; the first
line of its docstring is its line in ``cogmeta --help``. So the library's floor imports no upper floor, another
package can add a command of its own, and the help page does not wait for torch.
"""

import ast
import importlib.util
import os
import signal
import sys
import threading
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

from cogmeta.errors import UserError, unknown_name
from cogmeta.loading import loading
from cogmeta.version import __version__

ORDER = ("quickstart", "tasks", "models", "train", "simulate", "measure", "fit", "fit-network", "hbi", "recover", "confuse", "posterior-predictive", "compare", "data", "figure")
"""Commands in the order in which a newcomer needs them; others follow by name."""

_STOPPED = "stopped. What was written before stands."


class Commands(TyperGroup):
    """The group of all registered subcommands."""

    def list_commands(self, ctx: typer.Context) -> list[str]:
        """Return the names, the newcomer's first."""
        found = _registered()
        return [name for name in ORDER if name in found] + sorted(set(found) - set(ORDER))

    def get_command(self, ctx: typer.Context, name: str) -> object:
        """Return a command: the real one where it will run, else its name and one line of help."""
        found = _registered()
        if name not in found and name in ORDER:
            raise UserError(f"the command {name!r} was added after cogmeta was installed here; install again: pip install -e .")
        if name not in found:
            raise unknown_name("command", name, found)
        if getattr(ctx, "asked", None) != name:
            return TyperCommand(name, help=_first_line(found[name]), callback=lambda: None)
        return typer.main.get_command(_load(found[name]))

    def resolve_command(self, ctx: typer.Context, args: list[str]) -> tuple:
        """Remember which command was asked for, so that only this one is loaded."""
        ctx.asked = args[0]
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: typer.Context) -> object:
        """Run the command; Ctrl-C is answered here, for Typer would end in silence."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _fail(_STOPPED, 130)


app = typer.Typer(cls=Commands, add_completion=False, pretty_exceptions_enable=False, no_args_is_help=True)


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"cogmeta {__version__}")
        raise typer.Exit


@app.callback()
def _root(version: bool = typer.Option(False, "--version", callback=_show_version, is_eager=True,
                                       help="Show the version and exit.")) -> None:
    """Train meta-reinforcement-learning agents, let them behave, fit cognitive models, compare with people.

    Begin with:  cogmeta quickstart
    """


def main() -> None:
    """Run the command line; bad input gives one line and exit status 1 (2 for a misused command), never a traceback.

    With the environment variable ``COGMETA_DEBUG`` set, the traceback is shown.
    """
    if os.environ.get("COGMETA_DEBUG"):
        app()
    try:
        raise SystemExit(typer.main.get_command(app).main(prog_name="cogmeta", standalone_mode=False) or 0)
    except UserError as error:
        _fail(str(error))
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        place = f" ({error.filename})" if error.filename else ""
        _fail(f"{error.strerror or error}{place}. What was written before stands.")
    except KeyboardInterrupt:
        _fail(_STOPPED, 130)
    except Exception as error:
        _answer_misuse(error)


def _answer_misuse(error: Exception) -> None:
    """Say in one line how a command was misused; anything that is not the parser's complaint is raised again."""
    name = type(error).__name__
    if name == "Abort":
        _fail(_STOPPED, 130)
    if name == "NoArgsIsHelpError":
        error.show()
        raise SystemExit(2) from None
    if not hasattr(error, "format_message"):
        raise error
    context = getattr(error, "ctx", None)
    hint = f" See: {context.command_path} --help" if context else ""
    _fail(f"{error.format_message().rstrip('.')}.{hint}", 2)


def _fail(message: str, status: int = 1) -> None:
    print("cogmeta: " + " ".join(message.split()), file=sys.stderr)
    raise SystemExit(status)


def _registered() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group="cogmeta.commands")}


def _load(entry: EntryPoint) -> typer.Typer:
    """Load a command; Ctrl-C meanwhile ends the process at once: nothing is written yet, and imports may swallow an exception."""
    if threading.current_thread() is not threading.main_thread():
        return entry.load()
    before = signal.signal(signal.SIGINT, signal.SIG_DFL)
    try:
        with loading():
            return entry.load()
    finally:
        signal.signal(signal.SIGINT, before)


def _first_line(entry: EntryPoint) -> str:
    """Return the first line of a module's docstring without importing the module."""
    spec = importlib.util.find_spec(entry.module)
    text = Path(spec.origin).read_text(encoding="utf-8") if spec and spec.origin else ""
    return (ast.get_docstring(ast.parse(text)) or "").partition("\n")[0]


if __name__ == "__main__":
    main()
