from __future__ import annotations

import pytest

from regard.errors import LoadError
from regard.model.keys import surrogate
from regard.sources import RejectsError
from regard.stewardship import party_id
from tests.sources.place import CLOCK

SHOP = """
source: shop
read: {csv: data/orders*.csv}
zone: Europe/Berlin
skew: 5 min
tables:
  - table: order
    id: id
    party: {system: email, from: mail, normalise: email}
    columns:
      ordered_at: ordered
      shipped_at: shipped
      net: net
      channel: channel
"""
HEADER = "id,mail,ordered,shipped,net,channel\n"
GOOD = "1,a@x,2026-05-01 10:00,2026-05-02,10,web\n2,,2026-05-02 10:00,,20,app\n"


def shop(place, text=GOOD, name="data/orders.csv"):
    """A shop with some orders."""
    place.mapping(SHOP)
    place.write(name, HEADER + text)


def test_loading_twice_changes_nothing(place):
    """The same inputs are skipped, and read again they give no new version of any table (R036)."""
    shop(place, GOOD + "3,b@x,x,,30,web\n")
    first = place.load()
    before = place.checksums()
    second = place.load(CLOCK + 1)
    third = place.load(CLOCK + 2, again=True)

    assert [one.skipped for report in (first, second, third) for one in report.sources] == [False, True, False]
    assert second.sources[0].loaded == first.sources[0].loaded == {"order": 2}
    assert second.sources[0].rejected == first.sources[0].rejected
    assert second.commits == ()
    assert all(commit.inserted == commit.updated == 0 for commit in third.commits)
    assert first.snapshot == second.snapshot == third.snapshot
    assert place.checksums() == before
    assert len(place.store.snapshots()) == 1


def test_a_changed_file_changes_its_rows_only(place):
    """A new row is inserted, a changed one updated, the rest is left alone."""
    shop(place)
    place.load()
    shop(place, GOOD.replace(",20,", ",25,") + "3,c@x,2026-05-03 10:00,,30,web\n")
    [order, identity] = place.load(CLOCK + 1).commits

    assert (order.inserted, order.updated, order.unchanged) == (1, 1, 1)
    assert (identity.table, identity.inserted) == ("identity", 1)
    assert place.column("order", "net") == [10.0, 25.0, 30.0]


def test_the_run_log_has_hashes_counts_and_clock(place):
    """A run says what it read, by hash, how many rows came in and how many were turned away (R045)."""
    shop(place, GOOD + "3,b@x,x,,30,web\n")
    report = place.load(code_version="0.1.0")
    [run] = place.store.runs()

    assert (run.status, run.rows_in, run.rows_rejected) == ("done", 3, 1)
    assert run.input_hashes == {"shop:data/orders.csv": report.sources[0].inputs["data/orders.csv"]}
    assert run.code_version.startswith("0.1.0")
    assert run.positions["done shop"]["rejected"] == {"order|not-a-time|ordered_at": 1}
    assert {row["loaded_at"] for row in _stamps(place)} == {CLOCK}
    assert {row["run_id"] for row in _stamps(place)} == {run.id}


def _stamps(place):
    with place.lake.connect(memory="500MB") as connection:
        place.lake.view(connection, place.tables["order"], place.lake.version("order"))
        return connection.sql('select loaded_at, run_id from "order"').to_arrow_table().to_pylist()


def test_planted_faults_are_all_caught_and_nothing_else(place):
    """Each fault is listed under its rule with the raw row, two faults of a row under both; good rows go in (R041)."""
    place.mapping("""
source: survey
read: {csv: answers.csv}
zone: UTC
tables:
  - table: response
    id: id
    columns:
      invite_id: invite
      question_id: {const: q}
      question_kind: kind
      scale_min: {const: 1}
      scale_max: {const: 10}
      sampled_p: p
      invited_at: invited
      answered_at: answered
      score: score
""")
    faults = {
        2: ("a1,i1,nps,.5,2026-01-01,2026-01-02,7", []),
        3: ("a2,i2,nps,.5,2026-01-01,2026-01-02,11", ["out-of-scale:score"]),
        4: ("a3,i3,nps,1.5,2026-01-01,2026-01-02,7", ["out-of-range:sampled_p"]),
        5: ("a4,i4,mood,.5,2026-01-01,2026-01-02,7", ["unknown-code:question_kind"]),
        6: ("a5,i5,nps,.5,2026-01-03,2026-01-02,7", ["out-of-sequence:invited_at"]),
        7: ("a6,i6,nps,.5,2026-01-01,2029-01-02,7", ["future-time:answered_at"]),
        8: ("a7,,nps,.5,2026-01-01,2026-01-02,7", ["blank:invite_id"]),
        9: ("a8,i8,nps,.5,2026-01-01,,7", ["inconsistent:score"]),
        10: ("a9,i9,,.5,2026-01-05,2026-01-02,x", ["blank:question_kind", "not-a-number:score", "out-of-sequence:invited_at"]),  # noqa: E501
        11: (",i10,nps,.5,2026-01-01,2026-01-02,7", ["blank:id"]),
        12: ("a11,i11,nps,.5,2026-01-01,2026-01-01,1", []),
        13: ("a12,i12,nps,,,2026-01-02,10", []),
        14: ("a13,i13,nps,0,2026-01-01,,", []),
    }  # fmt: skip
    place.write(
        "answers.csv", "\n".join(["id,invite,kind,p,invited,answered,score", *(row for row, _ in faults.values())])
    )
    report = place.load()
    wanted = sorted((line, *rule.split(":")) for line, (_, rules) in faults.items() for rule in rules)

    assert place.rules() == wanted
    assert place.column("response", "source_id") == ["a1", "a11", "a12", "a13"]
    assert report.refused == 9
    counts = {(finding.rule, finding.scope["field"]): finding.count for finding in place.store.findings(kind="dq")}
    assert counts == {(rule, name): 1 for _, rule, name in wanted} | {("out-of-sequence", "invited_at"): 2}
    [reject] = [row for row in place.rows("quarantine") if row["rule"] == "future-time"]
    assert reject["value"] == "2029-01-02T00:00:00Z"
    assert '"answered": "2029-01-02"' in reject["raw"]
    assert reject["reason"] == "answered_at lies after the moment of the load: '2029-01-02T00:00:00Z'"


def test_clocks_that_are_a_little_off_are_tolerated(place):
    """An order test and the future test are broken only by more than the source's `skew` (R043)."""
    now = "2027-01-15 09:0"
    shop(
        place,
        f"1,,2026-05-01 10:05,2026-05-01 10:00,1,\n2,,2026-05-01 10:06,2026-05-01 10:00,1,\n3,,{now}5,,1,\n4,,{now}6,,1,\n",  # noqa: E501
    )
    place.load()

    assert place.column("order", "source_id") == ["1", "3"]
    assert place.rules() == [(3, "out-of-sequence", "shipped_at"), (5, "future-time", "ordered_at")]


def test_a_row_from_the_future_comes_in_when_its_time_has_come(place):
    """An unchanged source with rows that were too early is read again once the clock has moved."""
    shop(place, "1,,2027-02-01 10:00,,1,\n")
    assert place.load().refused == 1
    assert place.load(CLOCK + 30 * 86_400_000_000).refused == 0

    assert place.rejects() == []
    assert [row["mended_at"] for row in place.rows("quarantine")] == [CLOCK + 30 * 86_400_000_000]
    assert [finding.status for finding in place.store.findings()] == ["resolved"]


def test_a_mended_row_leaves_the_quarantine(place):
    """When the source is mended its reject is marked as such, and its finding is resolved."""
    shop(place, "1,,2026-05-01,,ten,\n")
    place.load()
    shop(place, "1,,2026-05-01,,10,\n")
    place.load(CLOCK + 1)

    assert place.rejects() == []
    assert [row["mended_at"] for row in place.rows("quarantine")] == [CLOCK + 1]
    assert [(finding.rule, finding.status) for finding in place.store.findings()] == [("not-a-number", "resolved")]
    assert place.column("order", "net") == [10.0]


def test_one_id_twice_in_a_file(place):
    """Of rows that differ the last is kept and the others are listed; rows that are the same are counted."""
    shop(place, "1,,2026-05-01,,10,\n1,,2026-05-01,,11,\n1,,2026-05-01,,11,\n2,,2026-05-01,,5,\n")
    report = place.load(chunk_rows=2)

    assert place.column("order", "net") == [11.0, 5.0]
    assert place.rejects() == [("data/orders.csv:2", "duplicate-key", "id", "1")]
    assert report.sources[0].notes == {("order", "repeated", "id"): 1}


ANSWERS = """
source: survey
read: {csv: "answers*.csv"}
zone: UTC
tables:
  - table: response
    id: id
    columns: {invite_id: invite, question_id: q, question_kind: {const: csat}, answered_at: at, score: score}
"""


def test_of_several_answers_to_one_question_the_latest_counts(place):
    """A double submission is listed and the latest answer kept, also when the earlier one is stored already (R042)."""
    place.mapping(ANSWERS)
    place.write(
        "answers1.csv",
        "id,invite,q,at,score\na,i,q,2026-01-01,1\nb,i,q,2026-01-03,3\nc,i,q,2026-01-02,2\nd,j,q,2026-01-02,2\n",
    )
    place.load()
    assert place.column("response", "source_id") == ["b", "d"]
    assert [(line, rule) for line, rule, _ in place.rules()] == [(2, "duplicate-response"), (4, "duplicate-response")]

    place.write("answers2.csv", "id,invite,q,at,score\ne,i,q,2026-01-04,4\n")
    place.load(CLOCK + 1)
    before = place.checksums()
    assert [(r["source_id"], r.get("duplicate_of")) for r in place.rows("response")] == [
        ("b", "e"),
        ("d", None),
        ("e", None),
    ]
    place.load(CLOCK + 2, again=True)
    assert place.checksums() == before


def test_references_are_looked_for_in_this_load_and_in_the_lake(place):
    """A contact of an unknown case is turned away; one of a case that was itself turned away is not."""
    place.mapping(
        "source: desk\nread: {csv: cases.csv}\nzone: UTC\ntables:\n  - table: case\n    id: id\n    columns: {opened_at: at}\n",  # noqa: E501
        "desk",
    )
    place.mapping(
        "source: calls\nread: {csv: calls.csv}\nzone: UTC\ntables:\n  - table: contact\n    id: id\n"
        "    columns: {case_id: case, at: at, direction: {const: in}, actor: {const: customer}, channel: {const: phone}}\n",  # noqa: E501
        "calls",
    )
    place.write("cases.csv", "id,at\n1,2026-01-01\n2,never\n")
    place.write("calls.csv", "id,case,at\na,1,2026-01-01\nb,2,2026-01-01\nc,3,2026-01-01\nd,,2026-01-01\n")
    place.load()
    assert place.column("contact", "source_id") == ["a", "b", "d"]
    assert ("calls.csv:4", "missing-reference", "case_id", "3") in place.rejects()

    place.write("cases.csv", "id,at\n1,2026-01-01\n2,never\n3,2026-01-01\n")
    report = place.load(CLOCK + 1)
    assert [one.skipped for one in report.sources] == [False, False]
    assert place.column("contact", "source_id") == ["a", "b", "c", "d"]
    assert [rule for _, rule, _, _ in place.rejects()] == ["not-a-time"]


def test_a_register_of_codes_is_obeyed_once_it_has_any(place):
    """Values of a dimension are free until its register has codes; then an unknown one is turned away."""
    shop(place)
    assert place.load().refused == 0
    place.mapping(
        "source: codes\nread: {csv: codes.csv}\ntables:\n  - table: code\n    id: [dim, code]\n    columns: {dimension: dim, code: code}\n",  # noqa: E501
        "codes",
    )
    place.write("codes.csv", "dim,code\nchannel,web\ntier,gold\n")
    place.load(CLOCK + 1, again=True)

    assert place.rejects() == [("data/orders.csv:3", "unknown-code", "channel", "app")]


def test_more_rejects_than_the_limit_allows(place):
    """The good rows are committed all the same, then the load ends with exit code 2 and the report."""
    shop(place, GOOD + "3,,x,,1,\n")
    with pytest.raises(RejectsError, match=r"1 of 3 rows were turned away \(33.33 %\), more than 10 %") as caught:
        place.load(limit=0.1)

    assert isinstance(caught.value, LoadError)
    assert caught.value.exit_code == 2
    assert caught.value.report.refused == 1
    assert place.column("order", "source_id") == ["1", "2"]
    assert place.store.runs()[0].status == "done"


def test_progress_is_told_in_rows(place):
    """The listener hears the source, the rows done and about how many there are, up to the last."""
    shop(place, "".join(f"{n},,2026-05-01,,1,\n" for n in range(5)))
    heard = []
    place.load(chunk_rows=2, progress=lambda *said: heard.append(said))

    assert heard[0] == ("shop", 0, 5)
    assert heard[-1] == ("shop", 5, 5)
    assert [done for _, done, _ in heard] == sorted(done for _, done, _ in heard)


def test_buckets_and_parties_are_made_of_the_key(place):
    """party_id is md5 of system:key, the bucket its remainder; without a party the row's own key gives the bucket."""
    shop(place)
    place.load()
    with place.lake.connect(memory="500MB") as connection:
        place.lake.view(connection, place.tables["order"], place.lake.version("order"))
        found = connection.execute('select party_id, bucket from "order" order by source_id').fetchall()

    key = party_id("email", "a@x")
    assert found == [(key, key % 32), (None, surrogate("shop:2") % 32)]
