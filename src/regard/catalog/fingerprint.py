"""The hash of a definition: everything that decides its numbers, and nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from regard.expr import Call, Name, show, walk

if TYPE_CHECKING:
    from regard.catalog.known import Known
    from regard.model import Metric, RowSet


def fingerprint(metric: Metric, known: Known) -> str:
    """Return the sha256 of everything that decides a metric's numbers; comments, titles and owners do not."""
    nodes = [*metric.leaves.values(), metric.value, *((metric.n,) if metric.n else ()), *(metric.coverage or ())]
    nodes += metric.flags.values()
    nodes += [rows.where for rows in metric.rows.values() if rows.where is not None]
    nodes += [node for rows in metric.rows.values() if rows.per for _, node in rows.per.sums]
    used = {
        arg.name
        for node in nodes
        for call in walk(node)
        if isinstance(call, Call) and call.name == "lookup"
        for arg in call.args[:1]
        if isinstance(arg, Name)
    }
    policies = {
        name: [
            known.policies[name].version,
            known.policies[name].sets,
            sorted((list(map(str, k)), v) for k, v in known.policies[name].values.items()),
        ]
        for name in sorted(used & set(known.policies))
    }
    content = {
        "id": metric.id,
        "rows": {name: _rows_content(rows, known) for name, rows in metric.rows.items()},
        "leaves": {name: show(node) for name, node in metric.leaves.items()},
        "value": show(metric.value),
        "n": show(metric.n) if metric.n else "",
        "coverage": [show(node) for node in metric.coverage or ()],
        "flags": {name: show(node) for name, node in metric.flags.items()},
        "parameters": {name: setting.value for name, setting in metric.parameters.items()},
        "repeat": {name: sorted(dims) for name, dims in metric.repeat.items()},
        "interval": [metric.interval.method, metric.interval.of, metric.interval.replicate],
        "unit": metric.unit,
        "good": metric.good,
        "method": metric.method,
        "series": [metric.series.grain, str(metric.series.window or "")] if metric.series else "",
        "options": sorted((choice.id, choice.default) for choice in metric.choices),
        "policies": policies,
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True, ensure_ascii=False).encode()).hexdigest()


def _rows_content(rows: RowSet, known: Known) -> list[object]:
    table = known.tables[rows.table]
    parts = known.tables[table.finer[0]] if table.finer else None
    arguments = {**(parts.arguments if parts else {}), **table.arguments, **dict(rows.arguments)}
    return [
        rows.table,
        known.versions.get(rows.table, 1),
        sorted(arguments.items()),
        show(rows.where) if rows.where is not None else "",
        rows.at,
        rows.delay,
        rows.over,
        rows.standing,
        rows.span,
        str(rows.window or ""),
        [rows.keep.by, rows.keep.per] if rows.keep else "",
        [rows.per.keys, [(name, show(node)) for name, node in rows.per.sums]] if rows.per else "",
        rows.matures,
        rows.same,
        rows.shift,
        [table.finer, known.versions.get(parts.name, 1)] if parts else "",
    ]
