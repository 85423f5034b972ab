"""A paper's figure as a product: tables, a picture, and a scoreboard of claims."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim, scoreboard
from analyses.style import save_figure
from cogmeta.agents.store import load_agent, load_fingerprint, load_kind, load_record, versions
from cogmeta.files import atomic_path
from figures.retrain import folder_of, train_anew
from tasks.presets import preset
from tasks.shipped import shipped_folder

Tables = dict[str, pd.DataFrame]
Listener = Callable[[str], None]
"""Called with a line about what is being done."""


@dataclass(frozen=True)
class PaperFigure:
    """One figure of one paper.

    Attributes
    ----------
    name : str
        Such as ``"wang2018_fig5"``; the file's name.
    shows : str
        What the figure shows, in one sentence.
    agents : tuple of (str, tuple of int)
        Task and seeds of the trained networks that it needs; a task named ``"<task> <kind>"`` asks for another kind of
        network than ``lstm``, such as ``"bandit/easy lstm_no_reward"``, or ``"<task> <kind> <expert>"`` for one that imitates.
    claims : tuple of Claim
    compute : callable
        ``compute(agents, seed) -> tables``; ``agents`` maps a task, as named in ``agents``, to its networks, one a seed.
    numbers : callable
        ``numbers(tables) -> dict``: one number, or one a seed, for the measure of every claim.
    draw : callable
        ``draw(tables) -> Figure``.
    load : callable
        ``load(folder)``: what ``compute`` gets of every trained network; the network itself unless said otherwise.
    quick : callable, optional
        ``compute`` at a smaller size, for ``--quick``, where simulations and fits and not the networks take the time.
    anew : callable, optional
        ``anew(agents, seed, listener)``: what ``--retrain`` computes where ``compute`` takes recorded results.
    """

    name: str
    shows: str
    agents: tuple[tuple[str, tuple[int, ...]], ...]
    claims: tuple[Claim, ...]
    compute: Callable[[Mapping[str, Sequence[Any]], int], Tables]
    numbers: Callable[[Tables], dict[str, Any]]
    draw: Callable[[Tables], Figure]
    load: Callable[[Path], Any] = load_agent
    quick: Callable[[Mapping[str, Sequence[Any]], int], Tables] | None = None
    anew: Callable[[Mapping[str, Sequence[Any]], int, Listener], Tables] | None = None

    def networks(self, quick: bool) -> list[tuple[str, int]]:
        """Return the networks that it needs, as ``agents`` names them, and their seeds; if ``quick`` the first seed of each."""
        return [(named, seed) for named, seeds in self.agents for seed in seeds[: 1 if quick else None]]


def make_figure(
    figure: PaperFigure, out: Path, seed: int = 0, quick: bool = False, retrain: bool = False, listener: Listener = lambda line: None,
) -> pd.DataFrame:
    """Compute and draw a figure, and hold it against the paper.

    Parameters
    ----------
    figure : PaperFigure
    out : Path
        Folder that gets ``<name>.png``, ``.pdf``, the table behind each panel as CSV, ``<name>_scoreboard.csv`` and
        ``<name>.json`` (seeds, versions, and of every agent its settings, command, quality and fingerprint).
    seed : int
        Of the test episodes.
    quick : bool
        Use the first seed of every task only, and the smaller size of what the figure simulates, where it has one.
    retrain : bool
        Train the networks anew into ``out/agents`` instead of taking the shipped ones, as long as those were. A network that stands there
        is not trained again, and one whose training was interrupted goes on where it was.
    listener : callable, optional

    Returns
    -------
    DataFrame
        The scoreboard, see ``analyses.claims.scoreboard``.
    """
    if retrain:
        listener(f"{figure.name}: training what is not trained yet")
        train_anew(figure.networks(quick), out)
    folders: dict[str, list[Path]] = {}
    for named, one in figure.networks(quick):
        folders.setdefault(named, []).append(folder_of(named, one, out) if retrain else shipped_network(named, one))
    listener(f"{figure.name}: computing")
    agents = {task: [figure.load(folder) for folder in paths] for task, paths in folders.items()}
    if retrain and figure.anew:
        tables = figure.anew(agents, seed, listener)
    else:
        tables = (figure.quick if quick and figure.quick else figure.compute)(agents, seed)
    board = scoreboard(figure.claims, figure.numbers(tables))
    board.insert(0, "figure", figure.name)
    for name, table in {**tables, "scoreboard": board}.items():
        with atomic_path(out / f"{figure.name}_{name}.csv") as part:
            table.to_csv(part, index=False)
    listener(f"{figure.name}: drawing")
    save_figure(figure.draw(tables), out / figure.name)
    with atomic_path(out / f"{figure.name}.json") as part:
        part.write_text(json.dumps(_record(figure, folders, seed, quick), indent=1) + "\n", encoding="utf-8")
    return board


def shipped_network(named: str, seed: int) -> Path:
    """Return the folder of a shipped network, as ``PaperFigure.agents`` names it."""
    task, _, kind = named.partition(" ")
    return shipped_folder(task, seed, kind or preset(task).kind)


def _record(figure: PaperFigure, folders: Mapping[str, Sequence[Path]], seed: int, quick: bool) -> dict[str, Any]:
    agents = [_agent(folder) for paths in folders.values() for folder in paths]
    return {"figure": figure.name, "shows": figure.shows, "seed": seed, "quick": quick, "versions": versions(), "agents": agents}


def _agent(folder: Path) -> dict[str, Any]:
    """Return which network stands in a folder: how it was trained, how good it was then, and the fingerprint of its weights."""
    record = load_record(folder)
    return {"task": record.task, "task_settings": record.task_settings, "kind": load_kind(folder), "seed": record.seed, "command": record.command,
            "learner": record.learner, "learner_settings": record.learner_settings, "steps": record.steps, "seconds": record.seconds,
            "quality": record.quality, "fingerprint": load_fingerprint(folder)}
