"""A little company on disk: files of data, their mappings and a regard.toml, loaded and asked like anybody's."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from regard.workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from regard.plan import Answer, AnswerCell

Row = dict[str, Any]

MAPPINGS = Path(__file__).with_name("workspace") / "sources"
FEBRUARY = {"start": "2025-02-01", "end": "2025-03-01"}
MARCH = {"start": "2025-03-01", "end": "2025-04-01"}
BOTH = {"start": "2025-02-01", "end": "2025-04-01"}
UNTIL = "2025-07-01T00:00:00Z"
"""Where every story ends unless a test says otherwise: long after March, long before any clock on the wall."""


class Company:
    """A workspace in a folder.

    Attributes:
        root: the folder.
        mappings: where the mappings of its files are.
    """

    mappings = MAPPINGS

    def __init__(self, root: Path, *, zone: str = "UTC", until: str = UNTIL, settings: str = "") -> None:
        """Write the configuration; `settings` are further lines of it."""
        self.root = root
        self.opened: Workspace | None = None
        # Made-up people have nothing to hide; K24 has tests of its own.
        privacy = "" if "privacy_min" in settings else "privacy_min = 1\n"
        told = f'name = "Golden"\nzone = "{zone}"\ncurrency = "USD"\nuntil = "{until}"\n'
        self.write("regard.toml", f"{told}{privacy}{settings}")
        (root / "sources").mkdir(exist_ok=True)

    def write(self, name: str, text: str) -> None:
        """Write a file of the workspace."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def has(self, **files: Iterable[Row]) -> Self:
        """Write rows into the export of their name, and map it; a file written before is replaced."""
        for name, rows in files.items():
            mapping = (self.mappings / f"{name}.yaml").read_text(encoding="utf-8")
            self.write(f"sources/{name}.yaml", mapping)
            kept = [{key: value for key, value in row.items() if value is not None} for row in rows]
            if "jsonl:" in mapping:
                self.write(f"data/{name}.jsonl", "".join(json.dumps(row) + "\n" for row in kept))
                continue
            path = self.root / "data" / f"{name}.csv"
            path.parent.mkdir(exist_ok=True)
            with path.open("w", encoding="utf-8", newline="") as file:
                writer = csv.DictWriter(file, list(dict.fromkeys(key for row in kept for key in row)))
                writer.writeheader()
                writer.writerows(kept)
        return self

    @property
    def workspace(self) -> Workspace:
        """The workspace, loaded when it is first asked for."""
        if self.opened is None:
            self.load()
        assert self.opened is not None
        return self.opened

    def load(self) -> Self:
        """Load all files; whatever is turned away is looked for by the test."""
        self.opened = Workspace.open(self.root)
        self.opened.load(limit=1)
        return self

    def answer(self, metric: str, **asked: Any) -> Answer:
        """Ask one metric."""
        [answer] = self.workspace.ask(metric, **asked)
        return answer

    def cells(self, metric: str, **asked: Any) -> Sequence[AnswerCell]:
        """Ask one metric; return its cells."""
        return self.answer(metric, **asked).cells

    def cell(self, metric: str, **asked: Any) -> AnswerCell:
        """Ask one metric in a question that has one cell."""
        [cell] = self.cells(metric, **asked)
        return cell

    def value(self, metric: str, **asked: Any) -> float | None:
        """Ask one metric in a question that has one cell; return its value."""
        return self.cell(metric, **asked).estimate.value

    def values(self, *metrics: str, **asked: Any) -> list[float | None]:
        """Ask several metrics at once in a question that has one cell."""
        return [cell.estimate.value for answer in self.workspace.ask(*metrics, **asked) for cell in answer.cells]

    def by(self, metric: str, dimension: str, **asked: Any) -> Mapping[str | None, AnswerCell]:
        """Ask one metric by one dimension over one period."""
        by = {} if dimension in self.workspace.metric(metric).by_default else {"by": [dimension]}
        return {cell.dims[dimension]: cell for cell in self.cells(metric, **by, **asked)}

    def refused(self) -> list[str]:
        """Return the rules under which rows were turned away."""
        return [finding.rule for finding in self.workspace.findings() for _ in range(finding.count)]


def at(day: str, hours: float = 0) -> str:
    """Return an instant as an export writes it: so many hours after the midnight (UTC) of a day."""
    moment = datetime.fromisoformat(day).replace(tzinfo=UTC) + timedelta(hours=hours)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def listed(counts: Mapping[float, int]) -> Iterator[float]:
    """Yield each score as often as it was given."""
    for score, count in counts.items():
        yield from [score] * count


def answers(
    kind: str, counts: Mapping[float, int], low: float, high: float, good: str | None = "high", **values: Any
) -> list[Row]:
    """Return answers to one question, each of another customer: score -> how many gave it."""
    first = values.pop("first", 1)
    when = values.pop("when", at("2025-03-10", 12))
    wave = values.pop("wave", kind)
    return [
        {
            "invitation": f"{wave}-{number}",
            "question": kind,
            "kind": kind,
            "customer": f"c{number}",
            "survey": "s1",
            "low": low,
            "high": high,
            "good_end": good,
            "answered": when,
            "score": score,
            **values,
        }
        for number, score in enumerate(listed(counts), start=first)
    ]


def nps(promoters: int, passives: int, detractors: int, **values: Any) -> list[Row]:
    """Return answers to the question of recommendation."""
    return answers("nps", {10: promoters, 8: passives, 3: detractors}, 0, 10, **values)


def customers(
    count: int, *, first: int = 1, since: str = "2024-01-01", left: str | None = None, **values: Any
) -> list[Row]:
    """Return customers served from a day to a day, known since then."""
    row = {"from": at(since), "since": at(since), "left": left and at(left), **values}
    return [{"customer": f"c{number}", **row} for number in range(first, first + count)]


def order(number: int | str, customer: int | str, day: str, **values: Any) -> Row:
    """Return an order of a customer at noon of a day."""
    return {"order": f"o{number}", "customer": f"c{customer}", "ordered": at(day, 12), "net": 100, **values}


def ticket(number: int, opened: str, resolved: str | None = None, **values: Any) -> Row:
    """Return a ticket of its own customer."""
    return {"ticket": f"t{number}", "customer": f"c{number}", "opened": opened, "resolved": resolved, **values}


def contact(name: str, when: str, **values: Any) -> Row:
    """Return a contact: the customer's own by mail, unless said otherwise."""
    return {"contact": name, "at": when, "channel": "email", "direction": "in", "by": "customer", **values}


def reply(name: str, when: str, **values: Any) -> Row:
    """Return a public answer of a person."""
    return contact(name, when, **{"direction": "out", "by": "human", **values})
