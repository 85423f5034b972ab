"""The tape of an actor and a critic that are two networks: the policy comes from one, the value from the other."""

import torch

from cogmeta.agents.actor_critic import named
from cogmeta.agents.network import Network, Tape


class PairTape:
    """The tapes of policy and value network; see ``cogmeta.agents.network.Tape``.

    Parameters
    ----------
    pair : Network
        Its ``discount`` at the beginning of an unroll is that of the reward prediction error.
    policy, value : Tape
        ``inputs`` are those of the value tape, which always gets the reward.
    n_steps : int
    surprised : bool
        Whether the policy network gets the reward prediction error in place of the reward.
    """

    def __init__(self, pair: Network, policy: Tape, value: Tape, n_steps: int, surprised: bool) -> None:
        self.pair, self.policy, self.value, self.n_steps, self.surprised = pair, policy, value, n_steps, surprised
        self.inputs, self.head = value.inputs, torch.empty_like(policy.head)
        self.previous_value: torch.Tensor | None = None

    def start(self) -> None:
        """Take the networks' present weights and the initial states of fresh episodes."""
        self.policy.start()
        self.value.start()
        self.previous_value, self.discount = None, self.pair.discount

    def next_episode(self) -> None:
        """Begin the next episode of an epoch, both networks; the reward prediction error begins at 0 again."""
        self.policy.next_episode()
        self.value.next_episode()
        self.previous_value, self.discount = None, self.pair.discount

    def carry(self) -> None:
        """Take the present weights and go on from where the last unroll ended."""
        self.policy.carry()
        self.value.carry()
        self.previous_value, self.discount = self.value.head[self.n_steps - 1, -1].clone(), self.pair.discount

    def step(self, t: int) -> None:
        """Compute ``head[t]``: the value first, since the policy may depend on it."""
        self.value.step(t)
        before = self.value.head[t - 1, -1] if t else self.previous_value
        self._feed(slice(t, t + 1), None if before is None else before[None])
        self.policy.step(t)
        self._read(slice(t, t + 1))

    def forward(self) -> None:
        """Compute every step but the one after the last: all values, then all reward prediction errors and policies."""
        self.value.forward()
        first = self.previous_value
        self._feed(slice(0, 1), None if first is None else first[None])
        self._feed(slice(1, self.n_steps), self.value.head[: self.n_steps - 1, -1])
        self.policy.forward()
        self._read(slice(0, self.n_steps))

    def _feed(self, steps: slice, previous_value: torch.Tensor | None) -> None:
        """Write the policy network's inputs, given the values one step before (None: fresh episodes)."""
        into = self.policy.inputs[steps]
        into.copy_(self.inputs[steps])
        if self.surprised and previous_value is None:
            into[:, -1] = 0.0
        elif self.surprised:
            into[:, -1] += self.discount * self.value.head[steps, -1] - previous_value

    def _read(self, steps: slice) -> None:
        self.head[steps, :-1] = self.policy.head[steps, :-1]
        self.head[steps, -1] = self.value.head[steps, -1]

    def take_over(self, played: "PairTape", chosen: torch.Tensor) -> None:
        """Take over the inputs of some episodes of another tape."""
        self.value.take_over(played.value, chosen)

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight: that of the logits goes into one network, that of the value into the other."""
        of_logits, of_value = gradient.clone(), gradient.clone()
        of_logits[:, -1], of_value[:, :-1] = 0.0, 0.0
        return named("policy.", self.policy.backward(of_logits)) | named("value.", self.value.backward(of_value))
