"""The kinds of recurrent layer, by name: what stands alone as a network, and what stacks and pairs are made of."""

from cogmeta.agents.gru import GRUActorCritic
from cogmeta.agents.lstm import LSTMActorCritic
from cogmeta.agents.recurrent import RecurrentActorCritic
from cogmeta.agents.rnn import RNNActorCritic

LAYERS: dict[str, type[RecurrentActorCritic]] = {
    network.kind: network for network in (LSTMActorCritic, GRUActorCritic, RNNActorCritic)}
