"""Where a network's steps are computed while it trains: by tapes written by hand on the CPU, or on a GPU.

A GPU takes the network's weights, states and arithmetic (``cogmeta.agents.autograd_tape``). Tasks, chance, returns, losses and the
optimiser stay where they are, on the CPU: the same code on every device, and checkpoints that any of them goes on from.
"""

import re

import torch

from cogmeta.agents.actor_critic import ActorCritic
from cogmeta.agents.network import Network, Tape
from cogmeta.errors import UserError

DEVICES = {
    "cpu": "this machine's cores, by the fastest tape that a network has",
    "plain": "the same cores, by the steps that a GPU takes: slower, to compare with",
    "cuda": "a GPU (cuda:1 the second one, and so on)",
}
"""Where a network may be trained."""


def check_device(name: str) -> str:
    """Return the name of a device, or say which there are; whether this machine has it is asked when training begins.

    Examples
    --------
    >>> check_device("cuda:1")
    'cuda:1'
    """
    if not isinstance(name, str) or not re.fullmatch(r"cpu|plain|cuda(:\d+)?", name):
        known = "; ".join(f"{known}, {said}" for known, said in DEVICES.items())
        raise UserError(f"unknown device {name!r}. Known: {known}.")
    return name


def tape_on(network: Network, n_steps: int, n_episodes: int, device: str = "cpu") -> Tape:
    """Return an empty tape of a network on a device.

    Parameters
    ----------
    network : Network
    n_steps, n_episodes : int
    device : {"cpu", "plain", "cuda", "cuda:1", ...}
        See ``DEVICES``.

    Raises
    ------
    UserError
        No such device, or a network without plain steps.

    Examples
    --------
    >>> from cogmeta.agents import LSTMActorCritic, LSTMConfig
    >>> network = LSTMActorCritic(LSTMConfig(observation_size=1, n_actions=2, n_units=4))
    >>> type(tape_on(network, 5, 3)).__name__, type(tape_on(network, 5, 3, "plain")).__name__
    ('LSTMTape', 'AutogradTape')
    """
    check_available(device)
    if device == "cpu":
        return network.tape(n_steps, n_episodes)
    if not isinstance(network, ActorCritic):
        raise UserError(f"a network of kind {network.kind!r} has no plain steps, which another device than 'cpu' takes. Leave the device out (--device).")
    return network.plain_tape(n_steps, n_episodes, "cpu" if device == "plain" else device)


def check_available(device: str) -> None:
    """Raise UserError where this machine does not have a device, with what torch found and what to do."""
    if not check_device(device).startswith("cuda"):
        return
    n_found, wanted = torch.cuda.device_count(), torch.device(device).index or 0
    if wanted >= n_found:
        raise UserError(f"there is no {device!r} here: {_found(n_found)}")


def _found(n_found: int) -> str:
    if torch.version.cuda is None:
        return (f"torch {torch.__version__} is built without CUDA. Install a build with it (pytorch.org/get-started), "
                "or leave the device out (--device) to train on the CPU.")
    if not n_found:
        return (f"torch {torch.__version__} is built for CUDA {torch.version.cuda}, but finds no GPU. Does nvidia-smi list one, and does "
                "CUDA_VISIBLE_DEVICES leave it visible? Leave the device out (--device) to train on the CPU.")
    names = ", ".join(f"cuda:{k} ({torch.cuda.get_device_name(k)})" for k in range(n_found))
    return f"torch finds {names}. Choose one of them."


def describe_device(device: str) -> str:
    """Return the name of a device as it stands in a record: with that of the GPU."""
    return f"{device} ({torch.cuda.get_device_name(device)})" if device.startswith("cuda") else device
