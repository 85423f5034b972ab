"""Every registered design with its settings, source and departures; ``tasks/registry.py`` finds them by id."""

from tasks.bandit import BernoulliBandit
from tasks.informative import InformativeBandit
from tasks.matching import BaitedBandit
from tasks.registered import Registered
from tasks.restless import RestlessBandit
from tasks.restless4 import DriftingBandit
from tasks.reversal3 import BlockBandit
from tasks.two_step import DriftTwoStep, ReversalTwoStep
from tasks.volatile import VolatileBandit

_SCALE = "The trial index is given as trial / n_trials; the paper does not state its scale."


def _bandit(arms: str, learns: str) -> Registered:
    return Registered(
        name=f"bandit/{arms}", constructor=BernoulliBandit, settings={"arms": arms}, tags=("bandit", "stationary"),
        citation="Wang et al. 2016, experiments 1 and 2 (section 3.1)", learns=learns, departure=_SCALE,
    )


def _restless(name: str, drift_sd: tuple[float, ...], learns: str) -> Registered:
    return Registered(
        name=f"bandit/{name}", constructor=RestlessBandit, settings={"drift_sd": drift_sd}, tags=("bandit", "drift"),
        citation="Wang et al. 2016, experiment 4", learns=learns,
        departure="The paper does not print the drift's standard deviations: .02 and .1 a trial are our choice, as is "
                  "reflection at 0 and 1; no trial index is shown.",
    )


DESIGNS = (
    _bandit("independent", "Which arm pays most, while every pull tells of one arm only."),
    _bandit("uniform", "Which arm pays most, knowing that what one arm wins the other loses."),
    _bandit("easy", "Which of two mirror-image problems it is; one or two pulls tell (0.1 or 0.9)."),
    _bandit("medium", "Which of two mirror-image problems it is; a few pulls tell (0.25 or 0.75)."),
    _bandit("hard", "Which of two mirror-image problems it is, from weak evidence (0.4 or 0.6)."),
    Registered(
        name="bandit/informative", constructor=InformativeBandit, tags=("bandit", "deterministic"),
        citation="Wang et al. 2016, experiment 3",
        learns="To take the arm that pays little but tells, then the arm that it names.",
        departure="Agents get the previous reward as a number; in the paper it is one-hot.",
    ),
    *(_restless(name, drift_sd, learns) for name, drift_sd, learns in (
        ("restless", (0.02, 0.1), "Which arm pays more now, and how fast that changes this episode."),
        ("restless_low", (0.02,), "Which arm pays more now, where that changes slowly."),
        ("restless_high", (0.1,), "Which arm pays more now, where that changes fast."),
    )),
    Registered(
        name="bandit/volatile", constructor=VolatileBandit, tags=("bandit", "reversal", "people"),
        citation="Behrens et al. 2007; Wang et al. 2018, simulation 2",
        learns="Which arm pays more now, and whether one bad outcome means anything: in one half it does, in the other not.",
        departure="Probabilities (.75; .8) and a reversal every 25 trials are our choice, the papers do not print those of "
                  "the model's task; rewards are 0 or 1, and only the outcome of the arm taken is seen.",
    ),
    Registered(
        name="bandit/restless4", constructor=DriftingBandit, tags=("bandit", "drift", "people"), citation="Daw et al. 2006",
        learns="Which of four drifting arms pays most now; those not taken must be looked at again from time to time.",
        departure="Walks are drawn anew each episode from their stationary distribution; rewards are points / 100 "
                  "(reward_scale=1 gives points).",
    ),
    Registered(
        name="bandit/matching", constructor=BaitedBandit, tags=("bandit", "baited", "monkeys"),
        citation="Wang et al. 2018, simulation 1; Tsutsui et al. 2016; Lau & Glimcher 2005",
        learns="How often to visit the poorer arm, whose reward waits until it is taken.",
        departure="Episodes have 100 trials (the paper draws 50 to 100), no fixation step; the ranges held out of training "
                  "are those remembered by others, the paper's text does not print them.",
    ),
    Registered(
        name="bandit/reversal3", constructor=BlockBandit, tags=("bandit", "reversal"),
        citation="three-armed probabilistic reversal learning",
        learns="Which of three arms is good now, and to leave it soon after it has ceased to pay.",
        departure="The number of blocks is our choice (6 of 15 trials).",
    ),
    Registered(
        name="two_step/wang2016", constructor=ReversalTwoStep,
        settings={"common_probability": 0.75, "reversal_hazard": 0.0, "n_trials": 10, "trial_index": True},
        tags=("two_step", "stationary"), citation="Wang et al. 2016, experiment 5",
        learns="Which second-stage state is better this episode, and which first action commonly leads there.",
        departure=_SCALE + " The paper's text gives the reward probabilities as values of the first actions; they are "
                           "those of the second-stage states.",
    ),
    Registered(
        name="two_step/wang2018", constructor=ReversalTwoStep, settings={}, tags=("two_step", "reversal"),
        citation="Wang et al. 2018, simulation 4",
        learns="Which second-stage state is better now, through reversals, crediting the state and not the action.",
        departure="No fixation step and no invalid action (see two_step/wang2018_fixation); reward probabilities and "
                  "reversal hazard are those of a public reproduction.",
    ),
    Registered(
        name="two_step/wang2018_fixation", constructor=ReversalTwoStep,
        settings={"fixation": True, "invalid_penalty": 1.0}, tags=("two_step", "reversal", "fixation"),
        citation="Wang et al. 2018, simulation 4 and general methods",
        learns="As two_step/wang2018, and to fixate before each trial: an invalid action costs 1.",
        departure="An invalid action at the first stage ends the trial without an outcome; the paper does not say what "
                  "follows it. Reward probabilities and reversal hazard are those of a public reproduction.",
    ),
    Registered(
        name="two_step/daw2011", constructor=DriftTwoStep, settings={}, tags=("two_step", "drift", "people"),
        citation="Daw et al. 2011",
        learns="Which of four drifting options pays most now, and which first action commonly leads to it.",
        departure="The drifting reward probabilities are drawn anew each episode; the paper's were made beforehand.",
    ),
)
"""In the order in which they are listed."""
