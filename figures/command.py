"""Make a paper's figure anew, with the published claims checked beside it."""

from pathlib import Path

import pandas as pd
import typer
from rich.console import Console
from rich.table import Table

from cogmeta.command_app import CommandApp
from cogmeta.command_options import Jobs, Seed
from cogmeta.errors import UserError
from cogmeta.files import atomic_path, check_folder
from cogmeta.progress import progress_bar, progress_line
from figures.paper_figure import make_figure
from figures.registry import FIGURES, get_figure
from figures.retrain import train_anew

app = CommandApp()


@app.command()
def run(
    name: str | None = typer.Argument(None, help="Figure; see --list."),
    everything: bool = typer.Option(False, "--all", help="Make every figure, and SCOREBOARD.md."),
    listed: bool = typer.Option(False, "--list", help="List the figures and what they show."),
    quick: bool = typer.Option(False, "--quick", help="Only the first seed of every network, and smaller simulations."),
    retrain: bool = typer.Option(False, "--retrain", help="Train the networks anew instead of taking the shipped ones; what stands in OUT is not trained again."),
    jobs: Jobs = -1,
    out: Path = typer.Option(Path("paper_figures"), "--out", help="Folder for pictures, tables and scoreboards."),
    seed: Seed = 0,
) -> None:
    """Make a paper's figure anew, with the published claims checked beside it.

    Example:  cogmeta figure wang2018_fig5 --out paper_figures

    Anew:     cogmeta figure wang2018_fig5 --retrain --out anew
    """
    console = Console()
    if listed:
        console.print(_list())
        return
    if (name is None) != everything:
        raise UserError(f"name one figure, or say --all or --list; known figures: {', '.join(FIGURES)}.")
    chosen = list(FIGURES.values()) if everything else [get_figure(name)]
    check_folder(out)
    if retrain:
        networks = [network for one in chosen for network in one.networks(quick)]
        with progress_bar("training anew", "million steps") as count:
            train_anew(networks, out, jobs, count)
    with progress_line() as tell:
        boards = [make_figure(one, out, seed, quick, retrain, tell) for one in chosen]
    board = pd.concat(boards, ignore_index=True)
    console.print(_as_rich(board))
    if everything:
        write_scoreboard(board, out / "SCOREBOARD.md")
    console.print(f"Figures and tables: {out}", soft_wrap=True, highlight=False)


def write_scoreboard(board: pd.DataFrame, path: Path) -> None:
    """Write the scoreboard of all figures as a Markdown page."""
    lines = ["# Scoreboard", "", "Made by `cogmeta figure --all`. Claims come from the papers and are never tuned; where one was added after a first "
             "look at the results, its source or the head of the figure's file says so. A claim is met if it is met in every seed.", "", "| figure | claim | reference | ours | 95 % interval | seeds | met | source |",
             "|---|---|---|---|---|---|---|---|"]
    for row in board.itertuples():
        interval = f"{row.low:.3g} to {row.high:.3g}" if row.seeds > 1 else "–"
        cells = (row.figure, row.claim, row.reference, f"{row.ours:.3g}", interval, row.seeds, row.met, row.source)
        lines.append("| " + " | ".join(str(cell).replace("|", "\\|") for cell in cells) + " |")
    with atomic_path(path) as part:
        part.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _list() -> Table:
    table = Table("figure", "shows", "claims")
    for figure in FIGURES.values():
        table.add_row(figure.name, figure.shows, str(len(figure.claims)))
    return table


def _as_rich(board: pd.DataFrame) -> Table:
    table = Table("claim", "reference", "ours", "seeds", "met")
    for row in board.itertuples():
        table.add_row(row.claim, row.reference, f"{row.ours:.3g}", str(row.seeds), row.met)
    return table
