"""List the registered designs, or show the settings of one in full."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from cogmeta.command_app import CommandApp
from cogmeta.errors import UserError, unknown_name
from tasks.page import suites, write_pages
from tasks.players import players
from tasks.registry import Registered, make_task, registered, task_names

app = CommandApp()


@app.command()
def tasks(
    name: Annotated[str | None, typer.Argument(help="Registered id, or a suite such as bandit; without it all are listed.")] = None,
    docs: Annotated[Path | None, typer.Option(help="Write a page a suite into this folder instead.")] = None,
    suite: Annotated[str | None, typer.Option(help="This suite alone, such as two_step.")] = None,
    episodes: Annotated[int, typer.Option(help="With --docs: episodes of each reference player, at most.")] = 200,
) -> None:
    """List the registered tasks, show the settings of one in full, or write a page of documentation a suite.

    Example: cogmeta tasks two_step/wang2018
    """
    console = Console(width=None if Console().is_terminal else 140)
    if suite is not None and suite not in suites():
        raise unknown_name("suite", suite, suites())
    if docs is not None:
        _write(docs, suite, episodes, console)
    elif name is None or name in suites():
        console.print(overview(name or suite))
    else:
        entry = registered(name)
        console.print(details(entry))
        console.print(f"references: {', '.join(players(make_task(name))) or 'none'}", markup=False, highlight=False)


def _write(folder: Path, suite: str | None, episodes: int, console: Console) -> None:
    if episodes < 1:
        raise UserError(f"--episodes must be at least 1, got {episodes}.")
    for path in write_pages(folder, episodes, suite, listener=lambda name: console.print(f"playing {name}", style="dim")):
        console.print(f"wrote {path}", markup=False, highlight=False)


def overview(suite: str | None = None) -> Table:
    """Return the table of all registered tasks, or of those of one suite."""
    table = Table("id", "family", "trials", "citation", "what must be learnt")
    table.columns[0].no_wrap = True
    table.columns[2].justify = "right"
    for name in task_names():
        entry = registered(name)
        if suite in (None, entry.family):
            table.add_row(name, entry.family, str(make_task(name).spec.n_trials), entry.citation, entry.learns)
    return table


def details(entry: Registered) -> Table:
    """Return the table of everything known about one task: its source, its spec, its settings."""
    task = make_task(entry.name)
    spec = task.spec
    table = Table("", entry.name, show_lines=False)
    table.columns[0].no_wrap = True
    rows = {
        "citation": entry.citation, "what must be learnt": entry.learns, "departure": entry.departure,
        "tags": ", ".join(entry.tags), "observation size": spec.observation_size, "actions": spec.n_actions,
        "trials": spec.n_trials, "steps": spec.n_steps,
        "rewards": f"{spec.reward_range[0]:g} to {spec.reward_range[1]:g}",
    }
    for label, value in rows.items():
        table.add_row(label, str(value))
    table.add_section()
    for setting, value in task.settings.items():
        table.add_row(f"setting {setting}", repr(value))
    return table
