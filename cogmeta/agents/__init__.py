"""Networks: agents whose weights training changes, and how they are kept."""

from cogmeta.agents.lstm import LSTMActorCritic, LSTMConfig
from cogmeta.agents.store import AgentRecord, load_agent, load_record, save_agent

__all__ = ["AgentRecord", "LSTMActorCritic", "LSTMConfig", "load_agent", "load_record", "save_agent"]
