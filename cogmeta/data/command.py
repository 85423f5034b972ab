"""Behavioural data sets: list what is registered, check local files, find where they lie, convert one's own."""

from pathlib import Path

import typer
from rich.console import Console
from rich.table import Table

from cogmeta.command_app import CommandApp
from cogmeta.command_options import DataFolder
from cogmeta.data.dataset import DataSet
from cogmeta.data.locate import check_files, data_path, local_path
from cogmeta.data.mapping import load_mapping, read_mapped
from cogmeta.data.registry import DATA_SETS, get_data_set
from cogmeta.errors import UserError
from cogmeta.families import get_family
from cogmeta.trials import missing, write_trials

app = CommandApp(
    no_args_is_help=True,
    help="Behavioural data sets: list what is registered, check local files, find where they lie, convert your own.\n\n"
         "Example:  cogmeta data check feher2020_twostep --data DIR",
)


@app.command("list")
def list_data(data: DataFolder = None) -> None:
    """List the registered data sets.

    For each: who, task, options, licence, source, and whether it is at hand.

    Example:  cogmeta data list
    """
    table = Table(show_lines=True)
    table.add_column("name", no_wrap=True)
    table.add_column("what it is", overflow="fold")
    table.add_column("at hand", no_wrap=True)
    for name, data_set in DATA_SETS.items():
        table.add_row(name, _describe(data_set), "yes" if local_path(name, data) else "no")
    Console().print(table)


def _describe(data_set: DataSet) -> str:
    options = "; ".join(f"{option}={'|'.join(map(str, values))}" for option, values in data_set.options.items())
    return f"{data_set.who}\n{data_set.task}{'; ' + options if options else ''}\n{data_set.licence}; {data_set.source}"


@app.command()
def check(
    name: str | None = typer.Argument(None, help="A data set; by default all that are at hand."),
    data: DataFolder = None,
) -> None:
    """Compare local files with the originals.

    By their registered sha256; exit status 1 if any is missing or changed. Nothing is downloaded.

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
def path(name: str = typer.Argument(..., help="A registered data set."), data: DataFolder = None) -> None:
    """Print the folder of a data set.

    It is downloaded first if it lies nowhere.

    Example:  cogmeta data path feher2020_twostep
    """
    typer.echo(data_path(name, data))


@app.command()
def convert(
    raw: list[Path] = typer.Argument(..., help="Your files (CSV, TSV, JSON, MATLAB; JSON lines of transcripts), or their folder."),
    mapping: Path = typer.Option(
        ..., "--mapping", metavar="MAP.toml", help="Which column is what; see docs/trial_table.md.",
    ),
    out: Path = typer.Option(..., "--out", help="Trial table to write, CSV."),
) -> None:
    """Convert your own table into a trial table.

    By a mapping of columns and codes, a small TOML file; what it does not name is refused, with the row.

    Where every participant has a file, name them all, or their folder, and map subject = "file".

    Example:  cogmeta data convert mine.csv --mapping mine.toml --out trials.csv
    """
    settings = load_mapping(mapping)
    trials = read_mapped(raw[0] if len(raw) == 1 else raw, settings)
    write_trials(trials, out)
    lacking = int(missing(trials, get_family(settings.family)).sum())
    typer.echo(f"{out}: {trials['subject'].nunique()} subjects, {len(trials)} trials, {lacking} without a response")
