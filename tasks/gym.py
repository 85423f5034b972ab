"""Registered tasks as Gymnasium ids: ``gymnasium.make("cogmeta/bandit-easy-v0")`` once this module is imported."""

from typing import Any

import gymnasium

from cogmeta.gym import TaskEnv, TaskVectorEnv
from tasks.registry import make_task, task_names


def gym_id(task_name: str) -> str:
    """Return the Gymnasium id of a registered task.

    Examples
    --------
    >>> gym_id("two_step/daw2011")
    'cogmeta/two_step-daw2011-v0'
    """
    return f"cogmeta/{task_name.replace('/', '-')}-v0"


def make_env(task: str, hears: bool = False, **settings: Any) -> TaskEnv:
    """Return a registered task as an environment; settings as in ``make_task``."""
    return TaskEnv(make_task(task, **settings), hears)


def make_vector_env(task: str, num_envs: int = 1, hears: bool = False, **settings: Any) -> TaskVectorEnv:
    """Return a registered task as a vector environment; settings as in ``make_task``."""
    return TaskVectorEnv(make_task(task, **settings), num_envs, hears)


def _register() -> None:
    for name in task_names():
        gymnasium.register(gym_id(name), entry_point=make_env, vector_entry_point=make_vector_env,
                           kwargs={"task": name}, disable_env_checker=True)


_register()
