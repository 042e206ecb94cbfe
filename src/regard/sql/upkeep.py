"""SQL that keeps what was computed: derived tables in layers, histograms by adding and taking away.

For the embedded engine only: what is kept are files of the lake.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlglot import exp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    Chosen = Callable[[str], str]

NOBODY = -1
"""Stands for a blank party in a list of parties; surrogates are not negative."""


def quoted(name: str) -> str:
    """Return a name as an identifier."""
    return exp.to_identifier(name, quoted=True).sql(dialect="duckdb")


def layered(layers: Sequence[str], dirty: Sequence[str], party: str) -> str:
    """Return the rows of a table that was mended in layers: of each party those of the last layer that has it.

    Args:
        layers: relations, the base first.
        dirty: for each layer but the base, the relation that lists its parties.
        party: column of the party.
    """
    parts = []
    for i, layer in enumerate(layers):
        later = " union all ".join(f"select party_id from {quoted(name)}" for name in dirty[i:])
        mended = f" anti join ({later}) as d on d.party_id = coalesce(t.{quoted(party)}, {NOBODY})" if later else ""
        parts.append(f"select * from {quoted(layer)} as t{mended}")
    return "\nunion all by name\n".join(parts)


def listed(dirty: str) -> Chosen:
    """Return the test whether a party is one of those that a relation lists."""
    return lambda party: f"coalesce({quoted(party)}, {NOBODY}) in (select party_id from {quoted(dirty)})"


def share(number: int, shares: int) -> Chosen:
    """Return the test whether a party is of one of so many shares of all, counted from 0; blank ones share one."""
    return lambda party: f"hash(coalesce({quoted(party)}, {NOBODY})) % {shares} = {number}"


def of_parties(table: str, party: str, chosen: Chosen) -> str:
    """Return the rows of a table that belong to chosen parties."""
    return f"select * from {quoted(table)} where {chosen(party)}"


def of_parents(table: str, party: str, column: str, parent: str, key: str, chosen: Chosen) -> str:
    """Return the rows that belong to chosen parties, or whose parent row (by its id, of any source) does."""
    own = f"{chosen(party)} or " if party else ""
    return f"select * from {quoted(table)} where {own}{quoted(column)} in (select {quoted(key)} from {quoted(parent)})"


def owners(parent: str, party: str, key: str, changed: str) -> str:
    """Return the parties of the rows whose ids a relation lists in its column `id`."""
    return (
        f"select distinct coalesce({quoted(party)}, {NOBODY}) from {quoted(parent)}"
        f" where {quoted(key)} in (select id from {quoted(changed)})"
    )


def still_open(rows: str, party: str, test: str) -> str:
    """Return the parties of the rows of a query for which a test holds."""
    return f"select distinct coalesce({quoted(party)}, {NOBODY}) from ({rows}) where {test}"


def running(rows: str, values: Mapping[str, str]) -> str:
    """Return the rows of a query with the columns that grow with the story put to what they are now."""
    if not values:
        return rows
    now = ", ".join(f"{value} as {quoted(name)}" for name, value in values.items())
    return f"select * replace ({now}) from ({rows})"


def reached(table: str, columns: Sequence[str], wanted: Sequence[str], since: int, upto: int) -> str:
    """Return columns of the rows with an instant in (since, upto]; each instant apart, for row groups to be skipped."""
    names = ", ".join(quoted(name) for name in wanted)
    return "\nunion all\n".join(
        f"select {names} from {quoted(table)} where {quoted(name)} > {since} and {quoted(name)} <= {upto}"
        for name in columns
    )


def every(table: str) -> str:
    """Return all rows of a table."""
    return f"select * from {quoted(table)}"


def difference(keys: Sequence[str], sums: Sequence[str], before: str, gone: str, come: str) -> str:
    """Return a histogram with the rows of one taken away and those of another added; what is empty is left out."""
    names = ", ".join([*keys, *sums])
    away = ", ".join([*keys, *(f"-{name} as {name}" for name in sums)])
    added = ", ".join(f"sum({name}) as {name}" for name in sums)
    groups = ", ".join(str(i + 1) for i in range(len(keys)))
    return (
        f"select {', '.join(keys)}, {added}\nfrom (\n  select {names} from {before}\n  union all\n"
        f"  select {away} from ({gone})\n  union all\n  select {names} from ({come})\n)\n"
        f"group by {groups}\nhaving sum({sums[0]}) <> 0"
    )


def counted(relation: str) -> str:
    """Return how many rows a relation has."""
    return f"select count(*) as n from {quoted(relation)}"


def any_row(relation: str) -> str:
    """Return a row where a relation has any."""
    return f"select 1 from {quoted(relation)} limit 1"


def filled(relation: str, columns: Sequence[str], apart: Mapping[str, str]) -> str:
    """Return one row: in `counts` how many rows there are, then how many have each column; the values of some columns.

    Args:
        relation: the table.
        columns: its columns.
        apart: column whose values are wanted -> column that must be blank in the rows that count, "" for all rows. They
            stand in `values_NAME`, in order.
    """
    counts = ", ".join(["count(*)", *(f"count({quoted(name)})" for name in columns)])
    values = "".join(
        f", list_sort(list(distinct {quoted(name)}) filter ({quoted(name)} is not null"
        f"{f' and {quoted(blank)} is null' if blank else ''})) as {quoted(f'values_{name}')}"
        for name, blank in apart.items()
    )
    return f"select [{counts}] as counts{values} from {quoted(relation)}"


def bounds(relation: str, column: str, upto: int | None = None) -> str:
    """Return the first and last instant of a column, of those up to an instant where one is given."""
    known = "" if upto is None else f" where {quoted(column)} <= {upto}"
    return f"select min({quoted(column)}) as lo, max({quoted(column)}) as hi from {quoted(relation)}{known}"
