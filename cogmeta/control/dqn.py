"""A deep Q-network: the slow learner beside episodic control, which changes its weights a little after every step.

Source: Mnih et al. 2015 (Nature 518:529): values of actions by a network, steps drawn from a replay memory, targets from a
copy of the network that is renewed now and then, errors clipped at 1, random actions fewer and fewer.

How ours departs: a perceptron of one hidden layer, Adam, and smaller numbers throughout, as our observations are vectors and
lives have thousands of steps, not millions. Weights change during a life, so that they are part of its state.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch

from cogmeta.control.agent import ControlAgent, ControlConfig, Life, check_range, check_whole
from cogmeta.control.perceptron import Adam, Weights, backward, descend, forward, initial_weights, no_gradients
from cogmeta.control.replay import Replay


@dataclass(frozen=True)
class DQNConfig(ControlConfig):
    """Settings of a deep Q-network.

    Parameters
    ----------
    n_units : int
        Hidden units, >= 1.
    step_size : float
        Of Adam, in (0, 1].
    batch_size : int
        Steps that are learnt from again at once, >= 1; learning begins when so many were made.
    learn_every : int
        Steps from one update to the next, >= 1.
    target_every : int
        Updates from one renewal of the copy to the next, >= 1.
    window : int
        Latest steps that are drawn from, >= 1.
    observation_size, n_actions, restart, discount, epsilon, annealing_steps
        See ``ControlConfig``.
    """

    annealing_steps: int = 500
    n_units: int = 64
    step_size: float = 1e-3
    batch_size: int = 32
    learn_every: int = 1
    target_every: int = 50
    window: int = 10_000

    def __post_init__(self) -> None:
        super().__post_init__()
        check_whole(self, 1, "n_units", "batch_size", "learn_every", "target_every", "window")
        check_range(self, 1e-9, 1, "step_size")


class Slow(NamedTuple):
    """What a batch of lives has learnt slowly."""

    weights: Weights
    target: Weights
    adam: Adam
    replay: Replay


class DQN(ControlAgent):
    """A deep Q-network; the parameters are those of ``ControlAgent``.

    Notes
    -----
    Every update descends ``mean huber(Q(s, a) - r - discount (1 - over) max_a' Q_target(s', a'))``.

    References
    ----------
    Mnih et al. 2015, Nature 518:529, algorithm 1.
    """

    kind, config_class = "dqn", DQNConfig

    def nothing(self, n_lives: int) -> Slow:
        """Return the first weights and no steps."""
        config = self.config
        weights = initial_weights(n_lives, config.observation_size, config.n_units, config.n_actions, self.seed)
        seen = (n_lives, config.observation_size)
        replay = Replay.empty(seen=seen, action=(n_lives,), reward=(n_lives,), after=seen, over=(n_lives,))
        return Slow(weights, weights, no_gradients(weights), replay)

    def values(self, learned: Slow, observation: np.ndarray) -> np.ndarray:
        """Return the network's values; see ``ControlAgent.values``."""
        return forward(learned.weights, as_inputs(observation[None]))[0][:, 0].double().numpy()

    def learn(
        self, life: Life, action: np.ndarray, reward: np.ndarray, observation: np.ndarray, over: np.ndarray
    ) -> Slow:
        """Keep the step, and learn from a batch of steps; see ``ControlAgent.learn``."""
        learned, config = life.learned, self.config
        replay = learned.replay.with_row(seen=life.seen, action=action, reward=reward, after=observation, over=over)
        learned = learned._replace(replay=replay)
        if len(replay) < config.batch_size or len(replay) % config.learn_every:
            return learned
        batch = replay.draw(config.batch_size, config.window, (self.seed, len(replay)))
        weights, adam = descend(learned.weights, self.gradient(learned, batch), learned.adam, config.step_size)
        target = weights if adam.n_steps % config.target_every == 0 else learned.target
        return Slow(weights, target, adam, replay)

    def gradient(self, learned: Slow, batch: dict[str, np.ndarray]) -> Weights:
        """Return the gradient of every life's loss over a batch of steps, (batch, n_lives, ...) by name."""
        inputs, action = as_inputs(batch["seen"]), torch.from_numpy(batch["action"].T.astype(np.int64))[..., None]
        output, units = forward(learned.weights, inputs)
        error = (output.gather(-1, action) - self.targets(learned.target, batch)[..., None]).clamp_(-1, 1)
        error = torch.zeros_like(output).scatter_(-1, action, error / output.shape[1])
        return backward(learned.weights, inputs, units, error)

    def targets(self, weights: Weights, batch: dict[str, np.ndarray]) -> torch.Tensor:
        """Return (n_lives, batch) what the value of each step's action should be, by the copy's weights."""
        later = forward(weights, as_inputs(batch["after"]))[0].amax(dim=-1)
        reward, over = (torch.from_numpy(batch[name].T) for name in ("reward", "over"))
        return reward + self.config.discount * (1 - over) * later


def as_inputs(observation: np.ndarray) -> torch.Tensor:
    """Return observations (batch, n_lives, size) as inputs (n_lives, batch, size)."""
    return torch.from_numpy(np.ascontiguousarray(observation.swapaxes(0, 1), np.float32))
