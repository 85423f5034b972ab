"""Likelihoods of every model as plain loops over trials, written straight from the published equations.

Slow, obvious, and without a line in common with the engine: the oracle that it must match. A function is named as the
last part of its model's id; ``tests/models/test_models.py`` finds it there. Bandits: ``trials`` is a list of (choice,
reward). Two-step: (choice1, state2, choice2, reward), where choice2 is None in designs without it, and the model's
options are arguments. Each returns one log-likelihood a trial.
"""

import math
from functools import partial


def log_softmax(logits, taken):
    top = max(logits)
    return logits[taken] - top - math.log(sum(math.exp(x - top) for x in logits))


def rescorla_wagner(trials, p, n_arms=2, initial_value=0.5):
    q, out = [initial_value] * n_arms, []
    for choice, reward in trials:
        out.append(log_softmax([p["inverse_temperature"] * x for x in q], choice))
        q[choice] += p["learning_rate"] * (reward - q[choice])
    return out


def choice_kernel(trials, p, n_arms=2):
    c, out = [0.0] * n_arms, []
    for choice, _ in trials:
        out.append(log_softmax([p["choice_inverse_temperature"] * x for x in c], choice))
        c = [x + p["choice_learning_rate"] * ((arm == choice) - x) for arm, x in enumerate(c)]
    return out


def rescorla_wagner_choice_kernel(trials, p, n_arms=2, initial_value=0.5):
    q, c, out = [initial_value] * n_arms, [0.0] * n_arms, []
    for choice, reward in trials:
        logits = [p["inverse_temperature"] * x + p["choice_inverse_temperature"] * y for x, y in zip(q, c)]
        out.append(log_softmax(logits, choice))
        q[choice] += p["learning_rate"] * (reward - q[choice])
        c = [x + p["choice_learning_rate"] * ((arm == choice) - x) for arm, x in enumerate(c)]
    return out


def random(trials, p, n_arms=2):
    return [math.log(p["bias"] if choice == 0 else (1 - p["bias"]) / (n_arms - 1)) for choice, _ in trials]


def win_stay_lose_shift(trials, p, n_arms=2):
    out, last = [], None
    for choice, reward in trials:
        if last is None:
            probability = 1 / n_arms
        else:
            stay = 1 - p["noise"] * (n_arms - 1) / n_arms if last[1] else p["noise"] / n_arms
            probability = stay if choice == last[0] else (1 - stay) / (n_arms - 1)
        out.append(math.log(probability))
        last = choice, reward
    return out


def confirmation(trials, p, n_arms=2, initial_value=0.5):
    """A trial may have a third entry, what the other of two arms would have paid; None where it was not shown."""
    q, out = [initial_value] * n_arms, []
    for choice, reward, *forgone in trials:
        out.append(log_softmax([p["inverse_temperature"] * x for x in q], choice))
        error = reward - q[choice]
        q[choice] += p["learning_rate_confirming" if error > 0 else "learning_rate_disconfirming"] * error
        if forgone and forgone[0] is not None:
            error = forgone[0] - q[1 - choice]
            q[1 - choice] += p["learning_rate_disconfirming" if error > 0 else "learning_rate_confirming"] * error
    return out


def two_step(trials, p, kind, eligibility_error="before", perseveration="inside", transitions="known",
             initial_value=0.0, common_probability=0.7, forgetting=0.0):
    """The three models of Daw et al. 2011, by kind."""
    single = trials[0][2] is None
    q1, q2 = [initial_value] * 2, [[initial_value] * (1 if single else 2) for _ in range(2)]
    last, agree, disagree, out = None, 0, 0, []
    for choice1, state, choice2, reward in trials:
        common = common_probability
        if transitions == "counted":
            common = common_probability if agree > disagree else 1 - common_probability if disagree > agree else 0.5
        weight = {"model_free": 0.0, "model_based": 1.0}.get(kind, p.get("model_based_weight"))
        logits = []
        for a in range(2):
            planned = common * max(q2[a]) + (1 - common) * max(q2[1 - a])
            net = weight * planned + (1 - weight) * q1[a]
            sticky = p["perseveration"] * (last == a)
            beta = p["inverse_temperature_1"]
            logits.append(beta * (net + sticky) if perseveration == "inside" else beta * net + sticky)
        total = log_softmax(logits, choice1)
        b = 0 if single else choice2
        if not single:
            total += log_softmax([p["inverse_temperature_2"] * x for x in q2[state]], choice2)
        out.append(total)
        before = q2[state][b]
        after = before + p["learning_rate_2"] * (reward - before)
        if kind != "model_based":
            carried = reward - (before if eligibility_error == "before" else after)
            q1[choice1] += p["learning_rate_1"] * (before - q1[choice1] + p["eligibility"] * carried)
        q2[state][b] = after
        for a in range(2):
            if a != choice1:
                q1[a] += forgetting * (initial_value - q1[a])
            for option in range(len(q2[a])):
                if (a, option) != (state, b):
                    q2[a][option] += forgetting * (initial_value - q2[a][option])
        agree, disagree = agree + (choice1 == state), disagree + (choice1 != state)
        last = choice1
    return out



def rescorla_wagner_two_rates(trials, p, n_arms=2, initial_value=0.5):
    q, out = [initial_value] * n_arms, []
    for choice, reward in trials:
        out.append(log_softmax([p["inverse_temperature"] * x for x in q], choice))
        error = reward - q[choice]
        q[choice] += (p["learning_rate_positive"] if error > 0 else p["learning_rate_negative"]) * error
    return out


def rescorla_wagner_forgetting(trials, p, n_arms=2, initial_value=0.5, resting_value=0.5):
    q, out = [initial_value] * n_arms, []
    for choice, reward in trials:
        out.append(log_softmax([p["inverse_temperature"] * x for x in q], choice))
        for arm in range(n_arms):
            target, speed = (reward, p["learning_rate"]) if arm == choice else (resting_value, p["forgetting"])
            q[arm] = (1 - speed) * q[arm] + speed * target
    return out


def rescorla_wagner_perseveration(trials, p, n_arms=2, perseveration="inside"):
    q, last, out = [0.5] * n_arms, None, []
    for choice, reward in trials:
        logits = [p["inverse_temperature"] * x for x in q]
        if last is not None:
            logits[last] += p["perseveration"] * (p["inverse_temperature"] if perseveration == "inside" else 1)
        out.append(log_softmax(logits, choice))
        q[choice] += p["learning_rate"] * (reward - q[choice])
        last = choice
    return out


def rescorla_wagner_lapse(trials, p, n_arms=2):
    without = rescorla_wagner(trials, p, n_arms)
    return [math.log((1 - p["lapse"]) * math.exp(x) + p["lapse"] / n_arms) for x in without]


def pearce_hall(trials, p, n_arms=2, width=1.0):
    q, associability, out = [0.5] * n_arms, [1.0] * n_arms, []
    for choice, reward in trials:
        out.append(log_softmax([p["inverse_temperature"] * x for x in q], choice))
        error = reward - q[choice]
        q[choice] += p["learning_rate"] * associability[choice] * error
        associability[choice] = ((1 - p["associability_rate"]) * associability[choice]
                                 + p["associability_rate"] * abs(error) / width)
    return out


def information_bonus(trials, p, n_arms=2, middle=0.5):
    seen, out = ([], []), []
    for choice, reward in trials:
        mean = [sum(rewards) / len(rewards) if rewards else middle for rewards in seen]
        information = (len(seen[0]) < len(seen[1])) - (len(seen[0]) > len(seen[1]))
        drive = mean[0] - mean[1] + p["information_bonus"] * information + p["side_bias"]
        out.append(log_softmax([drive / p["decision_noise"], 0.0], choice))
        seen[choice].append(reward)
    return out


def kalman(trials, log_probability, n_arms=2, mean=0.5, variance=1 / 12, noise=1 / 4, diffusion=0.0):
    """``log_probability(m, s, choice)``: of choosing an arm, given means and standard deviations."""
    variance = list(variance) if isinstance(variance, tuple) else [variance] * n_arms
    noise = list(noise) if isinstance(noise, tuple) else [noise] * n_arms
    m, out = [mean] * n_arms, []
    for choice, reward in trials:
        out.append(log_probability(m, [math.sqrt(v) for v in variance], choice))
        total = variance[choice] + noise[choice]
        gain = variance[choice] / total if total else 0.0
        m[choice] += gain * (reward - m[choice])
        variance[choice] -= gain * variance[choice]
        variance = [v + diffusion for v in variance]
    return out


def log_phi(x):
    return math.log(math.erfc(-x / math.sqrt(2)) / 2)


def kalman_softmax(trials, p, n_arms=2, **options):
    beta = p["inverse_temperature"]
    return kalman(trials, lambda m, s, a: log_softmax([beta * x for x in m], a), n_arms, **options)


def kalman_ucb(trials, p, n_arms=2, **options):
    beta, bonus = p["inverse_temperature"], p["uncertainty_bonus"]
    return kalman(trials, lambda m, s, a: log_softmax([beta * (x + bonus * y) for x, y in zip(m, s)], a), n_arms,
                  **options)


def kalman_probit(trials, p, n_arms=2, **options):
    def choose(m, s, a):
        own, other = a, 1 - a
        value, relative, total = m[own] - m[other], s[own] - s[other], math.hypot(s[0], s[1])
        return log_phi(p.get("value_coefficient", 0) * value + p.get("relative_uncertainty_coefficient", 0) * relative
                       + p["scaled_value_coefficient"] * value / total)

    return kalman(trials, choose, n_arms, **options)


kalman_thompson = kalman_probit


def hidden_state(trials, p, n_arms=2):
    belief, out = [1 / n_arms] * n_arms, []
    for choice, reward in trials:
        out.append(log_softmax([p["inverse_temperature"] * x for x in belief], choice))
        joint = []
        for good in range(n_arms):
            wins = p["good_probability"] if good == choice else 1 - p["good_probability"]
            joint.append(belief[good] * (wins if reward >= 0.5 else 1 - wins))
        after = [x / sum(joint) for x in joint]
        move = p["reversal_hazard"] / (n_arms - 1)
        belief = [sum(after[j] * (1 - p["reversal_hazard"] if i == j else move) for j in range(n_arms))
                  for i in range(n_arms)]
    return out


hybrid, model_free, model_based = (partial(two_step, kind=kind) for kind in ("hybrid", "model_free", "model_based"))


def hybrid_forgetting(trials, p, **options):
    return two_step(trials, p, "hybrid", forgetting=p["forgetting"], **options)


def second_stage(trials, p, initial_value):
    """Yield the second-stage values before each trial and the log-likelihood of its second choice."""
    single = trials[0][2] is None
    q2 = [[initial_value] * (1 if single else 2) for _ in range(2)]
    for _, state, choice2, reward in trials:
        own = 0.0 if single else log_softmax([p["inverse_temperature_2"] * x for x in q2[state]], choice2)
        yield [list(options) for options in q2], own
        b = 0 if single else choice2
        q2[state][b] += p.get("learning_rate_2", 0.0) * (reward - q2[state][b])


def latent_state(trials, p, perseveration="inside", initial_value=0.0, common_probability=0.7):
    belief, last, out = [0.5, 0.5], None, []
    for (choice1, state, _, reward), (_, second) in zip(trials, second_stage(trials, p, initial_value)):
        logits = []
        for a in range(2):
            hope = common_probability * belief[a] + (1 - common_probability) * belief[1 - a]
            sticky = p["perseveration"] * (last == a) * (p["inverse_temperature_1"] if perseveration == "inside" else 1)
            logits.append(p["inverse_temperature_1"] * hope + sticky)
        out.append(log_softmax(logits, choice1) + second)
        wins = [p["good_probability"] if good == state else 1 - p["good_probability"] for good in range(2)]
        joint = [b * (w if reward else 1 - w) for b, w in zip(belief, wins)]
        after = joint[0] / sum(joint)
        belief[0] = after * (1 - p["reversal_hazard"]) + (1 - after) * p["reversal_hazard"]
        belief[1] = 1 - belief[0]
        last = choice1
    return out


def reward_as_cue(trials, p, perseveration="inside", initial_value=0.0, common_probability=0.7):
    table, cue, last, out = {}, None, None, []
    for (choice1, state, _, reward), (_, second) in zip(trials, second_stage(trials, p, initial_value)):
        logits = []
        for a in range(2):
            sticky = p["perseveration"] * (last == a) * (p["inverse_temperature_1"] if perseveration == "inside" else 1)
            logits.append(p["inverse_temperature_1"] * table.get((cue, a), initial_value) + sticky)
        if cue is not None:
            value = table.get((cue, choice1), initial_value)
            table[cue, choice1] = value + p["learning_rate_1"] * (reward - value)
        out.append(log_softmax(logits, choice1) + second)
        cue, last = (state, reward), choice1
    return out


def kool(trials, p, perseveration="inside", initial_value=0.0, common_probability=1.0):
    """Trials are (state1, choice1, state2, reward)."""
    q1, q2 = [[initial_value] * 2, [initial_value] * 2], [initial_value] * 2
    last, out = None, []
    beta = p["inverse_temperature"]
    for start, choice, state, reward in trials:
        logits = []
        for a in range(2):
            planned = common_probability * q2[a] + (1 - common_probability) * q2[1 - a]
            net = p["model_based_weight"] * planned + (1 - p["model_based_weight"]) * q1[start][a]
            sticky = 0.0
            if last is not None:
                sticky += p["perseveration"] * (last == (start, a)) + p["response_stickiness"] * (last[1] == a)
            logits.append(beta * (net + sticky) if perseveration == "inside" else beta * net + sticky)
        out.append(log_softmax(logits, choice))
        error = reward - q2[state]
        q1[start][choice] += p["learning_rate"] * (q2[state] - q1[start][choice])
        q1[start][choice] += p["learning_rate"] * p["eligibility"] * error
        q2[state] += p["learning_rate"] * error
        last = start, choice
    return out


def mixture_of_agents(trials, p, initial_value=0.0, common_probability=0.7):
    last, out = None, []
    for (choice1, state, _, _), (q2, second) in zip(trials, second_stage(trials, p, initial_value)):
        logits = []
        for a in range(2):
            plan = common_probability * max(q2[a]) + (1 - common_probability) * max(q2[1 - a])
            logit = p["planning_weight"] * plan + p["bias"] * (a == 0)
            if last is not None and last[0] == a:
                logit += p["perseveration_weight"] + p["novelty_weight"] * (1 if last[0] != last[1] else -1)
            logits.append(logit)
        out.append(log_softmax(logits, choice1) + second)
        last = choice1, state
    return out


def hierarchical_gaussian_filter(trials, p, n_arms=2):
    mean, variance, out = [0.0] * n_arms, [1.0] * n_arms, []
    for choice, reward in trials:
        wins = [1 / (1 + math.exp(-m)) for m in mean]
        out.append(log_softmax([p["inverse_temperature"] * x for x in wins], choice))
        variance = [v + math.exp(p["volatility"]) for v in variance]
        precision = 1 / variance[choice] + wins[choice] * (1 - wins[choice])
        variance[choice] = 1 / precision
        mean[choice] += (reward - wins[choice]) / precision
    return out


def volatile_kalman(trials, p, n_arms=2):
    m, w, v = [0.0] * n_arms, [p["noise"]] * n_arms, [p["initial_volatility"]] * n_arms
    out = []
    for choice, reward in trials:
        wins = [1 / (1 + math.exp(-x)) for x in m]
        out.append(log_softmax([p["inverse_temperature"] * x for x in wins], choice))
        for arm in range(n_arms):
            if arm != choice:
                w[arm] = min(w[arm] + v[arm], 1e6)
                continue
            gain = (w[arm] + v[arm]) / (w[arm] + v[arm] + p["noise"])
            step = math.sqrt(w[arm] + v[arm]) * (reward - wins[arm])
            posterior, covariance = (1 - gain) * (w[arm] + v[arm]), (1 - gain) * w[arm]
            v[arm] = min(v[arm] + p["volatility_rate"] * (step**2 + w[arm] + posterior - 2 * covariance - v[arm]), 1e6)
            m[arm], w[arm] = m[arm] + step, min(posterior, 1e6)
    return out
