"""Train a network on a task by its reward prediction errors alone."""

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

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
from tasks.train_seeds import train_grid, train_seeds

_LEARNING = "Network and learner"

Draw = Callable[[Path], None]
"""Called with the folder of several seeds when all are trained."""


def make_app(draw: Draw | None = None) -> typer.Typer:
    """Return the command; ``draw`` makes figures of a folder of several seeds (this floor has none)."""
    app = CommandApp()

    @app.command()
    def run(
        task: str = typer.Argument(..., help="Registered task; see cogmeta tasks."),
        out: Path = typer.Option(..., "--out", help="Folder of the run: weights, record, learning curve, checkpoint."),
        agent: str | None = typer.Option(None, "--agent", help="Kind of network: " + ", ".join(NETWORKS) + "; by default that of the preset.", rich_help_panel=_LEARNING),
        learner: str | None = typer.Option(None, "--learner", help="a2c, ppo, trpo or sarsa; by default that of the task's preset.", rich_help_panel=_LEARNING),
        imitate: str | None = typer.Option(None, "--imitate", help="Learn this reference player's choices instead, such as gittins.", rich_help_panel=_LEARNING),
        start: Path | None = typer.Option(None, "--start", help="Folder of a trained agent: go on from its weights instead of drawn ones.", rich_help_panel=_LEARNING),
        settings: list[str] = typer.Option([], "--set", metavar="NAME=VALUE", help="A setting of the learner, such as step_size=3e-3 or discount=0.8:0.96; repeatable.", rich_help_panel=_LEARNING),
        grid: list[str] = typer.Option([], "--grid", metavar="NAME=VALUE,VALUE", help="Values of a setting of the learner: train every combination, in folders of OUT; repeatable.", rich_help_panel=_LEARNING),
        steps: int | None = typer.Option(None, "--steps", help="Environment steps; by default those of the preset.", rich_help_panel=_LEARNING),
        seed: Seed = 0,
        seeds: int | None = typer.Option(None, "--seeds", help="Train this many, from --seed on, side by side in OUT/seed_<seed>.", rich_help_panel=RUNNING),
        jobs: Jobs = -1,
        workers: int | None = typer.Option(None, "--workers", help="Play every batch in 2 parts (or --set n_parts), shared by this many processes; any number, same bytes (a2c).", rich_help_panel=RUNNING),
        backend: str = typer.Option("loky", "--backend", help="With --seeds: loky (this machine) or dask (a cluster).", rich_help_panel=RUNNING),
        scheduler: str | None = typer.Option(None, "--scheduler", help="With dask: address, or the scheduler file of a cluster.", rich_help_panel=RUNNING),
        resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in the folder (always so with --seeds).", rich_help_panel=RUNNING),
    ) -> None:
        """Train a network on a task by its reward prediction errors alone.

        Example:  cogmeta train bandit/independent --seed 0 --out runs/bandit

        Several:  cogmeta train bandit/independent --seeds 8 --out runs/bandit_seeds

        A grid:   cogmeta train bandit/easy --grid step_size=1e-3,3e-3 --grid n_episodes=64,128 --seeds 2 --out runs/grid
        """
        check_names(task, agent, learner)
        if learner and imitate:
            raise UserError("--imitate is a learner of its own; leave --learner out.")
        if (seeds is not None or grid) and workers is not None:
            raise UserError("--workers splits the batches of one training; with --seeds or --grid, --jobs says how many run side by side.")
        given, texts = imitation_of(task, imitate) if imitate else learner, as_texts(parse_settings(settings))
        chosen = with_settings(learner_of(task, given, steps if steps is None else check_n_steps(steps)), parse_settings(settings))
        asked = _Asked(task, out, agent, chosen, learner, imitate, start, steps, tuple(texts))
        if seeds is None and not grid:
            _run_one(asked, seed, resume, workers)
            return
        with _cluster(backend, jobs, scheduler):
            folders = _run_many(asked, _seeds(seed, 1 if seeds is None else seeds), parse_grid(grid), jobs, backend)
        for folder in folders if draw is not None else ():
            draw(folder)

    return app


@dataclass(frozen=True)
class _Asked:
    """What is to be trained; ``settings`` are those by which ``learner`` differs from what ``name`` or the preset says."""

    task: str
    out: Path
    agent: str | None
    learner: Learner
    name: str | None
    imitate: str | None
    start: Path | None
    steps: int | None
    settings: tuple[str, ...]


def _run_one(asked: _Asked, seed: int, resume: bool, workers: int | None) -> None:
    command = command_line(asked.task, asked.out, asked.agent, asked.name, asked.steps, seed, asked.imitate, asked.start, workers,
                           asked.settings)
    learner = asked.learner if workers is None else split(asked.learner, workers)
    try:
        with _progress() as progress:
            bar = progress.add_task(asked.task, total=learner.n_steps, said="")
            train_into(asked.out, asked.task, learner, seed, resume, [lambda record: _show(progress, bar, record)],
                       agent=asked.agent, start=asked.start, command=command)
    except Interrupted as stopped:
        Console(stderr=True).print(f"{stopped} Go on with:  {command} --resume", soft_wrap=True, highlight=False)
        raise typer.Exit(130) from None
    found = load_record(asked.out).quality
    quality = ", ".join(f"{name} {number:g}" for name, number in found.items() if name != "test_seed")
    Console().print(f"trained agent: {asked.out} (on fresh episodes: {quality})", soft_wrap=True, highlight=False)


def _run_many(asked: _Asked, seeds: list[int], grid: list[dict[str, Any]], jobs: int, backend: str) -> list[Path]:
    """Train from several seeds, or with several settings; return the folders that hold several seeds."""
    options = {"n_steps": asked.steps, "agent": asked.agent, "imitate": asked.imitate, "start": asked.start, "learner_name": asked.name,
               "settings": asked.settings}
    n_runs, total = len(seeds) * max(1, len(grid)), asked.learner.n_steps
    with _progress() as progress:
        bar = progress.add_task(f"{asked.task}, {n_runs} runs", total=total * n_runs, said="")

        def show(done: dict[Path, int]) -> None:
            finished = sum(count >= total for count in done.values())
            progress.update(bar, completed=sum(min(count, total) for count in done.values()), said=f"{finished} of {n_runs} done")

        if not any(grid):
            tables = {asked.out: train_seeds(asked.out, asked.task, seeds, asked.learner, backend, jobs, show, **options)}
        else:
            table = train_grid(asked.out, asked.task, seeds, grid, asked.learner, backend, jobs, show, **options)
            tables = {asked.out / str(text): rows for text, rows in table.groupby("settings", sort=False)}
    for folder, table in tables.items():
        Console().print(_summary(table, folder), soft_wrap=True, highlight=False)
    return list(tables)


def _summary(table: pd.DataFrame, out: Path) -> str:
    measured = [name for name in ("regret", "reward_per_trial") if name in table]
    said = ", ".join(f"{name} {table[name].mean():.4g} ({table[name].min():.4g} to {table[name].max():.4g})" for name in measured)
    return f"trained agents: {out} ({len(table)} seeds; on fresh episodes, mean and range: {said})"


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
