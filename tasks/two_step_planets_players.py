"""Players of the two-step task with two first-stage states: model-free, model-based, hybrid, a belief on a grid, the oracle.

The learners are the model ``two_step/kool`` with model-based weight 0, 1 and .5 (hybrid); learning rate .5, inverse
temperature 5 and eligibility .5 are our choice. How ours departs: the source fits such learners and does not print reference settings.
"""

import numpy as np

from cogmeta.agent import Agent
from cogmeta.models.registry import make_model
from tasks.choosing import share_best
from tasks.two_step_beliefs import Oracle
from tasks.two_step_learners import RandomTwoStep, Trial, TwoStepPlayer, transitions
from tasks.two_step_planets import PlanetTwoStep
from tasks.walks import grid, walk_matrix

SETTINGS = {"learning_rate": 0.5, "inverse_temperature": 5.0, "eligibility": 0.5, "perseveration": 0.0,
            "response_stickiness": 0.0}
"""Of the learners; the inverse temperature for rewards between 0 and 1."""


class PlanetFilter(TwoStepPlayer):
    """Knows what the state visited pays now, lets its beliefs drift as the points do, and goes where more is expected.

    Parameters
    ----------
    task : PlanetTwoStep
        Whose drift, bounds and transitions it knows.
    n_points : int
        Grid points between the bounds.

    Notes
    -----
    Beliefs (n_episodes, state, n_points). The points of a state are seen without noise, so that its belief is one point
    after a visit; then both spread by one step of the reflected walk. Exact but for the grid; optimal for the next trial
    only, as it never looks at a state for the sake of later trials.
    """

    name = "belief-filter"

    def __init__(self, task: PlanetTwoStep, n_points: int = 45) -> None:
        super().__init__(task)
        self.point = grid(*task.outcome_range, n_points)
        self._spread = walk_matrix(*task.outcome_range, n_points, task.drift_sd * task.reward_scale)

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """All points between the bounds are equally likely."""
        return np.full((n_episodes, 2, len(self.point)), 1 / len(self.point))

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """What was paid is known, then drift for both states."""
        seen = np.abs(self.point - trial.reward[:, None]).argmin(axis=1)[:, None] == np.arange(len(self.point))
        visited = trial.state2[:, None] == np.arange(2)
        return self.pass_by(np.where(visited[:, :, None], seen[:, None].astype(float), values))

    def pass_by(self, values: np.ndarray) -> np.ndarray:
        """A trial passes: the points of both states have drifted."""
        return values @ self._spread

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the options that lead to the higher mean."""
        return share_best(values @ self.point @ transitions(self.task).T)


def kool_learner(task: PlanetTwoStep, model_based_weight: float, **changed: float) -> Agent:
    """Return the model ``two_step/kool`` as a player.

    Parameters
    ----------
    task : PlanetTwoStep
    model_based_weight : float
        In [0, 1].
    **changed
        Parameters other than those of ``SETTINGS``.

    Examples
    --------
    >>> kool_learner(PlanetTwoStep(), 1.0).name
    'model-based'
    """
    low, high = task.outcome_range
    settings = SETTINGS | {"inverse_temperature": SETTINGS["inverse_temperature"] / (high - low)}
    model = make_model("two_step/kool", initial_value=(low + high) / 2).for_task(task)
    agent = model.agent(settings | {"model_based_weight": model_based_weight} | changed)
    agent.name = {0.0: "model-free", 1.0: "model-based"}.get(float(model_based_weight), "hybrid")
    return agent


def planet_players(task: PlanetTwoStep) -> list[Agent]:
    """Return every reference player of the design, the simplest first."""
    learners = [] if task.fixation else [kool_learner(task, weight) for weight in (0.0, 1.0, 0.5)]
    return [RandomTwoStep(task), *learners, PlanetFilter(task), Oracle(task)]
