"""A paper's figure as a product: tables, a picture, and a scoreboard of claims."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from analyses.claims import Claim, scoreboard
from analyses.style import save_figure
from cogmeta.agents.store import RECORD, load_agent, load_fingerprint, load_kind, load_record, versions
from cogmeta.files import atomic_path
from cogmeta.training import Learner
from tasks.presets import imitation_of, preset
from tasks.shipped import shipped, shipped_folder
from tasks.train_run import CHECKPOINT, command_line, train_into

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
    folders = {task: [_folder(task, one, out, retrain, listener) for one in seeds[: 1 if quick else None]] for task, seeds in figure.agents}
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


class Training(NamedTuple):
    """How ``--retrain`` trains a network that a figure asks for."""

    task: str
    agent: str | None  # kind of network, where it is not that of the preset
    imitate: str | None  # name of an expert
    learner: Learner | None  # where it is not that of the preset
    n_steps: int | None  # where that is not what the preset says
    kind: str  # by which ``tasks.shipped`` knows it


def training_of(named: str, seed: int) -> Training:
    """Return the training of a network, as ``PaperFigure.agents`` names it: for as long as the shipped one was trained."""
    task, _, kind = named.partition(" ")
    agent, _, expert = kind.partition(" ")
    learner, kind = imitation_of(task, expert) if expert else None, kind or preset(task).kind
    return Training(task, agent or None, expert or None, learner, _steps(task, seed, kind), kind)


def _folder(named: str, seed: int, out: Path, retrain: bool, listener: Listener) -> Path:
    """Return the folder of a trained network: shipped, or trained into ``out`` (once)."""
    wanted = training_of(named, seed)
    if not retrain:
        return shipped_folder(wanted.task, seed, wanted.kind)
    folder = out / "agents" / f"{named.replace('/', '_').replace(' ', '_')}_seed{seed}"
    if not (folder / RECORD).is_file():
        listener(f"training on {named}, seed {seed}")
        command = command_line(wanted.task, folder.name, wanted.agent, n_steps=wanted.n_steps, seed=seed, imitate=wanted.imitate)
        train_into(folder, wanted.task, wanted.learner, seed, agent=wanted.agent, n_steps=wanted.n_steps, command=command,
                   resume=(folder / CHECKPOINT).is_file())
    return folder


def _steps(task: str, seed: int, kind: str) -> int | None:
    """Return how many steps the shipped network was trained for, where that is not what the preset says."""
    if (task, seed, kind) not in shipped():
        return None
    steps = load_record(shipped_folder(task, seed, kind)).learner_settings["n_steps"]  # not rounded up to whole updates
    return None if steps == preset(task, kind.partition(" ")[0]).n_steps else steps


def _record(figure: PaperFigure, folders: Mapping[str, Sequence[Path]], seed: int, quick: bool) -> dict[str, Any]:
    agents = [_agent(folder) for paths in folders.values() for folder in paths]
    return {"figure": figure.name, "shows": figure.shows, "seed": seed, "quick": quick, "versions": versions(), "agents": agents}


def _agent(folder: Path) -> dict[str, Any]:
    """Return which network stands in a folder: how it was trained, how good it was then, and the fingerprint of its weights."""
    record = load_record(folder)
    return {"task": record.task, "task_settings": record.task_settings, "kind": load_kind(folder), "seed": record.seed, "command": record.command,
            "learner": record.learner, "learner_settings": record.learner_settings, "steps": record.steps, "seconds": record.seconds,
            "quality": record.quality, "fingerprint": load_fingerprint(folder)}
