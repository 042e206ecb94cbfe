"""Policies, calendars, targets, notes, the choice register and the closed lists of words: from YAML to nouns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.catalog.fields import Field, Record, Sort, Written, read
from regard.catalog.places import Item, resolved
from regard.catalog.shorthand import day, hours, zone_hint
from regard.errors import did_you_mean
from regard.expr import JOINT
from regard.model import BusinessCalendar, Note, Policy, Target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from regard.catalog.places import Document, Scalar
    from regard.errors import Mistake

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TARGET_KINDS = ("target", "benchmark", "threshold", "baseline")
NOTE_KINDS = (
    "exclusion",
    "maintenance",
    "price",
    "campaign",
    "release",
    "macro",
    "definition_change",
    "model_change",
    "data_gap",
)

POLICY = Record(
    name="a policy",
    fields={
        "policy": Field(sort=Sort.NAME, required=True, means="its name, as lookup() has it"),
        "version": Field(sort=Sort.WHOLE, least=1, required=True, means="a whole number, raised with every change"),
        "by": Field(sort=Sort.TEXTS, required=True, single=True, means="what its keys are, in order"),
        "values": Field(sort=Sort.ANY, required=True, means="key -> number, one level for each of `by`"),
        "default": Field(sort=Sort.NUMBER, means="number for every other key"),
        "sets": Field(sort=Sort.TEXT, choices=("max", "sum"), means="what a set of keys is worth"),
        "unit": Field(sort=Sort.TEXT, means="unit of the numbers"),
        "means": Field(sort=Sort.TEXT, required=True, means="what the numbers say"),
        "citation": Field(sort=Sort.TEXT, required=True, means="who says so"),
    },
)
CALENDAR = Record(
    name="a calendar",
    fields={
        "calendar": Field(sort=Sort.NAME, required=True, means="its name, as code.calendar has it"),
        "version": Field(sort=Sort.WHOLE, least=1, means="a whole number, raised with every change"),
        "means": Field(sort=Sort.TEXT, means="what it is for"),
        "zone": Field(sort=Sort.TEXT, required=True, means="IANA zone, or `reporting`"),
        "hours": Field(
            sort=Sort.RECORD,
            required=True,
            means='weekday -> "09:00-17:00"',
            record=Record(
                name="hours",
                fields={name: Field(sort=Sort.TEXT, means='such as "09:00-12:30, 13:00-17:00"') for name in WEEKDAYS},
            ),
        ),
        "holidays": Field(sort=Sort.TEXTS, means="days without work, such as 2026-12-25"),
    },
)
ENDS = {
    "lo": Field(sort=Sort.NUMBER, means="lower end"),
    "hi": Field(sort=Sort.NUMBER, means="upper end"),
    "lo_incl": Field(sort=Sort.TRUTH, means="whether the lower end itself is good; yes when not said"),
    "hi_incl": Field(sort=Sort.TRUTH, means="whether the upper end itself is good; yes when not said"),
    "scope": Field(sort=Sort.NAMED_TEXTS, means="dimension -> value it is for"),
    "kind": Field(sort=Sort.TEXT, choices=TARGET_KINDS, means="target when not said"),
    "source": Field(sort=Sort.TEXT, required=True, means="who says so"),
    "licence": Field(sort=Sort.TEXT, means="under which a benchmark may be shown"),
    "assumed": Field(sort=Sort.TEXT, means="what had to be assumed to read it"),
    "effective_from": Field(sort=Sort.TEXT, means="first day, such as 2026-01-01"),
    "effective_to": Field(sort=Sort.TEXT, means="day after the last"),
}
TARGET = Record(name="a target", fields=ENDS)
"""The target written in a metric."""
TARGET_OF = Record(
    name="a target",
    fields={"metric": Field(sort=Sort.NAME, required=True, means="id of the metric"), **ENDS},
)
"""A target of a workspace."""
NOTE = Record(
    name="a note",
    fields={
        "note": Field(sort=Sort.TEXT, required=True, means="its id"),
        "from": Field(sort=Sort.TEXT, required=True, means="first day, such as 2026-01-01"),
        "to": Field(sort=Sort.TEXT, means="day after the last"),
        "kind": Field(sort=Sort.TEXT, required=True, choices=NOTE_KINDS, means="what sort of thing happened"),
        "effect": Field(sort=Sort.TEXT, choices=("annotate", "exclude", "adjust"), means="annotate when not said"),
        "scope": Field(sort=Sort.NAMED_TEXTS, means="dimension -> value it is about"),
        "metrics": Field(sort=Sort.TEXTS, single=True, means="ids it is about"),
        "reason": Field(sort=Sort.TEXT, required=True, means="why"),
        "approver": Field(sort=Sort.TEXT, means="who approved; needed for exclude and adjust"),
        "evidence": Field(sort=Sort.TEXT, means="where it is shown"),
    },
)
TARGETS = Record(
    name="a file of targets",
    fields={"targets": Field(sort=Sort.LIST, required=True, record=TARGET_OF, means="a list of targets")},
)
NOTES = Record(
    name="a file of notes",
    fields={"notes": Field(sort=Sort.LIST, required=True, record=NOTE, means="a list of notes")},
)
CHOICE = Record(
    name="a choice",
    fields={
        "question": Field(sort=Sort.TEXT, required=True, means="the question on which people differ"),
        "options": Field(
            sort=Sort.NAMED_TEXTS, required=True, means="option -> what it says; the first is the default"
        ),
        "why": Field(sort=Sort.TEXT, required=True, means="why it matters"),
    },
)
CHOICES = Record(
    name="the choice register",
    fields={"choices": Field(sort=Sort.NAMED, required=True, record=CHOICE, means="choices by id")},
)
REPLICATES = ("party", "incident", "day")
WORD = Record(
    name="a word",
    fields={
        "means": Field(sort=Sort.TEXT, required=True, means="what it means"),
        "citation": Field(sort=Sort.TEXT, means="who says so"),
        "change": Field(sort=Sort.TEXT, means="unit of a change"),
        "of": Field(sort=Sort.TEXTS, means="leaves the method reads, in order; with * one for each of several classes"),
        "gives": Field(
            sort=Sort.TEXTS, single=True, means="what the method can give, the usual first; once it is built"
        ),
        "settings": Field(sort=Sort.TEXTS, single=True, means="parameters that the method reads, each a number from 1"),
        "series": Field(sort=Sort.TRUTH, means="whether the method reads a series"),
        "replicate": Field(
            sort=Sort.TEXTS, single=True, choices=REPLICATES, means="what it needs left out in turn: one of these"
        ),
    },
)
TERMS = Record(
    name="the file of terms",
    fields={
        "units": Field(sort=Sort.NAMED, required=True, record=WORD, means="units by name"),
        "intervals": Field(sort=Sort.NAMED, required=True, record=WORD, means="interval methods by name"),
        "methods": Field(sort=Sort.NAMED, required=True, record=WORD, means="methods by name"),
        "families": Field(sort=Sort.TEXTS, required=True, means="families of metrics"),
        "levels": Field(sort=Sort.TEXTS, required=True, means="levels of metrics"),
    },
)
HEADS: Mapping[str, Record] = {"policy": POLICY, "calendar": CALENDAR, "targets": TARGETS, "notes": NOTES}
"""What a document of a policies folder may be, by its first field."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredChoice:
    """A line of the choice register.

    Attributes:
        id: such as K22.
        question: on which people differ.
        options: option -> what it says; the first is the default.
        why: why it matters.
    """

    id: str
    question: str
    options: Mapping[str, str]
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The closed lists of words.

    Attributes:
        units: unit -> unit of its change (percent changes in points, K50).
        intervals: interval method -> the leaves it reads, in order; a name ending in ? may be left out.
        replicated: interval methods that need a replicate -> those they can have.
        methods: methods of metrics by method -> what each can give, the usual first; () when it is not built yet.
        in_series: those that read a series.
        settings: method -> parameters that it reads, each a number from 1.
        leaves: method -> leaves it reads by name; a name that ends in * stands for one of each class.
        families, levels: as MODEL.md has them.
        means: word -> what it means.
        citations: word -> who says so.
    """

    units: Mapping[str, str] = field(default_factory=dict)
    intervals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    replicated: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    methods: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    in_series: frozenset[str] = frozenset()
    settings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    leaves: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    families: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    means: Mapping[str, str] = field(default_factory=dict)
    citations: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Policies:
    """Everything that a policies folder holds, as it is read.

    Attributes:
        policies, calendars: by name.
        targets: of a workspace, in order.
        notes: in order.
        written_targets: each target of `targets` as written, for the checks that need the metrics.
        written_notes: likewise.
    """

    policies: dict[str, Policy] = field(default_factory=dict)
    calendars: dict[str, BusinessCalendar] = field(default_factory=dict)
    targets: list[Target] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    written_targets: list[Written] = field(default_factory=list)
    written_notes: list[Written] = field(default_factory=list)

    def add(self, document: Document, mistakes: list[Mistake], *, over: bool = False, draft: bool = False) -> None:
        """Read one document of a policies folder.

        With `over` it replaces a shipped one of the same name; a `draft` of targets stands for all that there are.
        """
        head = next((name for name in document.root.mapping if name in HEADS), None)
        if head is None:
            first = next(iter(document.root.mapping), "")
            hint = did_you_mean(first, HEADS) or f"one of: {', '.join(HEADS)}"
            message = f"a policy begins with its kind, found '{first}'" if first else "a policy begins with its kind"
            at = document.root.mapping.get(first, document.root)
            mistakes.append(at.mistake("unknown-policy-kind", message, field=first, hint=hint))
            return
        written = read(document.root, HEADS[head], mistakes)
        if head == "targets":
            if draft:
                self.targets, self.written_targets = [], []
            for one in written.records("targets"):
                self.written_targets.append(one)
                self.targets.append(target(one, one.text("metric"), mistakes))
            return
        if head == "notes":
            self._notes(written, mistakes)
            return
        name = written.text(head)
        known: Mapping[str, Policy | BusinessCalendar] = self.policies if head == "policy" else self.calendars
        if name in known and not over:
            message = f"the {head} '{name}' is written twice, first in {known[name].file}"
            mistakes.append(written.mistake("twice", message, head, hint="give one of them another name"))
        elif name and head == "policy":
            self.policies[name] = _policy(written, document.file, mistakes)
        elif name:
            self.calendars[name] = _calendar(written, document.file, mistakes)

    def _notes(self, written: Written, mistakes: list[Mistake]) -> None:
        for one in written.records("notes"):
            _days(one, ("from", "to"), mistakes)
            effect = one.text("effect", "annotate")
            if effect != "annotate" and "approver" not in one.item.mapping:
                message = f"a note that says '{effect}' changes numbers and needs an approver"
                mistakes.append(one.mistake("no-approver", message, "effect", hint="approver: who said so"))
            self.written_notes.append(one)
            self.notes.append(
                Note(
                    id=one.text("note"),
                    start=one.text("from"),
                    end=one.text("to"),
                    kind=one.text("kind", "release"),
                    effect=effect,
                    scope=one.named_texts("scope"),
                    metrics=one.texts("metrics"),
                    reason=one.text("reason"),
                    approver=one.text("approver"),
                    evidence=one.text("evidence"),
                    file=one.item.place.file,
                    line=one.item.entry.line,
                )
            )


def _policy(written: Written, file: str, mistakes: list[Mistake]) -> Policy:
    by = written.texts("by")
    values: dict[tuple[object, ...], float] = {}
    if "values" in written.values and by:
        _values(written.at("values"), (), len(by), values, mistakes)
    sets = written.text("sets")
    if sets:
        # Members of a set are texts, whatever they look like.
        values = {tuple(map(str, keys)): value for keys, value in values.items()}
        if len(by) > 1:
            message = f"a set is looked up by one key, here are {len(by)}"
            mistakes.append(written.mistake("sets", message, "sets", hint="take it out, or all keys but one"))
        for keys in values:
            if JOINT in str(keys[0]) or not keys[0]:
                message = f"'{keys[0]}' cannot be a member of a set"
                hint = f"a text without {JOINT}, which stands between members"
                mistakes.append(written.mistake("sets", message, "values", str(keys[0]), hint=hint))
    default = written.number("default")
    if default is not None:
        values[()] = default
    return Policy(
        name=written.text("policy"),
        by=by,
        values=values,
        sets=sets,
        version=written.whole("version", 1),
        unit=written.text("unit"),
        means=written.text("means"),
        citation=written.text("citation"),
        file=file,
        line=written.item.entry.line,
    )


def told(name: str, policies: Mapping[str, Policy]) -> tuple[str, str]:
    """Return a policy as the text that a derived table takes for an argument, or "" and what is wrong with it.

    Such as `degraded=0.5, outage=1.0`: sorted and in full, so that whatever depends on the argument follows the policy;
    `*` stands for every other key.
    """
    policy = policies.get(name)
    if policy is None:
        return "", f"there is no policy '{name}'"
    if len(policy.by) > 1:
        return "", f"policy {name} is looked up by {len(policy.by)} keys, a table takes one"
    pairs = sorted((str(keys[0]) if keys else "*", value) for keys, value in policy.values.items())
    return ", ".join(f"{key}={float(value)!r}" for key, value in pairs), ""


POLICY_NAMED = "policy "
"""An argument of a derived table that begins so names a policy."""


def _values(
    item: Item,
    keys: tuple[Scalar, ...],
    levels: int,
    values: dict[tuple[object, ...], float],
    mistakes: list[Mistake],
) -> None:
    path = ".".join(("values", *map(str, keys)))
    if len(keys) == levels:
        if isinstance(item.value, (int, float)) and not isinstance(item.value, bool):
            values[keys] = item.value
        else:
            message = f"a number is needed, found {'fields' if item.mapping else repr(item.text)}"
            mistakes.append(item.mistake("wrong-type", message, field=path, hint="a number, such as 2 or 0.5"))
        return
    if not isinstance(item.value, dict):
        message = f"the values are looked up by {levels} keys, here are {len(keys)}"
        mistakes.append(item.mistake("wrong-type", message, field=path, hint="one level of fields for each of `by`"))
        return
    for key, inner in item.mapping.items():
        scalar = resolved(key)
        # A key such as `no` is the text; only numbers are taken for what they say.
        one = scalar if isinstance(scalar, (int, float)) and not isinstance(scalar, bool) else key
        _values(inner, (*keys, one), levels, values, mistakes)


def _calendar(written: Written, file: str, mistakes: list[Mistake]) -> BusinessCalendar:
    zone = written.text("zone")
    if zone not in ("", "reporting") and (hint := zone_hint(zone)):
        mistakes.append(written.mistake("unknown-zone", f"'{zone}' is no time zone", "zone", hint=hint))
    week: list[tuple[tuple[int, int], ...]] = []
    inner = written.record("hours")
    for weekday in WEEKDAYS:
        text = inner.text(weekday) if inner else ""
        spans = hours(text) if text else ()
        if spans is None:
            message = f"'{text}' is no stretch of hours"
            hint = 'such as "09:00-17:00" or "09:00-12:30, 13:00-17:00"'
            mistakes.append(written.mistake("hours", message, "hours", weekday, hint=hint))
        week.append(spans or ())
    holidays = set()
    for place, text in enumerate(written.texts("holidays")):
        holiday = day(text)
        if holiday is None:
            message = f"'{text}' is no day"
            mistakes.append(written.mistake("day", message, "holidays", place, hint="such as 2026-12-25"))
        else:
            holidays.add(holiday)
    return BusinessCalendar(
        name=written.text("calendar"),
        zone="" if zone == "reporting" else zone,
        hours=tuple(week),
        holidays=frozenset(holidays),
        version=written.whole("version", 1),
        means=written.text("means"),
        file=file,
        line=written.item.entry.line,
    )


def _days(written: Written, fields: tuple[str, str], mistakes: list[Mistake]) -> None:
    """Check the first and last day of something dated."""
    read_days = []
    for name in fields:
        text = written.text(name)
        if text and day(text) is None:
            mistakes.append(written.mistake("day", f"'{text}' is no day", name, hint="such as 2026-12-25"))
        read_days.append(day(text) if text else None)
    first, last = read_days
    if first and last and first >= last:
        message = f"it ends on {last} and begins on {first}"
        mistakes.append(
            written.mistake("ends", message, fields[1], hint="the day after the last, later than the first")
        )


def target(written: Written, metric: str, mistakes: list[Mistake]) -> Target:
    """Return a target as written, with what is wrong with its ends."""
    low, high = written.number("lo"), written.number("hi")
    low_in, high_in = written.truth("lo_incl", default=True), written.truth("hi_incl", default=True)
    if low is None and high is None and not written.wrong & {"lo", "hi"}:
        mistakes.append(written.mistake("ends", "a target has `lo`, `hi` or both", hint="such as lo: 85"))
    elif low is not None and high is not None and (low > high or (low == high and not (low_in and high_in))):
        message = f"no value lies between {low:g} and {high:g}"
        mistakes.append(written.mistake("ends", message, "lo", hint="lo is the lower end, hi the upper"))
    _days(written, ("effective_from", "effective_to"), mistakes)
    return Target(
        metric=metric,
        lo=low,
        hi=high,
        lo_incl=low_in,
        hi_incl=high_in,
        scope=tuple(sorted(written.named_texts("scope").items())),
        source=written.text("source"),
        assumed=written.text("assumed"),
        effective_from=written.text("effective_from"),
        effective_to=written.text("effective_to"),
        kind=written.text("kind", "target"),
        licence=written.text("licence"),
    )


def choices(document: Document, mistakes: list[Mistake]) -> dict[str, RegisteredChoice]:
    """Read the choice register."""
    found = read(document.root, CHOICES, mistakes).named("choices")
    return {
        name: RegisteredChoice(
            id=name,
            question=written.text("question"),
            options=written.named_texts("options"),
            why=written.text("why"),
        )
        for name, written in found.items()
    }


def terms(document: Document, mistakes: list[Mistake]) -> Terms:
    """Read the closed lists of words."""
    written = read(document.root, TERMS, mistakes)
    units, intervals, methods = (written.named(name) for name in ("units", "intervals", "methods"))
    words = {**units, **intervals, **methods}
    return Terms(
        units={name: word.text("change", name) for name, word in units.items()},
        intervals={name: word.texts("of") for name, word in intervals.items()},
        replicated={name: word.texts("replicate") for name, word in intervals.items() if word.texts("replicate")},
        methods={name: word.texts("gives") for name, word in methods.items()},
        settings={name: word.texts("settings") for name, word in methods.items()},
        leaves={name: word.texts("of") for name, word in methods.items()},
        in_series=frozenset(name for name, word in methods.items() if word.truth("series")),
        families=written.texts("families"),
        levels=written.texts("levels"),
        means={name: word.text("means") for name, word in words.items()},
        citations={name: word.text("citation") for name, word in words.items() if word.text("citation")},
    )
