"""Random little companies and metrics as workbooks, calculated by a second engine, against the oracle (R113)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import formualizer
import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regard.engines import Oracle
from regard.errors import QuestionError
from regard.excel import Book, write
from regard.excel.formula import sayable
from regard.excel.material import Material
from regard.excel.sheets import boards, calc, checks, cubes, engine, policies, settings as set_, slicers
from regard.expr import show
from regard.model import Calendar, Grain, Policy
from regard.plan import Answer, Question, collect, plan
from regard.plan.cube import Sums, cube_plan, cube_rows
from regard.plan.margins import Terms as Shown, margins
from regard.workspace.estimates import Terms, answer_cells
from tests.engines import company

BUILDERS = (
    slicers.build, policies.build, set_.build, cubes.build, engine.build, calc.build, boards.build, checks.build,
)  # fmt: skip
DIMS = ("channel", "kind", "tier", "region", "cause")


@st.composite
def companies(draw):
    """A company, its metrics, and what is chosen and changed in its workbook."""
    metrics = [
        replace(m, family="X", flags={}, interval=replace(m.interval, method="none", of=(), replicate=""))
        for m in (draw(company.metrics(i)) for i in range(draw(st.integers(1, 3))))
    ]
    metrics = [
        replace(m, parameters={name: replace(one, editable=True) for name, one in m.parameters.items()})
        for m in metrics
    ]
    question = Question(
        metrics=tuple(m.id for m in metrics), breakdowns=((),), grain=draw(st.sampled_from([Grain.MONTH, Grain.WEEK])),
        start=date(2026, 2, 22), end=date(2026, 4, draw(st.integers(1, 20))), compare="", intervals=False,
    )  # fmt: skip
    calendar = Calendar(draw(st.sampled_from(company.ZONES)), 0, 1)
    return metrics, question, calendar, draw(company.facts()), draw(company.spans()), draw(company.versions())


def made(metrics, question, calendar, facts, spans, versions):
    """What a workbook is made of, asked of the oracle."""
    tables = {"fact": facts, "span": spans, "span_share": company.shares(spans)}
    oracle = Oracle(lambda table, _: tables[table], versions)
    until = calendar.midnight(question.end)

    def planned(chosen, dims):
        asked = replace(question, metrics=tuple(m.id for m in chosen), breakdowns=(dims,))
        return plan(
            asked, chosen, calendar=calendar, until=until, tables=company.TABLES, dimensions=company.DIMENSIONS,
            policies=company.POLICIES,
        )  # fmt: skip

    def can(metric, dim):
        try:
            planned([metric], (dim,))
        except QuestionError:
            return False
        return True

    sums = Sums(company.TABLES)
    lowered = {}
    for metric in metrics:
        dims = tuple(dim for dim in DIMS if can(metric, dim))
        lowered[metric.id] = sums.lower(planned([metric], dims), metric, dims)
    sums.keep(sayable)
    whole = planned(metrics, ())
    wanted = sorted({name for one in lowered.values() if not one.why for name in one.sums})
    found = [
        cube_rows(cube, oracle.run(cube_plan(whole, cube)), company.TABLES[cube.table])
        for cube in sums.cubes(wanted, range(whole.asked), DIMS)
    ]
    everybody = Shown(least=0, personal=lambda _: True, worth=lambda *_: None)
    found = margins(found, sums, tuple(lowered.values()), everybody)
    cells = collect(whole, oracle.run(whole))
    answers = {
        metric.id: Answer(
            metric=metric, cells=answer_cells(whole, part, Terms()), calendar=calendar, as_of=until, until=until
        )
        for metric, part in zip(metrics, cells, strict=True)
    }
    # A default that is blank is no default: a key that is not there is blank.
    known = {
        name: Policy(
            name=name,
            by=tuple("abc"[: max(map(len, one.values))]),
            values={key: value for key, value in one.values.items() if value is not None},
            sets=one.sets,
        )
        for name, one in company.POLICIES.items()
    }
    material = Material(
        company="Random", currency="", calendar=calendar, grain=question.grain.value, stretches=whole.stretches,
        as_of=until, until=until, snapshot="1", version="0", metrics=tuple(metrics), answers=answers, lowered=lowered,
        sums=sums, cubes=found, base_slicers=DIMS, slicers=DIMS, policies=known, lookups=company.POLICIES,
        dimensions=company.DIMENSIONS, tables=company.TABLES,
    )  # fmt: skip
    book = Book(title="Random")
    for build in BUILDERS:
        book.sheets.extend(build(material, book))
    return material, book, cells


@settings(max_examples=30, suppress_health_check=list(HealthCheck))
@given(companies())
def test_a_second_engine_finds_what_the_oracle_found(tmp_path_factory, drawn):
    """Empty companies, single rows, ties, zero denominators, texts of every kind, ends of months."""
    material, book, cells = made(*drawn)
    folder = tmp_path_factory.mktemp("random")
    write(book, folder / "p.xlsx", poison=True)
    formualizer.recalculate_xlsx_file(str(folder / "p.xlsx"), str(folder / "c.xlsx"))
    read = openpyxl.load_workbook(folder / "c.xlsx", data_only=True)
    for part in cells:
        for s in range(len(material.stretches)):
            for key, numbers in (("value", np.where(part.mixed, np.nan, part.value)), ("n", part.n)):
                place = book.places[key, part.metric.id]
                got = read[place.sheet].cell(place.top + s + 1, place.left + 1).value
                told = numbers[0, s]
                if material.lowered[part.metric.id].why and key == "n":
                    continue
                if not np.isfinite(told):
                    assert got in (None, ""), (part.metric, s, got)
                else:
                    formula = book.sheet(place.sheet).cells[place.top + s, place.left].value.text
                    tree = show(part.metric.value), [show(leaf) for leaf in part.metric.leaves.values()]
                    assert got == pytest.approx(told, rel=1e-9, abs=1e-6), f"{tree} {part.metric.rows} {formula}"
