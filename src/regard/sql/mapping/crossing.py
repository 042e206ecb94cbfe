"""Tests that need more than one row: repeats, references, registers. Over rows put aside, and over what the lake has.

A relation of rows put aside has `source`, `$n` (unique within the source), `$row`, `$file`, `$line`, `source_id`, the
table's columns and `bucket`. Each test returns `source` and `$n` of the rows it finds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.sql.mapping import words

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

PART = 1 << 40


def landed(paths: Sequence[str]) -> str:
    """Return the rows of Parquet files as a query."""
    wild = str.maketrans({"[": "[[]", "*": "[*]", "?": "[?]"})
    files = ", ".join(words.value(path.translate(wild)) for path in paths)
    return f"select * from read_parquet([{files}], union_by_name = true, hive_partitioning = false)"


def staged(groups: Iterable[tuple[str, Sequence[str]]]) -> str:
    """Return the rows put aside by several sources as one query, with the column `source`.

    Args:
        groups: (source, files).
    """
    queries = [f"select {words.value(source)} as source, * from ({landed(paths)})" for source, paths in groups]
    return "\nunion all by name\n".join(queries)


def keyed(relation: str, columns: Sequence[str]) -> str:
    """Return rows whose key another row put aside has too and that are not the last of it, with what they are.

    `what` is `duplicate-key` (a later row of the same file differs), `repeated` (it is the same) or `updated` (a later
    file has it again).
    """
    content = ", ".join(words.name(column) for column in columns)
    return f"""with doubled as (
  select source, source_id from {relation} group by all having count(*) > 1
),
ordered as (
  select t.source, t."$n", t."$row", hash({content}) as content,
    lead(t."$row") over each as next_row,
    lead(hash({content})) over each as next_content
  from {relation} as t semi join doubled on t.source = doubled.source and t.source_id = doubled.source_id
  window each as (partition by t.source, t.source_id order by t."$row", t."$n")
)
select source, "$n", case
    when next_content = content then 'repeated'
    when next_row // {PART} > "$row" // {PART} then 'updated'
    else 'duplicate-key' end as what
from ordered where next_row is not null"""


def answered(relation: str, dropped: str, stored: str) -> str:
    """Return answers to an invitation and question for which there is a later one, with the one that is kept (R042).

    Args:
        relation: answers put aside.
        dropped: relation with `source` and `$n` of rows already left out.
        stored: the lake's answers; those of the same id as one put aside are about to be replaced.
    """
    return f"""with every as (
  select source, source_id, invite_id, question_id, answered_at, "$row", "$n"
  from {relation} as t anti join {dropped} as d on t.source = d.source and t."$n" = d."$n"
  union all
  select s.source, s.source_id, s.invite_id, s.question_id, s.answered_at,
    cast(null as bigint), cast(null as bigint)
  from {stored} as s
  semi join {relation} as n on s.source = n.source and s.invite_id = n.invite_id and s.question_id = n.question_id
  anti join {relation} as t on s.source = t.source and s.source_id = t.source_id
  where s.duplicate_of is null
),
ordered as (
  select *, count(*) over each as n, first_value(source_id) over latest as kept,
    row_number() over latest as place
  from every
  window each as (partition by source, invite_id, question_id),
    latest as (partition by source, invite_id, question_id
      order by answered_at desc nulls last, "$row" desc nulls last, "$n" desc nulls last, source_id desc)
)
select source, "$n", source_id, kept from ordered where n > 1 and place > 1"""


def referring(relation: str, column: str, known: Iterable[str]) -> str:
    """Return rows that refer to something that none of the known queries (of one column, `id`) has."""
    name = words.name(column)
    every = "\n  union all ".join(known)
    return f"""select t.source, t."$n" from {relation} as t
anti join (
  {every}
) as known on t.{name} = known.id
where t.{name} is not null"""


def left(relation: str, dropped: str) -> str:
    """Return how many rows of each source are left."""
    return f"""select source, count(*) from {relation} as t
anti join {dropped} as d on t.source = d.source and t."$n" = d."$n" group by source"""


def dropping(relation: str, dropped: str) -> str:
    """Return the statement that leaves out the rows of a relation, those that are left out already aside."""
    return f"""insert into {dropped}
select distinct * from {relation} anti join {dropped} using (source, "$n")"""


def fresh(relation: str, dropped: str) -> str:
    """Return how many rows of each source a relation has that are not left out already."""
    return f'select source, count(*) from {relation} anti join {dropped} using (source, "$n") group by source'


def chosen(relation: str, wanted: str) -> str:
    """Return rows put aside that another relation names, in order."""
    return f'select t.* from {relation} as t semi join {wanted} using (source, "$n") order by source, "$n"'


def of_sources(stored: str, relation: str) -> str:
    """Return the ids that the lake has of the sources of a relation."""
    return f"select source, source_id from {stored} semi join {relation} using (source)"


def ids(relation: str, column: str, target: str = "") -> str:
    """Return one column as `id`; of rejects, only those that were meant for a table."""
    where = f" where target = {words.value(target)}" if target else ""
    return f"select {words.name(column)} as id from {relation}{where}"


def raw_lines(relation: str) -> str:
    """Return the raw rows that a relation `refused` names."""
    return f'select * from {relation} semi join refused using ("$row")'


def uncoded(relation: str, column: str, dimension: str, register: str) -> str:
    """Return rows whose value stands not in the register of its dimension, which has any codes."""
    name = words.name(column)
    codes = f"select code from {register} where dimension = {words.value(dimension)}"
    return f"""select t.source, t."$n" from {relation} as t
anti join ({codes}) as known on t.{name} = known.code
where t.{name} is not null and exists ({codes})"""


def kept(relation: str, dropped: str, columns: Sequence[str]) -> str:
    """Return the rows that are left, as the lake takes them but for the stamps of the load."""
    chosen = ", ".join(f"t.{words.name(column)}" for column in columns)
    return f"""select t.source, t.source_id, {chosen}, t.bucket
from {relation} as t anti join {dropped} as d on t.source = d.source and t."$n" = d."$n"
order by t.source, t."$n\""""


def parties(groups: Iterable[tuple[str, str, str, Sequence[str]]]) -> str:
    """Return each party key put aside once, as `system`, `key` and `party_id`.

    Args:
        groups: (system, column, key column, files).
    """
    queries = [
        f"select {words.value(system)} as system, {words.name(key)} as key, {words.name(column)} as party_id "
        f"from ({landed(paths)}) where {words.name(column)} is not null"
        for system, column, key, paths in groups
    ]
    every = "\nunion all\n".join(queries)
    return f"select system, key, party_id from (\n{every}\n) group by all order by system, key"


def colliding(stored: str) -> str:
    """Return surrogates that stand for more than one exact key, with the keys as text."""
    return f"""select party_id, string_agg(key, ' and ' order by key)
from (select distinct source_system || ':' || source_key as key, party_id from {stored} where method = 'exact')
group by party_id having count(*) > 1 order by party_id"""


def stale(stored: str, found: str, sources: Sequence[str]) -> str:
    """Return stored rejects of some sources that this load found no longer."""
    return f"""select s.* from {stored} as s anti join {found} as f using (source, source_id)
where s.source in ({words.values(sources)}) and s.mended_at is null"""


def doubled(stored: str, pairs: str) -> str:
    """Return stored answers with the answer that replaces each, where that is news."""
    return f"""select s.* replace (p.kept as duplicate_of) from {stored} as s
join {pairs} as p using (source, source_id) where s.duplicate_of is distinct from p.kept"""
