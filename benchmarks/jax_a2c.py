"""Partner of benchmarks/training.py: LSTM or GRU advantage actor-critic whose whole training is compiled by JAX.

Task, network, returns, gradient and Adam stand in one jitted function that scans over updates; the gradient is taken
through the rollout itself, so that there is no second pass. Same sizes and losses as ours.
"""

import time
from functools import partial

import jax
import jax.numpy as jnp

N_ACTIONS, N_INPUTS, DISCOUNT = 2, 4, 0.9


def initial_parameters(key: jax.Array, n_units: int, layer: str) -> dict[str, jax.Array]:
    """Return an untrained network: ``core`` with rows i, f, o, g (LSTM) or r, u, c (GRU), and ``readout`` (logits, value)."""
    k1, k2 = jax.random.split(key)
    n_gates = {"lstm": 4, "gru": 3}[layer]
    return {
        "core": 0.1 * jax.random.normal(k1, (n_gates * n_units, N_INPUTS + n_units + 1)),
        "readout": 0.1 * jax.random.normal(k2, (N_ACTIONS + 1, n_units + 1)),
    }


def lstm(core: jax.Array, inputs: jax.Array, state: tuple) -> tuple:
    """Return (hidden, cell) after one step; inputs end with a row of ones."""
    hidden, cell = state
    i, f, o, g = jnp.split(core @ jnp.concatenate([inputs[:-1], hidden, inputs[-1:]]), 4)
    cell = jax.nn.sigmoid(f) * cell + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(cell), cell


def gru(core: jax.Array, inputs: jax.Array, state: tuple) -> tuple:
    """Return (hidden,) after one step, the reset gate outside the recurrent product, as in ours."""
    (hidden,) = state
    outside, inside = core[:, :N_INPUTS] @ inputs[:-1] + core[:, -1:], core[:, N_INPUTS:-1] @ hidden
    (r, u, c), (r_h, u_h, c_h) = jnp.split(outside, 3), jnp.split(inside, 3)
    u = jax.nn.sigmoid(u + u_h)
    return (u * hidden + (1 - u) * jnp.tanh(c + jax.nn.sigmoid(r + r_h) * c_h),)


LAYERS = {"lstm": lstm, "gru": gru}


def rollout(parameters: dict[str, jax.Array], key: jax.Array, n_steps: int, n_episodes: int, layer: str) -> tuple:
    """Play bandits whose arms are independent; return log-probability, entropy, value and reward of every step."""
    n_units, one = parameters["readout"].shape[1] - 1, jnp.ones((1, n_episodes))
    key, arms_key = jax.random.split(key)
    arms = jax.random.uniform(arms_key, (N_ACTIONS, n_episodes))

    def step(carry: tuple, t: jax.Array) -> tuple:
        state, seen, key = carry
        place = jnp.full((1, n_episodes), t / n_steps)
        state = LAYERS[layer](parameters["core"], jnp.concatenate([place, seen, one]), state)
        head = parameters["readout"] @ jnp.concatenate([state[0], one])
        log_probability = jax.nn.log_softmax(head[:-1], axis=0)
        key, k1, k2 = jax.random.split(key, 3)
        action = jax.random.categorical(k1, jax.lax.stop_gradient(head[:-1]), axis=0)
        chosen = jax.nn.one_hot(action, N_ACTIONS, axis=0)
        reward = (jax.random.uniform(k2, (n_episodes,)) < (chosen * arms).sum(0)).astype(jnp.float32)
        entropy = -(jnp.exp(log_probability) * log_probability).sum(0)
        out = (chosen * log_probability).sum(0), entropy, head[-1], reward
        return (state, jnp.concatenate([chosen, reward[None]]), key), out

    state = (jnp.zeros((n_units, n_episodes)),) * (2 if layer == "lstm" else 1)
    carry = state, jnp.zeros((N_ACTIONS + 1, n_episodes)), key
    return jax.lax.scan(step, carry, jnp.arange(n_steps))[1]


def loss(parameters: dict[str, jax.Array], key: jax.Array, n_steps: int, n_episodes: int, layer: str) -> jax.Array:
    """Return the actor-critic loss with n-step returns to the end of the episode."""
    log_probability, entropy, value, reward = rollout(parameters, key, n_steps, n_episodes, layer)

    def back(total: jax.Array, r: jax.Array) -> tuple:
        total = r + DISCOUNT * total
        return total, total

    target = jax.lax.scan(back, jnp.zeros(n_episodes), reward, reverse=True)[1]
    advantage = jax.lax.stop_gradient(target - value)
    return (-advantage * log_probability - 0.05 * entropy + 0.05 * 0.5 * (target - value) ** 2).mean()


@partial(jax.jit, static_argnames=("n_updates", "n_steps", "n_episodes", "layer"))
def train(state: tuple, n_updates: int, n_steps: int, n_episodes: int, layer: str) -> tuple:
    """Do ``n_updates`` updates with Adam."""

    def update(state: tuple, _: None) -> tuple:
        parameters, mean, square, count, key = state
        key, now = jax.random.split(key)
        gradient = jax.grad(loss)(parameters, now, n_steps, n_episodes, layer)
        count = count + 1
        mean = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, mean, gradient)
        square = jax.tree.map(lambda s, g: 0.999 * s + 0.001 * g * g, square, gradient)
        parameters = jax.tree.map(
            lambda p, m, s: p - 7e-4 * (m / (1 - 0.9**count)) / (jnp.sqrt(s / (1 - 0.999**count)) + 1e-5),
            parameters, mean, square)
        return (parameters, mean, square, count, key), None

    return jax.lax.scan(update, state, None, length=n_updates)[0]


def measure(n_units: int, n_steps: int, n_episodes: int, seconds: float, layer: str = "lstm") -> tuple[int, float, float]:
    """Train for about ``seconds`` after compilation; return steps done, wall seconds and CPU seconds."""
    parameters = initial_parameters(jax.random.key(0), n_units, layer)
    zeros = jax.tree.map(jnp.zeros_like, parameters)
    state, block, done = (parameters, zeros, zeros, 0.0, jax.random.key(1)), 20 if n_units < 100 else 2, 0
    state = jax.block_until_ready(train(state, block, n_steps, n_episodes, layer))  # compiles
    wall, cpu = time.perf_counter(), time.process_time()
    while time.perf_counter() - wall < seconds:
        state = jax.block_until_ready(train(state, block, n_steps, n_episodes, layer))
        done += block * n_steps * n_episodes
    return done, time.perf_counter() - wall, time.process_time() - cpu
