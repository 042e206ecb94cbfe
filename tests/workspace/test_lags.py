"""Whether a series runs ahead of lost minutes, from files on (R018): planted lags, brute force, refusals."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import numpy as np
import pytest

from regard.errors import QuestionError
from regard.expr import MINUTE_US
from regard.present.lag import lag_sentences, lag_table
from regard.workspace import Asking
from regard.workspace.lags import lost_by_step, picked
from tests.workspace.outages import DAY, UNTIL, Outages, loss, minute, served

LAG = 4
MINUTES = 1440


@pytest.fixture(scope="module")
def watched(tmp_path_factory):
    """Forty customers who lose login now and then, and what was measured of it: p99 feels it four minutes before."""
    rng = np.random.default_rng(4)
    losses, hit = [], np.zeros(MINUTES + LAG)
    for start in (200, 620, 1100):
        for n in range(40):
            begins, ends = sorted(float(x) for x in rng.uniform(start, start + 90, 2))
            losses.append(loss(len(losses), f"I{start}", f"c{n}", begins, ends))
            hit[int(begins) : int(ends)] += 1
    losses.append(loss(len(losses), "J1", "c1", 300, 320))
    incidents = [
        {"incident": f"I{start}", "service": "login", "started": minute(start), "resolved": minute(start + 99)}
        for start in (200, 620, 1100)
    ]
    incidents.append({"incident": "J1", "service": "search", "started": minute(300), "resolved": minute(320)})
    p99 = 200 + 10 * hit[LAG:] + rng.normal(0, 2, MINUTES)
    noise = np.cumsum(rng.normal(0, 1, MINUTES))
    rows = [
        {"service": "login", "series": name, "at": minute(m), "value": f"{values[m]:.3f}"}
        for name, values in (("p99_ms", p99), ("queue", noise), ("free", -p99))
        for m in range(MINUTES)
        if (name, m) != ("queue", 77)
    ]
    rows += [{"service": "login", "series": "rare", "at": minute(m), "value": 1} for m in (0, 1, 1000)]
    rows += [{"service": "login", "series": "still", "at": minute(m), "value": 1} for m in range(MINUTES)]
    company = Outages(tmp_path_factory.mktemp("watched"), until=UNTIL)
    company.has(
        customers=served([{"customer": f"c{n}"} for n in range(40)]),
        incidents=incidents,
        losses=losses,
        monitoring=rows,
    )
    return company.load()


def test_a_planted_lag_comes_back_from_files(watched):
    """p99 rises four minutes before customers lose login: found there, clear, and the interval leaves out 0."""
    found = watched.workspace.lag("login", "p99_ms", ahead=15)
    assert watched.refused() == []
    assert (found.best, found.clear, found.steps, found.step) == (LAG, True, MINUTES, MINUTE_US)
    assert found.lo[LAG] > 0.1
    assert found.p[LAG] < 1e-6
    assert (found.false, found.losses) == (0, 3)


def test_a_falling_series_is_told_as_such(watched):
    """The same upside down: the correlation turns its sign, and an alarm is raised below."""
    found = watched.workspace.lag("login", "free", ahead=15)
    assert (found.best, found.clear, found.above) == (LAG, True, False)
    assert found.hi[LAG] < -0.1
    assert "rise when it falls" in " ".join(lag_sentences(found, ZoneInfo("UTC")))


def test_chance_is_not_told_as_a_lag(watched):
    """A random walk has a strongest lag too, and the sentence does not name it; its missing minute is told."""
    found = watched.workspace.lag("login", "queue", ahead=15)
    said = " ".join(lag_sentences(found, ZoneInfo("UTC")))
    assert (found.clear, found.filled) == (False, 1)
    assert "more closely than by chance" in said
    assert "1 steps had no value" not in said
    assert "One step had no value" in said


def test_a_series_that_never_moves_says_nothing(watched):
    """No correlation, so no lag: said, not drawn."""
    found = watched.workspace.lag("login", "still", ahead=5)
    assert found.best is None
    assert "Nothing can be told" in " ".join(lag_sentences(found, ZoneInfo("UTC")))
    assert all(row[1].text == "-" for row in lag_table(found).rows)


@pytest.mark.parametrize("step", [1, 7, 60])
@pytest.mark.parametrize("where", ["service = 'login'", ""])
def test_minutes_by_step_are_those_of_brute_force(watched, step, where):
    """Each piece laid over each step by hand: the same minutes, to a millionth, and no step has what none lost."""
    asking = Asking(watched.workspace)
    start = watched.workspace.moment(minute(90))
    steps = 1200 // step
    bound = {"start": start, "step": step * MINUTE_US, "end": start + steps * step * MINUTE_US, "until": asking.until}
    test = picked(asking, watched.workspace.test(where))
    found = lost_by_step(asking, bound, steps, test)
    expected = np.zeros(steps)
    pieces = asking.rows(f"SELECT * FROM {asking.relations.name('ledger_share')}")
    for piece in pieces:
        if where and piece["service"] != "login":
            continue
        for n in range(steps):
            a = start + n * step * MINUTE_US
            over = min(piece["end_at"], a + step * MINUTE_US) - max(piece["start_at"], a)
            expected[n] += max(0, over) / MINUTE_US * piece["share"] * piece["size"]
    assert found == pytest.approx(expected, abs=1e-6)
    assert (found[expected == 0] == 0).all()


def test_whose_minutes_is_a_test(watched):
    """By default those of the service; '' takes all, and another service's stand alone."""
    own, all_, other = (
        watched.workspace.lag("login", "p99_ms", where=where, ahead=5).minutes
        for where in (None, "", "service = 'search'")
    )
    assert other == pytest.approx(20)
    assert all_ == pytest.approx(own + other)


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"service": "logni"}, "did you mean 'login'"),
        ({"series": "p99"}, "did you mean 'p99_ms'"),
        ({"series": "rare"}, "have no value"),
        ({"start": "2027-01-01"}, "nothing was measured in these days"),
        ({"where": "channel = 'x'"}, "the ledger has no channel"),
        ({"where": "service = 'nobody'"}, "no customer minute was lost where"),
        ({"ahead": 1400}, "too few for lags"),
    ],
)
def test_what_cannot_be_told_is_refused_in_words(watched, asked, words):
    """Every refusal says what is there, or what to say instead."""
    with pytest.raises(QuestionError, match=words):
        watched.workspace.lag(**{"service": "login", "series": "p99_ms"} | asked)


def test_the_day_is_the_first(watched):
    """Days bound the stretch; the series was measured for one."""
    found = watched.workspace.lag("login", "p99_ms", start=DAY, end="2026-03-06", ahead=5)
    assert found.steps == MINUTES
