"""Hierarchical Bayesian inference as plain loops over subjects, models and parameters, written from the equations.

Slow and obvious: the oracle of ``cogmeta.fitting.hbi``. One subject's log-likelihood is a function of a list of
unconstrained parameters that returns (log-likelihood, one logit a choice of option 1 against option 0); modes are found
by scipy's simplex, the curvature is the expected one from central differences of those logits.
"""

import itertools
import math

import numpy as np
from scipy.optimize import minimize
from scipy.special import digamma


def fisher(logits, u):
    """Expected curvature of a subject's log-likelihood."""
    k, step, slopes = len(u), 1e-5, []
    for i in range(k):
        up, down = list(u), list(u)
        up[i] += step
        down[i] -= step
        slopes.append([(a - b) / (2 * step) for a, b in zip(logits(up), logits(down))])
    p = [1 / (1 + math.exp(-z)) for z in logits(u)]
    return [[sum(x * y * q * (1 - q) for x, y, q in zip(slopes[i], slopes[j], p)) for j in range(k)] for i in range(k)]


def mode(likelihood, logits, mean, variance, start):
    """Mode, inverse curvature's diagonal and Laplace evidence of one subject under a normal prior."""
    k = len(mean)

    def log_posterior(u):
        prior = sum(-0.5 * math.log(2 * math.pi * v) - 0.5 * (x - m) ** 2 / v for x, m, v in zip(u, mean, variance))
        return likelihood(u) + prior

    simplex = [list(start)] + [[x + 0.5 * (i == j) for j, x in enumerate(start)] for i in range(k)]
    options = {"xatol": 1e-8, "fatol": 1e-10, "maxiter": 4000, "initial_simplex": simplex}
    found = minimize(lambda u: -log_posterior(u), start, method="Nelder-Mead", options=options)
    curvature = np.array(fisher(logits, found.x)) + np.diag([1 / v for v in variance])
    evidence = -found.fun + 0.5 * k * math.log(2 * math.pi) - 0.5 * math.log(np.linalg.det(curvature))
    return list(found.x), list(np.diag(np.linalg.inv(curvature))), evidence


def infer(likelihoods, logits, middles, n_rounds, b=1.0, v=0.5, s=0.01, alpha0=1.0, broad=6.25):
    """Shares r[n][k], Dirichlet counts and groups (a, beta, nu, sigma) after so many rounds.

    ``likelihoods[k][n]`` and ``logits[k][n]`` are functions of subject n under model k.
    """
    n_models, n_subjects = len(likelihoods), len(likelihoods[0])
    r = [[1.0] * n_models for _ in range(n_subjects)]
    alpha = [alpha0 + n_subjects] * n_models
    modes = [[max((mode(likelihoods[k][n], logits[k][n], middles[k], [broad] * len(middles[k]), [x + d for x, d in zip(
        middles[k], away)]) for away in itertools.product((-2, 1), repeat=len(middles[k]))), key=lambda found: found[2])
              for n in range(n_subjects)] for k in range(n_models)]
    for _ in range(n_rounds):
        groups, evidence = [], []
        for k in range(n_models):
            count = sum(r[n][k] for n in range(n_subjects))
            beta, nu, a, sigma = b + count, v + count / 2, [], []
            for i, a0 in enumerate(middles[k]):
                h = sum(r[n][k] * modes[k][n][0][i] for n in range(n_subjects)) / count
                s_k = sum(r[n][k] * (modes[k][n][0][i] ** 2 + modes[k][n][1][i]) for n in range(n_subjects)) / count - h**2
                a.append((count * h + b * a0) / beta)
                sigma.append(s + 0.5 * (count * s_k + b * count / beta * (h - a0) ** 2))
            groups.append((a, beta, nu, sigma))
            modes[k] = [mode(likelihoods[k][n], logits[k][n], a, [x / nu for x in sigma], modes[k][n][0])
                        for n in range(n_subjects)]
            correction = len(a) / 2 * (digamma(nu) - math.log(nu) - 1 / beta)
            evidence.append([modes[k][n][2] + correction for n in range(n_subjects)])
        for n in range(n_subjects):
            weight = [evidence[k][n] + digamma(alpha[k]) - digamma(sum(alpha)) for k in range(n_models)]
            top = max(weight)
            total = sum(math.exp(w - top) for w in weight)
            r[n] = [math.exp(w - top) / total for w in weight]
        alpha = [alpha0 + sum(r[n][k] for n in range(n_subjects)) for k in range(n_models)]
    return r, alpha, groups
