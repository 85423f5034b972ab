"""A network that learns to predict which actions pay, from all episodes that were ever played.

Source: Ha & Schmidhuber 2018 ("World models"); that a recurrent network which minimises the log loss of the next outcome comes to
carry the posterior of what is hidden: Ortega et al. 2019, arXiv 1905.03030, section 3. How ours departs: outcomes are rewards of 0 and 1,
and a prediction is made for every action, of which the one that was taken is corrected.
"""

from typing import Any

import numpy as np
import torch

from cogmeta.agent import NO_ACTION
from cogmeta.agents.actor_critic import under
from cogmeta.agents.device import tape_on
from cogmeta.agents.network import Network, write_inputs
from cogmeta.errors import UserError
from cogmeta.task import Task
from cogmeta.training.collect import Batch, as_tensor
from cogmeta.training.imagined import Imagined
from cogmeta.training.losses import outcome_error
from cogmeta.training.optimiser import Optimiser


class WorldModel:
    """Episodes that are remembered, and a network that learns to predict their rewards.

    Parameters
    ----------
    task : Task
        Which is predicted: one where an action pays 0 or 1 and nothing else tells episodes apart, such as a Bernoulli bandit.
    network : Network
        Its logits are the log-odds that each action pays; its value is not used. Changed in place.
    n_episodes : int
        Of a step down the gradient.
    device : str
        Where the network learns, see ``cogmeta.agents.device``.
    """

    def __init__(self, task: Task, network: Network, n_episodes: int, device: str = "cpu") -> None:
        self.task, self.network, self.n_episodes = task, network, n_episodes
        self.n_steps = task.spec.n_steps
        self.optimiser = Optimiser(network, "adam", max_gradient_norm=1.0)
        self.tape = tape_on(network, self.n_steps, n_episodes, device)
        self.observation = np.zeros((self.n_steps, task.spec.observation_size), np.float32)
        self.action = np.empty((self.n_steps, 0), np.int64)
        self.reward = np.empty((self.n_steps, 0))

    @property
    def steps(self) -> int:
        """Steps that are remembered."""
        return self.action.size

    def remember(self, batch: Batch) -> None:
        """Add the episodes of a batch.

        Raises
        ------
        UserError
            Something but the rewards, or another reward than 0 and 1, tells episodes apart: that is not predicted.
        """
        seen = batch.tape.inputs[: self.n_steps, : self.observation.shape[1]].numpy()
        self._check(batch, seen)
        self.observation = seen[..., 0].copy()
        self.action = np.concatenate([self.action, batch.action], axis=1)
        self.reward = np.concatenate([self.reward, batch.reward], axis=1)

    def _check(self, batch: Batch, seen: np.ndarray) -> None:
        name = self.task.spec.name
        if not np.isin(batch.reward, (0.0, 1.0)).all():
            raise UserError(f"a world model predicts whether an action pays, 0 or 1; {name!r} paid {np.unique(batch.reward)[:5].tolist()}. "
                            "Use another learner (a2c, ppo).")
        if (seen != seen[..., :1]).any() or not batch.free.all() or batch.done[:-1].any():
            raise UserError(f"a world model predicts rewards alone; in {name!r} episodes also differ in what is seen, in their length or in "
                            "which choices are free. Use another learner (a2c, ppo).")

    def learn(self, n_updates: int, step_size: float, rng: np.random.Generator) -> float:
        """Take some steps down the log loss of remembered rewards and return its mean in nats a step.

        Parameters
        ----------
        n_updates : int
            Steps of Adam, each on ``n_episodes`` episodes; in their order each episode is met once before one is met again.
        step_size : float
        rng : numpy.random.Generator
        """
        n_passes = -(-n_updates * self.n_episodes // self.action.shape[1])
        order = np.concatenate([rng.permutation(self.action.shape[1]) for _ in range(n_passes)])
        chosen = order[: n_updates * self.n_episodes].reshape(n_updates, -1)
        return float(np.mean([self._update(episodes, step_size) for episodes in chosen]))

    def _update(self, episodes: np.ndarray, step_size: float) -> float:
        loss, gradient = self.loss_and_gradient(episodes)
        self.optimiser.apply(gradient, step_size)
        return loss / self.n_steps

    def loss_and_gradient(self, episodes: np.ndarray) -> tuple[float, dict[str, torch.Tensor]]:
        """Return the log loss of an episode's rewards, the mean of some remembered episodes in nats, and its gradient by weight.

        Parameters
        ----------
        episodes : (n_episodes,) int array
            Which of the remembered ones, in their order from 0.
        """
        action, reward = self.action[:, episodes], self.reward[:, episodes]
        self._hear(action, reward)
        self.tape.start()
        self.tape.forward()
        head = self.tape.head[: self.n_steps]
        loss, gradient = outcome_error(head[:, :-1], torch.from_numpy(action), as_tensor(reward))
        of_heads = torch.cat([gradient, torch.zeros_like(gradient[:, :1])], dim=1) / self.n_episodes
        return float(loss.sum()) / self.n_episodes, self.tape.backward(of_heads)

    def _hear(self, action: np.ndarray, reward: np.ndarray) -> None:
        """Write the inputs of the tape: before the first step nothing was done."""
        inputs = self.tape.inputs.numpy()
        before, paid = np.full(self.n_episodes, NO_ACTION), np.zeros(self.n_episodes)
        for t, seen in enumerate(self.observation):
            write_inputs(inputs[t], np.repeat(seen[None], self.n_episodes, axis=0), before, paid)
            before, paid = action[t], reward[t]

    def imagined(self) -> Imagined:
        """Return the task as it is predicted now; it changes with the network."""
        return Imagined(self.network, self.observation, self.task)

    def state(self) -> dict[str, torch.Tensor]:
        """Return everything that the next step depends on, as tensors by name."""
        arrays = {name: torch.from_numpy(getattr(self, name)) for name in ("observation", "action", "reward")}
        weights = {f"weights.{name}": weight.clone() for name, weight in self.network.weights.items()}
        return arrays | weights | {f"optimiser.{name}": tensor for name, tensor in self.optimiser.state().items()}

    def restore(self, tensors: dict[str, Any]) -> None:
        """Go on from a ``state()``."""
        self.observation, self.action, self.reward = (tensors[name].numpy() for name in ("observation", "action", "reward"))
        for name, weight in under("weights.", tensors).items():
            self.network.weights[name].copy_(weight)
        self.optimiser.restore(under("optimiser.", tensors))
