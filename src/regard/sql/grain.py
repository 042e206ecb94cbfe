"""What does not merge, as one statement at the asked grain: distinct counts, quantiles, survival, rows per key."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from regard.expr import Call, Literal, Node, Type
from regard.plan import DISTINCT, EXACT_TO, QUANTILE, SUM, Z, order_ranks
from regard.sql import expression as e
from regard.sql.facts import Facts
from regard.sql.scan import grouping, meets, stretches

if TYPE_CHECKING:
    from collections.abc import Callable

    from regard.plan import Measure, Plan, Scan

ONE = Literal(1, Type.NUMBER)


def statement(plan: Plan, scan: Scan, relation: str) -> str:
    """Return the statement of a scan whose measures do not merge, giving the columns that `Results` says."""
    facts = Facts(plan, scan, relation)
    measure = scan.measures[0]
    if measure.rows.per is not None:
        steps, sets = _per(facts)
    elif measure.what == DISTINCT:
        steps, sets = _distinct(facts)
    else:
        steps, sets = _ordered(facts, _quantile if measure.what == QUANTILE else _survival)
    return "with\n" + ",\n".join(steps) + "\n" + "\nunion all\n".join(sets)


def _row_scope(facts: Facts, measure: Measure) -> e.Scope:
    """Return how names are said where rows already stand beside their stretch."""
    clock = {name: e.column(name.replace(".", "_"), "t") for name in ("period.start", "period.end")}
    return e.Scope(
        name=lambda name: e.column(name, "f"),
        clock=clock | {"until": e.literal(facts.plan.until)},
        parameters=dict(measure.parameters),
        policies=facts.plan.policies,
    )


def own_tests(facts: Facts, measure: Measure) -> list[str]:
    """Return every own test of a measure over `f` beside `t`, and its keep."""
    scope = _row_scope(facts, measure)
    tests = [e.text(e.row(test, scope)) for test in facts.own(measure)]
    if measure.rows.keep is not None:
        tests.append("(f.next_at is null or f.next_at >= t.period_end)")
    if measure.rows.matures:
        tests.append(f"f.happened + {measure.rows.matures} <= {facts.plan.horizon(measure.rows)}")
    if measure.rows.per is not None:
        # Rows of nobody are not the rows of one party called nobody.
        tests.append(f"{e.text(e.column(measure.rows.per.keys[0], 'f'))} is not null")
    return tests


def row_inputs(facts: Facts, *measures: Measure) -> dict[str, str]:
    """Return the columns that the row step must hand on."""
    found: dict[str, str] = {}
    columns = facts.plan.tables[facts.scan.table].columns
    for measure in measures:
        per = measure.rows.per
        nodes = (*measure.of, *facts.own(measure), *((node for _, node in per.sums) if per else ()))
        wanted = {part for node in nodes for part in e.read(node)} | set(per.keys if per else ())
        if measure.rows.keep is not None:
            wanted.add("next_at")
        found |= {name: e.text(e.column(name, "f")) for name in sorted(wanted) if name in columns}
        if measure.rows.matures:
            found["happened"] = facts.time
    return found


def placed(facts: Facts, chosen: dict[str, str], tests: list[str], name: str, note: str) -> str:
    """Return a step that sets rows beside the stretches they stand in."""
    heads = ["t.stretch", *(f"f.d{i}" for i in range(len(facts.dimensions))), *(["f.r"] if facts.replicate else [])]
    heads += [f"{sql} as {alias}" for alias, sql in chosen.items()]
    where = f"\n  where {' and '.join(f'({test})' for test in tests)}" if tests else ""
    join = f"from facts as f join stretches as t on {meets(facts)}"
    return f"{name} as ( -- {note}\n  select {', '.join(heads)}\n  {join}{where}\n)"


def _distinct(facts: Facts) -> tuple[list[str], list[str]]:
    """Count distinct values: several measures at once, each under its own tests."""
    measures = facts.scan.measures
    chosen = {}
    for i, measure in enumerate(measures):
        scope = _row_scope(facts, measure)
        tests = " and ".join(f"({test})" for test in own_tests(facts, measure))
        value = e.text(e.row(measure.of[0], scope))
        chosen[f"v{i}"] = f"case when {tests} then {value} end" if tests else value
    values = [f"cast(count(distinct v{i}) as double) as m{i}" for i in range(len(measures))]
    steps = [
        facts.step(row_inputs(facts, *measures)),
        stretches(facts, set()),
        placed(facts, chosen, [], "placed", "each row beside the stretches that hold it"),
    ]
    return steps, _grouped(facts, "placed", values)


def _grouped(facts: Facts, source: str, values: list[str]) -> list[str]:
    found = []
    for place, labels in enumerate(facts.scan.sets):
        for replicated in (False, True) if facts.replicate else (False,):
            heads, groups = grouping(facts, place, labels, replicated=replicated)
            found.append(
                f"select {', '.join(heads)},\n       {', '.join(values)}\n"
                f"from {source} as t\ngroup by {', '.join(groups)}"
            )
    return found


def _per(facts: Facts) -> tuple[list[str], list[str]]:
    """Reduce to one row per key, stretch and group, then sum over those rows."""
    measures = facts.scan.measures
    per = measures[0].rows.per
    if per is None:
        raise TypeError(facts.scan)
    scope = _row_scope(facts, measures[0])
    keys = {key: e.text(e.column(key, "f")) for key in per.keys}
    parts = {name: e.text(e.row(_counted(node), scope)) for name, node in per.sums}
    steps = [
        facts.step(row_inputs(facts, measures[0])),
        stretches(facts, set()),
        placed(
            facts, keys | parts, own_tests(facts, measures[0]), "placed", "each row beside the stretches that hold it"
        ),
    ]
    sets = []
    scopes = [
        e.Scope(name=e.column, parameters=dict(measure.parameters), policies=facts.plan.policies)
        for measure in measures
    ]
    for place, labels in enumerate(facts.scan.sets):
        own = [f"d{facts.dimensions.index(label)}" for label in labels]
        group = ["stretch", *own, *per.keys, *(["r"] if facts.replicate else [])]
        sums = [f"coalesce(sum({name}), 0) as {name}" for name in parts]
        steps.append(
            f"reduced{place} as ( -- one row per {' and '.join(per.keys)}\n"
            f"  select {', '.join([*group, *sums])}\n  from placed\n  group by {', '.join(group)}\n)"
        )
        values = [
            f"cast({_leaf(measure, own_scope)} as double) as m{i}"
            for i, (measure, own_scope) in enumerate(zip(measures, scopes, strict=True))
        ]
        for replicated in (False, True) if facts.replicate else (False,):
            heads, groups = grouping(facts, place, labels, replicated=replicated)
            sets.append(
                f"select {', '.join(heads)},\n       {', '.join(values)}\nfrom reduced{place} as t\n"
                f"group by {', '.join(groups)}"
            )
    return steps, sets


def _counted(node: Node) -> Node:
    """Return a test as 1 or 0, any other row expression as it is."""
    return Call("if", (node, ONE, Literal(0, Type.NUMBER))) if e.is_test(node) else node


def _leaf(measure: Measure, scope: e.Scope) -> str:
    if measure.what == DISTINCT:
        return f"count(distinct {e.text(e.row(measure.of[0], scope))})"
    if measure.what != SUM:
        raise ValueError(measure.what)
    return f"coalesce(sum({e.text(e.row(_counted(measure.of[0]), scope))}), 0)"


def _ordered(facts: Facts, make: Callable[[Facts, Measure, str, str], tuple[str, str]]) -> tuple[list[str], list[str]]:
    """Order the rows of each group: quantiles and survival times, one pair of steps for each set."""
    (measure,) = facts.scan.measures
    scope = _row_scope(facts, measure)
    chosen = {"x": f"cast({e.text(e.row(measure.of[0], scope))} as double)"}
    if measure.what == QUANTILE and len(measure.of) > 2:  # noqa: PLR2004 - value, q, weight
        chosen["w"] = f"cast({e.text(e.row(measure.of[2], scope))} as double)"
    if measure.what != QUANTILE:
        chosen["done"] = f"case when {e.text(e.row(measure.of[1], scope))} then 1 else 0 end"
    steps = [
        facts.step(row_inputs(facts, measure)),
        stretches(facts, set()),
        placed(facts, chosen, own_tests(facts, measure), "placed", "each row beside the stretches that hold it"),
    ]
    ranked = measure.what == QUANTILE and "w" not in chosen
    steps += [_ranks(_share(measure))] if ranked else []
    beside = "\nleft join ranks on ranks.n_rows = t.n" if ranked else ""
    sets = []
    for place, labels in enumerate(facts.scan.sets):
        own = [f"d{facts.dimensions.index(label)}" for label in labels]
        group = ", ".join(["stretch", *own])
        step, values = make(facts, measure, group, f"ordered{place}")
        steps.append(step)
        heads, groups = grouping(facts, place, labels, replicated=False)
        sets.append(
            f"select {', '.join(heads)},\n       {values}\nfrom ordered{place} as t{beside}\n"
            f"group by {', '.join(groups)}"
        )
    return steps, sets


def _quantile(facts: Facts, measure: Measure, group: str, name: str) -> tuple[str, str]:
    """Quantile by linear interpolation (weighted: the least value with that share of the weight), with its ranks."""
    del facts
    share = _share(measure)
    partition = f"partition by {group}"
    weighted = len(measure.of) > 2  # noqa: PLR2004 - the weight stands third
    extra = (
        f",\n    sum(w) over ({partition} order by x rows between unbounded preceding and current row) as upto"
        f",\n    sum(w) over ({partition}) as total"
        if weighted
        else ""
    )
    where = "x is not null" + (" and w > 0" if weighted else "")
    step = (
        f"{name} as ( -- the rows of each group in order\n"
        f"  select placed.*, row_number() over ({partition} order by x) as rank,\n"
        f"    count(*) over ({partition}) as n{extra}\n"
        f"  from placed where {where}\n)"
    )
    if weighted:
        return step, (
            f"min(case when upto >= {share} * total * (1 - 1e-12) then x end) as m0, "
            "cast(null as double) as m0_lo, cast(null as double) as m0_hi, cast(max(n) as double) as m0_n"
        )
    place = f"({share} * (n - 1))"
    low = f"max(case when rank = floor({place}) + 1 then x end)"
    high = f"max(case when rank = least(floor({place}) + 2, n) then x end)"
    fraction = f"max({place} - floor({place}))"
    spread = f"{Z} * sqrt(n * {share} * {1 - share})"
    lower, upper = f"floor(n * {share} - {spread})", f"ceil(n * {share} + {spread}) + 1"
    return step, (
        f"{low} + {fraction} * ({high} - {low}) as m0,\n       "
        f"max(case when rank = case when n > {EXACT_TO} then {lower} else lower_rank end then x end) as m0_lo,\n"
        f"       max(case when rank = case when n > {EXACT_TO} then {upper} else upper_rank end then x end) as m0_hi, "
        "cast(max(n) as double) as m0_n"
    )


def _share(measure: Measure) -> float:
    """Return which quantile a measure is."""
    q = measure.of[1]
    if not isinstance(q, Literal):
        raise TypeError(q)
    return float(q.value)


def _ranks(share: float) -> str:
    """Return the step `ranks`: for each number of rows, where few, the exact ranks of the ends of the interval.

    A table is read in a fifth of the time that a CASE of as many branches in each set takes.
    """
    found = [(n, *ranks) for n in range(1, EXACT_TO + 1) if (ranks := order_ranks(n, share)) is not None]
    lines = ",\n    ".join(str(row) for row in found or [(0, 0, 0)])
    return f"ranks(n_rows, lower_rank, upper_rank) as ( -- ranks that hold the quantile\n  values\n    {lines}\n)"


def _survival(facts: Facts, measure: Measure, group: str, name: str) -> tuple[str, str]:
    """Kaplan-Meier: the first time at which S <= 1 - q, its ends by Greenwood's variance on the log-log scale."""
    del facts
    q = measure.of[2]
    if not isinstance(q, Literal):
        raise TypeError(q)
    left = 1 - float(q.value)
    step = (
        f"{name}_life as ( -- a life table: how many are done and how many were still open at each time\n"
        f"  select {group}, x, sum(done) as d, count(*) as c\n"
        f"  from placed where x is not null\n  group by {group}, x\n),\n"
        f"{name}_risk as (\n"
        f"  select *, sum(c) over (partition by {group}) as n,\n"
        f"    sum(c) over (partition by {group} order by x desc\n"
        f"      rows between unbounded preceding and current row) as risk\n"
        f"  from {name}_life\n),\n"
        f"{name}_log as ( -- S is a product, so its logarithm is a sum; once all are done it is 0\n"
        f"  select *, sum(case when d < risk then ln(1 - cast(d as double) / risk) else -1e9 end) over w as log_s,\n"
        f"    sum(case when d < risk then cast(d as double) / (cast(risk as double) * (risk - d)) else 0 end)\n"
        f"      over w as v\n"
        f"  from {name}_risk\n"
        f"  window w as (partition by {group} order by x rows between unbounded preceding and current row)\n),\n"
        f"{name} as ( -- log(-log S) and its spread\n"
        f"  select *, case when log_s < -1e8 then 0 else exp(log_s) end as s,\n"
        f"    case when log_s < -1e-15 and log_s > -1e8 then ln(-log_s) end as y,\n"
        f"    case when log_s < -1e-15 and log_s > -1e8 then {Z} * sqrt(v) / abs(log_s) end as h\n"
        f"  from {name}_log\n)"
    )
    target = math.log(-math.log(left)) if 0 < left < 1 else 0.0
    return step, (
        f"min(case when s <= {left} + 1e-12 then x end) as m0,\n       "
        # The ends are where the band of S crosses: its lower curve first, its upper curve last.
        f"min(case when s <= 0 or y + h >= {target!r} - 1e-12 then x end) as m0_lo,\n       "
        f"min(case when s <= 0 or y - h >= {target!r} - 1e-12 then x end) as m0_hi, cast(max(n) as double) as m0_n"
    )
