"""Networks of a few units that are fitted to the people they are compared on, by name: ``gru:2``, or ``gru:1/2/4``.

Of several sizes, inner folds of the trials that are fitted choose one (Ji-An et al. 2025): where trials are held out, anew in
every fold, so that what is held out never chooses.
"""

from dataclasses import dataclass, field

import pandas as pd

from cogmeta.errors import UserError
from cogmeta.fitting.likelihood import rollout_log_likelihood
from cogmeta.fitting.nested import size_scores
from cogmeta.fitting.tiny_network import Descent, fit_tiny_network
from cogmeta.models.tiny_network import TinyNetwork
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay
from cogmeta.task import Task


INNER_FOLDS = 3
"""By which one of several sizes is chosen."""


@dataclass(frozen=True)
class TinyPlayer:
    """A tiny network that is yet to be fitted.

    Parameters
    ----------
    kind : {"gru", "switching_gru"}
    n_units : int or tuple of int
        Several sizes to choose from.
    descent : Descent
        How its weights are sought.
    """

    kind: str = "gru"
    n_units: int | tuple[int, ...] = 2
    descent: Descent = field(default_factory=Descent)

    @property
    def name(self) -> str:
        """As it is asked for and printed."""
        return f"{self.kind}:{'/'.join(map(str, self.sizes))}"

    @property
    def sizes(self) -> tuple[int, ...]:
        """Numbers of units to choose from."""
        return (self.n_units,) if isinstance(self.n_units, int) else tuple(self.n_units)

    def fit(self, trials: pd.DataFrame, task: Task, seed: int = 0) -> TinyNetwork:
        """Return one network for all subjects of a trial table.

        Parameters
        ----------
        trials : DataFrame
        task : Task
            That they played.
        seed : int
        """
        spec = task.spec
        design = {"reward_range": spec.reward_range, "episode": spec.episode,
                  "n_arms": spec.family.choices[0].n_options or spec.n_actions}
        n_units = self.sizes[0]
        if len(self.sizes) > 1:
            tried = size_scores(trials, spec.family, self.sizes, self.kind, self.descent, INNER_FOLDS, seed, **design)
            n_units = int(tried["n_units"][tried["validation"].idxmax()])
        found = fit_tiny_network(trials, spec.family, n_units, self.kind, self.descent, seed, **design)
        return found.network.for_task(task)


def tiny_log_likelihood(network: TinyNetwork, rollout: Rollout, trials: pd.DataFrame) -> pd.Series:
    """Return each trial's log-likelihood under a fitted network; ``rollout`` is ``task.from_trials(trials)``."""
    return rollout_log_likelihood(replay(network.agent({}), rollout), trials)


def read_tiny(text: str, max_epochs: int = Descent.max_epochs) -> tuple[TinyPlayer, ...]:
    """Return the networks that a command line asks for.

    Examples
    --------
    >>> [player.name for player in read_tiny("gru:1/2,switching_gru:2")]
    ['gru:1/2', 'switching_gru:2']
    """
    return tuple(_read(part.strip(), max_epochs) for part in text.split(",") if part.strip())


def _read(text: str, max_epochs: int) -> TinyPlayer:
    kind, _, units = text.partition(":")
    sizes = units.split("/")
    if not all(size.isdigit() for size in sizes) or len(set(sizes)) < len(sizes):
        raise UserError("--tiny must read KIND:UNITS, separated by commas, such as gru:1,switching_gru:2, or gru:1/2/4 for sizes to choose "
                        f"from; got {text!r}.")
    for size in sizes:
        TinyNetwork("bandit", int(size), kind)  # says what is wrong with either
    return TinyPlayer(kind, int(units) if len(sizes) == 1 else tuple(map(int, sizes)), Descent(max_epochs=max_epochs))
