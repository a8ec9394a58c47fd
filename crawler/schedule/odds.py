"""Chances: how likely a figure is that is as far off as one that was seen. Pure, and short."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

_TINY = 1e-300
_NORMAL = NormalDist()


def beta_below(a: float, b: float, x: float) -> float:
    """The chance that a Beta(a, b) variable is at most x: the regularized incomplete beta function I_x(a, b).

    By its continued fraction (DLMF 8.17.22, with 8.17.4 where that converges faster), evaluated by
    Lentz's method (Thompson and Barnett, J. Comput. Phys. 64, 1986).
    """
    if x <= 0 or x >= 1:
        return 0.0 if x <= 0 else 1.0
    if x > (a + 1) / (a + b + 2):
        return 1 - beta_below(b, a, 1 - x)
    front = a * math.log(x) + b * math.log1p(-x) + math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    return math.exp(front) / (a * _fraction(a, b, x))


def _fraction(a: float, b: float, x: float) -> float:
    """1 + d1/(1 + d2/(1 + ...)), with the coefficients of DLMF 8.17.23."""
    value, c, d = 1.0, 1.0, 0.0
    for step in range(1, 1000):
        m = step // 2
        if step % 2:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        else:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        d = 1 / ((1 + term * d) or _TINY)
        c = (1 + term / c) or _TINY
        value *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return value


def gap_beyond(length: float, *, mean: float, shape: float, count: int) -> float:
    """The chance that the next gap is longer, after `count` gaps of this mean, when gaps are Gamma variables.

    The shape is taken as known and the scale as learned from just these gaps (with the prior 1/scale): the
    ratio of the next gap to the sum of all is then a Beta variable (Aitchison and Dunsmore, "Statistical
    Prediction Analysis", 1975, 2.4). With shape 1 it is (1 + length / (count mean)) ** -count.
    """
    total = count * mean
    return beta_below(count * shape, shape, total / (total + length))


def rank_sum_chance(few: Sequence[float], many: Sequence[float]) -> float:
    """The two-sided chance of ranks this far apart when both come from one distribution (Mann-Whitney).

    The normal approximation with ties and a continuity correction (Lehmann, "Nonparametrics", 1975, 1.5).
    """
    n, m = len(few), len(many)
    ranks, ties = _ranks([*few, *many])
    u = sum(ranks[:n]) - n * (n + 1) / 2
    variance = n * m / 12 * (n + m + 1 - ties / ((n + m) * (n + m - 1)))
    if variance <= 0:
        return 1.0
    z = max(abs(u - n * m / 2) - 0.5, 0.0) / math.sqrt(variance)
    return 2 * _NORMAL.cdf(-z)


def _ranks(values: Sequence[float]) -> tuple[list[float], float]:
    """The rank of each value, equal ones sharing theirs; the sum of t^3 - t over groups of t equal ones."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks, ties, begin = [0.0] * len(values), 0.0, 0
    while begin < len(order):
        end = begin
        while end < len(order) and values[order[end]] == values[order[begin]]:
            end += 1
        for place in order[begin:end]:
            ranks[place] = (begin + end + 1) / 2
        ties += (end - begin) ** 3 - (end - begin)
        begin = end
    return ranks, ties


def share_chance(hits: int, of: int, hits_before: int, of_before: int) -> float:
    """The two-sided chance of shares this far apart when both are one (Fisher's exact test)."""
    every, all_hits = of + of_before, hits + hits_before
    least, most = max(0, all_hits - of_before), min(of, all_hits)
    logs = [_log_ways(of, k) + _log_ways(of_before, all_hits - k) for k in range(least, most + 1)]
    seen = logs[hits - least]
    # As unlikely as the one seen, or more, but for rounding.
    total = sum(math.exp(log - _log_ways(every, all_hits)) for log in logs if log <= seen + 1e-7)
    return min(total, 1.0)


def _log_ways(of: int, chosen: int) -> float:
    return math.lgamma(of + 1) - math.lgamma(chosen + 1) - math.lgamma(of - chosen + 1)
