"""Networks: agents whose weights training changes, and how they are kept."""

from cogmeta.agents.gru import GRUActorCritic, GRUConfig
from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.pair import ActorCriticPair, PairConfig, StimulatedPair
from cogmeta.agents.rnn import RNNActorCritic, RNNConfig
from cogmeta.agents.stacked import StackedActorCritic, StackedConfig
from cogmeta.agents.store import AgentRecord, load_agent, load_record, save_agent

__all__ = ["ActorCriticPair", "AgentRecord", "GRUActorCritic", "GRUConfig", "LSTMActorCritic", "LSTMConfig", "PairConfig",
           "RNNActorCritic", "RNNConfig", "StackedActorCritic", "StackedConfig", "StimulatedPair", "load_agent",
           "load_record", "save_agent"]
