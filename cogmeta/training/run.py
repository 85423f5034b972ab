"""The outer loop: play a batch, improve the weights, say how it went."""

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any


from cogmeta.agents.network import Network
from cogmeta.simulate import check_seed
from cogmeta.task import Task
from cogmeta.training.collect import Batch
from cogmeta.training.learner import Learner, Now
from cogmeta.training.optimiser import Optimiser


@dataclass(frozen=True)
class Record:
    """How training stands after an update.

    Attributes
    ----------
    update, steps : int
        Updates and environment steps done.
    n_steps : int
        Environment steps of the whole training.
    reward_per_trial : float
        Mean over the batch that was just learnt from.
    policy_loss, value_loss, entropy : float
        Means a step; entropy in nats.
    gradient_norm : float
        Before it was shortened.
    rpe_mean, rpe_sd : float
        Of the reward prediction error of every step of the batch, in units of reward.
    discount, step_size : float
        In force at this update.
    seconds : float
        Wall time of training so far.
    """

    update: int
    steps: int
    n_steps: int
    reward_per_trial: float
    policy_loss: float
    value_loss: float
    entropy: float
    gradient_norm: float
    rpe_mean: float
    rpe_sd: float
    discount: float
    step_size: float
    seconds: float

    def as_dict(self) -> dict[str, Any]:
        """Return the fields as plain values."""
        return asdict(self)


Listener = Callable[[Record], None]
"""Called with the record of every update."""


class Run:
    """A training under way: everything the next update depends on.

    Parameters
    ----------
    agent : Network
        Changed in place.
    task : Task
    learner : Learner
    seed : int
        The task, the choices and the learner draw from three streams of it.
    """

    def __init__(self, agent: Network, task: Task, learner: Learner, seed: int = 0) -> None:
        agent.check_fits(task)
        self.agent, self.task, self.learner, self.seed = agent, task, learner, seed
        self.rngs = dict(zip(("task", "action", "learner"), check_seed(seed).spawn(3), strict=True))
        self.collector = learner.collector(agent, task, self.rngs["task"], self.rngs["action"])
        self.optimiser = Optimiser(agent, learner.optimiser, learner.max_gradient_norm)
        self.buffers = learner.prepare(agent, task)
        self.update, self.steps, self.seconds = 0, 0, 0.0

    @property
    def finished(self) -> bool:
        """True once all steps are done and no episode or epoch is under way."""
        return self.steps >= self.learner.n_steps and self.between_epochs

    @property
    def between_epochs(self) -> bool:
        """True where no episode or epoch is under way, so that the run can be saved."""
        return self.collector.between_epochs

    def advance(self) -> Record:
        """Do one update."""
        began = time.perf_counter()
        now = self.learner.at(self.steps / self.learner.n_steps)
        batch = self.collector.collect()
        if self._all_over(batch) and not self.between_epochs:
            self.collector.begin_afresh()
        losses = self.learner.improve(
            self.agent, batch, self.optimiser, now, self.rngs["learner"], self.buffers)
        self.agent.discount = self.learner.learnt_discount(now, self.buffers)  # not before: learners replay what was played with the last one
        self.update += 1
        self.steps += int(batch.valid.sum())
        self.seconds += time.perf_counter() - began
        return self._record(batch, losses, now)

    def _all_over(self, batch: Batch) -> bool:
        """Return whether all episodes have ended, some of them before their last step: nothing is left to learn from."""
        return self.task.spec.episodes_per_epoch == 1 and not (batch.valid[-1] & ~batch.done[-1]).any()

    def _record(self, batch: Batch, losses: dict[str, float], now: Now) -> Record:
        error = batch.reward_prediction_error(now.discount)[batch.valid]
        n_trials = batch.valid.sum() / self.task.spec.steps_per_trial
        return Record(
            update=self.update, steps=self.steps, n_steps=self.learner.n_steps,
            reward_per_trial=float(batch.reward[batch.valid].sum() / n_trials), rpe_mean=float(error.mean()),
            rpe_sd=float(error.std()), discount=now.discount, step_size=now.step_size, seconds=self.seconds, **losses,
        )
