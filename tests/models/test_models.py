"""Every registered model against a plain loop written from its equations, and against its own agent."""

import itertools
import math

import numpy as np
import pandas as pd
import pytest
from references import plain_loops

from cogmeta.errors import UserError
from cogmeta.fitting import check_model, log_likelihood
from cogmeta.models import make_model, model_names
from cogmeta.models.registry import option_names
from cogmeta.models.two_step import convert_parameters
from cogmeta.simulate import replay, simulate
from tasks.registry import make_task

CONVENTIONS = [
    dict(zip(("eligibility_error", "perseveration", "transitions", "initial_value", "common_probability"), values))
    for values in itertools.product(
        ("before", "after"), ("inside", "outside"), ("known", "counted"), (0.0, 0.5), (0.7, 0.8))
]
MEDIANS = {"learning_rate_1": 0.54, "learning_rate_2": 0.42, "eligibility": 0.57, "model_based_weight": 0.39,
           "inverse_temperature_1": 5.19, "inverse_temperature_2": 3.69, "perseveration": 0.11}


def some_parameters(model, rng):
    return {p.name: float(p.to_natural(p.starts(1, rng))[0]) for p in model.parameters}


def oracle(name):
    """Return the plain loop of a registered model, or say that it is wanting."""
    tail = name.split("/")[1]
    if not hasattr(plain_loops, tail):
        pytest.fail(f"{name} has no plain loop: write {tail}(trials, p, ...) in tests/references/plain_loops.py")
    return getattr(plain_loops, tail)


def test_a_model_without_a_plain_loop_is_told_to_write_one():
    with pytest.raises(pytest.fail.Exception, match=r"write new_model\(trials, p, ...\) in tests/references"):
        oracle("bandit/new_model")


def bandit_table(rng, n_arms=2, n=60):
    choice = np.append(rng.integers(n_arms, size=n - 1), n_arms - 1)  # the table must show the last arm
    return pd.DataFrame({"subject": "s", "trial": range(n), "choice": choice, "reward": rng.integers(2, size=n)})


def two_step_table(rng, single=False, n=60):
    table = pd.DataFrame({"subject": "s", "trial": range(n), "choice1": rng.integers(2, size=n),
                          "state2": rng.integers(2, size=n), "reward": rng.integers(2, size=n)})
    return table if single else table.assign(choice2=rng.integers(2, size=n))


@pytest.mark.parametrize("n_arms", [2, 4])
@pytest.mark.parametrize("name", model_names("bandit"))
def test_bandit_models_match_their_equations_in_a_plain_loop(name, n_arms, rng):
    table, model = bandit_table(rng, n_arms), make_model(name)
    parameters = some_parameters(model, rng)
    if model.two_arms and n_arms > 2:
        with pytest.raises(UserError, match="compares two arms"):
            log_likelihood((model, parameters), table)
        return
    expected = oracle(name)(list(zip(table["choice"], table["reward"])), parameters, n_arms)
    np.testing.assert_allclose(log_likelihood((model, parameters), table), expected, atol=1e-12)  # rounding only


GAUSSIAN = {"reward_range": (-np.inf, np.inf), "initial_value": 0.0, "noise_variance": 10.0}


@pytest.mark.parametrize(("name", "options", "loop"), [
    ("bandit/rescorla_wagner_forgetting", {"initial_value": 0.0, "resting_value": 0.2},
     {"initial_value": 0.0, "resting_value": 0.2}),
    ("bandit/rescorla_wagner_perseveration", {"perseveration": "outside"}, {"perseveration": "outside"}),
    ("bandit/kalman_softmax", GAUSSIAN | {"initial_variance": 100.0, "diffusion_variance": 4.0},
     {"mean": 0.0, "variance": 100.0, "noise": 10.0, "diffusion": 4.0}),
    ("bandit/kalman_ucb", GAUSSIAN | {"initial_variance": (100.0, 4.0)},
     {"mean": 0.0, "variance": (100.0, 4.0), "noise": 10.0}),
    ("bandit/kalman_probit", GAUSSIAN | {"initial_variance": (10.0, 0.0)},
     {"mean": 0.0, "variance": (10.0, 0.0), "noise": 10.0}),
    ("bandit/kalman_probit", GAUSSIAN | {"initial_variance": 100.0, "noise_variance": (16.0, 1e-5)},
     {"mean": 0.0, "variance": 100.0, "noise": (16.0, 1e-5)}),
])
def test_options_of_bandit_models_are_those_of_their_equations(name, options, loop, rng):
    table, model = bandit_table(rng), make_model(name, **options)
    if "noise_variance" in options:
        table["reward"] = 5 * rng.standard_normal(len(table))
    parameters = {name: 0.1 * x for name, x in some_parameters(model, rng).items()}  # no underflow in the loop
    expected = oracle(model.name)(list(zip(table["choice"], table["reward"])), parameters, **loop)
    np.testing.assert_allclose(log_likelihood((model, parameters), table), expected, atol=1e-11)  # rounding, erfc's too


ONE_START = [name for name in model_names("two_step") if name != "two_step/kool"]
"""Models of designs with one first-stage state."""


@pytest.mark.parametrize("single", [False, True], ids=["two choices", "one choice"])
@pytest.mark.parametrize("name", ONE_START)
def test_two_step_models_match_their_equations_under_every_convention(name, single, rng):
    table = two_step_table(rng, single)
    second = [None] * len(table) if single else table["choice2"]
    trials = list(zip(table["choice1"], table["state2"], second, table["reward"]))
    own = [{option: x for option, x in options.items() if option in option_names(name)} for options in CONVENTIONS]
    if name == "two_step/mixture_of_agents":  # all its weights stand outside
        own = [{option: x for option, x in options.items() if option != "perseveration"} for options in own]
    for options in [options for i, options in enumerate(own) if options not in own[:i]]:
        model = make_model(name, **options)
        parameters = some_parameters(model, rng)
        expected = oracle(name)(trials, parameters, **options)
        scored = log_likelihood((model, parameters), table)
        np.testing.assert_allclose(scored, expected, atol=1e-12, err_msg=str(options))


@pytest.mark.parametrize("options", [{}, {"perseveration": "outside"}, {"initial_value": 0.5, "common_probability": 0.8}])
def test_the_model_of_two_first_stage_states_matches_its_equations_in_a_plain_loop(options, rng):
    table = two_step_table(rng, single=True).assign(state1=rng.integers(2, size=60), reward=rng.random(60))
    model = make_model("two_step/kool", **options)
    parameters = some_parameters(model, rng)
    expected = oracle(model.name)(list(zip(table["state1"], table["choice1"], table["state2"], table["reward"])),
                                  parameters, **options)
    np.testing.assert_allclose(log_likelihood((model, parameters), table), expected, atol=1e-12)  # rounding only


def test_the_model_of_two_first_stage_states_refuses_tables_and_tasks_that_have_one(rng):
    model = make_model("two_step/kool")
    parameters = some_parameters(model, rng)
    for table in (two_step_table(rng, single=True), two_step_table(rng).assign(state1=0)):
        with pytest.raises(UserError, match="without choice2"):
            log_likelihood((model, parameters), table)
    with pytest.raises(UserError, match="such as two_step/kool2016"):
        model.for_task(make_task("two_step/wang2018"))
    with pytest.raises(UserError, match="described by two_step/hybrid"):
        make_model("two_step/kool", second_choice=True)


def test_a_cognitive_model_refuses_a_task_whose_states_are_shown_crossed():
    with pytest.raises(UserError, match="crossed=False"):
        make_model("two_step/hybrid").for_task(make_task("two_step/miller2017", crossed=True))


@pytest.mark.parametrize("name", model_names())
def test_every_model_keeps_the_contract(name):
    check_model(make_model(name))


@pytest.mark.parametrize("options", [
    {"perseveration": "outside"}, {"eligibility_error": "after"}, {"transitions": "counted"}, {"second_choice": False},
])
def test_the_hybrid_keeps_the_contract_under_its_conventions(options):
    check_model(make_model("two_step/hybrid", **options))


@pytest.mark.parametrize(("name", "task"), [
    *((name, "bandit/independent") for name in model_names("bandit")),
    *((name, "two_step/daw2011") for name in ONE_START),
    *((name, "two_step/wang2018") for name in ONE_START),
    ("two_step/kool", "two_step/kool2016"), ("two_step/mixture_of_agents", "two_step/miller2017"),
])
def test_a_model_that_behaves_is_scored_as_it_behaved(name, task, rng):
    task = make_task(task, n_trials=30)
    model = make_model(name).for_task(task)
    parameters = some_parameters(model, rng)
    rollout = simulate(model.agent(parameters), task, n_episodes=5, seed=3)
    trials = rollout.to_trials()
    said = np.bincount(rollout.row.ravel(), weights=rollout.log_likelihood.ravel())
    lanes = log_likelihood((model, parameters), trials)
    np.testing.assert_allclose(lanes, said, atol=1e-10)  # rounding only
    np.testing.assert_allclose(log_likelihood(model.agent(parameters), trials, task), lanes, atol=1e-10)


def test_an_agent_can_have_other_parameters_in_every_episode():
    model, task = make_model("bandit/rescorla_wagner"), make_task("bandit/independent", n_trials=20)
    own = {"learning_rate": np.array([0.1, 0.9]), "inverse_temperature": np.array([2.0, 8.0])}
    rollout = simulate(model.agent(own), task, n_episodes=2, seed=0)
    second = replay(model.agent({name: x[1] for name, x in own.items()}), rollout)
    np.testing.assert_allclose(second.logits[:, 1], rollout.logits[:, 1], atol=1e-12)
    with pytest.raises(UserError, match="2 sets of parameters, but there are 3 episodes"):
        simulate(model.agent(own), task, n_episodes=3)


def test_a_reward_makes_its_choice_more_likely():
    player = make_model("bandit/rescorla_wagner"), {"learning_rate": 0.3, "inverse_temperature": 4.0}
    trials = pd.DataFrame({"subject": "s", "trial": [0, 1], "choice": [1, 1], "reward": [1, 1]})
    first, second = log_likelihood(player, trials)
    # after the reward Q = (.5, .65), so the log-odds are 4 x .15
    assert (first, second) == pytest.approx((-math.log(2), -math.log(1 + math.exp(-0.6))))


@pytest.mark.parametrize("options", [{"perseveration": "outside"}, {"eligibility_error": "after"},
                                     {"perseveration": "outside", "eligibility_error": "after"}])
def test_converted_parameters_behave_the_same_under_the_other_convention(options, rng):
    table = two_step_table(rng)
    daw, other = make_model("two_step/hybrid"), make_model("two_step/hybrid", **options)
    parameters = MEDIANS | {"eligibility": 0.4}
    converted = convert_parameters(parameters, daw, other)
    before = log_likelihood((daw, parameters), table)
    np.testing.assert_allclose(log_likelihood((other, converted), table), before, atol=1e-12)
    back = convert_parameters(converted, other, daw)
    assert {name: float(x) for name, x in back.items()} == pytest.approx(parameters)
    assert not np.allclose(log_likelihood((other, parameters), table), before)


def test_a_conversion_that_does_not_exist_is_refused():
    daw = make_model("two_step/hybrid")
    with pytest.raises(UserError, match="above 1"):
        after = make_model("two_step/hybrid", eligibility_error="after")
        convert_parameters(MEDIANS | {"eligibility": 0.9}, daw, after)
    some = pd.DataFrame([MEDIANS | {"eligibility": 0.1, "subject": "a"}, MEDIANS | {"eligibility": 0.9, "subject": "b"}])
    with pytest.raises(UserError, match="1 of 2 sets of parameters have no counterpart .* eligibility of subject 'b' would have to be 1.55"):
        convert_parameters(some, daw, after)
    with pytest.raises(UserError, match="differ in more than .*: here transitions 'known' and 'counted'"):
        convert_parameters(MEDIANS, daw, make_model("two_step/hybrid", transitions="counted"))
    with pytest.raises(UserError, match="here two_step/hybrid and two_step/model_based"):
        convert_parameters(MEDIANS, daw, make_model("two_step/model_based"))


@pytest.mark.parametrize(("call", "message"), [
    (lambda: make_model("two-step/hybird"), "Did you mean 'two_step/hybrid'"),
    (lambda: make_model("two_step/hybrid", perseveration="inner"), "unknown perseveration 'inner'"),
    (lambda: make_model("two_step/hybrid", preservation="inside"), "Did you mean 'perseveration'"),
    (lambda: make_model("two_step/hybrid", common_probability=70), r"\[0.5, 1\]"),
    (lambda: make_model("bandit/rescorla_wagner", n_arms=1), "at least 2 arms"),
    (lambda: make_model("bandit/rescorla_wagner").agent({"learning_rate": 0.5}), "'inverse_temperature'"),
    (lambda: make_model("bandit/rescorla_wagner").agent({"alpha": 0.5}), "unknown parameter of bandit/rescorla_wagner"),
])
def test_what_cannot_be_is_refused_with_what_to_do(call, message):
    with pytest.raises(UserError, match=message):
        call()


# papers.md 6.1 and Daw et al. 2011: 600 simulated subjects x 201 trials at the published medians
CELLS = [
    ("two_step/hybrid", {}, (0.837, 0.788, 0.612, 0.670), (1.03, 0.446, 0.02, 0.144), 0.533),
    ("two_step/hybrid", {"model_based_weight": 0.0}, (0.901, 0.897, 0.689, 0.685), (1.49, 0.701, 0.02, 0.008), 0.529),
    ("two_step/model_free", {"eligibility": 1.0}, (0.966, 0.966, 0.714, 0.717), (2.14, 1.22, -0.01, 0.001), 0.532),
    ("two_step/model_based", {}, (0.753, 0.598, 0.599, 0.750), (0.754, 0.003, 0.00, 0.354), 0.529),
]


@pytest.mark.parametrize(("name", "changed", "stay", "logit", "reward_rate"), CELLS)
def test_the_published_medians_give_the_published_stay_probabilities(name, changed, stay, logit, reward_rate):
    model = make_model(name)
    parameters = {k: v for k, v in (MEDIANS | changed).items() if k in model.parameter_names}
    trials = simulate(model.agent(parameters), make_task("two_step/daw2011", n_trials=201), 600, seed=5).to_trials()
    choice, reward, common = (trials[c].to_numpy(float).reshape(600, 201) for c in ("choice1", "reward", "common"))
    stayed = choice[:, 1:] == choice[:, :-1]
    won, usual = reward[:, :-1] == 1, common[:, :-1] == 1
    cells = np.array([[stayed[i][won[i] == w][usual[i][won[i] == w] == c].mean() for w in (1, 0) for c in (1, 0)]
                      for i in range(600)])
    pooled = np.array([stayed[(won == w) & (usual == c)].mean() for w in (1, 0) for c in (1, 0)])
    # four standard errors over subjects, for the difference of two samples of 600, and the three digits printed
    band = 4 * np.sqrt(2) * cells.std(axis=0) / np.sqrt(600) + 0.0005
    assert (np.abs(pooled - stay) < band).all(), (pooled, band)
    log_odds = np.log(pooled / (1 - pooled))
    signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]]) / 4
    width = np.abs(signs) @ (band / (pooled * (1 - pooled)))
    assert (np.abs(signs @ log_odds - logit) < width + 0.005).all(), (signs @ log_odds, width)
    assert abs(reward.mean() - reward_rate) < 4 * np.sqrt(2) * reward.mean(axis=1).std() / np.sqrt(600) + 0.0005


@pytest.mark.parametrize(("name", "parameters", "task"), [
    ("bandit/rescorla_wagner", {"learning_rate": 0.3, "inverse_temperature": 5.0}, "two_step/wang2018"),
    ("two_step/model_free", MEDIANS, "bandit/independent"),
])
def test_a_model_refuses_to_play_another_family(name, parameters, task):
    model, task = make_model(name), make_task(task)
    agent = model.agent({k: x for k, x in parameters.items() if k in model.parameter_names})
    with pytest.raises(UserError, match="plays tasks of the family"):
        simulate(agent, task, n_episodes=2)
    player = make_model("two_step/model_free" if model.family.name == "bandit" else "bandit/random")
    other = player.agent({p.name: p.plausible[0] for p in player.parameters})
    with pytest.raises(UserError, match="plays tasks of the family"):
        replay(agent, simulate(other, task, n_episodes=2))


def test_a_two_step_model_takes_the_common_probability_that_its_task_declares():
    def assumed(task, **options):
        return make_model("two_step/hybrid", **options).for_task(make_task(task)).common

    assert (assumed("two_step/wang2018"), assumed("two_step/wang2016"), assumed("two_step/daw2011")) == (0.8, 0.75, 0.7)
    assert assumed("two_step/wang2018", common_probability=0.6) == 0.6, "what the model was told comes first"
    assert make_model("two_step/hybrid").common == 0.7
