"""Minutes lost in the year before a contract is due, against a second opinion in plain Python (R025, K02)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from regard.errors import QuestionError
from regard.present import effects
from tests.workspace.outages import Outages, five, served

UNTIL = "2026-04-10T00:00:00Z"
EPOCH = datetime(2024, 1, 1, tzinfo=UTC)
DAY, YEAR = 1440, 365 * 1440
SINCE = 31 * DAY
"""Minute at which the first loss is recorded: a year is known from February 2025 on."""
MOVED = 500 * DAY
"""Minute at which every third account gets another segment."""
ACCOUNTS = 120
EDGES = (0.0, 45.0, 120.0)
BANDS = ("none", "up to 45", "45 to 120", "more than 120")


def told(number):
    """An instant as an export writes it: so many minutes after the epoch."""
    return (EPOCH + timedelta(minutes=int(number))).strftime("%Y-%m-%dT%H:%M:%SZ")


class Firms:
    """Accounts with users who lose minutes and yearly contracts, drawn; and what is known of each term.

    Attributes:
        files: rows by export.
        known: (minute due, minutes lost in the year before, whether renewed, value, segment by then) of each term that
            can count.
    """

    def __init__(self, seed):
        rng = np.random.default_rng(seed)
        people, losses, terms = [], [], []
        self.known = []
        for n in range(ACCOUNTS):
            name, users = f"f{n}", int(rng.integers(1, 5))
            first, then = ("b2b", "b2c") if n % 3 == 0 else ("b2b", "b2b") if n % 3 == 1 else ("b2c", "b2c")
            people.append({"customer": name, "kind": "account", "segment": first, "to": told(MOVED)})
            people.append({"customer": name, "kind": "account", "segment": then, "from": told(MOVED)})
            people += [{"customer": f"{name}u{u}", "kind": "user", "parent": name} for u in range(users)]
            lost = [(SINCE, SINCE + 30)] if n == 0 else []
            for _ in range(rng.integers(0, 7)):
                # Some begin where another user's go on, so that adding them up would count minutes twice.
                begin = int(rng.choice([end - 5 for _, end in lost] + [int(rng.integers(SINCE, 800 * DAY))]))
                lost.append((begin, begin + int(rng.integers(10, 90))))
            for begin, end in lost:
                losses.append(
                    {"loss": f"L{len(losses)}", "customer": f"{name}u{rng.integers(users)}", "start": told(begin),
                     "end": told(end), "kind": "outage"}
                )  # fmt: skip
            signed = int(rng.integers(0, 365)) * DAY + int(rng.integers(0, DAY))
            worth = float(rng.integers(1, 90) * 100)
            for due in (signed + YEAR, signed + 2 * YEAR):
                renewed = bool(rng.random() < 0.7)
                terms.append({"customer": name, "when": told(due), "kind": "term_due", "amount": worth})
                if renewed:
                    terms.append({"customer": name, "when": told(due + DAY), "kind": "renew"})
                # Known from February 2025 on, and by March 2026, the last month that is over.
                if SINCE + YEAR + DAY <= due < (datetime(2026, 4, 1, tzinfo=UTC) - EPOCH) / timedelta(minutes=1):
                    segment = first if due <= MOVED else then
                    self.known.append((due, union(lost, due - YEAR, due), renewed, worth, segment))
        for number, row in enumerate(terms):
            row |= {"event": f"e{number}", "contract": row["customer"]}
        self.files = {
            "customers": served(people, since="2023-12-01"),
            "losses": losses,
            "terms": [row for row in terms if row["when"] < UNTIL],
        }

    def by_band(self, rows):
        """Return share renewed in percent, number and value due of each band."""
        found = []
        for band in range(len(BANDS)):
            low, high = (-1.0, *EDGES)[band], (*EDGES, np.inf)[band]
            mine = [row for row in rows if low < row[1] <= high]
            share = 100 * sum(row[2] for row in mine) / len(mine) if mine else None
            found.append((share, len(mine), sum(row[3] for row in mine)))
        return found


def union(lost, start, end):
    """Minutes of a stretch in which at least one of several losses goes on."""
    minutes = {at for begin, stop in lost for at in range(max(begin, start), min(stop, end))}
    return len(minutes)


@pytest.fixture(scope="module", params=[3, 4])
def firms(request, tmp_path_factory):
    """Firms and the workspace that has loaded them."""
    made = Firms(request.param)
    company = Outages(tmp_path_factory.mktemp("firms"), until=UNTIL).has(**made.files).load()
    assert company.refused() == []
    return made, company.workspace


def test_renewals_by_minutes_of_the_year_before(firms):
    """A minute that two users of an account lost is one; what is lost outside the year before a term is not counted."""
    made, workspace = firms
    found = workspace.dose("renewal", over="year", bands=EDGES)
    expected = made.by_band(made.known)
    assert (found.bands, found.months) == (BANDS, len(made.known))
    assert [one.n for one in found.response.raw] == [n for _, n, _ in expected]
    assert [one.value for one in found.response.raw] == pytest.approx([share for share, _, _ in expected])
    assert list(found.due) == pytest.approx([due for _, _, due in expected])
    assert min(n for _, n, _ in expected) >= 5
    lost, renewed = np.array([row[1] for row in made.known]), np.array([row[2] for row in made.known])
    assert found.response.slope.value == pytest.approx(100 * 60 * np.polyfit(lost, renewed, 1)[0])


def test_customers_are_picked_by_what_they_were_then(firms):
    """Of an account that changed its segment, a term counts to the segment that it had when the term was due."""
    made, workspace = firms
    found = workspace.dose("renewal", over="year", bands=EDGES, where="segment = 'b2b'")
    expected = made.by_band([row for row in made.known if row[4] == "b2b"])
    assert [one.n or 0 for one in found.response.raw] == [n for _, n, _ in expected]
    assert [one.value for one in found.response.raw] == pytest.approx([share for share, _, _ in expected])
    assert [due or 0 for due in found.due] == pytest.approx([due for _, _, due in expected])
    assert found.months < len(made.known)
    assert effects.dose_title(found).endswith(", where segment = 'b2b'")


def test_a_band_of_a_few_customers_is_hidden(tmp_path):
    """K24: a band of fewer customers than may be shown tells nothing, not even how much money was due."""
    made = Firms(5)
    rows = made.by_band(made.known)
    fewest = min(n for _, n, _ in rows) + 1
    company = Outages(tmp_path, until=UNTIL, settings=f"privacy_min = {fewest}\n").has(**made.files).load()
    found = company.workspace.dose("renewal", over="year", bands=EDGES)
    shown = [one.value is not None for one in found.response.raw]
    assert shown.count(False) == sum(n < fewest for _, n, _ in rows) < len(rows)
    for one, adjusted, due, told in zip(found.response.raw, found.response.adjusted, found.due, shown, strict=True):
        assert told or (one.flags, one.n, adjusted.value, due) == (("hidden",), None, None, None)
    cells = [[cell.text for cell in row] for row in effects.dose_table(found).rows]
    assert [row[-2] == "hidden" for row in cells] == [not told for told in shown]


def test_customers_are_counted_and_not_their_months(tmp_path):
    """K24: many months of five customers are still five customers."""
    company = five(tmp_path, settings="privacy_min = 6\n").load()
    found = company.workspace.dose("tickets", start="2025-09-01")
    assert found.months > 30
    assert {one.flags for one in found.response.raw if one.n is None} == {("hidden",)}
    assert {one.value for one in found.response.raw} == {None}


def test_days_of_a_question_are_those_of_the_months_before(firms):
    """As in other outcomes of the month after: from January 2026 on, terms due from February on."""
    made, workspace = firms
    found = workspace.dose("renewal", over="year", bands=EDGES, start="2026-01-01")
    late = (datetime(2026, 2, 1, tzinfo=UTC) - EPOCH) / timedelta(minutes=1)
    assert [one.n for one in found.response.raw] == [
        n for _, n, _ in made.by_band([r for r in made.known if r[0] >= late])
    ]


def test_other_outcomes_count_the_year_to_the_end_of_their_month(firms):
    """Nobody writes a ticket, so every customer-month of those served a year is known, and each has 0."""
    _, workspace = firms
    found = workspace.dose("tickets", over="year")
    assert found.months == ACCOUNTS * 15  # January 2025, whose end is a year after the first loss, to March 2026
    assert {one.value for one in found.response.raw if one.n} == {0.0}
    assert found.due == ()


def test_it_reads_as_what_it_is(firms):
    """The table names the stretch and the money; the sentence says the year."""
    _, workspace = firms
    found = workspace.dose("renewal", over="year", bands=(120,))
    table = effects.dose_table(found)
    assert table.title == "Contracts due that were renewed"
    assert table.columns[0].title == "minutes lost in the year before"
    assert [row[0].text for row in table.rows] == ["up to 120", "more than 120"]
    assert table.rows[1][-1].text.startswith("$")
    assert "lost in the year before" in effects.dose_sentences(found)[0]


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"over": "yaer"}, "minutes are not counted over a 'yaer'; did you mean 'year'"),
        ({"bands": (60, 10)}, "bands end at minutes that rise, from 0 or more, such as 10, 60, 120: not 60, 10"),
        ({"bands": (-1, 10)}, "not -1, 10"),
        ({"bands": (float("nan"),)}, "not nan"),
        ({"bands": ()}, "not nothing"),
        ({"over": "year", "end": "2025-01-01"}, "losses are recorded from 2024-02-01 on"),
        (
            {"where": "incident = 'I1'"},
            "customers have no incident; one of: lifecycle, party, plan, region, segment, tier",
        ),
        (
            {"over": "year", "where": "segment = 'x'"},
            "known for renewal where segment = 'x': there is nothing to compare",
        ),
    ],
)
def test_what_cannot_be_asked(firms, asked, message):
    """A stretch that is none, bands that do not rise, and years that began before anybody kept a list."""
    _, workspace = firms
    with pytest.raises(QuestionError, match=message):
        workspace.dose("renewal", **asked)
