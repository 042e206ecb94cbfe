"""Which fields a file may have: records as tables, so that every file is refused in the same words."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from regard.errors import AuthorError, Mistake, did_you_mean
from regard.expr import check, parse

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.catalog.places import Item
    from regard.expr import Node, Type, Types


class Sort(StrEnum):
    """What may stand in a field."""

    TEXT = "text"
    NAME = "name"
    NUMBER = "number"
    WHOLE = "whole number"
    TRUTH = "yes or no"
    SCALAR = "value"
    TEXTS = "list of texts"
    RECORD = "record"
    LIST = "list of records"
    NAMED = "named records"
    NAMED_TEXTS = "named texts"
    ANY = "anything"


NAME = re.compile(r"[a-z][a-z0-9_]*\Z")


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """One field of a record.

    Attributes:
        sort: what may stand in it.
        required: whether a record without it is a mistake.
        choices: the texts that are allowed, or () for any.
        record: what a RECORD, the items of a LIST or the entries of NAMED are.
        least, most: ends of a number.
        single: whether a LIST or TEXTS of one may be written without the list.
        means: what it says, in one line of the reference.
    """

    sort: Sort
    required: bool = False
    choices: Sequence[str] = ()
    record: Record | None = None
    least: float | None = None
    most: float | None = None
    single: bool = False
    means: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A kind of mapping in a file.

    Attributes:
        name: how it is called in a message: "a metric", "a column".
        fields: its fields by name.
    """

    name: str
    fields: Mapping[str, Field]


@dataclass(slots=True)
class Written:
    """A record as written: what could be read of it, and where it stands.

    Attributes:
        item: the mapping.
        path: dotted path of the record in its file.
        values: fields that stand in the file and are right: texts, numbers, truths, lists of texts, `Written` records.
        wrong: fields that stand in the file and are not right; a mistake has been made of each.
    """

    item: Item
    path: str = ""
    values: dict[str, object] = field(default_factory=dict)
    wrong: set[str] = field(default_factory=set)

    def text(self, name: str, default: str = "") -> str:
        """Return a text field."""
        value = self.values.get(name, default)
        return value if isinstance(value, str) else default

    def number(self, name: str) -> float | None:
        """Return a number field, None when it is not there."""
        value = self.values.get(name)
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None

    def whole(self, name: str, default: int = 0) -> int:
        """Return a whole-number field."""
        value = self.values.get(name, default)
        return value if isinstance(value, int) else default

    def truth(self, name: str, *, default: bool = False) -> bool:
        """Return a yes-or-no field."""
        return bool(self.values.get(name, default))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.values.get(name, ())
        return value if isinstance(value, tuple) else ()

    def record(self, name: str) -> Written | None:
        """Return an inner record, None when it is not there."""
        value = self.values.get(name)
        return value if isinstance(value, Written) else None

    def records(self, name: str) -> list[Written]:
        """Return a list of inner records."""
        value = self.values.get(name, [])
        return value if isinstance(value, list) else []

    def named(self, name: str) -> dict[str, Written]:
        """Return inner records by name."""
        value = self.values.get(name, {})
        return value if isinstance(value, dict) else {}

    def named_texts(self, name: str) -> dict[str, str]:
        """Return texts by name."""
        value = self.values.get(name, {})
        return value if isinstance(value, dict) else {}

    def at(self, *steps: str | int) -> Item:
        """Return the item at a path below this record, or the nearest above it."""
        for length in range(len(steps), -1, -1):
            item = self.item.get(steps[:length])
            if item is not None:
                return item
        return self.item

    def mistake(self, rule: str, message: str, *steps: str | int, hint: str = "", column: int = 0) -> Mistake:
        """Return a mistake at a path below this record."""
        name = dotted(self.path, *steps)
        found = self.item.get(steps) is not None
        return self.at(*steps).mistake(rule, message, field=name, hint=hint, column=column if found else 0)

    def expression(
        self,
        steps: tuple[str | int, ...],
        types: Types,
        wanted: Type | None,
        mistakes: list[Mistake],
    ) -> Node | None:
        """Return the row expression that stands in a field, None after mistakes, which are appended."""
        text = self.at(*steps).text
        try:
            node = parse(text, "row")
            found = check(node, types, wanted)[1]
        except AuthorError as error:
            node, found = None, list(error.mistakes)
        mistakes += [self.mistake(one.rule, one.message, *steps, hint=one.hint, column=one.column) for one in found]
        return None if found else node


def dotted(path: str, *steps: str | int) -> str:
    """Return the dotted path of a field: `rows.answers.where`, `columns.2`."""
    return ".".join(str(step) for step in (path, *steps) if step != "")


def read(item: Item, record: Record, mistakes: list[Mistake], path: str = "") -> Written:
    """Read a mapping as a record.

    Args:
        item: what stands in the file.
        record: what may stand there.
        mistakes: unknown and missing fields, wrong types and choices are appended.
        path: dotted path of the record in its file.

    Returns:
        What could be read; wrong fields are left out of `values` and listed in `wrong`.
    """
    written = Written(item, path)
    if not isinstance(item.value, dict):
        message = f"{record.name} is written as fields with values, found {described(item)}"
        hint = f"such as {next(iter(record.fields))}: ..."
        mistakes.append(item.mistake("wrong-type", message, field=path, hint=hint))
        return written
    for name, inner in item.mapping.items():
        known = record.fields.get(name)
        here = dotted(path, name)
        if known is None:
            hint = did_you_mean(name, record.fields)
            mistake = inner.mistake("unknown-field", f"{record.name} has no field '{name}'", field=here, hint=hint)
            mistakes.append(mistake)
            continue
        before = len(mistakes)
        value = _value(inner, known, here, mistakes)
        if value is None and len(mistakes) == before and inner.value is None:
            if known.required:
                mistakes.append(inner.mistake("missing-field", f"'{name}' is empty", field=here, hint=_wanted(known)))
                written.wrong.add(name)
            continue
        if value is None:
            written.wrong.add(name)
        else:
            written.values[name] = value
    for name, known in record.fields.items():
        if known.required and name not in item.mapping:
            message = f"{record.name} needs '{name}'"
            mistakes.append(item.mistake("missing-field", message, field=dotted(path, name), hint=_wanted(known)))
            written.wrong.add(name)
    return written


def described(item: Item) -> str:
    """Return how to call what stands in a file."""
    if isinstance(item.value, dict):
        return "fields"
    if isinstance(item.value, list):
        return "a list"
    return f"'{item.text}'" if item.text else "nothing"


def _wanted(known: Field) -> str:
    return known.means or (f"one of: {', '.join(known.choices)}" if known.choices else "")


def _value(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    """Return what a field holds, None when it holds nothing or a mistake was made of it."""
    if item.value is None:
        return None
    reader = {
        Sort.RECORD: _record,
        Sort.LIST: _list,
        Sort.NAMED: _named,
        Sort.TEXTS: _texts,
        Sort.NAMED_TEXTS: _named_texts,
    }.get(known.sort)
    if reader is not None:
        return reader(item, known, path, mistakes)
    if known.sort is Sort.ANY:
        return item
    return _scalar(item, known, path, mistakes)


def _wrong(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> None:
    article = "" if known.sort in (Sort.TRUTH, Sort.NAMED, Sort.NAMED_TEXTS, Sort.ANY) else "a "
    message = f"{article}{known.sort} is needed, found {described(item)}"
    mistakes.append(item.mistake("wrong-type", message, field=path, hint=_wanted(known)))


def _scalar(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    value = item.value
    if isinstance(value, (dict, list)):
        _wrong(item, known, path, mistakes)
        return None
    fits = {
        Sort.NUMBER: isinstance(value, (int, float)) and not isinstance(value, bool),
        Sort.WHOLE: isinstance(value, int) and not isinstance(value, bool),
        Sort.TRUTH: isinstance(value, bool),
    }.get(known.sort, True)
    if not fits:
        _wrong(item, known, path, mistakes)
        return None
    if known.sort in (Sort.NUMBER, Sort.WHOLE) and isinstance(value, (int, float)):
        return _number(value, item, known, path, mistakes)
    if known.sort is Sort.TRUTH or known.sort is Sort.SCALAR:
        return value
    return _text(item, known, path, mistakes)


def _number(value: float, item: Item, known: Field, path: str, mistakes: list[Mistake]) -> float | None:
    low, high = known.least, known.most
    # Asked this way round, so that NaN, which is neither below nor above, is not inside either.
    inside = (low is None or value >= low) and (high is None or value <= high)
    if not inside:
        ends = " and ".join(part for part in (_end("at least", low), _end("at most", high)) if part)
        mistakes.append(item.mistake("out-of-range", f"{item.text} is out of range", field=path, hint=ends))
        return None
    return value


def _text(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> str | None:
    text = item.text
    if known.choices and text not in known.choices:
        hint = did_you_mean(text, known.choices) or f"one of: {', '.join(known.choices)}"
        mistakes.append(item.mistake("bad-choice", f"'{text}' is not a choice", field=path, hint=hint))
        return None
    if known.sort is Sort.NAME and not NAME.match(text):
        hint = "lower-case letters, digits and _, beginning with a letter"
        mistakes.append(item.mistake("bad-name", f"'{text}' is not a name", field=path, hint=hint))
        return None
    return text


def _end(word: str, value: float | None) -> str:
    return "" if value is None else f"{word} {value:g}"


def _record(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    record = known.record or Record(name="a record", fields={})
    before = len(mistakes)
    written = read(item, record, mistakes, path)
    return None if len(mistakes) > before and not isinstance(item.value, dict) else written


def _list(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    if not isinstance(item.value, list):
        if known.single and isinstance(item.value, dict):
            return [_record(item, known, path, mistakes)]
        _wrong(item, known, path, mistakes)
        return None
    read_items = [_record(inner, known, dotted(path, place), mistakes) for place, inner in enumerate(item.items)]
    return [one for one in read_items if one is not None]


def _named(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    if not isinstance(item.value, dict):
        _wrong(item, known, path, mistakes)
        return None
    found = {name: _record(inner, known, dotted(path, name), mistakes) for name, inner in item.mapping.items()}
    return {name: one for name, one in found.items() if one is not None}


def _texts(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    alone = known.single and not isinstance(item.value, (list, dict))
    if not alone and not isinstance(item.value, list):
        _wrong(item, known, path, mistakes)
        return None
    texts: list[str] = []
    for place, one in enumerate([item] if alone else item.items):
        here = dotted(path, place)
        if isinstance(one.value, (list, dict)) or not one.text:
            message = f"a text is needed, found {described(one)}"
            mistakes.append(one.mistake("wrong-type", message, field=here, hint=_wanted(known)))
        elif (text := _text(one, known, here, mistakes)) is not None:
            texts.append(text)
    return tuple(texts)


def _named_texts(item: Item, known: Field, path: str, mistakes: list[Mistake]) -> object | None:
    if not isinstance(item.value, dict):
        _wrong(item, known, path, mistakes)
        return None
    found: dict[str, str] = {}
    for name, one in item.mapping.items():
        if one.value is None:
            continue
        if isinstance(one.value, (list, dict)):
            message = f"a text is needed, found {described(one)}"
            mistakes.append(one.mistake("wrong-type", message, field=dotted(path, name), hint=_wanted(known)))
        else:
            found[name] = one.text
    return found
