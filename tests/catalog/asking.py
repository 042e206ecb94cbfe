"""Ask a shipped definition over rows written by hand: the references make the derived tables, the oracle counts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np

from regard.catalog import load
from regard.derived import REFERENCES
from regard.engines import Oracle
from regard.expr import parse
from regard.model import Calendar, Grain
from regard.plan import Plan, Question, collect, plan
from tests.derived import worlds

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog import Catalogue

Row = dict[str, Any]
HOUR = worlds.HOUR
DAY = 24 * HOUR


@cache
def catalogue() -> Catalogue:
    """The shipped catalogue, read once."""
    return load(None)


def instant(text: str) -> int:
    """Microseconds of `2026-03-01` or `2026-03-01 12:30`, UTC."""
    return round(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 1_000_000


@dataclass(frozen=True)
class Company:
    """Rows of loaded tables, cut at an instant.

    Attributes:
        tables: table -> rows.
        until: where the story ends.
    """

    tables: Mapping[str, Sequence[Row]]
    until: int

    def rows(self, table: str, arguments: tuple[tuple[str, str | float], ...]) -> Sequence[Row]:
        """Return the rows of a table, made by its reference if it is derived."""
        declared = catalogue().tables[table]
        if not declared.derived:
            return list(self.tables.get(table, ()))
        inputs = worlds.world(table, self.tables)
        return REFERENCES[table](inputs, {**declared.arguments, **dict(arguments)}, self.until)

    def planned(
        self,
        metrics: Sequence[str],
        start: str,
        end: str,
        *,
        by: Sequence[str] | None = None,
        grain: str = "all",
        options: Mapping[str, str] | None = None,
        where: str = "",
    ) -> Plan:
        """Return the plan of a question; without `by` each metric is cut as its file says."""
        known = catalogue()
        resolved = [known.metric(name, options) for name in metrics]
        cut = tuple(by) if by is not None else resolved[0].by_default
        question = Question(
            metrics=tuple(metrics),
            breakdowns=(cut,),
            grain=Grain(grain),
            start=date.fromisoformat(start),
            end=date.fromisoformat(end),
            where=parse(where) if where else None,
            compare="",
        )
        return plan(
            question,
            resolved,
            calendar=Calendar(),
            until=self.until,
            tables=known.tables,
            dimensions=known.dimensions,
            policies=known.lookups(),
        )

    def ask(self, metric: str, start: str, end: str, **more: Any) -> dict[tuple[str | None, ...], list[float | None]]:
        """Return group -> the values of its periods, blanks as None."""
        asked = self.planned([metric], start, end, **more)
        cells = collect(asked, Oracle(self.rows, self.tables.get("party", ())).run(asked))[0]
        values = np.where(cells.mixed, np.nan, cells.value)
        return {
            group: [None if np.isnan(value) else float(value) for value in row]
            for group, row in zip(cells.groups, values, strict=True)
        }

    def one(self, metric: str, start: str, end: str, **more: Any) -> float | None:
        """Return the one value of the whole, over one period."""
        return self.ask(metric, start, end, by=(), **more)[()][0]


def parties(count: int, served_from: str, **values: Any) -> list[Row]:
    """Return so many parties, served from an instant on."""
    return [party(number, served_from, **values) for number in range(1, count + 1)]


def party(number: int, served_from: str | None, served_to: str | None = None, **values: Any) -> Row:
    """Return one version of a party."""
    begin = instant(served_from) if served_from else None
    return worlds.row(
        "party",
        party_id=number,
        source_party=f"p{number}",
        valid_from=values.pop("valid_from", begin),
        served_from=begin,
        served_to=instant(served_to) if served_to else None,
        **values,
    )


def answers(
    kind: str, scores: Mapping[float, int], lo: float, hi: float, polarity: str | None, **values: Any
) -> list[Row]:
    """Return answers of one question, each of another customer: score -> how many gave it."""
    listed = [score for score, count in scores.items() for _ in range(count)]
    return [
        worlds.row(
            "response",
            **{
                "invite_id": f"{kind}{number}",
                "question_id": kind,
                "survey_id": "s1",
                "question_kind": kind,
                "scale_min": lo,
                "scale_max": hi,
                "polarity": polarity,
                "party_id": number,
                "answered_at": instant("2026-03-10"),
                "score": score,
                **values,
            },
        )
        for number, score in enumerate(listed, start=1)
    ]


def order(number: int, at: str, **values: Any) -> Row:
    """Return an order of a customer."""
    return worlds.row("order", **{"party_id": number, "ordered_at": instant(at), "net": 100.0, **values})
