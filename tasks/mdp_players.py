"""Classical learners of random Markov decision processes: plan at the start of every visit, from what was counted.

All keep the same conjugate belief: Dirichlet counts of transitions, normal means of rewards with known noise. They
differ in what they plan with: the mean of the belief (greedy, epsilon-greedy), a draw from it (PSRL), the best of
several draws (OPSRL), the mean with a bonus (BEB), the most hopeful process within a distance (UCRL2). Sources: Strens
2000, Osband, Russo & Van Roy 2013 (PSRL); Osband & Van Roy 2017 (several draws); Kolter & Ng 2009 (BEB); Jaksch, Ortner
& Auer 2010 (UCRL2); Duan et al. 2016, table 2.

How ours departs: Duan et al. took their baselines from a public collection (I. Osband's TabulaRL), whose formulas are
followed here, with one mend: its hopeful transitions of UCRL2 are changed in place and add up over the steps of a
plan; here each step starts from the counts, unless ``accumulate``. By default our learners know the task's prior; those
of the published table did not (its numbers come out with ``TABULARL``, ``WEAK`` and ``accumulate``). Belief and planning
are batched over episodes. What is drawn at random for a plan comes from a generator
whose key is the history of the episode, since an agent must say the same in a replay: rewards are real numbers, so that
no two episodes share a key. Before the first reward a draw from the prior is symmetric under relabelling the actions, so
that the first action is taken evenly, and the first plan relabelled to agree with it: the same behaviour in law.
"""

from abc import abstractmethod
from typing import NamedTuple

import numpy as np

from cogmeta.agent import NO_ACTION, Agent
from cogmeta.errors import UserError
from cogmeta.random_agent import RandomAgent
from tasks.choosing import share_best
from tasks.history_key import mix
from tasks.mdp import RandomMDP
from tasks.planning import action_values, optimistic_action_values
from tasks.told import Told


class Prior(NamedTuple):
    """What a learner believes before it begins."""

    transition_weight: float  # of each next state, Dirichlet
    reward_mean: float
    reward_precision: float  # of the mean reward, in rewards' worth: the noise has precision 1


WEAK = Prior(1e-4, 0.0, 1e-4)
"""Next to no prior: means of what was seen, and 0 for what was not."""

TABULARL = Prior(1.0, 0.0, 1.0)
"""The defaults of the public collection: mean rewards about 0, where those of the task lie about 1."""


class Belief(NamedTuple):
    """The posterior of a batch of processes."""

    weight: np.ndarray  # (n, n_states, n_actions, n_states) Dirichlet, prior included
    pulls: np.ndarray  # (n, n_states, n_actions) rewards seen
    reward_sum: np.ndarray  # (n, n_states, n_actions)
    prior: Prior

    @property
    def precision(self) -> np.ndarray:
        """(n, n_states, n_actions) of the mean reward, in rewards."""
        return self.prior.reward_precision + self.pulls

    @property
    def mean_reward(self) -> np.ndarray:
        """(n, n_states, n_actions) posterior mean."""
        return (self.prior.reward_precision * self.prior.reward_mean + self.reward_sum) / self.precision

    @property
    def mean_transition(self) -> np.ndarray:
        """(n, n_states, n_actions, n_states) posterior mean."""
        return self.weight / self.weight.sum(axis=-1, keepdims=True)

    def of(self, rows: np.ndarray) -> "Belief":
        """Return the belief of some of the episodes."""
        return Belief(self.weight[rows], self.pulls[rows], self.reward_sum[rows], self.prior)


class MDPMemory(NamedTuple):
    """State of a learner; what was seen since the last plan waits in ``log``."""

    belief: Belief
    log: tuple[tuple[np.ndarray, ...], ...]  # (place, action, reward, next place, whether it was seen), (n,) each
    plan: np.ndarray  # (n, horizon, n_states, n_actions) action values; with m + 1 steps left in row m
    place: np.ndarray  # (n,) state in which they are
    left: np.ndarray  # (n,) steps left in this visit, this one included
    visit: np.ndarray  # (n,) from 0; -1 before the first
    key: np.ndarray  # (n,) uint64, of the history


class MDPPlayer(Agent):
    """A learner that plans at the start of each visit; ``action_values`` is for its subclasses to say.

    Parameters
    ----------
    task : RandomMDP
    prior : Prior, optional
        By default the task's own.
    """

    draws = False
    family = "mdp"

    def __init__(self, task: RandomMDP, prior: Prior | None = None) -> None:
        if not task.reward_sd or not task.reward_mean_sd:
            raise UserError(f"{type(self).__name__} needs reward_sd and reward_mean_sd > 0, got {task.reward_sd} and "
                            f"{task.reward_mean_sd}.")
        self.task, self.horizon = task, task.horizon
        self.noise_variance = task.reward_sd**2
        known = Prior(task.transition_weight, task.reward_mean, self.noise_variance / task.reward_mean_sd**2)
        self.prior = known if prior is None else prior

    @abstractmethod
    def action_values(self, belief: Belief, visit: np.ndarray, key: np.ndarray) -> np.ndarray:
        """Return (horizon, n, n_states, n_actions) values to act by in the visit that begins.

        Parameters
        ----------
        belief : Belief
        visit : (n,) int array
            Number of the visit, from 0.
        key : (n,) uint64 array
            For what is drawn at random.
        """

    def initial_state(self, n_episodes: int) -> MDPMemory:
        """Return the prior and no plan."""
        size = (n_episodes, self.task.n_states, self.task.n_actions)
        belief = Belief(np.full((*size, size[1]), self.prior.transition_weight), np.zeros(size), np.zeros(size), self.prior)
        nothing = np.zeros(n_episodes, np.int64)
        plan = np.zeros((n_episodes, self.horizon, *size[1:]))
        return MDPMemory(belief, (), plan, nothing, nothing + 1, nothing - 1, np.zeros(n_episodes, np.uint64))

    def step(
        self, observation: np.ndarray, previous_action: np.ndarray, previous_reward: np.ndarray, state: MDPMemory
    ) -> tuple[np.ndarray, np.ndarray, MDPMemory]:
        """Learn from the last step, plan where a visit begins, and say what to do; see ``Agent.step``."""
        place, starts = observation[:, :-1].argmax(axis=1), observation[:, -1] > 0.5
        memory = self._hear(state, place, starts, previous_action, previous_reward)
        first = memory.visit == 0
        due = starts
        if self.draws:  # the first plan waits for the first reward
            due = (starts & ~first) | (first & (memory.left == self.horizon - 1) & ~starts)
        if due.any():
            memory = self._replan(memory, np.flatnonzero(due), previous_action)
        values = memory.plan[np.arange(len(place)), memory.left - 1, place]
        return self.prefer(values), np.full(len(place), np.nan), memory

    def prefer(self, values: np.ndarray) -> np.ndarray:
        """Return logits, given (n, n_actions) values: share among the best."""
        return share_best(values)

    def _hear(
        self, memory: MDPMemory, place: np.ndarray, starts: np.ndarray, action: np.ndarray, reward: np.ndarray
    ) -> MDPMemory:
        """Take note of the last step; what happens at the end of a visit is not seen."""
        log = memory.log
        if not (action == NO_ACTION).all():
            log += ((memory.place, action, reward, place, ~starts),)
        left = np.where(starts, self.horizon, np.maximum(memory.left - 1, 1))
        return memory._replace(log=log, place=place, left=left, visit=memory.visit + starts, key=mix(memory.key, reward))

    def _replan(self, memory: MDPMemory, rows: np.ndarray, previous_action: np.ndarray) -> MDPMemory:
        belief, plan = learn(memory.belief, memory.log), memory.plan.copy()
        prior = self.draws and (memory.visit[rows] == 0).all()
        values = self.action_values((memory.belief if prior else belief).of(rows), memory.visit[rows], memory.key[rows])
        plan[rows] = values.swapaxes(0, 1)
        if prior:
            agree(plan, rows, previous_action)
        return memory._replace(belief=belief, log=(), plan=plan)


def learn(belief: Belief, log: tuple[tuple[np.ndarray, ...], ...]) -> Belief:
    """Return the belief after the steps of a log.

    Parameters
    ----------
    belief : Belief
    log : tuple
        Of (place, action, reward, next place, whether the next place was seen), arrays (n,); a negative action is none.
    """
    weight, pulls, total = belief.weight.copy(), belief.pulls.copy(), belief.reward_sum.copy()
    rows = np.arange(len(weight))
    for place, action, reward, after, seen in log:
        taken = action >= 0
        pulls[rows, place, action] += taken
        total[rows, place, action] += np.where(taken, reward, 0.0)
        weight[rows, place, action, after] += seen & taken
    return Belief(weight, pulls, total, belief.prior)


def agree(plan: np.ndarray, rows: np.ndarray, action: np.ndarray) -> None:
    """Relabel the actions of the start state, in place, so that the plan's first choice is what was done."""
    start = plan[rows, :, 0].copy()
    mine, taken, here = start[:, -1].argmax(axis=-1), action[rows], np.arange(len(rows))
    start[here, :, mine], start[here, :, taken] = start[here, :, taken], start[here, :, mine].copy()
    plan[rows, :, 0] = start


class Greedy(MDPPlayer):
    """Plans with the mean of its belief; with probability ``epsilon`` takes any action instead.

    Parameters
    ----------
    task : RandomMDP
    epsilon : float
        In [0, 1].
    prior : Prior, optional
    """

    def __init__(self, task: RandomMDP, epsilon: float = 0.0, prior: Prior | None = None) -> None:
        super().__init__(task, prior)
        if not 0 <= epsilon <= 1:
            raise UserError(f"epsilon must lie in [0, 1], got {epsilon}.")
        self.epsilon, self.name = epsilon, "epsilon-greedy" if epsilon else "greedy"

    def action_values(self, belief: Belief, visit: np.ndarray, key: np.ndarray) -> np.ndarray:
        """Plan with the mean."""
        return action_values(belief.mean_transition, belief.mean_reward, self.horizon)

    def prefer(self, values: np.ndarray) -> np.ndarray:
        """Return log-probabilities."""
        best = np.isfinite(share_best(values))
        probability = self.epsilon / values.shape[1] + (1 - self.epsilon) * best / best.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore"):
            return np.log(probability)


class BEB(MDPPlayer):
    """Bayesian exploration bonus: plans with the mean and a bonus that falls with the inverse of the counts.

    Parameters
    ----------
    task : RandomMDP
    scaling : float
        >= 0; the bonus as it was proved is 1, what earns most far less.
    prior : Prior, optional

    Notes
    -----
    ``R(s, a) + 1 / (1 + tau) + (m - 1) scaling 2 H^3 / (1 + n)``, with ``tau`` the precision of the mean reward, ``n``
    the sum of the Dirichlet weights, ``m`` the steps left and ``H`` the horizon; as in TabulaRL. Kolter & Ng 2009 add
    ``2 H^2 / (1 + n)`` at every step.
    """

    name = "beb"

    def __init__(self, task: RandomMDP, scaling: float = 1e-3, prior: Prior | None = None) -> None:
        super().__init__(task, prior)
        self.scaling = _check_scaling(scaling)

    def action_values(self, belief: Belief, visit: np.ndarray, key: np.ndarray) -> np.ndarray:
        """Plan with the mean and the bonus."""
        reward = belief.mean_reward + 1 / (1 + belief.precision)
        bonus = self.scaling * 2 * self.horizon**3 / (1 + belief.weight.sum(axis=-1))
        return action_values(belief.mean_transition, reward, self.horizon, bonus)


class UCRL2(MDPPlayer):
    """Plans with the most hopeful process within a distance of what was counted.

    Parameters
    ----------
    task : RandomMDP
    scaling : float
        >= 0: of both confidence widths; 1 is as it was proved, what earns most far less.
    confidence : float
        In (0, 1): probability ``delta`` that the widths fail.
    prior : Prior, optional
        By default ``WEAK``: the algorithm has no prior.
    accumulate : bool
        Whether hope adds up over the steps of a plan, see ``optimistic_action_values``.

    Notes
    -----
    Before visit ``k`` (from 0), with ``n`` visits to a pair, at least 1: rewards are raised by
    ``scaling sqrt(4 log(2 S A (k + 1) / delta) / n)``, transitions may move by ``scaling sqrt(4 S log(...) / n)`` in L1.
    """

    name = "ucrl2"

    def __init__(
        self, task: RandomMDP, scaling: float = 0.1, confidence: float = 0.05, prior: Prior | None = WEAK,
        accumulate: bool = False,
    ) -> None:
        super().__init__(task, prior)
        self.scaling = _check_scaling(scaling)
        if not 0 < confidence < 1:
            raise UserError(f"confidence must lie in (0, 1), got {confidence}.")
        self.confidence, self.accumulate = confidence, accumulate

    def action_values(self, belief: Belief, visit: np.ndarray, key: np.ndarray) -> np.ndarray:
        """Plan by extended backward induction."""
        n_states, n_actions = belief.pulls.shape[1:]
        log = np.log(2 * n_states * n_actions * (visit + 1) / self.confidence)[:, None, None]
        moves = belief.weight.sum(axis=-1) - n_states * self.prior.transition_weight
        reward = belief.mean_reward + self.scaling * np.sqrt(4 * log / np.maximum(belief.pulls, 1))
        slack = self.scaling * np.sqrt(4 * n_states * log / np.maximum(moves, 1))
        return optimistic_action_values(belief.mean_transition, reward, slack, self.horizon, self.accumulate)


class PosteriorSampling(MDPPlayer):
    """Plans with draws from its belief, one (PSRL) or, of every action value, the best of several (OPSRL).

    Parameters
    ----------
    task : RandomMDP
    n_samples : int
        >= 1.
    prior : Prior, optional
    """

    draws = True

    def __init__(self, task: RandomMDP, n_samples: int = 1, prior: Prior | None = None) -> None:
        super().__init__(task, prior)
        if n_samples < 1:
            raise UserError(f"n_samples must be at least 1, got {n_samples}.")
        self.n_samples, self.name = n_samples, "psrl" if n_samples == 1 else "opsrl"

    def action_values(self, belief: Belief, visit: np.ndarray, key: np.ndarray) -> np.ndarray:
        """Plan with draws."""
        parts = [self._envelope(belief, key, rows) for rows in np.array_split(np.arange(len(key)), -(-len(key) // 64))]
        return np.concatenate(parts, axis=1)

    def _envelope(self, belief: Belief, key: np.ndarray, rows: np.ndarray) -> np.ndarray:
        chunk, size = belief.of(rows), belief.pulls.shape[1:]
        weight, normal = np.empty((len(rows), self.n_samples, *size, size[0])), np.empty((len(rows), self.n_samples, *size))
        for i, one in enumerate(key[rows]):
            rng = np.random.Generator(np.random.Philox(key=int(one)))
            weight[i] = rng.standard_gamma(chunk.weight[i], weight.shape[1:])
            normal[i] = rng.standard_normal(normal.shape[1:])
        spread = np.sqrt(self.noise_variance / chunk.precision)[:, None]
        reward = (chunk.mean_reward[:, None] + spread * normal).reshape(-1, *size)
        transition = (weight / weight.sum(axis=-1, keepdims=True)).reshape(-1, *size, size[0])
        values = action_values(transition, reward, self.horizon)
        return values.reshape(self.horizon, len(rows), self.n_samples, *size).max(axis=2)


def _check_scaling(scaling: float) -> float:
    if scaling < 0:
        raise UserError(f"scaling must be >= 0, got {scaling}.")
    return scaling


class KnowsTheProcess(Told):
    """Is told the value of every action, and takes the best: the optimum by dynamic programming.

    Parameters
    ----------
    task : RandomMDP
    """

    name, family, told = "optimum", "mdp", "action_value"

    def logits(self, observation: np.ndarray, told: np.ndarray) -> np.ndarray:
        """Share among the best actions."""
        return share_best(told)


def mdp_players(task: RandomMDP) -> list[Agent]:
    """Return every reference player of a random MDP, the simplest first."""
    learners: list[Agent] = []
    if task.reward_sd and task.reward_mean_sd:
        learners = [Greedy(task), Greedy(task, epsilon=0.1), UCRL2(task), BEB(task), PosteriorSampling(task),
                    PosteriorSampling(task, n_samples=5)]
    return [RandomAgent(task), *learners, KnowsTheProcess(task)]
