"""The oracle: a plan over plain rows in plain Python, one cell at a time. Slow, honest, and right by definition."""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from regard.expr import Literal, Scope, conjuncts, evaluate, names
from regard.model import BUCKETS, DAY_US, offset_at
from regard.plan import DAY, DISTINCT, INCIDENT, PARTY, QUANTILE, SUM, VARIETY, Results, Z, order_ranks, stretch_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from regard.model import Period
    from regard.plan import Measure, Plan, Scan

Row = dict[str, Any]


@dataclass(frozen=True)
class Oracle:
    """Runs a plan over rows.

    Attributes:
        rows: (table, arguments) -> its rows as dicts, instants as whole microseconds, blanks as None.
        parties: versions of parties, for dimensions that a table takes from them.
    """

    rows: Callable[[str, tuple[tuple[str, str | float], ...]], Sequence[Mapping[str, Any]]]
    parties: Sequence[Mapping[str, Any]] = ()

    def run(self, plan: Plan) -> Results:
        """Compute every scan of a plan, cell by cell."""
        return Results(tuple(self._scan(plan, scan) for scan in plan.scans))

    def _scan(self, plan: Plan, scan: Scan) -> pa.Table:
        wide = max((len(labels) for labels in scan.sets), default=0)
        fields = {"grouping": pa.int64(), "stretch": pa.int64()}
        fields |= {f"d{i}": pa.string() for i in range(wide)}
        fields |= {"replicate": pa.string() if scan.replicate == INCIDENT else pa.int64()}
        for i, measure in enumerate(scan.measures):
            second = measure.what not in (SUM, DISTINCT, VARIETY)
            fields |= {f"m{i}{end}": pa.float64() for end in ("", *(("_lo", "_hi", "_n") if second else ()))}
        found: list[Row] = []
        for place, labels in enumerate(scan.sets):
            for number in scan.stretches:
                groups: dict[tuple[Any, ...], dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
                for i, measure in enumerate(scan.measures):
                    for row in self._counted(plan, scan, measure, number):
                        key = tuple(row["__dims"][label] for label in labels)
                        groups[(key, None)][i].append(row)
                        if scan.replicate:
                            groups[(key, self._replicate(plan, scan, measure, row))][i].append(row)
                for (key, replicate), by_measure in groups.items():
                    row = {"grouping": place, "stretch": number, "replicate": replicate}
                    row |= {f"d{i}": key[i] if i < len(key) else None for i in range(wide)}
                    for i, measure in enumerate(scan.measures):
                        row |= self._measure(plan, measure, by_measure.get(i, []), number, f"m{i}")
                    found.append(row)
        return pa.Table.from_pylist(found, schema=pa.schema(list(fields.items())))

    # -- which rows --------------------------------------------------------------------------------------------------

    def _counted(self, plan: Plan, scan: Scan, measure: Measure, number: int) -> list[Row]:
        """Return the rows of a measure in a stretch, each with its dimensions and what its span gives."""
        rows, stretch = measure.rows, plan.stretches[number]
        period = stretch_of(plan, rows, number)
        scope = self._scope(plan, measure, stretch.period)
        found = []
        for row in self.rows(scan.table, scan.arguments):
            placed = self._place(plan, measure, row, period)
            if placed is None:
                continue
            placed["__dims"] = {
                label: self._dimension(plan, scan, row, label, placed) for s in scan.sets for label in s
            }
            if not self._asked(plan, scan, row, placed):
                continue
            if rows.where is not None and not evaluate(rows.where, placed, scope):
                continue
            following = row.get("next_at") if rows.keep else None
            if following is not None and following < period.end_us:
                continue
            found.append(placed)
        return found

    def _scope(self, plan: Plan, measure: Measure, period: Period) -> Scope:
        return Scope(
            clock={"period.start": period.start_us, "period.end": period.end_us, "until": plan.until},
            parameters=dict(measure.parameters),
            policies=plan.policies,
        )

    def _place(self, plan: Plan, measure: Measure, row: Mapping[str, Any], period: Period) -> Row | None:
        """Return the row with `overlap` and `part` if it belongs to a stretch, else None."""
        rows, until = measure.rows, plan.until
        if rows.at:
            at = row[rows.at]
            if at is None:
                return None
            then, at = at, at + rows.delay
            told = plan.whole and not plan.tables[rows.table].ahead
            inside = period.start_us <= at < (period.end_us if told else min(period.end_us, until))
            ripe = not (rows.delay or rows.matures) or at + rows.matures <= plan.horizon(rows)
            return {**row, "__at": at, "__then": then} if inside and ripe else None
        columns = rows.over or rows.span
        if columns is None or row[columns[0]] is None:
            return None
        start = row[columns[0]] + rows.shift
        end = until if row[columns[1]] is None else row[columns[1]] + rows.shift
        if rows.standing:
            at = period.start_us if rows.standing == "start" else min(period.end_us, until) - 1
            return {**row, "__then": start} if start <= at < end else None
        overlap = min(end, period.end_us, until) - max(start, period.start_us)
        if start >= end or overlap <= 0:
            return None
        return {**row, "__then": start, "overlap": overlap / 60e6, "part": overlap / (end - start)}

    def _dimension(self, plan: Plan, scan: Scan, row: Mapping[str, Any], name: str, placed: Row) -> str | None:
        table = plan.tables[scan.table]
        known = plan.dimensions.get(name)
        if known is not None and known.party and table.party and (plan.question.as_now or name not in table.dims):
            at = plan.until - 1 if plan.question.as_now else placed["__then"]
            version = self._version(row[table.party], at)
            value = None if version is None else version[name]
        else:
            value = row[table.dims[name]]
        return (
            value
            if value is None or isinstance(value, str)
            else str(value).lower()
            if isinstance(value, bool)
            else str(value)
        )

    def _version(self, party: object, at: int) -> Mapping[str, Any] | None:
        """Return the version of a party that holds at an instant: of those begun, the one that began last."""
        begun = [v for v in self.parties if v["party_id"] == party and v["valid_from"] <= at]
        if not begun:
            return None
        last = max(begun, key=lambda v: (v["valid_from"], v["source"], v["source_id"]))
        return last if last["valid_to"] is None or at < last["valid_to"] else None

    def _asked(self, plan: Plan, scan: Scan, row: Mapping[str, Any], placed: Row) -> bool:
        table = plan.tables[scan.table]
        for test in conjuncts(plan.question.where):
            told = {}
            for name in names(test):
                known = plan.dimensions.get(name)
                if name not in table.dims and not (known and known.party and table.party):
                    break
                told[name] = self._dimension(plan, scan, row, name, placed)
            else:
                if not evaluate(test, told, Scope(policies=plan.policies)):
                    return False
        return True

    def _replicate(self, plan: Plan, scan: Scan, measure: Measure, row: Row) -> int | str:
        if scan.replicate == INCIDENT:
            rows = measure.rows
            start = rows.at or (rows.over or rows.span or ("",))[0]
            incident = row[plan.tables[scan.table].dims[INCIDENT]]
            return f"i{incident}" if incident is not None else f"t{row[start]}"
        if scan.replicate == DAY:
            return int((row["__at"] + offset_at(plan.calendar.zone, row["__at"])) // DAY_US)
        bucket = int(row["bucket"])
        assert 0 <= bucket < BUCKETS  # noqa: S101 - a bucket outside would be lost
        if scan.replicate == PARTY:
            return bucket
        party = row[plan.tables[measure.rows.table].party]
        return -1 - bucket if party is None else int(party)

    # -- what they give ----------------------------------------------------------------------------------------------

    def _measure(self, plan: Plan, measure: Measure, rows: list[Row], number: int, name: str) -> Row:
        scope = self._scope(plan, measure, plan.stretches[number].period)
        per = measure.rows.per
        if per is not None:
            by_key: dict[tuple[Any, ...], Row] = {}
            for row in rows:
                if row[per.keys[0]] is None:
                    continue
                one = by_key.setdefault(tuple(row[k] for k in per.keys), {k: row[k] for k in per.keys})
                for part, node in per.sums:
                    one[part] = one.get(part, 0) + (evaluate(node, row, scope) or 0)
            rows = list(by_key.values())
        if measure.what == SUM:
            values = [evaluate(measure.of[0], row, scope) for row in rows]
            return {name: math.fsum(value for value in values if value is not None)}
        if measure.what == DISTINCT:
            return {name: float(len({evaluate(measure.of[0], row, scope) for row in rows} - {None}))}
        if measure.what == VARIETY:
            return {name: float(len({tuple(evaluate(n, row, scope) for n in measure.of) for row in rows}))}
        value, lo, hi, n = (_quantile if measure.what == QUANTILE else _survival)(measure, rows, scope)
        return {name: value, f"{name}_lo": lo, f"{name}_hi": hi, f"{name}_n": n}


Ends = tuple[float | None, float | None, float | None, float | None]


def _quantile(measure: Measure, rows: list[Row], scope: Scope) -> Ends:
    """Return the quantile by linear interpolation between order statistics, and the ones that hold it."""
    q = measure.of[1]
    assert isinstance(q, Literal)  # noqa: S101 - checked when the catalogue was read
    share = float(q.value)
    if len(measure.of) > 2:  # noqa: PLR2004 - value, q, weight
        pairs = [(evaluate(measure.of[0], row, scope), evaluate(measure.of[2], row, scope)) for row in rows]
        pairs = sorted((x, w) for x, w in pairs if x is not None and w is not None and w > 0)
        total, upto = math.fsum(w for _, w in pairs), 0.0
        for x, w in pairs:
            upto += w
            if upto >= share * total * (1 - 1e-12):
                return float(x), None, None, float(len(pairs))
        return None, None, None, None
    values = sorted(x for row in rows if (x := evaluate(measure.of[0], row, scope)) is not None)
    n = len(values)
    if not n:
        return None, None, None, None
    place = share * (n - 1)
    low = math.floor(place)
    value = values[low] + (place - low) * (values[min(low + 1, n - 1)] - values[low])
    ranks = order_ranks(n, share)
    lo, hi = (values[r - 1] if 1 <= r <= n else None for r in ranks) if ranks else (None, None)
    return float(value), lo, hi, float(n)


def _survival(measure: Measure, rows: list[Row], scope: Scope) -> Ends:
    """Return the Kaplan-Meier time and its Brookmeyer-Crowley ends on the log-log scale."""
    q = measure.of[2]
    assert isinstance(q, Literal)  # noqa: S101 - checked when the catalogue was read
    left = 1 - float(q.value)
    pairs = [(evaluate(measure.of[0], row, scope), bool(evaluate(measure.of[1], row, scope))) for row in rows]
    pairs = [(x, done) for x, done in pairs if x is not None]
    value = lo = hi = None
    survival, spread = 1.0, 0.0
    for time in sorted({x for x, _ in pairs}):
        risk = sum(1 for x, _ in pairs if x >= time)
        done = sum(1 for x, d in pairs if x == time and d)
        survival *= 1 - done / risk
        spread += done / (risk * (risk - done)) if done < risk else 0.0
        if value is None and survival <= left + 1e-12:
            value = float(time)
        below = above = survival <= 0
        if 0 < survival < 1 - 1e-15:
            y = math.log(-math.log(survival))
            h = Z * math.sqrt(spread) / abs(math.log(survival))
            target = math.log(-math.log(left))
            below, above = y + h >= target - 1e-12, y - h >= target - 1e-12
        if lo is None and below:
            lo = float(time)
        if hi is None and above:
            hi = float(time)
    return value, lo, hi, float(len(pairs)) if pairs else None
