"""Everybody on the same trials: cognitive models, networks and chance, by the same log-likelihood a trial.

A cognitive model is fitted to each subject (maximum a posteriori) and scored on the same trials. A network was
trained for reward and never saw a person: it is scored as it is, and once more with one inverse temperature a
subject between its preferences and the choices (``tempered``), since people are noisier than it. How many numbers
were fitted to each subject stands beside every score.

Whoever has more numbers fits the same trials better. With ``held_out`` everybody is also scored on trials that were
left out of its fit, in the same folds: cognitive models and tiny networks (fitted to all subjects together, so that
no number is a subject's own) are refitted, a network's inverse temperature too; who is not fitted scores as before.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
import pandas as pd

from analyses.comparison import HELD_OUT, Comparison
from analyses.held_out import subject_of_episode, tempered_held_out, tiny_held_out
from analyses.intervals import mean_interval
from analyses.tiny_players import TinyPlayer, tiny_log_likelihood
from cogmeta.agent import Agent
from cogmeta.errors import UserError
from cogmeta.fitting import Fit, fit, log_likelihood, rollout_log_likelihood
from cogmeta.fitting.held_out import folds, held_out_log_likelihood
from cogmeta.fitting.temperature import tempered
from cogmeta.models.model import Model
from cogmeta.models.registry import make_model, model_names
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay
from cogmeta.task import Task
from cogmeta.trials import validate_trials

Listener = Callable[[str], None]
"""Called with a line about what is being done."""


def compare(
    task: Task, tables: Mapping[str, pd.DataFrame], agents: Mapping[str, Agent], models: Sequence[Model | str],
    seed: int = 0, listener: Listener | None = None, held_out: str | None = None, tiny: Sequence[TinyPlayer] = (),
    n_folds: int | None = None,
) -> Comparison:
    """Score agents and models on trial tables.

    Parameters
    ----------
    task : Task
        That the tables come from; agents replay them through it.
    tables : mapping of str to DataFrame
        Name -> trial table.
    agents : mapping of str to Agent
        Name -> trained network or reference player.
    models : sequence of str
        Cognitive models, by registered name or of one's own, fitted to each subject.
    seed : int
        Of the fits' starts.
    listener : callable, optional
    held_out : {"session", "block", "subject"}, optional
        Score everybody also on trials that were left out of what is fitted, the same folds for all.
    tiny : sequence of TinyPlayer
        Networks of a few units, each fitted to all subjects of a table together.
    n_folds : int, optional
        Folds of what is held out; by default as many as there are sessions (blocks, subjects).

    Returns
    -------
    Comparison

    Raises
    ------
    UserError
        Nothing can be held out as asked: a subject has a single session, say; or two players have one name.
    """
    check_players(models, agents, tiny)
    played = [_Played.of(data, table, task, held_out, n_folds, seed, listener) for data, table in tables.items()]
    fits, scores = {}, []
    for one in played:
        scores.append(one.score("chance", 0, _chance(one.rollout, one.trials)))
        for model in models:
            fitted, score = _score_model(one, model)
            fits[one.data, fitted.model.name] = fitted
            scores.append(score)
        for name, agent in agents.items():
            scores += _score_agent(one, name, agent)
        scores += [_score_tiny(one, player) for player in tiny]
    subjects = pd.concat([score.subjects for score in scores], ignore_index=True)
    sizes = pd.DataFrame([row for score in scores for row in score.chosen()])
    return Comparison(pd.DataFrame([score.row for score in scores]), fits, subjects, sizes)


def check_players(models: Sequence[Model | str], agents: Iterable[str], tiny: Sequence[TinyPlayer]) -> None:
    """Say if a model is not known, or if two players have one name.

    Examples
    --------
    >>> check_players(["bandit/random"], ["bandit/random"], [])
    Traceback (most recent call last):
    ...
    cogmeta.errors.UserError: 'bandit/random' is named twice among models, agents and tiny networks; name each once.
    """
    names = [*(make_model(model).name if isinstance(model, str) else model.name for model in models), *agents,
             *(player.name for player in tiny)]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"{name!r} is named twice among models, agents and tiny networks; name each once.")


@dataclass(frozen=True)
class _Score:
    """What one player scored on one table: a row of ``Comparison.likelihood``, and rows of ``Comparison.subjects``."""

    row: dict[str, object]
    subjects: pd.DataFrame
    units: list[int] = field(default_factory=list)

    def chosen(self) -> list[dict[str, object]]:
        """Return one row a fit of a tiny network: how many units it has."""
        keys = {name: self.row[name] for name in ("data", "player")}
        return [keys | {"fitted_to": "all" if k == 0 else f"all but fold {k - 1}", "n_units": n} for k, n in enumerate(self.units)]


@dataclass(frozen=True)
class _Played:
    """One trial table, and how players are scored on it."""

    data: str
    task: Task
    trials: pd.DataFrame
    rollout: Rollout
    by: str | None
    fold: np.ndarray | None
    n_folds: int | None
    seed: int
    listener: Listener | None

    @classmethod
    def of(
        cls, data: str, table: pd.DataFrame, task: Task, by: str | None, n_folds: int | None, seed: int, listener: Listener | None
    ) -> "_Played":
        _check_rewards(data, table, task)
        trials = validate_trials(table, task.spec.family, reward_range=task.spec.reward_range)
        fold = folds(trials, by, tuple(task.spec.episode or task.spec.family.episode), n_folds) if by else None
        return cls(data, task, trials, task.from_trials(trials), by, fold, n_folds, seed, listener)

    def tell(self, doing: str) -> None:
        if self.listener:
            self.listener(f"{self.data}: {doing}")

    def score(
        self, player: str, fitted: int, per_trial: pd.Series, held: pd.Series | None = None, shared: int = 0
    ) -> _Score:
        """Return the score of a player; who was not fitted scores the same on held-out trials."""
        held = None if self.fold is None else per_trial if held is None else held
        subject = self.trials["subject"].to_numpy()
        sums = {"log_likelihood": per_trial, **({} if held is None else {HELD_OUT[0]: held})}
        subjects = pd.DataFrame({name: values.groupby(subject, sort=False).sum() for name, values in sums.items()})
        subjects = subjects.rename_axis("subject").reset_index().assign(data=self.data, player=player, fitted=fitted, pooled=shared > 0)
        return _Score(self._row(player, fitted, shared, per_trial, held), subjects.merge(self.n_choices, on="subject"))

    @cached_property
    def n_choices(self) -> pd.DataFrame:
        """How many choices of each subject are scored."""
        names = pd.unique(self.trials["subject"])
        episode = subject_of_episode(self.rollout, self.trials)
        n = np.bincount(episode, self.rollout.scored.sum(axis=0), minlength=len(names))
        return pd.DataFrame({"subject": names, "n_choices": n.astype(int)})

    def _row(
        self, player: str, fitted: int, shared: int, per_trial: pd.Series, held: pd.Series | None
    ) -> dict[str, object]:
        score = _interval(per_trial, self.trials)
        row = {"data": self.data, "player": player, "fitted": fitted, "shared": shared,
               "log_likelihood_per_trial": float(per_trial.mean()), "low": score["low"], "high": score["high"], "n_subjects": int(score["n"]),
               "n_trials": int(per_trial.notna().sum())}
        if held is None:
            return row
        score = _interval(held, self.trials)
        return row | dict(zip(HELD_OUT, (float(held.mean()), score["low"], score["high"]), strict=True))


def _check_rewards(data: str, table: pd.DataFrame, task: Task) -> None:
    """Say how to go on where people won what the task does not pay; everything else is said by ``validate_trials``."""
    reward = pd.to_numeric(table.get("reward", pd.Series(dtype=float)), errors="coerce")
    (low, high), name = task.spec.reward_range, task.spec.name
    if reward.min() < low or reward.max() > high:
        raise UserError(f"rewards of {data} span {reward.min():g} to {reward.max():g}, but those of {name!r} lie in [{low:g}, {high:g}]. Set the "
                        f"task as it was played (--set; its settings: cogmeta tasks {name}), or leave --task out and give --reward-range.")


def _interval(per_trial: pd.Series, trials: pd.DataFrame) -> pd.Series:
    """Return mean, low, high and n over subjects of a score a trial."""
    by_subject = per_trial.groupby(trials["subject"].to_numpy()).mean().dropna().rename("score").reset_index()
    return mean_interval(by_subject.assign(all=0), "score", "all").iloc[0]


def model_for(model: Model | str, task: Task) -> Model:
    """Return a model, registered or of one's own, adapted to the task that was played."""
    model = make_model(model) if isinstance(model, str) else model
    if model.family is not task.spec.family:
        raise UserError(f"{model.name} is a model of {model.family.name} trials, but {task.spec.name!r} is a "
                        f"{task.spec.family.name} task. Choose from {model_names(task.spec.family.name)}.")
    return model.for_task(task)


def _score_model(one: _Played, model: Model | str) -> tuple[Fit, _Score]:
    """Return the fit of a cognitive model to each subject, and its scores."""
    spec, model = one.task.spec, model_for(model, one.task)
    name = model.name
    one.tell(f"fitting {name}")
    how = {"seed": one.seed, "reward_range": spec.reward_range, "episode": spec.episode}
    fitted, held = fit(model, one.trials, **how), None
    if one.by:
        held = held_out_log_likelihood(model, one.trials, one.by, **how, n_folds=one.n_folds, listener=lambda done, total: one.tell(
            f"fitting {name}, {done} of {total} folds held out"))
    return fitted, one.score(name, len(fitted.model.parameter_names), log_likelihood(fitted, one.trials), held)


def _score_agent(one: _Played, name: str, agent: Agent) -> list[_Score]:
    """Return the scores of an agent as it is and, where it rules nothing out, of a tempered one."""
    if agent.sees_hidden and not one.rollout.hidden:
        return []
    one.tell(f"replaying through {name}")
    heard = replay(agent, one.rollout)
    scores = [one.score(name, 0, rollout_log_likelihood(heard, one.trials))]
    if np.isfinite(heard.logits[heard.scored]).all():
        scaled = tempered(heard, subject_of_episode(one.rollout, one.trials))
        held = None
        if one.fold is not None:
            held = rollout_log_likelihood(tempered_held_out(heard, one.trials, one.fold), one.trials)
        scores.append(one.score(f"{name}, tempered", 1, rollout_log_likelihood(scaled, one.trials), held))
    return scores


def _score_tiny(one: _Played, player: TinyPlayer) -> _Score:
    """Return the scores of a tiny network, one for all subjects."""
    one.tell(f"fitting {player.name}")
    network, held, units = player.fit(one.trials, one.task, one.seed), None, []
    if one.fold is not None:
        one.tell(f"fitting {player.name} to every fold's others")
        held, units = tiny_held_out(player, one.rollout, one.trials, one.fold, one.seed)
    per_trial = tiny_log_likelihood(network, one.rollout, one.trials)
    score = one.score(player.name, 0, per_trial, held, shared=network.n_weights)
    return replace(score, units=[network.n_units, *units])


def _chance(rollout: Rollout, trials: pd.DataFrame) -> pd.Series:
    """Return the log-likelihood of choosing at random among the options that each scored choice had."""
    spec = rollout.task.spec
    logits = np.zeros((*rollout.action.shape, spec.n_actions))
    logits[..., spec.family.choices[0].n_options or spec.n_options or spec.n_actions:] = -np.inf
    return rollout_log_likelihood(rollout.with_agent(logits, None), trials)
