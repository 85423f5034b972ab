"""Checks of the contract of a task; see ``cogmeta.check``.

Each check raises a ``UserError`` whose sentence says what was expected and what was found. The checks play the task
with uniformly random actions; they take a second or so.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from cogmeta.rollout import Rollout
from cogmeta.simulate import simulate
from cogmeta.task import Task

MOST_STEPS = 60
"""Statistical checks look at no more steps than this."""

_MOST_COLUMNS = 100
"""Statistical checks look at no more numbers of an observation than this, evenly spread."""


def check_task(task: Task, seed: int = 0) -> None:
    """Check that a task keeps its contract.

    Parameters
    ----------
    task : Task
        Yours or a registered one.
    seed : int
        Of all random numbers of the checks, so that they always end the same way.

    Raises
    ------
    UserError
        The first thing found wrong: shapes, types and ranges; the same seed giving other bytes, or another seed the
        same; a state changed in place; episodes that share draws; hidden parameters in the observation; ``done``
        not at the last step, or something shown or paid after it; imposed actions out of range, or lost on the way to the trial table and back;
        a trial table that does not lead back; a wrong action accepted.

    Notes
    -----
    *Shared draws*: under equal actions, the mean over ``n`` independent episodes varies between seeds with ``1/n``
    of the variance within a batch; a ratio above 8 (it would be about 1, and above 6 once in a million) says that
    episodes share chance. No two episodes may be more alike than episodes of two different seeds are, either.
    *Hidden parameters*: before the first action nothing observed may correlate with anything hidden (up to second
    powers), and at no later step may an observation be a copy of something hidden.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> check_task(make_task("bandit/easy", n_trials=20))
    """
    _check_spec(task)
    _check_imposed(task, seed)
    for n_episodes in (1, 7):
        _check_play(task, n_episodes, seed)
    _check_pure(task, seed)
    _check_seeds(task, seed)
    _check_wrong_actions(task, seed)
    _check_independence(task, seed)
    _check_twins(task, seed)
    _check_hidden(task, seed)
    _check_round_trip(task, seed)


def require(holds: bool, message: str) -> None:
    """Raise a UserError with a message, unless something holds."""
    if not holds:
        raise UserError(message)


def same(one: Any, other: Any) -> bool:
    """Return whether two arrays are the same bytes of the same type and shape."""
    one, other = np.asarray(one), np.asarray(other)
    return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()


def _check_spec(task: Task) -> None:
    spec = task.spec
    for name in ("observation_size", "n_actions", "n_trials", "n_steps"):
        require(getattr(spec, name) >= 1, f"spec.{name} must be at least 1, got {getattr(spec, name)}.")
    require(spec.n_steps % spec.n_trials == 0,
             f"spec.n_steps must be a multiple of spec.n_trials, got {spec.n_steps} and {spec.n_trials}.")
    require(spec.n_trials % spec.episodes_per_epoch == 0,
             f"spec.episodes_per_epoch must divide spec.n_trials, got {spec.episodes_per_epoch} and {spec.n_trials}.")
    start, stop = spec.cue or (0, 1)
    require(0 <= start < stop <= spec.observation_size, "spec.cue must be (start, stop) within the observation of size "
             f"{spec.observation_size}, got {spec.cue}.")
    require(spec.restart is None or 0 <= spec.restart < spec.observation_size, "spec.restart must be an entry of the "
             f"observation, in [0, {spec.observation_size}), got {spec.restart}.")
    low, high = spec.reward_range
    require(low <= high, f"spec.reward_range must be (smallest, largest), got {spec.reward_range}.")
    require(type(task)(**task.settings) == task, "task.settings must be enough to build the task again, "
             f"{type(task).__name__}(**task.settings) gave another one.")


def _play(
    task: Task, n_episodes: int, seed: int, action_rng: np.random.Generator, equal: bool = False, n_steps: int = 0
) -> dict[str, list[Any]]:
    """Return what happened under random actions (``equal`` ones in all episodes), one entry a step."""
    rng = np.random.default_rng(seed)
    state, observation = task.begin(n_episodes, rng)
    steps: dict[str, list[Any]] = {"observation": [observation.copy()], "reward": [], "done": [], "hidden": []}
    for _ in range(n_steps or task.spec.n_steps):
        steps["hidden"].append({name: np.array(array) for name, array in task.hidden(state).items()})
        action = action_rng.integers(0, task.spec.n_actions, 1 if equal else n_episodes)
        action, _ = task.enact(state, np.broadcast_to(action, n_episodes).copy())
        state, observation, reward, done = task.advance(state, action, rng)
        for name, array in (("observation", observation), ("reward", reward), ("done", done)):
            steps[name].append(array.copy())
    return steps


def _check_play(task: Task, n_episodes: int, seed: int) -> None:
    spec = task.spec
    steps = _play(task, n_episodes, seed, np.random.default_rng(seed))
    wanted = {"observation": ((n_episodes, spec.observation_size), np.float32), "reward": ((n_episodes,), np.float64),
              "done": ((n_episodes,), bool)}
    for name, (shape, dtype) in wanted.items():
        for step, array in enumerate(steps[name]):
            require(array.shape == shape and array.dtype == dtype,
                     f"{name} must be a {np.dtype(dtype)} array of shape {shape}, got {array.dtype} of shape "
                     f"{array.shape} at step {step}.")
    _check_ranges(task, np.array(steps["observation"]), np.array(steps["reward"]))
    _check_ends(task, np.array(steps["done"]), np.array(steps["observation"]), np.array(steps["reward"]))
    for name, array in steps["hidden"][0].items():
        require(len(array) == n_episodes, f"hidden {name!r} must start with the episode axis ({n_episodes}), "
                                           f"got shape {array.shape}.")


def _check_ends(task: Task, done: np.ndarray, observation: np.ndarray, reward: np.ndarray) -> None:
    first = [int(np.argmax(d)) if d.any() else None for d in done.T]
    require(bool(done[-1].all()), f"done must be True at the last of the {task.spec.n_steps} steps of spec.n_steps; it "
                                   f"was first True at steps {first}.")
    require(bool((done[1:] >= done[:-1]).all()), "an episode that is over must stay so: done went back to False.")
    require(not observation[1:][done].any() and not reward[1:][done[:-1]].any(),
             "an episode that is over must show and pay 0 from then on.")


def _check_ranges(task: Task, observation: np.ndarray, reward: np.ndarray) -> None:
    low, high = task.spec.reward_range
    require(bool(((reward >= low) & (reward <= high)).all()),
             f"reward must lie in spec.reward_range = [{low:g}, {high:g}], got {reward.min():g} to {reward.max():g}.")
    require(bool(np.isfinite(observation).all()), "the observation must be finite, found NaN or infinity.")
    require(not observation[-1].any(), "the observation after the last step must be zeros.")


def _check_imposed(task: Task, seed: int, n_episodes: int = 5) -> None:
    rng, n_actions = np.random.default_rng(seed), task.spec.n_actions
    state, _ = task.begin(n_episodes, rng)
    for step in range(task.spec.n_steps):
        imposed = task.imposed(state)
        if imposed is not None:
            imposed = np.asarray(imposed)
            require(imposed.shape == (n_episodes,) and imposed.dtype.kind == "i" and imposed.min() >= NO_ACTION
                     and imposed.max() < n_actions,
                     f"imposed must give an integer array of shape ({n_episodes},), an action in [0, {n_actions}) or "
                     f"{NO_ACTION} where the choice is free, got {imposed!r} at step {step}.")
            require(same(imposed, task.imposed(state)), f"imposed gave another answer for the same state at step {step}.")
        action, _ = task.enact(state, rng.integers(0, n_actions, n_episodes))
        state = task.advance(state, action, rng)[0]


def _check_pure(task: Task, seed: int) -> None:
    """Advance twice from the same state with the same generator: nothing may have changed."""
    rng, action_rng = np.random.default_rng(seed), np.random.default_rng(seed + 1)
    state, _ = task.begin(5, rng)
    for step in range(min(task.spec.n_steps, MOST_STEPS)):
        hidden = {name: array.copy() for name, array in task.hidden(state).items()}
        action, _ = task.enact(state, action_rng.integers(0, task.spec.n_actions, 5))
        given, before = action.copy(), rng.bit_generator.state
        next_state, *first = task.advance(state, action, rng)
        first = [array.copy() for array in first]
        require(same(action, given), f"advance changed the action array in place at step {step}.")
        rng.bit_generator.state = before
        require(all(same(hidden[name], array) for name, array in task.hidden(state).items()),
                 f"advance changed the state in place at step {step}: what it hides is not what it was.")
        next_state, *second = task.advance(state, action, rng)
        require(all(map(same, first, second)), f"advance gave another result from the same state and generator at "
                 f"step {step}: it changes the state in place, keeps something between calls, or draws elsewhere.")
        state = next_state


def _check_seeds(task: Task, seed: int) -> None:
    plays = [_flat(_play(task, 50, s, np.random.default_rng(seed))) for s in (seed, seed, seed + 1)]
    require(plays[0] == plays[1], f"two runs with seed {seed} and the same actions differ; all chance must come from "
                                   "the generator that begin and advance are given.")
    require(plays[0] != plays[2], f"seeds {seed} and {seed + 1} give the same episodes; chance must come from the "
                                   "generator that begin and advance are given.")


def _flat(steps: dict[str, list[Any]]) -> bytes:
    hidden = [array for step in steps["hidden"] for array in step.values()]
    return b"".join(array.tobytes() for array in [*steps["observation"], *steps["reward"], *hidden])


def _check_wrong_actions(task: Task, seed: int) -> None:
    n_actions = task.spec.n_actions
    wrong = {f"action {n_actions}": np.array([0, n_actions]), "action -1": np.array([0, -1]),
             "floating-point actions": np.array([0.0, 1.0]), "one action for two episodes": np.array([0])}
    for what, action in wrong.items():
        rng = np.random.default_rng(seed)
        state, _ = task.begin(2, rng)
        require(_refuses(partial(task.advance, state, action, rng)),
                 f"advance must refuse {what} with a UserError; call task.check_action(action, n_episodes) first.")


def _refuses(call: Callable[[], Any]) -> bool:
    try:
        call()
    except UserError as error:
        return len(str(error)) > 0
    return False


def _columns(steps: dict[str, list[Any]], n_steps: int) -> dict[str, np.ndarray]:
    """Return (n_steps, n_episodes) arrays of everything seen, paid and hidden, by name."""
    size = steps["observation"][0].shape[1]
    places = np.unique(np.linspace(0, size - 1, min(size, _MOST_COLUMNS)).astype(int))
    observation = np.array([seen[:, places] for seen in steps["observation"][:n_steps]], float)
    columns = {f"observation column {i}": observation[..., k] for k, i in enumerate(places)}
    columns["reward"] = np.array(steps["reward"][:n_steps])
    return columns | _hidden_columns(steps, n_steps)


def _hidden_columns(steps: dict[str, list[Any]], n_steps: int) -> dict[str, np.ndarray]:
    columns = {}
    for name in steps["hidden"][0]:
        array = np.array([step[name] for step in steps["hidden"][:n_steps]], float)
        array = array.reshape(*array.shape[:2], -1)
        columns |= {f"hidden {name} {i}": array[..., i] for i in range(array.shape[-1])}
    return columns


def _in_step(task: Task, n_episodes: int, seed: int, place: int) -> dict[str, np.ndarray]:
    """Return ``_columns`` of episodes that all take the same actions, drawn anew for each ``place``."""
    n_steps = min(task.spec.n_steps, MOST_STEPS)
    steps = _play(task, n_episodes, seed + place, np.random.default_rng(seed), equal=True, n_steps=n_steps)
    return _columns(steps, n_steps)


def _check_independence(task: Task, seed: int, n_seeds: int = 8, n_episodes: int = 100) -> None:
    plays = [_in_step(task, n_episodes, seed, s) for s in range(n_seeds)]
    for name in plays[0]:
        column = np.array([play[name] for play in plays])  # (seed, step, episode)
        between = column.mean(axis=2).var(axis=0, ddof=1).sum() * n_episodes
        within = column.var(axis=2, ddof=1).mean(axis=0).sum()
        require(between <= 8 * within + 1e-9, f"parallel episodes share draws: the mean of {name} over {n_episodes} "
                 f"episodes varies between seeds {between / max(within, 1e-300):.3g} times as much as independent "
                 "episodes would let it. Draw one number per episode, rng.random(n_episodes).")


def _check_twins(task: Task, seed: int, n_episodes: int = 200) -> None:
    first, second = (_stories(_in_step(task, n_episodes, seed, s)) for s in (0, 1))
    twins = sum(first[story] * (first[story] - 1) / 2 for story in first)
    chance = sum(first[story] * second.get(story, 0) for story in first) / 2
    require(twins <= 3 * chance + 5, f"{twins:.0f} pairs of {n_episodes} parallel episodes have the same history, "
             f"about {chance:.0f} would by chance: episodes share draws. Draw one number per episode, "
             "rng.random(n_episodes).")


def _stories(columns: dict[str, np.ndarray]) -> dict[bytes, int]:
    table = np.array(list(columns.values()))
    counts: dict[bytes, int] = {}
    for episode in range(table.shape[-1]):
        story = table[..., episode].tobytes()
        counts[story] = counts.get(story, 0) + 1
    return counts


def _check_hidden(task: Task, seed: int, n_episodes: int = 1000) -> None:
    n_steps = min(task.spec.n_steps, 12)
    steps = _play(task, n_episodes, seed, np.random.default_rng(seed), n_steps=n_steps)
    kept = [{name: array for name, array in step.items() if name not in task.spec.visible} for step in steps["hidden"]]
    hidden = _hidden_columns(steps | {"hidden": kept}, n_steps)
    seen = {name: array for name, array in _columns(steps, n_steps).items() if name.startswith("observation")}
    for seen_name, seen_array in seen.items():
        for name, array in hidden.items():
            first = max(abs(_correlation(x, h)) for x in _powers(seen_array[0]) for h in _powers(array[0]))
            require(first < 6 / np.sqrt(n_episodes), f"{seen_name} tells of {name} before the first action "
                     f"(correlation {first:.2f} over {n_episodes} episodes); agents must not see what the task hides.")
            later = max(abs(_correlation(x, h)) for x, h in zip(seen_array, array, strict=True))
            require(later < 0.99, f"{seen_name} is a copy of {name} (correlation {later:.3f}); agents must not see "
                                   "what the task hides.")


def _powers(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    return x, (x - x.mean()) ** 2


def _correlation(x: np.ndarray, y: np.ndarray) -> float:
    x, y = x - x.mean(), y - y.mean()
    size = np.sqrt((x @ x) * (y @ y))
    return float(x @ y / size) if size > 1e-12 else 0.0


def _check_round_trip(task: Task, seed: int) -> None:
    for n_episodes in (1, 6):
        rollout = simulate(RandomAgent(task), task, n_episodes=n_episodes, seed=seed)
        trials = rollout.to_trials()
        n_trials = int(rollout.valid[:: task.spec.steps_per_trial].sum())
        require(len(trials) == n_trials, f"to_trials must give one row a trial, {n_trials} rows, got {len(trials)}.")
        _compare(rollout, task.from_trials(trials))
        again = task.from_trials(trials).to_trials()
        try:
            pd.testing.assert_frame_equal(trials, again, check_exact=True)
        except AssertionError as error:
            difference = " ".join(str(error).split())
            raise UserError(f"from_trials, then to_trials, gave another table: {difference}") from error


def _compare(rollout: Rollout, back: Rollout) -> None:
    for name in ("observation", "action", "reward", "valid", "scored", "row", "forced"):
        one, other = (forced_steps(r) if name == "forced" else getattr(r, name) for r in (rollout, back))
        require(same(one, other), f"to_trials, then from_trials, gave another {name}: {one.dtype} {one.shape} became "
                 f"{other.dtype} {other.shape}" + _first_difference(one, other))
    for name, array in rollout.hidden.items():
        require(name in back.hidden and np.array_equal(array[rollout.valid], back.hidden[name][rollout.valid]),
                 f"to_trials, then from_trials, lost or changed hidden {name!r}; keep it in columns of the table.")


def forced_steps(rollout: Rollout) -> np.ndarray:
    """Return (n_steps, n_episodes) bool: where the task imposed the action."""
    return np.zeros_like(rollout.valid) if rollout.forced is None else rollout.forced


def _first_difference(one: np.ndarray, other: np.ndarray) -> str:
    if one.shape != other.shape or not (one != other).any():
        return "."
    place = tuple(int(i) for i in np.argwhere(one != other)[0])
    return f", first at step {place[0]} of episode {place[1]}: {one[place]} became {other[place]}."
