"""Derived tables as plain slow Python: the definition that the SQL of each engine must equal, row for row.

One file for each table, named like it; its declaration stands in the catalogue, its SQL in `regard.sql.derived`.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from regard.derived import (
    active_span,
    case_clock,
    case_open,
    contract_term,
    episode,
    incident_clock,
    incident_reach,
    incident_span,
    invite_seq,
    ledger,
    ledger_share,
    order_product,
    order_seq,
    party_first,
    party_week,
    response_seq,
    served,
    service_span,
    unreported,
    user_segment,
    visit_step,
)
from regard.derived.calendar import (
    WorkCalendar as WorkCalendar,
    calendar_days as calendar_days,
)
from regard.derived.reference import (
    Arguments as Arguments,
    Inputs as Inputs,
    Reference as Reference,  # noqa: TC001 - for others to import
    Row as Row,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

REFERENCES: Mapping[str, Reference] = MappingProxyType(
    {
        "active_span": active_span.rows,
        "case_clock": case_clock.rows,
        "case_open": case_open.rows,
        "contract_term": contract_term.rows,
        "episode": episode.rows,
        "incident_clock": incident_clock.rows,
        "incident_reach": incident_reach.rows,
        "incident_span": incident_span.rows,
        "invite_seq": invite_seq.rows,
        "ledger": ledger.rows,
        "ledger_share": ledger_share.rows,
        "order_product": order_product.rows,
        "order_seq": order_seq.rows,
        "party_first": party_first.rows,
        "party_week": party_week.rows,
        "response_seq": response_seq.rows,
        "served": served.rows,
        "service_span": service_span.rows,
        "unreported": unreported.rows,
        "user_segment": user_segment.rows,
        "visit_step": visit_step.rows,
    }
)
"""Name of a derived table -> its reference. `case_clock` on the business clock also reads the table `calendar_day`."""
