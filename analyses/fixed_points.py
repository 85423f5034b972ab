"""Where the activity of a network comes to rest while its input is held, and where it nearly does.

Under a held input a recurrent network is a map ``s -> F(s)`` of its state (hidden units; cells of an LSTM). Its fixed points,
``F(s) = s``, and its slow points, minima of the speed ``q(s) = |F(s) - s|^2 / 2`` above 0, are the skeleton of what it can
remember. They are found by minimising ``q`` from many states that the network visits; a fixed point is stable where all
eigenvalues of the Jacobian of ``F`` lie within the unit circle. Source: Sussillo & Barak 2013 (Neural Computation 25:626). How
ours departs: the minimiser is Levenberg-Marquardt in double precision, all starts side by side; instead of one input a
*cycle* of inputs can be held, such as the steps of one trial that comes again and again: then ``F`` is the whole cycle.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from matplotlib.axes import Axes
from scipy.special import softmax

from analyses.style import PALETTE, REFERENCE, new_axes, styled
from cogmeta.agents.actor_critic import as_inputs
from cogmeta.agents.recurrent import RecurrentActorCritic, read_out
from cogmeta.errors import UserError
from cogmeta.rollout import Rollout

Exchange = tuple[Sequence[float], int, float]
"""(observation, previous_action, previous_reward) of one step."""

FIXED = 1e-16
"""Speed below which a point is fixed: it moves by less than 1.4e-8."""


@dataclass(frozen=True)
class FixedPoints:
    """Points at which a network under held input rests or is slow, the slowest first.

    Attributes
    ----------
    state : (n_points, n_state) float array
        Hidden units, then cells where there are any.
    speed : (n_points,) float array
        ``q``, >= 0.
    eigenvalues : (n_points, n_state) complex array
        Of the Jacobian of the map, the largest modulus first.
    n_starts : (n_points,) int array
        Starts that ended there.
    head : (n_points, n_actions + 1) float array
        Logits, then value, that are read out there.
    """

    state: np.ndarray
    speed: np.ndarray
    eigenvalues: np.ndarray
    n_starts: np.ndarray
    head: np.ndarray

    def table(self) -> pd.DataFrame:
        """Return one row a point: ``kind`` (stable, unstable, slow), ``speed``, ``modulus`` of the largest eigenvalue,
        ``n_unstable`` (eigenvalues outside the unit circle), ``n_starts``, ``value`` and ``probability_0``, ``_1``, ..."""
        modulus = np.abs(self.eigenvalues)
        resting = np.where((modulus < 1).all(axis=1), "stable", "unstable")
        policy = softmax(self.head[:, :-1], axis=1)
        return pd.DataFrame({
            "kind": np.where(self.speed < FIXED, resting, "slow"), "speed": self.speed, "modulus": modulus[:, 0],
            "n_unstable": (modulus > 1).sum(axis=1), "n_starts": self.n_starts, "value": self.head[:, -1],
            **{f"probability_{action}": policy[:, action] for action in range(policy.shape[1])},
        })


def fixed_points(
    network: RecurrentActorCritic, held: Sequence[Exchange], starts: np.ndarray, n_iterations: int = 300, apart: float = 1e-4,
) -> FixedPoints:
    """Find the fixed points and slow points of a network under held input.

    Parameters
    ----------
    network : RecurrentActorCritic
        LSTM, gated recurrent unit or vanilla.
    held : sequence of (observation, previous_action, previous_reward)
        The input of one step that is held, or those of the steps of a cycle that is repeated; points are states after
        its last step.
    starts : (n_starts, n_state) float array
        From ``visited_states``, say.
    n_iterations : int
        At most; what has not come to a minimum of the speed by then is left out.
    apart : float
        Largest difference of a unit up to which two ends are one point.

    Returns
    -------
    FixedPoints

    Raises
    ------
    UserError
        The network has another state than hidden units and cells, or the starts are not of its size.

    Examples
    --------
    >>> from cogmeta.agents import RNNActorCritic, RNNConfig
    >>> network = RNNActorCritic(RNNConfig(observation_size=1, n_actions=2, n_units=1))
    >>> _ = network.weights["core"].zero_()
    >>> network.weights["core"][0, 4] = 2.0  # h' = tanh(2 h)
    >>> found = fixed_points(network, [((0.0,), -1, 0.0)], np.linspace(-1, 1, 7)[:, None])
    >>> table = found.table().assign(h=found.state[:, 0]).sort_values("h")
    >>> table[["h", "modulus", "kind"]].round(3).values.tolist()
    [[-0.958, 0.166, 'stable'], [0.0, 2.0, 'unstable'], [0.958, 0.166, 'stable']]

    References
    ----------
    Sussillo & Barak 2013, Neural Computation 25:626.
    """
    if getattr(type(network), "plain_step", None) is not RecurrentActorCritic.plain_step:
        raise UserError(f"{network.name!r} has another state than hidden units and cells; look at an LSTM, a gated recurrent unit or a vanilla network.")
    n_state = len(network.state_names) * network.config.n_units
    starts = torch.as_tensor(np.asarray(starts, float))
    if starts.ndim != 2 or starts.shape[1] != n_state:
        raise UserError(f"starts must have shape (n_starts, {n_state}), {' and '.join(network.state_names)} one after the other, "
                        f"got {tuple(starts.shape)}.")
    move = _map(network, held)
    ends, rests = _minimise(move, starts, n_iterations)
    ends, n_starts = _distinct(ends[rests], move, apart)
    eigenvalues = torch.linalg.eigvals(_jacobian(move, ends)).numpy() if len(ends) else np.empty((0, n_state), complex)
    order = np.argsort(-np.abs(eigenvalues), axis=1, kind="stable")
    head = read_out(network.weights["readout"].double(), ends[:, : network.config.n_units])
    return FixedPoints(ends.numpy(), _speed(move(ends) - ends).numpy(), np.take_along_axis(eigenvalues, order, axis=1), n_starts, head.numpy())


def visited_states(
    rollout: Rollout, network: RecurrentActorCritic, n_states: int, rng: np.random.Generator, steps: slice = slice(None),
) -> np.ndarray:
    """Return states that a network visited, drawn at random: (n_states, n_state).

    Parameters
    ----------
    rollout : Rollout
        With the activity of all ``network.state_names``.
    network : RecurrentActorCritic
    n_states : int
    rng : numpy.random.Generator
    steps : slice
        Only states after these steps of the rollout are drawn; of a cycle, those after its last step.
    """
    state = np.concatenate([rollout.activity[name] for name in network.state_names], axis=-1)[steps]
    state = state.reshape(-1, state.shape[-1])
    return state[rng.choice(len(state), min(n_states, len(state)), replace=False)]


def _map(network: RecurrentActorCritic, held: Sequence[Exchange]) -> Callable[[torch.Tensor], torch.Tensor]:
    """Return the map of states (n, n_state) over one cycle of held inputs, in double precision."""
    core, n_units = network.weights["core"].double(), network.config.n_units
    told = [as_inputs(np.array([seen], float), np.array([action]), np.array([reward]), network.config.n_actions).double()
            for seen, action, reward in held]

    def move(state: torch.Tensor) -> torch.Tensor:
        parts = state.split(n_units, dim=-1)
        for inputs in told:
            parts = network.next_state(network.config, core, inputs.expand(len(state), -1), parts)
        return torch.cat(parts, dim=-1)

    return move


def _jacobian(move: Callable[[torch.Tensor], torch.Tensor], state: torch.Tensor) -> torch.Tensor:
    """Return (n, n_state, n_state): what each entry of the next state (row) makes of each of this one (column)."""
    return torch.func.vmap(torch.func.jacrev(lambda one: move(one[None])[0]))(state)


def _speed(moved: torch.Tensor) -> torch.Tensor:
    return 0.5 * (moved**2).sum(dim=-1)


def _minimise(move: Callable[[torch.Tensor], torch.Tensor], state: torch.Tensor, n_iterations: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Return where the speed is smallest from each start, (n, n_state), and whether that is a minimum, (n,) bool."""
    state, rests = state.clone(), torch.zeros(len(state), dtype=torch.bool)
    damping = torch.full((len(state),), 1e-2, dtype=state.dtype)
    eye = torch.eye(state.shape[1], dtype=state.dtype)
    for _ in range(n_iterations):
        lane = torch.nonzero(~rests)[:, 0]
        if not len(lane):
            break
        now = state[lane]
        moved, slope = move(now) - now, _jacobian(move, now) - eye
        gradient = torch.einsum("nij,ni->nj", slope, moved)
        curvature = torch.einsum("nij,nik->njk", slope, slope) + damping[lane, None, None] * eye
        trial = now - torch.linalg.solve(curvature, gradient)
        better = _speed(move(trial) - trial) < _speed(moved)
        state[lane] = torch.where(better[:, None], trial, now)
        damping[lane] = torch.where(better, damping[lane] / 5, damping[lane] * 4).clamp(1e-14, 1e12)
        rests[lane] = (_speed(moved) < 1e-3 * FIXED) | (gradient.abs().amax(dim=1) < 1e-10) | (damping[lane] >= 1e12)
    return state, rests


def _distinct(ends: torch.Tensor, move: Callable[[torch.Tensor], torch.Tensor], apart: float) -> tuple[torch.Tensor, np.ndarray]:
    """Return the points among ends, the slowest first, and how many ends are at each."""
    ends = ends[torch.argsort(_speed(move(ends) - ends), stable=True)] if len(ends) else ends
    points, counts = [], []
    for end in ends:
        near = next((k for k, point in enumerate(points) if (point - end).abs().max() <= apart), None)
        if near is None:
            points.append(end)
            counts.append(1)
        else:
            counts[near] += 1
    return torch.stack(points) if points else ends, np.array(counts, int)


@styled
def plot_fixed_points(found: FixedPoints, visited: np.ndarray, ax: Axes | None = None) -> Axes:
    """Draw fixed and slow points in the plane of the two components of the states that a network visits.

    Parameters
    ----------
    found : FixedPoints
    visited : (n_samples, n_state) float array
        Drawn as dots; the plane is theirs.
    ax : Axes, optional
    """
    ax = new_axes(ax)
    middle = visited.mean(axis=0)
    axes = np.linalg.svd(visited - middle, full_matrices=False)[2][:2].T
    ax.plot(*((visited - middle) @ axes).T, ".", markersize=1.5, color=REFERENCE, alpha=0.4, label="visited", zorder=0)
    place, kind = (found.state - middle) @ axes, found.table()["kind"].to_numpy()
    for name, look in (("stable", {"marker": "o"}), ("unstable", {"marker": "o", "markerfacecolor": "white"}), ("slow", {"marker": "x"})):
        if (kind == name).any():
            ax.plot(*place[kind == name].T, linestyle="", markersize=5, color=PALETTE[1], label=name, **look)
    ax.set(xlabel="Component 1", ylabel="Component 2")
    ax.legend()
    return ax
