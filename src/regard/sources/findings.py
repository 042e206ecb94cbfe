"""What a load found wrong with the data, one finding for each source, table, rule and field."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sources.quarantine import REASONS
from regard.store.nouns import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from regard.sources.report import SourceReport

NOTES = {
    "clock-gap": "{count} times in {field} were skipped as the clock was put forward; each was moved by the gap",
    "clock-twice": "{count} times in {field} were twice as the clock was put back; each was taken as its first",
    "repeated": "{count} rows of {table} stand there more than once, word for word; each counts once",
}
"""What is worth knowing although no row was turned away; rows that a later file has again are no finding."""


def of(report: SourceReport, clock: int) -> Iterator[Finding]:
    """Yield the findings of one source."""
    for (table, rule, field), count in sorted(report.rejected.items()):
        what = (
            REASONS[rule].split(":")[0].format(field=field, value="", lo="its least", hi="its greatest", refers="row")
        )
        yield Finding(
            kind="dq",
            rule=rule,
            scope={"source": report.name, "table": table, "field": field},
            at=clock,
            observed=f"{count} rows",
            expected="0 rows",
            message=f"{count} rows of {report.name} for {table} were turned away: {what}",
            severity="error",
            count=count,
        )
    for (table, rule, field), count in sorted(report.notes.items()):
        if rule in NOTES:
            yield Finding(
                kind="dq",
                rule=rule,
                scope={"source": report.name, "table": table, "field": field},
                at=clock,
                observed=f"{count} rows",
                message=f"{report.name}: " + NOTES[rule].format(count=count, field=field, table=table),
                severity="info",
                count=count,
            )


MEASURED_TWICE = "measured-twice"
"""Rule of `measured_twice`: about all that is stored, whichever source a load reads."""


def measured_twice(left_out: Iterable[tuple[str, int, int]], clock: int) -> Iterator[Finding]:
    """Yield a finding for each source with requests of customers whose telemetry comes as aggregated minutes too.

    Args:
        left_out: (source, requests, customers).
        clock: instant of the finding.
    """
    for source, requests, customers in left_out:
        yield Finding(
            kind="dq",
            rule=MEASURED_TWICE,
            scope={"source": source, "table": "event", "field": "kind"},
            at=clock,
            observed=f"{requests} requests",
            expected="a customer's requests or its minutes, not both",
            message=(
                f"{requests} requests of {source} count nowhere: its {customers} customers have aggregated minutes, and"
                " both would count the same time twice; load one of the two"
            ),
            severity="warning",
            count=requests,
        )


def collision(party_id: int, keys: str, clock: int) -> Finding:
    """Return the finding that two keys share a surrogate."""
    return Finding(
        kind="dq",
        rule="key-collision",
        scope={"table": "identity", "party": str(party_id)},
        at=clock,
        observed=keys,
        message=f"two keys share the surrogate {party_id} by chance and are counted as one party: {keys}",
        severity="error",
    )
