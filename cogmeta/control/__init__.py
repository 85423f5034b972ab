"""Episodic control and a slow learner beside it: agents that learn the value of actions while they behave."""

from cogmeta.control.agent import ControlAgent, ControlConfig
from cogmeta.control.dqn import DQN, DQNConfig
from cogmeta.control.mfec import MFEC, MFECConfig
from cogmeta.control.nec import NEC, NECConfig
from cogmeta.control.similarity import SimilarityConfig, SimilarityValue
from cogmeta.control.store import load_lives, save_lives

__all__ = ["DQN", "DQNConfig", "MFEC", "MFECConfig", "NEC", "NECConfig", "ControlAgent", "ControlConfig",
           "SimilarityConfig", "SimilarityValue", "load_lives", "save_lives"]
