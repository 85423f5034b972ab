"""The slow loop: learners that change a network's weights by its reward prediction errors."""

from cogmeta.training.a2c import A2C
from cogmeta.training.checkpoint import Checkpoint
from cogmeta.training.dyna import Dyna
from cogmeta.training.imitation import Imitation
from cogmeta.training.learner import Learner
from cogmeta.training.optimiser import ExplodedError
from cogmeta.training.ppo import PPO
from cogmeta.training.run import Record
from cogmeta.training.sarsa import Sarsa
from cogmeta.training.stages import Stage, Stages, load_stages
from cogmeta.training.train import Interrupted, train, updates
from cogmeta.training.trpo import TRPO

__all__ = ["A2C", "PPO", "TRPO", "Checkpoint", "Dyna", "ExplodedError", "Imitation", "Interrupted", "Learner", "Record", "Sarsa", "Stage", "Stages",
           "load_stages", "train", "updates"]
