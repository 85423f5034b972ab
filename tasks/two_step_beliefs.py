"""Players of the two-step task that keep exact beliefs, and the one that is told what pays.

What is assumed: a player knows the task's settings and, but for the oracle, nothing of what an episode hides. Sources:
Wang et al. 2018, simulation 4 (the Bayes-optimal reference); Bayes' rule. How ours departs: where the published task is
not solved exactly by looking one trial ahead, ours looks one trial ahead all the same, and is called a belief filter.
"""

import numpy as np

from tasks.choosing import share_best
from tasks.two_step_drift import DriftTwoStep
from tasks.two_step_learners import Trial, TwoStepMemory, TwoStepPlayer, transitions
from tasks.two_step_reversal import ReversalTwoStep
from tasks.walks import grid, walk_matrix


class BeliefFilter(TwoStepPlayer):
    """Keeps the exact belief of which state is better, and takes the action that more likely leads there.

    Parameters
    ----------
    task : ReversalTwoStep
        Whose reward probabilities, reversal hazard and transitions it knows.

    Notes
    -----
    After each outcome Bayes' rule, then ``b <- b (1 - hazard) + (1 - b) hazard`` for the next trial. Where blocks have a
    minimum, the belief is one of state and age of the block, and only what is old enough swaps. Where the two reward
    probabilities sum to 1, as in all registered designs, both states tell equally much, whatever is believed; so that
    this policy is Bayes-optimal. Otherwise it is optimal for the next trial only. Values are the joint probabilities
    (n_episodes, 2 (minimum_block + 1)): state 0 at each age, then state 1.
    """

    def __init__(self, task: ReversalTwoStep) -> None:
        super().__init__(task)
        self.name = "bayes-optimal" if np.isclose(sum(task.reward_probability), 1.0) else "belief-filter"

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """State 0 is better with probability .5, and blocks are new."""
        values = np.zeros((n_episodes, 2, self.task.minimum_block + 1))
        values[:, :, 0] = 0.5
        return values.reshape(n_episodes, -1)

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Bayes' rule, then the chance of a reversal."""
        better, other = self.task.reward_probability
        pays = np.where(trial.state2[:, None] == np.arange(2), better, other)  # if state 0, if state 1 is better
        likely = np.where(trial.reward[:, None] > 0, pays, 1 - pays)
        joint = values * np.repeat(likely, self.task.minimum_block + 1, axis=1)
        total = joint.sum(axis=1, keepdims=True)
        return self.pass_by(np.where(total > 0, joint / np.where(total > 0, total, 1.0), values))

    def pass_by(self, values: np.ndarray) -> np.ndarray:
        """A trial passes: blocks grow older, and the better state may have swapped."""
        hazard, last = self.task.reversal_hazard, self.task.minimum_block
        before = values.reshape(len(values), 2, last + 1)
        after = np.zeros_like(before)
        after[:, :, 1:] = before[:, :, :-1]
        ripe = before[:, :, last] + after[:, :, last] if last else before[:, :, 0]
        after[:, :, last] = ripe * (1 - hazard)
        after[:, :, 0] += ripe[:, ::-1] * hazard
        return after.reshape(values.shape)

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the actions that most likely lead to the better state."""
        better, other = self.task.reward_probability
        belief = values.reshape(len(values), 2, -1).sum(axis=2)
        return share_best((other + (better - other) * belief) @ transitions(self.task).T)


class GridFilter(TwoStepPlayer):
    """Keeps the belief of each drifting reward probability on a grid, and takes what now looks best at both stages.

    Parameters
    ----------
    task : DriftTwoStep
        Whose drift, bounds and transitions it knows.
    n_points : int
        Grid points between the bounds.

    Notes
    -----
    Bayes' rule for the option chosen, then every belief spreads as the probabilities drift and is reflected at the
    bounds. Exact but for the grid; the policy is optimal for the next trial only, as it does not explore on purpose.
    """

    name = "belief-filter"

    def __init__(self, task: DriftTwoStep, n_points: int = 41) -> None:
        super().__init__(task)
        low, high = task.bounds
        self.point = grid(low, high, n_points)
        self._spread = walk_matrix(low, high, n_points, task.drift_sd)

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """All probabilities between the bounds are equally likely: (n_episodes, state, option, n_points)."""
        return np.full((n_episodes, 2, 2, len(self.point)), 1 / len(self.point))

    def learn(self, values: np.ndarray, trial: Trial) -> np.ndarray:
        """Bayes' rule for what was chosen, then drift for all."""
        likely = np.where(trial.reward[:, None] > 0, self.point, 1 - self.point)
        posterior = values.copy()
        chosen = (np.arange(len(values)), trial.state2, trial.action2)
        posterior[chosen] *= likely
        posterior[chosen] /= posterior[chosen].sum(axis=-1, keepdims=True)
        return self.pass_by(posterior)

    def pass_by(self, values: np.ndarray) -> np.ndarray:
        """A trial passes: every probability may have drifted."""
        return values @ self._spread

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the actions with the best prospect."""
        return share_best((values @ self.point).max(axis=2) @ transitions(self.task).T)

    def second_logits(self, values: np.ndarray, state2: np.ndarray) -> np.ndarray:
        """Share among the options of this state with the highest mean."""
        return share_best((values @ self.point)[np.arange(len(values)), state2])


class Oracle(TwoStepPlayer):
    """Is told what pays, and takes the best actions.

    Notes
    -----
    Its values are the reward probabilities (n_episodes, state, option) of this trial.
    """

    name = "oracle"
    sees_hidden = True

    def initial_values(self, n_episodes: int) -> np.ndarray:
        """Nothing is known before it is told."""
        return np.full((n_episodes, 2, 2), 0.5)

    def see_hidden(self, hidden: dict[str, np.ndarray], state: TwoStepMemory) -> TwoStepMemory:
        """Take the reward probabilities to heart."""
        if "reward_probability" in hidden:
            return state._replace(values=hidden["reward_probability"])
        if "state_value" in hidden:
            pays = hidden["state_value"]
        else:
            better, other = self.task.reward_probability
            pays = np.where(hidden["better_state"][:, None] == np.arange(2), better, other)
        return state._replace(values=np.repeat(pays[:, :, None], 2, axis=2))

    def first_logits(self, values: np.ndarray) -> np.ndarray:
        """Share among the actions with the best prospect."""
        return share_best(values.max(axis=2) @ transitions(self.task).T)

    def second_logits(self, values: np.ndarray, state2: np.ndarray) -> np.ndarray:
        """Share among the best options of this state."""
        return share_best(np.take_along_axis(values, state2[:, None, None], axis=1)[:, 0])
