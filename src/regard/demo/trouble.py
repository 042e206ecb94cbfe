"""What fails at Harbor and whom it hits: the incident tracker, the list of who lost what, and the status page.

The incidents are data (`data/incidents.csv`): when customers began to feel each, for how long, and what the operator
wrote down and when. Whom it hits is drawn; those who write to the desk soon after are among them. Customers who were
hit are less pleased for three weeks, and members who lost more than two hours in a year renew less often.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa

from regard.demo.customers import REGIONS, Population
from regard.demo.files import Columns, Csv, Lines, blank, ids, iso, words
from regard.demo.story import DAY, HOUR, NEVER, ZONE, Month, pick, quota, rows

if TYPE_CHECKING:
    from pathlib import Path

    from regard.demo.desk import Table

MINUTE = 60
YEAR = 365 * DAY
UNLUCKY = 2_100
"""Customers at scale 1 who are hit by every one of the failures of sign-in."""
FOLLOWS = 36 * HOUR
"""How long after the beginning a ticket may be about an incident."""
FORGETS = 21 * DAY
"""How long somebody who was hit is less pleased."""
SPREAD = 20 * MINUTE
"""Within what time a failure that grows has reached everybody it hits."""
CLOCKS = ("started", "detected", "acknowledged", "declared", "mitigated", "resolved")


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident of the plot.

    Attributes:
        told: its line in `data/incidents.csv`.
        at: second at which the first customer felt it.
        end: second at which the last one no longer did.
        number: number of the incident.
    """

    told: dict[str, str]
    at: int
    end: int
    number: int

    def clock(self, name: str) -> int:
        """Second of one of the operator's clocks; NEVER when none was written down."""
        return self.at + int(self.told[name]) * MINUTE if self.told[name] else NEVER


def incidents(plot: str = "incidents") -> list[Incident]:
    """All incidents of a plot, in order of their beginning."""
    found = []
    for row in rows(plot):
        at = int(datetime.fromisoformat(row["felt_at"]).replace(tzinfo=ZoneInfo(ZONE)).timestamp())
        found.append(Incident(row, at, at + int(row["minutes"]) * MINUTE, int(row["number"])))
    return sorted(found, key=lambda incident: incident.at)


class Trouble:
    """Incidents month by month.

    Attributes:
        hit: of each incident that was, by its number, whom it hit and how many seconds each lost.
    """

    def __init__(self, folder: Path, people: Population, *, scale: float, seed: int) -> None:
        """Open the three files."""
        self.people, self.scale, self.seed = people, scale, seed
        self.tracker = Lines(folder / "ops" / "incidents.jsonl")
        self.impacts = Csv(folder / "ops" / "impacts.csv")
        self.page = Lines(folder / "ops" / "status_page.jsonl")
        self.hit: dict[int, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        self._plot = incidents()
        self._left = sum(incident.told["who"] == "unlucky" for incident in self._plot)
        self._unlucky: np.ndarray | None = None
        self._rows = 0

    def month(self, month: Month, tickets: Table) -> np.ndarray:
        """Let a month happen; returns the number of the incident that each ticket is about, or -1."""
        rng = month.rng(self.seed, 8)
        about = np.full(len(tickets["opened"]), -1)
        now = [incident for incident in self._plot if month.start <= incident.at < month.end]
        for incident in now:
            soon = (tickets["opened"] >= incident.at) & (tickets["opened"] < incident.at + FOLLOWS)
            soon &= (about < 0) & (tickets["parent"] < 0)
            who = self._choose(rng, incident, np.unique(tickets["who"][soon]))
            if not incident.told["planned"] and incident.told["who"] != "counted":
                about[soon & np.isin(tickets["who"], who)] = incident.number
            self._lose(rng, incident, who)
        if now:
            self._track(now)
        return about

    def _served(self, at: int) -> np.ndarray:
        """Who is served at an instant, by the account that the CRM keeps."""
        active = self.people.active(at)
        served: np.ndarray = active[self.people["served_from"][active] <= at]
        return served

    def _choose(self, rng: np.random.Generator, incident: Incident, asking: np.ndarray) -> np.ndarray:
        """Whom an incident hits; of a share of the customers, those who ask about it are a part."""
        served, who = self._served(incident.at), incident.told["who"]
        if who in {"everybody", "counted"}:
            return served
        if who.startswith("region="):
            here: np.ndarray = served[self.people["region"][served] == REGIONS.index(who.removeprefix("region="))]
            return here
        if who == "random":
            size = quota(float(incident.told["share"]), len(served))
            asking = np.intersect1d(asking, served)
            others = pick(rng, np.setdiff1d(served, asking), max(0, size - len(asking)))
            chosen: np.ndarray = np.union1d(asking, others)
            return chosen
        self._left -= 1
        wanted = quota(UNLUCKY * self.scale, 1)
        # some will have left before the last time: begin with more, and end with exactly those who are wanted
        standing = served if self._unlucky is None else np.intersect1d(self._unlucky, served)
        self._unlucky = pick(rng, standing, quota(1 + 0.06 * self._left, wanted))
        return self._unlucky

    def _lose(self, rng: np.random.Generator, incident: Incident, who: np.ndarray) -> None:
        """Write down who lost what, from when to when, in up to two stages."""
        told, size = incident.told, len(who)
        if told["who"] in {"random", "unlucky"}:
            grows = told["kind"] == "degraded"
            start = incident.at + (rng.random(size) * (SPREAD if grows else 1)).astype(int)
            start[: min(1, size)] = incident.at
            eased = np.flatnonzero(grows & (rng.random(size) < 0.3))
            until = np.full(size, incident.end)
            until[eased] = start[eased] + ((incident.end - start[eased]) * rng.uniform(0.3, 0.8, len(eased))).astype(
                int
            )
            self._write(incident, who, start, until, told["kind"], np.where(until < incident.end, 1, 2))
            self._write(
                incident,
                who[eased],
                until[eased],
                np.full(len(eased), incident.end),
                "workaround",
                np.full(len(eased), 2),
            )
        else:
            start = np.full(size, incident.at)
            counted = quota(float(told["share"]), size) if told["who"] == "counted" else None
            self._write_cohort(incident, counted)
        if told["planned"] or told["who"] == "counted":
            return
        self.hit[incident.number] = (who, np.full(size, incident.end), incident.end - start)
        if incident.end - incident.at >= 15 * MINUTE:
            self.people["hurt"][who] = incident.end

    def _write(
        self, incident: Incident, who: np.ndarray, start: np.ndarray, end: np.ndarray, kind: str, relief: np.ndarray
    ) -> None:
        size = len(who)
        none = pa.nulls(size, pa.string())
        self.impacts.write(
            {
                "impact_id": self._number(size),
                "incident": ids("INC-", np.full(size, incident.number), 4),
                "customer_id": ids("C-", who),
                "everybody": none,
                "region": none,
                "affected": none,
                "affected_low": none,
                "affected_high": none,
                "from": iso(start),
                "to": iso(end),
                "kind": words([kind], np.zeros(size, dtype=int)),
                "journey": words([incident.told["journey"]], np.zeros(size, dtype=int)),
                "evidence": words(["listed"], np.zeros(size, dtype=int)),
                "ended_by": words(("none", "workaround", "restored"), relief),
            }
        )

    def _write_cohort(self, incident: Incident, counted: int | None) -> None:
        """Write one row for a group: a region, everybody, or a number of which only the order is known."""
        region = incident.told["who"].removeprefix("region=") if "=" in incident.told["who"] else None
        low, high = (None, None) if counted is None else (quota(0.6, counted), quota(1.5, counted))
        row: dict[str, Any] = {
            "everybody": None if region or counted is not None else "1",
            "region": region,
            "affected": counted,
            "affected_low": low,
            "affected_high": high,
            "kind": incident.told["kind"],
            "journey": incident.told["journey"],
            "evidence": "listed" if counted is None else "estimated",
            "ended_by": "restored",
        }
        one = {name: pa.array([None if value is None else str(value)], pa.string()) for name, value in row.items()}
        self.impacts.write(
            {
                "impact_id": self._number(1),
                "incident": ids("INC-", np.array([incident.number]), 4),
                "customer_id": pa.nulls(1, pa.string()),
                **{name: one[name] for name in ("everybody", "region", "affected", "affected_low", "affected_high")},
                "from": iso(np.array([incident.at])),
                "to": iso(np.array([incident.end])),
                **{name: one[name] for name in ("kind", "journey", "evidence", "ended_by")},
            }
        )

    def _number(self, count: int) -> pa.Array:
        first = self._rows + 1
        self._rows += count
        return ids("IM-", first + np.arange(count))

    def _track(self, now: list[Incident]) -> None:
        """Write the incidents of a month into the tracker and onto the status page."""
        self.tracker.write(tracked(now))
        self.page.write_rows([_posted(one) for one in now])

    def lost(self, who: np.ndarray, until: np.ndarray) -> np.ndarray:
        """Seconds that customers lost in the 365 days before an instant of their own."""
        total = np.zeros(len(who), dtype=int)
        seconds = np.zeros(self.people.count, dtype=int)
        for hit, end, lost in self.hit.values():
            seconds[hit] = lost
            total += np.where((end[0] <= until) & (end[0] > until - YEAR), seconds[who], 0) if len(end) else 0
            seconds[hit] = 0
        return total

    def close(self) -> None:
        """Finish the files."""
        for file in (self.tracker, self.impacts, self.page):
            file.close()


def tracked(now: list[Incident]) -> Columns:
    """Return incidents as the tracker exports them."""
    told = [incident.told for incident in now]

    def texts(name: str) -> pa.Array:
        return pa.array([each[name] or None for each in told], pa.string())

    size, number = len(now), np.array([incident.number for incident in now])
    planned = np.array([bool(each["planned"]) for each in told])
    changed = [each["change"] == "yes" for each in told]
    return {
        "incident": ids("INC-", number, 4),
        **{name: texts(name) for name in ("title", "severity", "service", "team", "cause")},
        "planned": planned,
        "set_off_by_change": blank(np.array(changed), np.array([not each["change"] for each in told])),
        "announced_at": iso(np.array([_announced(one) for one in now])),
        **{f"{name}_at": iso(np.array([one.clock(name) for one in now])) for name in CLOCKS},
        "first_post_at": iso(np.array([one.clock("posted") for one in now])),
        "status": words(("resolved",), np.zeros(size, dtype=int)),
    }


def _announced(incident: Incident) -> int:
    days = incident.told["notice_days"]
    return incident.at - int(days) * DAY if days else NEVER


def _posted(incident: Incident) -> dict[str, Any]:
    """Return what the status page says of an incident: one object with the list of its updates."""
    notice = _announced(incident)
    planned = notice < NEVER
    told = (
        (("Scheduled", notice), ("In progress", incident.clock("started")), ("Completed", incident.clock("resolved")))
        if planned
        else (
            ("Investigating", incident.clock("posted")),
            ("Monitoring", max(incident.clock("posted") + 5 * MINUTE, incident.clock("mitigated"))),
            ("Resolved", max(incident.clock("posted") + 9 * MINUTE, incident.clock("resolved"))),
        )
    )
    return {
        "incident": f"INC-{incident.number:04d}",
        "name": incident.told["title"],
        "impact": "maintenance"
        if planned
        else {"sev1": "critical", "sev2": "major"}.get(incident.told["severity"], "minor"),
        "components": [incident.told["service"]],
        "updates": [{"at": iso(np.array([at]))[0].as_py(), "status": status} for status, at in told],
    }
