"""Text files to plain values that know their place; the only file that touches the YAML library.

Nothing is constructed, no tag is obeyed, and a file of an enemy costs little: size, depth and the number of values once
aliases are expanded are limited. What cannot be read becomes a `Mistake`, never an exception.
"""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple, cast

import yaml

from regard.errors import Mistake

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

LARGEST = 4_000_000
"""Bytes a file may have."""
DEEPEST = 40
"""Levels a document may have."""
MOST = 200_000
"""Values a document may have once its aliases are expanded."""

Scalar = str | int | float | bool | None
Plain = Scalar | list["Plain"] | dict[str, "Plain"]
"""What a document is without its places."""

WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})\Z")
DECIMAL = re.compile(r"[-+]?([0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)([eE][-+]?[0-9]{1,3})?\Z")
TRUTHS = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
BLANKS = frozenset({"", "~", "null", "Null", "NULL"})

HINTS = (
    (r"found character '\\t'", "indent with spaces, not with a tab"),
    (r"found character '[@`%|>&*!]'|found character .* that cannot start", "put the text in quotes"),
    (r"mapping values are not allowed", "put a text that holds ': ' in quotes, or check the indentation"),
    (r"could not find expected ':'", "write 'key: value'"),
    (r"expected <block end>", "check the indentation"),
    (r"expected ',' or", "close the bracket, or put a text that holds ',' or ':' in quotes"),
    (r"unexpected end of stream", "close the quotes"),
    (r"special characters are not allowed|control characters", "take out the invisible character"),
)
"""What a message of the YAML library means in plain words."""


class Place(NamedTuple):
    """Where something stands: file, line and column counted from 1."""

    file: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Item:
    """A value of a file.

    Attributes:
        value: a scalar, a list of items, or a mapping of keys (as written) to items.
        text: a scalar as written, so that `no` can be a truth and a country; "" for the rest, unless a scalar was
            written for a mapping.
        place: where the value begins.
        entry: where its line of the file begins: the key of a mapping, the item of a list, the document.
        simple: whether a scalar stands on one line without escapes, so that columns inside it can be counted.
        size: values in it, itself included.
        height: levels in it, itself included.
    """

    value: Scalar | list[Item] | dict[str, Item]
    text: str
    place: Place
    entry: Place
    simple: bool = False
    size: int = 1
    height: int = 1

    @property
    def mapping(self) -> dict[str, Item]:
        """The entries of a mapping; none for anything else."""
        return self.value if isinstance(self.value, dict) else {}

    @property
    def items(self) -> list[Item]:
        """The items of a list; none for anything else."""
        return self.value if isinstance(self.value, list) else []

    @property
    def shown(self) -> str:
        """The text as written, shortened: of a mapping its first entry, of a list its items."""
        if isinstance(self.value, dict) and not self.text:
            return next((f"{key}: {item.shown}" for key, item in self.value.items()), "{}")
        if isinstance(self.value, list):
            return "[" + ", ".join(item.shown for item in self.value[:5]) + "]"
        return self.text

    def plain(self) -> Plain:
        """Return the value without its places."""
        if isinstance(self.value, dict):
            return {key: item.plain() for key, item in self.value.items()}
        if isinstance(self.value, list):
            return [item.plain() for item in self.value]
        return self.value

    def get(self, path: Sequence[str | int]) -> Item | None:
        """Return what stands at a path of keys and list positions, None when nothing does."""
        item: Item | None = self
        for step in path:
            if item is None:
                return None
            if isinstance(step, int):
                item = item.items[step] if step < len(item.items) else None
            else:
                item = item.mapping.get(step)
        return item

    def mistake(self, rule: str, message: str, *, field: str = "", hint: str = "", column: int = 0) -> Mistake:
        """Return a mistake at this value; `column` counts characters inside a scalar from 1."""
        place = self.entry if column == 0 else self.place
        shown = self.shown
        inside = place.column + column - 1 if column and self.simple else 0
        return Mistake(
            rule=rule,
            message=message,
            file=place.file,
            line=place.line,
            column=inside if column else place.column,
            field=field,
            value=shown if len(shown) <= 200 else shown[:197] + "...",  # noqa: PLR2004 - two lines of a terminal
            hint=hint,
        )


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file.

    Attributes:
        file: path of the file.
        root: its value.
        source: its text as written, comments included.
    """

    file: str
    root: Item
    source: str = ""

    @property
    def data(self) -> Plain:
        """The document without its places."""
        return self.root.plain()

    def place(self, path: Sequence[str | int] = ()) -> tuple[int, int]:
        """Return line and column of the entry at a path, or of the nearest thing above it that exists."""
        for length in range(len(path), -1, -1):
            item = self.root.get(path[:length])
            if item is not None:
                return item.entry.line, item.entry.column
        return self.root.entry.line, self.root.entry.column


def yaml_files(folder: Path) -> list[Path]:
    """Return the YAML files of a folder and its folders, in order of their names."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.rglob("*") if path.suffix in (".yaml", ".yml") and path.is_file())


def read_yaml(path: Path, mistakes: list[Mistake]) -> list[Document]:
    """Read the documents of a YAML file.

    Args:
        path: the file.
        mistakes: what is wrong is appended; documents before the first unreadable place are still returned.
    """
    text = read_text(path, mistakes)
    return [] if text is None else parse_yaml(text, str(path), mistakes)


def read_text(path: Path, mistakes: list[Mistake]) -> str | None:
    """Return the text of a UTF-8 file, None after a mistake."""
    file = str(path)
    try:
        if path.stat().st_size > LARGEST:
            message = f"the file has {path.stat().st_size} bytes, more than {LARGEST}"
            mistakes.append(Mistake(rule="too-large", message=message, file=file, hint="split it"))
            return None
        data = path.read_bytes()
    except OSError as error:
        mistakes.append(Mistake(rule="unreadable", message=f"cannot be read: {error.strerror}", file=file))
        return None
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        message = "the file is written in UTF-16"
        mistakes.append(Mistake(rule="encoding", message=message, file=file, line=1, hint="save it as UTF-8"))
        return None
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        message = f"byte {data[error.start]:#04x} is not UTF-8"
        mistakes.append(Mistake(rule="encoding", message=message, file=file, line=line, hint="save it as UTF-8"))
        return None


def parse_yaml(text: str, file: str, mistakes: list[Mistake]) -> list[Document]:
    """Read the documents of a YAML text; see `read_yaml`."""
    if len(text) > LARGEST:
        mistakes.append(Mistake(rule="too-large", message=f"the text is longer than {LARGEST}", file=file))
        return []
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    composer = _Composer(text, file)
    documents: list[Document] = []
    try:
        documents.extend(composer.documents())
    except yaml.YAMLError as error:
        # The fast parser is terse; the slow one says the same mistake in the same words everywhere. But newer fast
        # ones have a limit of their own on how deep brackets nest, and there the slow one would take seconds.
        deep = "nesting depth" in str(error)
        mistakes.append(_too_deep(error, file) if deep else _broken(text, file))
    except _Refused as refused:
        composer.mistakes.append(refused.mistake)
    mistakes.extend(composer.mistakes)
    return documents


def _too_deep(error: yaml.YAMLError, file: str) -> Mistake:
    mark = getattr(error, "problem_mark", None)
    line, column = (mark.line + 1, mark.column + 1) if mark else (1, 0)
    return Mistake(rule="too-deep", message=f"more than {DEEPEST} levels deep", file=file, line=line, column=column)


def _broken(text: str, file: str) -> Mistake:
    try:
        for _ in yaml.parse(text, Loader=yaml.SafeLoader):
            pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = " ".join((error.problem or "not YAML").split())
        hint = next((hint for pattern, hint in HINTS if re.search(pattern, problem)), "")
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 0)
        return Mistake(rule="yaml", message=f"not YAML: {problem}", file=file, line=line, column=column, hint=hint)
    except yaml.YAMLError as error:
        position = getattr(error, "position", 0)
        line = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        hint = "take out the invisible character"
        return Mistake(
            rule="yaml", message="not YAML: a character that is not allowed", file=file, line=line, hint=hint
        )
    return Mistake(rule="yaml", message="not YAML", file=file, line=1)


def mark(event: yaml.Event, *, end: bool = False) -> yaml.Mark:
    """Return where an event begins or ends; every event of a parsed text has both."""
    found = event.end_mark if end else event.start_mark
    if found is None:
        raise TypeError(event)
    return cast("yaml.Mark", found)


class _Refused(Exception):  # noqa: N818 - never leaves this file
    """A document that is not read to its end."""

    def __init__(self, mistake: Mistake) -> None:
        super().__init__(str(mistake))
        self.mistake = mistake


class _Composer:
    """Builds items from the events of one text."""

    def __init__(self, text: str, file: str) -> None:
        self.text = text
        self.file = file
        self.mistakes: list[Mistake] = []
        self.anchors: dict[str, Item] = {}
        loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
        self.events: Iterator[yaml.Event] = iter(yaml.parse(text, Loader=loader))

    def documents(self) -> Iterator[Document]:
        lines = self.text.splitlines(keepends=True)
        for event in self.events:
            if isinstance(event, yaml.DocumentStartEvent):
                self.anchors = {}
                first = next(self.events)
                start = mark(event).line
                root = self.item(first, self.place(first), 1)
                end = mark(next(self.events))
                source = "".join(lines[start : end.line + (0 if end.column == 0 else 1)])
                if root.value is not None:
                    yield Document(self.file, root, source.removeprefix("---\n"))

    def place(self, event: yaml.Event) -> Place:
        return Place(self.file, mark(event).line + 1, mark(event).column + 1)

    def refuse(self, event: yaml.Event, rule: str, message: str, hint: str = "") -> Mistake:
        place = self.place(event)
        return Mistake(rule=rule, message=message, file=self.file, line=place.line, column=place.column, hint=hint)

    def item(self, event: yaml.Event, entry: Place, depth: int) -> Item:
        if depth > DEEPEST:
            raise _Refused(self.refuse(event, "too-deep", f"more than {DEEPEST} levels deep"))
        if isinstance(event, yaml.AliasEvent):
            return self.alias(event, entry)
        tag = getattr(event, "tag", None)
        if tag not in (None, "!", "tag:yaml.org,2002:str"):
            self.mistakes.append(self.refuse(event, "tag", f"the tag '{tag}' is not read", "leave it out"))
        if isinstance(event, yaml.ScalarEvent):
            item = self.scalar(event, entry)
        elif isinstance(event, yaml.SequenceStartEvent):
            item = self.sequence(event, entry, depth)
        else:
            item = self.mapping(event, entry, depth)
        if item.height > DEEPEST:
            raise _Refused(self.refuse(event, "too-deep", f"more than {DEEPEST} levels deep"))
        if item.size > MOST:
            raise _Refused(self.refuse(event, "too-large", f"more than {MOST} values"))
        anchor = getattr(event, "anchor", None)
        if anchor:
            self.anchors[anchor] = item
        return item

    def alias(self, event: yaml.AliasEvent, entry: Place) -> Item:
        known = self.anchors.get(str(event.anchor))
        if known is None:
            self.mistakes.append(self.refuse(event, "unknown-alias", f"'*{event.anchor}' stands for nothing above it"))
            return Item(None, "", self.place(event), entry)
        return Item(known.value, known.text, known.place, entry, known.simple, known.size, known.height)

    def scalar(self, event: yaml.ScalarEvent, entry: Place) -> Item:
        text = str(event.value)
        plain = event.style in (None, "") and event.tag is None
        start, end = mark(event), mark(event, end=True)
        quotes = 0 if event.style in (None, "") else 2
        simple = start.line == end.line and end.column - start.column == len(text) + quotes
        place = self.place(event)
        if quotes and simple:
            place = Place(place.file, place.line, place.column + 1)
        if event.style in ("|", ">"):
            place = Place(place.file, place.line + 1, 1)
        return Item(resolved(text) if plain else text, text, place, entry, simple)

    def sequence(self, event: yaml.Event, entry: Place, depth: int) -> Item:
        items: list[Item] = []
        size = height = 1
        while not isinstance(inner := next(self.events), yaml.SequenceEndEvent):
            items.append(self.item(inner, self.place(inner), depth + 1))
            size += items[-1].size
            height = max(height, items[-1].height + 1)
        return Item(items, "", self.place(event), entry, size=size, height=height)

    def mapping(self, event: yaml.Event, entry: Place, depth: int) -> Item:
        entries: dict[str, Item] = {}
        size = height = 1
        while not isinstance(inner := next(self.events), yaml.MappingEndEvent):
            place = self.place(inner)
            key = self.item(inner, place, depth + 1)
            item = self.item(next(self.events), place, depth + 1)
            size += 1 + item.size
            height = max(height, item.height + 1)
            if isinstance(key.value, (list, dict)):
                hint = "put a text that begins with [ or { in quotes"
                self.mistakes.append(self.refuse(inner, "key", "a key must be a single word or text", hint))
            elif key.text == "<<":
                self.mistakes.append(self.refuse(inner, "key", "'<<' is not read", "write the entries out"))
            elif key.text in entries:
                first = entries[key.text].entry.line
                message = f"'{key.text}' stands here a second time, first in line {first}"
                mistake = self.refuse(inner, "duplicate-key", message, "keep one of the two")
                self.mistakes.append(replace(mistake, value=key.text))
            else:
                entries[key.text] = item
        return Item(entries, "", self.place(event), entry, size=size, height=height)


def resolved(text: str) -> Scalar:
    """Return what a plain scalar says: a number, a truth, nothing, or a text.

    Numbers are decimal only (`010`, `0x1f` and `12:30` are texts), so nothing is changed behind the author's back.
    """
    if text in BLANKS:
        return None
    if text.lower() in TRUTHS and (text.islower() or text.isupper() or text.istitle()):
        return TRUTHS[text.lower()]
    if WHOLE.match(text):
        return int(text)
    if DECIMAL.match(text) and not re.match(r"[-+]?0[0-9]", text):
        number = float(text)
        return number if math.isfinite(number) else text
    return text


def read_toml(path: Path, mistakes: list[Mistake]) -> Document | None:
    """Read a TOML file as a document; None after a mistake. Lines are found by searching for the keys."""
    text = read_text(path, mistakes)
    if text is None:
        return None
    file = str(path)
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        message = str(error)
        found = re.search(r" \(at line (\d+), column (\d+)\)", message)
        line, column = (int(found[1]), int(found[2])) if found else (1 + text.rstrip().count("\n"), 0)
        problem = re.sub(r" \(at [^)]*\)", "", message)
        mistakes.append(Mistake(rule="toml", message=f"not TOML: {problem}", file=file, line=line, column=column))
        return None
    except RecursionError:
        mistakes.append(Mistake(rule="too-deep", message="more levels deep than can be read", file=file))
        return None
    return Document(file, _toml(cast("Mapping[str, object]", data), file, text.splitlines(), 0, ""), text)


def _toml(data: Mapping[str, object], file: str, lines: Sequence[str], start: int, header: str) -> Item:
    """Give a table of a TOML file its places: keys are searched below the table's header."""
    entries: dict[str, Item] = {}
    for key, value in data.items():
        inner = f"{header}.{key}" if header else key
        pattern = rf"\s*\[+\s*{re.escape(inner)}\s*\]+|\s*(\w+\.)*[\"']?{re.escape(key)}[\"']?\s*[=.]"
        line = next((n for n in range(start, len(lines)) if re.match(pattern, lines[n])), start)
        place = Place(file, line + 1, 1)
        if isinstance(value, dict):
            inside = _toml(value, file, lines, line, inner)
            entries[key] = Item(inside.value, "", place, place, size=inside.size)
        elif isinstance(value, list):
            entries[key] = Item([_toml_value(item, place) for item in value], "", place, place)
        else:
            entries[key] = _toml_value(value, place)
    return Item(entries, "", Place(file, start + 1, 1), Place(file, start + 1, 1))


def _toml_value(value: object, place: Place) -> Item:
    if isinstance(value, list):
        return Item([_toml_value(item, place) for item in value], "", place, place)
    if isinstance(value, dict):
        return Item({str(key): _toml_value(item, place) for key, item in value.items()}, "", place, place)
    if isinstance(value, bool):
        return Item(value, "true" if value else "false", place, place)
    if isinstance(value, (int, float, str)):
        return Item(value, str(value), place, place)
    return Item(str(value), str(value), place, place)
