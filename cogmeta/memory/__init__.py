"""Episodic memory: what was stored under a cue, and what comes back when a like one returns."""

from cogmeta.memory.dictionary import MemoryConfig, NeuralDictionary, Recall

__all__ = ["MemoryConfig", "NeuralDictionary", "Recall"]
