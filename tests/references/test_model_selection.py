"""Bayesian model selection of two models beside the exact posterior, integrated over the models' frequency.

Stephan et al. 2009 and Rigoux et al. 2014 approximate ``p(r | data) ∝ Dir(r) Π_n Σ_k r_k exp(L_nk)``; with two models r is one
number, and a fine grid is exact.
"""

import numpy as np
import pytest
from scipy.special import digamma, logsumexp
from scipy.stats import beta

from cogmeta.fitting import select_models

GRID = (np.arange(20_000) + 0.5) / 20_000
"""Frequencies of the first model; the prior Dir(1, 1) is even."""


def exact(logs):
    """Return expected frequency and exceedance of the first model, and the probability that both are alike frequent."""
    log_posterior = np.logaddexp(np.log(GRID)[:, None] + logs[:, 0], np.log1p(-GRID)[:, None] + logs[:, 1]).sum(axis=1)
    evidence, null = logsumexp(log_posterior) - np.log(len(GRID)), (logsumexp(logs, axis=1) - np.log(2)).sum()
    weight = np.exp(log_posterior - logsumexp(log_posterior))
    return (weight * GRID).sum(), weight[GRID > 0.5].sum(), 1 / (1 + np.exp(evidence - null))


def published_loop(logs):
    """Dirichlet counts by the equations of Stephan et al. 2009 (13 and 14), one subject and one model at a time."""
    alpha = [1.0] * logs.shape[1]
    for _ in range(2000):
        counts = [1.0] * logs.shape[1]
        for own in logs:
            weight = [np.exp(own[k] - max(own) + digamma(alpha[k]) - digamma(sum(alpha))) for k in range(len(alpha))]
            for k in range(len(alpha)):
                counts[k] += weight[k] / sum(weight)
        alpha = counts
    return np.array(alpha)


CASES = pytest.mark.parametrize("n, shift", [(12, 0.0), (12, 3.0), (40, 1.0), (40, 4.0)])


def evidence(n, shift):
    return np.random.default_rng(n + int(shift)).normal([shift, 0.0], 3.0, (n, 2))


@CASES
def test_counts_are_those_of_the_published_equations_and_exceedance_the_tail_of_their_beta(n, shift):
    logs = evidence(n, shift)
    found, alpha = select_models(logs, 0), published_loop(logs)
    np.testing.assert_allclose(found.table["alpha"], alpha, atol=1e-6)  # both rest within 1e-8 of a fixed point that contracts
    tail = beta(*alpha).sf(0.5)
    assert found.table["exceedance"].iloc[0] == pytest.approx(tail, abs=4 * np.sqrt(tail * (1 - tail) / 200_000) + 1e-6)
    protected, risk = found.table["protected_exceedance"], found.omnibus_risk
    np.testing.assert_allclose(protected, (1 - risk) * found.table["exceedance"] + risk / 2)


@CASES
def test_frequency_and_risk_are_near_the_exact_ones_and_exceedance_is_surer_by_little(n, shift):
    logs = evidence(n, shift)
    found, (frequency, exceedance, risk) = select_models(logs, 0), exact(logs)
    sure, known = (np.abs(x - 0.5) for x in (found.table["exceedance"].iloc[0], exceedance))
    # the approximation takes memberships as independent of the frequency: its Dirichlet is as narrow as if they were known, so that it is
    # right in the mean and too sure; its bound lies up to half a nat below the evidence: an eighth of the risk at most
    assert found.table["frequency"].iloc[0] == pytest.approx(frequency, abs=0.03)
    assert known - 0.01 < sure < known + 0.1
    assert found.omnibus_risk == pytest.approx(risk, abs=0.125)
