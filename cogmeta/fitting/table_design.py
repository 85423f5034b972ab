"""Let a model choose on the trials of a table: the same subjects, blocks, missing and forced trials, other choices.

Where a table shows the outcome of both arms (``counterfactual_reward``), they stay as they were. What is assumed of outcomes
that the table does not show: where it tells the probabilities that the task hid
(``reward_probability_<arm>``, ``reward_probability_<state>_<option>``, ``reward_probability_<state>``) and rewards are 0
or 1, outcomes are drawn from them. Otherwise an option pays what it paid on the nearest trial of the same sequence on
which it was taken, and where it never was, what it paid on some trial of the table. Whether a two-step transition is
common stays as it was.
"""

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.families import COUNTERFACTUAL, TWO_STEP
from cogmeta.fitting.sequences import Sequences, sequences_of
from cogmeta.models.model import Model
from cogmeta.models.parameter import check_parameters, one_set
from cogmeta.models.trial import Trial, in_tuple, one_hot
from cogmeta.simulate import sample
from cogmeta.trials import forced_trials


def simulate_on_table(
    model: Model, parameters: dict[str, np.ndarray], trials: pd.DataFrame, rng: np.random.Generator,
    episode: tuple[str, ...] | None = None,
) -> pd.DataFrame:
    """Return a copy of a trial table in which a model made the choices.

    Parameters
    ----------
    model : Model
        Adapted to the table by ``for_trials``.
    parameters : dict of (n_subjects,) float arrays
        Natural; subjects in order of appearance.
    trials : DataFrame
        Validated, of the model's family.
    rng : numpy.random.Generator
    episode : tuple of str, optional
        Columns whose change starts learning afresh; by default the family's.

    Returns
    -------
    DataFrame
        The same rows and columns; ``choice, reward`` (or ``choice1, state2, choice2, reward, common``) are new where a
        trial was answered. Other columns (reaction times) are left out, but for those that the task hid.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> from cogmeta.trials import validate_trials
    >>> table = pd.DataFrame({"subject": "a", "trial": range(4), "choice": [0, 1, None, 1], "reward": [0, 1, None, 1]})
    >>> table, model = validate_trials(table, "bandit"), make_model("bandit/rescorla_wagner")
    >>> own = {"learning_rate": np.array([0.5]), "inverse_temperature": np.array([5.0])}
    >>> new = simulate_on_table(model.for_trials(table), own, table, np.random.default_rng(0))
    >>> new["choice"].isna().tolist(), (new["choice"] == new["reward"]).dropna().all()
    ([False, False, True, False], np.True_)
    """
    if not set(model.outcomes) <= {"reward", COUNTERFACTUAL}:
        raise UserError(f"{model.name} learns from {list(model.outcomes)}; on a trial table only models that learn from "
                        f"'reward' and {COUNTERFACTUAL!r} can be simulated. Name a task instead.")
    sequences = sequences_of(model, trials, episode)
    strange = [name for name in ("state1", "context") if name in sequences.events]
    if strange:
        raise UserError(f"what follows a choice is not known for tables with the column {strange[0]!r}, so that no model "
                        "can be simulated on them. Name a task instead.")
    natural = check_parameters(model, parameters)
    own = one_set({name: np.broadcast_to(x, len(sequences.subjects))[sequences.subject] for name, x in natural.items()})
    play = _Play(model, trials, sequences, rng)
    values = model.initial_values((sequences.row.shape[1],), own)
    for t in range(len(sequences.row)):
        values = model.update(values, own, play.trial(t, in_tuple(model.policy(values, own))))
    return play.table()


class _Play:
    """The columns that a play fills in, one trial of all sequences after the other."""

    def __init__(self, model: Model, trials: pd.DataFrame, sequences: Sequences, rng: np.random.Generator) -> None:
        self.model, self.trials, self.row, self.rng = model, trials, sequences.row, rng
        self.two_step = model.family is TWO_STEP
        kept = ["choice1", "state2", "choice2"] if self.two_step else ["choice"]
        self.kept = [name for name in kept if name in trials]
        self.columns = {name: trials[name].to_numpy(float, na_value=np.nan) for name in (*self.kept, *model.outcomes)}
        self.common = self.columns["choice1"] == self.columns["state2"] if self.two_step else None
        self.forced = forced_trials(trials)
        self.pays = _payments(trials, self.row, self._place(self.columns), self._n_places(), rng)
        self.new = {name: column.copy() for name, column in self.columns.items()}

    def _n_places(self) -> int:
        if not self.two_step:
            return self.model.n_options(self.model.choices[0])
        return 4 if "choice2" in self.kept else 2

    def _place(self, columns: dict[str, np.ndarray]) -> np.ndarray:
        """Return which outcome each trial shows, as a number from 0; NaN where it shows none."""
        if not self.two_step:
            return columns["choice"]
        return 2 * columns["state2"] + columns["choice2"] if "choice2" in self.kept else columns["state2"]

    def trial(self, t: int, policy: tuple[np.ndarray, ...]) -> Trial:
        """Choose, collect, note it down; return what happened."""
        row = self.row[t]
        now = {name: column[row] for name, column in self.columns.items()}
        for choice, logits in zip(self.model.choices, policy):
            if choice.given:
                state = one_hot(now[choice.given].astype(int), 2)
                logits = (state[:, None] * logits).sum(axis=0)
            logits = np.broadcast_to(logits, (len(logits), len(row)))
            now[choice.column] = np.where(self.forced[row], now[choice.column], sample(logits.T, self.rng))
            if choice.column == "choice1":
                now["state2"] = np.where(self.common[row], now["choice1"], 1 - now["choice1"])
        place = np.nan_to_num(self._place(now)).astype(int)
        now["reward"] = self.pays[t, place, np.arange(len(row))]
        if COUNTERFACTUAL in now:
            now[COUNTERFACTUAL] = np.where(np.isnan(now[COUNTERFACTUAL]), np.nan, self.pays[t, 1 - place, np.arange(len(row))])
        live = row >= 0
        for name, column in self.new.items():
            column[row[live]] = now[name][live]
        return self._event(now, live)

    def _event(self, now: dict[str, np.ndarray], live: np.ndarray) -> Trial:
        sizes = {c.column: self.model.n_options(c) for c in self.model.choices} | dict(self.model.family.states)
        coded = {name: one_hot(np.where(live, now[name], -1).astype(int), n) for name, n in sizes.items()}
        return Trial(**coded, **{name: np.where(live, now[name], 0.0) for name in self.model.outcomes})

    def table(self) -> pd.DataFrame:
        """Return the filled table."""
        known = [c for c in self.trials if c in ("subject", "session", "block", "trial", "forced")
                 or c.startswith("reward_probability_")]
        out = self.trials[known].assign(**{name: pd.array(self.new[name], "Float64").astype("Int64")
                                           if name in self.kept else self.new[name] for name in self.new})
        return out.assign(**self.model.family.derive(out)) if self.model.family.derive else out


def _payments(
    trials: pd.DataFrame, row: np.ndarray, place: np.ndarray, n_places: int, rng: np.random.Generator
) -> np.ndarray:
    """Return (n_trials, n_places, n_sequences) what each option, or state and option, pays on every trial."""
    reward = trials["reward"].to_numpy(float)
    names = [] if COUNTERFACTUAL in trials else _hidden_columns(n_places, trials)
    if names and np.isin(reward[np.isfinite(reward)], (0, 1)).all():
        chance = trials[names].to_numpy(float)[row].swapaxes(1, 2)
        return (rng.random(chance.shape) < chance).astype(float)
    out = np.empty((len(row), n_places, row.shape[1]))
    seen = np.isfinite(reward) & np.isfinite(place)
    for k in range(n_places):
        pool = reward[seen & (place == k)]
        pool = pool if len(pool) else reward[seen]
        for lane in range(row.shape[1]):
            out[:, k, lane] = _nearest(row[:, lane], reward, seen & (place == k), pool, rng)
    return _as_shown(out, trials, row, place) if COUNTERFACTUAL in trials else out


def _as_shown(pays: np.ndarray, trials: pd.DataFrame, row: np.ndarray, place: np.ndarray) -> np.ndarray:
    """Return what both arms pay, with what the table shows of either in its place."""
    reward, other = (trials[name].to_numpy(float)[row] for name in ("reward", COUNTERFACTUAL))
    shown = np.stack([np.where(place[row] == k, reward, other) for k in range(2)], axis=1)
    return np.where(np.isnan(shown), pays, shown)


def _nearest(
    row: np.ndarray, reward: np.ndarray, taken: np.ndarray, pool: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return what an option paid on the nearest trial (the earlier of two), or draws from a pool where there is none."""
    when = np.flatnonzero((row >= 0) & taken[row])
    if not len(when):
        return rng.choice(pool, len(row))
    after = np.minimum(np.searchsorted(when, np.arange(len(row))), len(when) - 1)
    before = np.maximum(after - 1, 0)
    t = np.arange(len(row))
    near = np.where(np.abs(when[before] - t) <= np.abs(when[after] - t), when[before], when[after])
    return reward[row[near]]


def _hidden_columns(n_places: int, trials: pd.DataFrame) -> list[str]:
    """Return the columns with the probabilities of all outcomes; none where one lacks or has gaps."""
    flat = [f"reward_probability_{k}" for k in range(n_places)]
    nested = [f"reward_probability_{k // 2}_{k % 2}" for k in range(n_places)]
    for names in (flat, nested):
        if set(names) <= set(trials) and not trials[names].isna().any(axis=None):
            return names
    return []
