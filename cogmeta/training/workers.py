"""Play and learn from one batch in parts, in one process or several.

An update has two exchanges: seeds go out and what was played comes back; the gradient of all heads goes out and that of
the weights comes back. Weights lie in shared memory. Every part draws its chance from seeds that this process draws, and
gradients are summed in the order of the parts, whoever played them, so that the bytes depend on the number of parts and
not on that of the processes.
"""

import multiprocessing
import signal
import weakref
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from cogmeta.agents.network import Network
from cogmeta.errors import UserError
from cogmeta.one_thread import one_thread
from cogmeta.task import Task
from cogmeta.training.collect import Batch, Collector, Lesson
from cogmeta.training.learner import Learner

PLAYED = ("action", "reward", "done", "valid", "free", "value", "taught")


class Part:
    """Equally many of the episodes as every other part has, in whichever process.

    Parameters
    ----------
    network : Network
    task : Task
    n_episodes, n_steps : int
    lesson : Lesson
    device : str
    """

    def __init__(self, network: Network, task: Task, n_episodes: int, n_steps: int, lesson: Lesson, device: str) -> None:
        nobody = np.random.default_rng(0)
        self.collector = Collector(network, task, n_episodes, n_steps, nobody, nobody, lesson, device)

    def play(self, task_seed: int, action_seed: int) -> tuple[np.ndarray, ...]:
        """Play one unroll; return the arrays of ``PLAYED`` that there are, then the heads."""
        self.collector.task_rng, self.collector.action_rng = map(np.random.default_rng, (task_seed, action_seed))
        batch = self.collector.collect()
        arrays = [getattr(batch, name) for name in PLAYED]
        return (*(array for array in arrays if array is not None), batch.tape.head.numpy())

    def begin_afresh(self) -> None:
        """Let the next unroll begin fresh epochs."""
        self.collector.begin_afresh()

    def learn(self, gradient: np.ndarray) -> dict[str, np.ndarray]:
        """Return the gradient of every weight, given that of this part's heads."""
        back = self.collector.tape.backward(torch.from_numpy(gradient).clone())  # aligned alike, sent or not: products round alike
        return {name: tensor.numpy() for name, tensor in back.items()}


class Share:
    """The parts of one process, which does them one after the other.

    Parameters
    ----------
    n_parts : int
    *part
        Parameters of each ``Part``.
    """

    def __init__(self, n_parts: int, *part: Any) -> None:
        self.parts = [Part(*part) for _ in range(n_parts)]

    def do(self, order: str, given: list[tuple[Any, ...]]) -> list[Any]:
        """Let every part do the same with arguments of its own; return what they give, in order."""
        return [getattr(part, order)(*arguments) for part, arguments in zip(self.parts, given, strict=True)]


class SplitTape:
    """The heads of all parts side by side; see ``cogmeta.agents.network.Tape``.

    Parameters
    ----------
    parts : SplitCollector
    head : (n_steps + 1, n_actions + 1, n_episodes) tensor
    """

    def __init__(self, parts: "SplitCollector", head: torch.Tensor) -> None:
        self.parts, self.head = parts, head

    def backward(self, gradient: torch.Tensor) -> dict[str, torch.Tensor]:
        """Return the gradient of every weight, summed over the parts in their order."""
        shares = gradient.chunk(self.parts.n_parts, dim=2)
        found = self.parts.ask("learn", [(share.contiguous().numpy(),) for share in shares])
        return {name: torch.from_numpy(sum(back[name] for back in found)) for name in found[0]}


class SplitCollector:
    """Plays a batch in parts; further parameters are those of ``Collector``.

    Parameters
    ----------
    network, task, task_rng, action_rng
    learner : Learner
        Says how many episodes, and how many steps an unroll has.
    n_parts : int
        Must divide the episodes.
    n_workers : int
        Processes, this one included, at most ``n_parts``; each plays every ``n_workers``-th part.
    """

    def __init__(
        self, network: Network, task: Task, task_rng: np.random.Generator, action_rng: np.random.Generator, learner: Learner,
        n_parts: int, n_workers: int = 1,
    ) -> None:
        self.n_steps = learner.unroll_of(task.spec.steps_per_episode)
        self.n_parts, self.task_rng, self.action_rng = n_parts, task_rng, action_rng
        for weight in network.weights.values() if n_workers > 1 else ():
            weight.share_memory_()
        part = network, task, learner.n_episodes // n_parts, self.n_steps, learner.lesson, learner.device
        n_each = [len(range(k, n_parts, n_workers)) for k in range(n_workers)]
        self.own = Share(n_each[0], *part)
        self.workers = [start_worker((n, *part)) for n in n_each[1:]]
        self._stop = weakref.finalize(self, stop_workers, self.workers)

    @property
    def between_epochs(self) -> bool:
        """True where the next unroll begins fresh epochs."""
        return self.own.parts[0].collector.between_epochs

    def begin_afresh(self) -> None:
        """Let the next unroll of every part begin fresh epochs."""
        self.ask("begin_afresh", [()] * self.n_parts)

    def collect(self) -> Batch:
        """Play one unroll and return what happened, the parts side by side."""
        seeds = [(int(self.task_rng.integers(2**63)), int(self.action_rng.integers(2**63))) for _ in range(self.n_parts)]
        *played, head = (np.concatenate(arrays, axis=-1) for arrays in zip(*self.ask("play", seeds), strict=True))
        return Batch(SplitTape(self, torch.from_numpy(head)), **dict(zip(PLAYED, played, strict=False)))

    def ask(self, order: str, given: list[tuple[Any, ...]]) -> list[Any]:
        """Let every part do the same with arguments of its own, all processes at once; return what they give, in order."""
        n_workers, answers = 1 + len(self.workers), [None] * self.n_parts
        try:
            for k, (_, connection) in enumerate(self.workers, start=1):
                connection.send((order, given[k::n_workers]))
            answers[::n_workers] = self.own.do(order, given[::n_workers])
            for k, (_, connection) in enumerate(self.workers, start=1):
                answers[k::n_workers] = connection.recv()
        except (EOFError, ConnectionError) as error:
            raise UserError("a worker process of the training ended. Was memory short? A script that trains with n_workers > 1 must "
                            "do so under if __name__ == '__main__'. The last checkpoint stands; n_workers=1 goes on from it.") from error
        return answers


def start_worker(share: tuple[Any, ...]) -> tuple[Any, Connection]:
    """Return a process that serves a ``Share``, given its parameters, and the connection to it."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, share), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def stop_workers(workers: list[tuple[Any, Connection]]) -> None:
    """Close the connections, which ends the processes."""
    for process, connection in workers:
        connection.close()
        process.join(timeout=5)


def serve(connection: Connection, parameters: tuple[Any, ...]) -> None:
    """Answer orders until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the main process's affair
    share = Share(*parameters)
    with one_thread(), torch.no_grad():
        while True:
            try:
                order, given = connection.recv()
            except EOFError:
                return
            connection.send(share.do(order, given))
