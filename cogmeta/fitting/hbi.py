"""Hierarchical Bayesian inference over several models at once (Piray et al. 2019, PLoS Comput Biol 15:e1007043).

Every subject's choices come from one of K models; which one, the models' frequencies, each model's group and each
subject's parameters are inferred together, so that subjects shape the group of a model only as far as they use it:

    z_n ~ Categorical(m), m ~ Dirichlet(α0);  h_nk ~ N(μ_k, 1/τ_k);  μ_k ~ N(a0, 1/(b τ_k)), τ_k ~ Gamma(v, s)

    subjects:   θ_nk = argmax log p(D_n | h) + log N(h | a_k, σ_k/ν_k),  A_nk the curvature there, f_nk its Laplace evidence
    shares:     r_nk ∝ f_nk exp(λ_k + E log m_k),   λ_k = D_k/2 (ψ(ν_k) - log ν_k - 1/β_k)
    groups:     N_k = Σ_n r_nk,  h_k = Σ_n r_nk θ_nk / N_k,  S_k = Σ_n r_nk (θ_nk² + diag A_nk⁻¹) / N_k - h_k²
                β_k = b + N_k,   a_k = (N_k h_k + b a0) / β_k,   ν_k = v + N_k / 2
                σ_k = s + (N_k S_k + b N_k / β_k (h_k - a0)²) / 2
    frequency:  α_k = α0 + N_k,  E log m_k = ψ(α_k) - ψ(Σ α)

Sources: the paper's methods and supplement; its constants α0 = 1, b = 1, v = 0.5, s = 0.01, first fits under a prior of
variance 6.25 (``prior_variance``), first shares 1 for every model. How ours departs: a0 is the middle of each parameter's plausible range in
unconstrained coordinates, not 0; the curvature is the expected one, as in ``em``.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.special import digamma, entr, expit, gammaln, softmax
from threadpoolctl import threadpool_limits

from cogmeta.errors import UserError
from cogmeta.fitting.compiled.engine import make_engine
from cogmeta.fitting.em import BROAD_VARIANCE, log_model_evidence
from cogmeta.fitting.estimate import check_group, check_starts, prepare
from cogmeta.fitting.hbi_result import HierarchicalComparison, group_table
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.optimiser import Listener, Points, look, maximise, spread_starts
from cogmeta.fitting.penalty import GroupNormal, NoPenalty
from cogmeta.fitting.selection import exceedance
from cogmeta.fitting.sequences import sequences_of
from cogmeta.fitting.subjects import choice_flags
from cogmeta.models.model import Model
from cogmeta.simulate import check_seed

PRIOR_COUNT, MEAN_STRENGTH, SHAPE, RATE = 1.0, 1.0, 0.5, 0.01
"""The source's α0, b, v and s."""

MAX_ITERATIONS, CLOSE = 200, 1e-3
"""Settled when no mean moves by more than this part of its standard deviation, and no share by more than it."""


@dataclass(frozen=True)
class Group:
    """Posterior of a model's group: Normal-Gamma.

    Attributes
    ----------
    a, sigma : (n_parameters,) float array
        Mean of the group's mean, unconstrained; rate of its precision.
    beta, nu : float
        Counts behind the mean; shape of the precision.
    """

    a: np.ndarray
    sigma: np.ndarray
    beta: float
    nu: float

    @property
    def variance(self) -> np.ndarray:
        """(n_parameters,) one over the expected precision."""
        return self.sigma / self.nu

    @property
    def correction(self) -> float:
        """λ: what the expected log-density lacks beside the log-density under expected mean and precision."""
        return 0.5 * len(self.a) * float(digamma(self.nu) - np.log(self.nu) - 1 / self.beta)


@dataclass(frozen=True)
class State:
    """Where the inference stands.

    Attributes
    ----------
    groups : tuple of Group
    points : tuple of Points
        Subjects' modes under them, one a model.
    share : (n_subjects, n_models) float array
        Responsibilities.
    evidence : (n_subjects, n_models) float array
        log f + λ.
    alpha : (n_models,) float array
        Dirichlet counts.
    bound : float
        Lower bound on the log evidence of everything.
    """

    groups: tuple[Group, ...]
    points: tuple[Points, ...]
    share: np.ndarray
    evidence: np.ndarray
    alpha: np.ndarray
    bound: float


def fit_hbi(
    models: Sequence[Model | str], trials: pd.DataFrame, n_starts: int = 10, seed: int = 0,
    episode: tuple[str, ...] | None = None, reward_range: tuple[float, float] | None = None,
    listener: Listener | None = None, prior_variance: float = BROAD_VARIANCE,
) -> HierarchicalComparison:
    """Infer who uses which model, how frequent models are, and each model's group, all at once.

    Parameters
    ----------
    models : sequence of Model or str
        One or more of the trials' family, each once.
    trials : DataFrame
    n_starts : int
        Searches a subject and model, in the first fits.
    seed : int
        Of starts and of the samples behind exceedance probabilities.
    episode, reward_range
        As in ``fit``.
    listener : callable, optional
        Called with (iterations done, most that there can be).
    prior_variance : float
        > 0; of every parameter in the first fits, unconstrained, where nothing is known of the groups yet. The groups' own
        priors do not contain it: it decides from where the rounds begin, and matters where they can end in two places.

    Returns
    -------
    HierarchicalComparison

    Raises
    ------
    UserError
        A setting is out of range; a model is named twice or of another family; fewer than two subjects.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> from cogmeta.simulate import simulate
    >>> from tasks.registry import make_task
    >>> learner = make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.4, "inverse_temperature": 5.0})
    >>> trials = simulate(learner, make_task("bandit/independent", n_trials=50), 20, seed=0).to_trials()
    >>> found = fit_hbi(["bandit/rescorla_wagner", "bandit/random"], trials, n_starts=3)
    >>> found.table["frequency"].idxmax()
    'bandit/rescorla_wagner'
    """
    rng = check_seed(seed)
    check_starts(n_starts)
    if isinstance(models, str | Model) or len(models) < 1:
        raise UserError("fit_hbi takes a list of models, such as ['bandit/rescorla_wagner', 'bandit/random'].")
    if isinstance(prior_variance, bool) or not 0 < prior_variance < np.inf:
        raise UserError(f"prior_variance is the variance of each parameter in the first fits, a number > 0, got {prior_variance!r}.")
    prepared = [prepare(model, trials, reward_range, {}) for model in models]
    names = [model.name for model, _ in prepared]
    if len(set(names)) < len(names):
        raise UserError(f"each model must be named once, got {names}.")
    engines = [make_engine(model, sequences_of(model, table, episode), n_starts) for model, table in prepared]
    check_group(len(engines[0].sequences.subjects))
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        first = [_first_fit(engine, n_starts, rng, prior_variance) for engine in engines]
        state, n_done, settled = infer(engines, first, listener=listener)
        null = infer(engines, first, null=True)[0] if len(engines) > 1 else state
    risk = float(expit(null.bound - state.bound)) if len(engines) > 1 else 1.0
    return _result(engines, state, risk, {"n_iterations": n_done, "converged": settled, "bound": state.bound,
                                          "seed": seed if isinstance(seed, int) else None, "n_starts": n_starts,
                                          "prior_variance": prior_variance}, rng)


def infer(
    engines: list[Engine], first: list[Points], null: bool = False, listener: Listener | None = None
) -> tuple[State, int, bool]:
    """Return the state in which the updates rest, after how many, and whether they do.

    Parameters
    ----------
    engines : list of Engine
        One a model, of the same subjects.
    first : list of Points
        Subjects' modes under the broad prior.
    null : bool
        All models alike frequent: E log m_k is -log K.
    listener : callable, optional
    """
    state = first_state(engines, first)
    for n_done in range(1, MAX_ITERATIONS + 1):
        after = update(engines, state, null)
        settled, state = _moved(state, after) < CLOSE, after
        if listener:
            listener(n_done, MAX_ITERATIONS)
        if settled:
            break
    if listener:
        listener(n_done, n_done)
    return state, n_done, settled


def first_state(engines: list[Engine], first: list[Points]) -> State:
    """Return the state before the first round: everybody belongs to every model, whose group is broad."""
    n, n_models = len(engines[0].count), len(engines)
    return State(tuple(map(_broad_group, engines)), tuple(first), np.ones((n, n_models)), np.zeros((n, n_models)),
                 np.full(n_models, PRIOR_COUNT + n), -np.inf)


def update(engines: list[Engine], state: State, null: bool = False) -> State:
    """Return the state after one round: groups from shares, then subjects, then shares and frequencies."""
    groups = tuple(group_posterior(engine, points, state.share[:, k])
                   for k, (engine, points) in enumerate(zip(engines, state.points)))
    points = tuple(_refit(engine, group, before) for engine, group, before in zip(engines, groups, state.points))
    evidence = np.stack([log_model_evidence(p) + g.correction for p, g in zip(points, groups)], axis=1)
    log_frequency = _log_frequency(state.alpha, null)
    share = softmax(evidence + log_frequency, axis=1)
    able = engines[0].count > 0
    alpha = PRIOR_COUNT + share[able].sum(axis=0)
    after = State(groups, points, share, evidence, alpha, 0.0)
    return replace(after, bound=lower_bound(after, able, [_middle(e) for e in engines], null))


def group_posterior(engine: Engine, points: Points, share: np.ndarray) -> Group:
    """Return a model's group from its subjects' modes and their shares."""
    weight = share * ((engine.count > 0) & np.isfinite(points.objective))
    total, a0 = weight.sum(), _middle(engine)
    safe = max(total, 1e-300)
    mean = (weight * points.u).sum(axis=1) / safe
    spread = np.diagonal(np.linalg.inv(points.curvature), axis1=1, axis2=2).T
    second = (weight * ((points.u - mean[:, None]) ** 2 + spread)).sum(axis=1)
    beta = MEAN_STRENGTH + total
    sigma = RATE + 0.5 * (second + MEAN_STRENGTH * total / beta * (mean - a0) ** 2)
    return Group((total * mean + MEAN_STRENGTH * a0) / beta, sigma, float(beta), float(SHAPE + 0.5 * total))


def lower_bound(state: State, able: np.ndarray, middles: list[np.ndarray], null: bool) -> float:
    """Return the variational lower bound of a state on the log evidence."""
    share, n_models = state.share[able], len(state.groups)
    log_frequency = _log_frequency(state.alpha, null)
    subjects = (share * (state.evidence[able] + log_frequency)).sum() + entr(share).sum()
    groups = sum(_group_divergence(g, a0) for g, a0 in zip(state.groups, middles))
    if null:
        return float(subjects - groups)
    alpha = state.alpha
    frequency = (gammaln(alpha.sum()) - gammaln(alpha).sum() - gammaln(n_models * PRIOR_COUNT)
                 + n_models * gammaln(PRIOR_COUNT) + ((alpha - PRIOR_COUNT) * log_frequency).sum())
    return float(subjects - groups - frequency)


def _group_divergence(group: Group, a0: np.ndarray) -> float:
    """Return the Kullback-Leibler divergence of a group's posterior from its prior."""
    b, v, s, beta, nu, sigma = MEAN_STRENGTH, SHAPE, RATE, group.beta, group.nu, group.sigma
    means = 0.5 * (np.log(beta / b) + b / beta - 1 + b * (group.a - a0) ** 2 * nu / sigma)
    precisions = (nu - v) * digamma(nu) - gammaln(nu) + gammaln(v) + v * np.log(sigma / s) + nu * (s - sigma) / sigma
    return float((means + precisions).sum())


def _log_frequency(alpha: np.ndarray, null: bool) -> np.ndarray:
    return np.full(len(alpha), -np.log(len(alpha))) if null else digamma(alpha) - digamma(alpha.sum())


def _middle(engine: Engine) -> np.ndarray:
    """Return a0: the middle of the plausible ranges, unconstrained."""
    return np.array([p.to_unconstrained(np.asarray(p.plausible)).mean() for p in engine.model.scaled_parameters])


def _broad_group(engine: Engine) -> Group:
    middle = _middle(engine)
    return Group(middle, np.full(len(middle), BROAD_VARIANCE), 1.0, 1.0)


def _first_fit(engine: Engine, n_starts: int, rng: np.random.Generator, variance: float = BROAD_VARIANCE) -> Points:
    """Return every subject's mode under the broad prior."""
    n, middle = len(engine.count), _middle(engine)
    starts = np.repeat(spread_starts(engine.model.scaled_parameters, n_starts, rng), n, axis=1)
    subject = np.tile(np.arange(n), n_starts)
    if not np.isfinite(look(engine, NoPenalty(), starts, subject).objective).all():
        raise UserError(f"the log-likelihood of {engine.model.name} is not finite at some starts. check_model(model) says "
                        "where; rewards may be far from what it expects.")
    return maximise(engine, GroupNormal(np.tile(middle, (n, 1)), variance * np.eye(len(middle))), starts, subject)


def _refit(engine: Engine, group: Group, before: Points) -> Points:
    penalty = GroupNormal(np.tile(group.a, (len(engine.count), 1)), np.diag(group.variance))
    return maximise(engine, penalty, before.u, before.subject)


def _moved(before: State, after: State) -> float:
    means = [np.abs(a.a - b.a).max() / np.sqrt(a.variance.min()) for a, b in zip(after.groups, before.groups)]
    return float(max(*means, np.abs(after.share - before.share).max()))


def _result(
    engines: list[Engine], state: State, risk: float, settings: dict, rng: np.random.Generator
) -> HierarchicalComparison:
    names = [engine.model.name for engine in engines]
    subjects = engines[0].sequences.subjects
    exceeds = exceedance(state.alpha, rng)
    table = pd.DataFrame({"alpha": state.alpha, "frequency": state.alpha / state.alpha.sum(), "exceedance": exceeds,
                          "protected_exceedance": (1 - risk) * exceeds + risk / len(names)},
                         index=pd.Index(names, name="model"))
    share = pd.DataFrame(state.share, pd.Index(subjects, name="subject"), pd.Index(names, name="model"))
    group = pd.concat([group_table(e.model, g.a, g.sigma, g.beta, g.nu) for e, g in zip(engines, state.groups)],
                      ignore_index=True)
    own = {e.model.name: _parameters(e, p, subjects) for e, p in zip(engines, state.points)}
    return HierarchicalComparison([e.model for e in engines], table, share, group, own, risk, settings)


def _parameters(engine: Engine, points: Points, subjects: list[str]) -> pd.DataFrame:
    natural = [p.to_natural(u) for p, u in zip(engine.model.scaled_parameters, points.u)]
    flag = [f"{word}: the group's mean" if word.startswith("no ") else word for word in choice_flags(engine.sequences)]
    return pd.DataFrame({"subject": subjects, **dict(zip(engine.model.parameter_names, natural)),
                         "log_likelihood": points.log_likelihood, "flag": flag})
