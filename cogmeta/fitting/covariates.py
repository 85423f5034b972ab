"""Group covariates of a hierarchical fit: a design matrix by formula, one row a subject, and tests of its coefficients."""

from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from cogmeta.errors import UserError

INTERCEPT = "Intercept"


class Design(NamedTuple):
    """What the group's mean depends on.

    Attributes
    ----------
    formula : str
    terms : tuple of str
        Names of the columns, the intercept first.
    matrix : (n_subjects, n_terms) float array
    """

    formula: str
    terms: tuple[str, ...]
    matrix: np.ndarray


def no_covariates(n_subjects: int) -> Design:
    """Return the design of a group with one mean."""
    return Design("~ 1", (INTERCEPT,), np.ones((n_subjects, 1)))


def design_of(
    formula: str, trials: pd.DataFrame, subjects: list[str], subject_table: pd.DataFrame | None = None
) -> Design:
    """Return the design matrix of a formula over subjects.

    Parameters
    ----------
    formula : str
        Of columns that are constant within a subject, such as ``"~ age + group"``; see patsy for what it may hold.
    trials : DataFrame
        Trial table, validated.
    subjects : list of str
        Order of the rows.
    subject_table : DataFrame, optional
        One row a subject (column ``subject``) with the covariates; by default they are columns of ``trials``.

    Raises
    ------
    UserError
        A covariate is missing for a subject, varies within one, does not vary between subjects, or follows from others.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": ["a", "a", "b", "c"], "age": [20, 20, 30, 50]})
    >>> design_of("~ age", trials, ["a", "b", "c"]).matrix.tolist()
    [[1.0, 20.0], [1.0, 30.0], [1.0, 50.0]]
    """
    table = _one_row_each(trials if subject_table is None else subject_table, subjects, formula)
    known = [str(name) for name in (trials if subject_table is None else subject_table).columns if name != "subject"]
    built = _matrix(formula, table, known)
    design = Design(formula, tuple(built.columns), built.to_numpy(float))
    _check(design, subjects)
    return design


def labels_of(
    formula: str, trials: pd.DataFrame, subjects: list[str], subject_table: pd.DataFrame | None = None
) -> dict[str, pd.Series]:
    """Return the covariates of a formula that are words, such as a diagnosis, each by subject.

    Parameters
    ----------
    formula, trials, subjects, subject_table
        As for ``design_of``.

    Examples
    --------
    >>> trials = pd.DataFrame({"subject": list("ab"), "age": [20, 30], "diagnosis": ["none", "some"]})
    >>> {name: label.tolist() for name, label in labels_of("~ diagnosis + age", trials, ["a", "b"]).items()}
    {'diagnosis': ['none', 'some']}
    """
    table = _one_row_each(trials if subject_table is None else subject_table, subjects, formula)
    return {str(name): table[name].astype(str) for name in table if not pd.api.types.is_numeric_dtype(table[name])}


def read_subject_table(path: str | Path | None, formula: str | None) -> pd.DataFrame | None:
    """Return a CSV file with the covariates, one row a subject; None for no path.

    Raises
    ------
    UserError
        It cannot be read, or no formula says which of its columns count.
    """
    if path is None:
        return None
    if formula is None:
        raise UserError("--subject-table holds covariates; say which of its columns count, such as --covariates '~ age + group'.")
    try:
        return pd.read_csv(path, dtype={"subject": str})
    except (OSError, ValueError) as error:
        raise UserError(f"--subject-table {str(path)!r} cannot be read as CSV: {error}.") from error


def _matrix(formula: str, table: pd.DataFrame, known: list[str]) -> pd.DataFrame:
    """Return the columns that patsy makes of a formula, or say what is wrong with it."""
    from patsy import PatsyError, dmatrix  # heavy, and fits without covariates do not need it

    try:
        return dmatrix(formula, table, return_type="dataframe", NA_action="raise")
    except PatsyError as error:
        if isinstance(error.__cause__, NameError):
            raise UserError(f"the covariates {formula!r} name what is no column: {error.__cause__}. Columns are {known}.") from error
        raise _no_matrix(formula, error) from error
    except (NameError, SyntaxError, TypeError, ValueError) as error:
        raise _no_matrix(formula, error) from error


def _no_matrix(formula: str, error: Exception) -> UserError:
    return UserError(f"the covariates {formula!r} cannot be made into a design matrix: {str(error).splitlines()[0]}. "
                     "Write a formula such as '~ age + group'.")


def _one_row_each(table: pd.DataFrame, subjects: list[str], formula: str) -> pd.DataFrame:
    """Return the columns that the formula names, one row a subject, or say who lacks what."""
    if "subject" not in table:
        raise UserError(f"the table of covariates needs a column 'subject'; it has {list(table.columns)}.")
    names = [name for name in table.columns if name != "subject" and _mentions(formula, str(name))]
    own = table[["subject", *names]].assign(subject=table["subject"].astype(str))
    own = own[own["subject"].isin(subjects)]
    for name in names:
        n_values = own.groupby("subject")[name].nunique(dropna=False)
        if (n_values > 1).any():
            who = n_values.index[n_values > 1][0]
            raise UserError(f"the covariate {name!r} must be constant within a subject, but {who!r} has "
                            f"{int(n_values[who])} values.")
    own = own.drop_duplicates("subject").set_index("subject").reindex(subjects)
    for name in names:
        if own[name].isna().any():
            raise UserError(f"the covariate {name!r} is missing for subject {own.index[own[name].isna()][0]!r}. Give it "
                            "one, or leave this subject out.")
        if pd.api.types.is_numeric_dtype(own[name]) and not np.isfinite(own[name].to_numpy(float)).all():
            who = own.index[~np.isfinite(own[name].to_numpy(float))][0]
            raise UserError(f"the covariate {name!r} is {own[name][who]:g} for subject {who!r}; it must be a finite number.")
        if not pd.api.types.is_numeric_dtype(own[name]) and own[name].nunique() == 1:  # else patsy drops it without a word
            raise UserError(f"the covariate {name!r} is constant: {own[name].iloc[0]!r} for every subject. Leave it out.")
    return own


def _mentions(formula: str, name: str) -> bool:
    """Return whether a word of the formula is this column."""
    words = "".join(c if c.isalnum() or c == "_" else " " for c in formula).split()
    return name in words or f"Q('{name}')" in formula or f'Q("{name}")' in formula


def _check(design: Design, subjects: list[str]) -> None:
    if INTERCEPT not in design.terms:
        raise UserError(f"the covariates {design.formula!r} leave out the intercept; write them without '0 +' or '- 1'.")
    for term, column in zip(design.terms, design.matrix.T):
        if term != INTERCEPT and np.ptp(column) == 0:
            raise UserError(f"the covariate {term!r} is constant: {column[0]:g} for every subject. Leave it out.")
    n, q = design.matrix.shape
    if n <= q or np.linalg.matrix_rank(design.matrix) < q:
        raise UserError(f"the covariates {design.formula!r} make {q} columns, {list(design.terms)}, which {n} subjects do "
                        "not tell apart: one follows from the others, or there are too few subjects.")


def regress(matrix: np.ndarray, u: np.ndarray) -> np.ndarray:
    """Return (n_terms, n_parameters) coefficients by which the rows of ``matrix`` predict ``u`` (n_parameters, n)."""
    return np.linalg.lstsq(matrix, u.T, rcond=None)[0]


def standard_errors(matrix: np.ndarray, curvature: np.ndarray, covariance: np.ndarray) -> np.ndarray:
    """Return standard errors of the group's coefficients, (n_terms, n_parameters).

    Parameters
    ----------
    matrix : (n, n_terms) float array
    curvature : (n, n_parameters, n_parameters) float array
        Of each subject's posterior: Fisher matrix plus the group's precision.
    covariance : (n_parameters, n_parameters) float array
        Of the group.

    Notes
    -----
    With Laplace's approximation a subject tells of its parameters what one normal observation with precision F (its
    Fisher matrix) would, so that its own mean ``B' x`` has the information ``(covariance + F^-1)^-1 = P - P (F + P)^-1 P``,
    with P the group's precision; summed as ``x x' ⊗ information`` and inverted.
    """
    precision = np.linalg.inv(covariance)
    each = precision - precision @ np.linalg.inv(curvature) @ precision
    information = np.einsum("ia,ib,ijk->ajbk", matrix, matrix, each)
    q, k = matrix.shape[1], len(covariance)
    errors = np.sqrt(np.diag(np.linalg.inv(information.reshape(q * k, q * k))))
    return errors.reshape(q, k)


def coefficient_table(names: tuple[str, ...], group: dict[str, Any]) -> pd.DataFrame:
    """Return the coefficients of a group, one row a parameter and term.

    Parameters
    ----------
    names : tuple of str
        Of the parameters.
    group : dict
        Of a fit by ``"em"``.

    Returns
    -------
    DataFrame
        ``parameter, term, coefficient, standard_error, t, p, low, high`` (95 % interval); unconstrained coordinates
        (logit, logarithm). Degrees of freedom are subjects less terms.
    """
    estimate, error = np.asarray(group["coefficients"]), np.asarray(group["coefficient_errors"])
    df = int(group["degrees_of_freedom"])
    half = stdtrit(df, 0.975) if df > 0 else np.nan
    rows = [
        {"parameter": name, "term": str(term), "coefficient": b, "standard_error": se, "t": b / se,
         "p": 2 * stdtr(df, -abs(b / se)), "low": b - half * se, "high": b + half * se}
        for name, bs, ses in zip(names, estimate.T, error.T) for term, b, se in zip(group["terms"], bs, ses)
    ]
    return pd.DataFrame(rows)
