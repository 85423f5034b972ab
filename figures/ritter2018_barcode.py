"""Ritter et al. 2018, barcode bandits: what was learnt in a context comes back with it.

Claimed: at the first exposure to a context the episodic network explores as one without memory does; from the second on
it is nearly as good as the oracle, from the first trial on; the network without memory earns the same at every
exposure (regret by trial, one line an exposure, in the paper). With the reinstatement gate held shut, or with shuffled
memory, the effect is gone. How ours departs: the paper prints no numbers; the bars are set against the ideal learner
with perfect memory (4.42, 8.14, 8.82, 8.96, 9.0 of 10 trials at exposures 1 to 5, arms independent over contexts). An LSTM
that gets the stored cell as one more input is shown beside the others; nothing is claimed of it.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from analyses.claims import Claim
from cogmeta.agents.network import Network
from figures.paper_figure import PaperFigure, Tables
from figures.returning_contexts import (
    PLAIN, SHUT, WHOLE, at_exposures, draw_context_bandit, exposure_curves, good_arm_curves, with_lesions,
)
from tasks.players import player
from tasks.registry import make_task

TASK, SEEDS = "bandit/barcode", (0, 1, 2)
EPISODIC, WITHOUT, RECALL = f"{TASK} episodic_lstm", f"{TASK} lstm", f"{TASK} recall_lstm"
AS_INPUT = "memory as an input"
PLAYERS = ("ideal-with-memory", "ideal-without-memory", "oracle", "random")
N_EPOCHS = 40

_SOURCE, _BAR = "Ritter 2018, barcode bandits", "our bar; the ideal learner with perfect memory: "
CLAIMS = (
    Claim("first_difference", "first exposure: explores as the network without memory (reward an episode, difference)", "same",
          _SOURCE, low=-0.3),
    Claim("second", "second exposure: reward an episode", "near the oracle, 9.0", _BAR + "8.14", low=7.0),
    Claim("third", "third exposure: reward an episode", "near the oracle, 9.0", _BAR + "8.82", low=8.1),
    Claim("later", "exposures 4 to 10: reward an episode", "near the oracle, 9.0", _BAR + "9.0", low=8.7),
    Claim("second_accuracy", "second exposure: good arm at the first trial", "from trial 1", _BAR + ".79", low=0.6),
    Claim("later_accuracy", "exposures 4 to 10: good arm at the first trial", "from trial 1", _BAR + ".99 and more", low=0.96),
    Claim("plain_gain", "without memory: reward at exposures 4 to 10 less that at the first", "flat", _SOURCE, low=-0.3, high=0.3),
    Claim("plain_accuracy", "without memory: good arm at the first trial, exposures 4 to 10", "chance, .10", _SOURCE, high=0.15),
    Claim("shut_accuracy", "gate held shut: good arm at the first trial, exposures 4 to 10", "chance, .10", _SOURCE, high=0.15),
)


def compute(agents: Mapping[str, Sequence[Network]], seed: int) -> Tables:
    """Return reward and accuracy by exposure of everybody, and the good arm by trial of the episodic network."""
    task = make_task(TASK)
    groups = {**with_lesions(agents[EPISODIC]), PLAIN: agents[WITHOUT], AS_INPUT: agents[RECALL],
              **{name: [player(name, task)] for name in PLAYERS}}
    return {"exposure": exposure_curves(groups, task, N_EPOCHS, seed),
            "trial": good_arm_curves(agents[EPISODIC][0], task, N_EPOCHS, seed)}


def numbers(tables: Tables) -> dict[str, np.ndarray]:
    """Return the number of every claim, one a seed."""
    table = tables["exposure"]
    plain, episodic = at_exposures(table, PLAIN, "reward"), at_exposures(table, WHOLE, "reward")
    first = {name: at_exposures(table, name, "first_trial") for name in (WHOLE, PLAIN, SHUT)}
    return {
        "first_difference": episodic[1] - plain[1].mean(), "second": episodic[2], "third": episodic[3],
        "later": episodic["later"], "second_accuracy": first[WHOLE][2], "later_accuracy": first[WHOLE]["later"],
        "plain_gain": plain["later"] - plain[1], "plain_accuracy": first[PLAIN]["later"],
        "shut_accuracy": first[SHUT]["later"],
    }


FIGURE = PaperFigure(
    "ritter2018_barcode", "What was learnt in a context comes back with it, from the first trial on.",
    ((EPISODIC, SEEDS), (WITHOUT, (0,)), (RECALL, (0,))), CLAIMS, compute, numbers, draw_context_bandit,
)
