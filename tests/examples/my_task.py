"""A task of one's own: a two-armed bandit whose better arm swaps now and then."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from cogmeta.rollout import Rollout
from cogmeta.task import Task, TaskSpec
from cogmeta.trials import BANDIT, validate_trials
from tasks.columns import answered_rows, flat, index_columns, take


@dataclass(frozen=True)
class ReversalBandit(Task):
    """The better arm pays with .8, the other with .2; they swap after a trial with probability ``hazard``."""

    hazard: float = 0.05
    n_trials: int = 60

    @property
    def spec(self):
        return TaskSpec("my/reversal", BANDIT, 1, 2, self.n_trials, self.n_trials, (0.0, 1.0), "mine")

    def begin(self, n_episodes, rng):
        return (0, rng.integers(0, 2, n_episodes)), np.zeros((n_episodes, 1), np.float32)

    def advance(self, state, action, rng):
        trial, better = state
        action = self.check_action(action, len(better))
        reward = (rng.random(len(better)) < np.where(action == better, 0.8, 0.2)).astype(float)
        better = better ^ (rng.random(len(better)) < self.hazard)
        done = np.full(len(better), trial + 1 == self.n_trials)
        return (trial + 1, better), np.zeros((len(better), 1), np.float32), reward, done

    def hidden(self, state):
        return {"better_arm": state[1]}

    def to_trials(self, rollout):
        arrays = {"choice": rollout.action, "reward": rollout.reward, **rollout.hidden}
        columns = {name: flat(array, rollout.valid) for name, array in arrays.items()}
        return validate_trials(pd.DataFrame(index_columns(rollout.valid) | columns), BANDIT, n_options=2)

    def from_trials(self, trials):
        trials = validate_trials(trials, BANDIT, n_options=2)
        row = answered_rows(trials, BANDIT)
        hidden = {"better_arm": take(trials, "better_arm", row).astype(int)} if "better_arm" in trials else {}
        return Rollout(
            task=self, observation=np.zeros((*row.shape, 1), np.float32), reward=take(trials, "reward", row),
            action=take(trials, "choice", row).astype(int), valid=row >= 0, scored=row >= 0, row=row, hidden=hidden,
        )
