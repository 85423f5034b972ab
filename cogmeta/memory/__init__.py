"""Episodic memory: what was stored under a cue, and what comes back when a like one returns."""

from cogmeta.memory.dictionary import MemoryConfig, NeuralDictionary, Recall
from cogmeta.memory.indexed import IndexedDictionary

__all__ = ["IndexedDictionary", "MemoryConfig", "NeuralDictionary", "Recall"]
