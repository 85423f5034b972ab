"""Train a network on a task by its reward prediction errors alone."""

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from cogmeta.agents.store import NETWORKS, load_record
from cogmeta.simulate import check_seed
from cogmeta.training import Interrupted
from cogmeta.training.learner import check_n_steps
from cogmeta.training.run import Record
from tasks.presets import check_names, learner_for
from tasks.train_run import train_into

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.command()
def run(
    task: str = typer.Argument(..., help="Registered task; see cogmeta tasks."),
    out: Path = typer.Option(..., "--out", help="Folder of the run: weights, record, learning curve, checkpoint."),
    agent: str = typer.Option("lstm", "--agent", help="Kind of network: " + ", ".join(NETWORKS) + "."),
    learner: str | None = typer.Option(None, "--learner", help="a2c or ppo; by default that of the task's preset."),
    steps: int | None = typer.Option(None, "--steps", help="Environment steps; by default those of the preset."),
    seed: int = typer.Option(0, "--seed", help="Same seed, same weights."),
    resume: bool = typer.Option(False, "--resume", help="Go on from the checkpoint in the folder."),
) -> None:
    """Train a network on a task by its reward prediction errors alone.

    Example:  cogmeta train bandit/independent --seed 0 --out runs/bandit
    """
    check_names(task, agent, learner)
    check_seed(seed)
    if steps is not None:
        check_n_steps(steps)
    command = _command(task, agent, learner, steps, seed, out)
    try:
        with Progress(TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f}%"),
                      TimeRemainingColumn(), TextColumn("{task.fields[said]}")) as progress:
            bar = progress.add_task(task, total=steps or learner_for(task, learner).n_steps, said="")
            train_into(out, task, learner, seed, resume, [lambda record: _show(progress, bar, record)],
                       n_steps=steps, agent=agent, command=command)
    except Interrupted as stopped:
        Console(stderr=True).print(f"{stopped} Go on with:  {command} --resume", soft_wrap=True, highlight=False)
        raise typer.Exit(130) from None
    quality = ", ".join(f"{name} {number:g}" for name, number in load_record(out).quality.items() if name != "test_seed")
    Console().print(f"trained agent: {out} (on fresh episodes: {quality})", soft_wrap=True, highlight=False)


def _show(progress: Progress, bar: int, record: Record) -> None:
    said = f"{record.reward_per_trial:.3f} reward a trial, {record.steps / max(record.seconds, 1e-9):,.0f} steps/s"
    progress.update(bar, completed=min(record.steps, record.n_steps), said=said)


def _command(task: str, agent: str, learner: str | None, steps: int | None, seed: int, out: Path) -> str:
    """Return the command line that makes this run."""
    kind = agent if agent != "lstm" else None
    given = [("--agent", kind), ("--learner", learner), ("--steps", steps), ("--seed", seed)]
    options = " ".join(f"{name} {value}" for name, value in given if value is not None)
    return f"cogmeta train {task} {options} --out {out}"
