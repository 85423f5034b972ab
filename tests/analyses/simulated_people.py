"""People who never were: two-step tables whose rule is known."""

import numpy as np
import pandas as pd


def people(rng, n_subjects=6, n_trials=200, n_sessions=1):
    """Return choices that stay with probability .8 after a reward and .4 after none; some are missing."""
    tables = []
    for subject in range(n_subjects):
        for session in range(n_sessions):
            choice, reward = np.zeros(n_trials, int), rng.integers(0, 2, n_trials)
            for t in range(1, n_trials):
                stays = rng.random() < (0.8 if reward[t - 1] else 0.4)
                choice[t] = choice[t - 1] if stays else 1 - choice[t - 1]
            state = choice ^ (rng.random(n_trials) > 0.7)
            table = pd.DataFrame({"subject": f"s{subject}", "session": session, "trial": np.arange(n_trials),
                                  "choice1": choice.astype(float), "state2": state, "reward": reward.astype(float)})
            table.loc[rng.random(n_trials) < 0.05, ["choice1", "reward"]] = np.nan
            tables.append(table)
    return pd.concat(tables, ignore_index=True)


def always_left(subject, n=30):
    """Return a subject that never changes the first choice, whatever happens."""
    tick = np.arange(n)
    return pd.DataFrame({"subject": subject, "session": 0, "trial": tick, "choice1": 0, "state2": tick // 2 % 2,
                         "reward": tick % 2})
