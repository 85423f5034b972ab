"""The contract of a cognitive model as a test that anybody can run on a model of their own."""

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.fitting.likelihood import log_likelihood
from cogmeta.models.agent import AGENTS
from cogmeta.models.model import Model
from cogmeta.simulate import sample
from cogmeta.trials import TWO_STEP, validate_trials

N_SUBJECTS, N_TRIALS = 6, 40


def check_model(model: Model, seed: int = 0) -> None:
    """Check that a model keeps its contract; raise ``UserError`` with one sentence where it does not.

    Parameters
    ----------
    model : Model
    seed : int
        Of the random choices that it is tried on.

    Raises
    ------
    UserError
        Parameters are not declared (or declared twice); the likelihood is not finite or exceeds 1 somewhere in the
        domain; zero inverse temperatures (with every real-valued parameter 0) do not choose by chance; the agent does
        not say what the likelihood says; or relabelling the options changes more than labels in a ``symmetric`` model.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> check_model(make_model("two_step/hybrid"))
    """
    rng = np.random.default_rng(seed)
    trials = random_trials(model, rng)
    model = model.for_trials(trials)
    _check_declaration(model)
    _check_domain(model, trials, rng)
    _check_chance(model, trials)
    _check_labels(model, trials)
    if model.family.name in AGENTS:
        _check_agent(model, rng)


def random_trials(model: Model, rng: np.random.Generator) -> pd.DataFrame:
    """Return a validated table of random choices, states and rewards of the model's family."""
    n = N_SUBJECTS * N_TRIALS
    names = [f"s{i}" for i in range(N_SUBJECTS)]
    columns = {"subject": np.repeat(names, N_TRIALS), "trial": np.tile(range(N_TRIALS), N_SUBJECTS)}
    for choice in model.choices:
        columns[choice.column] = rng.integers(model.n_options(choice), size=n)
    for name, n_values in model.family.states:
        columns[name] = rng.integers(n_values, size=n)
    for name in model.outcomes:
        columns[name] = rng.integers(2, size=n).astype(float)
    return validate_trials(pd.DataFrame(columns), model.family)


def _middle(model: Model) -> dict[str, float]:
    """Return parameters in the middle of their plausible ranges."""
    return {p.name: float(p.to_natural(p.to_unconstrained(np.array(p.plausible)).mean())) for p in model.parameters}


def _check_declaration(model: Model) -> None:
    names = model.parameter_names
    if not names or len(set(names)) < len(names):
        raise UserError(f"{model.name} must declare at least one parameter, each name once; got {list(names)}.")
    try:
        log_likelihood((model, _middle(model)), random_trials(model, np.random.default_rng(0)))
    except AttributeError as error:
        raise UserError(f"{model.name} reads something that is not declared: {error}. "
                        f"Declared are {list(names)}.") from error


def _check_domain(model: Model, trials: pd.DataFrame, rng: np.random.Generator) -> None:
    corners = [[rng.choice(p.search) for p in model.parameters] for _ in range(20)]
    inside = [[rng.uniform(*p.search) for p in model.parameters] for _ in range(20)]
    for place in corners + inside:
        parameters = {p.name: float(p.to_natural(u)) for p, u in zip(model.parameters, place)}
        values = log_likelihood((model, parameters), trials)
        if not np.isfinite(values).all() or (values > 1e-12).any():
            row = int(np.argmax(~np.isfinite(values) | (values > 1e-12)))
            raise UserError(f"the log-likelihood of {model.name} must be finite and at most 0 over the whole domain, "
                            f"got {values.iloc[row]} at trial {row % N_TRIALS} with {parameters}.")


def _check_chance(model: Model, trials: pd.DataFrame) -> None:
    scales = [name for name in model.parameter_names if "inverse_temperature" in name]
    if not scales:
        return
    still = {p.name: 0.0 for p in model.parameters if p.name in scales or p.domain == "real"}
    chance = -sum(np.log(model.n_options(c)) for c in model.choices)
    values = log_likelihood((model, _middle(model) | still), trials)
    if not np.allclose(values, chance, rtol=0, atol=1e-12):
        raise UserError(f"{model.name} must choose by chance (log-likelihood {chance:.4f} a trial) where "
                        f"{list(still)} are 0, got {values.mean():.4f} on average.")


def _check_labels(model: Model, trials: pd.DataFrame) -> None:
    if not model.symmetric:
        return
    relabelled = trials.copy()
    for choice in model.choices:
        relabelled[choice.column] = model.n_options(choice) - 1 - trials[choice.column]
    for name, n_values in model.family.states:
        relabelled[name] = n_values - 1 - trials[name]
    before = log_likelihood((model, _middle(model)), trials)
    after = log_likelihood((model, _middle(model)), relabelled)
    if not np.allclose(before, after, rtol=0, atol=1e-10):
        raise UserError(f"relabelling the options changes the log-likelihood of {model.name} by up to "
                        f"{np.abs(before - after).max():.2g}. If that is meant, say symmetric = False.")


def _check_agent(model: Model, rng: np.random.Generator) -> None:
    trials, told = _behave(model, rng)
    scored = log_likelihood((model, _middle(model)), trials)
    if not np.allclose(scored, told, rtol=0, atol=1e-10):
        row = int(np.argmax(np.abs(scored - told)))
        raise UserError(f"{model.name} as an agent and its likelihood disagree: log-probability {told[row]:.6f} "
                        f"while it behaved, {scored.iloc[row]:.6f} when scored, at trial {row % N_TRIALS}.")


def _behave(model: Model, rng: np.random.Generator) -> tuple[pd.DataFrame, np.ndarray]:
    """Let the agent choose, with random states and rewards; return the table and what it said of each trial."""
    agent, n, two_step = model.agent(_middle(model)), N_SUBJECTS, model.family is TWO_STEP
    state, action, reward = agent.initial_state(n), np.full(n, NO_ACTION), np.zeros(n)
    rows, told = [], []
    for trial in range(N_TRIALS):
        row, total = {"subject": np.arange(n), "trial": trial}, np.zeros(n)
        for stage, choice in enumerate(model.family.choices):
            observation = np.zeros((n, 3))
            observation[np.arange(n), 0 if stage == 0 else 1 + row["state2"]] = two_step
            logits, _, state = agent.step(observation, action, reward, state)
            action = sample(logits, rng)
            if choice in model.choices:
                row[choice.column] = action
                total += logits[np.arange(n), action] - np.logaddexp.reduce(logits, axis=1)
            if two_step:
                row.setdefault("state2", rng.integers(2, size=n))
            last = stage == len(model.family.choices) - 1
            reward = rng.integers(2, size=n).astype(float) if last else np.zeros(n)
        rows.append(pd.DataFrame(row | {"reward": reward}))
        told.append(total)
    table = pd.concat(rows).sort_values(["subject", "trial"], kind="stable").reset_index(drop=True)
    return table, np.array(told).T.ravel()
