"""Reference of `contract_term`: terms that fell due, and what became of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from regard.derived.reference import earliest
from regard.derived.versions import stamp, version_at, versions
from regard.model.time import DAY_US

if TYPE_CHECKING:
    from regard.derived.reference import Arguments, Inputs, Row

DUE = "term_due"
OUTCOMES = {"renewed_at": "renew", "upsold_at": "upsell", "cancelled_at": "cancel"}
"""Column -> kind of event that fills it."""

CARRIED = ("source", "source_id", "party_id", "channel", "product", "service", "journey", "team", "bucket")
"""What a row takes from the event as it is."""


def rows(inputs: Inputs, arguments: Arguments, until: int) -> list[dict[str, Any]]:
    """Return one row for each term due; see `Reference`.

    What happens to a contract belongs to the first of its terms that is not yet over by more than the grace then.
    """
    history = versions(inputs["party"], until)
    grace = round(float(arguments["grace_days"]) * DAY_US)
    events = [row for row in inputs["event"] if row["at"] <= until]
    terms = [row for row in events if row["kind"] == DUE]
    table = []
    for term in terms:
        dues = [other["at"] for other in terms if _same(other, term)]
        row = {name: term[name] for name in CARRIED}
        row |= {"contract_id": term["ref_id"], "due_at": term["at"], "amount": term["value"]}
        for column, kind in OUTCOMES.items():
            times = [event["at"] for event in events if event["kind"] == kind and _same(event, term)]
            mine = [at for at in times if earliest([due for due in dues if at <= due + grace]) == term["at"]]
            row[column] = earliest(mine)
        for name in ("renewed", "upsold", "cancelled"):
            row[name] = row[f"{name}_at"] is not None
        early = row["cancelled_at"] is not None and row["cancelled_at"] < row["due_at"]
        row["eligible"] = row["upsold"] or not early
        table.append(row | stamp(version_at(history, term["party_id"], term["at"])))
    return table


def _same(event: Row, term: Row) -> bool:
    """Whether an event is about the contract of a term; an event of nobody about nothing is about no contract."""
    same = event["party_id"] == term["party_id"] and event["ref_id"] == term["ref_id"]
    return same and (event["party_id"] is not None or event["ref_id"] is not None or event is term)
