"""Every reference player that fits a task, by name: what a network or a person is shown beside."""

from collections.abc import Callable
from typing import Any

from cogmeta.agent import Agent
from cogmeta.errors import unknown_name
from cogmeta.random_agent import RandomAgent
from cogmeta.task import Task
from tasks.arms import ArmsTask
from tasks.arms_players import arms_players
from tasks.barcode import ContextBandit
from tasks.barcode_players import context_players
from tasks.bandit import BernoulliBandit
from tasks.bandit_optimal import MOST_TRIALS as MOST_SOLVED
from tasks.bandit_optimal import BayesOptimalDependent, BayesOptimalIndependent
from tasks.bandit_players import UCB1, BayesUCB, EpsilonGreedy, PosteriorUCB
from tasks.contextual_choice import ContextualChoice
from tasks.contextual_choice_players import contextual_choice_players
from tasks.full_feedback import FullFeedbackBandit, full_feedback_players
from tasks.gaussian import GaussianBandit, RiskyOrSafeBandit, gaussian_players
from tasks.gittins import MOST_OFFERED, MOST_TRIALS, Gittins
from tasks.harlow_pixels import HarlowPixels
from tasks.harlow_players import harlow_players
from tasks.harlow_turning_players import turning_players
from tasks.harlow_vector import HarlowVector
from tasks.horizon import HorizonBandit
from tasks.horizon_players import horizon_players
from tasks.informative import InformativeBandit, informative_players
from tasks.maze import Maze
from tasks.maze_players import maze_players
from tasks.matching import BaitedBandit, matching_players
from tasks.mdp import RandomMDP
from tasks.mdp_players import mdp_players
from tasks.optimistic_thompson import OptimisticThompson
from tasks.restless import RestlessBandit, restless_players
from tasks.restless4 import DriftingBandit, restless4_players
from tasks.reversal3 import BlockBandit, reversal3_players
from tasks.shifting import ShiftingBandit
from tasks.reversal import InferredValue
from tasks.reversal_players import reversal_players
from tasks.risky import RiskyBandit
from tasks.risky_players import risky_players
from tasks.thompson import MOST_TRIALS as MOST_THOMPSON
from tasks.thompson import Thompson
from tasks.two_step import TwoStep
from tasks.two_step_players import two_step_players
from tasks.volatile import VolatileBandit, volatile_players
from tasks.water_maze import WaterMaze
from tasks.water_maze_players import water_maze_players


def bandit_players(task: BernoulliBandit) -> list[Agent]:
    """Return every reference player of a Bernoulli bandit, the simplest first."""
    classical = [EpsilonGreedy(task, epsilon=0.0), EpsilonGreedy(task), UCB1(task), BayesUCB(task)]
    if task.n_arms > 2:
        classical.append(PosteriorUCB(task, scale=0.1 if task.n_trials <= 10 else 0.2))
        classical.append(OptimisticThompson(task))
    if task.n_trials <= MOST_THOMPSON:
        classical.append(Thompson(task))
    if task.n_trials <= MOST_OFFERED:
        classical.append(Gittins(task))
    if task.arms != "independent":
        classical.append(BayesOptimalDependent(task))
    elif task.n_arms == 2 and task.n_trials <= MOST_SOLVED:
        classical.append(BayesOptimalIndependent(task))
    return arms_players(task, classical)


FAMILIES: tuple[tuple[type[Task], Callable[[Any], list[Agent]]], ...] = (
    (BernoulliBandit, bandit_players),
    (InformativeBandit, informative_players),
    (RestlessBandit, restless_players),
    (VolatileBandit, volatile_players),
    (ShiftingBandit, volatile_players),
    (DriftingBandit, restless4_players),
    (BaitedBandit, matching_players),
    (BlockBandit, reversal3_players),
    (GaussianBandit, gaussian_players),
    (RiskyOrSafeBandit, gaussian_players),
    (ContextBandit, context_players),
    (ContextualChoice, contextual_choice_players),
    (HorizonBandit, horizon_players),
    (RiskyBandit, risky_players),
    (InferredValue, reversal_players),
    (FullFeedbackBandit, full_feedback_players),
    (TwoStep, two_step_players),
    (HarlowVector, harlow_players),
    (RandomMDP, mdp_players),
    (HarlowPixels, turning_players),
    (Maze, maze_players),
    (WaterMaze, water_maze_players),
    (ArmsTask, arms_players),
    (Task, lambda task: [RandomAgent(task)]),
)
"""Kind of task -> the function that makes its players; the first kind that a task is an instance of counts."""


def players(task: Task) -> dict[str, Agent]:
    """Return every reference that fits a task.

    Parameters
    ----------
    task : Task

    Returns
    -------
    dict of Agent
        By name, the simplest first; any task has at least ``random``. Costly tables are made at first use.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> list(players(make_task("bandit/informative")))
    ['random', 'win-stay-lose-shift', 'each-arm-once', 'search', 'informed', 'oracle']
    """
    fitting = next(make(task) for kind, make in FAMILIES if isinstance(task, kind))
    return {agent.name: agent for agent in fitting}


def _if_asked(task: Task) -> dict[str, Agent]:
    """Return references that are had by name alone: their tables take long."""
    long = isinstance(task, BernoulliBandit) and MOST_OFFERED < task.n_trials <= MOST_TRIALS
    return {Gittins.name: Gittins(task)} if long else {}


def player(name: str, task: Task) -> Agent:
    """Return the reference of a task by its name.

    Raises
    ------
    UserError
        No such reference for this task.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> player("thompson", make_task("bandit/independent")).name
    'thompson'
    """
    known = players(task) | _if_asked(task)
    if name not in known:
        raise unknown_name(f"reference player of {task.spec.name!r}", name, known)
    return known[name]
