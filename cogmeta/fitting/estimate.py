"""Fit a cognitive model to every subject of a trial table."""

from dataclasses import asdict
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from cogmeta.errors import UserError, unknown_name
from cogmeta.fitting.bayes.chains import Sampling, check_installed
from cogmeta.fitting.compiled.engine import make_engine
from cogmeta.fitting.covariates import Design, design_of, no_covariates
from cogmeta.fitting.em import integrated_bic, maximise_group
from cogmeta.fitting.bayes.group_prior import GroupPrior
from cogmeta.fitting.bayes.hierarchy import Hierarchy
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.bayes.nuts import sample_group
from cogmeta.fitting.optimiser import Listener, Points, look, maximise, spread_starts
from cogmeta.fitting.penalty import DeclaredPriors, NoPenalty, Priors, with_priors
from cogmeta.fitting.bayes.posterior import inference_data, summarise
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import sequences_of
from cogmeta.fitting.subjects import tabulate, tabulate_draws
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter
from cogmeta.models.registry import make_model
from cogmeta.simulate import check_seed
from cogmeta.trials import check_options, forced_trials, guess_family, missing, validate_trials

METHODS = ("map", "mle", "em", "nuts")
GROUP_METHODS = ("em", "nuts")

GROUP_ROUNDS, ROUNDS_A_DRAW = 100, 8
"""By how many starts the fit of a group is longer than one of subjects alone, roughly; and slopes that a draw takes."""


def fit(
    model: Model | str,
    trials: pd.DataFrame,
    method: str = "map",
    n_starts: int = 10,
    seed: int = 0,
    episode: tuple[str, ...] | None = None,
    reward_range: tuple[float, float] | None = None,
    listener: Listener | None = None,
    covariance: str = "full",
    covariates: str | None = None,
    subject_table: pd.DataFrame | None = None,
    sampling: Sampling | None = None,
    compiled: bool | None = None,
    priors: Priors | None = None,
    group_prior: GroupPrior | None = None,
    **model_options: object,
) -> Fit:
    """Fit a model to each subject's choices.

    Parameters
    ----------
    model : Model or str
        Or its registered name, such as ``"two_step/hybrid"``.
    trials : DataFrame
        A trial table of the model's family.
    method : {"map", "mle", "em", "nuts"}
        Maximum a posteriori under the priors that the parameters declare; maximum likelihood; EM-Laplace, under a
        normal group distribution of the unconstrained parameters that is fitted too (see ``cogmeta.fitting.em``); or full
        hierarchical Bayes, where that group and its subjects are sampled (extra ``bayes``; ``cogmeta.fitting.bayes.hierarchy``).
    n_starts : int
        Searches a subject, >= 1; all run side by side and the hopeless ones are dropped.
    seed : int
        Of the starting points and draws.
    episode : tuple of str, optional
        Columns whose change starts learning afresh, such as ``("subject", "session", "block")``; by default the
        family's.
    reward_range : tuple of float, optional
        Smallest and largest reward that can be; by default the model's own, else the family's. Values start in its
        middle; starts and priors of parameters that have a unit are scaled by its width (see ``Parameter``).
    listener : callable, optional
        Called with (subjects finished, subjects in all); for "em" and "nuts" with iterations.
    covariance : {"full", "diagonal"}
        Of the group, for "em" and "nuts".
    covariates : str, optional
        For "em" and "nuts": what the group's mean depends on, as a formula such as ``"~ age + group"`` of columns that are constant
        within a subject; see ``Fit.coefficients``.
    subject_table : DataFrame, optional
        Where the covariates stand, one row a subject; by default in ``trials``.
    sampling : Sampling, optional
        For "nuts": chains and draws.
    compiled : bool, optional
        Whether Numba compiles the likelihood; by default where it is installed (extra ``fast``) and the table is large, see
        ``cogmeta.fitting.compiled.engine``.
    priors : mapping, optional
        For "map": name of a parameter -> its prior in place of the declared one, such as ``{"learning_rate": "beta(2, 2)"}``;
        ``beta(a, b)``, ``gamma(shape, scale)``, ``normal(mean, sd)`` or ``flat``, of the natural parameter.
    group_prior : GroupPrior, optional
        For "nuts": scales of the priors of the group's means, SDs and correlations.
    **model_options
        For a name: the model's options, such as ``perseveration="outside"``.

    Returns
    -------
    Fit

    Raises
    ------
    UserError
        The table breaks its schema or belongs to another family; an option is unknown; the likelihood is not finite
        anywhere (where it is so for some subjects only, they are flagged and their parameters are NaN).

    Examples
    --------
    >>> table = pd.DataFrame({"subject": "s1", "trial": range(8), "choice": [0, 1, 1, 1, 0, 1, 1, 1],
    ...                       "reward": [0, 1, 1, 0, 0, 1, 1, 1]})
    >>> fit("bandit/rescorla_wagner", table).parameters.round(2)
      subject  learning_rate  inverse_temperature
    0      s1           0.84                 4.18
    """
    if method not in METHODS:
        raise unknown_name("method", method, METHODS)
    if method == "nuts":
        check_installed()
    elif sampling is not None:
        raise UserError(f"sampling is for method='nuts'; method={method!r} draws nothing.")
    elif group_prior is not None:
        raise UserError(f"group_prior is for method='nuts'; method={method!r} has no prior of a group.")
    check_starts(n_starts)
    check_priors(priors, method)
    if covariance == "diagonal" and method not in GROUP_METHODS:
        raise UserError(f"covariance='diagonal' is of a group, which method={method!r} does not have: use method='em' or 'nuts'.")
    rng = check_seed(seed)
    model, table = prepare(model, trials, reward_range, model_options)
    parameters = with_priors(model, priors)
    sequences = sequences_of(model, table, episode)
    n_subjects = len(sequences.subjects)
    if method in GROUP_METHODS:
        check_group(n_subjects)
    design = _design(method, covariates, subject_table, table, sequences.subjects)
    starts = np.repeat(spread_starts(model.scaled_parameters, n_starts, rng), n_subjects, axis=1)
    engine = make_engine(model, sequences, n_starts + _rounds(method, sampling), compiled)
    search = _Search(engine, starts, np.tile(np.arange(n_subjects), n_starts), listener, parameters)
    settings = {"n_starts": int(n_starts), "seed": int(seed) if isinstance(seed, int | np.integer) else None, "engine": engine.name}
    settings |= {"priors": {p.name: str(p.prior) for p in parameters}} if method == "map" else {}
    # many threads on tiny matrices only wait for each other; a likelihood that is not finite is flagged, not warned of
    with threadpool_limits(limits=1), np.errstate(all="ignore"):
        if method == "nuts":
            return search.sampled(covariance, rng, design, sampling or Sampling(), settings, episode, group_prior or GroupPrior())
        best, group = search.group(covariance, rng, design) if method == "em" else (search.alone(method), {})
    return Fit(model, tabulate(model, sequences, best, method), method, settings, episode, group)


def _rounds(method: str, sampling: Sampling | None) -> int:
    """Return by how many starts a method is longer than searches for subjects alone, roughly."""
    if method != "nuts":
        return GROUP_ROUNDS if method in GROUP_METHODS else 0
    how = sampling or Sampling()
    return GROUP_ROUNDS + ROUNDS_A_DRAW * how.n_chains * (how.n_draws + how.n_tune)


class _Search(NamedTuple):
    """What every method needs."""

    engine: Engine
    starts: np.ndarray
    subject: np.ndarray
    listener: Listener | None
    parameters: tuple[Parameter, ...]

    def alone(self, method: str) -> Points:
        """Fit each subject for itself."""
        penalty = NoPenalty() if method == "mle" else DeclaredPriors(self.parameters)
        return self._check(maximise(self.engine, penalty, self.starts, self.subject, self.listener))

    def _check(self, best: Points) -> Points:
        """Return the points, or say that the likelihood is finite for nobody."""
        if len(best.objective) and not np.isfinite(best.objective).any():
            raise UserError(f"the log-likelihood of {self.engine.model.name} is not finite at any of the starts, for "
                            f"any subject. check_model(model) says where; rewards may be far from what it expects.")
        return best

    def modes(self, covariance: str, design: Design, listener: Listener | None) -> tuple[Points, dict[str, Any]]:
        """Fit subjects and their group by EM."""
        first = self._check(look(self.engine, NoPenalty(), self.starts, self.subject))
        return maximise_group(self.engine, first, covariance, listener, design)

    def sampled(
        self, covariance: str, rng: np.random.Generator, design: Design, sampling: Sampling, settings: dict[str, Any],
        episode: tuple[str, ...] | None, prior: GroupPrior,
    ) -> Fit:
        """Sample subjects and their group, about what EM finds."""
        modes, group = self.modes(covariance, design, None)
        hierarchy = Hierarchy(self.engine, modes, group, design, covariance, prior)
        drawn = sample_group(hierarchy, sampling, int(rng.integers(2**31)), self.listener)
        idata = inference_data(self.engine, drawn, design)
        table = tabulate_draws(self.engine, modes, drawn.u)
        settings = settings | asdict(sampling) | {"covariance": covariance, "group_prior": asdict(prior)}
        return Fit(self.engine.model, table, "nuts", settings, episode, summarise(idata, drawn, design, sampling), idata)

    def group(self, covariance: str, rng: np.random.Generator, design: Design) -> tuple[Points, dict[str, Any]]:
        """Fit subjects and their group."""
        best, group = self.modes(covariance, design, self.listener)
        n_choices = int(self.engine.sequences.n_scored.sum())
        return best, group | {"ibic": integrated_bic(self.engine, group, n_choices, covariance, rng, design=design)}


def _design(
    method: str, covariates: str | None, subject_table: pd.DataFrame | None, trials: pd.DataFrame, subjects: list[str]
) -> Design:
    if covariates is None:
        return no_covariates(len(subjects))
    if method not in GROUP_METHODS:
        raise UserError(f"covariates are of a group, which method={method!r} does not have: use method='em' or 'nuts'.")
    return design_of(covariates, trials, subjects, subject_table)


def check_group(n_subjects: int) -> None:
    """Say that a group needs more than one subject, if there is just one."""
    if n_subjects < 2:
        raise UserError(f"a group's spread is learnt from at least two subjects, this trial table has {n_subjects}. Fit one "
                        "subject with method='map'; or name the subjects, if sessions are people.")


def check_priors(priors: Priors | None, method: str) -> None:
    """Say which fits have declared priors, if this one has none that could be replaced."""
    if priors and method != "map":
        instead = {"mle": "maximum likelihood has none", "em": "'em' learns it from the group"}.get(
            method, "the group's spread takes its place")
        raise UserError(f"priors of single parameters are for method='map'; with method={method!r} {instead}.")


def check_starts(n_starts: object) -> None:
    """Say what a number of starts must be, if this is none."""
    if isinstance(n_starts, bool) or not isinstance(n_starts, int | np.integer) or n_starts < 1:
        raise UserError(f"n_starts must be an integer >= 1, got {n_starts!r}.")


def prepare(
    model: Model | str, trials: pd.DataFrame, reward_range: tuple[float, float] | None, options: dict[str, object]
) -> tuple[Model, pd.DataFrame]:
    """Return the model adapted to the validated table, or say why the two do not go together."""
    if isinstance(model, str):
        model = make_model(model, **options)
    elif options:
        raise UserError(f"options such as {next(iter(options))!r} go with a model's name; "
                        "this model has its own already.")
    lacking = [c.column for c in model.family.choices if not c.optional and c.column not in trials]
    if lacking:
        family = guess_family(trials)
        if family is not model.family:
            raise UserError(f"{model.name} fits {model.family.name} trials, but this is a {family.name} table "
                            f"(no column {lacking[0]!r}). Choose a model of the family {family.name!r}.")
    model = model.with_reward_range(reward_range)
    table = validate_trials(trials, model.family, reward_range=reward_range or model.reward_range)
    if missing(table, model.family).all():
        raise UserError(f"none of the {len(table)} trials has a response, so there is nothing to fit.")
    if (missing(table, model.family) | forced_trials(table)).all():
        raise UserError("all answered trials are forced, so there is no free choice to fit.")
    if getattr(model, "n_arms", 0) is None:
        check_options(table, model.family.choices[0].column)
    return model.for_trials(table), table
