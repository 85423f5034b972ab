"""Random Markov decision processes: ten states, five actions, a short way through them, again and again.

What is observed: the state, and whether a new visit begins. What must be learnt within an episode: where every action
leads and what it pays, well enough to plan. Source: Duan et al. 2016 (arXiv 1611.02779, section 3.2): 10 states, 5
actions, horizon 10, mean rewards N(1, 1), rewards N(mean, 1), transitions Dirichlet(1, ..., 1), start in state 0.

Words: the paper's *trial*, one sampled process with ``n`` episodes in it, is our *episode* (memory starts afresh); the
paper's *episode*, ``horizon`` steps from the start state, is our *visit*, kept in the column ``block`` (memory goes on);
one step is a trial of the table. An episode of ``n`` visits has ``n_trials = n * horizon``.

How ours departs: rewards are cut six standard deviations from their mean, which happens less than once in a hundred
million steps; the flag of a new visit, 1 at an episode's very first step too, is the paper's termination flag of the
step before. The state that the last action of a visit leads to is never seen.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
import pandas as pd

from cogmeta.errors import UserError
from cogmeta.families import MDP
from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import validate_trials
from tasks.columns import answered_rows, check_length, flat, index_columns, take
from tasks.planning import action_values
from tasks.settings import check_above_zero, check_at_least, check_size

MOST_TRANSITIONS = 10**6
"""Probabilities of the largest process of an episode: 8 MB an episode, solved in some milliseconds a step of its horizon."""


@dataclass(frozen=True, eq=False)
class Processes:
    """A batch of Markov decision processes, solved when asked.

    Parameters
    ----------
    transition : (n, n_states, n_actions, n_states) float array
        Probability of each next state.
    mean_reward : (n, n_states, n_actions) float array
    horizon : int
        Steps of a visit.
    """

    transition: np.ndarray
    mean_reward: np.ndarray
    horizon: int

    @cached_property
    def action_value(self) -> np.ndarray:
        """(horizon, n, n_states, n_actions) best expected reward to the visit's end; row ``m`` has m + 1 steps left."""
        return action_values(self.transition, self.mean_reward, self.horizon)

    @cached_property
    def optimal_return(self) -> np.ndarray:
        """(n,) expected reward of a visit of somebody who knows the process."""
        return self.action_value[-1, :, 0].max(axis=-1)

    @cached_property
    def edges(self) -> np.ndarray:
        """(n * n_states * n_actions, n_states) cumulated transition probabilities."""
        return self.transition.cumsum(axis=-1).reshape(-1, self.transition.shape[-1])


class MDPState(NamedTuple):
    """State of a batch of episodes."""

    step: int
    processes: Processes
    place: np.ndarray  # (n_episodes,) int, the state in which they are


@dataclass(frozen=True)
class RandomMDP(Task):
    """A random Markov decision process an episode, visited from its start state every ``horizon`` steps.

    Parameters
    ----------
    n_states, n_actions : int
        >= 2.
    horizon : int
        Steps of a visit, >= 1.
    n_trials : int
        Steps of an episode, >= 1: visits times horizon. The last visit is cut short where the horizon does not divide it.
    transition_weight : float
        > 0: weight of each next state in the Dirichlet distribution of transitions.
    reward_mean, reward_mean_sd : float
        Of the normal distribution of what an action pays on average; standard deviation >= 0.
    reward_sd : float
        Standard deviation of a reward about that average, >= 0.
    least_states : int, optional
        An episode draws how many states its transitions lead to, uniformly from this to ``n_states``; by default all. The fewer, the
        sooner a network learns to remember what an action paid in a state.
    name : str
        Registered id.

    Notes
    -----
    ``P(. | s, a) ~ Dirichlet(transition_weight, ...)`` and ``mu(s, a) ~ N(reward_mean, reward_mean_sd^2)``, once an
    episode; ``r ~ N(mu(s, a), reward_sd^2)``. The optimum of a visit is ``V_0(s) = 0``, ``V_h(s) = max_a [mu(s, a) +
    sum_s' P(s' | s, a) V_{h-1}(s')]``, ``h`` steps before its end.

    Examples
    --------
    >>> task = RandomMDP(n_trials=20)
    >>> rng = np.random.default_rng(0)
    >>> state, observation = task.begin(2, rng)
    >>> observation[0].tolist()  # state 0, and a visit begins
    [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    >>> state, observation, reward, done = task.advance(state, np.array([0, 4]), rng)
    >>> observation.shape, done.tolist()
    ((2, 11), [False, False])
    """

    n_states: int = 10
    n_actions: int = 5
    horizon: int = 10
    n_trials: int = 100
    transition_weight: float = 1.0
    reward_mean: float = 1.0
    reward_mean_sd: float = 1.0
    reward_sd: float = 1.0
    least_states: int | None = None
    name: str = "mdp/random"

    def __post_init__(self) -> None:
        check_at_least(self, n_states=2, n_actions=2, horizon=1, n_trials=1, reward_mean_sd=0, reward_sd=0)
        check_above_zero(self, "transition_weight")
        if self.least_states is not None and not 1 <= self.least_states <= self.n_states:
            raise UserError(f"least_states must lie in [1, n_states] = [1, {self.n_states}], got {self.least_states}; None enters all.")
        check_size("the optimum of a process", "transitions (n_states * n_states * n_actions)",
                   self.n_states**2 * self.n_actions, MOST_TRANSITIONS)

    @property
    def spec(self) -> TaskSpec:
        """Sizes, ranges and the source of the task."""
        most = 6 * float(np.hypot(self.reward_mean_sd, self.reward_sd))
        return TaskSpec(
            name=self.name, family=MDP, observation_size=self.n_states + 1, n_actions=self.n_actions,
            n_trials=self.n_trials, n_steps=self.n_trials, reward_range=(self.reward_mean - most, self.reward_mean + most),
            citation="Duan et al. 2016, section 3.2", restart=self.n_states,
        )

    @property
    def n_visits(self) -> int:
        """Visits of an episode, the last one perhaps cut short."""
        return -(-self.n_trials // self.horizon)

    def draw(self, n: int, rng: np.random.Generator) -> Processes:
        """Draw ``n`` processes from the prior."""
        size = (n, self.n_states, self.n_actions)
        weight = rng.standard_gamma(self.transition_weight, (*size, self.n_states))
        if self.least_states is not None:
            n_entered = rng.integers(self.least_states, self.n_states + 1, (n, 1, 1, 1))
            weight *= np.arange(self.n_states) < n_entered
        mean = self.reward_mean + self.reward_mean_sd * rng.standard_normal(size)
        return Processes(weight / weight.sum(axis=-1, keepdims=True), mean, self.horizon)

    def begin(self, n_episodes: int, rng: np.random.Generator) -> tuple[MDPState, np.ndarray]:
        """Draw the processes of ``n_episodes`` episodes; see ``Task.begin``."""
        place = np.zeros(n_episodes, np.int64)
        return MDPState(0, self.draw(n_episodes, rng), place), self._observe(place, np.ones(n_episodes))

    def advance(
        self, state: MDPState, action: np.ndarray, rng: np.random.Generator
    ) -> tuple[MDPState, np.ndarray, np.ndarray, np.ndarray]:
        """Take one step in every episode; see ``Task.advance``."""
        n_episodes, step, processes = len(state.place), state.step + 1, state.processes
        action = self.check_action(action, n_episodes)
        taken = (np.arange(n_episodes) * self.n_states + state.place) * self.n_actions + action
        noise, dart = rng.standard_normal(n_episodes), rng.random(n_episodes)
        reward = np.clip(processes.mean_reward.ravel()[taken] + self.reward_sd * noise, *self.spec.reward_range)
        edges = processes.edges[taken]
        place = (dart[:, None] >= edges[:, :-1]).sum(axis=1)
        starts = step % self.horizon == 0
        place = np.zeros_like(place) if starts else place
        done = np.full(n_episodes, step >= self.n_trials)
        observation = self._observe(place, np.full(n_episodes, starts)) * (step < self.n_trials)
        return MDPState(step, processes, place), observation.astype(np.float32, copy=False), reward, done

    def _observe(self, place: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Return (n_episodes, n_states + 1) float32: the state one-hot, and whether a visit begins."""
        seen = np.zeros((len(place), self.n_states + 1), np.float32)
        seen[np.arange(len(place)), place] = 1
        seen[:, -1] = starts
        return seen

    def hidden(self, state: MDPState) -> dict[str, np.ndarray]:
        """``action_value``: (n_episodes, n_actions), the best expected reward to the visit's end after each action."""
        left = min(self.horizon - state.step % self.horizon, self.n_trials - state.step)
        return {"action_value": state.processes.action_value[max(left, 1) - 1, np.arange(len(state.place)), state.place]}

    def to_trials(self, rollout: Rollout) -> pd.DataFrame:
        """Columns ``block`` (the visit), ``state, choice, reward`` and, where known, ``action_value_<action>``."""
        valid, shown = rollout.valid, rollout.observation
        columns = index_columns(valid) | {
            "block": flat(shown[..., -1].cumsum(axis=0).astype(int) - 1, valid),
            "state": flat(shown[..., :-1].argmax(axis=-1), valid), "choice": flat(rollout.action, valid),
            "reward": flat(rollout.reward, valid)}
        for a in range(self.n_actions if rollout.hidden else 0):
            columns[f"action_value_{a}"] = flat(rollout.hidden["action_value"][..., a], valid)
        return self._checked(pd.DataFrame(columns))

    def _checked(self, trials: pd.DataFrame) -> pd.DataFrame:
        trials = validate_trials(trials, MDP, self.n_actions, self.spec.reward_range)
        beyond = trials["state"].max()
        if not pd.isna(beyond) and beyond >= self.n_states:
            raise UserError(f"{self.name!r} has states 0 to {self.n_states - 1}, the trial table shows state {beyond}. "
                            f"Make the task with n_states={beyond + 1}.")
        return trials

    def from_trials(self, trials: pd.DataFrame) -> Rollout:
        """Episodes are the sessions; a visit begins where ``block`` changes. Missing trials are left out."""
        trials = self._checked(trials)
        row = answered_rows(trials, MDP)
        check_length(row, self.n_trials, self.name)
        valid, block = row >= 0, take(trials, "block", row, padding=-1.0)
        starts = np.concatenate([np.ones_like(valid[:1]), block[1:] != block[:-1]])
        place = take(trials, "state", row).astype(np.int64)
        seen = np.stack([self._observe(*pair) for pair in zip(place, starts, strict=True)]) * valid[..., None]
        known = [f"action_value_{a}" for a in range(self.n_actions)]
        hidden = np.stack([take(trials, name, row) for name in known], -1) if set(known) <= set(trials) else None
        return Rollout(
            task=self, observation=seen.astype(np.float32), action=take(trials, "choice", row).astype(np.int64),
            reward=take(trials, "reward", row), valid=valid, scored=valid.copy(), row=row,
            hidden={} if hidden is None else {"action_value": hidden},
        )
