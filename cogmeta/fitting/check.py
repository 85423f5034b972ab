"""The contract of a cognitive model as a test that anybody can run on a model of their own."""

import numpy as np
import pandas as pd

from cogmeta.agent import NO_ACTION
from cogmeta.errors import UserError
from cogmeta.families import TWO_STEP
from cogmeta.fitting.check_functions import check_functions, random_rewards
from cogmeta.fitting.likelihood import log_likelihood
from cogmeta.models.agent import AGENTS
from cogmeta.models.model import Model
from cogmeta.models.parameter import Parameter
from cogmeta.simulate import sample
from cogmeta.trials import n_options_in, validate_trials

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
        Parameters are not declared (or declared twice); a function returns arrays of the wrong shape or changes what
        it was given; lanes or subjects influence each other; the likelihood is not finite or exceeds 1 somewhere in the
        domain; zero inverse temperatures (with every real-valued parameter 0) do not choose by chance; the agent does
        not say what the likelihood says; or relabelling the options changes more than labels in a ``symmetric`` model.

    Notes
    -----
    Where the family leaves the number of options open, the model is tried with 3 as well. One that is made for two
    refuses that in ``for_trials`` with a ``UserError``. Rewards are drawn from the whole reward range, not only its
    ends.

    Examples
    --------
    >>> from cogmeta.models import make_model
    >>> check_model(make_model("two_step/hybrid"))
    """
    _check_is_model(model)
    _check_declaration(model)
    rng = np.random.default_rng(seed)
    with np.errstate(all="ignore"):  # what is not finite is said in words
        trials = random_trials(model, rng)
        _check_adapted(model.for_trials(trials), trials, rng)
        if all(choice.n_options for choice in model.choices):
            return
        trials = random_trials(model, rng, n_options=3)
        try:
            adapted = model.for_trials(trials)
        except UserError:
            return  # made for another number of options, and says so
        _check_adapted(adapted, trials, rng)


def _check_adapted(model: Model, trials: pd.DataFrame, rng: np.random.Generator) -> None:
    for choice in model.choices:
        if model.n_options(choice) < n_options_in(trials, choice):
            raise UserError(f"{model.name} says that {choice.column} has {model.n_options(choice)} options, but the "
                            f"trials show {n_options_in(trials, choice)}. Adapt the model in for_trials, as "
                            "BanditModel does, or refuse such trials there with a UserError.")
    check_functions(model, rng)
    _check_domain(model, trials, rng)
    _check_subjects(model, trials, rng)
    _check_forced(model, trials)
    _check_chance(model, trials)
    _check_labels(model, trials)
    if model.family.name in AGENTS:
        _check_agent(model, rng)


def random_trials(model: Model, rng: np.random.Generator, n_options: int | None = None) -> pd.DataFrame:
    """Return a validated table of random choices, states and rewards of the model's family and reward range.

    Parameters
    ----------
    model : Model
    rng : numpy.random.Generator
    n_options : int, optional
        Of choices whose number of options the family leaves open; by default the model's.
    """
    n = N_SUBJECTS * N_TRIALS
    names = [f"s{i}" for i in range(N_SUBJECTS)]
    columns = {"subject": np.repeat(names, N_TRIALS), "trial": np.tile(range(N_TRIALS), N_SUBJECTS)}
    for choice in model.choices:
        size = choice.n_options or n_options or model.n_options(choice)
        columns[choice.column] = np.append(rng.integers(size, size=n - 1), size - 1)  # the last option is shown
    for name, n_values in model.states.items():
        columns[name] = rng.integers(n_values, size=n)
    for name in model.outcomes:
        columns[name] = random_rewards(model, (n,), rng)
    return validate_trials(pd.DataFrame(columns), model.family, reward_range=(-np.inf, np.inf))


def _middle(model: Model) -> dict[str, float]:
    """Return parameters in the middle of their plausible ranges."""
    return {p.name: p.middle for p in model.scaled_parameters}


def _check_is_model(model: Model) -> None:
    if isinstance(model, type):
        raise UserError(f"check_model needs a model, got the class {model.__name__}. Make one: {model.__name__}().")
    if not isinstance(model, Model):
        raise UserError(f"check_model needs a model, got {type(model).__name__}. Subclass BanditModel, TwoStepModel or "
                        "cogmeta.models.Model.")


def _check_declaration(model: Model) -> None:
    if not all(isinstance(p, Parameter) for p in model.parameters):
        raise UserError(f"parameters of {model.name} must be a tuple of Parameter, such as "
                        f"(rate('learning_rate', 'α'),); got {model.parameters!r}.")
    names = model.parameter_names
    if not names or len(set(names)) < len(names):
        raise UserError(f"{model.name} must declare at least one parameter, each name once; got {list(names)}.")


def _check_subjects(model: Model, trials: pd.DataFrame, rng: np.random.Generator) -> None:
    own = {p.name: p.to_natural(p.starts(N_SUBJECTS, rng)) for p in model.scaled_parameters}
    together = log_likelihood((model, own), trials)
    for i, subject in enumerate(trials["subject"].unique()):
        mine = (trials["subject"] == subject).to_numpy()
        alone = log_likelihood((model, {name: float(x[i]) for name, x in own.items()}), trials[mine])
        gap = np.abs(alone.to_numpy() - together[mine].to_numpy()).max()
        if not gap < 1e-10:  # arithmetic is the same, subject by subject
            raise UserError(f"the log-likelihood of {model.name} for one subject changes by {gap:.2g} a trial when "
                            "others are scored beside it. Models keep nothing between calls and reduce over axes of "
                            "options only.")


def _check_domain(model: Model, trials: pd.DataFrame, rng: np.random.Generator) -> None:
    corners = [[rng.choice(p.search) for p in model.scaled_parameters] for _ in range(20)]
    inside = [[rng.uniform(*p.search) for p in model.scaled_parameters] for _ in range(20)]
    for place in corners + inside:
        parameters = {p.name: float(p.to_natural(u)) for p, u in zip(model.parameters, place)}
        values = log_likelihood((model, parameters), trials)
        if not np.isfinite(values).all() or (values > 1e-12).any():
            row = int(np.argmax(~np.isfinite(values) | (values > 1e-12)))
            raise UserError(f"the log-likelihood of {model.name} must be finite and at most 0 over the whole domain, "
                            f"got {values.iloc[row]} at trial {row % N_TRIALS} with {parameters}.")


def _check_forced(model: Model, trials: pd.DataFrame) -> None:
    """Imposed choices are learned from as if they were free, and not scored."""
    forced = (trials["trial"] % 5 < 2).to_numpy()
    free = log_likelihood((model, _middle(model)), trials).where(~forced)
    mixed = log_likelihood((model, _middle(model)), trials.assign(forced=forced))
    if not np.allclose(free, mixed, rtol=0, atol=1e-10, equal_nan=True):
        raise UserError(f"{model.name} must learn from choices that the task imposed as from free ones: marking some as "
                        f"forced changed the log-likelihood of others by up to {np.nanmax(np.abs(free - mixed)):.2g}. "
                        "for_trials must not look at the column 'forced'.")


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
    before = log_likelihood((model, _middle(model)), trials)
    for step, sign in ((1, 1), (-1, -1)):  # each option becomes the next one; the order is turned round
        relabelled = trials.copy()
        for choice in model.choices:
            relabelled[choice.column] = (step + sign * trials[choice.column]) % model.n_options(choice)
        for name, n_values in model.states.items():
            relabelled[name] = (step + sign * trials[name]) % n_values
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
    agent, n = model.agent(_middle(model)), N_SUBJECTS
    state, action, reward = agent.initial_state(n), np.full(n, NO_ACTION), np.zeros(n)
    rows, told = [], []
    for trial in range(N_TRIALS):
        row, total = {"subject": np.arange(n), "trial": trial}, np.zeros(n)
        row |= {"state1": rng.integers(2, size=n)} if "state1" in model.states else {}
        for stage, choice in enumerate(model.family.choices):
            observation = _observed(model, row, stage, rows[-1] if rows else None)
            logits, _, state = agent.step(observation, action, reward, state)
            action = sample(logits, rng)
            if choice.column in [c.column for c in model.choices]:
                row[choice.column] = action
                total += logits[np.arange(n), action] - np.logaddexp.reduce(logits, axis=1)
            if model.family is TWO_STEP:
                row.setdefault("state2", rng.integers(2, size=n))
            last = stage == len(model.family.choices) - 1
            reward = random_rewards(model, (n,), rng) if last else np.zeros(n)
        shown = {name: random_rewards(model, (n,), rng) for name in model.outcomes[1:]}
        rows.append(pd.DataFrame(row | {"reward": reward} | shown))
        told.append(total)
    table = pd.concat(rows).sort_values(["subject", "trial"], kind="stable").reset_index(drop=True)
    return table, np.array(told).T.ravel()


def _observed(
    model: Model, row: dict[str, np.ndarray], stage: int, before: pd.DataFrame | None
) -> np.ndarray:
    """Return (n, 5) what an agent is shown: stages and first-stage state; or a bandit's outcomes of the trial before."""
    n = len(row["subject"])
    observation = np.zeros((n, 5))
    if model.family is not TWO_STEP:
        for k, name in enumerate(model.outcomes[1:]):
            observation[:, 1 + k] = 0.0 if before is None else before[name]
        return observation
    observation[np.arange(n), 0 if stage == 0 else 1 + row["state2"]] = 1
    if stage == 0 and "state1" in row:
        observation[np.arange(n), 3 + row["state1"]] = 1
    return observation
