"""What stands on the boards of the workbook: which metrics, in which order. Data of the product, read from one file."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

import yaml

from regard.catalog.catalogue import BUILTIN

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class KpiSheet:
    """A metric with a sheet of its own.

    Attributes:
        sheet: name of the sheet.
        metric: its id.
        source: who asks for it.
    """

    sheet: str
    metric: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """A page of metrics for one reader.

    Attributes:
        sheet: name of the sheet.
        purpose: one sentence: for whom and what for.
        metrics: ids in order.
        charts: those of them that are drawn.
    """

    sheet: str
    purpose: str
    metrics: tuple[str, ...]
    charts: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Versus:
    """Two definitions side by side.

    Attributes:
        title: what they are taken for each other in.
        a, b: ids.
        options: choices with which `b` is asked, choice -> option.
    """

    title: str
    a: str
    b: str
    options: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What people call a family of metrics.

    Attributes:
        title: its name in words.
        answers: what its metrics tell, in one sentence.
    """

    title: str
    answers: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Boards:
    """Everything that the file says.

    Attributes:
        kpis: sheets of single metrics.
        boards: pages.
        data: table -> columns of its rows that are shown of a company with many rows.
        ledger: figure of the ledger -> id of the metric that it is.
        versus: definitions side by side.
        families: code of a family -> what people call it.
    """

    kpis: tuple[KpiSheet, ...]
    boards: tuple[Board, ...]
    data: Mapping[str, tuple[str, ...]]
    ledger: Mapping[str, str]
    versus: tuple[Versus, ...]
    families: Mapping[str, Family] = field(default_factory=dict)


@cache
def boards() -> Boards:
    """Return the shipped boards."""
    tree: dict[str, Any] = yaml.safe_load((BUILTIN / "boards.yaml").read_text(encoding="utf-8"))
    return Boards(
        kpis=tuple(KpiSheet(**one) for one in tree["kpis"]),
        boards=tuple(
            Board(**{**one, "metrics": tuple(one["metrics"]), "charts": tuple(one["charts"])}) for one in tree["boards"]
        ),
        data={table: tuple(columns) for table, columns in tree["data"].items()},
        ledger=tree["ledger"],
        versus=tuple(Versus(**one) for one in tree["versus"]),
        families={code: Family(**one) for code, one in tree["families"].items()},
    )


def family(code: str) -> Family:
    """Return what people call a family; a workspace's own is called by its code."""
    return boards().families.get(code) or Family(title=code, answers="Metrics of this workspace's own.")


@cache
def guide_text() -> Mapping[str, Mapping[str, str]]:
    """Return the reading guide (`reading`) and what words and colours mean (`words`), head -> text."""
    tree: dict[str, dict[str, str]] = yaml.safe_load((BUILTIN / "guide.yaml").read_text(encoding="utf-8"))
    return tree
