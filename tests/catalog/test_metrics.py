"""As written -> resolved: like, override, options, references, hash."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from regard.catalog import load, resolve
from regard.errors import QuestionError
from regard.expr import show
from regard.model import Kind, Status, Window

if TYPE_CHECKING:
    from pathlib import Path

BASE = """\
metric: good_answers
version: 1
title: Good answers
kind: ordinary
rows:
  answers:
    table: response_seq
    where: question_kind = 'csat'
    at: answered_at
    keep: last by answered_at per party, survey_id
parameters:
  good_from: {value: 4, min: 1, max: 5}
options:
  K22: {latest: default, every: {rows.answers.keep: none, parameters.good_from: 3}}
leaves:
  n: count(answers)
  good: sum(answers, score >= $good_from)
value: 100 * good / n
n: n
unit: percent
good: up
target: {lo: 85, source: own}
interval: {method: proportion, of: [good, n], replicate: party}
dims: [segment, channel]
"""


def write(folder: Path, name: str, *documents: str) -> Path:
    """Write documents to a file of metrics."""
    (folder / "metrics").mkdir(exist_ok=True)
    (folder / "metrics" / f"{name}.yaml").write_text("---\n".join(documents), encoding="utf-8")
    return folder


def test_resolved(tmp_path) -> None:
    """A resolved metric has parsed leaves, typed row sets, and the status `local` when it is a workspace's own."""
    metric = load(write(tmp_path, "own", BASE)).metric("good_answers")
    rows = metric.rows["answers"]

    assert metric.status is Status.LOCAL
    assert (rows.table, rows.at) == ("response_seq", "answered_at")
    assert rows.keep is not None
    assert rows.keep.per == ("party_id", "survey_id")
    assert show(metric.leaves["good"]) == "sum(answers, score >= $good_from)"
    assert metric.parameters["good_from"].value == 4
    assert metric.target[0].lo == 85
    assert metric.words == (
        "100 times the number of answers for which score is at least good from divided by the number of answers"
    )


def test_like(tmp_path) -> None:
    """A metric that begins like another takes its fields, replaces some, adds some and takes some away."""
    child = """\
metric: good_orders
like: good_answers
version: 2
title: Good answers to two surveys
rows:
  answers: {keep: none, window: 3 months, same: [scale_min, scale_max]}
leaves:
  two: sum(answers, survey_id in ('a', 'b'))
value: 100 * good / two
interval: {method: exact}
"""
    metric = load(write(tmp_path, "own", BASE, child)).metric("good_orders")
    rows = metric.rows["answers"]

    assert (metric.version, metric.title, metric.unit) == (2, "Good answers to two surveys", "percent")
    assert rows.keep is None
    assert rows.window == Window(3, "month")
    assert rows.same == ("scale_min", "scale_max")
    assert set(metric.leaves) == {"n", "good", "two"}
    assert metric.interval.of == ()
    assert metric.target == ()


def test_like_takes_another_way_in_time(tmp_path) -> None:
    """A row set that is placed in time in another way loses the way it inherits; another table takes all away."""
    base = """\
metric: lives
version: 1
title: Served
kind: ordinary
rows:
  served: {table: served, over: [start_at, end_at], where: size > 0}
leaves: {n: "sum(served, overlap)"}
value: n
"""
    standing = """\
metric: lives_at_start
like: lives
version: 1
title: Served at the start
rows:
  served: {standing: start}
leaves: {n: "sum(served, size)"}
"""
    active = """\
metric: active
like: lives
version: 1
title: Active
rows:
  served: {table: active_span, over: [start_at, end_at]}
"""
    catalogue = load(write(tmp_path, "own", base, standing, active))
    rows = catalogue.metric("lives_at_start").rows["served"]

    assert (rows.standing, rows.span, rows.over) == ("start", ("start_at", "end_at"), None)
    assert rows.where is not None
    assert catalogue.metric("active").rows["served"].where is None


def test_options(tmp_path) -> None:
    """An option sets fields by their paths; the default sets nothing; both are in the hash."""
    catalogue = load(write(tmp_path, "own", BASE))
    latest = catalogue.metric("good_answers")
    every = catalogue.metric("good_answers", {"K22": "every"})

    assert every.rows["answers"].keep is None
    assert every.parameters["good_from"].value == 3
    assert every.parameters["good_from"].hi == 5
    assert (latest.options_set, every.options_set) == ((), (("K22", "every"),))
    assert latest.choices[0].default == "latest"
    assert latest.hash != every.hash
    assert catalogue.metric("good_answers", {"K22": "latest"}).hash == latest.hash


def test_option_that_names_another_metric(tmp_path) -> None:
    """An option may lead to another id: one id, one number."""
    other = BASE.replace("metric: good_answers", "metric: very_good").replace("value: 4", "value: 5")
    base = BASE.replace("options:\n", "options:\n  K20: {top2: default, net: {metric: very_good}}\n")
    metric = load(write(tmp_path, "own", base, other)).metric("good_answers", {"K20": "net", "K22": "every"})

    assert metric.id == "very_good"
    assert metric.options_set == (("K20", "net"), ("K22", "every"))


def test_references(tmp_path) -> None:
    """References are expanded to the other metric's leaves, under its id; shared leaves stay one."""
    bad = "metric: bad_share\nversion: 1\ntitle: Bad\nkind: composed\nvalue: 100 - @good_answers\n"
    odds = """\
metric: odds
version: 1
title: Odds
kind: composed
value: @good_answers / @bad_share + trailing(@good_answers, 28 d)
n: good_answers.n
"""
    odds = odds.replace("value: @", 'value: "@').replace("28 d)", '28 d)"')
    catalogue = load(write(tmp_path, "own", BASE, bad, odds))
    metric = catalogue.metric("odds")

    assert metric.kind is Kind.COMPOSED
    assert set(metric.leaves) == {"good_answers.n", "good_answers.good"}
    assert set(metric.rows) == {"good_answers.answers"}
    assert metric.parameters["good_answers.good_from"].value == 4
    assert show(metric.leaves["good_answers.good"]) == "sum(good_answers.answers, score >= $good_answers.good_from)"
    assert "trailing(good_answers.good, 28 d) / trailing(good_answers.n, 28 d)" in show(metric.value)
    assert catalogue.metric("odds", {"K22": "every"}).rows["good_answers.answers"].keep is None
    assert catalogue.metric("odds", {"K22": "every"}).hash != metric.hash
    assert catalogue.metric("odds", {"K22": "every"}).options_set == (("K22", "every"),)
    assert [choice.id for choice in metric.choices] == ["K22"]


def test_override(tmp_path) -> None:
    """A workspace's file with a shipped id changes options, parameters and targets, and the metric says so."""
    override = """\
metric: nps
version: 1
options: {K22: every}
parameters: {promoter_from: 8}
target: {lo: 30, source: council}
owner: sales
"""
    catalogue = load(write(tmp_path, "nps", override))
    shipped, metric = load().metric("nps"), catalogue.metric("nps")

    assert catalogue.mistakes == ()
    assert (shipped.status, metric.status) == (Status.SHIPPED, Status.LOCAL)
    assert metric.differs == ("K22", "parameters", "target", "owner")
    assert metric.rows["answers"].keep is None
    assert metric.parameters["promoter_from"].value == 8
    assert metric.parameters["promoter_from"].hi == shipped.parameters["promoter_from"].hi
    assert metric.target[0].lo == 30
    assert metric.options_set == (("K22", "every"),)
    assert metric.hash != shipped.hash
    assert "metric: nps" in catalogue.source_text("nps").partition("---\n")[2]


SAME = {
    "a comment": ("title:", "# why\ntitle:"),
    "another title": ("Good answers", "Satisfied"),
    "spaces in a formula": ("100 * good / n", "100*good/n"),
    "another owner and target": ("dims:", "owner: cx\nmin_change: 2\ndims:"),
}
OTHER = {
    "another threshold": ("value: 4", "value: 3"),
    "another formula": ("100 * good / n", "100 * (good / n) / 2"),
    "another filter": ("'csat'", "'ces'"),
    "a window": ("    at:", "    window: 3 months\n    at:"),
    "another unit": ("unit: percent", "unit: ratio"),
    "another interval": ("replicate: party", "replicate: day"),
}


@pytest.mark.parametrize("change", [*SAME, *OTHER])
def test_hash(tmp_path, change) -> None:
    """The hash changes with everything that decides the numbers, and with nothing else."""
    old, new = (SAME | OTHER)[change]
    one = load(write(tmp_path, "own", BASE)).metric("good_answers")
    two = load(write(tmp_path, "own", BASE.replace(old, new))).metric("good_answers")

    assert (one.hash == two.hash) is (change in SAME)


def test_hash_knows_policies_and_derived_tables(tmp_path) -> None:
    """A new value of a policy that is looked up is another definition; of another policy it is not."""
    (tmp_path / "policies").mkdir()
    text = "policy: {}\nversion: 2\nby: [points]\nvalues: {{5: 1}}\nmeans: own\ncitation: own\n"
    shipped = load().metric("csat_top2").hash
    write(tmp_path, "none")

    (tmp_path / "policies" / "own.yaml").write_text(text.format("bottom_boxes"), encoding="utf-8")
    assert load(tmp_path).metric("csat_top2").hash == shipped
    (tmp_path / "policies" / "own.yaml").write_text(text.format("top_boxes"), encoding="utf-8")
    assert load(tmp_path).metric("csat_top2").hash != shipped


def test_planned(own) -> None:
    """A planned metric needs no formula, but says why it waits.

    metric: tomorrow
    version: 1
    status: planned
    title: Tomorrow's churn
    kind: by method
    method: hazard
    ---
    metric: yesterday
    version: 1
    status: planned
    pending: the method hazard is not built yet
    title: Yesterday's churn
    kind: by method
    method: hazard
    """
    (one,) = own()

    assert (one.rule, one.line) == ("missing-field", 1)
    assert "pending" in one.hint


def test_finished(own) -> None:
    """An approved metric without owner, decision, unit, direction or citation gets one message for each (R033).

    metric: rushed
    version: 1
    status: approved
    title: Rushed
    question: How rushed were we?
    code: VOC-99
    family: VOC
    level: outcome
    kind: ordinary
    rows: {answers: {table: response_seq, at: answered_at}}
    leaves: {n: count(answers)}
    value: n
    dims: [segment]
    """
    assert sorted(one.message.split("'")[1] for one in own()) == ["citation", "decision", "good", "owner", "unit"]


def test_expressions_are_typed(own) -> None:
    """Types, quantiles, stretches and dimensions of a formula are checked when the file is read.

    metric: typed
    version: 1
    title: Typed
    kind: at the grain
    rows:
      cases: {table: case_clock, at: opened_at, where: contacts}
      plain: {table: case_clock, at: opened_at}
    leaves:
      time: mean(plain, resolution)
      half: quantile(plain, resolution / 1 h, 50)
      late: trailing(n, 36 h)
      n: count(plain)
      whole: total(n, chanel)
      who: distinct(plain, party_id + 1)
    value: n
    dims: [channel]
    """
    found = {one.field: one for one in own()}

    assert found["rows.cases.where"].rule == "wrong-type"
    assert "1 h" in found["leaves.time"].hint
    assert found["leaves.half"].rule == "out-of-range"
    assert found["leaves.late"].rule == "window"
    assert found["leaves.whole"].hint == "did you mean 'channel'?"
    assert found["leaves.who"].rule == "wrong-type"
    assert set(found) == {"rows.cases.where", *(f"leaves.{name}" for name in ("time", "half", "late", "whole", "who"))}


def test_per_hides_the_columns(own) -> None:
    """After `per` only keys and named sums are left to the leaves.

    metric: pressed
    version: 1
    title: Pressed
    kind: at the grain
    rows:
      parties:
        table: invite_seq
        at: delivered_at
        per: {keys: [party_id], sums: {invitations: "1"}}
    leaves:
      n: count(parties)
      over: sum(parties, invitations > 1)
      lost: sum(parties, answered)
    value: over / n
    """
    (one,) = own()

    assert one.field == "leaves.lost"
    assert "per party_id has no 'answered'" in one.message


def test_inherited_text_that_no_longer_fits(own, workspace) -> None:
    """A text that is right where it stands and wrong in a metric that inherits it is shown at `like`.

    metric: moved
    like: nps
    version: 1
    title: Moved to a table without scores
    rows:
      answers: {table: visit, at: started_at}
    """
    found = own()

    assert found
    assert {(one.file, one.line) for one in found} == {(str(workspace / "metrics" / "0.yaml"), 2)}
    assert "voc/nps.yaml:" in found[0].message


def test_a_name_may_say_whose_number_is_meant() -> None:
    """K01: `cml[user]` and `cml:user` are the metric with that option; another option beside it is refused."""
    catalogue = load()
    asked = catalogue.metric("cml", {"K01": "user"})
    assert catalogue.metric("cml[user]").hash == catalogue.metric("cml:user").hash == asked.hash
    assert asked.hash != catalogue.metric("cml").hash == catalogue.metric("cml[account]").hash
    with pytest.raises(QuestionError, match="two numbers"):
        catalogue.metric("cml:user", {"K01": "household"})
    with pytest.raises(QuestionError, match="did you mean 'user'"):
        catalogue.metric("cml[usr]")
    with pytest.raises(QuestionError, match="does not depend on K01"):
        catalogue.metric("nps:user")


def test_few_combinations_of_options_are_at_hand(monkeypatch) -> None:
    """However many people ask for, a bounded number is held; one that is gone is made again as it was."""
    monkeypatch.setattr(resolve, "AT_HAND", 5)
    known = load()
    offered = {name: known.offered(name) for name in known.metrics}
    whole = len(known._resolver.done)
    wanted = [(name, {choice: option}) for name, own in offered.items() for choice in own for option in own[choice]]
    assert len(wanted) > 50
    made = [known.metric(name, options) for name, options in wanted[:50]]
    assert len(known._resolver.done) <= whole + 5
    assert [known.metric(name, options) for name, options in wanted[:50]] == made
    assert known.metric(wanted[0][0]) is known.metric(wanted[0][0])


def test_many_may_read_definitions_at_once() -> None:
    """Pages are made by several threads: none sees a metric half resolved, or blames one for what another reads."""
    known = load()
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(4) as pool:
            found = list(pool.map(lambda _: [known.metric(name) for name in known.metrics[:60]], range(4)))
    finally:
        sys.setswitchinterval(before)
    assert all(one is other for own in found for one, other in zip(found[0], own, strict=True))
