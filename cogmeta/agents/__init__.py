"""Networks: agents whose weights training changes, and how they are kept."""

from cogmeta.agents.gru import GRUActorCritic, GRUConfig
from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.rnn import RNNActorCritic, RNNConfig
from cogmeta.agents.store import AgentRecord, load_agent, load_record, save_agent

__all__ = ["AgentRecord", "GRUActorCritic", "GRUConfig", "LSTMActorCritic", "LSTMConfig", "RNNActorCritic", "RNNConfig",
           "load_agent", "load_record", "save_agent"]
