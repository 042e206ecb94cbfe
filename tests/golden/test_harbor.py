"""The example company, loaded: its numbers are those it was made with, and the oracle's, metric by metric."""

from __future__ import annotations

import json
from collections import defaultdict
from datetime import date

import numpy as np
import pytest

from regard.derived import REFERENCES
from regard.engines import Duck, Oracle
from regard.model import Grain, Status
from regard.plan import Question, collect
from regard.workspace.asking import Asking
from regard.workspace.estimates import Terms, answer_cells

pytestmark = pytest.mark.slow
CELLS = ("value", "n", "squares", "without", "lo", "hi", "coverage", "unripe", "mixed")
ALIKE = {"tier", "plan", "lifecycle"}
"""Dimensions of the customer that are stamped as segment and region are."""
ESTIMATE = ("value", "lo", "hi", "se", "n", "n_eff", "coverage")


class Two:
    """Harbor's newest snapshot on two engines: DuckDB over the lake's views, the oracle over the rows of the same.

    Attributes:
        shipped: the metrics that can be asked.
    """

    def __init__(self, workspace):
        self.workspace = workspace
        self.asking = Asking(workspace)
        self.relations = self.asking.relations
        self.kept = {}
        known = workspace.catalogue
        metrics = [known.metric(name) for name in known.metrics]
        self.shipped = [metric for metric in metrics if metric.status is Status.SHIPPED]

    def rows(self, table, arguments):
        """Return the rows of a table as the engine sees them."""
        key = (table, tuple(arguments))
        if key not in self.kept:
            self.kept[key] = self.read(self.relations.name(table, arguments))
        return self.kept[key]

    def read(self, name):
        """Return the rows of a view."""
        return self.relations.connection.sql(f'select * from "{name}"').to_arrow_table().to_pylist()

    def differences(self, metrics, cut, start=date(2026, 5, 1), options=None, compare="previous"):
        """Ask both engines for months to the end of June by dimensions; return what differs, and how many values."""
        question = Question(
            metrics=tuple(metric.id for metric in metrics),
            breakdowns=(cut,),
            start=start,
            end=date(2026, 7, 1),
            grain=Grain.MONTH,
            options=options or {},
            compare=compare,
        )
        plan = self.workspace.plan(question, metrics, until=self.asking.until)
        fast = collect(plan, Duck(self.relations.connection, self.relations.name).run(plan))
        slow = collect(plan, Oracle(self.rows, self.rows("party", ())).run(plan))
        found, filled = [], 0
        for one, other in zip(fast, slow, strict=True):
            if one.groups != other.groups:
                found.append((one.metric.id, cut, "groups", one.groups, other.groups))
                continue
            found += [
                (one.metric.id, cut, field) for field in CELLS if not same(getattr(one, field), getattr(other, field))
            ]
            pairs = zip(answer_cells(plan, one, Terms()), answer_cells(plan, other, Terms()), strict=True)
            for left, right in pairs:
                filled += left.estimate.value is not None
                found += [
                    (one.metric.id, cut, left.period.label, left.dims, field)
                    for field in ESTIMATE
                    if not same(getattr(left.estimate, field), getattr(right.estimate, field))
                ]
        return found, filled


def same(left, right):
    """Whether two numbers or arrays agree to nine digits, blanks included."""
    if left is None or right is None:
        return left is None and right is None
    return bool(np.allclose(left, right, rtol=1e-9, atol=1e-9, equal_nan=True))


@pytest.fixture(scope="module")
def two(harbor):
    """Both engines."""
    return Two(harbor)


def test_the_numbers_are_those_it_was_made_with(harbor):
    """What was planted in each of six months comes out of the loaded files: the dirty rows of June change nothing."""
    planted = json.loads((harbor.root / "data" / "planted.json").read_text(encoding="utf-8"))["months"]
    sought = {
        "csat_top2": lambda month: 100 * month["satisfied"] / month["satisfied_of"],
        "nps": lambda month: 100 * (month["promoters"] - month["detractors"]) / month["recommending_of"],
        "ces_mean": lambda month: month["effort_sum"] / month["effort_of"],
        "frt": lambda month: month["first_reply_s"] / 3600,
        "resolution_time": lambda month: month["resolution_s"] / 3600,
        "churn": lambda month: 100 * month["lost"] / month["active_at_start"],
        "new_customers": lambda month: month["first_orders"],
        "aov": lambda month: month["net"] / month["orders"],
        "return_rate": lambda month: 100 * month["returned"] / month["orders"],
    }

    for answer in harbor.ask(*sought, start="2026-01-01", end="2026-07-01"):
        for cell in answer.cells:
            expected = sought[answer.metric.id](planted[cell.period.label])
            assert cell.estimate.value == pytest.approx(expected, rel=1e-6), (answer.metric.id, cell.period.label)


def test_x1_the_sheets_ratio_of_3_2_is_not_what_its_parts_give(harbor):
    """X1: CLV 2680 and CAC 142, as the sheet has them, give 18.9; its 3.2 comes out nowhere."""
    [clv], [cac], [ratio] = (
        answer.cells for answer in harbor.ask("clv", "cac", "clv_cac", start="2026-06-01", end="2026-07-01")
    )

    assert clv.estimate.value == pytest.approx(2680, rel=1e-4)
    assert cac.estimate.value == pytest.approx(142, rel=1e-4)
    assert ratio.estimate.value == pytest.approx(clv.estimate.value / cac.estimate.value, rel=1e-9)


def test_both_engines_agree_on_every_shipped_metric(two):
    """By month and the dimension each metric is first cut by: values, n, ends and replicates agree to nine digits."""
    asked = [two.differences([metric], metric.by_default or metric.dims[:1]) for metric in two.shipped]

    assert len(asked) > 100
    assert [difference for found, _ in asked for difference in found] == []
    assert sum(filled for _, filled in asked) > 500


def test_both_engines_agree_on_every_dimension(two):
    """By every dimension that is offered, all its metrics in one question: what they share changes nothing."""
    cuts = defaultdict(list)
    for metric in two.shipped:
        for dimension in set(metric.dims) - ALIKE:
            cuts[(dimension,)].append(metric)

    for cut, metrics in cuts.items():
        found, _ = two.differences(metrics, cut, start=date(2026, 6, 1), compare="")
        assert found == []


def test_both_engines_agree_on_every_option(two):
    """Whatever is picked of the choice register, both engines give the same number."""
    known = two.workspace.catalogue
    asked = [
        (known.metric(metric.id, {choice.id: option}), {choice.id: option})
        for metric in two.shipped
        for choice in metric.choices
        for option in choice.options
        if option != choice.default
    ]
    shipped = [(metric, options) for metric, options in asked if metric.status is Status.SHIPPED]

    assert len(shipped) > 60
    for metric, options in shipped:
        found, _ = two.differences([metric], metric.by_default, start=date(2026, 6, 1), options=options)
        assert found == []


def test_derived_tables_are_what_their_references_make(two):
    """Every derived table, with every argument that metrics and options give it: the SQL makes the reference's rows."""
    known = two.workspace.catalogue
    wanted = {(table, tuple(sorted(known.tables[table].arguments.items()))) for table in REFERENCES}
    for metric in two.shipped:
        variants = [{}, *({c.id: option} for c in metric.choices for option in c.options)]
        for options in variants:
            for rows in known.metric(metric.id, options).rows.values():
                if rows.table in REFERENCES:
                    given = known.tables[rows.table].arguments | dict(rows.arguments)
                    wanted.add((rows.table, tuple(sorted(given.items()))))

    assert len(wanted) > len(REFERENCES)
    for table, arguments in sorted(wanted, key=repr):
        made = two.rows(table, arguments)
        inputs = {name: two.rows(name, ()) for name in known.tables[table].derived_from}
        if dict(arguments).get("clock") == "business":
            inputs["calendar_day"] = two.read("calendar_day")
        reference = REFERENCES[table](inputs, dict(arguments), two.asking.until)
        keys = known.tables[table].keys
        assert keyed(made, keys) == keyed(reference, keys), (table, arguments)


def keyed(rows, keys):
    """Return rows by their key; no two have the same."""
    found = {tuple(row[key] for key in keys): row for row in rows}
    assert len(found) == len(rows)
    return found
