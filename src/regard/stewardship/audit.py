"""An audit of a KPI sheet: what contradicts itself, and what two honest people would read differently.

The rules are data (`audit_rules.yaml`). Here stand how texts become figures and targets, and the tests that compute.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING, Protocol

from regard.catalog import Field as Known, Record, Sort, read, read_yaml
from regard.errors import AuthorError
from regard.stewardship.reconcile import Stated, reconcile

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from regard.catalog import Written
    from regard.errors import Mistake
    from regard.expr import Node

RULE = Record(
    name="a rule of the audit",
    fields={
        "id": Known(sort=Sort.TEXT, required=True, means="which contradiction of the requirements it is"),
        "sort": Known(sort=Sort.TEXT, required=True, choices=("contradiction", "ambiguity"), means="what it is"),
        "when": Known(sort=Sort.NAMED_TEXTS, means="field -> pattern; all must be found"),
        "unless": Known(sort=Sort.NAMED_TEXTS, means="field -> pattern; none may be found"),
        "note": Known(sort=Sort.TEXT, means="pattern of a note of the sheet, for rules that are about no figure"),
        "check": Known(sort=Sort.TEXT, means="test that computes"),
        "says": Known(sort=Sort.TEXT, required=True, means="what the reader sees"),
        "use": Known(sort=Sort.TEXT, required=True, means="what regard does instead"),
    },
)
RULES = Record(name="rules", fields={"rules": Known(sort=Sort.LIST, record=RULE, required=True, means="the rules")})

NUMBER = re.compile(r"[+-]?\d+(?:,\d{3})*(?:\.\d+)?|[+-]?\d+(?:\.\d+)?")
BOUND = re.compile(
    r"(?P<sign>>=|<=|≥|≤|>|<|=|at least|at most|more than|less than|over|above|under|below|max|min)", re.IGNORECASE
)
LOWER = {
    ">=": True,
    "≥": True,
    ">": False,
    "at least": True,
    "more than": False,
    "over": False,
    "above": False,
    "min": True,
}
"""Word for "this or more" -> whether the end itself is in."""
UPPER = {
    "<=": True,
    "≤": True,
    "<": False,
    "at most": True,
    "less than": False,
    "under": False,
    "below": False,
    "max": True,
}
"""Word for "this or less" -> whether the end itself is in."""
AFTER = (
    (re.compile(r"or (more|above|higher)|\+\s*$", re.IGNORECASE), "at least"),
    (re.compile(r"or (less|below|lower|fewer)", re.IGNORECASE), "at most"),
)
"""What may stand behind a number instead of a word before it."""
RANGE = re.compile(rf"({NUMBER.pattern})\s*(?:%|[a-z]+)?\s*(?:-|\u2013|to)\s*({NUMBER.pattern})")
MONTHS = 12


class Stating(Protocol):
    """A figure of a sheet (of `sources`)."""

    @property
    def name(self) -> str:
        """What it is called."""
        ...

    @property
    def line(self) -> int:
        """Where it stands."""
        ...

    @property
    def said(self) -> Mapping[str, str]:
        """Value, target, trend, definition, calculation -> text."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """A target as written: its ends, whether they are in, and whether a direction was said."""

    lo: float | None = None
    hi: float | None = None
    lo_incl: bool = True
    hi_incl: bool = True
    said: bool = True


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the audit, as its file says it."""

    id: str
    sort: str
    says: str
    use: str
    when: tuple[tuple[str, re.Pattern[str]], ...] = ()
    unless: tuple[tuple[str, re.Pattern[str]], ...] = ()
    note: re.Pattern[str] | None = None
    check: str = ""


@dataclass(frozen=True, slots=True)
class Remark:
    """What an audit has to say about one figure or note.

    Attributes:
        rule: id of the rule, such as X1.
        sort: contradiction or ambiguity.
        name: figure, or the note.
        line: where it stands in the sheet.
        message: what is wrong.
        use: what regard does instead.
    """

    rule: str
    sort: str
    name: str
    line: int
    message: str
    use: str


@dataclass(slots=True)
class Audited:
    """A sheet under audit.

    Attributes:
        figures, notes: what it states.
        metrics: figure (its place) -> id of the metric that it is.
        formulas: metric -> its value as its author wrote it, with references to other metrics.
    """

    figures: Sequence[Stating]
    notes: Sequence[tuple[int, str]]
    metrics: Mapping[int, str] = field(default_factory=dict)
    formulas: Mapping[str, Node] = field(default_factory=dict)


def audit(sheet: Audited, rules: Sequence[Rule] | None = None) -> list[Remark]:
    """Return everything that contradicts itself or can be read in two ways, in the order of the sheet."""
    found: list[Remark] = []
    for rule in audit_rules() if rules is None else rules:
        found += _of_notes(rule, sheet) if rule.note else _of_figures(rule, sheet)
    return sorted(found, key=lambda one: (one.line, one.rule, one.sort))


def _of_notes(rule: Rule, sheet: Audited) -> Iterator[Remark]:
    texts = [*sheet.notes, *((one.line, f"{one.name}: {_all(one)}") for one in sheet.figures)]
    seen: set[int] = set()
    for line, text in texts:
        if (
            rule.note
            and rule.note.search(text)
            and line not in seen
            and not any(p.search(text) for _, p in rule.unless)
        ):
            seen.add(line)
            yield Remark(rule.id, rule.sort, text.split(":")[0], line, rule.says, rule.use)


def _of_figures(rule: Rule, sheet: Audited) -> Iterator[Remark]:
    details = CHECKS[rule.check](sheet) if rule.check else dict.fromkeys(range(len(sheet.figures)), "")
    for place, detail in details.items():
        figure = sheet.figures[place]
        texts = {**figure.said, "name": figure.name, "all": _all(figure)}
        if not all(pattern.search(texts.get(name, "")) for name, pattern in rule.when):
            continue
        if any(name in texts and pattern.search(texts[name]) for name, pattern in rule.unless):
            continue
        shown = {name: texts.get(name, "") for name in ("value", "target", "trend")}
        message = rule.says.format(detail=detail, **shown).strip()
        yield Remark(rule.id, rule.sort, figure.name, figure.line, message, rule.use)


def _all(figure: Stating) -> str:
    return " | ".join([figure.name, *figure.said.values()])


# -- texts to numbers -------------------------------------------------------------------------------------------------


def stated(text: str) -> Stated | None:
    """Return the figure that a text states, None when it states none: `3.2:1` is 3.2, `$2,680` is 2680."""
    found = NUMBER.search(text)
    if found is None:
        return None
    digits = found[0].replace(",", "")
    return Stated(text, float(digits), 10.0 ** -len(digits.partition(".")[2]))


def bounds(text: str) -> Bounds | None:
    """Return a target as written, None when it holds no number."""
    within = RANGE.search(text)
    if within:
        lo, hi = (float(end.replace(",", "")) for end in within.groups())
        return Bounds(lo, hi)
    number = stated(text)
    if number is None:
        return None
    sign = BOUND.search(text)
    word = sign["sign"].lower() if sign else next((word for shape, word in AFTER if shape.search(text)), "")
    if word in LOWER:
        return Bounds(lo=number.value, lo_incl=LOWER[word])
    if word in UPPER:
        return Bounds(hi=number.value, hi_incl=UPPER[word])
    return Bounds(number.value, number.value, said=bool(word))


# -- tests that compute -----------------------------------------------------------------------------------------------


def _ratios(sheet: Audited) -> dict[int, str]:
    """Find figures that are not what their own parts give."""
    places = {metric: place for place, metric in sheet.metrics.items()}
    known = {
        metric: made
        for metric, place in places.items()
        if (made := stated(sheet.figures[place].said.get("value", ""))) is not None
    }
    found = reconcile(known, sheet.formulas, source="the sheet", at=0)
    return {places[one.scope["metric"]]: one.message for one in found}


def _points(sheet: Audited) -> dict[int, str]:
    """Say what a change in percent of a percentage makes of the value before, read either way."""
    found = {}
    for place, one in enumerate(sheet.figures):
        now, change = stated(one.said.get("value", "")), stated(one.said.get("trend", ""))
        if now and change and change.value > -100:  # noqa: PLR2004 - all of it
            relative = now.value / (1 + change.value / 100)
            found[place] = f"the value before was {now.value - change.value:.1f} or {relative:.1f}"
    return found


def _compound(sheet: Audited) -> dict[int, str]:
    """Say what a monthly share lost is in a year."""
    found = {}
    for place, one in enumerate(sheet.figures):
        now = stated(one.said.get("value", "")) or stated(one.said.get("target", ""))
        if now and 0 < now.value < 100:  # noqa: PLR2004 - a percentage
            found[place] = f"{100 * (1 - (1 - now.value / 100) ** MONTHS):.1f} %"
    return found


def _undirected(sheet: Audited) -> dict[int, str]:
    """Find targets that are a bare number."""
    targets = {place: bounds(one.said.get("target", "")) for place, one in enumerate(sheet.figures)}
    return {place: "" for place, target in targets.items() if target is not None and not target.said}


def _boundary(sheet: Audited) -> dict[int, str]:
    """Find values on an end of a target of which nobody said whether it is in."""
    found = {}
    for place, one in enumerate(sheet.figures):
        now, target = stated(one.said.get("value", "")), bounds(one.said.get("target", ""))
        if now and target and target.lo != target.hi and now.value in (target.lo, target.hi):
            explicit = BOUND.search(one.said["target"])
            if explicit is None and not re.search(r"inclusive|or (more|less)", one.said["target"]):
                found[place] = ""
    return found


CHECKS: Mapping[str, Callable[[Audited], dict[int, str]]] = {
    "stated-ratio": _ratios,
    "points-or-relative": _points,
    "compound": _compound,
    "no-direction": _undirected,
    "boundary": _boundary,
}
"""Name of a test -> figures (by place) that fail it, with what to say."""


# -- rules ------------------------------------------------------------------------------------------------------------


@cache
def audit_rules() -> tuple[Rule, ...]:
    """Return the rules that ship.

    Raises:
        AuthorError: their file has mistakes.
    """
    mistakes: list[Mistake] = []
    with as_file(files("regard.stewardship") / "audit_rules.yaml") as path:
        found = [read(document.root, RULES, mistakes) for document in read_yaml(path, mistakes)]
    if mistakes:
        raise AuthorError(mistakes)
    return tuple(_rule(one) for written in found for one in written.records("rules"))


def _rule(written: Written) -> Rule:
    plain = written.item.plain()
    data: Mapping[str, object] = plain if isinstance(plain, dict) else {}
    note = written.text("note")
    return Rule(
        id=written.text("id"),
        sort=written.text("sort"),
        says=written.text("says"),
        use=written.text("use"),
        when=_patterns(data.get("when")),
        unless=_patterns(data.get("unless")),
        note=re.compile(note, re.IGNORECASE) if note else None,
        check=written.text("check"),
    )


def _patterns(given: object) -> tuple[tuple[str, re.Pattern[str]], ...]:
    pairs = given.items() if isinstance(given, dict) else ()
    return tuple((str(name), re.compile(str(pattern), re.IGNORECASE)) for name, pattern in pairs)
