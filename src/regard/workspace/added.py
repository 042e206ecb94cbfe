"""Impact that people add by hand: who matches a test, and the rows that say so, kept as a file of the workspace."""

from __future__ import annotations

import csv
import hashlib
import io
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from regard.errors import AuthorError, QuestionError, did_you_mean
from regard.expr import Call, Literal, Name, Node, Type, Types, check as check_types, conjuncts, names, parse, show
from regard.model import moment
from regard.sql import Scope, column, interruption as sql, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from regard.workspace.asking import Asking

FOLDER, FILE = "data/impact", "added.csv"
SOURCE = "impact_added"
COHORT = ("segment", "tier", "region", "plan")
"""Columns by which a cohort is described whose members are unknown."""
PLACED = "resource"
"""Column of the placement of customers that a test may name too."""
NAMES = 10
"""Names shown at most."""

COLUMNS: Mapping[str, str] = {
    "row": "what makes the row itself: any text, once in all files, for ever the same",
    "incident": "id of the incident; blank for a loss that nobody declared",
    "system": "system in which the customer's key is a key; blank with a cohort",
    "customer": "key of the customer; blank for a cohort",
    "segment": "of a cohort: only customers of this segment; likewise tier, region and plan",
    "tier": "",
    "region": "",
    "plan": "",
    "n": "how many were affected where not all were",
    "n_lo": "fewest that can have been",
    "n_hi": "most that can have been",
    "share": "share from 0 to 1 that was affected, where no count is known",
    "from": "when it began for them, such as 2026-03-05T14:20Z; without a zone by the workspace's clock",
    "to": "when it ended for them; blank while it goes on",
    "kind": "outage, degraded, workaround, data_loss or cosmetic",
    "depth": "how deep from 0 to 1, where it is known better than by its kind",
    "journey": "what they were kept from",
    "basis": "connected, active or expected: who counts as affected",
    "evidence": "observed, listed, estimated or assumed: how we know",
    "relief": "none, workaround or restored: how this stage ended",
}
"""Columns of a file of impact -> what they say."""

RULES: Mapping[str, str] = {
    "impact_id": "row",
    "incident_id": "incident",
    "start_at": "from",
    "end_at": "to",
    "n_parties": "n",
    **{name: name for name in (*COHORT, "n_lo", "n_hi", "share", "kind", "depth", "journey", "basis", "evidence")},
    "relief": "relief",
}
"""Column of `impact` -> column of the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """What is to be written of everybody who matches.

    Attributes:
        incident: its id; "" for a loss that nobody declared.
        who: the test as written.
        start_at, end_at: microseconds since 1970-01-01 UTC; a blank end goes on.
        kind, evidence: as the table `impact` has them.
        n, share: how many of the cohort, where its members are unknown; None for all who match.
    """

    incident: str
    who: str
    start_at: int
    end_at: int | None
    kind: str
    evidence: str
    n: int | None = None
    share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Addition:
    """Rows that may be added, before anything is written.

    Attributes:
        loss: what they say.
        matched: customers that match, the sizes of parties that stand for several added up.
        parties: how many rows of customers that is.
        segments: segment ("" where blank) -> customers.
        names: keys of some of them.
        systems: all systems in which customers have keys: the mapping has to know them, or it would pass rows by.
        rows: what would be written: column of the file -> text.
        known: rows that are in the file already, word for word.
    """

    loss: Loss
    matched: int
    parties: int
    segments: Mapping[str, int]
    names: tuple[str, ...]
    systems: tuple[str, ...]
    rows: tuple[Mapping[str, str], ...] = field(repr=False)
    known: int = 0


def propose(asking: Asking, loss: Loss, root: Path) -> Addition:
    """Return who matches a test at the beginning of a loss, and the rows that would say so.

    Raises:
        QuestionError: the incident is unknown, nobody matches, or the times, kind or evidence make no sense.
        AuthorError: the test has mistakes.
    """
    _sensible(asking, loss)
    test = _test(asking, loss.who)
    placed = PLACED in names(test)
    for table in ("party", "identity", "placement"):
        asking.relations.name(table)
    scope = Scope(name=lambda name: column(name, "l" if name == PLACED else "p"))
    found = asking.rows(sql.matching(row(test, scope), placed=placed), at=loss.start_at)
    if not found:
        when = moment(loss.start_at).strftime("%Y-%m-%d %H:%M UTC")
        raise QuestionError(f"no customer served at {when} matches {loss.who}")
    counted = loss.n is not None or loss.share is not None
    matched = sum(each["size"] for each in found)
    if loss.n is not None and loss.n > matched:
        raise QuestionError(f"{loss.n:,} cannot be affected of the {matched:,} customers who match {loss.who}")
    rows = [_cohort(test, loss)] if counted else [_row(loss, each) for each in found]
    written = {each["row"] for each in _written(root / FOLDER / FILE)}
    fresh = tuple(each for each in rows if each["row"] not in written)
    segments: Counter[str] = Counter()
    for each in found:
        segments[each["segment"] or ""] += each["size"]
    return Addition(
        loss=loss,
        matched=matched,
        parties=len(found),
        segments=dict(segments.most_common()),
        names=tuple(each["source_party"] for each in found[:NAMES]),
        systems=tuple(each["source_system"] for each in asking.rows(sql.systems())),
        rows=fresh,
        known=len(rows) - len(fresh),
    )


def add(addition: Addition, root: Path) -> tuple[Path, ...]:
    """Write the rows into the file and describe it as a source where it is not yet; return the files written.

    The file is replaced whole, so nobody ever reads half of it.
    """
    path = root / FOLDER / FILE
    rows = [*_written(path), *addition.rows]
    systems = sorted({*addition.systems, *(each["system"] for each in rows if each["system"])})
    path.parent.mkdir(parents=True, exist_ok=True)
    _replace(path, text(rows))
    source = root / "sources" / f"{SOURCE}.yaml"
    if source.is_file() and all(_yaml(_of(name)) in source.read_text(encoding="utf-8") for name in systems):
        return (path,)
    source.parent.mkdir(exist_ok=True)
    _replace(source, mapping(systems))
    return path, source


def text(rows: Sequence[Mapping[str, str]]) -> str:
    """Return a file of impact: its head, and rows."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(COLUMNS), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def mapping(systems: Sequence[str]) -> str:
    """Return the mapping of files of impact whose customers have keys of some systems."""
    rules = "\n".join(f"      {ours}: {theirs}" for ours, theirs in RULES.items())
    parts = [("customer is blank", "")]
    parts += [
        (
            _of(name),
            f"    party: {{system: {_yaml(name)}, from: customer}}\n",
        )
        for name in systems
    ]
    tables = "".join(
        f"  - table: impact\n    id: row\n    where: {_yaml(where)}\n{party}    columns:\n{rules}\n"
        for where, party in parts
    )
    optional = ", ".join(name for name in COLUMNS if name not in {"row", "from"})
    return (
        "# Made by `regard impact add`; files from `regard impact template` in the same folder are read too.\n"
        f"source: {SOURCE}\n"
        "means: Impact on customers that people added by hand\n"
        f'read: {{csv: "{FOLDER}/*.csv"}}\n'
        f"optional: [{optional}]\n"
        f"tables:\n{tables}"
    )


def _sensible(asking: Asking, loss: Loss) -> None:
    if loss.end_at is not None and loss.end_at <= loss.start_at:
        raise QuestionError("the loss ends before it begins")
    if loss.n is not None and loss.share is not None:
        raise QuestionError("say how many, or which share, not both")
    if loss.share is not None and not 0 < loss.share <= 1:
        raise QuestionError(f"{loss.share:g} is no share; write 0.4 for 40 percent")
    columns = asking.workspace.catalogue.tables["impact"].columns
    for name in ("kind", "evidence"):
        choices = columns[name].choices
        if getattr(loss, name) not in choices:
            raise QuestionError(f"'{getattr(loss, name)}' is no {name}; {did_you_mean(getattr(loss, name), choices)}")
    asking.relations.name("incident")
    if loss.incident and not asking.rows(sql.record(), incidents=[loss.incident]):
        raise QuestionError(f"there is no incident '{loss.incident}'; load it first, or say '' for a loss without one")


def _test(asking: Asking, who: str) -> Node:
    """Read a test on what customers are, and where they live in the system.

    Raises:
        AuthorError: it has mistakes.
    """
    party = asking.workspace.catalogue.tables["party"].columns
    known = {name: each.type for name, each in party.items()} | {PLACED: Type.TEXT}
    node = parse(who)
    _, mistakes = check_types(node, Types(known, of="what is known of customers", clocks=False), Type.TRUTH)
    if mistakes:
        raise AuthorError(mistakes)
    return node


def _cohort(test: Node, loss: Loss) -> Mapping[str, str]:
    """Return the row of a cohort whose members are unknown: it can only be described by what a cohort row has.

    Raises:
        QuestionError: the test says more than that.
    """
    said: dict[str, str] = {}
    for part in conjuncts(test):
        if not (
            isinstance(part, Call)
            and part.name == "="
            and isinstance(part.args[0], Name)
            and isinstance(part.args[1], Literal)
            and part.args[0].name in COHORT
        ):
            wanted = " and ".join(f"{name} = '...'" for name in COHORT)
            raise QuestionError(f"a count can only be of a cohort that is described by {wanted} (any of them)")
        said[part.args[0].name] = str(part.args[1].value)
    counts = {
        "n": "" if loss.n is None else str(loss.n),
        "share": "" if loss.share is None else f"{loss.share:g}",
    }
    return _finished(loss, said | counts)


def _row(loss: Loss, found: Mapping[str, object]) -> Mapping[str, str]:
    system, customer = found["source_system"], found["source_party"]
    return _finished(loss, {"system": str(system or ""), "customer": str(customer)})


def _finished(loss: Loss, own: Mapping[str, str]) -> Mapping[str, str]:
    told = dict.fromkeys(COLUMNS, "") | {
        "incident": loss.incident,
        "from": _written_time(loss.start_at),
        "to": "" if loss.end_at is None else _written_time(loss.end_at),
        "kind": loss.kind,
        "evidence": loss.evidence,
        **own,
    }
    made = hashlib.sha256("\x1f".join(told.values()).encode()).hexdigest()[:16]
    return told | {"row": f"{loss.incident or 'none'}-{made}"}


def _written_time(at: int) -> str:
    return moment(at).isoformat().replace("+00:00", "Z")


def _written(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return [{name: each.get(name) or "" for name in COLUMNS} for each in csv.DictReader(file)]


def _replace(path: Path, content: str) -> None:
    beside = path.with_name(f".{path.name}.new")
    beside.write_text(content, encoding="utf-8", newline="")
    beside.replace(path)


def _of(system: str) -> str:
    """Return the test on a row whose customer has its key in a system."""
    return f"customer is not blank and system = {show(Literal(system, Type.TEXT))}"


def _yaml(value: str) -> str:
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
