"""The minutes of segments: the query makes what cutting every segment at every minute makes, to the microsecond."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from regard.sql import minute_series
from regard.stats import minute_grid, worst_window
from tests.derived.test_signals import G7, LATE
from tests.derived.worlds import MINUTE, START, Engine, by_engine

T = 30
SCHEMA = pa.schema([("start_at", pa.int64()), ("end_at", pa.int64()), ("up", pa.float64()), ("journey", pa.string())])
instants = st.builds(
    lambda minute, more: START + minute * MINUTE + more,
    st.integers(-3, T + 3),
    st.sampled_from([0, 0, 1, -1, 7, MINUTE // 3]),
)
segments = st.lists(
    st.builds(
        lambda a, b, up, journey: {"start_at": min(a, b), "end_at": max(a, b), "up": up, "journey": journey},
        instants,
        instants,
        st.sampled_from([0.0, 1.0, 1.0, 0.25, 1 / 3]),
        st.sampled_from([None, "a", "b"]),
    ),
    max_size=12,
)


def grids(table, dims=(), last=T):
    """Return the series' names, and G x T of up and down, as a workspace makes them."""
    end = START + last * MINUTE
    runs = Engine.query(minute_series("some segments", START, end, dims), [("some segments", table)]).to_pylist()
    names = list(dict.fromkeys(tuple(run[name] for name in dims) for run in runs))
    group = [names.index(tuple(run[name] for name in dims)) for run in runs]
    shape = (max(1, len(names)), last)
    minute, minutes = ([run[name] for run in runs] for name in ("minute", "minutes"))
    return names, *(minute_grid((group, minute), minutes, [run[n] for run in runs], shape) for n in ("up", "down"))


def by_hand(rows):
    """Return the time of rows in each minute, up and in all."""
    up, used = np.zeros(T), np.zeros(T)
    for each in rows:
        for minute in range(T):
            start, end = START + minute * MINUTE, START + (minute + 1) * MINUTE
            inside = max(0, min(end, each["end_at"]) - max(start, each["start_at"]))
            up[minute] += inside * each["up"]
            used[minute] += inside
    return up, used


@settings(max_examples=75, deadline=None, suppress_health_check=list(HealthCheck))
@given(segments, st.booleans())
def test_minutes_are_those_of_segments_cut_by_hand(rows, by_journey):
    """Segments that begin before, end after, lie within one minute or on its edges, by journey or in all."""
    names, up, down = grids(pa.Table.from_pylist(rows, schema=SCHEMA), ("journey",) if by_journey else ())
    for place, name in enumerate(names):
        mine = [each for each in rows if not by_journey or each["journey"] == name[0]]
        expected_up, expected = by_hand(mine)

        assert (up[place] + down[place]).tolist() == expected.tolist()
        # Each share is rounded to whole microseconds of a minute, and so is the sum.
        assert np.abs(up[place] - expected_up).max() <= 0.5 * len(mine) + 0.5
        if all(each["up"] in (0, 1) for each in mine):
            assert up[place].tolist() == expected_up.tolist()
    lost = [each for each in rows if by_journey and (each["journey"],) not in names]
    assert by_hand(lost)[1].sum() == 0


@pytest.mark.parametrize(("width", "ratio"), [(1, 0.5), (5, 0.5), (10, 0.5), (20, 0.75), (60, 0.909091)])
def test_g7_from_requests_to_worst_windows(width, ratio):
    """G7: requests become segments, segments minutes, and minutes the worst window of each width."""
    _, up, down = grids(by_engine("user_segment", LATE, {"event": G7}), last=60)

    assert worst_window(up, down, width).ratio[0] == pytest.approx(ratio, abs=1e-6)
