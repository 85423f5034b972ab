"""NUTS chains of nutpie on a log-density that is written in NumPy, all chains in lock step.

What such a density costs is mostly the calling of NumPy's functions, whatever their arrays hold, so that two points at once
cost hardly more than one. Each chain runs in a thread of its own and asks for the density at one point; whoever asks last
evaluates the points of all. Which points are evaluated together, and in which order, follows from the seed alone.
"""

import importlib.util
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from cogmeta.errors import UserError

Density = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Takes points (n, n_dimensions), returns log-densities (n,) and gradients (n, n_dimensions)."""

Start = Callable[[np.random.Generator], np.ndarray]
Listener = Callable[[int, int], None]

LONGEST_WAIT = 300.0
"""Seconds for which a chain waits for others, and all wait for a sign of life: one that died keeps nobody waiting for ever."""


@dataclass(frozen=True)
class Sampling:
    """How to sample.

    Parameters
    ----------
    n_chains : int
        >= 2, so that they can be compared; all run side by side, and four cost little more than two.
    n_draws, n_tune : int
        Of each chain: kept, and before them, to tune step sizes (>= 50).
    target_accept : float
        In (0.5, 1). Nearer to 1 the steps are smaller: slower, with fewer divergences.
    """

    n_chains: int = 4
    n_draws: int = 500
    n_tune: int = 500
    target_accept: float = 0.8

    def __post_init__(self) -> None:
        for name, least in (("n_chains", 2), ("n_draws", 50), ("n_tune", 50)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
                raise UserError(f"{name} must be an integer >= {least}, got {value!r}.")
        if not 0.5 < self.target_accept < 1:
            raise UserError(f"target_accept must lie between 0.5 and 1, got {self.target_accept!r}.")


class Draws(NamedTuple):
    """What the chains drew after tuning.

    Attributes
    ----------
    x : (n_chains, n_draws, n_dimensions) float array
    statistics : dict of (n_chains, n_draws) arrays
        ``diverging, depth, maxdepth_reached, n_steps, step_size, energy, logp, mean_tree_accept``.
    n_evaluations : int
        Points at which the density was evaluated, tuning counted in.
    """

    x: np.ndarray
    statistics: dict[str, np.ndarray]
    n_evaluations: int


def check_installed() -> None:
    """Say what to install where nutpie or ArviZ is missing; neither is loaded, which takes a second or two."""
    lacking = [name for name in ("nutpie", "arviz") if importlib.util.find_spec(name) is None]
    if lacking:
        raise UserError(f"full hierarchical Bayes samples with nutpie and ArviZ; {lacking[0]} is not installed: "
                        "pip install \"cogmeta[bayes]\".")


def sample(
    density: Density, start: Start, n_dimensions: int, sampling: Sampling, seed: int, listener: Listener | None = None
) -> Draws:
    """Draw from a density.

    Parameters
    ----------
    density : callable
    start : callable
        Takes a generator and returns a point (n_dimensions,) to start a chain from.
    n_dimensions : int
    sampling : Sampling
    seed : int
    listener : callable, optional
        Called with (iterations done, iterations in all), over chains, tuning counted in.
    """
    check_installed()
    import nutpie  # here, because loading it takes a second that other methods need not spend
    from nutpie.compiled_pyfunc import from_pyfunc

    together = _Together(density, sampling, listener)
    model = from_pyfunc(
        n_dimensions, lambda: together.ask, together.counter, [np.dtype("float64")], [(n_dimensions,)], ["x"],
        make_initial_point_fn=lambda chain_seed: together.start(start, np.random.default_rng(chain_seed)),
    )
    running = nutpie.sample(
        model, draws=sampling.n_draws, tune=sampling.n_tune, chains=sampling.n_chains, cores=sampling.n_chains, seed=seed,
        target_accept=sampling.target_accept, progress_bar=False, save_warmup=False, blocking=False)
    together.wait()
    if together.error:
        running.cancel()
        raise together.error
    trace = running.wait()
    statistics = {name: np.asarray(x) for name, x in trace.sample_stats.items() if x.ndim == 2}
    return Draws(trace.posterior["x"].to_numpy(), statistics, together.n_evaluations)


class _Together:
    """Evaluates what the chains ask for in one go."""

    def __init__(self, density: Density, sampling: Sampling, listener: Listener | None) -> None:
        self.density, self.active, self.n_each = density, sampling.n_chains, sampling.n_draws + sampling.n_tune
        self.n_iterations = self.active * self.n_each
        self.listener, self.n_done, self.n_evaluations = listener, 0, 0
        self.asked: list[dict[str, Any]] = []
        self.error: BaseException | None = None
        self.condition = threading.Condition()

    def start(self, start: Start, rng: np.random.Generator) -> np.ndarray:
        """Return where a chain starts; what finds that out may look at the density, which is not for two threads at once."""
        with self.condition, np.errstate(all="ignore"):
            return start(rng)

    def ask(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the density at a point and its gradient, once they are known."""
        own: dict[str, Any] = {"x": np.array(x)}
        with self.condition:
            if self.error is None:
                self.asked.append(own)
                self._answer_all()
            while "value" not in own:
                if self.error is not None:  # a sampler's thread takes no exception, and at its start no infinity
                    return 0.0, np.zeros_like(own["x"])
                if not self.condition.wait(LONGEST_WAIT):
                    self._answer_all(anyway=True)
        return own["value"], own["gradient"]

    def _answer_all(self, anyway: bool = False) -> None:
        """Evaluate, once every active chain has asked."""
        if not self.asked or (len(self.asked) < self.active and not anyway):
            return
        asked, self.asked = sorted(self.asked, key=lambda own: own["x"].tobytes()), []
        try:
            with np.errstate(all="ignore"):  # here: a thread does not inherit it
                values, gradients = self.density(np.stack([own["x"] for own in asked]))
        except BaseException as error:
            self.stop(error)
            return
        self.n_evaluations += len(asked)
        for own, value, gradient in zip(asked, values, gradients):
            own |= {"value": float(value), "gradient": gradient}
        self.condition.notify_all()

    def counter(self, *_: Any) -> Callable[[np.ndarray], dict[str, np.ndarray]]:
        """Return what a chain calls after every iteration; after its last one the others wait for it no more."""
        left = [self.n_each]

        def count(x: np.ndarray) -> dict[str, np.ndarray]:
            with self.condition:
                left[0] -= 1
                self.n_done += 1
                if self.listener:
                    self.listener(self.n_done, self.n_iterations)
                if not left[0]:
                    self.active -= 1
                    self._answer_all()
                    self.condition.notify_all()
            return {"x": np.array(x)}

        return count

    def wait(self) -> None:
        """Wait until all chains are finished, or one fails, or nothing happens any more."""
        try:
            with self.condition:
                n_before = -1
                while self.active and not self.error and self.n_evaluations > n_before:
                    n_before = self.n_evaluations
                    self.condition.wait_for(lambda: not self.active or self.error, LONGEST_WAIT)
        except BaseException as error:  # Ctrl-C
            self.stop(error)

    def stop(self, error: BaseException) -> None:
        """Let no chain wait: from now on nothing is evaluated."""
        with self.condition:
            self.error = self.error or error
            self.condition.notify_all()
