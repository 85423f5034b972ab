"""Let a trained network, a reference player or a cognitive model behave, and write the trial table."""

from pathlib import Path

import typer
from rich.console import Console
from rich.progress import Progress

from analyses.players import find_player, read_settings
from cogmeta.command_app import CommandApp
from cogmeta.command_options import Seed, TaskSettings
from cogmeta.files import check_file
from cogmeta.named_values import named_numbers
from cogmeta.simulate import simulate
from cogmeta.trials import write_trials
from tasks.registry import make_task

app = CommandApp()


@app.command()
def run(
    player: str = typer.Argument(..., help="A folder written by cogmeta train, a reference player, a cognitive model, or an agent that learns while it behaves (mfec, nec, similarity, dqn)."),
    task: str = typer.Option(..., "--task", help="Registered task; see cogmeta tasks.", rich_help_panel="Task"),
    episodes: int = typer.Option(300, "--episodes", help="Episodes played."),
    out: Path = typer.Option(..., "--out", help="Trial table to write, a CSV file."),
    seed: Seed = 0,
    parameters: str = typer.Option("", "--parameters", help="Of a cognitive model: name=value,name=value; the middle of its plausible range for one not named. Settings of an agent that learns: discount=0.9,epsilon=0.05."),
    subject: str | None = typer.Option(None, "--subject", help="Make all episodes sessions of one subject of this name; else each is a subject."),
    settings: TaskSettings = [],
) -> None:
    """Let a trained network, a reference player, a cognitive model or an agent that learns behave; write the trial table.

    Example:  cogmeta simulate thompson --task bandit/independent --episodes 300 --subject thompson --out trials.csv
    """
    check_file(out)
    made = make_task(task, **read_settings(settings))
    given = parameters.split(",") if parameters.strip() else []
    numbers = named_numbers(given, "--parameters", "learning_rate=0.3,inverse_temperature=4")
    agent = find_player(player, made, numbers)
    with Progress(transient=True) as progress:
        bar = progress.add_task(f"{player} plays {task}", total=made.spec.n_steps)
        rollout = simulate(agent, made, episodes, seed, listener=lambda done, _: progress.update(bar, completed=done))
    trials = rollout.to_trials(subject)
    write_trials(trials, out)
    reward = trials["reward"].mean()
    Console().print(f"{len(trials)} trials of {episodes} episodes, {reward:.3f} reward a trial: {out}", soft_wrap=True)
