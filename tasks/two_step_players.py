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


def mixture_of_agents(task: ReversalTwoStep) -> Agent:
    """Return the mixture that describes rats, ``two_step/mixture_of_agents`` with the parameters of ``MIXTURE``.

    References
    ----------
    Miller, Botvinick & Brody 2017, Nat Neurosci 20:1269.
    """
    agent = make_model("two_step/mixture_of_agents", initial_value=0.5).for_task(task).agent(MIXTURE)
    agent.name = "mixture-of-agents"
    return agent


def reversal_players(task: ReversalTwoStep) -> list[Agent]:
    """Return every reference player of a design with reversals, the simplest first."""
    told = not (task.fixation or task.crossed or task.common_probability < 0.5)  # cognitive models know no other coding
    rats = [mixture_of_agents(task)] if task.minimum_block and told else []
    return [RandomTwoStep(task), WinStayLoseShiftTwoStep(task), ModelFree(task), ModelBased(task), *rats,
            BeliefFilter(task), Oracle(task)]


def drift_players(task: DriftTwoStep) -> list[Agent]:
    """Return every reference player of a design with drifting options, the simplest first."""
    return [RandomTwoStep(task), WinStayLoseShiftTwoStep(task), GridFilter(task), Oracle(task)]


def two_step_players(task: TwoStep) -> list[Agent]:
    """Return every reference player of a two-step design, the simplest first."""
    kinds = ((PlanetTwoStep, planet_players), (EpisodicTwoStep, episodic_players), (ReversalTwoStep, reversal_players),
             (DriftTwoStep, drift_players))
    return next((make(task) for kind, make in kinds if isinstance(task, kind)), [RandomTwoStep(task)])
