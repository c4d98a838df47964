"""Quantiles of Student's distribution.

Design: the core needs no more of it than this, so scipy stays an optional extra; the tests compare with it.
"""

import math
from statistics import NormalDist


def student_t_quantile(p: float, degrees: float) -> float:
    """Return the t below which Student's distribution with `degrees` of freedom has probability `p`.

    Exact to 1e-10, relative, for `p` at least 0.001 away from 0.5; nearer to it to 1e-15, absolute.

    Raises `ValueError` if `p` or `1 - p` is below 1e-100 or `degrees` below 1.
    Source: Abramowitz and Stegun, 26.7.1 (tail), 26.7.5 (expansion beyond a million degrees).
    """
    tail = min(p, 1.0 - p)
    if not tail >= 1e-100:
        raise ValueError(f"p must lie between 0 and 1, at least 1e-100 from both, got {p!r}")
    if not degrees >= 1:
        raise ValueError(f"degrees must be at least 1, got {degrees!r}")
    if p <= 0.5:
        return -_upper_quantile(tail, degrees) if p < 0.5 else 0.0
    return _upper_quantile(tail, degrees)


def _upper_quantile(tail: float, degrees: float) -> float:
    # Newton from the normal quantile. It lies to the left of the root, and the tail is convex there: the
    # steps never overshoot, so neither a bracket nor a bound on their number is needed.
    t = z = -NormalDist().inv_cdf(tail)
    if degrees > 1e6:
        return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)
    while True:
        probability, density = _student_t_tail(t, degrees)
        step = (probability - tail) / density
        t += step
        if step <= 1e-14 * t:
            return t


def _student_t_tail(t: float, degrees: float) -> tuple[float, float]:
    """Return the probability above t > 0 and the density at t."""
    a, b, square = degrees / 2.0, 0.5, t * t
    x, rest = degrees / (degrees + square), square / (degrees + square)
    front = math.exp(_log_gamma_step(a) - a * math.log1p(square / degrees)) * math.sqrt(rest / math.pi)
    if x < (a + 1.0) / (a + b + 2.0):
        return 0.5 * front * _beta_fraction(a, b, x) / a, front / t
    return 0.5 * (1.0 - front * _beta_fraction(b, a, rest) / b), front / t


def _log_gamma_step(a: float) -> float:
    """Return log(gamma(a + 1/2) / gamma(a)); the difference of two large logarithms would lose digits."""
    if a < 50.0:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    return 0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5)


def _beta_fraction(a: float, b: float, x: float) -> float:
    """Return the continued fraction of the incomplete beta function.

    Source: DLMF 8.17.22, evaluated by the method of Lentz (1976) as modified by Thompson and Barnett (1986).
    """
    c, d = 1.0, 1.0 / (1.0 - (a + b) * x / (a + 1.0))
    value, m, change = d, 0, 0.0
    while abs(change - 1.0) > 1e-15:
        m += 1
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        c, d = 1.0 + even / c, 1.0 / (1.0 + even * d)
        value *= c * d
        c, d = 1.0 + odd / c, 1.0 / (1.0 + odd * d)
        change = c * d
        value *= change
    return value
