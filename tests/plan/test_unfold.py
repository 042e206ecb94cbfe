"""The law of unfolding: over the values of the hidden columns, base x factor adds up to the measure."""

from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings

from regard.engines import Oracle
from regard.expr import Scope, evaluate, parse
from regard.model import RowSet
from regard.plan import SUM, Measure, Scan
from regard.plan.cube import Cube, cube_plan, cube_rows
from regard.plan.unfold import touches, unfold
from tests.engines import company
from tests.engines.asking import metric, planned

FACT = company.FACT


def measure(of, where=None, table="fact", **parameters):
    """A sum over a table."""
    rows = RowSet(table=table, at="at", where=None if where is None else parse(where))
    return Measure(rows=rows, what=SUM, of=(parse(of),), parameters=tuple(sorted(parameters.items())))


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(company.questions(), company.facts(), company.spans(), company.versions())
def test_base_times_factor_adds_up_to_the_measure(plan, facts, spans, versions):
    """On random companies, for every measure that unfolds, in every stretch (R113)."""
    tables = {"fact": facts, "span": spans, "span_share": company.shares(spans)}
    oracle = Oracle(lambda table, _: tables[table], versions)
    for one in plan.measures.values():
        own = plan.tables[one.rows.table]
        part = unfold(one, own)
        if part is None or part.factor is None:
            continue
        assert not part.base.parameters
        assert not touches(part.base.of[0])
        scan = Scan(
            table=own.name, arguments=one.rows.arguments, measures=(one,), sets=((),),
            stretches=tuple(range(len(plan.stretches))),
        )  # fmt: skip
        cube = Cube(table=own.name, dims=(), hidden=part.hidden, bases=(part.base,), scan=_asked(scan, part))
        [whole] = oracle.run(cube_plan(plan, Cube(table=own.name, dims=(), hidden=(), bases=(one,), scan=scan))).tables
        expected = dict(zip(whole["stretch"].to_pylist(), whole["m0"].to_pylist(), strict=True))
        rows = cube_rows(cube, oracle.run(cube_plan(plan, cube)), own)
        scope = Scope(parameters=dict(one.parameters), policies=plan.policies)
        found: dict[int, list[float]] = {}
        for i, stretch in enumerate(rows.stretch):
            factor = evaluate(part.factor, {name: rows.hidden[name][i] for name in part.hidden}, scope)
            found.setdefault(stretch, []).append(rows.sums[0][i] * (factor or 0))
        for stretch in {*expected, *found}:
            total = math.fsum(found.get(stretch, []))
            assert math.isclose(total, expected.get(stretch, 0.0), rel_tol=1e-9, abs_tol=1e-6), one


def _asked(scan, part):
    from dataclasses import replace

    return replace(scan, measures=(part.base,), sets=(tuple("column:" + name for name in part.hidden),))


@pytest.mark.parametrize(
    ("of", "where", "base", "factor", "hidden"),
    [
        ("score >= $from", None, "1", "score >= $from", ("score",)),
        ("score >= $from and good", None, "good", "score >= $from", ("score",)),
        ("amount * lookup(boxes, score)", "good", "amount", "lookup(boxes, score)", ("score",)),
        ("if(score >= $from and good, amount, 0)", None, "if(good, amount, 0)", "score >= $from", ("score",)),
        ("amount", "score < $from", "amount", "score < $from", ("score",)),
        ("amount * $from / score", None, "amount / score", "$from", ()),
    ],
)
def test_what_no_parameter_touches_stays_with_the_engine(of, where, base, factor, hidden):
    """Products are split at their factors, tests at their conjuncts."""
    part = unfold(measure(of, where, **{"from": 9}), FACT)
    assert part is not None
    assert (part.base.of[0], part.factor, part.hidden) == (parse(base), parse(factor), hidden)


def test_what_is_no_sum_over_rows_does_not_unfold():
    """A factor that reads a clock would change from period to period; distinct counts have no base."""
    assert unfold(measure("score >= $from and until - at > 10 d", **{"from": 9}), FACT) is not None
    assert unfold(measure("(until - at) / 1 d * $from >= 2", **{"from": 9}), FACT) is None
    plan = planned(metric("distinct(r, party_id)"))
    assert all(unfold(one, FACT) is None for one in plan.measures.values() if one.what != SUM)
