"""A policy network that hears the reward prediction error of a value network instead of the reward: dopamine as input.

What it shows: the signal that trains the weights can also be what the recurrent activity learns from within an episode, so
that blocking or stimulating it moves choices although no weight changes. Source: Wang et al. 2018, simulation 6. How ours
departs: as ``cogmeta.agents.pair``, of which this is one setting with a name, so that ``cogmeta train --agent`` knows it.
"""

from typing import Any

from cogmeta.agents.pair import ActorCriticPair


class SurprisedPair(ActorCriticPair):
    """An ``ActorCriticPair`` made with ``policy_input="reward_prediction_error"``; the parameters are those of the pair.

    References
    ----------
    Wang et al. 2018, Nat Neurosci 21:860, simulation 6 and figure 7.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> task = SimpleNamespace(spec=SimpleNamespace(observation_size=1, n_actions=2))
    >>> SurprisedPair.for_task(task, n_units=8).surprised
    True
    """

    kind = "surprised_pair"

    @classmethod
    def for_task(
        cls, task: Any, n_units: int = 48, seed: int = 0, policy: str = "lstm", value: str = "lstm",
        policy_input: str = "reward_prediction_error", **options: Any,
    ) -> "SurprisedPair":
        """Return an untrained pair for a task; ``n_units`` and ``options`` go to both networks."""
        return super().for_task(task, n_units, seed, policy, value, policy_input, **options)
