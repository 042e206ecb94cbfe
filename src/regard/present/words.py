"""Sentences: what a status, a verdict, a flag or a target says, in the same words wherever a number is shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.present import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regard.model import Target
    from regard.plan import Answer, AnswerCell, Estimate, Verdict

GOOD, BAD, UNSURE, FAINT, PLAIN = "good", "bad", "unsure", "faint", ""
"""Tones: how a text may be coloured. A tone never says anything that the text does not say too."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A sign that stands beside a word, so that nothing hangs on colour.

    Attributes:
        sign: one character.
        tone: one of the tones.
        plain: what to print where only ASCII can be.
    """

    sign: str
    tone: str
    plain: str


STATUS: Mapping[str, Mark] = {
    "met": Mark("\N{CHECK MARK}", GOOD, "+"),
    "missed": Mark("\N{BALLOT X}", BAD, "x"),
    "too close to call": Mark("\N{ALMOST EQUAL TO}", UNSURE, "~"),
}
UP, DOWN = Mark("\N{BLACK UP-POINTING TRIANGLE}", PLAIN, "^"), Mark("\N{BLACK DOWN-POINTING TRIANGLE}", PLAIN, "v")
STILL = Mark("=", FAINT, "=")
NO_WORD = Mark("\N{MIDDLE DOT}", FAINT, ".")

LEGEND = ", ".join(
    [
        *(f"{mark.sign} {word}" for word, mark in STATUS.items()),
        f"{UP.sign}{DOWN.sign} changed",
        f"{STILL.sign} no detectable change",
        f"{NO_WORD.sign} cannot say",
    ]
)
"""What the marks say, for below a table that has no room for the words."""

CHANGED = "changed"
DETECTED = (CHANGED, "changed but small")
"""Words of verdicts that found a change."""

FLAGS: Mapping[str, str] = {
    "empty": "no rows",
    "missing": "cannot be computed from these rows",
    "mixed": "scales or meanings differ, so nothing is averaged",
    "few": "rests on few rows",
    "no_spread": "all alike, so chance cannot be judged",
    "unbounded": "one end of the interval does not exist",
    "out_of_range": "the counts behind it contradict each other",
    "mismatch": "the interval's parts do not give the value",
    "immature": "some rows are not ripe yet and left out",
    "partial": "the period is not over",
    "provisional": "less than the years before that should stand behind it",
    "short_window": "its window begins before the data do",
    "open": "something in it is still open",
    "estimated": "part of it is known as counts only, so how far they overlap is estimated",
    "unknown": "something happened whose impact is not recorded, so the whole is unknown",
    "censored": "not every case is done; unfinished ones are counted as far as they are",
    "stale": "a source has not delivered lately",
    "lacking": "unknown: a table or column that it needs is not there",
    "currencies": "amounts in several currencies are added as they are",
    "rejects": "many rows of a source were turned away",
    "hidden": "hidden: too few customers to show",
    "planned": "not built yet",
}
"""Flag -> what it says of a number; one that is not here is read by its own name."""

WITHOUT = ("lacking", "unknown", "empty", "missing", "mixed", "hidden", "planned", "out_of_range", "few")
"""Flags that may be why a value is missing, the most telling first."""


def flag(name: str) -> str:
    """Return what a flag says."""
    return FLAGS.get(name, name.replace("_", " "))


def flags(names: Iterable[str]) -> str:
    """Return what flags say, one after another, or ""."""
    return "; ".join(flag(name) for name in names)


def why_missing(estimate: Estimate) -> str:
    """Return in words why there is no value, or "" when there is one."""
    if estimate.value is not None:
        return ""
    if estimate.why:
        return estimate.why
    named = [name for name in WITHOUT if name in estimate.flags] or list(estimate.flags[:1])
    return flag(named[0] if named else "missing")


def remarks(estimate: Estimate) -> str:
    """Return what there is to say beside a number: why it is missing where that is known in words, else its flags."""
    return estimate.why or flags(estimate.flags)


def status(word: str | None) -> Mark:
    """Return the mark beside a status; a faint dot where there is none."""
    return STATUS.get(word or "", NO_WORD)


def arrow(verdict: Verdict | None) -> Mark:
    """Return the mark beside a change: which way it went, as tone whether that is good; `=` when none is detected."""
    if verdict is None or verdict.change is None or verdict.word not in {*DETECTED, "no detectable change"}:
        return NO_WORD
    if verdict.word not in DETECTED or not verdict.change:
        return STILL
    way = UP if verdict.change > 0 else DOWN
    tone = {True: GOOD, False: BAD, None: PLAIN}[verdict.better]
    return Mark(way.sign, tone, way.plain)


def verdict(found: Verdict | None, unit: str = "", currency: str = "") -> str:
    """Return a verdict as a sentence: `up 2.1 pp: changed`, `no detectable change (+0.4 pp)`, `cannot say`.

    Args:
        found: the verdict, or None when nothing was compared.
        unit: name of the metric's unit.
        currency: ISO code, for money.
    """
    if found is None:
        return ""
    if found.change is None:
        return found.word
    if found.word not in DETECTED or not found.change:
        signed = numbers.change(found.change, unit, lo=found.lo, hi=found.hi, currency=currency)
        return f"{found.word} ({signed})"
    size = numbers.change(found.change, unit, lo=found.lo, hi=found.hi, currency=currency, signed=False)
    judged = {True: ", for the better", False: ", for the worse", None: ""}[found.better]
    return f"{'up' if found.change > 0 else 'down'} {size}: {found.word}{judged}"


def target(aim: Target | None, unit: str = "", currency: str = "") -> str:
    """Return what a target says: `above 85 %`, `at most 24 h`, `30 to 50 %`, `above 20, below 30 %`; "" for none.

    Open and closed ends differ: `above` and `below` leave the end out, `at least` and `at most` have it (K55).
    """
    if aim is None or (aim.lo is None and aim.hi is None):
        return ""
    low, high = ("" if end is None else numbers.written(end, unit, currency=currency) for end in (aim.lo, aim.hi))
    if aim.lo is not None and high and aim.lo_incl and aim.hi_incl:
        return low if aim.lo == aim.hi else f"{numbers.written(aim.lo, unit, currency=currency, bare=True)} to {high}"
    parts = [f"{'at least' if aim.lo_incl else 'above'} {low}" if low else ""]
    parts += [f"{'at most' if aim.hi_incl else 'below'} {high}" if high else ""]
    return ", ".join(part for part in parts if part)


def target_source(aim: Target | None) -> str:
    """Return who set a target and what had to be assumed to read it, or ""."""
    if aim is None:
        return ""
    assumed = f"assumed: {aim.assumed}" if aim.assumed else ""
    return "; ".join(part for part in (aim.source, assumed) if part)


def estimate(found: Estimate, unit: str = "", currency: str = "") -> str:
    """Return a number with its interval and n: `87.3 % [85.1, 89.2], n 1,204`; why not, when there is none."""
    if found.value is None:
        return f"{numbers.MISSING} ({why_missing(found)})"
    parts = [numbers.value(found.value, unit, lo=found.lo, hi=found.hi, currency=currency)]
    band = numbers.interval(found.lo, found.hi, unit, number=found.value, currency=currency)
    if band != numbers.MISSING:
        parts.append(f" {band}")
    if found.n is not None:
        parts.append(f", n {numbers.count(found.n)}")
    return "".join(parts)


def group(dims: Mapping[str, str | None]) -> str:
    """Return the part of the whole that a cell is of: `channel phone, tier (blank)`, or "" for the whole."""
    return ", ".join(f"{name} {'(blank)' if part is None else part}" for name, part in dims.items())


def summary(answer: Answer, cell: AnswerCell) -> str:
    """Return one sentence that says a whole cell: value, interval, n, target, status, change, verdict, flags."""
    unit, currency = answer.metric.unit, answer.currency
    where = ", ".join(part for part in (cell.period.label, group(cell.dims)) if part)
    said = [f"{answer.metric.title}, {where}: {estimate(cell.estimate, unit, currency)}"]
    if cell.target is not None:
        judged = f": {cell.status}" if cell.status else ""
        said.append(f"target {target(cell.target, unit, currency)}{judged}")
    if (change := verdict(cell.verdict, unit, currency)) and cell.estimate.value is not None:
        said.append(change)
    if cell.estimate.value is not None and cell.estimate.flags:
        said.append(flags(cell.estimate.flags))
    return "; ".join(said) + "."
