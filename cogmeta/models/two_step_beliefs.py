"""Two learners of the two-step task that look model-based without planning: latent-state and reward-as-cue.

Akam, Costa & Dayan 2015 (PLoS Comput Biol 11:e1004648) showed that in designs whose reward probabilities reverse, the
stay pattern of a planner also comes from (a) inferring which second-stage state is the good one now and having a
fixed habit for each answer, and (b) learning, by rewards alone, what to do after each of the outcomes that the last
trial can have had. More trials back tell the three apart (multi-lag regression).

How ours departs: the source's designs have one option at the second stage; where the design has two, choices there are
learnt by a delta rule, as in the hybrid, so that all models score the same choices. The latent-state learner's habit
is the first-stage option that commonly leads to the state believed good, weighed by the probability of the common
transition, and a softmax makes it noisy. Both may perseverate.
"""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import ClassVar, NamedTuple

import numpy as np

from cogmeta.models.bandit_reversal import GOOD_PROBABILITY, HAZARD, believe
from cogmeta.models.parameter import Parameter, inverse_temperature
from cogmeta.models.trial import Trial
from cogmeta.models.two_step import RATE_1
from cogmeta.models.two_step_base import (
    PERSEVERATION, PERSEVERATION_OUTSIDE, RATE_2, TEMPERATURE_1, TEMPERATURE_2, TwoStepBase,
)

_CITATION = "Akam et al. 2015, PLoS Comput Biol 11:e1004648"


class BeliefValues(NamedTuple):
    """What a latent-state learner knows.

    Attributes
    ----------
    belief : (2, *lanes) float array
        That a second-stage state is the good one.
    second : (2, n, *lanes) float array
        Values of the second-stage options.
    repeated : (2, *lanes) float array
        1 for the first-stage option of the last trial.
    """

    belief: np.ndarray
    second: np.ndarray
    repeated: np.ndarray


@dataclass(frozen=True)
class LatentState(TwoStepBase):
    """Infers which second-stage state is the good one now, and goes where it commonly is reached.

    Parameters
    ----------
    win_from : float, optional
        Smallest reward that counts as a win; by default the middle of the reward range.

    Notes
    -----
    The belief ``b`` that a second-stage state is the good one, which wins with ``g`` and the other with ``1 - g``, is
    moved by Bayes' rule with each outcome, and by the hazard ``h`` of a reversal after it; then
    ``P(a₁) = softmax(β₁ (Σ_s P(s | a) b_s + p rep(a)))``.

    References
    ----------
    Akam et al. 2015, PLoS Comput Biol 11:e1004648, "latent-state".
    """

    name: ClassVar[str] = "two_step/latent_state"
    citation: ClassVar[str] = _CITATION

    win_from: float | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Hazard, the good state's probability, two inverse temperatures, perseveration, the second stage's rate."""
        first = inverse_temperature("inverse_temperature_1", "β₁", unit="")
        second = (RATE_2, TEMPERATURE_2) if self.second_choice else ()
        return HAZARD, GOOD_PROBABILITY, first, PERSEVERATION_OUTSIDE, *second

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> BeliefValues:
        """Either state may be the good one."""
        return BeliefValues(np.full((2, *lanes), 0.5), self.second_stage(lanes), np.zeros((2, *lanes)))

    def policy(self, values: BeliefValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        first = self.first_logits(self.expected(values.belief), values.repeated, parameters)
        return self.with_second(first, values.second, parameters)

    def update(self, values: BeliefValues, parameters: SimpleNamespace, trial: Trial) -> BeliefValues:
        """Weigh the outcome, allow for a reversal, learn the second stage."""
        win = trial.reward >= (self.reward_middle if self.win_from is None else self.win_from)
        belief = believe(values.belief, trial.state2, win, parameters)
        second = self.learn_second(values.second, parameters, trial) if self.second_choice else values.second
        return BeliefValues(belief, second, trial.choice1)


class CueValues(NamedTuple):
    """What a reward-as-cue learner knows.

    Attributes
    ----------
    first : (4, 2, *lanes) float array
        Values of the first-stage options after each outcome of the last trial: state 0 or 1 without, then with reward.
    cue : (4, *lanes) float array
        One-hot: that outcome; zeros before the first trial.
    second : (2, n, *lanes) float array
        Values of the second-stage options.
    repeated : (2, *lanes) float array
        1 for the first-stage option of the last trial.
    """

    first: np.ndarray
    cue: np.ndarray
    second: np.ndarray
    repeated: np.ndarray


@dataclass(frozen=True)
class RewardAsCue(TwoStepBase):
    """Takes the last trial's outcome for a cue and learns by rewards what to do after each.

    Parameters
    ----------
    win_from : float, optional
        Smallest reward that counts as a win; by default the middle of the reward range.

    Notes
    -----
    With the cue ``c`` = (second-stage state, win or not) of the last trial: ``Q(c, a₁) += α₁ (r - Q(c, a₁))`` and
    ``P(a₁) = softmax(β₁ (Q(c, a₁) + p rep(a₁)))``. Before the first trial there is no cue: nothing is preferred or
    learnt.

    References
    ----------
    Akam et al. 2015, PLoS Comput Biol 11:e1004648, "reward-as-cue".
    """

    name: ClassVar[str] = "two_step/reward_as_cue"
    citation: ClassVar[str] = _CITATION

    win_from: float | None = None

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """The first stage's rate, inverse temperature and perseveration; the second stage's two."""
        second = (RATE_2, TEMPERATURE_2) if self.second_choice else ()
        return self.declare(RATE_1, TEMPERATURE_1, PERSEVERATION, *second)

    def initial_values(self, lanes: tuple[int, ...], parameters: SimpleNamespace) -> CueValues:
        """Every option is worth ``initial_value`` after every outcome."""
        return CueValues(np.full((4, 2, *lanes), float(self.initial_value)), np.zeros((4, *lanes)),
                         self.second_stage(lanes), np.zeros((2, *lanes)))

    def policy(self, values: CueValues, parameters: SimpleNamespace) -> tuple[np.ndarray, ...]:
        """Return the logits of both stages."""
        known = (values.cue[:, None] * values.first).sum(axis=0)
        return self.with_second(self.first_logits(known, values.repeated, parameters), values.second, parameters)

    def update(self, values: CueValues, parameters: SimpleNamespace, trial: Trial) -> CueValues:
        """Learn what the choice was worth after the last outcome; this trial's outcome is the next cue."""
        taken = values.cue[:, None] * trial.choice1
        first = values.first + taken * (parameters.learning_rate_1 * (trial.reward - values.first))
        win = trial.reward >= (self.reward_middle if self.win_from is None else self.win_from)
        cue = np.concatenate([trial.state2 * ~win, trial.state2 * win])
        second = self.learn_second(values.second, parameters, trial) if self.second_choice else values.second
        return CueValues(first, cue, second, trial.choice1)
