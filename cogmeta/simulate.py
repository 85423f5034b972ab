"""Agent x task -> rollout: let an agent behave, or hear what it would have done in somebody else's place."""

from collections.abc import Callable, Sequence

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout
from cogmeta.task import Task

Listener = Callable[[int, int], None]
"""Called after every step with (steps done, steps in all)."""


def simulate(
    agent: Agent,
    task: Task,
    n_episodes: int = 300,
    seed: int | np.random.Generator = 0,
    record: Sequence[str] = (),
    listener: Listener | None = None,
) -> Rollout:
    """Let an agent play fresh episodes of a task, its weights frozen.

    Parameters
    ----------
    agent : Agent
    task : Task
    n_episodes : int
        Episodes played side by side, >= 1; epochs, where a task has several episodes an epoch.
    seed : int or numpy.random.Generator
        The task's draws and the agent's come from two streams of it, so that two agents with the same seed
        meet the same hidden parameters.
    record : sequence of str
        Names of activity to keep, such as ``("hidden", "cell")``.
    listener : callable, optional
        Called with (steps done, steps in all).

    Returns
    -------
    Rollout

    Raises
    ------
    UserError
        ``n_episodes`` < 1, or the agent was made for another task.
    AssertionError
        The agent's weights moved while it behaved.
    """
    if n_episodes < 1:
        raise UserError(f"n_episodes must be at least 1, got {n_episodes}.")
    _check_family(agent, task)
    task_rng, action_rng = check_seed(seed).spawn(2)
    before = agent.fingerprint()
    steps = _Steps(agent, record)
    task_state, observation = task.begin(n_episodes, task_rng)
    action, reward = np.full(n_episodes, NO_ACTION), np.zeros(n_episodes)
    alive = np.ones(n_episodes, bool)
    agent_state = agent.initial_state(n_episodes)
    spec, n_steps = task.spec, task.spec.n_steps
    for t in range(n_steps):
        hidden = task.hidden(task_state)
        if t and spec.starts_episode(t):
            agent_state = agent.next_episode(agent_state, action, reward)
            action, reward = np.full(n_episodes, NO_ACTION), np.zeros(n_episodes)
        agent_state = agent.see_hidden(hidden, agent_state) if agent.sees_hidden else agent_state
        logits, value, agent_state = agent.step(observation, action, reward, agent_state)
        _check_logits(agent, task, logits)
        action, forced = task.enact(task_state, sample(logits, action_rng))
        task_state, next_observation, reward, done = task.advance(task_state, action, task_rng)
        steps.add(agent_state, observation=observation, action=action, reward=reward, valid=alive, forced=forced,
                  logits=logits, value=value, **{f"hidden.{name}": array for name, array in hidden.items()})
        observation, alive = next_observation, alive & ~done
        if listener:
            listener(t + 1, n_steps)
        if not alive.any():
            break
    assert agent.fingerprint() == before, f"the weights of {agent.name!r} moved while it was evaluated"
    return steps.rollout(task)


def replay(agent: Agent, rollout: Rollout, record: Sequence[str] = ()) -> Rollout:
    """Give an agent the observations, actions and rewards of a rollout and record what it would have done.

    Parameters
    ----------
    agent : Agent
    rollout : Rollout
        Simulated, or from ``task.from_trials(people)``.
    record : sequence of str
        Names of activity to keep.

    Returns
    -------
    Rollout
        The same steps, with this agent's ``logits``, ``value`` and activity.
    """
    _check_family(agent, rollout.task)
    if agent.sees_hidden and not rollout.hidden:
        raise UserError(f"{agent.name!r} must be told what the task hides, and this trial table does not say it.")
    before = agent.fingerprint()
    steps = _Steps(agent, record)
    state = agent.initial_state(rollout.n_episodes)
    previous_action, previous_reward = rollout.previous_action, rollout.previous_reward
    for t in range(rollout.n_steps):
        if t and rollout.starts[t]:
            state = agent.next_episode(state, rollout.action[t - 1], rollout.reward[t - 1])
        if agent.sees_hidden:
            state = agent.see_hidden({name: array[t] for name, array in rollout.hidden.items()}, state)
        logits, value, state = agent.step(rollout.observation[t], previous_action[t], previous_reward[t], state)
        _check_logits(agent, rollout.task, logits)
        steps.add(state, logits=logits, value=value)
    assert agent.fingerprint() == before, f"the weights of {agent.name!r} moved while it was evaluated"
    arrays, activity = steps.arrays(), steps.activity()
    return rollout.with_agent(arrays["logits"], arrays["value"], activity=activity, discount=agent.discount)


def _check_family(agent: Agent, task: Task) -> None:
    if agent.family not in (None, task.spec.family.name):
        raise UserError(f"{agent.name!r} plays tasks of the family {agent.family!r}, but {task.spec.name!r} is a "
                        f"{task.spec.family.name!r} task. Choose an agent of that family.")


def _check_logits(agent: Agent, task: Task, logits: np.ndarray) -> None:
    if logits.shape[-1] != task.spec.n_actions:
        raise UserError(f"{agent.name!r} chooses among {logits.shape[-1]} actions, but {task.spec.name!r} has "
                        f"{task.spec.n_actions}. Make it for this task (a cognitive model: model.for_task(task).agent(...)).")


def sample(logits: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw one action a row from softmax(logits).

    Parameters
    ----------
    logits : (n_episodes, n_actions) float array
        ``-inf`` for an action never taken.
    rng : numpy.random.Generator

    Returns
    -------
    (n_episodes,) int64 array
    """
    weight = np.exp(logits - logits.max(axis=1, keepdims=True), dtype=np.float64)
    edges = np.cumsum(weight, axis=1)
    dart = rng.random(len(logits)) * edges[:, -1]
    return (dart[:, None] >= edges[:, :-1]).sum(axis=1)


def check_seed(seed: int | np.random.Generator) -> np.random.Generator:
    """Return the generator of a seed, or say what a seed must be."""
    if isinstance(seed, np.random.Generator):
        return seed
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise UserError(f"seed must be an integer >= 0 or a numpy Generator, got {seed!r}.")
    return np.random.default_rng(seed)


class _Steps:
    """Lists of one array a step, stacked in the end."""

    def __init__(self, agent: Agent, record: Sequence[str]) -> None:
        self.agent, self.record, self.lists = agent, tuple(record), {}

    def add(self, agent_state: object, **arrays: np.ndarray) -> None:
        """Append one step."""
        known = self.agent.activity(agent_state) if self.record else {}
        for name in self.record:
            if name not in known:
                raise UserError(f"{self.agent.name!r} has no activity {name!r}; it has {sorted(known)}.")
            self._append(f"activity.{name}", known[name])
        for name, array in arrays.items():
            self._append(name, array)

    def _append(self, name: str, array: np.ndarray) -> None:
        self.lists.setdefault(name, []).append(array)

    def arrays(self) -> dict[str, np.ndarray]:
        """Return every list stacked along time."""
        return {name: np.stack(rows) for name, rows in self.lists.items()}

    def activity(self) -> dict[str, np.ndarray]:
        """Return the recorded activity."""
        return _under("activity.", self.arrays())

    def rollout(self, task: Task) -> Rollout:
        """Return everything as a rollout of ``task``."""
        arrays = self.arrays()
        valid = arrays["valid"]
        action = np.where(valid, arrays["action"], 0).astype(np.int64)
        choices = valid & task.scored(arrays["observation"], action)
        forced = choices & arrays["forced"]
        return Rollout(
            task=task, observation=arrays["observation"], action=action, reward=np.where(valid, arrays["reward"], 0.0),
            valid=valid, scored=choices & ~forced, row=_rows(task, valid), forced=forced if forced.any() else None,
            hidden=_under("hidden.", arrays), logits=arrays["logits"], value=arrays["value"],
            activity=_under("activity.", arrays), discount=self.agent.discount,
        )


def _under(prefix: str, arrays: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name[len(prefix):]: array for name, array in arrays.items() if name.startswith(prefix)}


def _rows(task: Task, valid: np.ndarray) -> np.ndarray:
    steps = task.spec.steps_per_trial
    n_trials = valid[::steps].sum(axis=0)
    trial = np.arange(len(valid))[:, None] // steps
    return np.where(valid, trial + np.cumsum(n_trials) - n_trials, -1)
