"""`examples/grid`: what the product says of US power outages against pandas on the published records."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from tests.examples.conftest import EXAMPLES, derived_rows, rows_of

DATA = EXAMPLES / "grid" / "data"
HOME = "America/New_York"


@pytest.fixture(scope="module")
def records() -> pd.DataFrame:
    """The published records, with their instants on the clock of their state."""
    table = pd.read_csv(DATA / "outages.csv", keep_default_na=False, na_values=[""])
    zones = pd.read_csv(DATA / "zones.csv").set_index("state")["tz"]
    for name, column in (("start", "outage_start"), ("end", "outage_restored")):
        table[name] = [
            # a clock that shows a time twice shows its first here, as the mapping language says
            pd.Timestamp(text).tz_localize(zones[state], ambiguous=True).tz_convert("UTC")
            if isinstance(text, str)
            else pd.NaT
            for state, text in zip(table["POSTAL.CODE"], table[column], strict=True)
        ]
    table["event"] = table["POSTAL.CODE"] + " " + table["outage_start"]
    return table


@pytest.fixture(scope="module")
def losses(records) -> pd.DataFrame:
    """Records that say who lost power, from when to when."""
    return records[(records["CUSTOMERS.AFFECTED"] > 0) & records["start"].notna() & records["end"].notna()]


@pytest.fixture(scope="module")
def ledger(losses) -> pd.DataFrame:
    """Customers without power by state and stretch of time, counted anew: fewest, most, and by chance."""
    sizes = pd.read_csv(DATA / "states.csv", keep_default_na=False)
    sizes["from"] = pd.to_datetime(sizes["from"]).dt.tz_localize(HOME).dt.tz_convert("UTC")
    found = []
    for state, own in losses[losses["CAUSE.CATEGORY"] != "public appeal"].groupby("POSTAL.CODE"):
        sized = sizes[sizes["state"] == state]
        cuts = sorted({*own["start"], *own["end"], *sized["from"][1:]})
        for start, end in pairwise(cuts):
            active = own[(own["start"] <= start) & (own["end"] > start)]
            if active.empty:
                continue
            size = int(sized[sized["from"] <= start]["customers"].iloc[-1])
            active = active.drop_duplicates(["event", "CUSTOMERS.AFFECTED", "start", "end"])
            each = active.groupby("event")["CUSTOMERS.AFFECTED"].sum().clip(upper=size)
            found.append(
                {
                    "state": state, "start": start, "end": end, "minutes": (end - start) / pd.Timedelta(minutes=1),
                    "least": each.max(), "most": min(size, each.sum()), "likely": size * (1 - (1 - each / size).prod()),
                }
            )  # fmt: skip
    return pd.DataFrame(found)


def test_every_record_goes_where_it_belongs(grid, records, losses):
    """1,534 records are 1,494 incidents and 854 losses; 9 without a beginning are turned away."""
    workspace, report = grid
    assert workspace.check() == []
    assert report.refused == records["outage_start"].isna().sum() == 9
    loaded = {source.name: source.loaded for source in report.sources}["outages"]
    dated = records[records["start"].notna()]
    assert loaded == {
        "incident": dated["event"].nunique(),
        "impact": len(losses),
        "service_metric": (dated["DEMAND.LOSS.MW"] > 0).sum(),
    }
    assert (loaded["incident"], loaded["impact"]) == (1494, 854)
    reasons = rows_of(workspace, "quarantine", "select distinct rule from quarantine")
    assert reasons == [("blank",)]


def test_records_of_one_state_and_minute_are_one_incident(grid, records):
    """31 records tell of an outage that another record begins at the same minute in the same state."""
    workspace, _ = grid
    dated = records[records["start"].notna()]
    assert len(dated) - dated["event"].nunique() == 31
    stages = rows_of(workspace, "impact", "select n_parties from impact where incident_id = 'FL 2008-02-26 13:09:00'")
    assert sorted(n for (n,) in stages) == [47661, 53965, 56000, 584384]


def test_times_are_those_of_the_clock_on_the_wall(grid, losses):
    """Of durations an hour off the published ones, most are right with the zone of the state: the clock was changed."""
    workspace, _ = grid
    got = dict(rows_of(workspace, "impact", "select impact_id, (end_at - start_at) / 60e6 from impact"))
    exact = (losses["end"] - losses["start"]) / pd.Timedelta(minutes=1)
    assert got == pytest.approx(dict(zip(losses["OBS"].astype(str), exact, strict=True)))
    wall = (pd.to_datetime(losses["outage_restored"]) - pd.to_datetime(losses["outage_start"])) / pd.Timedelta(
        minutes=1
    )
    told = losses["OUTAGE.DURATION"]
    assert ((wall - told).abs() == 60).sum() > 20
    assert ((exact - told).abs() == 60).sum() <= 6


def test_an_outage_without_an_end_is_neither_open_nor_free(grid, records):
    """An incident without end or without customers has no loss at all: its minutes are unknown, not zero."""
    workspace, _ = grid
    assert rows_of(workspace, "impact", "select count(*) from impact where end_at is null or n_parties = 0") == [(0,)]
    dated = records[records["start"].notna()]
    told = dated[(dated["CUSTOMERS.AFFECTED"] > 0) & dated["end"].notna()]["event"]
    blind = rows_of(
        workspace,
        "incident,impact",
        "select count(*) from incident where incident_id not in (select incident_id from impact)",
    )
    assert blind == [(dated["event"].nunique() - told.nunique(),)]


def test_minutes_lost_and_their_bounds_are_those_of_pandas(grid, ledger):
    """771 billion customer minutes, between 714 and 779, as counted here stretch by stretch and by state (G2)."""
    workspace, _ = grid
    got = derived_rows(
        workspace,
        "ledger",
        """
        select region, sum(size_lo * (end_at - start_at)) / 60e6, sum(size * (end_at - start_at)) / 60e6,
            sum(size_hi * (end_at - start_at)) / 60e6, bool_or(planned_only or end_at is null)
        from rows where kind != 'cosmetic' group by all
        """,
    )
    assert not any(row[-1] for row in got)
    for place, name in enumerate(("least", "likely", "most"), 1):
        minutes = (ledger[name] * ledger["minutes"]).groupby(ledger["state"]).sum()
        assert {row[0]: row[place] for row in got} == pytest.approx(minutes.to_dict(), rel=1e-12)
    totals = [round(sum(row[place] for row in got) / 1e9) for place in (1, 2, 3)]
    assert totals == [714, 771, 779]


def test_the_metric_says_the_minutes_their_bounds_and_what_is_unknown(grid, ledger):
    """R001, R020: minutes lost with bounds, flagged as estimated, and as unknown for what nobody counted."""
    workspace, _ = grid
    (answer,) = workspace.ask("cml", grain="all")
    [cell] = answer.cells
    bounds = [(ledger[name] * ledger["minutes"]).sum() for name in ("likely", "least", "most")]
    assert [cell.estimate.value, cell.estimate.lo, cell.estimate.hi] == pytest.approx(bounds, rel=1e-9)
    assert {"estimated", "unknown"} <= set(cell.estimate.flags)
    (yearly,) = workspace.ask("cml", by=["region"], grain="year", intervals=False)
    got = {(cell.dims["region"], cell.period.start.year): cell.estimate.value for cell in yearly.cells}
    assert {place: value for place, value in got.items() if value} == pytest.approx(by_year(ledger), rel=1e-9)


def test_minutes_per_customer_of_each_state_and_year(grid, ledger):
    """SAIDI's plain sister: minutes lost in a year over the customers of the state in that year."""
    workspace, _ = grid
    (answer,) = workspace.ask("cml_per_customer", by=["region"], grain="year", intervals=False)
    got = {(cell.dims["region"], cell.period.start.year): cell.estimate.value for cell in answer.cells}
    sizes = pd.read_csv(DATA / "states.csv", keep_default_na=False)
    expected = {
        (state, year): minutes
        / sizes[(sizes["state"] == state) & (sizes["from"] <= f"{year}-01-01")]["customers"].iloc[-1]
        for (state, year), minutes in by_year(ledger).items()
    }
    assert len(expected) > 200
    assert {place: value for place, value in got.items() if value} == pytest.approx(expected, rel=1e-9)


def by_year(ledger):
    """Minutes lost by state and year, a loss that goes on over New Year in both."""
    found: dict[tuple[str, int], float] = {}
    for year in range(2000, 2017):
        start, end = (pd.Timestamp(f"{each}-01-01", tz=HOME) for each in (year, year + 1))
        inside = ledger["end"].clip(upper=end) - ledger["start"].clip(lower=start)
        minutes = inside.clip(lower=pd.Timedelta(0)) / pd.Timedelta(minutes=1) * ledger["likely"]
        for state, lost in minutes.groupby(ledger["state"]).sum().items():
            if lost:
                found[state, year] = lost
    return found


def test_interruptions_over_the_years(grid):
    """SAIDI is SAIFI times CAIDI in every year, and highest in 2008, the year of Ike."""
    workspace, _ = grid
    saidi, saifi, caidi = (
        {cell.period.start.year: cell.estimate.value for cell in answer.cells}
        for answer in workspace.ask("saidi", "int_freq", "caidi", grain="year", intervals=False)
    )
    assert saidi == pytest.approx({year: saifi[year] * caidi[year] for year in saidi}, rel=1e-9)
    assert max(saidi, key=saidi.get) == 2008
    assert round(saidi[2008]) == 1571


def test_one_day_of_ten_years_was_a_major_event(grid):
    """IEEE 1366: by the days of the five years before, only that on which Ike came to Texas is of another kind."""
    workspace, _ = grid
    rows = derived_rows(workspace, "episode", "select start_at, sum(lost * size) / 60e6 from rows group by all")
    days = pd.Series(
        [minutes for _, minutes in rows],
        index=pd.to_datetime([at for at, _ in rows], unit="us", utc=True).tz_convert(HOME).normalize(),
    )
    days = days.groupby(level=0).sum()
    days = days[days > 0]
    major = []
    for year in range(2005, 2016):
        before = np.log(days[(days.index.year >= year - 5) & (days.index.year < year)])
        own = days[days.index.year == year]
        major += own[own > np.exp(before.mean() + 2.5 * before.std())].index.strftime("%Y-%m-%d").tolist()
    assert major == ["2008-09-12"]
    count, without = workspace.ask("major_days", "minutes_without_major_days", grain="year", intervals=False)
    got = {cell.period.start.year: cell.estimate.value for cell in count.cells}
    assert [year for year in range(2005, 2016) if got[year]] == [2008]
    rest = {cell.period.start.year: cell.estimate.value for cell in without.cells}
    other = days[(days.index.year == 2008) & (days.index.strftime("%Y-%m-%d") != "2008-09-12")]
    assert rest[2008] == pytest.approx(other.sum(), rel=1e-9)


def test_adding_up_records_gives_more_than_there_can_be(ledger, losses):
    """Minutes times customers, record by record, are above the upper bound of what can be."""
    cut = losses[losses["CAUSE.CATEGORY"] != "public appeal"]
    naive = (cut["CUSTOMERS.AFFECTED"] * ((cut["end"] - cut["start"]) / pd.Timedelta(minutes=1))).sum()
    assert round(naive / 1e9) == 786
    assert naive > (ledger["most"] * ledger["minutes"]).sum()


def test_states_are_described_in_every_year(grid, records):
    """A state's size in a year is what its records of that year say; a year without one, that of the last."""
    workspace, _ = grid
    sizes = rows_of(workspace, "party", "select region, valid_from, valid_to, size from party order by 1, 2")
    assert len({state for state, *_ in sizes}) == records["POSTAL.CODE"].nunique() == 50
    for state, start, _, size in sizes:
        year = pd.Timestamp(start, unit="us", tz="UTC").tz_convert(HOME).year
        known = records[(records["POSTAL.CODE"] == state) & (records["YEAR"] == year)]
        assert known.empty or set(known["TOTAL.CUSTOMERS"]) == {size}
        assert not known.empty or year == 2000
    following = [(a[0] != b[0] and a[2] is None) or a[2] == b[1] for a, b in pairwise(sizes)]
    assert all(following)
