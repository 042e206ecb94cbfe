"""How a page looks at numbers: period, filters, comparison, options; read from an address and written back into one.

Everything that changes a number stands in the address, so that a link, a bookmark and every export carry it (R125).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from regard.errors import QuestionError, did_you_mean
from regard.model import Grain, first_day, last_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import date

    from regard.catalog import Catalogue
    from regard.workspace import Workspace

BLANK = "(blank)"
"""Stands in an address for a dimension that a row does not have."""
PERIODS = 13
"""Complete periods that a trend shows where no days are asked: one more than a year of months."""
GRAINS = tuple(grain.value for grain in Grain if grain is not Grain.ALL)
COMPARED = ("previous", "year")
SET = "set."
"""Begins the name of a parameter that picks an option of the choice register: `set.K22=every`."""


@dataclass(frozen=True, slots=True)
class Look:
    """How numbers are looked at.

    Attributes:
        grain: length of the periods.
        start: as written in the address: a day, month or year; "" lets the story decide.
        end: likewise; a month or year is taken in whole, a day is left out.
        filters: dimension -> values, any of which will do.
        where: a further test in the metric language, or "".
        compare: `previous` or `year`.
        options: choice -> option.
        as_of: what we knew then, or "".
    """

    grain: str = "month"
    start: str = ""
    end: str = ""
    filters: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    where: str = ""
    compare: str = "previous"
    options: Mapping[str, str] = field(default_factory=dict)
    as_of: str = ""

    @classmethod
    def read(cls, asked: Iterable[tuple[str, str]], catalogue: Catalogue, *, grain: str = "month") -> Look:
        """Read the parameters of an address; those that a page has for itself are passed over.

        Args:
            asked: name and value, a name as often as it stands there.
            catalogue: whose dimensions may be filters.
            grain: where the address names none.

        Raises:
            QuestionError: a grain, day or comparison that there is not.
        """
        found: dict[str, list[str]] = {}
        for name, value in asked:
            if value != "":
                found.setdefault(name, []).append(value)
        last = {name: values[-1] for name, values in found.items()}
        look = cls(
            grain=_one_of("grain", last.get("grain", grain), GRAINS),
            start=last.get("from", ""),
            end=last.get("to", ""),
            filters={
                name: tuple(dict.fromkeys(values)) for name, values in found.items() if name in catalogue.dimensions
            },
            where=last.get("where", ""),
            compare=_one_of("compare", last.get("compare", "previous"), COMPARED),
            options={name.removeprefix(SET).upper(): last[name] for name in found if name.startswith(SET)},
            as_of=last.get("as_of", ""),
        )
        if look.start:
            first_day(look.start)
        if look.end:
            last_day(look.end)
        return look

    @property
    def test(self) -> str:
        """The filters in the metric language, as `--where` has them."""
        parts = [_test(name, values) for name, values in sorted(self.filters.items())]
        return " and ".join([*parts, *([f"({self.where})" if parts else self.where] if self.where else [])])

    def days(self, workspace: Workspace, *, periods: int = PERIODS) -> tuple[date, date]:
        """Return the first day and the day after the last: as asked, else so many complete periods and the running one.

        Raises:
            QuestionError: nothing was loaded yet.
        """
        calendar, story = workspace.calendar, story_end(workspace)
        grain = Grain(self.grain)
        end = last_day(self.end) if self.end else story + timedelta(days=1)
        if self.start:
            return first_day(self.start), end
        last = calendar.period_of(end - timedelta(days=1), grain)
        whole = 0 if self.end and last.end <= story + timedelta(days=1) else 1
        return calendar.shift(last, grain, 1 - periods - whole).start, end

    def asked(self, workspace: Workspace, *, periods: int = PERIODS) -> dict[str, Any]:
        """Return the arguments of `Workspace.ask` that this look stands for."""
        start, end = self.days(workspace, periods=periods)
        return {
            "grain": self.grain,
            "start": start,
            "end": end,
            "where": self.test,
            "compare": self.compare,
            "options": dict(self.options),
            "as_of": self.as_of or None,
        }

    def parameters(self, **more: str | None) -> list[tuple[str, str]]:
        """Return name and value of each parameter, with more or other ones; one that is None or "" is left out."""
        own: list[tuple[str, str]] = []
        if self.grain != "month":
            own.append(("grain", self.grain))
        own += [("from", self.start), ("to", self.end)]
        own += [(name, value) for name, values in sorted(self.filters.items()) for value in values]
        own += [("where", self.where), ("compare", "" if self.compare == "previous" else self.compare)]
        own += [(SET + choice, option) for choice, option in sorted(self.options.items())]
        own.append(("as_of", self.as_of))
        kept = [(name, value) for name, value in own if name not in more]
        return [(name, value) for name, value in [*kept, *more.items()] if value]

    def link(self, path: str, **more: str | None) -> str:
        """Return an address that looks at numbers in the same way."""
        query = urlencode(self.parameters(**more))
        return f"{path}?{query}" if query else path

    def only(self, dimension: str, value: str | None) -> Look:
        """Return this look with a dimension held at one value."""
        return replace(self, filters={**self.filters, dimension: (BLANK if value is None else value,)})

    def without(self, dimension: str) -> Look:
        """Return this look without the filter on a dimension."""
        return replace(self, filters={name: values for name, values in self.filters.items() if name != dimension})

    def spoken(self, titles: Mapping[str, str]) -> list[str]:
        """Return the filters in words, one each."""
        said = [f"{titles.get(name, name)}: {' or '.join(values)}" for name, values in sorted(self.filters.items())]
        said += [self.where] if self.where else []
        return said + [f"{choice} = {option}" for choice, option in sorted(self.options.items())]


def story_end(workspace: Workspace) -> date:
    """Return the last local day of the story.

    Raises:
        QuestionError: nothing was loaded yet.
    """
    snapshot = workspace.snapshot()
    if snapshot is None:
        raise QuestionError(f"nothing was loaded yet; `regard load` loads the sources of {workspace.root.name}")
    cut = workspace.moment(workspace.config.until or None)
    return workspace.calendar.day_of(min(cut or snapshot.at, snapshot.at) - 1)


def quoted(value: str) -> str:
    """Return a text of the metric language."""
    return "'" + value.replace("'", "''") + "'"


def _test(name: str, values: tuple[str, ...]) -> str:
    known = [value for value in values if value != BLANK]
    tests = [f"{name} in ({', '.join(map(quoted, known))})"] if len(known) > 1 else []
    tests += [f"{name} = {quoted(known[0])}"] if len(known) == 1 else []
    tests += [f"{name} is blank"] if BLANK in values else []
    return tests[0] if len(tests) == 1 else f"({' or '.join(tests)})"


def _one_of(name: str, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise QuestionError(f"there is no {name} '{value}'; {did_you_mean(value, known)}")
    return value
