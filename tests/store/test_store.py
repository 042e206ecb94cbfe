from __future__ import annotations

import itertools
import multiprocessing
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from hypothesis import given, strategies as st

from regard.errors import SetupError
from regard.store import Finding, Store, schema
from regard.store.database import KNOWN, Database

WHAT = {"code_version": "1.0", "config_hash": "c", "input_hashes": {"a.csv": "1", "b.csv": "2"}}


@pytest.fixture
def store(url):
    """A store whose clock ticks a second at each look."""
    ticks = itertools.count(1_000_000, 1_000_000)
    with Store(url, clock=lambda: next(ticks)) as opened:
        yield opened


def finding(**values):
    """A finding of which only some values matter."""
    return Finding(**({"kind": "dq", "rule": "range", "scope": {"table": "visit", "field": "score"}, "at": 5} | values))


def test_a_run_is_remembered_with_how_far_it_got(store):
    """A run keeps its inputs and positions (the last of each key), and its end; runs are listed newest first."""
    first = store.begin_run("load", "crm", **WHAT)
    second = store.begin_run("export", "", **WHAT)
    store.checkpoint(first, "a.csv", {"row": 10})
    store.checkpoint(first, "a.csv", {"row": 20, "note": "Ünïcödé"})
    store.checkpoint(first, "b.csv", None)
    store.finish_run(second, "done", rows_in=7, rows_rejected=2)

    newest, oldest = store.runs()
    assert (newest.id, newest.status, newest.rows_in, newest.rows_rejected) == (second, "done", 7, 2)
    assert (oldest.id, oldest.status, oldest.ended_at) == (first, "running", None)
    assert oldest.positions == {"a.csv": {"row": 20, "note": "Ünïcödé"}, "b.csv": None}
    assert oldest.input_hashes == WHAT["input_hashes"]
    assert first < second
    assert first == "run-19700101T000001.000000Z"
    assert (
        [run.id for run in store.runs(kind="load")] == [run.id for run in store.runs(source="crm", limit=5)] == [first]
    )
    assert [run.id for run in store.runs(status="done", limit=1)] == [second]


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"source": "shop"},
        {"config_hash": "d"},
        {"code_version": "2"},
        {"input_hashes": {"a.csv": "1"}},
        {"input_hashes": {"a.csv": "1", "b.csv": "3"}},
    ],
)
def test_only_a_run_of_the_same_inputs_resumes(store, other):
    """An unfinished run resumes for the same source, code, configuration and inputs, in any order, and no other."""
    run_id = store.begin_run("load", "crm", **WHAT)
    store.checkpoint(run_id, "chunk", 3)
    asked = {"source": "crm"} | WHAT | other
    asked["input_hashes"] = dict(reversed(asked["input_hashes"].items()))
    found = store.resume_run("load", **asked)

    assert (found.id if found else None) == (None if other else run_id)
    assert found is None or found.positions == {"chunk": 3}


@pytest.mark.parametrize(("status", "resumes"), [("done", False), ("failed", False), ("stopped", True)])
def test_a_run_that_ended_does_not_resume(store, status, resumes):
    """A run that was done or failed is over; one that was stopped in order goes on like one that was killed."""
    run_id = store.begin_run("load", "crm", **WHAT)
    store.finish_run(run_id, status)

    assert (store.resume_run("load", "crm", **WHAT) is not None) == resumes


def test_mistakes_of_callers_raise(store):
    """Unknown runs, findings and statuses are refused."""
    run_id = store.begin_run("load", "crm", **WHAT)
    for call in (
        lambda: store.finish_run(run_id, "fine"),
        lambda: store.finish_run("run-0", "done"),
        lambda: store.set_status("f0", "resolved"),
        lambda: store.set_status("f0", "gone"),
    ):
        with pytest.raises(ValueError, match=r"no run|no finding|one of"):
            call()
    with pytest.raises(sa.exc.IntegrityError):
        store.checkpoint("run-0", "key", 1)


def test_snapshots_carry_forward_what_they_do_not_name(store):
    """A snapshot names every table; as-of gives the last one at or before an instant, and none before the first."""
    first = store.add_snapshot({"visit": 0, "order": 3}, "r1")
    second = store.add_snapshot({"visit": 1}, "r2")

    assert second.tables == {"visit": 1, "order": 3}
    assert store.snapshot() == second
    assert store.snapshot(second.at) == second
    assert store.snapshot(second.at - 1) == store.snapshot(first.at) == first
    assert store.snapshot(first.at - 1) is None
    assert store.snapshots() == (second, first)
    assert store.versions() == {"visit": {0, 1}, "order": {3}}


def test_a_run_asked_twice_for_its_snapshot_gets_one(store):
    """A load that was killed after its snapshot and is run again makes no second one; another load does."""
    made = store.add_snapshot({"visit": 1}, "r1")

    assert store.add_snapshot({"visit": 1}, "r1") == made
    assert store.add_snapshot({"visit": 1}, "r2").at > made.at
    assert len(store.snapshots()) == 2


def test_times_go_forward_where_the_clock_does_not(url):
    """With a clock that stands still or goes back, ids stay unique and snapshots strictly later than the one before."""
    ticks = iter([50, 50, 10, 49, 7])
    with Store(url, clock=lambda: next(ticks)) as store:
        runs = [store.begin_run("load", "crm", **WHAT) for _ in range(2)]
        snapshots = [store.add_snapshot({"visit": number}, "r") for number in range(3)]

    assert runs == ["run-19700101T000000.000050Z", "run-19700101T000000.000051Z"]
    assert [snapshot.at for snapshot in snapshots] == [10, 49, 50]
    assert sorted(snapshot.id for snapshot in snapshots) == [snapshot.id for snapshot in snapshots]


def test_findings_count_once(store):
    """Counts add up over parts of a run, a part reported again counts once, and a later run's count replaces them."""
    one = finding(count=3)
    assert store.add_findings([one, one, finding(rule="code")], run_id="r1", part="chunk 1") == 2
    assert store.add_findings([finding(count=4, at=9, observed="12")], run_id="r1", part="chunk 2") == 0
    assert store.add_findings([finding(count=4, at=9, observed="12")], run_id="r1", part="chunk 2") == 0
    [found] = store.findings(rule="range")

    assert (found.count, found.at, found.observed, found.run_id, found.id) == (10, 5, "12", "r1", one.id)
    store.add_findings([finding(count=1)], run_id="r2")
    assert [found.count for found in store.findings(rule="range")] == [1]
    assert store.add_findings([], run_id="r3") == 0
    assert [found.rule for found in store.findings(run_id="r1")] == ["code"]


def test_findings_of_a_kind_are_those_of_now(store, url):
    """They are at hand until something is written, by whoever; others are asked for each time."""
    store.add_findings([finding(), finding(kind="alert")])
    assert [len(store.findings(kind=kind)) for kind in ("alert", "alert", "none", None)] == [1, 1, 0, 2]
    [seen] = store.findings(kind="alert")
    with Store(url) as other:
        other.set_status(seen.id, "dismissed")
    assert [one.status for one in store.findings(kind="alert")] == ["dismissed"]
    store.set_status(seen.id, "open")
    assert [one.status for one in store.findings(kind="alert")] == ["open"]


def test_what_is_at_hand_is_bounded(store):
    """However many names are asked for, few answers are held."""
    for number in range(3 * KNOWN):
        assert store.findings(kind=f"kind {number}") == ()
    assert len(store._database._known) <= KNOWN


def test_a_finding_is_known_by_what_it_is_about(store):
    """Kind, rule, scope and row make a finding; words, counts and times do not."""
    one = finding()

    assert finding(at=9, count=8, message="other words", scope=dict(reversed(one.scope.items()))).id == one.id
    others = [finding(kind="alert"), finding(rule="r"), finding(scope={}), finding(row="crm:1")]
    assert len({one.id, *(other.id for other in others)}) == 5
    assert store.add_findings([one, *others]) == 5
    assert {found.id for found in store.findings()} == {one.id, *(other.id for other in others)}


def test_what_people_said_about_a_finding_stays(store):
    """A dismissed finding stays dismissed; a resolved one that a later run finds again is open again (S1:14)."""
    for rule, status in (("a", "dismissed"), ("b", "resolved"), ("c", "ack")):
        store.add_findings([finding(rule=rule)], run_id="r1")
        [found] = store.findings(rule=rule)
        store.set_status(found.id, status, true_positive=status != "dismissed", case_id="case-1")
    every = [finding(rule=rule) for rule in "abc"]
    store.add_findings(every, run_id="r1")
    assert {found.rule: found.status for found in store.findings()} == {"a": "dismissed", "b": "resolved", "c": "ack"}

    store.add_findings(every, run_id="r2")
    assert {found.rule: found.status for found in store.findings()} == {"a": "dismissed", "b": "open", "c": "ack"}
    assert {found.rule: found.true_positive for found in store.findings()} == {"a": False, "b": True, "c": True}
    assert {found.case_id for found in store.findings(kind="dq")} == {"case-1"}


def test_many_findings_at_once(store):
    """Thousands of findings of one load are written and found again, in order of time."""
    every = [finding(row=f"crm:{number}", at=number) for number in range(2_345)]

    assert store.add_findings(every, run_id="r", part="1") == 2_345
    assert store.add_findings(every, run_id="r", part="1") == 0
    assert [found.at for found in store.findings(limit=3)] == [2_344, 2_343, 2_342]


def add(url, number):
    """Open a store and write to it, as one process of several."""
    with Store(url) as store:
        for turn in range(5):
            run_id = store.begin_run("load", f"s{number}", **WHAT)
            store.add_snapshot({f"t{number}": turn}, run_id)
            store.add_findings([finding(row=f"{number}")], run_id=run_id)


def test_writers_wait_for_each_other(url):
    """Processes that open a new store at once and write to it lose nothing and never see a busy database."""
    context = multiprocessing.get_context("spawn")
    with context.Pool(3) as pool:
        pool.starmap(add, [(url, number) for number in range(3)])
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(add, [url] * 3, range(3, 6)))

    with Store(url) as store:
        assert len({run.id for run in store.runs()}) == 30
        assert len({snapshot.at for snapshot in store.snapshots()}) == 30
        assert store.snapshot().tables == {f"t{number}": 4 for number in range(6)}
        assert len(store.findings()) == 6


def test_an_older_store_is_brought_up_to_date(url):
    """Upgrades run one after the other from the store's own number, once, and a newer store is refused."""
    with Store(url) as store:
        run_id = store.begin_run("load", "crm", **WHAT)
    upgrades = {
        schema.VERSION: ["ALTER TABLE run ADD COLUMN mood TEXT"],
        schema.VERSION + 1: ["UPDATE run SET mood = 'calm'"],
    }
    database = Database(url)
    for _ in range(2):
        with database.writing() as connection:
            schema.prepare(connection, upgrades, schema.VERSION + 2)
    with database.reading() as connection:
        assert connection.execute(sa.text("SELECT run_id, mood FROM run")).all() == [(run_id, "calm")]
    database.close()
    with pytest.raises(SetupError, match=rf"the store has schema {schema.VERSION + 2}"):
        Store(url)


def test_a_failed_write_leaves_nothing(url):
    """A transaction that raises is undone whole."""
    Store(url).close()
    database = Database(url)
    twice = [{"snapshot_id": "s", "at": 1, "run_id": "r"}] * 2
    with pytest.raises(sa.exc.IntegrityError), database.writing() as connection:
        [connection.execute(sa.insert(schema.SNAPSHOT), row) for row in twice]
    database.close()

    with Store(url) as store:
        assert store.snapshots() == ()


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("oracle+nothing://x", "not the url of a store"),
        ("postgresql://127.0.0.1:1/none", "cannot be opened"),
        ("sqlite:////no/such/folder/x.db", "cannot be opened"),
    ],
)
def test_a_store_that_cannot_be_opened_says_why(url, says):
    """Wrong urls and databases that do not answer are errors of the set-up, with the reason."""
    with pytest.raises(SetupError, match=says):
        Store(url)


def test_a_path_is_a_sqlite_file(tmp_path):
    """A path makes a SQLite file and its folder, in write-ahead mode so that readers never wait."""
    path = tmp_path / "new folder" / "regard.db"
    Store(path).close()

    with sa.create_engine(f"sqlite:///{path}").connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"


@given(st.dictionaries(st.text(), st.text(), max_size=4), st.text())
def test_a_finding_of_any_text_has_an_id(scope, row):
    """Any scope and row, whatever is written in them, makes a short id that is the same each time."""
    one = finding(scope=scope, row=row)

    assert one.id == finding(scope=dict(reversed(scope.items())), row=row).id
    assert len(one.id) == 20


@pytest.mark.parametrize("broken", [b"", b"not a database at all" * 400, None])
def test_a_broken_file_says_what_to_do(tmp_path, broken):
    """A file of the store that was overwritten is told as broken, with the way out; an empty one is a new store."""
    file = tmp_path / "regard.db"
    with Store(file) as store:
        store.begin_run("load", "crm", **WHAT)
    for name in ("regard.db-wal", "regard.db-shm"):
        (tmp_path / name).unlink(missing_ok=True)
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + b"x" * (len(whole) - 4096) if broken is None else broken)
    if broken == b"":
        with Store(file) as store:
            assert not store.runs()
        return
    with pytest.raises(SetupError, match=r"is broken .* move it away and load again"), Store(file) as store:
        store.runs()


def test_a_run_that_only_began_is_nothing_new(tmp_path):
    """What may be kept stays good while sources are read; it is new when the reading ends or a snapshot comes."""
    with Store(tmp_path / "regard.db") as store:
        before = store.state()
        run = store.begin_run("load", "shop", code_version="1", config_hash="", input_hashes={})
        assert store.state() == before
        store.add_snapshot({"order": 1}, run)
        shown = store.state()
        assert shown != before
        store.finish_run(run, "done")
        assert store.state() not in (before, shown)
