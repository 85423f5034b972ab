"""Parameters and priors against scipy and numerical derivatives."""

import numpy as np
import pytest
from scipy import stats

from cogmeta.errors import UserError
from cogmeta.models.parameter import Parameter, inverse_temperature, rate, stickiness
from cogmeta.models.prior import Beta, Gamma, Normal

DECLARED = [rate("learning_rate", "α"), inverse_temperature(), stickiness("perseveration", "p")]


@pytest.mark.parametrize(("prior", "twin", "points"), [
    (Beta(1.1, 1.1), stats.beta(1.1, 1.1), np.linspace(0.02, 0.98, 9)),
    (Gamma(1.2, 5.0), stats.gamma(1.2, scale=5.0), np.linspace(0.1, 30, 9)),
    (Normal(0.5, 2.0), stats.norm(0.5, 2.0), np.linspace(-4, 4, 9)),
])
def test_priors_are_the_densities_that_scipy_knows(prior, twin, points, rng):
    np.testing.assert_allclose(prior.log_density(points), twin.logpdf(points), atol=1e-12)
    h = 1e-5  # central differences: error h^2 in the slope, 1e-6 from rounding in the second derivative
    slope = (twin.logpdf(points + h) - twin.logpdf(points - h)) / (2 * h)
    np.testing.assert_allclose(prior.slope(points), slope, rtol=1e-5, atol=1e-7)
    bend = (prior.slope(points + h) - prior.slope(points - h)) / (2 * h)
    np.testing.assert_allclose(prior.bend(points), bend, rtol=1e-5, atol=1e-7)
    assert stats.kstest(prior.sample(2000, rng), twin.cdf).pvalue > 1e-4


@pytest.mark.parametrize("parameter", DECLARED, ids=lambda p: p.name)
def test_the_transform_and_its_derivatives_are_those_of_its_domain(parameter):
    u = np.linspace(-3, 3, 13)
    np.testing.assert_allclose(parameter.to_unconstrained(parameter.to_natural(u)), u, atol=1e-12)
    h = 1e-4
    first, second = parameter.derivatives(u)
    up, here, down = (parameter.to_natural(u + d) for d in (h, 0, -h))
    np.testing.assert_allclose(first, (up - down) / (2 * h), rtol=1e-6)
    np.testing.assert_allclose(second, (up - 2 * here + down) / h**2, atol=1e-5)


@pytest.mark.parametrize("parameter", DECLARED, ids=lambda p: p.name)
def test_starts_lie_in_the_plausible_range_one_in_each_stratum(parameter, rng):
    low, high = parameter.to_unconstrained(np.array(parameter.plausible))
    place = np.sort((parameter.starts(8, rng) - low) / (high - low))
    assert (np.floor(place * 8) == np.arange(8)).all()


def test_a_value_outside_the_domain_is_refused_in_one_sentence():
    with pytest.raises(UserError, match=r"learning_rate must be a number in \[0, 1\], got 1.2"):
        DECLARED[0].check([0.5, 1.2])
    with pytest.raises(UserError, match="Did you mean 'unit'"):
        Parameter("learning_rate", "α", "units", Beta(1, 1), (0.1, 0.9))
    with pytest.raises(UserError, match="plausible range"):
        rate("learning_rate", "α", plausible=(0.5, 1.5))
