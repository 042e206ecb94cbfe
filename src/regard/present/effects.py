"""How effects read: dose and response, proposed weights of depth, claims of improvement, the business case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.present import numbers, words
from regard.present.table import Cell, Column, Table

if TYPE_CHECKING:
    from regard.plan import Calibration, Case, Dose, Estimate, Improved, Weight

OUTCOMES = {
    "csat": ("Satisfaction in the month, 0 to 100", "index", "points of satisfaction"),
    "leaving": ("Customers who left in the month after", "percent", "percentage points of customers who leave"),
    "renewal": (
        "Contracts due in the month after that were renewed",
        "percent",
        "percentage points of contracts renewed",
    ),
    "tickets": ("Tickets a customer and month", "", "tickets a month"),
}
"""Outcome -> what it is, its unit, and what an hour more of loss goes with."""

OVER = {
    "month": ("in the month", "in a month"),
    "year": ("in the year before", "in the year before"),
}
"""Stretch whose minutes count -> how bands and slopes name it."""

DUE = "Contracts due that were renewed"
"""What renewal is where minutes count to the day a contract was due, whatever its month."""

ASSOCIATION = (
    "Association, not proof of cause: who uses a service more both loses more and says more. Adjusted compares "
    "customers within thirds of like activity; what else differs between them is not taken out."
)


def dose_title(found: Dose) -> str:
    """Return what the outcome is, and of whom."""
    title = DUE if found.outcome == "renewal" and found.over != "month" else OUTCOMES[found.outcome][0]
    return f"{title}, where {found.where}" if found.where else title


def dose_table(found: Dose) -> Table:
    """Return a row for each band of minutes lost."""
    _, unit, _ = OUTCOMES[found.outcome]
    columns = (
        Column(f"minutes lost {OVER[found.over][0]}"),
        Column("raw", right=True),
        Column("95 % interval", right=True, weight=2),
        Column("adjusted", right=True),
        Column("95 % interval of it", right=True, weight=1),
        Column("customer-months", right=True),
        *((Column("value due", right=True),) if found.due else ()),
    )
    worth: list[tuple[Cell, ...]] = [(Cell(numbers.value(due, "money", currency=found.currency)),) for due in found.due]
    rows = tuple(
        (
            Cell(band),
            *_figures(raw, unit),
            *_figures(adjusted, unit),
            Cell("hidden" if raw.n is None else numbers.count(raw.n)),
            *due,
        )
        for band, raw, adjusted, due in zip(
            found.bands, found.response.raw, found.response.adjusted, worth or [()] * len(found.bands), strict=True
        )
    )
    return Table(dose_title(found), columns, rows)


def dose_sentences(found: Dose) -> tuple[str, ...]:
    """Return the slope in words, raw and adjusted, and what it is not."""
    *_, what = OUTCOMES[found.outcome]
    said = []
    for name, slope in (("Raw", found.response.slope), ("Adjusted for activity", found.response.slope_adjusted)):
        if slope.value is None or slope.lo is None or slope.hi is None:
            said.append(f"{name}: no slope can be told from these customer-months.")
            continue
        size = numbers.change(slope.value, "", lo=slope.lo, hi=slope.hi)
        band = numbers.interval(slope.lo, slope.hi, "", number=slope.value)
        sure = "" if slope.lo > 0 or slope.hi < 0 else ", which may be none at all"
        said.append(f"{name}: each further hour lost {OVER[found.over][1]} goes with {size} {what} {band}{sure}.")
    if found.strata == 1:
        said.append("All customers are alike in recorded activity, so nothing could be adjusted for it.")
    return (*said, ASSOCIATION)


def _figures(found: Estimate, unit: str) -> tuple[Cell, Cell]:
    tone = words.FAINT if found.value is None or "few" in found.flags else words.PLAIN
    return (
        Cell(numbers.value(found.value, unit, lo=found.lo, hi=found.hi), tone, words.why_missing(found)),
        Cell(numbers.interval(found.lo, found.hi, unit, number=found.value), tone),
    )


# ----------------------------------------------------------------------------------------------------------------------
# Weights of depth


def calibration_table(found: Calibration) -> Table:
    """Return a row for each kind of loss: the weight in force, what each outcome says, what is proposed."""
    columns = (
        Column("loss"),
        Column("in force", right=True),
        *(Column(f"by {one.outcome}", right=True, weight=1) for one in found.evidence),
        Column("proposed", right=True),
    )
    rows = tuple(
        (
            Cell(kind.replace("_", " ")),
            Cell(f"{found.now[kind]:g}"),
            *(Cell(_weight(one.weights.get(kind))) for one in found.evidence),
            Cell(_weight(weight) if weight else "as it is"),
        )
        for kind, weight in found.proposed.items()
        if kind in found.now
    )
    notes = [
        f"by {one.outcome}: {one.why} ({numbers.count(one.rows)} customer-months)" for one in found.evidence if one.why
    ]
    told = "A minute of full outage is 1. Nothing is applied: put the file among the workspace's policies to use it."
    return Table(f"Weights of depth (policy {found.policy}, version {found.version})", columns, rows, (*notes, told))


def _weight(found: Weight | None) -> str:
    if found is None:
        return numbers.MISSING
    return f"{found.value:.2f} [{found.lo:.2f}, {found.hi:.2f}]"


def policy(found: Calibration) -> str:
    """Return the next version of the policy as a YAML file; weights are held between 0 and 1."""
    lines = [
        "# Proposed by `regard calibrate depth` from data; look at it before you use it.",
        f"policy: {found.policy}",
        f"version: {found.version + 1}",
        "by: [kind]",
        "sets: max",
        "values:",
    ]
    for kind, now in found.now.items():
        weight = found.proposed.get(kind)
        if weight is None:
            said = (
                "everything is relative to it" if now == 1 and kind not in found.proposed else "kept: not told by data"
            )
            lines.append(f"  {kind}: {now:g}  # {said}")
        else:
            held = min(max(weight.value, 0.0), 1.0)
            lines.append(f"  {kind}: {held:.2f}  # [{weight.lo:.2f}, {weight.hi:.2f}], was {now:g}")
    used = ", ".join(f"{one.outcome} ({one.rows:,.0f} customer-months)" for one in found.evidence if not one.why)
    lines += [
        'means: "How much of the service a customer lacks, from 0 (nothing) to 1 (all), as what customers do says."',
        f'citation: "MODEL.md 4.3; regression on minutes of each kind of loss: {used or "no outcome could tell"}"',
    ]
    return "\n".join(lines) + "\n"


# ----------------------------------------------------------------------------------------------------------------------
# Improvement and its worth


def improved_sentences(found: Improved) -> tuple[str, ...]:
    """Return before and after, the ratio, and the verdict of a claim, one sentence each."""
    unit, currency = found.unit, found.currency
    said = [
        f"Before ({found.spans[0]}): {words.estimate(found.before, unit, currency)}.",
        f"After ({found.spans[1]}): {words.estimate(found.after, unit, currency)}.",
    ]
    one = found.improvement
    if one.ratio is None:
        return (*said, "No ratio can be told: a number is missing or not above 0.")
    by_day = " by the day" if found.per_day else ""
    ends = "" if one.lo is None or one.hi is None else f" [{relative(one.lo)}, {relative(one.hi)}]"
    changed = {True: "changed", False: "no detectable change", None: "too few to tell whether that is chance"}
    said.append(f"Relative change{by_day}: {relative(one.ratio)}{ends}: {changed[one.changed]}.")
    if unit == "percent" and found.before.value is not None and found.after.value is not None:
        points = numbers.change(found.after.value - found.before.value, unit)
        said.append(f"That is relative; in percentage points it is {points}.")
    if one.claim is not None:
        said.append(f"Claimed: {relative(one.claim)}: {one.verdict}.")
    return tuple(said)


def relative(ratio: float) -> str:
    """Read a ratio as a relative change: 0.6 is `-40 %`."""
    change = 100 * (ratio - 1)
    return f"{'+' if change > 0 else ''}{numbers.digits(change, 0 if abs(change) >= 1 or not change else 1)} %"


def case_sentences(found: Case, *, minutes: float, months: float, currency: str) -> tuple[str, ...]:
    """Return what a minute avoided costs, and when it pays."""
    cost = numbers.value(found.per_minute, "money", currency=currency)
    said = [f"{cost} for each of {numbers.count(minutes)} customer minutes avoided in {numbers.count(months)} months."]
    if found.payback is None or found.gain is None:
        return (*said, "What a customer minute is worth is policy: say it with --worth to see when this pays.")
    gain = numbers.value(found.gain, "money", currency=currency)
    ends = ""
    if found.payback_lo != found.payback_hi:
        late = "never" if found.payback_hi is None else f"{found.payback_hi:.1f}"
        ends = f" (from {found.payback_lo:.1f} to {late}, by the ranges told)"
    return (
        *said,
        f"Pays back in {found.payback:.1f} months{ends}; after {numbers.count(months)} months {gain} are left.",
    )
