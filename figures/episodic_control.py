"""Slow, episodic and meta-learned: how many steps three kinds of learner need, on the same problems.

Claimed (Botvinick et al. 2019, "Reinforcement learning, fast and slow"; for the first half Blundell et al. 2016 and Pritzel et
al. 2017): a network that changes its weights a little at a time needs many steps; who remembers returns and acts on them needs
far fewer, since one success is enough; and who learnt to learn, slowly, over many problems like this one, needs the fewest
within it. Where outcomes are random the largest return ever met is an overestimate, so that in the long run the slow learner
earns more than it (Blundell et al. 2016, discussion). How ours departs: the papers show Atari games in millions of frames;
ours are small tasks whose states recur, in which chance (0) and the optimum (1) are known exactly, and the criterion is half
way between them. The similarity-weighted value stands beside the two. Every learner was tuned by the same rule on lives of
their own. Claims were written before lives were run.
"""

from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from analyses.claims import Claim
from analyses.intervals import mean_interval
from analyses.life_curve import CRITERION, life_curve, steps_to_criterion, thinned
from analyses.style import REFERENCE, colors, styled
from cogmeta.agents.network import Network
from cogmeta.task import Task
from figures.paper_figure import PaperFigure, Tables
from tasks.control import make_control
from tasks.registry import make_task

LIVES: dict[str, tuple[str, dict[str, Any]]] = {
    "random process": ("mdp/random", {"n_trials": 4000}),
    "water maze, one goal": ("water_maze/contextual", {"n_contexts": 1, "n_exposures": 100}),
    "water maze, ten goals": ("water_maze/contextual", {"n_contexts": 10, "n_exposures": 30}),
    "barcode bandit": ("bandit/barcode", {"n_exposures": 50}),
    "contextual choice": ("bandit/contextual_choice", {"n_exposures": 10}),
}
"""Name of a kind of life -> task and settings."""

SLOW, EPISODIC, META = "dqn", ("mfec", "nec", "similarity"), "meta-learned"
SEEDS, N_LIVES = (0, 1, 2, 3, 4), 32
MEASURED = ("curves", "criterion")
"""Tables that are recorded."""

_SOURCES = {"mfec": "Blundell 2016, figs. 2 and 3", "nec": "Pritzel 2017, figs. 3 and 4",
            "similarity": "Botvinick 2019, episodic reinforcement learning"}
CLAIMS = (
    *(Claim(f"{player}, {life}", f"{player} reaches half way in fewer steps than {SLOW}: {life} (its steps by those of {SLOW})", "< 1",
            source, high=1 - 1e-9) for life in LIVES for player, source in _SOURCES.items()),
    *(Claim(f"{META}, {life}", f"{META} reaches half way in fewer steps than the fastest episodic learner: {life} (ratio)", "< 1",
            "Botvinick 2019, meta-reinforcement learning", high=1 - 1e-9) for life in ("barcode bandit",)),
    Claim("in the long run", f"random process, last tenth of a life: {SLOW} scores more than mfec (difference)", "> 0",
          "Blundell 2016, discussion", low=1e-9),
)
