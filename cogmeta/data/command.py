"""Behavioural data sets: list what is registered, check local files, find where they lie."""

import typer
from rich.console import Console
from rich.table import Table

from cogmeta.data.locate import check_files, data_path, local_path
from cogmeta.data.registry import DATA_SETS, get_data_set
from cogmeta.errors import UserError

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, rich_markup_mode=None,
    help="Behavioural data sets: list what is registered, check local files, find where they lie.\n\n"
         "Example:  cogmeta data check feher2020_twostep --data DIR",
)

_FOLDER = typer.Option(
    None, "--data", metavar="DIR", help="Folder of data sets; by default that in COGMETA_DATA, then the cache.",
)


@app.command("list")
def list_data(data: str | None = _FOLDER) -> None:
    """List the registered data sets: task, people, licence, source, and whether they are at hand.

    Example:  cogmeta data list
    """
    table = Table("name", "task", "who", "options", "licence", "source", "at hand")
    for name, data_set in DATA_SETS.items():
        options = "; ".join(f"{option}={'|'.join(map(str, values))}" for option, values in data_set.options.items())
        at_hand = "yes" if local_path(name, data) else "no"
        table.add_row(name, data_set.task, data_set.who, options, data_set.licence, data_set.source, at_hand)
    Console().print(table)


@app.command()
def check(
    name: str | None = typer.Argument(None, help="A data set; by default all that are at hand."),
    data: str | None = _FOLDER,
) -> None:
    """Compare local files with their registered sha256; exit status 1 if any is missing or changed.

    Example:  cogmeta data check feher2020_twostep --data DIR
    """
    names = [get_data_set(name).name] if name else [known for known in DATA_SETS if local_path(known, data)]
    if not names:
        raise UserError("no registered data set is at hand to check. "
                        "Point COGMETA_DATA or --data to a folder that has one.")
    table, faults = Table("data set", "files", "as registered", "changed", "missing"), []
    for known in names:
        files = check_files(known, data)
        counts = files["status"].value_counts()
        table.add_row(known, str(len(files)), *(str(counts.get(s, 0)) for s in ("as registered", "changed", "missing")))
        bad = files[files["status"] != "as registered"]
        faults += [f"{known}/{file} is {status}" for file, status in zip(bad["file"], bad["status"], strict=True)]
    Console().print(table)
    if faults:
        more = f" and {len(faults) - 3} more" if len(faults) > 3 else ""
        raise UserError(f"{'; '.join(faults[:3])}{more}. Get the originals: cogmeta data list names the sources.")


@app.command()
def path(name: str = typer.Argument(..., help="A registered data set."), data: str | None = _FOLDER) -> None:
    """Print the folder of a data set, downloading it first if it lies nowhere.

    Example:  cogmeta data path feher2020_twostep
    """
    typer.echo(data_path(name, data))
