"""Steps a CPU-second of the two tasks that NeuroGym shares with us; runs in NeuroGym's own environment, prints JSON.

    python -m benchmarks.tasks --neurogym PYTHON

NeuroGym (2.3.1) pins other versions of NumPy and Gymnasium than we need, so that this file imports nothing of ours:
``benchmarks.tasks`` runs it with the interpreter ``PYTHON`` of an environment in which ``pip install neurogym`` was done.
"""

import json
import sys
import time
from importlib.metadata import version

TASKS = {"bandit/independent": "Bandit-v0", "two_step/wang2018": "DawTwoStep-v0"}
"""Our task -> theirs. Their bandit has fixed arms and no end; their two-step task has the probabilities of Wang et al. 2018."""

N_STEPS = 1000
"""Steps between two looks at the clock."""


def steps_per_second(env, seconds: float) -> float:
    """Return steps a CPU-second of random actions, drawn beforehand, for about ``seconds``."""
    env.reset()
    actions = [int(env.action_space.sample()) for _ in range(N_STEPS)]
    done, start = 0, time.process_time()
    while time.process_time() - start < seconds:
        for action in actions:
            env.step(action)
        done += N_STEPS
    return done / (time.process_time() - start)


def main() -> None:
    """Print a JSON object: version, and steps a second by our task's name."""
    import neurogym  # here, since it is not ours to have

    found = {ours: steps_per_second(neurogym.make(theirs), float(sys.argv[1])) for ours, theirs in TASKS.items()}
    print(json.dumps({"version": version("neurogym"), "steps_per_second": found}))


if __name__ == "__main__":
    main()
