"""Which agent, learner and training length a user gets with ``cogmeta train TASK`` alone.

The numbers under ``expected`` come from ``python -m benchmarks.presets``: 5,000 fresh episodes a seed (20,000 for the
first two of ``bandit/independent``, 2,000 for ``two_step/wang2018`` and the shipped agents). The
notes say which settings fell short.
"""

from dataclasses import replace
from pathlib import Path

from cogmeta.agents.network import Network
from cogmeta.agents.store import NETWORKS, load_agent
from cogmeta.errors import UserError, unknown_name
from cogmeta.training import A2C, PPO, TRPO, Dyna, Imitation, Learner, Sarsa
from tasks import duan2016_presets, recipes
from tasks.players import player
from tasks.preset import Preset
from tasks.registry import make_task, registered
from tasks.shipped import shipped, shipped_agent

LEARNERS: dict[str, type[Learner]] = {"a2c": A2C, "ppo": PPO, "trpo": TRPO, "sarsa": Sarsa, "dyna": Dyna}


def _bandit(n_steps: int, note: str = "", **expected: tuple[float, ...]) -> Preset:
    seeds = tuple(range(len(next(iter(expected.values())))))
    return Preset(replace(recipes.BANDIT, n_steps=n_steps), expected=expected, seeds=seeds, note=note)


_PRESETS: dict[str, Preset] = {
    "bandit/independent": Preset(
        replace(recipes.BANDIT, n_steps=33_000_000, entropy_weight=(0.1, 0.0)), expected={"regret": (1.852, 1.888, 1.987, 1.92)}, seeds=(0, 1, 2, 3),
        note=recipes.BANDIT_NOTE),
    "bandit/uniform": _bandit(28_000_000, "8 M steps reached 1.57 and 1.36.", regret=(1.275, 1.27, 1.27, 1.307)),
    "bandit/easy": _bandit(28_000_000, "8 M steps reached 0.733, 0.729, 0.768 and 0.737.", regret=(0.644, 0.645, 0.63, 0.623)),
    "bandit/medium": _bandit(
        28_000_000, "8 M steps reached 1.125, 1.057, 1.079 and 1.062. On bandit/hard 2.52, 2.37, 2.51 and 2.55 (Gittins 3.01).",
        regret=(1.031, 1.007, 1.037, 1.022)),
    "bandit/hard": _bandit(28_000_000, "8 M steps reached 2.879, 2.721, 3.268 and 2.644.", regret=(2.383, 2.411, 2.402, 2.346)),
    "bandit/informative": Preset(
        recipes.INFORMATIVE, expected={"reward_per_trial": (4.102, 4.099, 4.102, 4.099)}, seeds=(0, 1, 2, 3),
        note=recipes.INFORMATIVE_NOTE),
    "bandit/full_feedback": Preset(
        replace(recipes.BANDIT, n_steps=20_000_000), expected={"regret": (0.665, 0.669)}, seeds=(0, 1), note=recipes.FULL_FEEDBACK_NOTE),
    "bandit/barcode": Preset(
        recipes.EPISODIC, recipes.EPISODIC_AGENT, expected={"reward_per_trial": (0.8187, 0.8216, 0.829)}, seeds=(0, 1, 2), note=recipes.EPISODIC_NOTE,
        kind="episodic_lstm"),
    "bandit/barcode_class": Preset(
        recipes.EPISODIC, recipes.EPISODIC_AGENT, expected={"reward_per_trial": (0.804, 0.8002, 0.7968)}, seeds=(0, 1, 2), note=recipes.CLASS_NOTE, kind="episodic_lstm"),
    "bandit/contextual_choice": Preset(
        replace(recipes.EPISODIC, n_steps=2_500_000), recipes.EPISODIC_AGENT, expected={"reward_per_trial": (0.0888, 0.0885, 0.0887)},
        seeds=(0, 1, 2), kind="episodic_lstm",
        note="12 to 14 CPU seconds a seed, 2,000 fresh episodes. The best player with memory earns .08875, without .0775."),
    "bandit/restless": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"regret": (3.95,)}, seeds=(0,),
        note="Exact Bayes on a grid loses 3.79. 3 M steps at a step size of 5e-3 reached 4.04, the A2C of the bandits 4.03 "
             "in 8 M."),
    "bandit/restless_wang2016": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"regret": (6.74, 6.75, 6.78, 6.89)}, seeds=(0, 1, 2, 3),
        note="Exact Bayes on a grid loses 6.5."),
    "bandit/matching_training": Preset(
        recipes.MATCHING, expected={"reward_per_trial": (0.4507, 0.4515, 0.4512, 0.4513, 0.4514, 0.4507, 0.4507, 0.4511)}, seeds=tuple(range(8)),
        note=recipes.MATCHING_NOTE),
    "bandit/restless4": Preset(
        replace(recipes.TWO_STEP, n_steps=3_000_000), expected={"regret": (10.962,)}, seeds=(0,),
        note="Rescorla-Wagner loses 11.2, a Kalman filter's upper bounds 6.9, its greedy player 12.0; 34 CPU seconds on a busy machine."),
    "bandit/matching": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"reward_per_trial": (0.4412,)}, seeds=(0,),
        note="Random choices earn 0.373, an income matcher 0.404, the oracle 0.456; 20 CPU seconds on a busy machine. The A2C of the bandits earned .437 in 4 M steps."),
    "bandit/gaussian2018_1": Preset(
        recipes.MANY_ARMS, expected={"regret": (0.322, 0.3203)}, seeds=(0, 1),
        note="A Kalman filter's upper bounds lose 0.35 +- .04, its greedy player 0.51; 17 CPU seconds on a busy machine. 2 M steps lost .329."),
    "bandit/gaussian2018_2": Preset(
        recipes.MANY_ARMS, expected={"regret": (1.078, 1.1003)}, seeds=(0, 1),
        note="A Kalman filter's upper bounds lose 1.02 +- .09, its Thompson sampling 1.33; 17 CPU seconds on a busy machine. 2 M steps lost 1.086."),
    "bandit/gaussian2019": Preset(
        recipes.MANY_ARMS, expected={"regret": (1.077, 1.0738)}, seeds=(0, 1),
        note="A Kalman filter's upper bounds lose 1.03 +- .08, its Thompson sampling 1.36; 17 CPU seconds on a busy machine. 2 M steps lost 1.076."),
    "bandit/volatile": Preset(
        replace(recipes.TWO_STEP, n_steps=3_000_000), expected={"regret": (6.854,)}, seeds=(0,),
        note="50 CPU seconds. A Kalman filter loses 11.6, the volatility learner of Behrens et al. 12.7, chance 55; 1 M steps lost 11.4."),
    "bandit/restless_low": Preset(
        replace(recipes.TWO_STEP, n_steps=3_000_000), expected={"regret": (1.733,)}, seeds=(0,), note="46 CPU seconds. 1 M steps lost 1.88."),
    "bandit/restless_high": Preset(
        replace(recipes.TWO_STEP, n_steps=3_000_000), expected={"regret": (5.365,)}, seeds=(0,), note="44 CPU seconds. 1 M steps lost 5.46."),
    "bandit/risky": Preset(
        replace(recipes.TWO_STEP, n_steps=600_000, discount=(0.8, 0.95)), expected={"reward_per_trial": (0.3551, 0.3535)},
        seeds=(0, 1), note=recipes.RISKY_NOTE),
    "bandit/horizon": Preset(
        replace(recipes.TWO_STEP, n_steps=600_000, n_episodes=256, discount=1.0),
        expected={"reward_per_trial": (0.5276, 0.5279)}, seeds=(0, 1), note=recipes.HORIZON_NOTE),
    "bandit/risky_training": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000, step_size=(5e-3, 0.0)), kind="surprised_pair", seeds=(0, 1, 2, 3),
        expected={"reward_per_trial": (0.2838, 0.2874, 0.2879, 0.2819), "regret": (2.02, 1.64, 1.55, 2.13)},
        note="Over 2,000 episodes, of the pair whose policy hears prediction errors; regret of the free choices."),
    "bandit/reversal": Preset(
        recipes.REVERSAL, expected={"reward_per_trial": (0.4998, 0.4998, 0.4998, 0.4998)}, seeds=(0, 1, 2, 3), note=recipes.REVERSAL_NOTE),
    "bandit/reversal3": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"regret": (6.65, 7.1, 6.54, 7.2)}, seeds=(0, 1, 2, 3),
        note="Over 2,000 episodes. The exact player, which knows how long blocks are, foresees reversals; so do these networks. 0.6 M steps lost 9.47."),
    "bandit/reversal3_random": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"regret": (14.97, 14.94, 14.98, 14.92)}, seeds=(0, 1, 2, 3),
        note="Over 2,000 episodes. The exact belief of where blocks end at random loses 14.67. 0.6 M steps lost 15.5."),
    "bandit/shifting_volatility": Preset(
        replace(recipes.TWO_STEP, n_steps=3_000_000), expected={"regret": (11.61, 11.45, 11.27, 11.49, 11.55, 11.63, 11.53, 11.27)}, seeds=tuple(range(8)),
        note="The Bayesian learner of Behrens et al. 2007 loses 12.5, Rescorla-Wagner at its best fixed rate 14.0; 1 M steps "
             "reached 12.24, 14.03, 13.46 and 14.0."),
    "maze/grid3_training": Preset(recipes.GRID3, recipes.GRID_AGENT, expected={"reward_per_trial": (0.222,)}, seeds=(0,), note=recipes.GRID3_NOTE),
    "maze/grid5_training": Preset(recipes.GRID, recipes.GRID_AGENT, expected={"reward_per_trial": (0.0763,)}, seeds=(0,), note=recipes.GRID_NOTE, start="maze/grid3_training"),
    "maze/grid5": Preset(recipes.GRID5, recipes.GRID_AGENT, expected={"reward_per_trial": (0.0909,)}, seeds=(0,), note=recipes.GRID5_NOTE, start="maze/grid5_training"),
    "maze/grid9": Preset(
        replace(recipes.GRID5, n_steps=4_000_000, n_episodes=32, unroll=None), recipes.GRID_AGENT,
        expected={"reward_per_trial": (-0.0062,)}, seeds=(0,), note=recipes.GRID9_NOTE, start="maze/grid5_training"),
    "two_step/wang2016": Preset(
        replace(recipes.TWO_STEP, n_steps=600_000, n_episodes=256), expected={"reward_per_trial": (0.6665, 0.6662, 0.6652, 0.6643)},
        seeds=(0, 1, 2, 3), note="Nothing tried fell short: half the steps .666, batches of 64 .667, the A2C of the bandits .666 in 2 M (seed 0, standard error .002)."),
    "two_step/wang2018": Preset(
        replace(recipes.TWO_STEP, discount=0.9), seeds=tuple(range(8)), note=recipes.TWO_STEP_NOTE,
        expected={"reward_per_trial": (0.7048, 0.7049, 0.7043, 0.7047, 0.7045, 0.7047, 0.7039, 0.7043)}),
    "two_step/wang2018_fixation": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"reward_per_trial": (0.7049,)}, seeds=(0,),
        note="Exact belief earns 0.705, the oracle 0.740; 20 CPU seconds on a busy machine. The A2C of the bandits was at chance (.497) after 4 M steps."),
    "two_step/kool2016": Preset(
        replace(recipes.TWO_STEP, n_steps=1_500_000), expected={"reward_per_trial": (0.6049, 0.6053)}, seeds=(0, 1),
        note="A belief filter earns 0.607, a hybrid 0.554, the oracle 0.667; 20 CPU seconds on a busy machine. 0.6 M steps earned .598."),
    "two_step/miller2017": Preset(
        replace(recipes.TWO_STEP, n_steps=3_000_000), expected={"reward_per_trial": (0.6464,)}, seeds=(0,),
        note="The recipe of two_step/wang2018, 50 CPU seconds. An exact belief filter earns 0.648, the oracle 0.679, chance 0.5."),
    "two_step/episodic": Preset(
        replace(recipes.TWO_STEP, n_steps=640_000), {**recipes.EPISODIC_AGENT, "write": "after_outcome"},
        expected={"reward_per_trial": (0.7339, 0.7354, 0.7312, 0.7272, 0.7389)}, seeds=(0, 1, 2, 3, 4),
        note=recipes.EPISODIC_TWO_STEP_NOTE,
        kind="episodic_lstm"),
    "two_step/daw2011": Preset(recipes.DAW, expected={"reward_per_trial": (0.5518,)}, seeds=(0,), note=recipes.DAW_NOTE),
    "water_maze/contextual": Preset(
        recipes.MAZE, {**recipes.EPISODIC_AGENT, "hears_cue": False}, expected={"reward_per_trial": (0.2876, 0.2892, 0.2897)}, seeds=(0, 1, 2), note=recipes.MAZE_NOTE,
        kind="episodic_lstm"),
    "harlow/vector": Preset(
        recipes.HARLOW, {"n_units": 24},
        {"reward_per_trial": (1.0279, 1.0112, 1.0245, 1.0246, 1.025, 1.0284, 1.031, 1.0337)}, (0, 1, 2, 3, 4, 5, 6, 7),
        note=recipes.HARLOW_NOTE, stages=recipes.DOUBLING),
    "harlow/session": Preset(
        replace(recipes.HARLOW, n_steps=3_000_000, n_episodes=128), {"n_units": 24}, {"reward_per_trial": (1.0261, 1.0296)}, (0, 1),
        note=recipes.SESSION_NOTE),
    "harlow/pixels": Preset(recipes.PIXELS, note=recipes.PIXELS_NOTE),
    "maze/pixels5": Preset(recipes.FRAMES, note=recipes.FRAMES_NOTE),
    "maze/pixels9": Preset(recipes.FRAMES, note=recipes.FRAMES_NOTE),
    **duan2016_presets.LSTM,
    **duan2016_presets.SYMMETRIC,
}

_DEFAULT = Preset(
    replace(recipes.TWO_STEP, n_steps=3_000_000), note="Not tried on this task: the recipe of two_step/wang2018.")


def preset(task_name: str, kind: str | None = None) -> Preset:
    """Return the preset of a registered task; one that was never tried says so in its ``note``.

    Parameters
    ----------
    task_name : str
        Registered id.
    kind : str, optional
        Of network, where another is asked for than the best that was tried: the preset for an LSTM, if there is one of its own.

    Raises
    ------
    UserError
        No such task; the message names the nearest.

    Examples
    --------
    >>> type(preset("bandit/independent").learner).__name__, type(preset("two_step/wang2018").learner).__name__
    ('A2C', 'PPO')
    """
    registered(task_name)
    best = _PRESETS.get(task_name, _DEFAULT)
    if kind in (None, best.kind):
        return best
    return duan2016_presets.LSTM.get(task_name, _DEFAULT if best.kind == "symmetric_lstm" else best)


def learner_for(task_name: str, learner: str | None = None, agent: str | None = None) -> Learner:
    """Return the learner of a task's preset, or the settings of another learner for it.

    Parameters
    ----------
    task_name : str
    learner : {"a2c", "ppo", "trpo", "sarsa", "dyna"}, optional
    agent : str, optional
        Kind of network, see ``preset``.
    """
    chosen = preset(task_name, agent).learner
    if learner is None:
        return chosen
    if learner not in LEARNERS:
        raise unknown_name("learner", learner, LEARNERS)
    if isinstance(chosen, LEARNERS[learner]):
        return chosen
    return {"a2c": recipes.BANDIT, "ppo": _DEFAULT.learner, "trpo": recipes.TRPO, "sarsa": Sarsa(), "dyna": Dyna()}[learner]


def imitation_of(task_name: str, expert: str, trajectory: str | None = None, agent: str | None = None) -> Imitation:
    """Return the learner that imitates a reference player of a task.

    Parameters
    ----------
    task_name : str
        Registered id.
    expert : str
        Name of a reference player, such as ``"gittins"``.
    trajectory : {"expert", "own"}, optional
        By default what was tried on the task, or else the expert's.
    agent : str, optional
        Kind of network; by default that of the task's preset.

    Examples
    --------
    >>> imitation_of("bandit/independent", "gittins").expert.name
    'gittins'
    """
    tried = recipes.IMITATIONS.get(_of_kind(task_name, agent), recipes.IMITATIONS.get(task_name, {}))
    settings = tried | ({} if trajectory is None else {"trajectory": trajectory})
    return Imitation(expert=player(expert, make_task(task_name)), **settings)


def imitation_start(task_name: str, expert: str, agent: str | None = None) -> Path | str:
    """Return the folder of the shipped imitator from which an imitation goes on, ``""`` where there is none; see ``imitation_of``."""
    shorter = recipes.IMITATION_STARTS.get(_of_kind(task_name, agent), "")
    return shipped().get((shorter, 0, f"{agent or preset(task_name).kind} {expert}"), "")


def _of_kind(task_name: str, agent: str | None) -> str:
    return f"{task_name} {agent or preset(task_name).kind}"


def agent_for(learner: Learner | str | None) -> str | None:
    """Return the kind of network that a learner insists on: a pair where actor and critic must stand apart, or None."""
    return "pair" if learner == "trpo" or isinstance(learner, TRPO) else None


def make_agent(task_name: str, agent: str | None = None, seed: int = 0, start: str | Path | None = None) -> Network:
    """Return the agent that a training on a registered task starts with, with the options of its preset.

    Parameters
    ----------
    task_name : str
    agent : str, optional
        Kind of network, a key of ``cogmeta.agents.store.NETWORKS``; by default that of the preset.
    seed : int
        Of the initial weights.
    start : str or Path, optional
        Folder of a trained agent whose weights are taken instead, whatever its kind; by default the network that the preset starts
        with, if any. ``""`` asks for drawn weights.

    Raises
    ------
    UserError
        No such kind or folder; a start of another kind than ``agent``, or made for other observations or actions.
    """
    chosen = preset(task_name, agent)
    if start or (start is None and chosen.start and agent in (None, chosen.kind)):
        trained = load_agent(start) if start else shipped_agent(chosen.start, kind=chosen.kind)
        return _checked_start(trained, task_name, agent)
    agent = agent or chosen.kind
    if agent not in NETWORKS:
        raise unknown_name("agent", agent, NETWORKS)
    akin = issubclass(NETWORKS[agent], NETWORKS[chosen.kind])
    options = chosen.agent if akin else {"n_units": chosen.agent["n_units"]}
    return NETWORKS[agent].for_task(make_task(task_name), seed=seed, **options)


def _checked_start(trained: Network, task_name: str, agent: str | None) -> Network:
    """Return an agent to train on, or say why it does not fit."""
    if agent is not None and agent != trained.kind:
        raise UserError(f"the agent to start from is of the kind {trained.kind!r}, not {agent!r}. Leave --agent out.")
    return trained.fitted_to(make_task(task_name))


def check_names(task_name: str, agent: str | None, learner: str | None) -> None:
    """Raise UserError, with the nearest name, where a task, agent or learner is not known."""
    registered(task_name)
    if agent is not None and agent not in NETWORKS:
        raise unknown_name("agent", agent, NETWORKS)
    learner_for(task_name, learner)
