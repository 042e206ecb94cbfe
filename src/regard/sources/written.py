"""Mapping files as they are written: which fields there are, and what each says, all mistakes at once.

What needs the rows' own columns (does this column exist? is it a number?) is checked in `bind`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from regard.catalog import Field as Known, Record, Sort, Written, read, read_yaml
from regard.errors import AuthorError, Mistake, did_you_mean
from regard.expr import Type, parse
from regard.model.sources import Aggregate, Collapse, Field, Read, Rule, Source, TableMap, Unpivot
from regard.sources import rules
from regard.sources.zones import known_zone
from regard.sql.mapping import ADDED, completed, identifying, own_id

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from regard.catalog import Document, Item
    from regard.expr import Node
    from regard.model import Table

NAME = re.compile(r"[a-z][a-z0-9_]*\Z")
LENGTH = re.compile(r"(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)\Z")
TYPES: Mapping[str, tuple[Type, bool]] = {
    "text": (Type.TEXT, False),
    "number": (Type.NUMBER, False),
    "integer": (Type.NUMBER, True),
    "truth": (Type.TRUTH, False),
    "instant": (Type.INSTANT, False),
    "day": (Type.DAY, False),
    "duration": (Type.DURATION, False),
}
KINDS: Mapping[str, tuple[str, ...]] = {
    "csv": ("delimiter", "quote", "encoding", "skip", "header", "names", "each", "split"),
    "parquet": ("each", "split"),
    "jsonl": ("each", "split"),
    "excel": ("sheet", "skip", "each", "split"),
    "sql": ("query", "table", "watermark"),
}
"""Kinds of place that rows are read from, with their options."""
AGGREGATES = {
    "sum": 1, "min": 1, "max": 1, "mean": 1, "count": 0, "distinct": 1, "first": 2, "last": 2, "any": 1, "all": 1,
}  # fmt: skip
AGGREGATE = re.compile(r"\s*([a-z]+)\s*\((.*)\)\s*\Z", re.DOTALL)
SOONEST = rules.UNITS["min"]
"""Sooner than this the schedule reads no source again: it looks that seldom."""
PASSWORD = re.compile(r"^[a-z+]+://[^/@:]*:(?!\$\{?\w+\}?@)[^@/]+@")

READ = Record(
    name="read",
    fields={
        "csv": Known(sort=Sort.TEXT, means="path or pattern of CSV files, .gz too"),
        "parquet": Known(sort=Sort.TEXT, means="path or pattern of Parquet files"),
        "jsonl": Known(
            sort=Sort.TEXT, means="path or pattern of files with one JSON object a line, or with one list of objects"
        ),
        "excel": Known(sort=Sort.TEXT, means="path or pattern of Excel files"),
        "sql": Known(sort=Sort.TEXT, means="url of a database, or $NAME of an environment variable that holds it"),
        "delimiter": Known(sort=Sort.TEXT, means="what stands between two cells; found in the header when not said"),
        "quote": Known(sort=Sort.TEXT, means='what stands around a cell; " when not said'),
        "encoding": Known(sort=Sort.TEXT, means="encoding of the text; utf-8 when not said"),
        "skip": Known(sort=Sort.WHOLE, least=0, most=1000, means="lines before the header"),
        "header": Known(sort=Sort.TRUTH, means="whether the first line names the columns; yes when not said"),
        "names": Known(sort=Sort.TEXTS, means="names of the columns of a file without a header"),
        "sheet": Known(sort=Sort.SCALAR, means="name of the sheet, or its number from 1; the first when not said"),
        "query": Known(sort=Sort.TEXT, means="the question to the database"),
        "table": Known(sort=Sort.TEXT, means="the table of the database"),
        "each": Known(sort=Sort.TEXT, means="column that holds a list: its row is read once for each element"),
        "split": Known(sort=Sort.TEXT, means="what stands between two elements of `each`; a JSON list when not said"),
        "watermark": Known(sort=Sort.TEXT, means="column that only grows: unchanged, it lets a load skip the source"),
    },
)
UNPIVOT = Record(
    name="unpivot",
    fields={
        "columns": Known(sort=Sort.ANY, required=True, means="raw column -> constants of its rows"),
        "to": Known(sort=Sort.NAME, required=True, means="name of the cell's value"),
        "blank": Known(
            sort=Sort.TEXT, choices=("keep", "drop"), means="what becomes of blank cells; keep when not said"
        ),
    },
)
COLLAPSE = Record(
    name="collapse",
    fields={
        "by": Known(sort=Sort.TEXTS, single=True, required=True, means="fields or raw columns that make the key"),
        "columns": Known(
            sort=Sort.NAMED_TEXTS, required=True, means="name -> sum(x), min(x), max(x), mean(x), count() ..."
        ),
    },
)
TABLE = Record(
    name="a table of a source",
    fields={
        "table": Known(sort=Sort.NAME, required=True, means="the table to fill"),
        "id": Known(sort=Sort.TEXTS, single=True, means="columns that make a row itself"),
        "where": Known(sort=Sort.TEXT, means="test on a row: the others do not belong to this table"),
        "party": Known(sort=Sort.ANY, means="{system: ..., from: ...}: whose row it is"),
        "columns": Known(sort=Sort.ANY, means="our column -> rule"),
        "unpivot": Known(sort=Sort.RECORD, record=UNPIVOT, means="one row for each question of a wide export"),
        "collapse": Known(sort=Sort.RECORD, record=COLLAPSE, means="one row for each key from several lines"),
    },
)
SOURCE = Record(
    name="a source",
    fields={
        "source": Known(sort=Sort.NAME, required=True, means="its name"),
        "means": Known(sort=Sort.TEXT, means="one sentence about it"),
        "read": Known(
            sort=Sort.RECORD, record=READ, required=True, means="where the rows are, such as {csv: data/*.csv}"
        ),
        "zone": Known(sort=Sort.TEXT, means="IANA zone of times that carry none, such as Europe/Berlin"),
        "missing": Known(sort=Sort.ANY, means="texts that mean blank in every column"),
        "skew": Known(sort=Sort.TEXT, means="by how much its clocks may be off, such as 5 min"),
        "fresh": Known(sort=Sort.TEXT, means="how old its newest row may be, such as 26 h"),
        "every": Known(sort=Sort.TEXT, means="how often the schedule reads it again, such as 15 min, 1 h or 24 h"),
        "reject_limit": Known(
            sort=Sort.NUMBER,
            least=0,
            most=100,
            means="percent of its rows that may be turned away; as regard.toml says",
        ),
        "optional": Known(sort=Sort.TEXTS, single=True, means="columns that a file may lack"),
        "fields": Known(sort=Sort.ANY, means="typed names for raw columns"),
        "tables": Known(sort=Sort.LIST, single=True, record=TABLE, required=True, means="what to make of each row"),
    },
)


def read_sources(folder: Path, tables: Mapping[str, Table]) -> tuple[tuple[Source, ...], list[Mistake]]:
    """Read every mapping file of a folder.

    Args:
        folder: where the files are; it need not exist.
        tables: tables by name.

    Returns:
        The sources in order of their files, and all mistakes; a source with mistakes is not among the sources.
    """
    found: list[Source] = []
    mistakes: list[Mistake] = []
    seen: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")) + sorted(folder.glob("*.yml")):
        for document in read_yaml(path, mistakes):
            source = read_source(document, tables, mistakes)
            if source is None:
                continue
            if source.name in seen:
                message = f"the source '{source.name}' is described twice, first in {seen[source.name]}"
                item = document.root.mapping["source"]
                mistakes.append(item.mistake("twice", message, field="source", hint="give one of them another name"))
                continue
            seen[source.name] = source.file
            found.append(source)
    return tuple(found), mistakes


def read_source(document: Document, tables: Mapping[str, Table], mistakes: list[Mistake]) -> Source | None:
    """Read one mapping; None when it holds mistakes, which are appended."""
    mine: list[Mistake] = []
    written = read(document.root, SOURCE, mine)
    zone = written.text("zone")
    if zone and not known_zone(zone):
        mine.append(
            written.mistake("unknown-zone", f"there is no zone '{zone}'", "zone", hint="an IANA name: Europe/Berlin")
        )
    context = rules.Context(zone=zone, missing=_missing(written, mine), mistakes=mine, known_zone=known_zone)
    fields = _fields(written, context)
    made = [(one, _mapping(one, tables, context)) for one in written.records("tables")]
    mappings = tuple(mapping for _, mapping in made if mapping is not None)
    for one, mapping in made:
        if mapping is not None:
            _check_mapping(one, mapping, tables, mine)
    reading = _read(written, mine)
    skew, fresh, every = (_length(written, name, mine) for name in ("skew", "fresh", "every"))
    if every is not None and every < SOONEST:
        message = f"'{written.text('every')}' is sooner than a source may be read again"
        mine.append(written.mistake("bad-length", message, "every", hint="1 min or longer, such as 15 min"))
    mistakes += mine
    if mine or reading is None:
        return None
    return Source(
        name=written.text("source"),
        means=written.text("means"),
        read=reading,
        zone=zone,
        missing=context.missing,
        skew=skew or 0,
        fresh=fresh,
        every=every,
        reject_limit=written.number("reject_limit"),
        optional=written.texts("optional"),
        fields=fields,
        mappings=mappings,
        file=document.file,
        text=document.source,
    )


def _missing(written: Written, mistakes: list[Mistake]) -> tuple[str, ...]:
    return rules.texts(written.item.mapping.get("missing"), "missing", mistakes)


def _length(written: Written, name: str, mistakes: list[Mistake]) -> int | None:
    text = written.text(name)
    if not text:
        return None
    found = LENGTH.match(text)
    if found is None:
        mistakes.append(
            written.mistake("bad-length", f"'{text}' is not a length of time", name, hint="such as 5 min or 26 h")
        )
        return None
    return round(float(found[1]) * rules.UNITS[found[2]])


def _read(written: Written, mistakes: list[Mistake]) -> Read | None:
    reading = written.record("read")
    if reading is None:
        return None
    kinds = [kind for kind in KINDS if kind in reading.values]
    if len(kinds) != 1:
        message = "read says one place" if not kinds else f"read says {len(kinds)} places: {', '.join(kinds)}"
        hint = "one of: " + ", ".join(f"{kind}: ..." for kind in KINDS)
        mistakes.append(written.mistake("one-place", message, "read", hint=hint))
        return None
    kind = kinds[0]
    place = reading.text(kind)
    if kind == "sql":
        _database(reading, place, mistakes)
    return Read(kind=kind, place=place, options=_options(reading, kind, mistakes))


def _options(reading: Written, kind: str, mistakes: list[Mistake]) -> dict[str, str | int | bool | tuple[str, ...]]:
    options: dict[str, str | int | bool | tuple[str, ...]] = {}
    for name, value in reading.values.items():
        if name == kind:
            continue
        if name not in KINDS[kind]:
            hint = "its options: " + ", ".join(KINDS[kind])
            mistakes.append(reading.mistake("unknown-option", f"'{name}' is no option of {kind}", name, hint=hint))
        elif isinstance(value, (str, int, bool, tuple)):
            options[name] = value
    for name in ("delimiter", "quote"):
        if name in options and len(str(options[name]).replace("\\t", "\t")) != 1:
            hint = 'such as ";" or "\\t"'
            mistakes += [reading.mistake("bad-option", f"{name} is one character", name, hint=hint)]
    if "split" in options and "each" not in options:
        mistakes.append(reading.mistake("missing-field", "'split' needs 'each'", "split", hint="each: affected"))
    if options.get("header") is False and "names" not in options:
        message = "a file without a header needs 'names'"
        mistakes.append(reading.mistake("missing-field", message, "header", hint="names: [a, b]"))
    return options


def _database(reading: Written, place: str, mistakes: list[Mistake]) -> None:
    if ("query" in reading.values) == ("table" in reading.values):
        mistakes.append(
            reading.mistake("one-place", "sql needs a table or a query, one of the two", "sql", hint="table: orders")
        )
    if PASSWORD.match(place):
        item = reading.at("sql")
        mistake = item.mistake(
            "password-in-file",
            "a password stands in the file",
            field="read.sql",
            hint="write ${NAME} and set the environment variable NAME",
        )
        mistakes.append(Mistake(**{**{n: getattr(mistake, n) for n in mistake.__slots__}, "value": ""}))
    elif not place.startswith("$") and place.split(":", 1)[0] not in (
        "sqlite",
        "postgresql",
        "postgres",
        "mysql",
        "mariadb",
    ):
        hint = "sqlite:///data/shop.db, postgresql://..., mysql://... or $NAME"
        mistakes.append(
            reading.mistake(
                "unknown-database", f"'{place.split(':', 1)[0]}' is not a database that is read", "sql", hint=hint
            )
        )


def _fields(written: Written, context: rules.Context) -> tuple[Field, ...]:
    item = written.item.mapping.get("fields")
    if item is None:
        return ()
    if not isinstance(item.value, dict):
        context.mistakes.append(item.mistake("wrong-type", "fields are written as name: rule", field="fields"))
        return ()
    found: list[Field] = []
    for name, one in item.mapping.items():
        path = f"fields.{name}"
        _named(name, one, path, context.mistakes)
        kind, whole = Type.TEXT, False
        cast = one.mapping.get("cast")
        if cast is not None:
            if cast.text in TYPES:
                kind, whole = TYPES[cast.text]
            else:
                hint = did_you_mean(cast.text, TYPES)
                context.mistakes.append(
                    cast.mistake("bad-choice", f"'{cast.text}' is not a type", field=path, hint=hint)
                )
        rule = rules.read_rule(one, path, context, field=True)
        if rule is not None:
            found.append(
                Field(name=name, rule=rule, type=kind, whole=whole, line=one.entry.line, said=cast is not None)
            )
    return tuple(found)


def _named(name: str, item: Item, path: str, mistakes: list[Mistake]) -> None:
    if not NAME.match(name):
        hint = "lower-case letters, digits and _, beginning with a letter"
        mistakes.append(item.mistake("bad-name", f"'{name}' is not a name", field=path, hint=hint))


def _mapping(written: Written, tables: Mapping[str, Table], context: rules.Context) -> TableMap | None:
    name = written.text("table")
    table = tables.get(name)
    if table is None or table.derived:
        if name:
            loaded = [known for known, one in tables.items() if not one.derived]
            message = f"there is no table '{name}'" if table is None else f"'{name}' is made by regard itself"
            context.mistakes.append(written.mistake("unknown-table", message, "table", hint=did_you_mean(name, loaded)))
        return None
    columns, places = _columns(written, table, context)
    return TableMap(
        table=name,
        id=written.texts("id"),
        where=_expression(written, "where", context.mistakes),
        columns=columns,
        unpivot=_unpivot(written, context.mistakes),
        collapse=_collapse(written, context.mistakes),
        line=written.item.entry.line,
        places=places,
    )


def _columns(
    written: Written, table: Table, context: rules.Context
) -> tuple[tuple[tuple[str, Rule], ...], dict[str, int]]:
    """Return the rules of a table by column, with the line of each."""
    columns: list[tuple[str, Rule]] = []
    places: dict[str, int] = {}
    party = written.item.mapping.get("party")
    if party is not None:
        rule = rules.read_party(party, f"{written.path}.party", context)
        if not table.party:
            context.mistakes.append(
                written.mistake("no-party", f"rows of {table.name} belong to no party", "party", hint="leave it out")
            )
        elif rule is not None:
            columns.append((table.party, rule))
            places[table.party] = party.entry.line
    item = written.item.mapping.get("columns")
    if item is not None and not isinstance(item.value, dict):
        context.mistakes.append(
            item.mistake("wrong-type", "columns are written as column: rule", field=f"{written.path}.columns")
        )
    for column, one in item.mapping.items() if item is not None else ():
        path = f"{written.path}.columns.{column}"
        if not _ours(column, one, table, path, context):
            continue
        if column in places:
            context.mistakes.append(
                one.mistake("twice", f"'party' fills {column} already", field=path, hint="leave one of the two out")
            )
            continue
        read_one = rules.read_rule(one, path, context, field=False)
        places[column] = one.entry.line
        if read_one is not None:
            columns.append((column, read_one))
    return tuple(columns), places


def _ours(column: str, item: Item, table: Table, path: str, context: rules.Context) -> bool:
    if column in ADDED:
        context.mistakes.append(
            item.mistake("spine", f"'{column}' is filled by the load", field=path, hint="leave it out")
        )
        return False
    if column in table.columns:
        return True
    own = [name for name in table.columns if name not in ADDED]
    message = f"table {table.name} has no column '{column}'"
    context.mistakes.append(item.mistake("unknown-column", message, field=path, hint=did_you_mean(column, own)))
    return False


def _expression(written: Written, name: str, mistakes: list[Mistake]) -> Node | None:
    text = written.text(name)
    if not text:
        return None
    return rules.expression(written.at(name), f"{written.path}.{name}", mistakes)


def _unpivot(written: Written, mistakes: list[Mistake]) -> Unpivot | None:
    one = written.record("unpivot")
    if one is None or "to" not in one.values:
        return None
    path = f"{written.path}.unpivot.columns"
    item = one.item.mapping.get("columns")
    if item is None or not isinstance(item.value, dict) or not item.mapping:
        place = item or one.item
        mistakes.append(
            place.mistake("wrong-type", "unpivot names raw columns with the constants of their rows", field=path)
        )
        return None
    columns: list[tuple[str, tuple[tuple[str, str], ...]]] = []
    for column, constants in item.mapping.items():
        pairs: list[tuple[str, str]] = []
        if not isinstance(constants.value, dict):
            mistakes.append(
                constants.mistake(
                    "wrong-type", "constants are fields", field=f"{path}.{column}", hint="{name: value, ...}"
                )
            )
            continue
        for name, value in constants.mapping.items():
            _named(name, value, f"{path}.{column}.{name}", mistakes)
            if isinstance(value.value, (list, dict)):
                mistakes.append(value.mistake("wrong-type", "a constant is one value", field=f"{path}.{column}.{name}"))
            elif value.value is not None:
                pairs.append((name, value.text))
        columns.append((column, tuple(pairs)))
    return Unpivot(columns=tuple(columns), to=one.text("to"), blank=one.text("blank", "keep") == "keep")


def _collapse(written: Written, mistakes: list[Mistake]) -> Collapse | None:
    one = written.record("collapse")
    if one is None or not one.texts("by"):
        return None
    columns = []
    for name, text in one.named_texts("columns").items():
        item = one.at("columns", name)
        path = f"{one.path}.columns.{name}"
        _named(name, item, path, mistakes)
        aggregate = _aggregate(name, text, item, path, mistakes)
        if aggregate is not None:
            columns.append(aggregate)
    return Collapse(by=one.texts("by"), columns=tuple(columns))


def _aggregate(name: str, text: str, item: Item, path: str, mistakes: list[Mistake]) -> Aggregate | None:
    found = AGGREGATE.match(text)
    if found is None or found[1] not in AGGREGATES:
        word = found[1] if found else text
        hint = did_you_mean(word, AGGREGATES) if found else "such as sum(quantity * price)"
        mistakes.append(
            item.mistake("unknown-function", f"'{word}' is not a function of several lines", field=path, hint=hint)
        )
        return None
    parts = _parts(found[2])
    if len(parts) != AGGREGATES[found[1]]:
        message = f"{found[1]} takes {AGGREGATES[found[1]]} arguments, found {len(parts)}"
        mistakes.append(item.mistake("arguments", message, field=path))
        return None
    nodes: list[Node] = []
    for part in parts:
        try:
            nodes.append(parse(part, "row"))
        except AuthorError as error:
            shift = text.find(part)
            mistakes += [
                item.mistake(m.rule, m.message, field=path, hint=m.hint, column=m.column + shift)
                for m in error.mistakes
            ]
            return None
    return Aggregate(name=name, function=found[1], args=tuple(nodes), text=text)


def _parts(text: str) -> list[str]:
    """Split arguments at the commas that stand in no brackets and no quotes."""
    parts, depth, quote = [""], 0, ""
    for letter in text:
        if quote:
            quote = "" if letter == quote else quote
        elif letter in "'\"":
            quote = letter
        elif letter in "()":
            depth += 1 if letter == "(" else -1
        elif letter == "," and depth == 0:
            parts.append("")
            continue
        parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


def _check_mapping(written: Written, mapping: TableMap, tables: Mapping[str, Table], mistakes: list[Mistake]) -> None:
    """Find what can be found without the rows' own columns: a column that must be filled and is not."""
    table = tables[mapping.table]
    filled = {name for name, _ in completed(mapping, table)}
    if not identifying(mapping) and own_id(table) not in filled:
        message = f"nothing says what makes a row of {table.name} itself"
        mistakes.append(written.mistake("missing-field", message, "table", hint="id: [column, ...]"))
        return
    for name, column in table.columns.items():
        if name in ADDED or column.blank or column.default is not None or name in filled or name in mapping.places:
            continue
        message = f"column '{name}' of {table.name} must not be blank, and nothing fills it"
        mistakes.append(
            written.mistake("unfilled", message, "table", hint=f"{name}: ... under columns. {column.means}")
        )
