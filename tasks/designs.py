"""Every registered design with its settings, source and departures; ``tasks/registry.py`` finds them by id."""

from typing import Any

from tasks.bandit import BernoulliBandit
from tasks.barcode import BarcodeBandit, CharacterBandit
from tasks.contextual_choice import ContextualChoice
from tasks.full_feedback import FullFeedbackBandit
from tasks.gaussian import GaussianBandit, RiskyOrSafeBandit
from tasks.harlow_pixels import HarlowPixels
from tasks.harlow_vector import HarlowVector
from tasks.horizon import HorizonBandit
from tasks.informative import InformativeBandit
from tasks.matching import BaitedBandit
from tasks.maze import Maze
from tasks.maze_pixels import MazePixels
from tasks.mdp import RandomMDP
from tasks.registered import Registered
from tasks.restless import RestlessBandit
from tasks.restless4 import DriftingBandit
from tasks.reversal import InferredValue
from tasks.reversal3 import BlockBandit
from tasks.risky import RiskyBandit
from tasks.shifting import ShiftingBandit
from tasks.two_step_drift import DriftTwoStep
from tasks.two_step_episodic import EpisodicTwoStep
from tasks.two_step_planets import PlanetTwoStep
from tasks.two_step_reversal import ReversalTwoStep
from tasks.volatile import VolatileBandit
from tasks.water_maze import WaterMaze

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


def _many_armed(n_arms: int, n_trials: int) -> Registered:
    return Registered(
        name=f"bandit/rl2_k{n_arms}_n{n_trials}", constructor=BernoulliBandit,
        settings={"n_arms": n_arms, "n_trials": n_trials, "trial_index": False},
        tags=("bandit", "stationary", "many arms"),
        citation="Duan et al. 2016, section 3.1, table 1",
        learns=f"Which of {n_arms} arms pays most, and when to stop looking, with {n_trials} pulls in all.",
        departure="The paper's table has 5, 10 and 50 arms; 2 and 20 are ours.",
    )


def _random_mdp(name: str, n_visits: int) -> Registered:
    return Registered(
        name=f"mdp/{name}", constructor=RandomMDP, settings={"n_trials": 10 * n_visits}, tags=("mdp", "planning"),
        citation="Duan et al. 2016, section 3.2, table 2",
        learns=f"Where actions lead and what they pay, in {n_visits} visits of ten steps, and to plan by it.",
        departure="Rewards are cut six standard deviations from their mean.",
    )


def _training_mdp(name: str, settings: dict[str, Any], learns: str, departure: str) -> Registered:
    return Registered(
        name=f"mdp/{name}", constructor=RandomMDP, settings={"n_trials": 100, **settings}, tags=("mdp", "training"),
        citation="Duan et al. 2016, section 3.2, table 2", learns=learns, departure=departure,
    )


_POINTS = ("Rewards are a tenth of the points (reward_scale=1 gives points), cut six standard deviations from zero; "
           "not rounded.")


def _gaussian(name: str, settings: dict[str, Any], citation: str, learns: str, departure: str = "") -> Registered:
    return Registered(
        name=f"bandit/{name}", constructor=GaussianBandit, settings=settings, tags=("bandit", "gaussian", "people"),
        citation=citation, learns=learns, departure=_POINTS + departure,
    )


_MAZE = ("One moves by cells and quarter turns, not continuously, so that fewer steps are needed; how the paper's mazes were drawn "
         "is not stated: random spanning trees are our choice (loops opens further walls).")


def _maze(name: str, kind: type[Maze], size: int, visit_steps: int, departure: str = "") -> Registered:
    return Registered(
        name=f"maze/{name}", constructor=kind, settings={"size": size, "visit_steps": visit_steps, "n_trials": 2 * visit_steps},
        tags=("maze", "navigation"), citation="Duan et al. 2016, section 3.3, table 3",
        learns="Where the target of this maze is: to search for it in the first visit and to go straight to it in the second.",
        departure=_MAZE + departure,
    )


def _training_maze(size: int, learns: str) -> Registered:
    return Registered(
        name=f"maze/grid{size}_training", constructor=Maze, settings={"size": size, "n_visits": 120, "n_trials": 120},
        tags=("maze", "navigation", "training"), citation="Duan et al. 2016, section 3.3, table 3", learns=learns,
        departure=_MAZE + " Ours: visits follow each other for 120 steps, so that no step of training is spent on waiting for the "
                          "slowest of many episodes.",
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
        name="bandit/restless_wang2016", constructor=RestlessBandit, settings={"drift_sd": (0.02, 0.2)},
        tags=("bandit", "drift"), citation="Wang et al. 2016, experiment 4",
        learns="Which arm pays more now, and whether it still will in a few trials.",
        departure="The paper does not print the drift's standard deviations, but says that the best fixed learning rate is "
                  ".5: with .02 and .2 a trial it is (with .02 and .1 it is .2); no trial index is shown.",
    ),
    Registered(
        name="bandit/volatile", constructor=VolatileBandit, tags=("bandit", "reversal", "people"),
        citation="Behrens et al. 2007; Wang et al. 2018, simulation 2",
        learns="Which arm pays more now, and whether one bad outcome means anything: in one half it does.",
        departure="Probabilities (.75; .8) and a reversal every 25 trials are our choice, the papers do not print "
                  "those of the model's task; rewards are 0 or 1, and only the outcome of the arm taken is seen.",
    ),
    Registered(
        name="bandit/shifting_volatility", constructor=ShiftingBandit, tags=("bandit", "reversal", "training"),
        citation="Wang et al. 2018, simulation 2",
        learns="Which arm pays more now, and whether the world is stable or volatile at present.",
        departure="The paper does not print the statistics of its training episodes: hazards of .01 (a spell ends) and "
                  ".04 (arms swap in a volatile one) are our choice.",
    ),
    Registered(
        name="bandit/restless4", constructor=DriftingBandit, tags=("bandit", "drift", "people"),
        citation="Daw et al. 2006",
        learns="Which of four drifting arms pays most now; those not taken must be looked at again from time to time.",
        departure="Walks are drawn anew each episode from their stationary distribution; rewards are points / 100 "
                  "(reward_scale=1 gives points).",
    ),
    Registered(
        name="bandit/matching", constructor=BaitedBandit, tags=("bandit", "baited", "monkeys"),
        citation="Wang et al. 2018, simulation 1; Tsutsui et al. 2016; Lau & Glimcher 2005",
        learns="How often to visit the poorer arm, whose reward waits until it is taken.",
        departure="Episodes have 100 trials (the paper draws 50 to 100), no fixation step; the ranges held out of "
                  "training are those remembered by others, the paper's text does not print them.",
    ),
    Registered(
        name="bandit/matching_training", constructor=BaitedBandit, settings={"draw": "training"},
        tags=("bandit", "baited", "monkeys", "training"), citation="Wang et al. 2018, simulation 1",
        learns="As bandit/matching, with two ranges of base probabilities held out for the test.",
        departure="As bandit/matching.",
    ),
    Registered(
        name="bandit/reversal3", constructor=BlockBandit, tags=("bandit", "reversal", "people"),
        citation="Zorowitz et al. 2023",
        learns="Which of three arms is good now, and to leave it soon after it has ceased to pay.",
        departure="The first good arm and its successors are drawn evenly; the paper's schedule is not known to us.",
    ),
    Registered(
        name="bandit/reversal3_random", constructor=BlockBandit, settings={"random_blocks": True},
        tags=("bandit", "reversal", "training"), citation="after Zorowitz et al. 2023",
        learns="As bandit/reversal3, where no trial is likelier than another to be the last of a block.",
        departure="Ours: people met blocks of 15 trials without being told so, and networks trained on these foresee their ends. "
                  "Train here, test on bandit/reversal3.",
    ),
    _gaussian(
        "gaussian2018_1", {"mean_variance": (10.0, 0.0), "noise_variance": (10.0, 0.0)}, "Gershman 2018, experiment 1",
        "Whether the one uncertain arm pays more than the other, which always pays nothing.",
        " In the shipped data the means vary less (a variance of about 1) than the design says."),
    _gaussian(
        "gaussian2018_2", {"mean_variance": (100.0, 100.0), "noise_variance": (10.0, 10.0)},
        "Gershman 2018, experiment 2", "Which of two uncertain arms pays more, within ten trials."),
    Registered(
        name="bandit/gaussian2019", constructor=RiskyOrSafeBandit, tags=("bandit", "gaussian", "people"),
        citation="Gershman 2019", departure=_POINTS,
        learns="Which arm pays more, where one look at a safe arm tells and a risky one needs many.",
    ),
    Registered(
        name="bandit/barcode", constructor=BarcodeBandit, tags=("bandit", "context", "episodic memory"),
        citation="Ritter et al. 2018, barcode bandits",
        learns="Which of ten arms pays in this context, and to remember it until the context returns.",
        departure="Every arm is good in exactly one of the ten contexts (the paper: in at least one); barcodes are 10 "
                  "bits of 0 and 1, not all 0.",
    ),
    Registered(
        name="bandit/barcode_class", constructor=CharacterBandit, tags=("bandit", "context", "episodic memory"),
        citation="Ritter et al. 2018, character contexts",
        learns="As bandit/barcode, where a context is a character that looks a little different at every return.",
        departure="Characters are random strokes in 8 x 8 pixels, embedded by 24 linear discriminants; the paper's are handwritten "
                  "(Omniglot) and embedded by a trained network.",
    ),
    Registered(
        name="bandit/contextual_choice", constructor=ContextualChoice, tags=("bandit", "context", "episodic memory"),
        citation="Ritter et al. 2018 (memory); a public demonstration, dnd-lstm (task)",
        learns="To follow late evidence, and to recall what it said when a context returns, before it comes.",
        departure="The share of right answers is paid at the last step, so that no reward tells the answer; evidence is one-hot "
                  "and certain, contexts are barcodes, and returns are drawn from a bag.",
    ),
    Registered(
        name="bandit/horizon", constructor=HorizonBandit, tags=("bandit", "gaussian", "forced", "people"),
        citation="Wilson et al. 2014",
        learns="Which arm pays more after four imposed looks, and to look further only where more choices follow.",
        departure="Points are not rounded, all combinations are equally likely in every game, and rewards are .01 times the "
                  "points (reward_scale).",
    ),
    Registered(
        name="bandit/risky", constructor=RiskyBandit, tags=("bandit", "risk", "forced"),
        citation="Stopper et al. 2014; Wang et al. 2018, simulation 6",
        learns="Which lever is the risky one, and whether it pays often enough to beat the certain one.",
        departure="The papers' text prints neither the numbers of imposed and free choices (10 and 90 here) nor the "
                  "probabilities of training; rewards are .25 times the pellets (reward_scale).",
    ),
    Registered(
        name="bandit/risky_training", constructor=RiskyBandit, settings={"risky_probability": (0.0, 0.5), "uniform": True},
        tags=("bandit", "risk", "forced", "training"), citation="Wang et al. 2018, simulation 6",
        learns="As bandit/risky, with the risky lever's probability drawn anew from a range.",
        departure="The paper does not print the range: 0 to .5 is our choice, half of it below .25, where both levers pay the same.",
    ),
    Registered(
        name="bandit/reversal", constructor=InferredValue, tags=("bandit", "reversal", "fixation"),
        citation="Bromberg-Martin et al. 2010; Wang et al. 2018, simulation 3",
        learns="That one side pays and the other does not, so that one outcome after a reversal tells about both cues.",
        departure="The papers' text prints no schedule of reversals, no length of an episode and no price of a wrong "
                  "saccade: a hazard of .1 from the eighth trial on, 50 trials and 0 are our choice.",
    ),
    Registered(
        name="bandit/full_feedback", constructor=FullFeedbackBandit, tags=("bandit", "reversal", "counterfactual", "people"),
        citation="Palminteri et al. 2017",
        learns="Which of two arms pays more, if either does, where both outcomes are shown after every choice.",
        departure="The protocol is known second-hand: pairs of .5 and .5, of .75 and .25, and of .83 and .17 that swap halfway, "
                  "24 trials each, are our reading; an episode is one pair, outcomes are 0 and 1.",
    ),
    *(_many_armed(n_arms, n_trials) for n_trials in (10, 100, 500) for n_arms in (2, 5, 10, 20, 50)),
    _random_mdp("random", 10),
    *(_random_mdp(f"random_n{n_visits}", n_visits) for n_visits in (10, 25, 50, 75, 100)),
    _training_mdp(
        "random_training", {"least_states": 3, "reward_sd": 0.0},
        "What every action paid in every state, to be remembered from one look: what networks learn before the noisy processes.",
        "Ours: rewards without noise, and 3 to 10 states that are ever entered, another number in every episode."),
    _training_mdp(
        "random_quiet", {"reward_sd": 0.5}, "As mdp/random_n10, from rewards of half the noise: what networks learn next.",
        "Ours: the standard deviation of rewards is half that of the paper."),
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
        name="two_step/miller2017", constructor=ReversalTwoStep,
        settings={"reward_probability": (0.8, 0.2), "reversal_hazard": 0.02, "minimum_block": 10, "n_trials": 300},
        tags=("two_step", "reversal", "rats"), citation="Miller, Botvinick & Brody 2017",
        learns="Which port pays more now, through blocks of at least 10 trials, crediting the port and not the choice.",
        departure="The protocol is known second-hand; the number of trials (300) is our choice. Which choice commonly "
                  "leads to which port was fixed for each rat: the setting crossed.",
    ),
    Registered(
        name="two_step/kool2016", constructor=PlanetTwoStep, tags=("two_step", "drift", "people", "points"),
        citation="Kool, Cushman & Gershman 2016, novel paradigm",
        learns="Which second-stage state pays more points now, and to use what one first-stage state taught in the other.",
        departure="The protocol is known second-hand; 125 trials and uniform first points are our choice. Points are not "
                  "rounded, and rewards are a ninth of them (reward_scale=1 gives points).",
    ),
    Registered(
        name="two_step/episodic", constructor=EpisodicTwoStep, tags=("two_step", "reversal", "episodic"),
        citation="Ritter et al. 2018 (bioRxiv 360537), after Vikbladh et al. 2017",
        learns="Which second-stage state is better now, and, when a past visit is cued, to recall where it led and what it "
               "paid.",
        departure="All numbers are second-hand, those of a public reproduction. Context and cue share one slice of the "
                  "observation, and which trial of a quarter cues which is drawn without replacement: our choices.",
    ),
    Registered(
        name="two_step/daw2011", constructor=DriftTwoStep, settings={}, tags=("two_step", "drift", "people"),
        citation="Daw et al. 2011",
        learns="Which of four drifting options pays most now, and which first action commonly leads to it.",
        departure="The drifting reward probabilities are drawn anew each episode; the paper's were made beforehand.",
    ),
    Registered(
        name="harlow/vector", constructor=HarlowVector, tags=("harlow", "fixation", "monkeys"),
        citation="Wang et al. 2018, simulation 5; Harlow 1949",
        learns="Which of two new objects pays: to guess once, then to stay with it or to leave it, wherever it stands.",
        departure="Vectors of eight random numbers stand for the images and one action for a movement of the eyes; rewards "
                  "(.2 for fixation, 1, -1) are those of Wang et al. 2016, the 2018 paper prints none; without fixation "
                  "the trial is lost; an episode is one pair (harlow/session has four).",
    ),
    Registered(
        name="harlow/session", constructor=HarlowVector, settings={"n_trials": 24}, tags=("harlow", "fixation", "monkeys"),
        citation="Wang et al. 2018, simulation 5; Harlow 1949",
        learns="As harlow/vector, and to drop what paid before as soon as a new pair appears.",
        departure="As harlow/vector; monkeys, and the paper's agent, went from pair to pair, a new one every six trials. How many "
                  "pairs make an episode is not stated: four are our choice, the agent's state kept from pair to pair.",
    ),
    Registered(
        name="harlow/pixels", constructor=HarlowPixels, tags=("harlow", "fixation", "pixels", "monkeys"),
        citation="Wang et al. 2016, experiment 6; Wang et al. 2018, simulation 5",
        learns="As harlow/vector, and to see and to turn: to the cross, to hold it, and to the image that pays.",
        departure="Generated images, not ImageNet's; every trial lasts 40 steps, one without a choice 10 steps before its "
                  "end is lost; the field of view (42 degrees), the images' place (12.5 degrees) and the momentum (.2 a "
                  "frame) are our choice, the papers do not state them.",
    ),
    _maze("grid5", Maze, 5, 250, " What is ahead is told in numbers, not shown as a frame."),
    _maze("grid9", Maze, 9, 1000, " What is ahead is told in numbers, not shown as a frame."),
    _training_maze(3, "What networks learn first: in mazes of 3 x 3 cells a way is soon known."),
    _training_maze(5, "As maze/grid5, in as many visits as go into 120 steps."),
    _maze("pixels5", MazePixels, 5, 250, " Frames of 30 x 40 pixels come from a ray caster, not from a game engine."),
    _maze("pixels9", MazePixels, 9, 1000, " Frames of 30 x 40 pixels come from a ray caster, not from a game engine."),
    Registered(
        name="water_maze/contextual", constructor=WaterMaze, tags=("water_maze", "navigation", "context", "episodic memory"),
        citation="Ritter et al. 2018, contextual water maze",
        learns="Where the hidden goal of this context is, and to remember it until the context returns.",
        departure="Little is known to us of the paper's maze: an open grid of 5 x 5, episodes of 30 steps, a random other place "
                  "after the goal, independent goals and barcodes of 10 bits are our choices.",
    ),
)
"""In the order in which they are listed."""
