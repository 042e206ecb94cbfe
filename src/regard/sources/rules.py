"""One rule of a mapping file: where the value of a column or field comes from."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from regard.errors import AuthorError, Mistake, did_you_mean
from regard.expr import parse
from regard.model.sources import Cell, Constant, First, Formula, Joined, Lookup, PartyKey

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.catalog import Item
    from regard.expr import Node
    from regard.model.sources import Rule

UNITS = {"us": 1, "ms": 1000, "s": 1_000_000, "min": 60_000_000, "h": 3_600_000_000, "d": 86_400_000_000}
CHANGES: Mapping[str, tuple[str, ...]] = {
    "trim": ("trim",),
    "lower": ("lower",),
    "upper": ("upper",),
    "nfc": ("nfc",),
    "digits": ("digits",),
    "email": ("trim", "lower"),
}
READING = (
    "missing",
    "normalise",
    "values",
    "unknown",
    "decimal",
    "thousands",
    "around",
    "unit",
    "format",
    "zone",
    "bands",
)
FORMS: Mapping[str, tuple[str, ...]] = {
    "const": ("zone",),
    "expr": (),
    "join": ("with",),
    "first": READING,
    "lookup": ("from", "key", "value", "unknown", "missing", "normalise"),
    "party": (),
    "from": READING,
}
"""What a rule is, by the field that only it has, and the options it may have; a field of a source may add `cast`."""
FORMATS = ("iso", "epoch_s", "epoch_ms", "epoch_us", "excel")
DIRECTIVE = re.compile(r"%(-?[aAbBdjmUwWyYHIMSpfgGnzVu%])")


@dataclass(slots=True)
class Context:
    """What the rules of one source share.

    Attributes:
        zone: zone of times without one.
        missing: texts that mean blank in every column.
        mistakes: where mistakes are collected.
        known_zone: whether a zone is one.
    """

    zone: str
    missing: tuple[str, ...]
    known_zone: Callable[[str], bool]
    mistakes: list[Mistake] = field(default_factory=list)

    def wrong(self, item: Item, rule: str, message: str, path: str, hint: str = "") -> None:
        """Collect a mistake."""
        self.mistakes.append(item.mistake(rule, message, field=path, hint=hint))


def texts(item: Item | None, path: str, mistakes: list[Mistake]) -> tuple[str, ...]:
    """Return one text or a list of them; unlike elsewhere, an empty text is one."""
    if item is None:
        return ()
    if isinstance(item.value, list):
        wrong = [one for one in item.items if isinstance(one.value, (list, dict))]
        mistakes += [one.mistake("wrong-type", "a text is needed", field=path) for one in wrong]
        return tuple(one.text for one in item.items if one not in wrong)
    if isinstance(item.value, dict):
        mistakes.append(item.mistake("wrong-type", "a list of texts is needed", field=path))
        return ()
    return (item.text,)


def unsaid(item: Item, path: str, mistakes: list[Mistake]) -> bool:
    """Whether a `?` stands where something is still to be said, which is a mistake."""
    if isinstance(item.value, (list, dict)) or item.text.strip() != "?":
        return False
    mistakes.append(
        item.mistake("unsaid", "a ? stands here: say what belongs there", field=path, hint="or leave it out")
    )
    return True


def expression(item: Item, path: str, mistakes: list[Mistake]) -> Node | None:
    """Return a row expression; None after a mistake, which is placed inside the text."""
    try:
        return parse(item.text, "row")
    except AuthorError as error:
        mistakes += [item.mistake(m.rule, m.message, field=path, hint=m.hint, column=m.column) for m in error.mistakes]
        return None


def read_rule(item: Item, path: str, context: Context, *, field: bool) -> Rule | None:
    """Return the rule that stands in a file; None after a mistake.

    Args:
        item: what stands there.
        path: dotted path of it.
        context: what the rules of the source share.
        field: whether it makes a field, which may have a `cast`.
    """
    if isinstance(item.value, list) or item.value is None:
        context.wrong(item, "wrong-type", "a rule is a column's name or {from: ...}", path, "a name, or {from: name}")
        return None
    if unsaid(item, path, context.mistakes):
        return None
    if not isinstance(item.value, dict):
        return Cell(name=item.text, missing=context.missing, zone=context.zone)
    given = item.mapping
    form = next((form for form in FORMS if form in given), None)
    if form is None:
        context.wrong(item, "no-rule", "this says not where the value comes from", path, "one of: " + ", ".join(FORMS))
        return None
    allowed = {form, *FORMS[form], *(("cast",) if field else ())}
    for name in [name for name in given if name not in allowed]:
        hint = did_you_mean(name, allowed)
        if name == "cast":
            hint = "the type of a column is known; 'cast' is for fields"
        context.wrong(given[name], "unknown-field", f"{{{form}: ...}} has no option '{name}'", f"{path}.{name}", hint)
    return READERS[form](given[form], given, path, context)


def _formula(item: Item, given: Mapping[str, Item], path: str, context: Context) -> Formula | None:
    del given
    node = expression(item, f"{path}.expr", context.mistakes)
    return Formula(node=node, text=item.text) if node is not None else None


def _joined(item: Item, given: Mapping[str, Item], path: str, context: Context) -> Joined | None:
    names = _names(item, f"{path}.join", context)
    by = given["with"].text if "with" in given else ""
    return Joined(cells=tuple(_plain(name, context) for name in names), by=by) if names else None


def _first(item: Item, given: Mapping[str, Item], path: str, context: Context) -> First | None:
    names = _names(item, f"{path}.first", context)
    cell = _cell("", given, path, context)
    return First(cells=tuple(_named_cell(cell, name) for name in names)) if names else None


def _party(item: Item, given: Mapping[str, Item], path: str, context: Context) -> PartyKey | None:
    del given
    return read_party(item, f"{path}.party", context)


def _from(item: Item, given: Mapping[str, Item], path: str, context: Context) -> Cell | None:
    if unsaid(item, f"{path}.from", context.mistakes):
        return None
    if isinstance(item.value, (list, dict)):
        context.wrong(item, "wrong-type", "from is one column; {join: [...]} joins several", f"{path}.from")
        return None
    return _cell(item.text, given, path, context)


def _plain(name: str, context: Context) -> Cell:
    return Cell(name=name, missing=context.missing, zone=context.zone)


def _named_cell(cell: Cell, name: str) -> Cell:
    return replace(cell, name=name)


def _names(item: Item, path: str, context: Context) -> tuple[str, ...]:
    found = texts(item, path, context.mistakes)
    if not found:
        context.wrong(item, "wrong-type", "a list of columns is needed", path, "[a, b]")
    return found


def _constant(item: Item, given: Mapping[str, Item], path: str, context: Context) -> Constant | None:
    if isinstance(item.value, (list, dict)) or item.value is None:
        context.wrong(item, "wrong-type", "a constant is one value", f"{path}.const")
        return None
    return Constant(text=item.text, zone=_zone(given, path, context))


def _zone(given: Mapping[str, Item], path: str, context: Context) -> str:
    if "zone" not in given:
        return context.zone
    zone = given["zone"].text
    if not context.known_zone(zone):
        context.wrong(
            given["zone"], "unknown-zone", f"there is no zone '{zone}'", f"{path}.zone", "an IANA name: Europe/Berlin"
        )
    return zone


def _cell(name: str, given: Mapping[str, Item], path: str, context: Context) -> Cell:
    """Return a cell with its options; what is wrong is collected and left at its default."""
    return Cell(
        name=name,
        missing=(*context.missing, *texts(given.get("missing"), f"{path}.missing", context.mistakes)),
        normalise=_normalise(given, path, context),
        values=_values(given, path, context),
        unknown=_unknown(given, path, context),
        decimal=_letter(given, "decimal", ".", path, context),
        thousands=_letter(given, "thousands", "", path, context),
        around=_around(given, path, context),
        unit=_unit(given, path, context),
        formats=_formats(given, path, context),
        zone=_zone(given, path, context),
        bands=_bands(given, path, context),
    )


def _normalise(given: Mapping[str, Item], path: str, context: Context) -> tuple[str, ...]:
    found: list[str] = []
    for word in texts(given.get("normalise"), f"{path}.normalise", context.mistakes):
        if word in CHANGES:
            found += CHANGES[word]
        else:
            hint = did_you_mean(word, CHANGES)
            context.wrong(
                given["normalise"], "bad-choice", f"'{word}' is not a change of text", f"{path}.normalise", hint
            )
    return tuple(found)


def _values(given: Mapping[str, Item], path: str, context: Context) -> tuple[tuple[str, str], ...] | None:
    item = given.get("values")
    if item is None:
        return None
    if not isinstance(item.value, dict) or not item.mapping:
        context.wrong(item, "wrong-type", "values are written as {cell: value}", f"{path}.values", "{Yes: 1, No: 0}")
        return None
    for one in item.mapping.values():
        if not unsaid(one, f"{path}.values", context.mistakes) and (
            isinstance(one.value, (list, dict)) or one.value is None
        ):
            context.wrong(
                one, "wrong-type", "a value is one number or text", f"{path}.values", "use missing for blanks"
            )
    return tuple((key.strip(), one.text) for key, one in item.mapping.items())


def _unknown(given: Mapping[str, Item], path: str, context: Context) -> str:
    item = given.get("unknown")
    if item is None:
        return "quarantine"
    choices = ("quarantine", "keep", "blank")
    if item.text not in choices:
        hint = did_you_mean(item.text, choices)
        context.wrong(item, "bad-choice", f"'{item.text}' is not a choice", f"{path}.unknown", hint)
    if "values" not in given and "lookup" not in given:
        context.wrong(item, "unused", "'unknown' needs 'values' or a lookup", f"{path}.unknown", "leave it out")
    return item.text


def _letter(given: Mapping[str, Item], name: str, default: str, path: str, context: Context) -> str:
    item = given.get(name)
    if item is None:
        return default
    if len(item.text) != 1 or item.text.isalnum():
        context.wrong(item, "bad-option", f"{name} is one character", f"{path}.{name}", 'such as ","')
        return default
    return item.text


def _around(given: Mapping[str, Item], path: str, context: Context) -> tuple[str, ...]:
    found = texts(given.get("around"), f"{path}.around", context.mistakes)
    for text in found:
        if not text.strip() or any(sign.isdigit() or sign in "+-" for sign in text):
            context.wrong(
                given["around"], "bad-option", f"'{text}' could be part of a number", f"{path}.around", 'such as "$"'
            )
    return tuple(text.strip() for text in found)


def _unit(given: Mapping[str, Item], path: str, context: Context) -> int:
    item = given.get("unit")
    if item is None:
        return 0
    if item.text not in UNITS:
        context.wrong(
            item, "bad-choice", f"'{item.text}' is not a unit of time", f"{path}.unit", did_you_mean(item.text, UNITS)
        )
    return UNITS.get(item.text, 0)


def _formats(given: Mapping[str, Item], path: str, context: Context) -> tuple[str, ...]:
    found = texts(given.get("format"), f"{path}.format", context.mistakes)
    for form in found:
        if form in FORMATS:
            continue
        rest = DIRECTIVE.sub("", form)
        if "%" not in form or "%" in rest:
            hint = "such as %d/%m/%Y %H:%M" if "%" in form else did_you_mean(form, FORMATS)
            context.wrong(
                given["format"], "bad-format", f"'{form}' is not a way to write a time", f"{path}.format", hint
            )
    return found


def _bands(given: Mapping[str, Item], path: str, context: Context) -> tuple[tuple[str, float], ...]:
    item = given.get("bands")
    if item is None:
        return ()
    found: list[tuple[str, float]] = []
    for label, one in item.mapping.items():
        if isinstance(one.value, (int, float)) and not isinstance(one.value, bool):
            found.append((label, float(one.value)))
        else:
            context.wrong(one, "wrong-type", "a band begins at a number", f"{path}.bands.{label}", "{low: 0, high: 10}")
    if not found:
        context.wrong(item, "wrong-type", "bands are written as {label: lowest}", f"{path}.bands", "{low: 0, high: 10}")
    return tuple(sorted(found, key=lambda band: band[1]))


def _lookup(item: Item, given: Mapping[str, Item], path: str, context: Context) -> Lookup | None:
    lacking = [name for name in ("from", "key", "value") if name not in given]
    if lacking:
        message = f"a lookup needs {', '.join(lacking)}"
        context.wrong(item, "missing-field", message, path, "{lookup: file.csv, from: ..., key: ..., value: ...}")
        return None
    cell = _cell(given["from"].text, {k: v for k, v in given.items() if k in ("lookup", *READING)}, path, context)
    file, key, value = (given[name].text for name in ("lookup", "key", "value"))
    return Lookup(cell=cell, file=file, key=key, value=value)


def read_party(item: Item, path: str, context: Context) -> PartyKey | None:
    """Return `{system, from, normalise}`; None after a mistake."""
    if not isinstance(item.value, dict):
        context.wrong(
            item, "wrong-type", "a party is {system: ..., from: ...}", path, "{system: email, from: customer_email}"
        )
        return None
    allowed = ("system", "from", "normalise", "missing")
    for name in [name for name in item.mapping if name not in allowed]:
        hint = did_you_mean(name, allowed)
        context.wrong(item.mapping[name], "unknown-field", f"a party has no option '{name}'", f"{path}.{name}", hint)
    lacking = [name for name in ("system", "from") if name not in item.mapping]
    if lacking:
        context.wrong(
            item,
            "missing-field",
            f"a party needs {' and '.join(lacking)}",
            path,
            "{system: email, from: customer_email}",
        )
        return None
    system = item.mapping["system"].text
    if not re.match(r"[a-z][a-z0-9_.-]*\Z", system):
        hint = "lower-case letters, digits, _ . and -"
        context.wrong(item.mapping["system"], "bad-name", f"'{system}' is not a name", f"{path}.system", hint)
    names = _names(item.mapping["from"], f"{path}.from", context)
    cell = _cell("", {k: v for k, v in item.mapping.items() if k in ("normalise", "missing")}, path, context)
    cells = tuple(_named_cell(cell, name) for name in names)
    return PartyKey(system=system, cells=cells) if cells else None


READERS: Mapping[str, Callable[[Item, Mapping[str, Item], str, Context], Rule | None]] = {
    "const": _constant,
    "expr": _formula,
    "join": _joined,
    "first": _first,
    "lookup": _lookup,
    "party": _party,
    "from": _from,
}
"""Form of a rule -> what reads it; the same forms as in `FORMS`."""
