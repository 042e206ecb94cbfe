"""The tour: what was planted in Harbor, told with the numbers that the product finds.

The truths are data (`data/answers.yaml`); nothing here knows what any of them says.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING

from regard.catalog import Field, Record, Sort, read, read_yaml
from regard.errors import AuthorError
from regard.expr import evaluate, parse
from regard.present import effects, numbers
from regard.present.chart import Frame, Point, bars, trend
from regard.workspace import Workspace
from regard.workspace.effects import EDGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from regard.catalog import Written
    from regard.errors import Mistake
    from regard.plan import Answer, AnswerCell, Dose

NUMBER = Record(
    name="a number of the tour",
    fields={
        "ask": Field(sort=Sort.TEXT, means="metric that is asked"),
        "by": Field(sort=Sort.TEXTS, means="dimensions to cut by"),
        "pick": Field(sort=Sort.TEXT, means="the group that is meant"),
        "from": Field(sort=Sort.TEXT, means="first day"),
        "to": Field(sort=Sort.TEXT, means="the day after the last"),
        "grain": Field(sort=Sort.TEXT, means="length of the periods, month by default"),
        "set": Field(sort=Sort.NAMED_TEXTS, means="choice -> option"),
        "part": Field(
            sort=Sort.TEXT, choices=("value", "n", "due"), means="the value, what it rests on, or the money in a band"
        ),
        "incident": Field(sort=Sort.TEXT, means="id of an incident"),
        "mark": Field(sort=Sort.TEXT, means="moment of it, in minutes after the first customer's loss"),
        "dose": Field(sort=Sort.TEXT, means="outcome by minutes lost"),
        "over": Field(sort=Sort.TEXT, means="stretch whose minutes count, month by default"),
        "bands": Field(sort=Sort.TEXT, means="where bands of minutes end, with commas"),
        "band": Field(sort=Sort.TEXT, means="band of minutes"),
        "digits": Field(sort=Sort.WHOLE, means="decimals, where the sentence itself names the unit"),
    },
)
DERIVED = Record(
    name="arithmetic over numbers",
    fields={
        "value": Field(sort=Sort.TEXT, required=True, means="expression over the numbers of the truth"),
        "unit": Field(sort=Sort.TEXT, means="its unit"),
        "digits": Field(sort=Sort.WHOLE, means="decimals, where the sentence itself names the unit"),
    },
)
EXPECTED = Record(
    name="what was planted",
    fields={
        "value": Field(sort=Sort.NUMBER, required=True, means="the number"),
        "within": Field(sort=Sort.NUMBER, required=True, means="how far off chance may put it"),
    },
)
TRUTH = Record(
    name="a planted truth",
    fields={
        "id": Field(sort=Sort.NAME, required=True, means="its name"),
        "title": Field(sort=Sort.TEXT, required=True, means="heading"),
        "in": Field(sort=Sort.TEXT, means="workspace that is asked, as a folder within Harbor's; else Harbor's own"),
        "numbers": Field(sort=Sort.NAMED, record=NUMBER, required=True, means="what is asked"),
        "derive": Field(sort=Sort.NAMED, record=DERIVED, means="what follows from it"),
        "says": Field(sort=Sort.TEXT, required=True, means="one plain sentence with the numbers in it"),
        "find": Field(sort=Sort.TEXT, required=True, means="arguments of the command that finds it"),
        "picture": Field(sort=Sort.RECORD, record=NUMBER, required=True, means="what is drawn"),
        "expected": Field(sort=Sort.NAMED, record=EXPECTED, required=True, means="what must come out"),
    },
)
TRUTHS = Record(
    name="planted truths",
    fields={"truths": Field(sort=Sort.LIST, record=TRUTH, required=True, means="in the order of the tour")},
)
MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """Numbers to be drawn.

    Attributes:
        points: with their intervals where there are any.
        title, unit, currency: of what they are.
        target: ends of where they should be.
        over_time: whether the points are periods: then they are a line.
    """

    points: tuple[Point, ...]
    title: str
    unit: str
    currency: str = ""
    target: tuple[float | None, float | None] = (None, None)
    over_time: bool = False

    def svg(self, description: str) -> str:
        """Return the picture; the description says the same in words."""
        draw = trend if self.over_time else bars
        frame = Frame(title=self.title, description=description, unit=self.unit, currency=self.currency)
        return draw(self.points, frame, target=self.target)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A planted truth as found.

    Attributes:
        id, title: its name and heading.
        sentence: what it says, with the numbers that came out.
        find: arguments of the command that finds it.
        place: folder of the workspace that was asked, within Harbor's; "" for its own.
        picture: what is drawn beside it.
        found: numbers by name, in their units.
        expected: number -> what was planted, and how far off chance may put it.
    """

    id: str
    title: str
    sentence: str
    find: str
    place: str
    picture: Picture
    found: Mapping[str, float | None]
    expected: Mapping[str, tuple[float, float]]


def tour(harbor: Workspace) -> Iterator[Told]:
    """Yield the planted truths in order, each asked of the loaded company, or of a loaded workspace within its folder.

    Raises:
        AuthorError: the file of the truths has mistakes.
    """
    for truth in _truths():
        place = truth.text("in")
        workspace = Workspace.open(harbor.root / place) if place else harbor
        numbers_, said = {}, {}
        for name, one in _named(truth, "numbers"):
            numbers_[name], said[name] = _number(workspace, one)
        for name, one in _named(truth, "derive"):
            numbers_[name] = evaluate(parse(one.text("value")), numbers_)
            said[name] = _digits(one, numbers_[name]) or numbers.value(numbers_[name], one.text("unit"))
        picture = truth.record("picture")
        if picture is None:
            raise TypeError(truth.path)
        yield Told(
            id=truth.text("id"),
            title=truth.text("title"),
            sentence=" ".join(truth.text("says").format(**said).split()),
            find=truth.text("find"),
            place=place,
            picture=_picture(workspace, picture),
            found=numbers_,
            expected={
                name: (one.number("value") or 0.0, one.number("within") or 0.0)
                for name, one in _named(truth, "expected")
            },
        )


def draw(told: Sequence[Told], folder: Path) -> list[Path]:
    """Write the picture of each truth into a folder, made if it is not there; returns where."""
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for number, one in enumerate(told, 1):
        path = folder / f"{number}-{one.id.replace('_', '-')}.svg"
        path.write_text(one.picture.svg(one.sentence), encoding="utf-8")
        written.append(path)
    return written


@cache
def _truths() -> tuple[Written, ...]:
    mistakes: list[Mistake] = []
    with as_file(files("regard.demo") / "data" / "answers.yaml") as path:
        found = [read(document.root, TRUTHS, mistakes) for document in read_yaml(path, mistakes)]
    if mistakes:
        raise AuthorError(mistakes)
    return tuple(one for written in found for one in written.records("truths"))


def _named(truth: Written, name: str) -> list[tuple[str, Written]]:
    return list(truth.named(name).items())


def _number(workspace: Workspace, one: Written) -> tuple[float | None, str]:
    """Return a number, and how it reads."""
    if one.text("incident"):
        page = workspace.incident(one.text("incident"))
        [after] = [mark.after for mark in page.marks if mark.name == one.text("mark")]
        return after, _digits(one, after) or numbers.value(after, "min")
    if one.text("dose"):
        found = _dose(workspace, one)
        _, unit, _ = effects.OUTCOMES[found.outcome]
        band = found.bands.index(one.text("band"))
        if one.text("part") == "due":
            due = found.due[band] if found.due else None
            return due, _digits(one, due) or numbers.value(due, "money", currency=found.currency)
        estimate = found.response.raw[band]
        return estimate.value, numbers.value(estimate.value, unit, lo=estimate.lo, hi=estimate.hi)
    answer = _answer(workspace, one)
    cells = [cell for cell in answer.cells if _meant(cell, one)]
    if not cells:  # in a small company nobody of a group may have answered
        return None, numbers.value(None)
    if len(cells) > 1:
        raise TypeError(f"{one.path}: {len(cells)} numbers where one is meant")
    estimate = cells[0].estimate
    if one.text("part") == "n":
        return estimate.n, numbers.count(estimate.n)
    said = _digits(one, estimate.value) or numbers.value(
        estimate.value, answer.metric.unit, lo=estimate.lo, hi=estimate.hi, currency=answer.currency
    )
    return estimate.value, said


def _digits(one: Written, number: float | None) -> str:
    """Return a number with the decimals that its record wants, "" where it wants none in particular."""
    return f"{number:,.{one.whole('digits')}f}" if number is not None and "digits" in one.values else ""


def _dose(workspace: Workspace, one: Written) -> Dose:
    ends = one.text("bands")
    bands = [float(end) for end in ends.split(",")] if ends else EDGES
    return workspace.dose(one.text("dose"), over=one.text("over", MONTH), bands=bands)


def _answer(workspace: Workspace, one: Written) -> Answer:
    plain = one.item.plain()
    options = plain.get("set") if isinstance(plain, dict) else None
    [answer] = workspace.ask(
        one.text("ask"),
        by=one.texts("by"),
        grain=one.text("grain", MONTH),
        start=date.fromisoformat(one.text("from")),
        end=date.fromisoformat(one.text("to")),
        options={str(k): str(v) for k, v in options.items()} if isinstance(options, dict) else None,
        compare="",
    )
    return answer


def _meant(cell: AnswerCell, one: Written) -> bool:
    return not one.text("pick") or one.text("pick") in cell.dims.values()


def _picture(workspace: Workspace, one: Written) -> Picture:
    if one.text("incident"):
        page = workspace.incident(one.text("incident"))
        points = tuple(Point(mark.name, mark.after) for mark in page.marks if mark.after is not None)
        return Picture(points=points, title="Minutes after the first customer felt it", unit="min")
    if one.text("dose"):
        found = _dose(workspace, one)
        _, unit, _ = effects.OUTCOMES[found.outcome]
        points = tuple(
            Point(band, raw.value, raw.lo, raw.hi)
            for band, raw in zip(found.bands, found.response.raw, strict=True)
            if raw.value is not None
        )
        title = f"{effects.dose_title(found)}, by minutes lost {effects.OVER[found.over][0]}"
        return Picture(points=points, title=title, unit=unit)
    answer = _answer(workspace, one)
    cells = [cell for cell in answer.cells if _meant(cell, one) and cell.estimate.value is not None]
    over_time = len({cell.period.label for cell in cells}) > 1
    aim = cells[-1].target if cells else None
    return Picture(
        points=tuple(
            Point(
                cell.period.label if over_time else ", ".join(str(value) for value in cell.dims.values()),
                cell.estimate.value,
                cell.estimate.lo,
                cell.estimate.hi,
            )
            for cell in cells
        ),
        title=answer.metric.title,
        unit=answer.metric.unit,
        currency=answer.currency,
        target=(None, None) if aim is None else (aim.lo, aim.hi),
        over_time=over_time,
    )
