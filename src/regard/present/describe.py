"""Definitions in words: the parts of a metric, a table, a dimension or a choice, for the terminal and the reference.

Everything is read off the objects that compute (R034), so that what is said cannot differ from what is done.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from regard.catalog import BUILTIN
from regard.expr import duration, show
from regard.present import words

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from regard.catalog import Catalogue, RegisteredChoice
    from regard.model import Column, Dimension, Keep, Metric, Per, RowSet, Table

PARTY = "party_id"
CUSTOMER = "customer"
"""What a row is of, in the grain of a table: `customer x interruption`."""
SIZES = re.compile(r"sum\((\w+), size\)")
"""A leaf that adds up how many customers each row stands for."""
SHORT = 12
"""Signs of a hash that people compare."""

GOOD = {"up": "more is better", "down": "less is better", "band": "best within its band", "none": "neither is better"}


def metric(found: Metric, said: Mapping[str, str], catalogue: Catalogue) -> list[tuple[str, list[str]]]:
    """Return the parts of a metric: (head, lines).

    Args:
        found: the metric.
        said: its value, n and leaves in plain words.
        catalogue: where its choices and its interval method are explained.
    """
    parts = [
        ("question", [found.question]),
        ("in plain words", [f"{name}: {text}" for name, text in said.items()]),
        ("formula", formula(found)),
        ("rows", [line for name, rows in found.rows.items() for line in row_set(name, rows)]),
        ("parameters", parameters(found)),
        ("unit", [f"{found.unit}; {GOOD[found.good.value]}"]),
        ("options", options(found, catalogue.choices)),
        ("interval", interval(found, catalogue)),
        ("target offered", targets(found)),
        ("shown and judged", [judged(found)]),
        (
            "cut by",
            [", ".join(found.dims) + (f"; always by {', '.join(found.by_default)}" if found.by_default else "")],
        ),
        ("not built yet", [found.pending] if found.pending else []),
        ("differs from what ships", [", ".join(found.differs)] if found.differs else []),
        ("decision", [found.decision]),
        ("owner", [found.owner]),
        ("sensitivity", [found.sensitivity] if found.sensitivity != "internal" else []),
        ("citation", [found.citation]),
        ("definition", [f"version {found.version}, hash {found.hash[:SHORT]}, {found.code}".removesuffix(", ")]),
    ]
    return [(head, [line for line in lines if line]) for head, lines in parts if any(lines)]


def formula(found: Metric) -> list[str]:
    """Return value, n and leaves as they are computed, references expanded."""
    lines = [f"value = {show(found.value)}"]
    lines += [f"n = {show(found.n)}"] if found.n is not None and show(found.n) != "n" else []
    return lines + [f"{name} = {show(leaf)}" for name, leaf in found.leaves.items()]


def row_set(name: str, rows: RowSet) -> list[str]:
    """Return the lines of a row set: table, filter, and in which period a row is."""
    arguments = ", ".join(f"{key} {value}" for key, value in rows.arguments)
    later = f", {duration(rows.delay)} later" if rows.delay else ""
    span = f" from {rows.span[0]} to {rows.span[1]}" if rows.span else ""
    told: tuple[tuple[object, Callable[[], str]], ...] = (
        (rows.where, lambda: f"where {show(rows.where)}" if rows.where else ""),
        (rows.at, lambda: f"in the period of {rows.at}{later}"),
        (rows.over, lambda: f"split over the periods from {' to '.join(rows.over or ())}"),
        (rows.standing, lambda: f"whose span{span} holds the {rows.standing} of the period"),
        (rows.window, lambda: f"in the {rows.window} that end with the period"),
        (rows.keep, lambda: _keep(rows.keep)),
        (rows.per, lambda: _per(rows.per)),
        (rows.matures, lambda: f"counted only when {duration(rows.matures)} old"),
        (rows.same, lambda: f"blank where {', '.join(rows.same)} differ"),
        (rows.shift, lambda: f"moved later by {duration(rows.shift)}"),
    )
    head = f"{name}: {rows.table}{f' ({arguments})' if arguments else ''}"
    return [head, *(f"  {line()}" for given, line in told if given)]


def counting(found: Metric, tables: Mapping[str, Table]) -> str:
    """Return what n counts where it adds up the customers of rows, so that one may count several times; else ""."""
    leaf = SIZES.fullmatch(show(found.leaves.get(show(found.n), found.n))) if found.n is not None else None
    if leaf is None:
        return ""
    who, _, each = tables[found.rows[leaf[1]].table].grain.rpartition(" x ")
    if who not in ("", CUSTOMER) or each == CUSTOMER:
        return ""
    return f"n counts a customer once for each {each}: of two, twice."


def reading(found: Metric) -> list[str]:
    """Return how to read the periods of a metric, where a row is not simply in the period in which it happened."""
    lines: dict[str, None] = {}
    for rows in found.rows.values():
        if rows.delay:
            wait = duration(rows.delay)
            lines[f"A period holds what had its {wait} in it: {rows.at} was {wait} before."] = None
        if rows.matures:
            lines[f"What is less than {duration(rows.matures)} old is not counted yet."] = None
        if rows.window:
            lines[f"Each period stands for the {rows.window} that end with it."] = None
        if rows.standing:
            lines[f"Who is there at the {rows.standing} of a period is counted."] = None
        if rows.keep:
            each = ", ".join("customer" if one == PARTY else one.removesuffix("_id") for one in rows.keep.per)
            lines[f"Of several in a period the last counts, for each {each}."] = None
    return list(lines)


def _keep(keep: Keep | None) -> str:
    return f"only the last by {keep.by} per {', '.join(keep.per)}" if keep else ""


def _per(per: Per | None) -> str:
    if per is None:
        return ""
    sums = ", ".join(f"{key} = sum of {show(node)}" for key, node in per.sums)
    return f"one row per {', '.join(per.keys)}{f' with {sums}' if sums else ''}"


def parameters(found: Metric) -> list[str]:
    """Return the parameters with their values and between what they may be edited."""
    lines = []
    for name, setting in found.parameters.items():
        ends = f", {setting.lo} to {setting.hi}" if setting.lo is not None or setting.hi is not None else ""
        lines.append(f"${name} = {setting.value}{' (editable' + ends + ')' if setting.editable else ''}")
    return lines


def options(found: Metric, register: Mapping[str, RegisteredChoice]) -> list[str]:
    """Return each choice that touches a metric with the option in force and the others."""
    chosen = dict(found.options_set)
    lines = []
    for choice in found.choices:
        told = register.get(choice.id)
        lines.append(f"{choice.id}: {told.question if told else ''}".rstrip())
        in_force = chosen.get(choice.id, choice.default)
        for option in choice.options:
            sign = words.STATUS["met"].sign if option == in_force else words.NO_WORD.sign
            means = f": {told.options[option]}" if told and option in told.options else ""
            other = choice.options[option].get("metric")
            as_metric = f" (the metric {other})" if other else ""
            lines.append(f"  {sign} {option}{means}{as_metric}{' (in force)' if option == in_force else ''}")
    return lines


def interval(found: Metric, catalogue: Catalogue) -> list[str]:
    """Return how the interval is made, and who says so."""
    of = f" of {', '.join(found.interval.of)}" if found.interval.of else ""
    by = (
        f"; replicates by {found.interval.replicate} where rows are not independent" if found.interval.replicate else ""
    )
    method = found.interval.method
    citation = catalogue.terms.citations.get(method, "")
    means = catalogue.terms.means.get(method, "")
    return [f"{method}{of}{by}", f"{means} ({citation})" if citation else means]


def targets(found: Metric) -> list[str]:
    """Return the targets of the seeds, offered but active only where a workspace makes them its own."""
    lines = []
    for aim in found.target:
        scope = ", ".join(f"{name} {value}" for name, value in aim.scope)
        said = words.target(aim, found.unit)
        lines.append(f"{f'{scope}: ' if scope else ''}{said} ({words.target_source(aim)})".replace(" ()", ""))
    return lines


def judged(found: Metric) -> str:
    """Return from which n a value is shown and a change may matter."""
    least = f"; a change under {found.min_change:g} is small" if found.min_change is not None else ""
    return f"shown from n {found.show_from_n}, alerts from n {found.alert_from_n}{least}"


def table(found: Table) -> list[tuple[str, str]]:
    """Return the parts of a table: (head, text)."""
    kind = f"derived from {', '.join(found.derived_from)}" if found.derived else "loaded"
    facts = [f"one row: {found.grain}", f"{kind}; keys {', '.join(found.keys)}"]
    facts += [f"happens at {found.at}"] if found.at else []
    facts += [f"spans {found.over[0]} to {found.over[1]}"] if found.over else []
    facts += [f"argument {name} = {value}" for name, value in found.arguments.items()]
    facts += [f"always true: {test}" for test in found.orders]
    dims = [name if name == column else f"{name} ({column})" for name, column in found.dims.items()]
    parts = [
        (f"{found.name}: {found.means}", "\n".join(facts)),
        (
            "columns",
            "\n".join(f"{name}: {column_type(column)}. {column.means}" for name, column in found.columns.items()),
        ),
    ]
    return [*parts, ("dimensions", ", ".join(dims))] if dims else parts


def column_type(column: Column) -> str:
    """Return what a column holds, with what limits it."""
    name = "integer" if column.whole else column.type.value
    limits = [f"one of {', '.join(column.choices)}"] if column.choices else []
    limits += [f"from {column.lo:g}"] if column.lo is not None else []
    limits += [f"to {column.hi:g}"] if column.hi is not None else []
    limits += [f"code of {column.code}"] if column.code else []
    limits += [f"refers to {column.refers}"] if column.refers else []
    limits += [f"in {column.unit}"] if column.unit else []
    limits += [] if column.blank else ["never blank"]
    limits += [column.sensitivity] if column.sensitivity not in {"internal", "public"} else []
    return ", ".join([name, *limits])


def dimension(found: Dimension, catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return the parts of a dimension."""
    having = [name for name, declared in catalogue.tables.items() if found.name in declared.dims]
    text = "a column of the customer, taken as of the time of the row" if found.party else f"in {', '.join(having)}"
    return [(f"{found.name}: {found.title}", f"{found.means}\n{text}")]


def choice(found: RegisteredChoice, catalogue: Catalogue) -> list[tuple[str, str]]:
    """Return the parts of a choice: its options, the default first, and the metrics it touches."""
    lines = [f"{option}: {means}" for option, means in found.options.items()]
    return [
        (f"{found.id}: {found.question}", "\n".join(lines)),
        ("why", found.why),
        ("touches", ", ".join(touched(found.id, catalogue)) or "no metric yet"),
    ]


def touched(choice_id: str, catalogue: Catalogue) -> list[str]:
    """Return the metrics that offer options of a choice."""
    return [name for name in catalogue.metrics if choice_id in catalogue.offered(name)]


def place(file: str) -> str:
    """Return the path of a file; of one that ships, within the package."""
    shipped = f"{BUILTIN}/"
    return f"regard/catalog/builtin/{file.removeprefix(shipped)}" if file.startswith(shipped) else file
