"""How lags read: whether a series runs ahead of lost minutes, by how much, and what an alarm would be worth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.expr import MINUTE_US
from regard.present import numbers, words
from regard.present.interruption import many, minutes, when
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from regard.plan import Lag

SHOWN = 5
"""Lags shown to each side of the best."""

FIRST = 5
"""Alarms whose moment is told."""

LEAST_P = 0.001
"""A smaller chance is told as below it."""

ASSOCIATION = (
    "Association, not proof of cause: both may follow from a third. Ranks are compared, of what is new in each series,"
    " and p counts that all lags were looked at."
)


def lag_table(found: Lag) -> Table:
    """Return a row for each lag around the best; all of them are in the document."""
    middle = found.best or 0
    columns = (
        Column("minutes ahead", right=True),
        Column("correlation", right=True),
        Column("95 % interval", right=True, weight=1),
        Column("p", right=True),
    )
    rows = tuple(
        (
            Cell(f"{each * found.step / MINUTE_US:g}", words.PLAIN if each == found.best else words.FAINT),
            Cell(_two(found.correlation[each])),
            Cell(
                f"[{_two(found.lo[each])}, {_two(found.hi[each])}]" if found.lo[each] is not None else numbers.MISSING
            ),
            Cell(_p(found.p[each])),
        )
        for each in found.lags
        if abs(each - middle) <= SHOWN
    )
    return Table(f"{found.series} of {found.service}, and customer minutes lost after it", columns, rows)


def lag_sentences(found: Lag, zone: ZoneInfo) -> tuple[str, ...]:
    """Return what was compared, what it says, what an alarm would be worth, and what it is not."""
    whose = f" where {found.by}" if found.by else ""
    said = [
        (
            f"{minutes(found.minutes)} customer minutes lost{whose}, in {numbers.count(found.steps)} steps of"
            f" {found.step / MINUTE_US:g} min from {when(found.start_at, zone)} to {when(found.end_at, zone)}."
        ),
        _verdict(found),
        *_alarms(found, zone),
    ]
    if found.filled:
        steps = "One step" if found.filled == 1 else f"{numbers.count(found.filled)} steps"
        said.append(f"{steps} had no value; the last one before stands for each.")
    return (*said, ASSOCIATION)


def _verdict(found: Lag) -> str:
    if found.best is None:
        return f"Nothing can be told: {found.series} or the minutes lost never change."
    if not found.clear:
        longest = found.lags[-1] * found.step / MINUTE_US
        return f"At no lag up to {longest:g} min do minutes lost follow {found.series} more closely than by chance."
    ahead = found.best * found.step / MINUTE_US
    way = "rise when it rises" if (found.correlation[found.best] or 0) > 0 else "rise when it falls"
    first = f"runs {ahead:g} min ahead of minutes lost" if ahead else "moves with minutes lost, in the same step"
    lo, hi = found.lo[found.best], found.hi[found.best]
    return (
        f"{found.series} {first}, which {way}: correlation {_two(found.correlation[found.best])}"
        f" [{_two(lo)}, {_two(hi)}], p {_p(found.p[found.best])}."
    )


def _alarms(found: Lag, zone: ZoneInfo) -> tuple[str, ...]:
    beyond = f"{'above' if found.above else 'below'} {found.alarm:.6g}"
    n = len(found.raised_at)
    if not n:
        return (f"It was never {beyond}, so an alarm there would not have been raised.",)
    more = f", and {numbers.count(n - FIRST)} more" if n > FIRST else ""
    at = ", ".join(when(each, zone) for each in found.raised_at[:FIRST])
    false = f"{found.false} false" + (
        f" ({100 * found.false / n:.0f} %, 95 % interval {100 * found.false_lo:.0f} to {100 * found.false_hi:.0f} %)"
        if found.false_lo is not None and found.false_hi is not None
        else ""
    )
    lift = "" if found.lift is None else f" A loss is {found.lift:.3g} times as likely with one as at any other time."
    return (
        (
            f"An alarm {beyond} would have been raised {many(n, 'time')} ({at}{more}): {found.ahead} before a loss,"
            f" {found.during} while one went on, {false}.{lift}"
        ),
        f"Of {many(found.losses, 'beginning')} of loss it would have told {found.caught} by then.",
    )


def _two(number: float | None) -> str:
    return numbers.MISSING if number is None else f"{number:.2f}"


def _p(number: float | None) -> str:
    if number is None:
        return numbers.MISSING
    return f"< {LEAST_P}" if number < LEAST_P else f"{number:.3f}"
