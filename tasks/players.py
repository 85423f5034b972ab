"""Every reference player that fits a task, by name: what a network or a person is shown beside."""

from cogmeta.agent import Agent
from cogmeta.errors import UserError, unknown_name
from cogmeta.task import Task
from tasks.bandit import BernoulliBandit
from tasks.bandit_optimal import MOST_TRIALS as MOST_SOLVED
from tasks.bandit_optimal import BayesOptimalDependent, BayesOptimalIndependent
from tasks.bandit_players import UCB1, BanditPlayer, BayesUCB, EpsilonGreedy, RandomBandit, WinStayLoseShift
from tasks.gittins import MOST_TRIALS as MOST_INDEXED
from tasks.gittins import Gittins
from tasks.thompson import Thompson
from tasks.two_step import TwoStep
from tasks.two_step_players import two_step_players


def players(task: Task) -> dict[str, Agent]:
    """Return every reference that fits a task.

    Parameters
    ----------
    task : Task

    Returns
    -------
    dict of Agent
        By name, the simplest first; empty for a task that has none. Costly tables are made at first use.

    Examples
    --------
    >>> from tasks.registry import make_task
    >>> list(players(make_task("two_step/wang2018")))
    ['random', 'win-stay-lose-shift', 'model-free', 'model-based', 'bayes-optimal', 'oracle']
    """
    if isinstance(task, BernoulliBandit):
        fitting = _bandit_players(task)
    else:
        fitting = two_step_players(task) if isinstance(task, TwoStep) else []
    return {agent.name: agent for agent in fitting}


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
    known = players(task)
    if not known:
        raise UserError(f"task {task.spec.name!r} has no reference players, so {name!r} cannot play it.")
    if name not in known:
        raise unknown_name(f"reference player of {task.spec.name!r}", name, known)
    return known[name]


def _bandit_players(task: BernoulliBandit) -> list[BanditPlayer]:
    n_arms, n_trials = task.n_arms, task.n_trials
    agents = [
        RandomBandit(n_arms), WinStayLoseShift(n_arms), EpsilonGreedy(n_arms, epsilon=0.0), EpsilonGreedy(n_arms),
        UCB1(n_arms), BayesUCB(n_arms), Thompson(n_arms),
    ]
    if n_trials <= MOST_INDEXED:
        agents.append(Gittins(n_arms, n_trials))
    if task.arms != "independent":
        agents.append(BayesOptimalDependent(task.arms, n_trials))
    elif n_arms == 2 and n_trials <= MOST_SOLVED:
        agents.append(BayesOptimalIndependent(n_trials))
    return agents
