"""The networks of figures trained anew, side by side, as the shipped ones were: what ``cogmeta figure --retrain`` does first."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

from cogmeta.agents.store import load_record
from cogmeta.training import Learner
from tasks.many_runs import Planned, train_all
from tasks.presets import imitation_of, preset
from tasks.shipped import shipped, shipped_folder
from tasks.train_run import learner_of


MILLION = 10**6


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
    learner, kind = imitation_of(task, expert, agent=agent) if expert else None, kind or preset(task).kind
    return Training(task, agent or None, expert or None, learner, _steps(task, seed, kind), kind)


def _steps(task: str, seed: int, kind: str) -> int | None:
    """Return how many steps the shipped network was trained for, where that is not what the preset says."""
    if (task, seed, kind) not in shipped():
        return None
    steps = load_record(shipped_folder(task, seed, kind)).learner_settings["n_steps"]  # not rounded up to whole updates
    return None if steps == preset(task, kind.partition(" ")[0]).n_steps else steps


def folder_of(named: str, seed: int, out: Path) -> Path:
    """Return where a network that is trained anew stands."""
    return out / "agents" / f"{named.replace('/', '_').replace(' ', '_')}_seed{seed}"


def train_anew(networks: Sequence[tuple[str, int]], out: Path, n_jobs: int = 1, tell: Callable[[int, int], None] | None = None) -> None:
    """Train networks into ``out/agents``.

    A network that stands there is not trained again, and one whose training was interrupted goes on where it was.

    Parameters
    ----------
    networks : sequence of (str, int)
        As ``PaperFigure.agents`` names them, with a seed; each is trained once however often it is named.
    out : Path
    n_jobs : int
        How many are trained side by side; -1 for one a core. The bytes do not depend on it.
    tell : callable, optional
        Called about twice a second with the millions of environment steps done, and in all.
    """
    runs = [_planned(named, seed, out) for named, seed in dict.fromkeys(networks)]
    total = sum(learner_of(run.task, run.learner, run.options["n_steps"], run.options["agent"]).n_steps for run in runs)
    heard = tell and (lambda done: tell(min(sum(done.values()), total) // MILLION, total // MILLION))
    train_all(runs, n_jobs=n_jobs, heard=heard)


def _planned(named: str, seed: int, out: Path) -> Planned:
    wanted = training_of(named, seed)
    options = {"agent": wanted.agent, "n_steps": wanted.n_steps, "imitate": wanted.imitate}
    return Planned(folder_of(named, seed, out), wanted.task, seed, wanted.learner, options)
