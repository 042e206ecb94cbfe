"""Customer minutes lost of five million stages of loss: by the ledger, by hand-written SQL, in pandas and in polars.

The hand-written forms are the fastest known: one window in which each row adds what earlier ones have not covered,
months by the first and last day of each piece, and a layer for each depth. No row is planned work, a count or a user's:
the ledger provides for all of these, the others do not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb

from bench.data import END, START
from regard.model import DAY_US, Calendar, Grain
from regard.sql.derived import STATEMENTS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from bench.ours import Clock, Numbers

PERIODS = Calendar("UTC").periods(START, END, Grain.MONTH)
FIRST, UNTIL = PERIODS[0].start_us, PERIODS[-1].end_us
MINUTE = 60_000_000
WEIGHTS = {"outage": 1.0, "data_loss": 1.0, "degraded": 0.5, "workaround": 0.25}
ARGUMENTS = {
    "customer": "top", "lift": "any", "planned": "apart", "overlap": "max", "basis": "all", "harmless": "cosmetic",
}  # fmt: skip
SHARING = {"sharing": "proportional", "weights": ", ".join(f"{kind}={weight}" for kind, weight in WEIGHTS.items())}
TABLES = ("impact", "incident", "party")


def _dice(what: int, sides: int) -> str:
    """Return SQL of a number in [0, sides) that belongs to row i."""
    return f"cast(hash(i * 64 + {what}) % {sides} as bigint)"


def _queries(stages: int) -> dict[str, str]:
    """Return the query of each table: about a third of the stages overlap another of their customer."""
    parties, span = stages * 2 // 5, UNTIL - FIRST
    kinds = ", ".join(f"'{kind}'" for kind in ("outage", *WEIGHTS, "outage"))
    # One in four begins within an hour of the row before, for the same customer.
    before = f"case when i > 0 and {_dice(1, 100)} < 26 then i - 1 else i end"
    impact = f"""
    with placed as (select i as own, {before} as i from range({stages}) as r(i)),
    dice as (
      select own, 1 + {_dice(2, parties)} as party, {_dice(3, span)} + (own - i) * (hash(own) % 60) * {MINUTE} as later
      from placed
    ),
    row as (
      select own as i, party, cast({FIRST} + later as bigint) as start_at from dice
    )
    select 'desk' as source, 'm' || i as source_id, 'inc' || {_dice(6, 400)} as incident_id, party as party_id,
           null::bigint as n_parties, null::bigint as n_lo, null::bigint as n_hi, null::double as share,
           null::text as segment, null::text as tier, null::text as region, null::text as plan,
           start_at,
           case when {_dice(7, 1000)} > 0 then start_at + {MINUTE} * (1 + {_dice(4, 180)}) end as end_at,
           ([{kinds}])[1 + {_dice(5, len(WEIGHTS) + 2)}] as kind, null::double as depth,
           (['login', 'upload', 'checkout'])[1 + {_dice(8, 3)}] as journey, 'connected' as basis,
           (['observed', 'listed'])[1 + {_dice(9, 2)}] as evidence,
           (['none', 'restored', 'workaround'])[1 + {_dice(10, 3)}] as relief, party % 32 as bucket
    from row
    where start_at < {UNTIL}
    """
    incident = f"""
    select 'desk' as source, 'inc' || i as source_id, 'inc' || i as incident_id, false as planned,
           {FIRST} as started_at, {FIRST} as status_posted_at, 's' || i % 7 as service, 'c' || i % 5 as cause,
           't' || i % 4 as owner_team, 'sev' || i % 3 as severity
    from range(400) as r(i)
    """
    party = f"""
    select 'crm' as source, 'p' || i as source_id, i as party_id, 'account' as kind, null::bigint as parent_id,
           {FIRST - 365 * DAY_US} as valid_from, null::bigint as valid_to, {FIRST - 365 * DAY_US} as served_from,
           null::bigint as served_to, (['private', 'family', 'trade', 'student'])[1 + {_dice(22, 4)}] as segment,
           'gold' as tier, 'north' as region, 'basic' as plan, 'active' as lifecycle, 1.0::double as criticality,
           1::bigint as size, null::double as value_amount, null::text as traffic_source, i % 32 as bucket
    from range(1, {parties + 1}) as r(i)
    """
    return {"impact": impact, "incident": incident, "party": party}


def _connect(root: Path) -> duckdb.DuckDBPyConnection:
    """Return a connection as regard opens one, that sees the tables."""
    connection = duckdb.connect(config={"memory_limit": "3GB", "temp_directory": str(root / "spill")})
    connection.execute("set preserve_insertion_order = false")
    for path in root.glob("*.parquet"):
        connection.execute(f"create view {path.stem} as select * from read_parquet('{path}')")
    return connection


# --- hand-written -----------------------------------------------------------------------------------------------------

STAGES = f"""
stages as (
  select party_id, kind, start_at as s, coalesce(least(end_at, {UNTIL}), {UNTIL}) as e from impact
  where start_at < {UNTIL} and coalesce(end_at > start_at, true)
)"""
EARLIER = "over (partition by party_id order by s rows between unbounded preceding and 1 preceding)"
REACHED = f"{STAGES}, reached as (select *, max(e) {EARLIER} as p from stages)"


def _by_month(pieces: str) -> str:
    """Return SQL of minutes by month and segment of disjoint pieces: by first and last day, spread at the end."""
    return f"""
    days as (
      select segment, make_timestamp(s)::date as d0, make_timestamp(e - 1)::date as d1,
             count(*) as n, sum(s) as ss, sum(e) as se
      from {pieces} group by all
    ),
    months as (
      select segment, date_trunc('month', d0)::timestamp as m0, date_trunc('month', d1)::timestamp as m1,
             sum(n) as n, sum(ss) as ss, sum(se) as se
      from days group by all
    ),
    spread as (select *, unnest(range(m0, m1 + interval 1 day, interval 1 month)) as m from months)
    select strftime(m, '%Y-%m') || '|' || segment,
           (sum(case when m = m1 then se else n * epoch_us(m + interval 1 month) end)
            - sum(case when m = m0 then ss else n * epoch_us(m) end)) / {MINUTE}.0
    from spread group by all
    """


def _layers() -> str:
    """Return SQL of minutes by depth: of each level, the union of what is at least as deep, times the step to it."""
    levels = sorted(set(WEIGHTS.values()))
    depth = "case kind " + " ".join(f"when '{kind}' then {weight}" for kind, weight in WEIGHTS.items()) + " end"
    reached = ", ".join(f"max(case when w >= {level} then e end) {EARLIER} as p{n}" for n, level in enumerate(levels))
    steps = " + ".join(
        f"{level - before} * sum(case when w >= {level} then greatest(0, e - greatest(s, coalesce(p{n}, s))) end)"
        for n, (level, before) in enumerate(zip(levels, [0.0, *levels], strict=False))
    )
    return f"""
    with {STAGES}, deep as (select *, {depth} as w from stages), layers as (select *, {reached} from deep)
    select 'all', ({steps}) / {MINUTE}.0 from layers
    """


HAND = {
    "total": f"""
    with {REACHED} select 'all', sum(greatest(0, e - greatest(s, coalesce(p, s)))) / {MINUTE}.0 from reached
    """,
    "segment": f"""
    with {REACHED}, pieces as (
      select party_id, greatest(s, coalesce(p, s)) as s, e from reached where p is null or e > p
    ), owned as (select segment, s, e from pieces join party using (party_id)), {_by_month("owned")}
    """,
    "weighted": _layers(),
}
"""What is asked -> the fastest form known."""


# --- regard -----------------------------------------------------------------------------------------------------------


def asked(what: str, ledger: str) -> str:
    """Return what regard asks the ledger.

    Written by hand until the metric is in the catalogue; then `Workspace.ask("cml", ...)` takes the place of this.
    """
    depth = " ".join(f"when '{kind}' = any(string_split(kinds, '+')) then {w}" for kind, w in WEIGHTS.items())
    unplanned = f"""
    pieces as (
      select segment, start_at as s, coalesce(end_at, {UNTIL}) as e, size, kinds, own_depth
      from {ledger} where not planned_only
    )"""
    if what == "segment":
        return f"with {unplanned}, {_by_month('pieces')}"
    if what == "total":
        return f"with {unplanned} select 'all', sum((e - s) * size) / {MINUTE}.0 from pieces"
    return f"""
    with {unplanned}, sets as (select kinds, own_depth, sum((e - s) * size) as lost from pieces group by all)
    select 'all', sum(lost * greatest(own_depth, case {depth} else 0 end)) / {MINUTE}.0 from sets
    """


def make(root: Path, clock: Clock, stages: str) -> None:
    """Generate the tables."""
    root.mkdir(parents=True, exist_ok=True)
    with clock.running(), duckdb.connect(config={"memory_limit": "1GB"}) as connection:
        for table, query in _queries(int(stages)).items():
            connection.execute(f"copy ({query}) to '{root / table}.parquet'")


def derive(root: Path, clock: Clock, table: str) -> None:
    """Make a derived table of interruption from `impact`, as regard keeps it."""
    arguments = ARGUMENTS | (SHARING if table == "ledger_share" else {})
    statement = STATEMENTS[table](arguments, UNTIL)
    with _connect(root) as connection, clock.running():
        connection.execute(f"copy ({statement}) to '{root / table}.parquet'")


def ours(root: Path, clock: Clock, what: str, how: str) -> None:
    """Ask the ledger that is kept, or make its pieces from `impact` and ask them in one run."""
    pieces = "ledger" if how == "kept" else f"({STATEMENTS['ledger'](ARGUMENTS, UNTIL)})"
    _timed(root, clock, asked(what, pieces))


def by_hand(root: Path, clock: Clock, what: str) -> None:
    """Run the hand-written form on `impact`."""
    _timed(root, clock, HAND[what])


def _timed(root: Path, clock: Clock, query: str) -> None:
    with _connect(root) as connection:
        connection.execute("select count(*) from impact").fetchall()
        with clock.running():
            rows = connection.execute(query).fetchall()
    clock.numbers = _numbers(rows)


def _numbers(rows: list[tuple]) -> Numbers:
    return {key: (float(value), 1.0) for key, value in rows}


def pandas(root: Path, clock: Clock, what: str) -> None:
    """Do it in pandas: sort, running maximum within each customer, months one by one."""
    import numpy as np  # noqa: PLC0415 - their memory would be counted to the others
    import pandas as pd  # noqa: PLC0415 - as above

    with clock.running():
        rows = pd.read_parquet(root / "impact.parquet", columns=["party_id", "start_at", "end_at"])
        rows["end_at"] = rows["end_at"].fillna(UNTIL).clip(upper=UNTIL).astype("int64")
        rows = rows.sort_values(["party_id", "start_at"], kind="stable", ignore_index=True)
        reached = rows.groupby("party_id", sort=False)["end_at"].cummax().shift(fill_value=0)
        first = rows["party_id"].ne(rows["party_id"].shift())
        s = np.where(first, rows["start_at"], np.maximum(rows["start_at"], reached))
        e = rows["end_at"].to_numpy()
        lost = np.maximum(0, e - s)
        if what == "total":
            clock.numbers = {"all": (float(lost.sum()) / MINUTE, 1.0)}
            return
        party = pd.read_parquet(root / "party.parquet", columns=["party_id", "segment"]).set_index("party_id")[
            "segment"
        ]
        segment = rows["party_id"].map(party)
        for period in PERIODS:
            inside = np.maximum(0, np.minimum(e, period.end_us) - np.maximum(s, period.start_us))
            for name, minutes in pd.Series(inside).groupby(segment).sum().items():
                if minutes:
                    clock.numbers[f"{period.start:%Y-%m}|{name}"] = (float(minutes) / MINUTE, 1.0)


def polars(root: Path, clock: Clock, what: str) -> None:
    """Do it in polars, in its window form."""
    import polars as pl  # noqa: PLC0415 - its memory would be counted to the others

    with clock.running():
        rows = (
            pl.scan_parquet(root / "impact.parquet")
            .select("party_id", s="start_at", e=pl.col("end_at").fill_null(UNTIL).clip(upper_bound=UNTIL))
            .sort("party_id", "s")
            .with_columns(p=pl.col("e").cum_max().shift().over("party_id"))
            .with_columns(s=pl.max_horizontal("s", "p"))
            .filter(pl.col("e") > pl.col("s"))
        )
        if what == "total":
            [(total,)] = rows.select((pl.col("e") - pl.col("s")).sum()).collect().rows()
            clock.numbers = {"all": (total / MINUTE, 1.0)}
            return
        owned = rows.join(pl.scan_parquet(root / "party.parquet").select("party_id", "segment"), on="party_id")
        months = [
            (pl.min_horizontal("e", period.end_us) - pl.max_horizontal("s", period.start_us))
            .clip(lower_bound=0).sum().alias(f"{period.start:%Y-%m}")
            for period in PERIODS
        ]  # fmt: skip
        for row in owned.group_by("segment").agg(months).collect().iter_rows(named=True):
            name = row.pop("segment")
            clock.numbers |= {f"{month}|{name}": (lost / MINUTE, 1.0) for month, lost in row.items() if lost}


STEPS: dict[str, Callable[..., None]] = {
    "stages": make, "pieces": derive, "cml": ours, "cml_hand": by_hand, "cml_pandas": pandas, "cml_polars": polars,
}  # fmt: skip
"""Name of a step -> what does it."""
