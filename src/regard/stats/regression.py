"""Regression of an outcome on minutes: linear, counts with a linear rate, shares with a logit; errors by cluster.

Customers are followed for months, so rows of one customer are not independent: the covariance is the sandwich over
clusters (Liang and Zeger 1986), and intervals use Student's t with clusters - 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import expit

from regard.plan.effects import Weight
from regard.stats.bands import LEVEL, Floats, critical, floats

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from numpy.typing import ArrayLike

STEPS = 100
"""Fisher steps after which a fit is given up."""

SETTLED = 1e-10
"""Relative change of the coefficients below which a fit is done."""

LEAST_RATE = 1e-9
"""A rate that a linear model makes smaller than this is taken for this."""

CLEAR = 3.0
"""Standard errors from 0 from which a coefficient may stand below a ratio: nearer, the ratio has no useful interval."""


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """A fitted model.

    Attributes:
        coefficients: the constant, then one for each column.
        covariance: of the coefficients, by cluster.
        clusters: independent groups of rows behind it.
        rows: weight of the rows.
    """

    coefficients: Floats
    covariance: Floats
    clusters: int
    rows: float

    @property
    def errors(self) -> Floats:
        """Standard errors of the coefficients."""
        return np.asarray(np.sqrt(np.maximum(np.diag(self.covariance), 0.0)))

    def interval(self, at: int, level: float = LEVEL) -> tuple[float, float]:
        """Return the interval of a coefficient."""
        half = float(critical(self.clusters - 1, level) * self.errors[at])
        return float(self.coefficients[at]) - half, float(self.coefficients[at]) + half


@dataclass(frozen=True, slots=True)
class Family:
    """A kind of outcome.

    Attributes:
        mean: from the linear predictor to (mean, its derivative, variance).
        likelihood: log of the likelihood of each row, from outcome and linear predictor; -inf where there is none.
    """

    mean: Callable[[Floats], tuple[Floats, Floats, Floats]]
    likelihood: Callable[[Floats, Floats], Floats]


def _linear(eta: Floats) -> tuple[Floats, Floats, Floats]:
    return eta, np.ones_like(eta), np.ones_like(eta)


def _count(eta: Floats) -> tuple[Floats, Floats, Floats]:
    mean = np.maximum(eta, LEAST_RATE)
    return mean, np.ones_like(eta), mean


def _share(eta: Floats) -> tuple[Floats, Floats, Floats]:
    mean = expit(eta)
    spread = np.maximum(mean * (1 - mean), LEAST_RATE)
    return mean, spread, spread


FAMILIES: Mapping[str, Family] = {
    "mean": Family(_linear, lambda y, eta: -((y - eta) ** 2)),
    "count": Family(_count, lambda y, eta: np.where(eta > 0, y * np.log(np.maximum(eta, LEAST_RATE)) - eta, -np.inf)),
    "share": Family(_share, lambda y, eta: y * eta - np.logaddexp(0.0, eta)),
}
"""Kinds of outcome. A count's rate is linear in the minutes, not its logarithm: two minutes do twice what one does,
which is what a weight of depth means."""


def regress(family: str, columns: ArrayLike, outcome: ArrayLike, *, weights: ArrayLike, clusters: ArrayLike) -> Fit:
    """Fit an outcome to columns by Fisher scoring.

    Args:
        family: `mean`, `count` or `share`.
        columns: N x P; a constant is added.
        outcome: length N; for `share` between 0 and 1.
        weights: length N, how many rows each stands for.
        clusters: length N, which rows belong together.

    Raises:
        ValueError: an unknown family, no rows, columns that depend on each other, or a fit that does not settle.

    Source: McCullagh and Nelder 1989, section 2.5; Liang and Zeger 1986 for the covariance.
    """
    if family not in FAMILIES:
        message = f"no outcome is of the kind '{family}'; one of: {', '.join(FAMILIES)}"
        raise ValueError(message)
    y, w = floats(outcome), floats(weights)
    x = np.column_stack([np.ones(len(y)), floats(columns).reshape(len(y), -1)])
    # Columns are brought to one size, so that minutes and their thousands are solved equally well.
    size = np.maximum(np.abs(x).max(axis=0, initial=0.0), 1e-300)
    x = x / size
    _, group = np.unique(np.asarray(clusters), return_inverse=True)
    count = int(group.max(initial=-1)) + 1
    if count <= 1:
        message = "a regression needs rows of at least two clusters"
        raise ValueError(message)
    beta = _fitted(family, x, y, w)
    mean, slope, spread = FAMILIES[family].mean(x @ beta)
    scores = np.zeros((count, x.shape[1]))
    np.add.at(scores, group, x * (w * (y - mean) * slope / spread)[:, None])
    bread = np.linalg.inv(_information(x, w * slope**2 / spread))
    covariance = bread @ (scores.T @ scores) @ bread * count / (count - 1)
    return Fit(beta / size, covariance / np.outer(size, size), count, float(w.sum()))


def _fitted(family: str, x: Floats, y: Floats, w: Floats) -> Floats:
    beta: Floats = np.zeros(x.shape[1])
    start = float(np.average(y, weights=w))
    beta[0] = np.log(start / (1 - start)) if family == "share" and 0 < start < 1 else start
    step: Floats = beta

    def likely(at: Floats) -> float:
        return float((w * FAMILIES[family].likelihood(y, x @ at)).sum())

    for _ in range(STEPS):
        best = likely(beta)
        mean, slope, spread = FAMILIES[family].mean(x @ beta)
        pull = x.T @ (w * (y - mean) * slope / spread)
        step = floats(np.linalg.solve(_information(x, w * slope**2 / spread), pull))
        # A step too far makes what was seen less likely (or a rate negative): it is halved until it does not.
        while likely(beta + step) < best - SETTLED * abs(best) and np.abs(step).max() > SETTLED:
            step = floats(step / 2)
        beta = floats(beta + step)
        if np.abs(step).max() <= SETTLED * max(float(np.abs(beta).max()), SETTLED):
            return beta
    if np.abs(step).max() <= 1e-6 * float(np.abs(beta).max()):
        return beta
    message = "the fit does not settle: some minutes go with the outcome always or never"
    raise ValueError(message)


def _information(x: Floats, weights: Floats) -> Floats:
    found = x.T @ (x * weights[:, None])
    if np.linalg.matrix_rank(found) < len(found):
        message = "the columns depend on each other, so their effects cannot be told apart"
        raise ValueError(message)
    return np.asarray(found)


def relative(fit: Fit, at: int, to: int, *, level: float = LEVEL) -> Weight | None:
    """Return one coefficient as a multiple of another with its interval (delta method, t by clusters).

    None where the one below is not clearly other than 0 (`CLEAR` standard errors): then its reciprocal is anything.
    """
    top, below = float(fit.coefficients[at]), float(fit.coefficients[to])
    if not abs(below) >= CLEAR * float(fit.errors[to]) > 0:
        return None
    ratio = top / below
    v = fit.covariance
    variance = (v[at, at] - 2 * ratio * v[at, to] + ratio**2 * v[to, to]) / below**2
    se = float(np.sqrt(max(float(variance), 0.0)))
    half = float(critical(fit.clusters - 1, level)) * se
    return Weight(ratio, ratio - half, ratio + half, se)


def pooled(found: ArrayLike, errors: ArrayLike, *, df: float = np.inf, level: float = LEVEL) -> Weight | None:
    """Return the mean of several estimates of one weight, each by the reciprocal of its variance; None of none."""
    values, se = floats(found), floats(errors)
    if not len(values):
        return None
    precision = 1 / np.maximum(se, 1e-12) ** 2
    value = float((values * precision).sum() / precision.sum())
    error = float(1 / np.sqrt(precision.sum()))
    half = float(critical(df, level)) * error
    return Weight(value, value - half, value + half, error)
