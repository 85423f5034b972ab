"""Imitation: learn an expert's choices by cross-entropy, instead of one's own by reward.

Source: Duan et al. 2016 (RL2), section 3.1: where the agent stayed behind Gittins (50 arms, 500 pulls), the same network
trained on the choices of Gittins reached it, so that the outer loop and not the network was the bottleneck. How ours departs:
the paper does not say whose choices make the trajectory; here it is a setting. Where the expert would as soon do one thing as
another, its probabilities are learnt and not a draw from them: the same gradient on average. The critic learns beside, from the
rewards of the trajectory that was played.
"""

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from scipy.special import softmax

from cogmeta.agent import Agent
from cogmeta.agents.network import Network
from cogmeta.errors import UserError, unknown_name
from cogmeta.task import Task
from cogmeta.training.a2c import combine, for_policy, shares
from cogmeta.training.collect import Batch, Collector, as_tensor, choose
from cogmeta.training.learner import Learner, Now, Scheduled
from cogmeta.training.losses import cross_entropy, log_probabilities, negative_entropy, value_error
from cogmeta.training.optimiser import Optimiser

TRAJECTORIES, TIES = ("expert", "own"), ("share", "first")


@dataclass(frozen=True)
class Imitation(Learner):
    """Learning from an expert's choices; further settings are those of ``Learner``.

    Parameters
    ----------
    expert : Agent
        Whose choices are imitated; a reference player, say.
    trajectory : {"expert", "own"}
        Whether the expert's choices are played, or the network's own while the expert says what it would have chosen.
    ties : {"share", "first"}
        What is learnt where the expert would as soon do one thing as another: all of them, or the first. Of many arms that were
        never tried it is easier to remember how far one has come than which are left.

    References
    ----------
    Duan et al. 2016, arXiv 1611.02779, section 3.1; Ross et al. 2011 (for the network's own trajectory).
    """

    discount: Scheduled = (0.9, 0.97)
    step_size: Scheduled = (5e-3, 0.0)
    entropy_weight: Scheduled = 0.0
    n_steps: int = 5_000_000
    n_episodes: int = 64
    expert: Agent | None = None
    trajectory: str = "expert"
    ties: str = "share"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.expert is None:
            raise UserError("imitation needs an expert: an agent, such as tasks.players.player('gittins', task) (--expert gittins).")
        if self.trajectory not in TRAJECTORIES:
            raise unknown_name("trajectory", self.trajectory, TRAJECTORIES)
        if self.ties not in TIES:
            raise unknown_name("ties", self.ties, TIES)
        if self.regret_of is not None:
            raise UserError("imitation learns from an expert's choices; leave regret_of out.")

    @property
    def settings(self) -> dict[str, Any]:
        """All settings as plain values; the expert by its name."""
        plain = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in ("expert", *self.not_settings)}
        return {**plain, "expert": self.expert.name}

    def collector(
        self, network: Network, task: Task, task_rng: np.random.Generator, action_rng: np.random.Generator
    ) -> "ExpertCollector":
        """Return what plays while the expert looks on, or plays itself."""
        return ExpertCollector(network, task, task_rng, action_rng, self)

    def improve(
        self, network: Network, batch: Batch, optimiser: Optimiser, now: Now, rng: np.random.Generator, buffers: Any
    ) -> dict[str, float]:
        """Take one step down the cross-entropy of the expert's choices; ``policy_loss`` is that, in nats a step."""
        target = as_tensor(batch.advantages(now.discount, now.eligibility) + batch.value[:-1])
        n_steps = len(batch.action)
        head = batch.tape.head[:n_steps]
        log_probability, wanted = log_probabilities(head[:, :-1]), as_tensor(batch.expert_policy)
        weight = as_tensor(for_policy(np.ones(batch.free.shape), batch.free, normalise=False))
        parts = (cross_entropy(log_probability, wanted, weight), negative_entropy(log_probability),
                 value_error(head[:, -1], target))
        losses, gradient = combine(*parts, now.entropy_weight, self.value_weight, shares(batch.valid))
        norm = optimiser.apply(batch.tape.backward(gradient * n_steps), now.step_size)
        return {**losses, "gradient_norm": norm}


class ExpertCollector(Collector):
    """Plays episodes in which an expert makes or judges every choice; further parameters are those of ``Collector``.

    Parameters
    ----------
    learner : Imitation
        Says who the expert is, who plays, and what is learnt between equals.
    """

    def __init__(
        self, network: Network, task: Task, task_rng: np.random.Generator, action_rng: np.random.Generator, learner: Imitation
    ) -> None:
        unroll = learner.unroll_of(task.spec.steps_per_episode)
        super().__init__(
            network, task, learner.n_episodes, unroll, task_rng, action_rng, learner.lesson, learner.device)
        self.expert, self.expert_plays, self.first_of_best = learner.expert, learner.trajectory == "expert", learner.ties == "first"
        self.expert_policy = np.empty((self.n_steps, task.spec.n_actions, self.n_episodes))

    def decide(self, t: int, dart: np.ndarray) -> np.ndarray:
        """Ask the expert, and return its choice or the network's."""
        if t == 0 and self.fresh:
            self._begin_expert()
        if self.expert.sees_hidden:
            self.expert_state = self.expert.see_hidden(self.task.hidden(self.state), self.expert_state)
        logits, _, self.expert_state = self.expert.step(self.observation, self.action, self.reward, self.expert_state)
        if self.first_of_best:
            logits = np.where(np.arange(logits.shape[1]) == logits.argmax(axis=1)[:, None], 0.0, -np.inf)
        self.expert_policy[t] = softmax(logits.T, axis=0)
        return choose(logits.T, dart) if self.expert_plays else super().decide(t, dart)

    def _begin_expert(self) -> None:
        if self.played == 0:
            self.expert_state = self.expert.initial_state(self.n_episodes)
        else:
            self.expert_state = self.expert.next_episode(self.expert_state, *self.ended)

    def collect(self) -> Batch:
        """Play one unroll; the batch holds what the expert would have done."""
        self.fresh = self.between_episodes
        batch = replace(super().collect(), expert_policy=self.expert_policy)
        self.ended = self.action, self.reward
        return batch
