"""Metrics as written: which fields a file may have, and how one file builds on another.

A definition stays a tree of items that know their place, so that a mistake in an inherited or overridden text is
reported where that text stands.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.catalog.fields import Field, Record, Sort
from regard.catalog.places import Document, Item
from regard.catalog.policies import REPLICATES, TARGET
from regard.errors import did_you_mean
from regard.model import SENSITIVITIES, Good, Kind, Status

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.errors import Mistake

PER = Record(
    name="per",
    fields={
        "keys": Field(sort=Sort.TEXTS, required=True, single=True, means="columns, of which the first is the party"),
        "sums": Field(sort=Sort.NAMED_TEXTS, means="name -> what is summed over the rows of one key"),
    },
)
ROWS = Record(
    name="a row set",
    fields={
        "table": Field(sort=Sort.NAME, required=True, means="table or derived table"),
        "arguments": Field(sort=Sort.ANY, means="arguments of a derived table that differ from its defaults"),
        "where": Field(sort=Sort.TEXT, means="test on a row"),
        "at": Field(sort=Sort.NAME, means="instant whose period the row belongs to"),
        "delay": Field(sort=Sort.TEXT, means="added to `at`, such as 365 d"),
        "over": Field(sort=Sort.TEXTS, means="span that is split over periods: [start, end]"),
        "standing": Field(sort=Sort.TEXT, choices=("start", "end"), means="instant of the period that the span holds"),
        "span": Field(sort=Sort.TEXTS, means="span of a standing row set; the table's own when not said"),
        "window": Field(sort=Sort.TEXT, means="stretch that ends with the period, such as 12 months"),
        "keep": Field(sort=Sort.TEXT, means="last by COLUMN per COLUMN, COLUMN"),
        "per": Field(sort=Sort.RECORD, record=PER, means="reduce to one row per key and period"),
        "matures": Field(sort=Sort.TEXT, means="how long a row is not ripe, such as 7 d"),
        "same": Field(sort=Sort.TEXTS, single=True, means="columns that must not differ within a cell"),
        "shift": Field(sort=Sort.TEXT, means="by how much a span is moved later, such as 30 d"),
    },
)
PARAMETER = Record(
    name="a parameter",
    fields={
        "value": Field(sort=Sort.SCALAR, required=True, means="a number or a text"),
        "min": Field(sort=Sort.NUMBER, means="smallest value it may be edited to"),
        "max": Field(sort=Sort.NUMBER, means="largest value it may be edited to"),
        "editable": Field(sort=Sort.TRUTH, means="whether the workbook and the page offer it"),
        "means": Field(sort=Sort.TEXT, means="what it says"),
    },
)
INTERVAL = Record(
    name="an interval",
    fields={
        "method": Field(sort=Sort.TEXT, required=True, means="how it is made"),
        "of": Field(sort=Sort.TEXTS, single=True, means="leaves that the method reads, in order"),
        "replicate": Field(
            sort=Sort.TEXT,
            choices=REPLICATES,
            means="what is left out in turn: party, incident or day",
        ),
    },
)
SERIES = Record(
    name="a series",
    fields={
        "grain": Field(sort=Sort.TEXT, required=True, choices=("day", "minute"), means="what its elements are"),
        "window": Field(sort=Sort.TEXT, means="how far before the year of a period it begins, such as 5 years"),
    },
)
COVERAGE = Record(
    name="coverage",
    fields={
        "of": Field(sort=Sort.NAME, means="row set whose rows are looked at"),
        "share": Field(sort=Sort.TEXT, means="test on a row: whether it could be used"),
        "have": Field(sort=Sort.TEXT, means="leaf: what could be used"),
        "all": Field(sort=Sort.TEXT, means="leaf: what could have been"),
    },
)
METRIC = Record(
    name="a metric",
    fields={
        "metric": Field(sort=Sort.NAME, required=True, means="its one id"),
        "like": Field(sort=Sort.NAME, means="id of the metric whose fields it begins with"),
        "version": Field(sort=Sort.WHOLE, least=1, required=True, means="a whole number, raised with every change"),
        "status": Field(sort=Sort.TEXT, choices=tuple(Status), means="where the definition stands"),
        "title": Field(sort=Sort.TEXT, required=True, means="how people call it"),
        "aliases": Field(sort=Sort.TEXTS, single=True, means="other names by which it may be asked"),
        "question": Field(sort=Sort.TEXT, means="the question it answers"),
        "kind": Field(sort=Sort.TEXT, choices=tuple(Kind), required=True, means="which of the five kinds"),
        "rows": Field(sort=Sort.NAMED, record=ROWS, means="row sets by name"),
        "parameters": Field(sort=Sort.NAMED, record=PARAMETER, means="$parameters by name"),
        "options": Field(sort=Sort.ANY, means="choices of the register that touch it"),
        "leaves": Field(sort=Sort.NAMED_TEXTS, means="counts and sums by name"),
        "policies": Field(
            sort=Sort.NAMED_TEXTS, means="policy that its formulas look up -> policy that stands in for it"
        ),
        "value": Field(sort=Sort.TEXT, means="arithmetic over the leaves"),
        "n": Field(sort=Sort.TEXT, means="what it rests on: arithmetic over the leaves"),
        "repeat": Field(sort=Sort.ANY, means="row set -> dimensions over which the whole of it is repeated"),
        "unit": Field(sort=Sort.TEXT, means="unit of the value"),
        "good": Field(sort=Sort.TEXT, choices=tuple(Good), means="which way is better"),
        "target": Field(sort=Sort.LIST, record=TARGET, single=True, means="default target of its source"),
        "interval": Field(sort=Sort.RECORD, record=INTERVAL, means="how its interval is made"),
        "coverage": Field(sort=Sort.RECORD, record=COVERAGE, means="share of the rows that could be used"),
        "flags": Field(
            sort=Sort.NAMED_TEXTS, means="open, estimated or unknown -> arithmetic over the leaves: set where above 0"
        ),
        "min_change": Field(sort=Sort.NUMBER, least=0, means="smallest change that matters, in its unit"),
        "show_from_n": Field(sort=Sort.WHOLE, least=0, means="below this n the value is shown greyed"),
        "alert_from_n": Field(sort=Sort.WHOLE, least=0, means="below this n it raises no alert"),
        "dims": Field(sort=Sort.TEXTS, means="dimensions it may be cut by"),
        "by_default": Field(sort=Sort.TEXTS, single=True, means="dimensions it is always cut by"),
        "family": Field(sort=Sort.TEXT, means="family of the catalogue"),
        "code": Field(sort=Sort.TEXT, means="line of the catalogue, such as VOC-03"),
        "level": Field(sort=Sort.TEXT, means="leading, lagging, operational or outcome"),
        "grain": Field(sort=Sort.TEXT, means="what one row of it is"),
        "drives": Field(sort=Sort.TEXTS, single=True, means="ids it is meant to move"),
        "method": Field(sort=Sort.NAME, means="named method of a metric by method"),
        "series": Field(sort=Sort.RECORD, record=SERIES, means="the value by element of time, for the method"),
        "pending": Field(sort=Sort.TEXT, means="why a planned metric cannot be computed yet"),
        "decision": Field(sort=Sort.TEXT, means="what changes when it moves"),
        "owner": Field(sort=Sort.TEXT, means="who answers for it"),
        "sensitivity": Field(
            sort=Sort.TEXT,
            choices=SENSITIVITIES,
            means="who sees its numbers; internal, that is everybody, when not said",
        ),
        "citation": Field(sort=Sort.TEXT, means="who defined it"),
    },
)

NOT_INHERITED = frozenset({"metric", "like", "target", "aliases", "status"})
"""A target is one number's, a name one metric's, a standing one definition's; everything else is inherited."""
OVERRIDABLE = (
    "metric",
    "version",
    "status",
    "title",
    "aliases",
    "question",
    "options",
    "parameters",
    "target",
    "min_change",
    "show_from_n",
    "alert_from_n",
    "dims",
    "by_default",
    "level",
    "drives",
    "decision",
    "owner",
    "sensitivity",
)
"""What a workspace may change of a shipped metric; a different formula needs an id of its own."""
SAID_NONE = frozenset({"good", "method"})
"""Fields in which `none` is a value; in every other it takes the field away."""
ALONE = frozenset({"interval", "coverage", "per", "target", "keep"})
"""Fields that replace what they inherit instead of adding to it."""
IN_TIME = ("at", "delay", "over", "standing", "span", "matures")
"""The ways in time of a row set, with what belongs to them: a new way takes the old one away."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A metric as written.

    Attributes:
        id: its id.
        document: the document that defines it.
        tree: its fields, with those that it inherits and those that the workspace overrides.
        shipped: whether it comes with the product.
        picks: choice -> option that the workspace has picked.
        differs: choices and fields that the workspace overrides.
        over: the workspace's document that does.
    """

    id: str
    document: Document
    tree: Item
    shipped: bool = True
    picks: Mapping[str, Item] = field(default_factory=dict)
    differs: tuple[str, ...] = ()
    over: Document | None = None


def prepared(root: Item) -> Item:
    """Return a document with its parameters written in full: `promoter_from: 9` is `promoter_from: {value: 9}`."""
    parameters = root.mapping.get("parameters")
    if parameters is None or not isinstance(parameters.value, dict):
        return root
    full = {
        key: inner if isinstance(inner.value, (dict, list)) or inner.value is None
        else Item({"value": inner}, inner.text, inner.place, inner.entry)
        for key, inner in parameters.value.items()
    }  # fmt: skip
    return replace(root, value={**root.mapping, "parameters": replace(parameters, value=full)})


def without_nones(item: Item) -> Item:
    """Return the tree without the fields that say `none` or nothing; what options set is left as it is."""
    if not isinstance(item.value, dict):
        return item
    entries = {
        key: inner if key == "options" else without_nones(inner)
        for key, inner in item.value.items()
        if not says_none(key, inner)
    }
    return replace(item, value=entries)


def says_none(name: str, item: Item) -> bool:
    """Whether a field takes away what it inherits."""
    return item.value is None or (item.text == "none" and name not in SAID_NONE)


def merged(base: Item, over: Item, path: tuple[str, ...] = (), *, stay: bool = False) -> Item:
    """Return the base with what stands in `over`: fields are added and replaced, `none` takes away.

    With `stay` the whole keeps the place of the base; without, it stands where `over` stands.
    """
    name = path[-1] if path else ""
    if not (isinstance(base.value, dict) and isinstance(over.value, dict)) or name in ALONE:
        return over
    kept = dict(base.value)
    if len(path) == 2 and path[0] == "rows":  # noqa: PLR2004 - a row set
        if "table" in over.value and "table" in kept and over.value["table"].text != kept["table"].text:
            kept = {}
        if any(form in over.value for form in ("at", "over", "standing")):
            kept = {key: item for key, item in kept.items() if key not in IN_TIME}
    for key, item in over.value.items():
        if says_none(key, item):
            kept.pop(key, None)
        elif key in kept and path != ("options",):
            kept[key] = merged(kept[key], item, (*path, key), stay=stay)
        else:
            kept[key] = item
    if stay:
        return replace(base, value=kept)
    # What the later text says stands first, so that a message about the whole names it.
    return replace(over, value={**{key: kept[key] for key in over.value if key in kept}, **kept})


def inherited(base: Item, over: Item) -> Item:
    """Return a definition that begins with another's fields."""
    given = {key: item for key, item in base.mapping.items() if key not in NOT_INHERITED}
    return merged(replace(base, value=given), over)


def overridden(definition: Definition, document: Document, mistakes: list[Mistake]) -> Definition:
    """Return a shipped definition as the workspace has it."""
    allowed: dict[str, Item] = {}
    picks: dict[str, Item] = {}
    for name, item in document.root.mapping.items():
        if name not in METRIC.fields:
            hint = did_you_mean(name, OVERRIDABLE)
            mistakes.append(item.mistake("unknown-field", f"a metric has no field '{name}'", field=name, hint=hint))
        elif name not in OVERRIDABLE:
            message = f"'{name}' of the shipped metric {definition.id} cannot be overridden"
            hint = f"write a metric of your own that begins with `like: {definition.id}`"
            mistakes.append(item.mistake("not-overridable", message, field=name, hint=hint))
        elif name == "options":
            rest = {}
            for choice, setting in item.mapping.items():
                if isinstance(setting.value, dict) or says_none(choice, setting):
                    rest[choice] = setting
                else:
                    picks[choice] = setting
            if rest:
                allowed[name] = replace(item, value=rest)
        else:
            allowed[name] = item
    over = prepared(replace(document.root, value=allowed))
    silent = ("metric", "version", "options")
    changed = [*picks, *(name for name in document.root.mapping if name in OVERRIDABLE and name not in silent)]
    if "options" in allowed:
        changed += allowed["options"].mapping
    return replace(
        definition,
        tree=merged(definition.tree, over, stay=True),
        picks={**definition.picks, **picks},
        differs=tuple(dict.fromkeys((*definition.differs, *changed))),
        over=document,
    )


def nested(path: Sequence[str], item: Item) -> Item:
    """Return a tree that holds the item at a dotted path, and nothing else."""
    for step in reversed(path):
        item = Item({step: item}, "", item.place, item.entry)
    return item
