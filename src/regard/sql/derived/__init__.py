"""Derived tables as SQL: named steps that a reader can follow, one file for each table; runs nothing.

Only SQL that every engine knows: no dates and zones (all is whole microseconds), no lists, no QUALIFY; ties are broken
by the key, so that every engine makes the same rows.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from regard.sql.derived import (
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
from regard.sql.derived.steps import Statement as Statement  # noqa: TC001 - for others to import

if TYPE_CHECKING:
    from collections.abc import Mapping

STATEMENTS: Mapping[str, Statement] = MappingProxyType(
    {
        "active_span": active_span.statement,
        "case_clock": case_clock.statement,
        "case_open": case_open.statement,
        "contract_term": contract_term.statement,
        "episode": episode.statement,
        "incident_clock": incident_clock.statement,
        "incident_reach": incident_reach.statement,
        "incident_span": incident_span.statement,
        "invite_seq": invite_seq.statement,
        "ledger": ledger.statement,
        "ledger_share": ledger_share.statement,
        "order_product": order_product.statement,
        "order_seq": order_seq.statement,
        "party_first": party_first.statement,
        "party_week": party_week.statement,
        "response_seq": response_seq.statement,
        "served": served.statement,
        "service_span": service_span.statement,
        "unreported": unreported.statement,
        "user_segment": user_segment.statement,
        "visit_step": visit_step.statement,
    }
)
"""Name of a derived table -> what prints its query. `case_clock` on the business clock also reads `calendar_day`."""

WORKED: Mapping[str, Mapping[str, str]] = MappingProxyType({"response_seq": response_seq.WORKED})
"""Derived table -> column that follows from others of its row -> SQL of it, over those others as `answer.<column>`."""
