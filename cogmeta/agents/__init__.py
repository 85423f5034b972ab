"""Networks: agents whose weights training changes, and how they are kept."""

from cogmeta.agents.episodic_lstm import EpisodicLSTM, EpisodicLSTMConfig
from cogmeta.agents.gru import GRUActorCritic, GRUConfig
from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.pair import ActorCriticPair, PairConfig, StimulatedPair
from cogmeta.agents.perturbed import NetworkLesion, PerturbedNetwork
from cogmeta.agents.recall_lstm import RecallLSTM, RecallLSTMConfig
from cogmeta.agents.rnn import RNNActorCritic, RNNConfig
from cogmeta.agents.stacked import StackedActorCritic, StackedConfig
from cogmeta.agents.store import AgentRecord, load_agent, load_record, save_agent
from cogmeta.agents.symmetric_lstm import SymmetricConfig, SymmetricLSTM

__all__ = ["ActorCriticPair", "AgentRecord", "EpisodicLSTM", "EpisodicLSTMConfig", "GRUActorCritic", "GRUConfig",
           "LSTMActorCritic", "LSTMConfig", "NetworkLesion", "PairConfig", "PerturbedNetwork", "RNNActorCritic", "RNNConfig",
           "RecallLSTM", "RecallLSTMConfig", "StackedActorCritic", "StackedConfig", "StimulatedPair", "SymmetricConfig", "SymmetricLSTM", "load_agent",
           "load_record", "save_agent"]
