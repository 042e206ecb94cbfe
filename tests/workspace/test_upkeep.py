"""What is kept and mended says the same as what is computed anew."""

from __future__ import annotations

import random
import shutil
import time
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from regard.model import DAY_US
from regard.workspace import Asking, Workspace, relations

if TYPE_CHECKING:
    from pathlib import Path

    from regard.plan import Answer

Row = dict[str, Any]
FIRST = 20_454 * DAY_US  # 2026-01-01
KINDS = {"nps": (0, 10, "high_good"), "csat": (1, 5, "high_good"), "ces": (1, 5, "low_good")}
ASKED = (
    "nps",
    "csat_top2",
    "csat_index",
    "frt",
    "frt_km",
    "frt_in_target",
    "resolution_time",
    "resolution_time_km",
    "churn",
    "new_customers",
    "channel_share",
    "reopen_rate",
    "aov",
    "repeat_rate",
)


def answer_row(dice: random.Random, number: int) -> Row:
    """An answer of one of few customers, now and then anonymous."""
    kind = dice.choice(list(KINDS))
    low, high, polarity = KINDS[kind]
    party = dice.choice([None, *range(1, 25)])
    at = FIRST + dice.randrange(80 * DAY_US)
    return {
        "source": "survey", "source_id": f"a{number}", "loaded_at": FIRST, "run_id": "r", "invite_id": f"i{number}",
        "question_id": kind, "survey_id": "s", "question_kind": kind, "scale_min": float(low), "scale_max": float(high),
        "polarity": polarity, "party_id": party, "answered_at": at, "delivered_at": at, "invited_at": at,
        "score": float(dice.randint(low, high)), "channel": dice.choice(["email", "app"]),
        "bucket": (party or number) % 32,
    }  # fmt: skip


def case_row(dice: random.Random, number: int) -> Row:
    """A case, perhaps linked to an earlier one, perhaps open."""
    party = dice.choice([None, *range(1, 25)])
    at = FIRST + dice.randrange(80 * DAY_US)
    done = at + dice.randrange(1, 3 * DAY_US)
    return {
        "source": "desk", "source_id": f"c{number}", "loaded_at": FIRST, "run_id": "r", "case_id": f"c{number}",
        "kind": "support", "party_id": party, "opened_at": at, "resolved_at": dice.choice([None, done]),
        "parent_case_id": dice.choice([None, None, f"c{dice.randrange(40)}"]), "bucket": (party or number) % 32,
    }  # fmt: skip


def contact_row(dice: random.Random, number: int) -> Row:
    """A contact of some case, or of none."""
    party = dice.choice([None, *range(1, 25)])
    at = FIRST + dice.randrange(80 * DAY_US)
    return {
        "source": "desk", "source_id": f"t{number}", "loaded_at": FIRST, "run_id": "r", "contact_id": f"t{number}",
        "case_id": dice.choice([None, f"c{dice.randrange(40)}"]), "party_id": party, "at": at,
        "channel": dice.choice(["phone", "email", "chat"]), "direction": dice.choice(["in", "out"]),
        "actor": dice.choice(["customer", "human", "bot"]), "public": True, "handle_s": float(dice.randrange(900)),
        "bucket": (party or number) % 32,
    }  # fmt: skip


def order_row(dice: random.Random, number: int) -> Row:
    """An order."""
    party = dice.choice([None, *range(1, 25)])
    net = float(dice.randrange(1, 500))
    return {
        "source": "shop", "source_id": f"o{number}", "loaded_at": FIRST, "run_id": "r", "order_id": f"o{number}",
        "party_id": party, "ordered_at": FIRST + dice.randrange(80 * DAY_US), "net": net, "gross": net,
        "currency": "EUR", "bucket": (party or number) % 32,
    }  # fmt: skip


def party_row(dice: random.Random, number: int) -> Row:
    """A customer whose segment may change from load to load."""
    party = number % 24 + 1
    return {
        "source": "crm", "source_id": f"p{party}", "loaded_at": FIRST, "run_id": "r", "party_id": party, "kind": "user",
        "valid_from": FIRST, "served_from": FIRST, "segment": dice.choice(["A", "B", None]), "size": 1,
        "criticality": 1.0, "bucket": party % 32,
    }  # fmt: skip


MAKERS = {"response": answer_row, "case": case_row, "contact": contact_row, "order": order_row, "party": party_row}


def load(workspace: Workspace, dice: random.Random, wanted: dict[str, int], reach: int) -> None:
    """Write some new and some changed rows of each table, and show them."""
    made = {}
    for table, count in wanted.items():
        rows = {row["source_id"]: row for row in (MAKERS[table](dice, dice.randrange(reach)) for _ in range(count))}
        made[table] = list(rows.values())
    upsert(workspace, made)


def upsert(workspace: Workspace, rows: dict[str, list[Row]]) -> None:
    """Write rows of tables, and show them."""
    versions = {}
    for table, written in rows.items():
        data = pa.Table.from_pylist(written)
        versions[table] = workspace.lake.upsert(workspace.catalogue.tables[table], data, run_id="r").version
    workspace.store.add_snapshot(versions, "r")


def numbers(answers: list[Answer]) -> list[tuple[object, ...]]:
    """What the cells say, rounded beyond the rounding of sums."""

    def told(value: float | None) -> float | None:
        return None if value is None else round(value, 7)

    return [
        (a.metric.id, c.period.label, tuple(c.dims.items()), told(c.estimate.value), told(c.estimate.lo),
         told(c.estimate.hi), c.estimate.n, c.estimate.flags)
        for a in answers
        for c in a.cells
    ]  # fmt: skip


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("until", ["", 'until = "2026-03-10T12:00:00Z"\n'])
def test_mended_cells_are_those_of_a_fresh_start(tmp_path: Path, seed: int, until: str) -> None:
    """After loads that add, change and move rows, kept and mended results equal results computed from nothing."""
    (tmp_path / "regard.toml").write_text(f'name = "t"\nzone = "Europe/Berlin"\n{until}')
    workspace = Workspace(tmp_path)
    dice = random.Random(seed)
    load(workspace, dice, {"response": 300, "case": 40, "contact": 90, "order": 80, "party": 24}, 400)
    asked: dict[str, Any] = {"breakdowns": [(), ("segment",)], "start": "2026-01-01", "end": "2026-04-01"}
    for number in range(4):
        workspace.ask(*ASKED, **asked)
        table = dice.choice(["response", "case", "contact", "order", "party"])
        load(workspace, dice, {"response": 3, table: 2} if number else {table: 2}, 400 + 20 * number)
    grain = dice.choice(["month", "week", "quarter"])

    mended = numbers(workspace.ask(*ASKED, **asked)) + numbers(workspace.ask(*ASKED, **asked, grain=grain))
    for folder in ("derived", "cells", "texts"):
        shutil.rmtree(workspace.lake.root / folder, ignore_errors=True)
    fresh = numbers(workspace.ask(*ASKED, **asked)) + numbers(workspace.ask(*ASKED, **asked, grain=grain))

    assert mended == fresh


def test_a_second_question_and_a_small_load_read_no_table_again(tmp_path: Path) -> None:
    """What was kept answers the next question; a load of few rows makes a layer, not a new table."""
    (tmp_path / "regard.toml").write_text('name = "t"\nzone = "UTC"\n')
    workspace = Workspace(tmp_path)
    dice = random.Random(1)
    load(workspace, dice, {"response": 400, "party": 24}, 400)

    first = workspace.ask("nps", start="2026-01-01", end="2026-04-01")
    second = workspace.ask("nps", start="2026-02-01", end="2026-03-01")
    load(workspace, dice, {"response": 2}, 400)
    workspace.ask("nps", start="2026-01-01", end="2026-04-01")

    assert "-- kept" in second[0].sql[0]
    assert numbers(second)[0] == numbers(first)[1]
    files = sorted(path.name.split("-")[-1] for path in (workspace.lake.root / "derived" / "response_seq").iterdir())
    assert sum(name.startswith("layer") for name in files) == 1


def test_what_is_open_is_as_old_as_the_snapshot(tmp_path: Path) -> None:
    """K14, K34: an open case has waited until the newest snapshot, in what was kept and mended as in what is new."""
    (tmp_path / "regard.toml").write_text('name = "t"\nzone = "UTC"\n')
    workspace = Workspace(tmp_path)
    dice = random.Random(5)
    load(workspace, dice, {"case": 60, "party": 24}, 60)
    for _ in range(2):
        asking = Asking(workspace)
        view = asking.relations.name("case_clock")
        waited = asking.relations.connection.execute(
            f"select count(*), min(opened_at + resolution_elapsed), max(opened_at + resolution_elapsed) from {view} "
            "where not resolved and first_voiced_at = opened_at"
        ).fetchall()

        assert waited[0][0] > 0
        assert waited[0][1] == waited[0][2] == asking.until
        load(workspace, dice, {"case": 1}, 60)


def dirty_parties(workspace: Workspace, table: str) -> set[int]:
    """The customers whose rows of a derived table were made anew by a refresh."""
    folder = workspace.lake.root / "derived" / table
    return {party for path in folder.glob("*-dirty.parquet") for party in pq.read_table(path)["party_id"].to_pylist()}


def test_a_refresh_makes_no_open_case_anew(tmp_path: Path) -> None:
    """R144: what is open on the calendar clock is told when asked, so that a refresh touches who did something."""
    (tmp_path / "regard.toml").write_text('name = "t"\nzone = "UTC"\n')
    workspace = Workspace(tmp_path)
    dice = random.Random(5)
    load(workspace, dice, {"case": 120, "party": 24}, 400)
    Asking(workspace).relations.name("case_clock")
    load(workspace, dice, {"case": 1}, 60)
    asking = Asking(workspace)
    view = asking.relations.name("case_clock")
    [(still,)] = asking.relations.connection.execute(
        f"select count(distinct party_id) from {view} where not resolved"
    ).fetchall()

    assert len(dirty_parties(workspace, "case_clock")) <= 3 < still


@pytest.mark.parametrize("clock", ["calendar", "business"])
def test_what_the_story_reaches_is_made_anew(tmp_path: Path, clock: str) -> None:
    """K14, K31: mended rows are those of a fresh start, though an end that was known before has come only since."""
    (tmp_path / "regard.toml").write_text('name = "t"\nzone = "UTC"\n')
    workspace = Workspace(tmp_path)
    dice = random.Random(3)
    load(workspace, dice, {"case": 30, "contact": 40, "party": 24}, 60)
    soon = int(time.time() * 1_000_000) + 2_000_000
    case = case_row(dice, 70) | {"resolved_at": soon, "party_id": 7, "parent_case_id": None}
    upsert(workspace, {"case": [case]})
    before = table_rows(workspace, clock)
    while time.time() * 1_000_000 <= soon:
        time.sleep(0.1)
    load(workspace, dice, {"contact": 1}, 60)

    mended = table_rows(workspace, clock)
    shutil.rmtree(workspace.lake.root / "derived")

    assert [row["resolved"] for row in (*before, *mended) if row["source_id"] == "c70"] == [False, True]
    assert mended == table_rows(workspace, clock)


def table_rows(workspace: Workspace, clock: str) -> list[Row]:
    """The rows of `case_clock` on a clock."""
    asking = Asking(workspace)
    view = asking.relations.name("case_clock", (("clock", clock),))
    query = f"select * from {view} order by source, source_id"
    return asking.relations.connection.sql(query).to_arrow_table().to_pylist()


def derived_rows(workspace: Workspace) -> dict[str, list[Row]]:
    """The rows of each derived table whose rows are those of parties, in an order of their own."""
    asking = Asking(workspace)
    found = {}
    for table in workspace.catalogue.tables.values():
        if table.derived and table.dirties == "party":
            query = f"select * from {asking.relations.name(table.name)} order by all"
            found[table.name] = asking.relations.connection.sql(query).to_arrow_table().to_pylist()
    return found


@pytest.mark.parametrize("seed", range(3))
def test_pieces_put_together_are_the_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int) -> None:
    """A derived table made in pieces of some parties has the rows of one made at once, and leaves no piece behind."""
    (tmp_path / "regard.toml").write_text('name = "t"\nzone = "Europe/Berlin"\n')
    workspace = Workspace(tmp_path)
    load(workspace, random.Random(seed), {"response": 300, "case": 40, "contact": 90, "order": 80, "party": 24}, 400)
    whole = derived_rows(workspace)
    shutil.rmtree(workspace.lake.root / "derived")

    monkeypatch.setattr(relations, "PIECE", 30)
    asked: list[int] = []
    share = relations.upkeep.share
    monkeypatch.setattr(relations.upkeep, "share", lambda *told: asked.append(told[0]) or share(*told))
    assert derived_rows(workspace) == whole
    assert set(asked) >= set(range(5))
    assert not list(workspace.lake.root.rglob("*piece*"))


def test_a_making_that_was_cut_goes_on_where_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a table that is made in pieces those stay that were done; what comes out is the whole."""
    (tmp_path / "regard.toml").write_text('name = "t"\nzone = "UTC"\n')
    workspace = Workspace(tmp_path)
    load(workspace, random.Random(5), {"case": 40, "contact": 90, "party": 24}, 400)
    whole = table_rows(workspace, "business")
    shutil.rmtree(workspace.lake.root / "derived")

    monkeypatch.setattr(relations, "PIECE", 30)
    share, done = relations.upkeep.share, []

    def cut(*told: Any) -> Any:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(told[0])
        return share(*told)

    with monkeypatch.context() as patched:
        patched.setattr(relations.upkeep, "share", cut)
        with pytest.raises(KeyboardInterrupt):
            table_rows(workspace, "business")
    assert len(list(workspace.lake.root.rglob("*-piece[01]of*.parquet"))) == 2

    again: list[int] = []
    monkeypatch.setattr(relations.upkeep, "share", lambda *told: again.append(told[0]) or share(*told))
    assert table_rows(workspace, "business") == whole
    assert again
    assert not {0, 1} & set(again)
