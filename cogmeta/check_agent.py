"""Checks of the contract of an agent; see ``cogmeta.check``."""

from dataclasses import replace

import numpy as np
from scipy.special import softmax

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.check_task import MOST_STEPS, forced_steps, require, same
from cogmeta.rollout import Rollout
from cogmeta.simulate import replay, simulate
from cogmeta.task import Task


def check_agent(agent: Agent, task: Task, seed: int = 0) -> None:
    """Check that an agent keeps its contract on a task.

    Parameters
    ----------
    agent : Agent
    task : Task
        One that the agent plays.
    seed : int
        Of all random numbers of the checks.

    Raises
    ------
    UserError
        The first thing found wrong: shapes of logits and value; no action with a probability; a state or an input
        changed in place; an episode's output that depends on other episodes; the same seed giving other choices;
        a replay, of the rollout or of its trial table, that gives other log-likelihoods than were recorded (1e-5).

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> from tasks.thompson import Thompson
    >>> task = make_task("bandit/easy", n_trials=20)
    >>> check_agent(Thompson(task), task)
    """
    _check_step(agent, task, seed)
    rollout = simulate(agent, task, n_episodes=12, seed=seed)
    _check_outputs(agent, rollout)
    again = simulate(agent, task, n_episodes=12, seed=seed)
    require(same(rollout.action, again.action) and same(rollout.logits, again.logits),
             f"{agent.name!r} chose differently in two simulations with seed={seed}; an agent must not draw from "
             "randomness of its own or remember earlier simulations.")
    _check_replay(agent, rollout)
    _check_batch(agent, rollout)


def _inputs(rollout: Rollout, step: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    given = (rollout.observation, rollout.previous_action, rollout.previous_reward)
    return tuple(array[step].copy() for array in given)


def _check_step(agent: Agent, task: Task, seed: int) -> None:
    """Step twice from the same state with the same inputs: nothing may have changed."""
    _check_shapes(agent, task, seed)
    inputs = simulate(agent, task, n_episodes=4, seed=seed)
    state = agent.initial_state(4)
    for step in range(min(inputs.n_steps, MOST_STEPS)):
        given = _inputs(inputs, step)
        kept = [array.copy() for array in given]
        if step and inputs.starts[step]:
            state = agent.next_episode(state, inputs.action[step - 1], inputs.reward[step - 1])
        if agent.sees_hidden:
            state = agent.see_hidden({name: array[step] for name, array in inputs.hidden.items()}, state)
        logits, value, next_state = agent.step(*given, state)
        logits = np.array(logits)
        require(all(map(same, given, kept)), f"{agent.name!r} changed its inputs in place at step {step}.")
        again, _, _ = agent.step(*given, state)
        require(same(logits, again), f"{agent.name!r} gave other logits from the same state and inputs at step "
                 f"{step}: it changes its state in place or keeps something between calls.")
        state = next_state


def _check_shapes(agent: Agent, task: Task, seed: int) -> None:
    task_state, observation = task.begin(4, np.random.default_rng(seed))
    state = agent.initial_state(4)
    state = agent.see_hidden(task.hidden(task_state), state) if agent.sees_hidden else state
    logits, value, _ = agent.step(observation, np.full(4, NO_ACTION), np.zeros(4), state)
    wanted = (4, task.spec.n_actions)
    require(np.shape(logits) == wanted, f"logits of {agent.name!r} must have shape (n_episodes, n_actions) = "
                                         f"{wanted}, got {np.shape(logits)}.")
    require(np.shape(value) == (4,), f"value of {agent.name!r} must have shape (n_episodes,) = (4,), got "
                                      f"{np.shape(value)}; NaN where there is no critic.")


def _check_outputs(agent: Agent, rollout: Rollout) -> None:
    logits = rollout.logits
    require(not np.isnan(logits).any() and not np.isposinf(logits).any(),
             f"logits of {agent.name!r} must be finite or -inf, found NaN or +inf.")
    require(bool(np.isfinite(logits).any(axis=-1).all()), f"{agent.name!r} gave no action a probability at some step.")
    total = softmax(logits.astype(float), axis=-1).sum(axis=-1)
    require(np.allclose(total, 1.0, atol=1e-6), f"the probabilities of {agent.name!r} do not sum to 1.")
    require(agent.discount is not None or bool(np.isnan(rollout.value).all()),
             f"{agent.name!r} reports a value but no discount; set agent.discount.")
    require(bool((rollout.previous_action[0] == NO_ACTION).all()), "the first previous_action must be NO_ACTION.")


def _check_replay(agent: Agent, rollout: Rollout) -> None:
    recorded = rollout.log_likelihood
    for what, inputs in (("rollout", rollout), ("trial table", rollout.task.from_trials(rollout.to_trials()))):
        replayed = replay(agent, inputs).log_likelihood
        with np.errstate(invalid="ignore"):
            worst = np.nanmax(np.abs(np.where(recorded == replayed, 0.0, recorded - replayed)), initial=0.0)
        require(worst <= 1e-5, f"replaying the {what} of {agent.name!r} gave log-likelihoods that differ by up to "
                                f"{worst:.2g} from those recorded while it behaved; expected 1e-5 at most.")


def _check_batch(agent: Agent, rollout: Rollout) -> None:
    for chosen in (np.array([0]), np.arange(rollout.n_episodes)[::-2]):
        played = rollout.valid[:, chosen]
        alone = replay(agent, _episodes(rollout, chosen)).logits[played]
        together = rollout.logits[:, chosen][played]
        require(np.allclose(alone, together, rtol=1e-4, atol=1e-4),
                 f"the output of {agent.name!r} for an episode depends on which other episodes are played beside it.")


def _episodes(rollout: Rollout, chosen: np.ndarray) -> Rollout:
    """Return a rollout of some of the episodes."""
    names = ("observation", "action", "reward", "valid", "scored", "row")
    return replace(
        rollout, **{name: getattr(rollout, name)[:, chosen] for name in names}, forced=forced_steps(rollout)[:, chosen],
        hidden={name: array[:, chosen] for name, array in rollout.hidden.items()}, logits=None, value=None, activity={},
    )
