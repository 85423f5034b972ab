"""A page of documentation a suite of tasks, made from the registry, the docstrings and what the references earn.

    cogmeta tasks --docs docs/tasks

What was drawn or sampled (a played episode, the references' scores) stands between two marks; ``without_samples`` takes it
out, so that a test can hold the rest of a page against the registry.
"""

import re
from collections.abc import Callable
from pathlib import Path

from cogmeta.files import atomic_path
from tasks.docstrings import meanings, module_account, sections
from tasks.picture import picture
from tasks.players import players
from tasks.published import PUBLISHED
from tasks.registered import Registered
from tasks.registry import make_task, registered, task_names
from tasks.train_run import measure

BEGIN, END = "<!-- sampled -->", "<!-- end -->"
"""Marks around what was sampled."""

MOST_STEPS, MOST_NUMBERS = 100_000, 5e7
"""Steps played by each reference of a design, and numbers seen in them, unless the episodes asked for are fewer."""

LEAST_EPOCHS = 20
"""Epochs played where one has several episodes, if ``MOST_STEPS`` allow: a standard error is one over epochs."""

EXAMPLE = '''```python
from cogmeta.simulate import simulate
from tasks.players import players
from tasks.registry import make_task

task = make_task("{name}")
for name, agent in players(task).items():
    rollout = simulate(agent, task, n_episodes=20, seed=0)
    print(f"{{name:24s}}{{rollout.reward.sum(axis=0).mean() / task.spec.n_trials:.3f}}")
print(rollout.to_trials().head())      # of the last player: one row a trial
```'''


def suites() -> dict[str, list[Registered]]:
    """Return the registered designs by the family in their names, in the order of the registry."""
    out: dict[str, list[Registered]] = {}
    for entry in map(registered, task_names()):
        out.setdefault(entry.family, []).append(entry)
    return out


def write_pages(folder: str | Path, n_episodes: int = 200, only: str | None = None,
                listener: Callable[[str], None] = lambda name: None) -> list[Path]:
    """Write the page of every suite, or of one, into a folder.

    Parameters
    ----------
    folder : str or Path
        Made if needed.
    n_episodes : int
        Episodes of each reference player; fewer where they are long, see ``MOST_STEPS``.
    only : str, optional
        A suite.
    listener : callable
        Hears the name of each design before its references play.

    Returns
    -------
    list of Path
    """
    written = []
    for suite, entries in suites().items():
        if only in (None, suite):
            path = Path(folder) / f"{suite}.md"
            with atomic_path(path) as part:
                part.write_text(page(suite, entries, n_episodes, listener), encoding="utf-8")
            written.append(path)
    return written


def page(suite: str, entries: list[Registered], n_episodes: int = 0,
         listener: Callable[[str], None] = lambda name: None) -> str:
    """Return the page of a suite; without episodes nothing is sampled."""
    kinds = list(dict.fromkeys(entry.constructor for entry in entries))
    parts = [f"# The suite {suite}", "Made by `cogmeta tasks --docs docs/tasks`; do not edit.", _overview(entries)]
    for kind in kinds:
        own = [entry for entry in entries if entry.constructor is kind]
        parts += _section(kind, own, n_episodes, listener)
    parts += ["## Example", "What every reference player earns, and a trial table:", EXAMPLE.format(name=entries[0].name)]
    return "\n\n".join(parts) + "\n"


def without_samples(text: str) -> str:
    """Return a page without what was sampled."""
    return re.sub(f"{BEGIN}.*?{END}", f"{BEGIN}{END}", text, flags=re.DOTALL)


def _overview(entries: list[Registered]) -> str:
    rows = [[f"`{e.name}`", make_task(e.name).spec.n_trials, e.citation, e.learns] for e in entries]
    return table(["design", "trials", "source", "what must be learnt within an episode"], rows)


def _section(kind: type, entries: list[Registered], n_episodes: int, listener: Callable[[str], None]) -> list[str]:
    said = sections(kind.__doc__ or "")
    parts = [f"## {kind.__name__}", markdown(said[""]), markdown(module_account(kind)), "### Settings",
             _settings(kind, entries)]
    if "Notes" in said:
        parts += ["### Equations", markdown(said["Notes"])]
    parts += ["### How ours depart", "\n".join(f"- `{e.name}`: {e.departure}" for e in entries)]
    sampled = _sampled(entries, n_episodes, listener) if n_episodes else ""
    return [*parts, f"{BEGIN}{sampled}{END}"]


def _settings(kind: type, entries: list[Registered]) -> str:
    tasks = [make_task(entry.name) for entry in entries]
    rows = []
    for name, meaning in meanings(kind).items():
        values: dict[str, list[str]] = {}
        for task in tasks:
            values.setdefault(repr(getattr(task, name)), []).append(task.name.split("/")[1])
        shown = [f"`{value}`" + (f" ({', '.join(names)})" if len(values) > 1 else "") for value, names in values.items()]
        if name != "name":
            rows.append([f"`{name}`", "; ".join(shown), markdown(meaning)])
    return table(["setting", "value", "meaning"], rows)


def _sampled(entries: list[Registered], n_episodes: int, listener: Callable[[str], None]) -> str:
    parts = ["", f"### A few trials of `{entries[0].name}`", f"```text\n{picture(make_task(entries[0].name))}\n```",
             "### References", "Reward a trial and cumulative expected regret an episode (where defined), each with its "
             "standard error over episodes; beside them what is published, computed elsewhere or exact."]
    for entry in entries:
        listener(entry.name)
        parts += [f"**{entry.name}**", _references(entry.name, n_episodes)]
    return "\n\n".join(parts) + "\n\n"


def _references(name: str, n_episodes: int) -> str:
    task = make_task(name)
    most = min(MOST_STEPS, MOST_NUMBERS / task.spec.observation_size) / task.spec.n_steps
    per_epoch = task.spec.episodes_per_epoch
    wanted = max(n_episodes, LEAST_EPOCHS * per_epoch) if per_epoch > 1 else n_episodes
    n_episodes = min(wanted, max(2, int(most)) * per_epoch)
    rows = []
    for player, agent in players(task).items():
        scores = measure(agent, task, n_episodes)
        known = PUBLISHED.get((name, player))
        rows.append([player, _score(scores, "reward_per_trial"), _score(scores, "regret"),
                     f"{known.measure} {known.value:.4g} ({known.source})" if known else ""])
    return f"{n_episodes} episodes.\n\n" + table(["player", "reward a trial", "regret", "reference"], rows)


def _score(scores: dict[str, float], what: str) -> str:
    return f"{scores[what]:.4g} ± {scores[f'{what}_sem']:.2g}" if what in scores else ""


def markdown(text: str) -> str:
    """Return the text of a docstring as Markdown.

    Examples
    --------
    >>> markdown("``a`` is::")
    '`a` is:'
    """
    return text.replace("``", "`").replace("::", ":")


def table(columns: list[str], rows: list[list[object]]) -> str:
    """Return a Markdown table.

    Examples
    --------
    >>> print(table(["a"], [["x | y"]]))
    | a |
    |---|
    | x \\| y |
    """
    lines = [" | ".join(str(cell).replace("|", "\\|") for cell in row) for row in [columns, *rows]]
    return "\n".join([f"| {lines[0]} |", "|" + "---|" * len(columns), *(f"| {line} |" for line in lines[1:])])
