"""The scorecard in pandas, as its users would write it: columns read with pyarrow, everything vectorised, one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from bench.data import END, START, ZONE
from bench.hand import HOUR

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

DIMENSIONS = ["segment", "channel"]
ANSWERS = [
    "question_kind", "polarity", "points", "answered_at", "next_at", "score", "score01", "from_top", "from_bottom",
    *DIMENSIONS,
]  # fmt: skip
CASES = [
    "kind", "opened_at", "resolved_at", "first_reply", "reply_elapsed", "resolution", "customer_time", "reopened",
    "one_contact", *DIMENSIONS,
]  # fmt: skip
TEXTS = ("question_kind", "polarity", "kind", *DIMENSIONS)
SATISFIED = {3: 1, 4: 2, 5: 2, 6: 2, 7: 2, 10: 3, 11: 3}
EASY = {3: 1, 4: 2, 5: 2, 6: 2, 7: 3, 10: 4, 11: 4}
FIRST = (START.year - 1970) * 12 + START.month - 1
MONTHS = (END.year - START.year) * 12 + END.month - START.month


def scorecard(answers: Path, cases: Path) -> dict[str, tuple[float, int]]:
    """Return value and n of each metric, month and group, from the files of the derived tables."""
    numbers: dict[str, tuple[float, int]] = {}
    for name, scale, grouped in [*_voices(answers), *_clocks(cases)]:
        for dims, table in grouped.items():
            for key, total, n in zip(table.index, table["total"], table["n"], strict=True):
                labels = dict(zip(dims, key[1:], strict=True))
                place = "|".join(_said(labels.get(d, "*")) for d in DIMENSIONS)
                numbers[f"{name}|{key[0]}|{place}"] = (scale * total / n if n else float("nan"), int(n))
    return numbers


def _said(label: object) -> str:
    return label if isinstance(label, str) else ""


def _read(path: Path, columns: Sequence[str]) -> pd.DataFrame:
    texts = [column for column in columns if column in TEXTS]
    return pq.read_table(path, columns=list(columns), read_dictionary=texts).to_pandas()


def _month(instants: pd.Series) -> pd.Series:
    """Return the number of the local month of instants, -1 for a blank."""
    local = pd.to_datetime(instants, unit="us", utc=True).dt.tz_convert(ZONE).dt.tz_localize(None)
    months = local.to_numpy().astype("datetime64[M]")
    return pd.Series(np.where(np.isnat(months), -1, months.astype("int64") - FIRST), index=instants.index)


def _voices(path: Path) -> list[tuple[str, float, Mapping]]:
    rows = _read(path, ANSWERS)
    rows["month"] = _month(rows["answered_at"])
    # Only a customer's last answer in a month counts.
    rows = rows[rows["month"].between(0, MONTHS - 1) & (rows["month"] != _month(rows["next_at"]))]
    kinds = {kind: rows[rows["question_kind"] == kind] for kind in ("nps", "csat", "ces")}
    nps, csat, ces = kinds["nps"], kinds["csat"], kinds["ces"]
    top, easy = csat["points"].map(SATISFIED), ces["points"].map(EASY)
    low = ces[ces["polarity"] == "low_good"]
    return [
        ("nps", 100, _summed(nps, (nps["score"] >= 9) * 1 - (nps["score"] <= 6), nps["score"])),
        ("csat_top2", 100, _summed(csat, csat["from_top"] < top, csat["from_top"])),
        ("csat_index", 100, _summed(csat, csat["score01"], csat["score01"])),
        ("csat_net", 100, _summed(csat, (csat["from_top"] < top) * 1 - (csat["from_bottom"] < top), csat["from_top"])),
        ("ces_mean", 1, _summed(low, low["score"], low["score"])),
        ("ces_ease", 100, _summed(ces, ces["score01"], ces["score01"])),
        ("ces_net", 100, _summed(ces, (ces["from_top"] < easy) * 1 - (ces["from_bottom"] < easy), ces["from_top"])),
    ]


def _clocks(path: Path) -> list[tuple[str, float, Mapping]]:
    rows = _read(path, CASES)
    rows = rows[rows["kind"].isin(["support", "complaint"])]
    opened = rows.assign(month=_month(rows["opened_at"]))
    opened = opened[opened["month"].between(0, MONTHS - 1)]
    done = rows.assign(month=_month(rows["resolved_at"]))
    done = done[done["month"].between(0, MONTHS - 1)]
    late = (opened["reply_elapsed"] > 2 * HOUR) | opened["first_reply"].notna()
    first = done["one_contact"].astype("float64")
    return [
        ("frt", 1, _summed(opened, opened["first_reply"] / HOUR, opened["first_reply"])),
        ("frt_in_target", 100, _summed(opened, opened["first_reply"] <= 2 * HOUR, late.where(late))),
        ("resolution_time", 1, _summed(done, done["resolution"] / HOUR, done["resolution"])),
        ("resolution_in_target", 100, _summed(done, done["resolution"] <= 24 * HOUR, done["resolution"])),
        ("customer_time", 1, _summed(done, done["customer_time"] / HOUR, done["customer_time"])),
        ("reopen_rate", 100, _summed(done, done["reopened"] > 0, done["reopened"])),
        ("fcr_seed", 100, _summed(done, first, first)),
    ]


def _summed(rows: pd.DataFrame, total: pd.Series, n: pd.Series) -> Mapping[tuple[str, ...], pd.DataFrame]:
    """Return total and n by month and dimensions: the finest set from the rows, the others from it."""
    frame = rows[["month", *DIMENSIONS]].assign(total=total, n=n.notna())
    finest = frame.groupby(["month", *DIMENSIONS], observed=True, dropna=False, sort=False).sum()
    sets = {tuple(DIMENSIONS): finest}
    for dims in (["segment"], ["channel"], []):
        sets[tuple(dims)] = finest.groupby(["month", *dims], observed=True, dropna=False, sort=False).sum()
    sets[()].index = pd.MultiIndex.from_arrays([sets[()].index])
    return sets
