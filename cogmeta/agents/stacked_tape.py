"""The tape of stacked recurrent layers: the hidden state of one is the input of the next."""

import torch

from cogmeta.agents.recurrent_tape import RecurrentTape


class StackedTape:
    """The tapes of all layers, lowest first; see ``cogmeta.agents.network.Tape``.

    Parameters
    ----------
    layers : list of RecurrentTape
        Only the last has a readout.
    """

    def __init__(self, layers: list[RecurrentTape]) -> None:
        self.layers, self.top = layers, layers[-1]
        self.n_steps, self.inputs, self.head = self.top.n_steps, layers[0].inputs, self.top.head
        self._pairs = list(zip(layers[:-1], layers[1:], strict=True))

    def start(self) -> None:
        """Take the network's present weights and the initial states of fresh episodes."""
        for layer in self.layers:
            layer.start()

    def next_episode(self) -> None:
        """Begin the next episode of an epoch: a network without memory starts afresh."""
        self.start()

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended."""
        for layer in self.layers:
            layer.carry()

    def step(self, t: int) -> None:
        """Compute ``head[t]`` and the states after step ``t``."""
        for layer, above in self._pairs:
            layer.remember(t)
            above.inputs[t] = layer.hidden[t + 1]
        self.top.step(t)

    def forward(self) -> None:
        """Compute every step but the one after the last, one layer after the other."""
        for layer, above in self._pairs:
            layer.remember_all()
            above.inputs[: self.n_steps] = layer.hidden[1: self.n_steps + 1]
        self.top.forward()

    def take_over(self, played: "StackedTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape."""
        self.layers[0].take_over(played.layers[0], chosen)

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight; those of layer k are named ``layer<k>.``, counted from 1."""
        top = self.top.backward(gradient)
        gradients = {"readout": top.pop("readout"), **_of(len(self.layers), top)}
        for k in range(len(self.layers) - 1, 0, -1):
            d_hidden = self.layers[k].input_gradient()
            gradients |= _of(k, self.layers[k - 1].backward_from(d_hidden))
        return gradients


def _of(k: int, gradients: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    return {f"layer{k}.{name}": gradient for name, gradient in gradients.items()}
