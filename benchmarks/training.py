"""How fast networks train: environment steps a second on two-armed bandits, ours beside what others reach.

    python -m benchmarks.training [--quick] [--out FILE.json]

All rows train an actor-critic on ``bandit/independent`` (100 trials an episode), in one call, one after the other; an LSTM
of 48 units unless the row names another layer. Ours run on one thread, or in two processes of one thread each (the CPU time
of both is counted), the partner compiled by JAX on its default threads: compare CPU time as well as wall time. "two-pass" plays with the network and then runs the whole episode again through torch.nn.LSTM with autograd; "one
environment" is the Python loop of the public reproductions: one episode, one step at a time, autograd through it.
"""

import argparse
import json
import os
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch

from cogmeta.agents import GRUActorCritic, LSTMActorCritic
from cogmeta.agents.store import versions
from cogmeta.files import atomic_path
from cogmeta.one_thread import one_thread
from cogmeta.simulate import sample
from cogmeta.training import A2C, PPO, Learner
from cogmeta.training.returns import discounted_returns
from cogmeta.training.run import Run
from tasks.bandit import BernoulliBandit

TASK, N_UNITS, DISCOUNT = BernoulliBandit(), 48, 0.9
Measured = tuple[int, float, float]


def timed(update: Callable[[], int], seconds: float) -> Measured:
    """Call ``update`` (which returns the steps it did) for about ``seconds``; return steps, wall and CPU seconds."""
    update()
    wall, cpu, done = time.perf_counter(), time.process_time(), 0
    while time.perf_counter() - wall < seconds:
        done += update()
    return done, time.perf_counter() - wall, time.process_time() - cpu


LAYERS = {"lstm": LSTMActorCritic, "gru": GRUActorCritic}


def ours(learner: Learner, seconds: float, n_units: int = N_UNITS, layer: str = "lstm") -> Measured:
    """Train with this project's learner."""
    run = Run(LAYERS[layer].for_task(TASK, n_units=n_units), TASK, learner, seed=0)

    def update() -> int:
        before = run.steps
        with one_thread(), torch.no_grad():
            run.advance()
        return run.steps - before

    steps, wall, cpu = timed(update, seconds)
    return steps, wall, cpu * getattr(learner, "n_workers", 1)  # the other processes do the same work


class PlainNetwork(torch.nn.Module):
    """torch.nn.LSTM with two linear readouts."""

    def __init__(self, n_units: int) -> None:
        super().__init__()
        self.lstm = torch.nn.LSTM(4, n_units)
        self.policy, self.value = torch.nn.Linear(n_units, 2), torch.nn.Linear(n_units, 1)

    def forward(self, inputs: torch.Tensor, state: tuple | None = None) -> tuple:
        """Return logits, value and state for inputs (n_steps, n_episodes, 4)."""
        hidden, state = self.lstm(inputs, state)
        return self.policy(hidden), self.value(hidden)[..., 0], state


def plain_loss(logits: torch.Tensor, value: torch.Tensor, action: torch.Tensor, reward: np.ndarray) -> torch.Tensor:
    """Return the actor-critic loss of whole episodes, time first."""
    target = discounted_returns(reward, np.full(reward.shape, DISCOUNT), np.zeros(reward.shape[1]))
    target = torch.from_numpy(target.astype(np.float32))
    policy = torch.distributions.Categorical(logits=logits)
    advantage = (target - value).detach()
    return (-advantage * policy.log_prob(action) - 0.05 * policy.entropy() + 0.025 * (target - value).square()).mean()


def play_plain(network: PlainNetwork, n_episodes: int, rng: np.random.Generator) -> tuple:
    """Play one batch of episodes; return inputs, actions, rewards and what the network said at every step."""
    task_state, observation = TASK.begin(n_episodes, rng)
    seen, state, steps = np.zeros((n_episodes, 3), np.float32), None, []
    for _ in range(TASK.spec.n_steps):
        inputs = torch.from_numpy(np.concatenate([observation, seen], axis=1))
        logits, value, state = network(inputs[None], state)
        action = sample(logits[0].detach().numpy(), rng)
        task_state, observation, reward, _ = TASK.advance(task_state, action, rng)
        steps.append((inputs, torch.from_numpy(action), reward, logits, value))
        seen = np.concatenate([np.eye(2, dtype=np.float32)[action], reward[:, None].astype(np.float32)], axis=1)
    inputs, action, reward, logits, value = zip(*steps, strict=True)
    return torch.stack(inputs), torch.stack(action), np.stack(reward), torch.cat(logits), torch.cat(value)


def plain(n_episodes: int, two_pass: bool, seconds: float, n_units: int = N_UNITS) -> Measured:
    """Train torch.nn.LSTM with autograd: through the loop itself, or through a second pass over whole episodes."""
    torch.manual_seed(0)
    network, rng = PlainNetwork(n_units), np.random.default_rng(0)
    optimiser = torch.optim.Adam(network.parameters(), 7e-4)

    def update() -> int:
        with torch.set_grad_enabled(not two_pass):
            inputs, action, reward, logits, value = play_plain(network, n_episodes, rng)
        if two_pass:
            logits, value, _ = network(inputs)
        optimiser.zero_grad()
        plain_loss(logits, value, action, reward).backward()
        optimiser.step()
        return action.numel()

    return timed(update, seconds)


def by_jax(n_episodes: int, seconds: float, n_units: int = N_UNITS, layer: str = "lstm") -> Measured | None:
    """Train the partner compiled by JAX, or return None where it is not installed."""
    try:
        from benchmarks.jax_a2c import measure
    except ImportError:
        return None
    return measure(n_units, TASK.spec.n_steps, n_episodes, seconds, layer)


def contenders(seconds: float) -> dict[str, Callable[[], Measured | None]]:
    """Return every row of the table, by name."""
    ppo = PPO(n_steps=10**9, n_episodes=256, n_epochs=3)
    return {
        "cogmeta A2C, 128 episodes": lambda: ours(A2C(n_steps=10**9), seconds),
        "cogmeta A2C, 128 episodes, two processes": lambda: ours(A2C(n_steps=10**9, n_parts=2, n_workers=2), seconds),
        "cogmeta PPO, 256 episodes, 3 epochs": lambda: ours(ppo, seconds),
        "nn.LSTM, two-pass, 128 episodes": lambda: plain(128, True, seconds),
        "nn.LSTM, one environment": lambda: plain(1, False, seconds),
        "JAX A2C, all compiled, 128 episodes": lambda: by_jax(128, seconds),
        "cogmeta A2C, LSTM-256": lambda: ours(A2C(n_steps=10**9), seconds, 256),
        "cogmeta A2C, LSTM-256, two processes": lambda: ours(A2C(n_steps=10**9, n_parts=2, n_workers=2), seconds, 256),
        "JAX A2C, LSTM-256": lambda: by_jax(128, seconds, 256),
        "cogmeta A2C, GRU-256": lambda: ours(A2C(n_steps=10**9), seconds, 256, "gru"),
        "cogmeta A2C, GRU-256, two processes": lambda: ours(A2C(n_steps=10**9, n_parts=2, n_workers=2), seconds, 256, "gru"),
        "JAX A2C, GRU-256": lambda: by_jax(128, seconds, 256, "gru"),
    }


def main(arguments: list[str] | None = None) -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="about a second a row instead of ten")
    parser.add_argument("--out", type=Path, help="JSON file to write")
    given = parser.parse_args(arguments)
    torch.set_num_threads(1)
    rows = {}
    print(f"{'on two-armed bandits; LSTM-48 if not named':44s}{'steps/s wall':>14s}{'steps/s CPU':>14s}")
    for name, measure in contenders(1.0 if given.quick else 10.0).items():
        measured = measure()
        if measured is None:
            print(f"{name:44s}   not installed: pip install 'cogmeta[bench]'")
            continue
        steps, wall, cpu = measured
        rows[name] = {"steps": steps, "wall_seconds": wall, "cpu_seconds": cpu, "steps_per_second": steps / wall,
                      "steps_per_cpu_second": steps / cpu}
        print(f"{name:44s}{steps / wall:14,.0f}{steps / cpu:14,.0f}")
    if given.out:
        content = {"rows": rows, "n_units": N_UNITS, "cores": os.cpu_count(), "versions": versions()}
        with atomic_path(given.out) as part:
            part.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
