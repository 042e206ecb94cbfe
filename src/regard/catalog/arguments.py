"""Choices of the register as arguments of derived tables, for whoever reads a table and no metric.

Nothing is written twice: what a choice does to a table is what the metrics that read it say that it does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.errors import QuestionError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from regard.catalog.catalogue import Catalogue
    from regard.model import Metric

Arguments = dict[str, "str | float"]


def table_choices(
    catalogue: Catalogue, tables: Collection[str], only: Collection[str] = ()
) -> dict[str, dict[str, dict[str, Arguments]]]:
    """Return choice -> option -> table -> arguments that it sets, of the options that do nothing but that.

    A choice is left out where one of its options does more, such as counting other rows: a table cannot follow it.

    Args:
        catalogue: the definitions.
        tables: derived tables; a finer table of one of them takes its arguments too.
        only: choices to look at, all by default.
    """
    family = {name: {name, *_coarser(catalogue, name)} for name in tables}
    found: dict[str, dict[str, dict[str, Arguments]]] = {}
    more: set[str] = set()
    for name in catalogue.definitions:
        base = _resolved(catalogue, name, {})
        if base is None or not any(rows.table in of for rows in base.rows.values() for of in family.values()):
            continue
        for choice in base.choices:
            if only and choice.id not in only:
                continue
            for option in choice.options:
                metric = base if option == choice.default else _resolved(catalogue, name, {choice.id: option})
                if metric is None or metric.id != base.id or not _alike(metric, base):
                    more.add(choice.id)
                    continue
                here = found.setdefault(choice.id, {}).setdefault(option, {})
                for table, of in family.items():
                    declared = catalogue.tables[table].arguments
                    for rows, others in zip(metric.rows.values(), base.rows.values(), strict=True):
                        set_ = dict(set(rows.arguments) - set(others.arguments))
                        if rows.table in of and (kept := {k: v for k, v in set_.items() if k in declared}):
                            here.setdefault(table, {}).update(kept)
    return {
        choice: options
        for choice, options in found.items()
        if choice not in more and any(tables for tables in options.values())
    }


def table_arguments(catalogue: Catalogue, tables: Collection[str], options: Mapping[str, str]) -> dict[str, Arguments]:
    """Return table -> arguments that some options set.

    Raises:
        QuestionError: a choice, or an option of it, that these tables cannot follow, naming what they can.
    """
    arguments: dict[str, Arguments] = {name: {} for name in tables}
    if not options:
        return arguments
    known = table_choices(catalogue, tables, only=options)
    for choice, option in options.items():
        if choice not in known:
            hint = f"choices: {', '.join(sorted(table_choices(catalogue, tables)))}"
            raise QuestionError(f"the ledger is not made by the choice '{choice}'; {hint}")
        if option not in known[choice]:
            hint = did_you_mean(option, known[choice])
            raise QuestionError(f"{choice} has no option '{option}'; {hint}".rstrip("; "))
        for table, set_ in known[choice][option].items():
            arguments[table] |= set_
    return arguments


def _coarser(catalogue: Catalogue, table: str) -> set[str]:
    return {name for name, one in catalogue.tables.items() if one.finer is not None and one.finer[0] == table}


def _resolved(catalogue: Catalogue, name: str, options: Mapping[str, str]) -> Metric | None:
    try:
        return catalogue.metric(name, options)
    except QuestionError:
        return None


def _alike(metric: Metric, base: Metric) -> bool:
    """Whether nothing but arguments of tables tells two definitions apart."""
    plain = [(rows.table, rows.where, rows.per, rows.keep) for rows in metric.rows.values()]
    others = [(rows.table, rows.where, rows.per, rows.keep) for rows in base.rows.values()]
    return plain == others and metric.value == base.value and metric.leaves == base.leaves
