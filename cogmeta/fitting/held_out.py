"""Held-out likelihood: fit without some trials, score exactly those.

``by="session"`` (or ``"block"``): the k-th session of every subject is left out, the model is fitted to the others and
scores it. ``by="subject"``: a subject's choices are scored by the group of all others (EM), which knows nothing of the
subject: its parameters are integrated out, and what its earlier choices tell of them is used for the later ones,

    log p(c_t | c_1 .. c_t-1, group) = log Σ_k p(c_1 .. c_t | u_k) - log Σ_k p(c_1 .. c_t-1 | u_k),   u_k ~ group

so that the sum over a subject's trials is its log marginal likelihood. Every row is scored once, and folds depend on the
table alone, so that they are the same for all models.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scipy.special import logsumexp

from cogmeta.errors import UserError, unknown_name
from cogmeta.families import INDEX
from cogmeta.fitting.draws import fitted_draws
from cogmeta.fitting.estimate import fit, prepare
from cogmeta.fitting.lanes import Engine
from cogmeta.fitting.likelihood import log_likelihood
from cogmeta.fitting.optimiser import Listener
from cogmeta.fitting.penalty import Priors
from cogmeta.fitting.result import Fit
from cogmeta.fitting.sequences import sequences_of
from cogmeta.models.model import Model
from cogmeta.simulate import check_seed

FOLDS = ("session", "block", "subject")
N_SAMPLES = 500
"""Draws from the group behind a subject's marginal likelihood."""


def held_out_log_likelihood(
    model: Model | str, trials: pd.DataFrame, by: str = "session", method: str = "map", n_starts: int = 10, seed: int = 0,
    episode: tuple[str, ...] | None = None, reward_range: tuple[float, float] | None = None,
    listener: Listener | None = None, n_folds: int | None = None, priors: Priors | None = None,
) -> pd.Series:
    """Return how likely each trial's choices are for a model that was fitted without them.

    Parameters
    ----------
    model : Model or str
    trials : DataFrame
    by : {"session", "block", "subject"}
        What is left out at a time.
    method : {"map", "mle", "em"}
        Of the fits; with ``by="subject"`` it is "em" in any case.
    n_starts, seed, episode, reward_range
        As in ``fit``.
    listener : callable, optional
        Called with (folds done, folds in all).
    n_folds : int, optional
        See ``folds``.
    priors : mapping, optional
        As in ``fit``, for "map".

    Returns
    -------
    Series of float
        Natural logarithm, one a row of ``trials`` and with its index; NaN for trials that score nobody.

    Raises
    ------
    UserError
        A subject has but one session; or what is left out is not whole episodes, so that learning would go on through it.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame({"subject": np.repeat(["a", "b"], 40), "session": np.tile(np.repeat([0, 1], 20), 2),
    ...                       "trial": np.tile(range(20), 4), "choice": rng.integers(2, size=80), "reward": 1.0})
    >>> bool(held_out_log_likelihood("bandit/random", table).mean() < np.log(0.5) + 0.05)
    True
    """
    rng = check_seed(seed)  # of the draws; every fold's fit starts from the seed itself
    model, table = prepare(model, trials, reward_range, {})
    fold = folds(table, by, tuple(episode or model.family.episode), n_folds)
    out = np.full(len(table), np.nan)
    for k in range(fold.max() + 1):
        held = fold == k
        fitted = fit(model, table[~held], "em" if by == "subject" else method, n_starts, seed, episode, reward_range, priors=priors)
        score = _of_strangers(fitted, table[held], rng) if by == "subject" else log_likelihood(fitted, table[held])
        out[held] = np.asarray(score)
        if listener:
            listener(k + 1, int(fold.max()) + 1)
    return pd.Series(out, index=trials.index, name="log_likelihood")


def folds(
    trials: pd.DataFrame, by: str, episode: tuple[str, ...] = INDEX[:3], n_folds: int | None = None
) -> np.ndarray:
    """Return (n_rows,) int: the fold in which each row of a validated table is held out.

    Parameters
    ----------
    trials : DataFrame
    by : {"session", "block", "subject"}
    episode : tuple of str
        Columns whose change starts learning afresh.
    n_folds : int, optional
        Every ``n_folds``-th session (block, subject) is left out together, which takes so many fits instead of one for each;
        by default one at a time.

    Examples
    --------
    >>> table = pd.DataFrame({"subject": list("aaabb"), "session": [3, 3, 5, 1, 2], "block": 0})
    >>> folds(table, "session").tolist()
    [0, 0, 1, 0, 1]
    >>> folds(pd.DataFrame({"subject": list("abcde")}), "subject", n_folds=2).tolist()
    [0, 1, 0, 1, 0]
    """
    check_by(by)
    columns = list(INDEX[:FOLDS.index(by) + 2]) if by != "subject" else ["subject"]
    part = trials.groupby(columns, sort=False).ngroup().to_numpy()
    if by == "subject":
        fold = part
    else:
        first = trials.assign(part=part).groupby("subject", sort=False)["part"].transform(lambda own: pd.factorize(own)[0])
        fold = first.to_numpy()
    _check(trials, by, part, fold, episode)
    if n_folds is None:
        return fold
    if n_folds < 2 or n_folds > fold.max() + 1:
        raise UserError(f"n_folds must lie between 2 and the number of what is left out, {fold.max() + 1} here; got {n_folds}.")
    return fold % n_folds


def check_by(by: str) -> None:
    """Say what can be held out, if this cannot."""
    if by not in FOLDS:
        raise unknown_name("unit of what is held out", by, FOLDS)


def _check(trials: pd.DataFrame, by: str, part: np.ndarray, fold: np.ndarray, episode: tuple[str, ...]) -> None:
    if by == "subject":
        if fold.max() < 2:
            raise UserError(f"leaving a subject out needs three subjects or more, this table has {fold.max() + 1}.")
        return
    n_parts = pd.Series(part).groupby(trials["subject"].to_numpy(), sort=False).nunique()
    if (n_parts < 2).any():
        raise UserError(f"subject {n_parts.index[n_parts < 2][0]!r} has but one {by}, so that nothing is left to fit. Hold "
                        f"out {' or '.join(FOLDS[FOLDS.index(by) + 1:])} instead.")
    spans = pd.Series(part).groupby([trials[c].to_numpy() for c in episode], sort=False).nunique()
    if (spans > 1).any():
        raise UserError(f"learning goes on from {by} to {by} (it starts afresh with {list(episode)}), so that a {by} cannot "
                        f"be left out alone. Hold out {episode[-1]!r}, or say episode=(..., {by!r}).")


def _of_strangers(fitted: Fit, trials: pd.DataFrame, rng: np.random.Generator) -> np.ndarray:
    """Return each row's log predictive probability under the group of a fit that does not know the subjects."""
    trials = trials.reset_index(drop=True)
    model = fitted.model
    engine = Engine(model, sequences_of(model, trials, fitted.episode))
    row, draws = engine.sequences.row, fitted_draws(fitted)(model, N_SAMPLES, rng)
    scored = np.zeros(len(trials), bool)
    scored[row[engine.sequences.scored]] = True
    each = np.zeros((N_SAMPLES, len(trials)))
    for k in range(N_SAMPLES):
        values = engine.trial_log_likelihood({name: np.array(x[k]) for name, x in draws.items()})
        each[k, row[row >= 0]] = values[row >= 0]
    out = np.full(len(trials), np.nan)
    for rows in _rows_of(trials):
        total = logsumexp(np.cumsum(each[:, rows], axis=1), axis=0) - np.log(N_SAMPLES)
        out[rows] = np.diff(total, prepend=0.0)
    return np.where(scored, out, np.nan)


def _rows_of(trials: pd.DataFrame) -> Iterator[np.ndarray]:
    code = pd.factorize(trials["subject"])[0]
    return (np.flatnonzero(code == k) for k in range(code.max(initial=-1) + 1))
