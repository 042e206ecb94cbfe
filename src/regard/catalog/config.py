"""`regard.toml` -> `Config`: whose clock, whose week, which currency, where engine and store are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from regard.catalog.fields import Field, Record, Sort, Written, read
from regard.catalog.places import read_toml
from regard.catalog.shorthand import is_time, zone_hint
from regard.errors import Mistake, did_you_mean
from regard.model import SENSITIVITIES, Calendar

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
FILE = "regard.toml"

ROLE = Record(
    name="a role",
    fields={
        "rows": Field(sort=Sort.TEXT, means="test on dimensions: which rows the role may see"),
        "sensitivity": Field(
            sort=Sort.TEXT, choices=SENSITIVITIES, means="up to which class of metrics it sees; internal when not said"
        ),
        "members": Field(sort=Sort.TEXTS, single=True, means="who has it"),
    },
)
GROUP = Record(
    name="a group",
    fields={
        "group": Field(sort=Sort.TEXT, required=True, means="value of the claim"),
        "role": Field(
            sort=Sort.TEXT,
            required=True,
            choices=("viewer", "analyst", "agent", "steward", "approver", "admin"),
            means="what its members may do",
        ),
        "scope": Field(sort=Sort.TEXT, means="on which rows, such as region = north; all when not said"),
    },
)
OIDC = Record(
    name="an OpenID provider",
    fields={
        "issuer": Field(sort=Sort.TEXT, required=True, means="address of the provider, as it names itself"),
        "client": Field(sort=Sort.TEXT, required=True, means="id by which the provider knows this server"),
        "secret_env": Field(sort=Sort.TEXT, means="environment variable that holds the client's secret"),
        "title": Field(sort=Sort.TEXT, means="what the link to it says"),
        "name_claim": Field(sort=Sort.TEXT, means="claim that names a person here; email when not said"),
        "group_claim": Field(sort=Sort.TEXT, means="claim that lists a person's groups; groups when not said"),
        "groups": Field(
            sort=Sort.LIST,
            record=GROUP,
            required=True,
            means="groups that may sign in; of several the first that stands here counts",
        ),
    },
)
CONFIG = Record(
    name="regard.toml",
    fields={
        "name": Field(sort=Sort.TEXT, required=True, means='name = "Acme"'),
        "zone": Field(sort=Sort.TEXT, means='reporting zone, such as zone = "Europe/Berlin"'),
        "week_start": Field(sort=Sort.TEXT, choices=WEEKDAYS, means="first day of the week"),
        "fiscal_start": Field(sort=Sort.SCALAR, means="month in which the year begins, by name or number"),
        "currency": Field(sort=Sort.TEXT, means="ISO 4217 code of the reporting currency"),
        "engine": Field(sort=Sort.TEXT, means="url of the engine; duckdb when not said"),
        "store": Field(sort=Sort.TEXT, means="url of the store; regard.db when not said"),
        "lake": Field(sort=Sort.TEXT, means="folder of the data; lake when not said"),
        "privacy_min": Field(sort=Sort.WHOLE, least=0, means="below this n a cell is hidden"),
        "show_from_n": Field(sort=Sort.WHOLE, least=0, means="below this n a value is greyed"),
        "alert_from_n": Field(sort=Sort.WHOLE, least=0, means="below this n nothing is alerted"),
        "until": Field(
            sort=Sort.TEXT, means="where the story of the data ends (a day or a time); by default the newest load"
        ),
        "reject_limit": Field(
            sort=Sort.NUMBER, least=0, most=100, means="percent of a source's rows that may be quarantined"
        ),
        "keep_versions": Field(
            sort=Sort.WHOLE, least=1, means="the newest snapshots stay, so many of them, however old; 30 when not said"
        ),
        "keep_days": Field(
            sort=Sort.WHOLE,
            least=1,
            means="days for which snapshots stay, and results that nobody reads; 90 when not said",
        ),
        "roles": Field(sort=Sort.NAMED, record=ROLE, means="who may see what"),
        "oidc": Field(sort=Sort.RECORD, record=OIDC, means="where people of the organisation sign in (OpenID Connect)"),
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """Who may see what.

    Attributes:
        rows: test on dimensions, "" for every row.
        sensitivity: the highest class of metrics it may see.
        members: who has it.
    """

    rows: str = ""
    sensitivity: str = "internal"
    members: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A group of an OpenID provider: what its members may do, and on which rows."""

    group: str
    role: str
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenId:
    """Where people of the organisation sign in.

    Attributes:
        issuer: address of the provider, as it names itself.
        client: id by which the provider knows this server.
        secret_env: environment variable that holds the client's secret, "" for a client without.
        title: what the link to it says.
        name_claim, group_claim: claims that name a person, and list their groups.
        groups: those that may sign in; of several the first counts.
    """

    issuer: str
    client: str
    secret_env: str = ""
    title: str = "Sign in with your organisation's account"
    name_claim: str = "email"
    group_claim: str = "groups"
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """What `regard.toml` says.

    Attributes:
        name: of the workspace.
        zone: reporting zone.
        week_start: first day of the week, 0 Monday to 6 Sunday.
        fiscal_start: month in which the year begins.
        currency: of money.
        engine, store: urls; "" for the embedded ones.
        lake: folder of the data, relative to the workspace.
        privacy_min: below this n a cell is hidden (K24).
        show_from_n, alert_from_n: below these a value is greyed, raises no alert (K24).
        until: where the story of the data ends, a day or a time, "" for the newest load.
        reject_limit: percent of the rows of a source above which a load ends with exit code 2.
        keep_versions: so many of the newest snapshots stay, however old.
        keep_days: so long a snapshot stays, and a kept result that nobody reads.
        roles: by name.
        oidc: where people of the organisation sign in, None where they have accounts here alone.
        file: path of the file.
    """

    name: str = "workspace"
    zone: str = "UTC"
    week_start: int = 0
    fiscal_start: int = 1
    currency: str = ""
    engine: str = ""
    store: str = ""
    lake: str = "lake"
    privacy_min: int = 10
    show_from_n: int = 30
    alert_from_n: int = 100
    until: str = ""
    reject_limit: float = 5.0
    keep_versions: int = 30
    keep_days: int = 90
    roles: Mapping[str, Role] | None = None
    oidc: OpenId | None = None
    file: str = ""

    @property
    def calendar(self) -> Calendar:
        """The reporting calendar."""
        return Calendar(zone=self.zone, week_start=self.week_start, fiscal_start=self.fiscal_start)


def read_config(workspace: Path, mistakes: list[Mistake]) -> Config:
    """Return the configuration of a workspace; what is wrong is appended and left at its default."""
    path = workspace / FILE
    if not path.is_file():
        message = f"there is no {FILE} in {workspace}"
        mistakes.append(Mistake(rule="no-workspace", message=message, file=str(path), hint="regard init makes one"))
        return Config(file=str(path))
    document = read_toml(path, mistakes)
    if document is None:
        return Config(file=str(path))
    written = read(document.root, CONFIG, mistakes)
    given = {
        name: written.values[name]
        for name in (
            "name",
            "currency",
            "engine",
            "store",
            "lake",
            "privacy_min",
            "show_from_n",
            "alert_from_n",
            "until",
            "reject_limit",
            "keep_versions",
            "keep_days",
        )
        if name in written.values
    }
    base = Config(**given)  # type: ignore[arg-type]  # read as the types that their fields declare
    zone = written.text("zone", "UTC")
    if (hint := zone_hint(zone)) is not None:
        mistakes.append(written.mistake("unknown-zone", f"'{zone}' is no time zone", "zone", hint=hint))
        zone = "UTC"
    if base.currency and not re.fullmatch(r"[A-Z]{3}", base.currency):
        message = f"'{base.currency}' is no currency code"
        mistakes.append(written.mistake("currency", message, "currency", hint="three capitals, such as EUR"))
    until = written.text("until")
    if until and not is_time(until):
        hint = "such as 2026-06-30 or 2026-06-30T12:00:00Z"
        mistakes.append(written.mistake("time", f"'{until}' is no day or time", "until", hint=hint))
        given["until"] = ""
    return Config(
        **given,  # type: ignore[arg-type]  # read as the types that their fields declare
        zone=zone,
        week_start=WEEKDAYS.index(written.text("week_start", "monday")),
        fiscal_start=_month(written, mistakes),
        roles={
            name: Role(
                rows=role.text("rows"),
                sensitivity=role.text("sensitivity", "internal"),
                members=role.texts("members"),
            )
            for name, role in written.named("roles").items()
        },
        oidc=_oidc(written.record("oidc")),
        file=str(path),
    )


def _oidc(written: Written | None) -> OpenId | None:
    if written is None or written.wrong or not {"issuer", "client", "groups"} <= written.values.keys():
        return None
    said = {name: written.text(name) for name in OIDC.fields if name != "groups" and name in written.values}
    groups = tuple(
        Group(group=one.text("group"), role=one.text("role"), scope=one.text("scope"))
        for one in written.records("groups")
        if not one.wrong
    )
    return OpenId(**said, groups=groups)


def _month(written: Written, mistakes: list[Mistake]) -> int:
    value = written.values.get("fiscal_start", 1)
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= len(MONTHS):
        return value
    if isinstance(value, str) and value.lower() in MONTHS:
        return MONTHS.index(value.lower()) + 1
    near = did_you_mean(str(value), MONTHS)
    hint = near if near.startswith("did") else "1 to 12, or the month's name"
    mistakes.append(written.mistake("month", f"'{value}' is no month", "fiscal_start", hint=hint))
    return 1
