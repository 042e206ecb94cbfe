"""The entity data model: which tables the feed has, as data, and its printed form (CSDL).

The tables are few and the same in every workspace, so a report that was made for one opens on another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from xml.sax.saxutils import quoteattr

if TYPE_CHECKING:
    from collections.abc import Mapping

NAMESPACE = "regard"
STRING, DOUBLE, INTEGER, DATE, INSTANT, TRUTH = (
    f"Edm.{name}" for name in ("String", "Double", "Int64", "Date", "DateTimeOffset", "Boolean")
)


@dataclass(frozen=True, slots=True)
class Property:
    """A column: its type, whether it may be null, and what it says."""

    type: str
    null: bool
    means: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityType:
    """A sort of rows.

    Attributes:
        name: its name.
        key: columns that make a row itself.
        properties: column -> what it is, in order.
    """

    name: str
    key: tuple[str, ...]
    properties: Mapping[str, Property]


METRIC = EntityType(
    name="Metric",
    key=("metric",),
    properties={
        "metric": Property(STRING, null=False, means="Id of the metric."),
        "version": Property(INTEGER, null=False, means="Version of its definition."),
        "title": Property(STRING, null=False, means="Its name for people."),
        "question": Property(STRING, null=False, means="The question that it answers."),
        "family": Property(STRING, null=False, means="Operational, sentiment, loyalty or another family."),
        "unit": Property(STRING, null=False, means="Unit of its values."),
        "good": Property(STRING, null=False, means="Which way is better: up, down, band or none."),
        "status": Property(STRING, null=False, means="Where its definition stands."),
        "owner": Property(STRING, null=False, means="Who answers for it."),
    },
)
NUMBER = EntityType(
    name="Number",
    key=("metric", "start", "dimension", "member"),
    properties={
        "metric": Property(STRING, null=False, means="Id of the metric."),
        "title": Property(STRING, null=False, means="Its name for people."),
        "version": Property(INTEGER, null=False, means="Version of its definition."),
        "unit": Property(STRING, null=False, means="Unit of value, lo, hi, previous and change."),
        "period": Property(STRING, null=False, means="The period as people write it."),
        "start": Property(DATE, null=False, means="First local day of the period."),
        "end": Property(DATE, null=False, means="The day after its last."),
        "dimension": Property(STRING, null=False, means="What it is cut by; empty for the whole."),
        "member": Property(STRING, null=False, means="Which part; empty for the whole, (blank) where rows had none."),
        "value": Property(DOUBLE, null=True, means="The value; null when flags say why."),
        "lo": Property(DOUBLE, null=True, means="Lower end of the 95 % interval."),
        "hi": Property(DOUBLE, null=True, means="Upper end of the 95 % interval."),
        "n": Property(DOUBLE, null=True, means="What it rests on."),
        "n_eff": Property(DOUBLE, null=True, means="n after the loss to weights or clusters."),
        "coverage": Property(DOUBLE, null=True, means="Share of rows that could be used."),
        "flags": Property(STRING, null=False, means="Why a value is missing or to be read with care."),
        "target_lo": Property(DOUBLE, null=True, means="Lower end of the target."),
        "target_hi": Property(DOUBLE, null=True, means="Upper end of the target."),
        "status": Property(STRING, null=True, means="Met, missed or too close to call."),
        "previous": Property(DOUBLE, null=True, means="Value of the period before."),
        "change": Property(DOUBLE, null=True, means="Value less previous."),
        "change_verdict": Property(STRING, null=True, means="Whether the change is real."),
        "currency": Property(STRING, null=False, means="Currency of money."),
        "as_of": Property(INSTANT, null=False, means="When we knew this: the snapshot."),
        "zone": Property(STRING, null=False, means="Zone whose days these are."),
        "snapshot": Property(STRING, null=False, means="Version of the data."),
        "definition": Property(STRING, null=False, means="Hash of the definition."),
    },
)
METRICS = "Metrics"
GRAINS: Mapping[str, str] = {
    "NumbersByDay": "day",
    "NumbersByWeek": "week",
    "NumbersByMonth": "month",
    "NumbersByQuarter": "quarter",
    "NumbersByYear": "year",
}
"""Table of numbers -> grain of its periods."""
SETS: Mapping[str, EntityType] = {METRICS: METRIC, **dict.fromkeys(GRAINS, NUMBER)}
"""Table -> the sort of its rows."""


def metadata() -> str:
    """Return the description of the tables: CSDL 4.0 as XML."""
    types = "".join(_type(one) for one in (METRIC, NUMBER))
    sets = "".join(
        f"<EntitySet Name={quoteattr(name)} EntityType={quoteattr(f'{NAMESPACE}.{one.name}')}/>"
        for name, one in SETS.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        '<edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx"><edmx:DataServices>'
        f'<Schema Namespace="{NAMESPACE}" xmlns="http://docs.oasis-open.org/odata/ns/edm">{types}'
        f'<EntityContainer Name="Container">{sets}</EntityContainer></Schema></edmx:DataServices></edmx:Edmx>'
    )


def _type(one: EntityType) -> str:
    key = "".join(f"<PropertyRef Name={quoteattr(name)}/>" for name in one.key)
    properties = "".join(
        f"<Property Name={quoteattr(name)} Type={quoteattr(each.type)}{_nullable(each)}>"
        f'<Annotation Term="Org.OData.Core.V1.Description" String={quoteattr(each.means)}/></Property>'
        for name, each in one.properties.items()
    )
    return f"<EntityType Name={quoteattr(one.name)}><Key>{key}</Key>{properties}</EntityType>"


def _nullable(each: Property) -> str:
    return "" if each.null else ' Nullable="false"'
