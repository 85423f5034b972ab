"""Train a network on a task by its reward prediction errors alone."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cogmeta.agents.device import check_available, check_device
from cogmeta.agents.store import NETWORKS, load_record
from cogmeta.command_app import RUNNING, CommandApp
from cogmeta.command_options import Jobs, Seed
from cogmeta.errors import UserError
from cogmeta.training import Interrupted, Learner
from cogmeta.training.learner import check_n_steps
from cogmeta.training.run import Record
from tasks.learner_settings import as_texts, parse_grid, parse_settings, with_settings
from tasks.presets import check_names, imitation_of
from tasks.train_run import command_line, learner_of, split, train_into
from tasks.train_seeds import folder_of, train_grid, train_seeds, train_tasks

_LEARNING = "Network and learner"

Draw = Callable[[Path], None]
"""Called with the folder of several seeds when all are trained."""


def make_app(draw: Draw | None = None) -> typer.Typer:
    """Return the command; ``draw`` makes figures of a folder of several seeds (this floor has none)."""
    app = CommandApp()

    @app.command()
    def run(
        tasks: list[str] = typer.Argument(..., metavar="TASK", help="Registered task, or several, each in a folder of OUT; see cogmeta tasks."),
        out: Path = typer.Option(..., "--out", help="Folder of the run: weights, record, learning curve, checkpoint."),
        agent: str | None = typer.Option(None, "--agent", help="Kind of network: " + ", ".join(NETWORKS) + "; by default that of the preset.", rich_help_panel=_LEARNING),
        learner: str | None = typer.Option(None, "--learner", help="a2c, ppo, trpo, sarsa or dyna; by default that of the task's preset.", rich_help_panel=_LEARNING),
        imitate: str | None = typer.Option(None, "--imitate", help="Learn this reference player's choices instead, such as gittins.", rich_help_panel=_LEARNING),
        start: Path | None = typer.Option(None, "--start", help="Folder of a trained agent: go on from its weights instead of drawn ones.", rich_help_panel=_LEARNING),
        settings: list[str] = typer.Option([], "--set", metavar="NAME=VALUE", help="A setting of the learner, such as step_size=3e-3 or discount=0.8:0.96; repeatable.", rich_help_panel=_LEARNING),
        grid: list[str] = typer.Option([], "--grid", metavar="NAME=VALUE,VALUE", help="Values of a setting of the learner: train every combination, in folders of OUT; repeatable.", rich_help_panel=_LEARNING),
        steps: int | None = typer.Option(None, "--steps", help="Environment steps; by default those of the preset.", rich_help_panel=_LEARNING),
        seed: Seed = 0,
        seeds: int | None = typer.Option(None, "--seeds", help="Train this many, from --seed on, side by side in folders seed_<seed>.", rich_help_panel=RUNNING),
        jobs: Jobs = -1,
        workers: int | None = typer.Option(None, "--workers", help="Play every batch in 2 parts (or --set n_parts), shared by this many processes; any number, same bytes (a2c).", rich_help_panel=RUNNING),
        device: str = typer.Option("cpu", "--device", help="Where the network is computed: cpu, or a GPU (cuda, cuda:1, ...) for large networks.", rich_help_panel=RUNNING),
        backend: str = typer.Option("loky", "--backend", help="Of several runs: loky (this machine) or dask (a cluster).", rich_help_panel=RUNNING),
        scheduler: str | None = typer.Option(None, "--scheduler", help="With dask: address, or the scheduler file of a cluster.", rich_help_panel=RUNNING),
        resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in the folder (several runs always do).", rich_help_panel=RUNNING),
    ) -> None:
        """Train a network on a task by its reward prediction errors alone.

        Example:  cogmeta train bandit/independent --seed 0 --out runs/bandit

        Several:  cogmeta train bandit/independent --seeds 8 --out runs/bandit_seeds

        A grid:   cogmeta train bandit/easy --grid step_size=1e-3,3e-3 --grid n_episodes=64,128 --seeds 2 --out runs/grid

        Tasks:    cogmeta train bandit/easy bandit/hard two_step/wang2018 --seeds 4 --out runs/three
        """
        given = _Given(agent, learner, imitate, start, steps, tuple(as_texts(parse_settings(settings))), parse_grid(grid) if grid else [],
                       check_device(device))
        if backend != "dask":  # whose workers have devices of their own
            check_available(device)
        _check(tasks, given)
        several = seeds is not None or bool(grid) or len(tasks) > 1
        if several and workers is not None:
            raise UserError("--workers splits the batches of one training; with several, --jobs says how many run side by side.")
        asked = [_asked(task, out / folder_of(task) if len(tasks) > 1 else out, given) for task in tasks]
        if not several:
            _run_one(asked[0], seed, resume, workers)
            return
        with _cluster(backend, jobs, scheduler):
            folders = _run_many(asked, out, _seeds(seed, 1 if seeds is None else seeds), jobs, backend)
        for folder in folders if draw is not None else ():
            draw(folder)

    return app


@dataclass(frozen=True)
class _Given:
    """What was said of how to train: the same for every task."""

    agent: str | None
    learner: str | None
    imitate: str | None
    start: Path | None
    steps: int | None
    settings: tuple[str, ...]
    grid: list[dict[str, Any]]
    device: str

    @property
    def options(self) -> dict[str, Any]:
        """What ``tasks.many_runs.Planned`` is told."""
        return {"n_steps": self.steps, "agent": self.agent, "imitate": self.imitate, "start": self.start, "learner_name": self.learner,
                "settings": self.settings}


@dataclass(frozen=True)
class _Asked:
    """What is to be trained on one task, and where to."""

    task: str
    out: Path
    learner: Learner
    given: _Given


def _check(tasks: list[str], given: _Given) -> None:
    """Raise UserError where a name is not known, or options do not go together."""
    for task in tasks:
        check_names(task, given.agent, given.learner)
    if len(set(tasks)) < len(tasks):
        raise UserError(f"each task is trained once, got {' '.join(tasks)}. For several networks of one task, --seeds says how many.")
    if len(tasks) > 1 and given.start is not None:
        raise UserError("--start is the network from which one task goes on; train that task in a command of its own.")
    if given.learner and given.imitate:
        raise UserError("--imitate is a learner of its own; leave --learner out.")


def _asked(task: str, out: Path, given: _Given) -> _Asked:
    """Return what is to be trained on one task, or say on which task what was asked for cannot be."""
    try:
        named = imitation_of(task, given.imitate, agent=given.agent) if given.imitate else given.learner
        learner = learner_of(task, named, given.steps if given.steps is None else check_n_steps(given.steps), given.agent)
        learner = with_settings(learner, parse_settings(given.settings))
        learner = learner if given.device == "cpu" else replace(learner, device=given.device)  # which --set may have named
        for combination in given.grid:
            with_settings(learner, combination)
    except UserError as error:
        raise UserError(f"{task}: {error}") from error
    return _Asked(task, out, learner, given)


def _run_one(asked: _Asked, seed: int, resume: bool, workers: int | None) -> None:
    given = asked.given
    command = command_line(asked.task, asked.out, given.agent, given.learner, given.steps, seed, given.imitate, given.start, workers,
                           given.settings, given.device)
    learner = asked.learner if workers is None else split(asked.learner, workers)
    try:
        with _progress() as progress:
            bar = progress.add_task(asked.task, total=learner.n_steps, said="")
            train_into(asked.out, asked.task, learner, seed, resume, [lambda record: _show(progress, bar, record)],
                       agent=given.agent, start=given.start, command=command)
    except Interrupted as stopped:
        Console(stderr=True).print(f"{stopped} Go on with:  {command} --resume", soft_wrap=True, highlight=False)
        raise typer.Exit(130) from None
    found = load_record(asked.out).quality
    quality = ", ".join(f"{name} {number:g}" for name, number in found.items() if name != "test_seed")
    Console().print(f"trained agent: {asked.out} (on fresh episodes: {quality})", soft_wrap=True, highlight=False)


def _run_many(asked: list[_Asked], out: Path, seeds: list[int], jobs: int, backend: str) -> list[Path]:
    """Train on several tasks, from several seeds, with several settings; return the folders that hold several seeds."""
    first, grid, options = asked[0], asked[0].given.grid, asked[0].given.options
    with _progress() as progress:
        hear = _Bar(progress, {one.out: one.learner.n_steps for one in asked}, ", ".join(one.task for one in asked), len(seeds) * max(1, len(grid)))
        if len(asked) > 1:
            table = train_tasks(out, {one.task: one.learner for one in asked}, seeds, grid, backend, jobs, hear, **options)
        elif grid:
            table = train_grid(out, first.task, seeds, grid, first.learner, backend, jobs, hear, **options)
        else:
            table = train_seeds(out, first.task, seeds, first.learner, backend, jobs, hear, **options)
    tables = _by_folder(table, asked)
    for folder, rows in tables.items():
        Console().print(_summary(rows, folder), soft_wrap=True, highlight=False)
    return list(tables)


def _by_folder(table: pd.DataFrame, asked: list[_Asked]) -> dict[Path, pd.DataFrame]:
    """Return the rows of each folder that holds several seeds: one a task and combination of settings."""
    outs, tables = {one.task: one.out for one in asked}, {}
    labelled = table.assign(**{name: "" for name in ("settings",) if name not in table}, **({} if "task" in table else {"task": asked[0].task}))
    for (task, settings), rows in labelled.groupby(["task", "settings"], sort=False):
        tables[outs[task] / settings] = rows
    return tables


class _Bar:
    """Hears how many steps of each run are done, and shows them all as one bar.

    ``totals`` are the steps of a run, by the folder under which such runs stand; there are ``n_each`` in each.
    """

    def __init__(self, progress: Progress, totals: dict[Path, int], title: str, n_each: int) -> None:
        self.progress, self.totals, self.n_runs = progress, totals, n_each * len(totals)
        self.bar = progress.add_task(f"{title}, {self.n_runs} runs", total=n_each * sum(totals.values()), said="")

    def __call__(self, done: dict[Path, int]) -> None:
        """Take in the steps done, by folder."""
        total = {folder: next(n for above, n in self.totals.items() if folder.is_relative_to(above)) for folder in done}
        finished = sum(count >= total[folder] for folder, count in done.items())
        steps = sum(min(count, total[folder]) for folder, count in done.items())
        self.progress.update(self.bar, completed=steps, said=f"{finished} of {self.n_runs} done")


def _summary(table: pd.DataFrame, out: Path) -> str:
    measured = [name for name in ("regret", "reward_per_trial") if name in table and table[name].notna().all()]
    said = ", ".join(f"{name} {table[name].mean():.4g} ({table[name].min():.4g} to {table[name].max():.4g})" for name in measured)
    return f"trained agents: {out} ({len(table)} seed{'s' if len(table) > 1 else ''}; on fresh episodes, mean and range: {said})"


def _seeds(first: int, count: int) -> list[int]:
    if count < 1:
        raise UserError(f"--seeds is how many agents to train and must be >= 1, got {count}.")
    return list(range(first, first + count))


@contextmanager
def _cluster(backend: str, jobs: int, scheduler: str | None):
    """Hold a Dask client while the runs are under way, where one is asked for."""
    if backend != "dask":
        yield
        return
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UserError("--backend dask needs the packages of the extra 'cluster': pip install 'cogmeta[cluster]'.") from error
    if scheduler is None:
        with LocalCluster(n_workers=None if jobs == -1 else jobs, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster):
            yield
        return
    with Client(scheduler_file=scheduler) if Path(scheduler).is_file() else Client(scheduler):
        yield


def _progress() -> Progress:
    return Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
                    TimeRemainingColumn(), TextColumn("{task.fields[said]}"))


def _show(progress: Progress, bar: int, record: Record) -> None:
    said = f"{record.reward_per_trial:.3f} reward a trial, {record.steps / max(record.seconds, 1e-9):,.0f} steps/s"
    progress.update(bar, completed=min(record.steps, record.n_steps), said=said)


app = make_app()
