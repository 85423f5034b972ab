"""What reference players earn according to the papers, or exactly: shown beside what ours earn on the tasks' pages.

Tests hold the players to these numbers within sampling error; here they stand for readers. ``exact`` values follow from
the design by arithmetic or dynamic programming; ``published`` ones are printed in a paper; ``computed`` ones were
simulated by other programs (100,000 bandits of 100 trials; two-step episodes of unstated number; 20,000 bandits of Duan
et al., whose own table has 1,000).
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """One number.

    Attributes
    ----------
    value : float
    measure : {"reward", "regret"}
        Reward a trial; cumulative expected regret an episode.
    source : str
        Where it comes from.
    """

    value: float
    measure: str
    source: str


_BANDITS = {  # regret of 100 trials
    "bandit/independent": {"random": 16.66, "thompson": 2.78, "ucb1": 5.59},
    "bandit/uniform": {"random": 24.97, "thompson": 2.80, "ucb1": 5.99, "bayes-optimal": 1.21},
    "bandit/easy": {"random": 39.98, "thompson": 2.13, "ucb1": 6.33, "bayes-optimal": 0.63},
    "bandit/medium": {"random": 24.99, "thompson": 3.01, "ucb1": 7.02, "bayes-optimal": 1.00},
    "bandit/hard": {"random": 9.99, "thompson": 4.08, "ucb1": 5.99, "bayes-optimal": 2.30},
}
_TWO_STEP = {  # reward a trial
    "two_step/wang2016": {"bayes-optimal": 0.669},
    "two_step/daw2011": {"model-free": 0.529, "model-based": 0.529, "hybrid": 0.533},
    "two_step/wang2018": {"random": 0.500, "model-free": 0.636, "model-based": 0.656, "bayes-optimal": 0.706,
                          "oracle": 0.741},
}
_EXACT = {  # reward a trial
    "bandit/informative": {"random": 6.614 / 5, "each-arm-once": 6.614 / 5, "search": 11.0 / 5, "informed": 20.55 / 5,
                           "oracle": 5.0},
    "bandit/independent": {"oracle": 2 / 3},
    **{f"bandit/restless{which}": {"random": 0.5, "oracle": 0.75} for which in ("", "_low", "_high", "_wang2016")},
    **{f"bandit/{which}": {"random": 0.5, "oracle": 0.775} for which in ("volatile", "shifting_volatility")},
    **{f"bandit/reversal3{which}": {"random": 0.4, "oracle": 0.8} for which in ("", "_random")},
    "bandit/gaussian2018_1": {"random": 0.0, "oracle": 0.1 * math.sqrt(10 / (2 * math.pi))},
    **{f"bandit/gaussian{which}": {"random": 0.0, "oracle": 0.1 * 10 / math.sqrt(math.pi)} for which in ("2018_2", "2019")},
    "bandit/risky": {"random": 0.28125, "oracle": 0.365625},  # pellets 1 or 4 p, times .25; ten trials are imposed
    "bandit/reversal": {"experience-only": 0.5, "hidden-state": 0.5},
    "harlow/vector": {"random": 0.2, "side win-stay-lose-shift": 0.2, "ideal": 0.2 + 5 / 6, "oracle": 1.2},
    "harlow/session": {"random": 0.2, "side win-stay-lose-shift": 0.2, "ideal": 0.2 + 5 / 6, "oracle": 1.2},
    "bandit/barcode": {"random": 0.18, "oracle": 0.9},
    "bandit/barcode_class": {"random": 0.18, "oracle": 0.9},
    "bandit/contextual_choice": {"random": 0.05, "follow-evidence": 0.0775, "remember-answer": 0.08875, "oracle": 0.1},
    "water_maze/contextual": {"random": 0.0212, "exhaustive-search": 0.2028, "search-and-remember": 0.2889,
                              "shortest-path": 0.2985},
    "two_step/wang2016": {"random": 0.5, "oracle": 0.70},
    "two_step/miller2017": {"random": 0.5, "oracle": 0.68},
    "two_step/kool2016": {"random": 0.5, "oracle": 2 / 3},
    "two_step/daw2011": {"random": 0.5},
    "mdp/random": {"random": 1.0},
}
_SIMULATED = {  # reward a trial
    **{f"bandit/{which}": {"ideal-without-memory": 0.442, "ideal-with-memory": (4.42 + 8.14 + 8.82 + 8.96 + 6 * 9.0) / 100}
       for which in ("barcode", "barcode_class")},
    "mdp/random": {"optimum": 2.185},
}
_DUAN = {  # (arms, pulls) -> total reward
    (5, 10): {"random": 5.0, "thompson": 5.8}, (10, 10): {"random": 5.0, "thompson": 5.6},
    (50, 10): {"random": 5.0, "thompson": 5.1}, (5, 100): {"random": 50, "thompson": 74.9, "ucb-tuned": 78.7},
    (10, 100): {"random": 50, "thompson": 77.0, "ucb-tuned": 83.1},
    (50, 100): {"random": 50, "thompson": 64.5, "ucb-tuned": 84.8},
    (5, 500): {"random": 249, "ucb-tuned": 409}, (10, 500): {"random": 251, "ucb-tuned": 440},
    (50, 500): {"random": 249, "ucb-tuned": 457},
}

_TABLE_1 = {  # (arms, pulls) -> total reward of the index player, as printed by Duan et al.
    (5, 10): 6.6, (10, 10): 6.6, (50, 10): 6.5, (5, 100): 78.3, (10, 100): 82.8, (50, 100): 85.2,
}


def _entries(table: dict[str, dict[str, float]], measure: str, source: str) -> dict[tuple[str, str], Published]:
    return {(design, player): Published(value, measure, source)
            for design, by_player in table.items() for player, value in by_player.items()}


PUBLISHED: dict[tuple[str, str], Published] = (
    _entries(_BANDITS, "regret", "computed")
    | _entries(_TWO_STEP, "reward", "computed")
    | _entries(_SIMULATED, "reward", "computed")
    | _entries(_EXACT, "reward", "exact")
    | {("bandit/independent", "bayes-optimal"): Published(1.748, "regret", "exact"),
       ("two_step/wang2016", "bayes-optimal"): Published(0.669, "reward", "exact")}
    | {(f"bandit/rl2_k{k}_n{n}", player): Published(total / n, "reward", "computed")
       for (k, n), row in _DUAN.items() for player, total in row.items()}
    | {(f"bandit/rl2_k{k}_n{n}", "gittins"): Published(total / n, "reward", "published") for (k, n), total in _TABLE_1.items()}
)
"""(design, player) -> the number; players that are not here have none that we know."""
