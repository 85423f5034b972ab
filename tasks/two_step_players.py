"""Every reference player of a two-step design, by its kind."""

from cogmeta.agent import Agent
from cogmeta.models.registry import make_model
from tasks.two_step import TwoStep
from tasks.two_step_beliefs import BeliefFilter, GridFilter, Oracle
from tasks.two_step_drift import DriftTwoStep
from tasks.two_step_episodic import EpisodicTwoStep
from tasks.two_step_episodic_players import episodic_players
from tasks.two_step_learners import ModelBased, ModelFree, RandomTwoStep, WinStayLoseShiftTwoStep
from tasks.two_step_planets import PlanetTwoStep
from tasks.two_step_planets_players import planet_players
from tasks.two_step_reversal import ReversalTwoStep

MIXTURE = {"learning_rate_2": 0.4, "planning_weight": 4.0, "novelty_weight": 0.3, "perseveration_weight": 0.5, "bias": 0.0}
"""A rat as Miller et al. 2017 describe it: a learning rate of about .3 to .5; the weights are our choice, no bias among them."""


DAW_MEDIANS = {"learning_rate_1": 0.54, "learning_rate_2": 0.42, "eligibility": 0.57, "inverse_temperature_1": 5.19,
               "inverse_temperature_2": 3.69, "perseveration": 0.11, "model_based_weight": 0.39}
"""The hybrid as the median person of Daw et al. 2011 has it (table 2)."""

LEARNER = {"learning_rate_1": 0.5, "learning_rate_2": 0.5, "inverse_temperature_1": 5.0, "perseveration": 0.0}
"""Of learners in designs with reversals: the rate and temperature of ``ModelFree`` and ``ModelBased``."""


def as_player(name: str, model: str, task: TwoStep, parameters: dict[str, float], **options: float) -> Agent:
    """Return a cognitive model with given parameters as a player; parameters that the model lacks are left out.

    Parameters
    ----------
    name : str
        Of the player.
    model : str
        A registered cognitive model of the two-step task.
    task : TwoStep
    parameters : dict
    **options
        Of the model, such as ``initial_value``.

    Examples
    --------
    >>> as_player("hybrid", "two_step/hybrid", DriftTwoStep(), DAW_MEDIANS).name
    'hybrid'
    """
    made = make_model(model, **options).for_task(task)
    agent = made.agent({parameter.name: parameters[parameter.name] for parameter in made.parameters})
    agent.name = name
    return agent


def model_players(task: ReversalTwoStep) -> list[Agent]:
    """Return the players of a design with reversals that are cognitive models; none where these know not its coding.

    Notes
    -----
    The hybrid weighs model-free and model-based values evenly. Who infers the latent state knows the hazard and the
    better state's probability. A rat, where blocks have a least length, is described by a mixture of agents.

    References
    ----------
    Daw et al. 2011, Neuron 69:1204 (hybrid); Akam et al. 2015, PLoS Comput Biol 11:e1004648 (latent state, reward as
    cue); Miller, Botvinick & Brody 2017, Nat Neurosci 20:1269 (mixture).
    """
    if task.fixation or task.crossed or task.common_probability < 0.5:
        return []
    hazard, good = max(task.reversal_hazard, 1e-3), min(max(task.reward_probability), 1 - 1e-3)
    players = [
        as_player("hybrid", "two_step/hybrid", task, LEARNER | {"eligibility": 1.0, "model_based_weight": 0.5}, initial_value=0.5),
        as_player("reward-as-cue", "two_step/reward_as_cue", task, LEARNER, initial_value=0.5),
        as_player("latent-state", "two_step/latent_state", task, LEARNER | {"reversal_hazard": hazard, "good_probability": good}),
    ]
    rat = as_player("mixture-of-agents", "two_step/mixture_of_agents", task, MIXTURE, initial_value=0.5)
    return [*players, rat] if task.minimum_block else players


def reversal_players(task: ReversalTwoStep) -> list[Agent]:
    """Return every reference player of a design with reversals, the simplest first."""
    return [RandomTwoStep(task), WinStayLoseShiftTwoStep(task), ModelFree(task), ModelBased(task), *model_players(task),
            BeliefFilter(task), Oracle(task)]


def drift_players(task: DriftTwoStep) -> list[Agent]:
    """Return every reference player of a design with drifting options, the simplest first.

    Notes
    -----
    The hybrid is the median person of Daw et al. 2011, ``model-free`` and ``model-based`` the same with weight 0 and 1;
    with a fixation step they are left out, as cognitive models know none.
    """
    weights = {} if task.fixation else {"model-free": 0.0, "model-based": 1.0, "hybrid": DAW_MEDIANS["model_based_weight"]}
    people = [as_player(name, "two_step/hybrid", task, DAW_MEDIANS | {"model_based_weight": w}) for name, w in weights.items()]
    return [RandomTwoStep(task), WinStayLoseShiftTwoStep(task), *people, GridFilter(task), Oracle(task)]


def two_step_players(task: TwoStep) -> list[Agent]:
    """Return every reference player of a two-step design, the simplest first."""
    kinds = ((PlanetTwoStep, planet_players), (EpisodicTwoStep, episodic_players), (ReversalTwoStep, reversal_players),
             (DriftTwoStep, drift_players))
    return next((make(task) for kind, make in kinds if isinstance(task, kind)), [RandomTwoStep(task)])
