"""A workbook that comes back becomes a draft: what its sender proposes, as files, and what it would have meant.

A draft is a folder of the same form as a workspace (`metrics/`, `policies/`), so that it is read by the same rules,
laid over the workspace to ask what it changes, and adopted by copying its files.
"""

from __future__ import annotations

import json
import re
import tempfile
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from regard.errors import WorkbookError, did_you_mean
from regard.excel.propose import proposal
from regard.excel.read import read
from regard.excel.seal import told
from regard.model import Status, add_months
from regard.present import numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date

    from regard.excel.propose import Edit
    from regard.model import Metric, Policy, Target
    from regard.plan import Answer, AnswerCell
    from regard.workspace.workspace import Workspace

DRAFTS = "drafts"
TARGETS = "policies/targets.yaml"
NOTE = "README.md"
PERIODS = 13
"""Months of history over which an effect is told: those that a workbook shows."""
NAMED = 5
"""Cells that a refusal names; the rest it counts."""
TRUTH = {True: "yes", False: "no"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """What a draft would have made of one number.

    Attributes:
        metric: its id.
        title: what people call it.
        period: its period as people say it.
        dims: dimension -> value, for a metric that is always cut.
        was, now: the value by the definitions as they are, and by the draft.
        was_status, now_status: of its target.
        unit: of the values.
    """

    metric: str
    title: str
    period: str
    dims: Mapping[str, str | None]
    was: float | None
    now: float | None
    was_status: str | None
    now_status: str | None
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody proposes.

    Attributes:
        name: of its folder.
        source: the file that it came in.
        edits: the changed inputs.
        files: path below the draft -> text.
        effects: the numbers that it changes, metric by metric in time; empty where it changes none.
        touched: metrics whose definition it changes, also those whose numbers stay.
    """

    name: str
    source: str
    edits: tuple[Edit, ...]
    files: Mapping[str, str]
    effects: tuple[Effect, ...] = ()
    touched: tuple[str, ...] = ()

    def write(self, root: Path) -> Path:
        """Write the draft below `drafts/` of a workspace and return its folder.

        Raises:
            WorkbookError: there is a draft of that name.
        """
        folder = root / DRAFTS / self.name
        if folder.exists():
            raise WorkbookError(f"there is a draft '{self.name}' already ({folder}): give this one another name")
        _write(folder, {**self.files, NOTE: self.note()})
        return folder

    def note(self) -> str:
        """Return the draft in words, for who is to judge it."""
        lines = [f"# Proposed in {self.source}", "", *(f"* {edit}" for edit in self.edits), ""]
        lines += ["## What it would have changed", ""]
        if not self.effects:
            lines += ["No number of the months shown.", ""]
            return "\n".join(lines)
        lines += [
            "| metric | period | was | would be | target was | would be |",
            "| --- | --- | --: | --: | --- | --- |",
        ]
        for one in self.effects:
            where = "".join(f", {value or '(none)'}" for value in one.dims.values())
            cells = (
                f"{one.title}{where}",
                one.period,
                numbers.value(one.was, one.unit),
                numbers.value(one.now, one.unit),
                one.was_status or "",
                one.now_status or "",
            )
            lines.append("| " + " | ".join(cells) + " |")
        return "\n".join([*lines, ""])


def propose(workspace: Workspace, path: Path, *, name: str = "") -> Draft:
    """Return what an edited workbook proposes, with its effect on history.

    Args:
        workspace: whose definitions and data; nothing of it is changed.
        path: the workbook.
        name: of the draft, by default that of the file.

    Raises:
        WorkbookError: something other than inputs was changed (each cell is named), an input holds what it cannot
            mean, nothing was changed, or the workspace has moved on from what the workbook was made of.
    """
    found = proposal(read(path))
    if found.refused:
        said = [f"  {one.place}: {one.what}" for one in found.refused[:NAMED]]
        rest = len(found.refused) - len(said)
        said += [f"  and {rest:,} more"] if rest > 0 else []
        raise WorkbookError(
            f"{path.name} cannot be taken as a proposal: {len(found.refused):,} changes are not of inputs, or are no "
            "value of theirs. Take them back, or move your own work to a sheet of your own.\n" + "\n".join(said)
        )
    if not found.edits:
        raise WorkbookError(f"{path.name} proposes nothing: every input is as the engine used it")
    draft = Draft(
        name=name or re.sub(r"[^\w-]+", "-", path.stem).strip("-").lower() or "draft",
        source=path.name,
        edits=tuple(found.edits),
        files=_Files(workspace, path.name).written(found.edits),
    )
    with tempfile.TemporaryDirectory(prefix="regard-") as folder:
        _write(Path(folder), draft.files)
        other = workspace.drafted(Path(folder))
        touched = _touched(workspace, other, found.edits)
        return replace(draft, touched=touched, effects=tuple(_effects(workspace, other, touched)))


def _write(folder: Path, files: Mapping[str, str]) -> None:
    for place, text in files.items():
        path = folder / place
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


# -- files -------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Files:
    """Writes edits as the files that would make them so."""

    workspace: Workspace
    source: str
    fields: dict[str, dict[str, list[str]]] = field(default_factory=dict)

    def written(self, edits: Sequence[Edit]) -> dict[str, str]:
        """Return path -> text."""
        sorts = {
            kind: [edit for edit in edits if edit.input.kind == kind]
            for kind in ("parameter", "choice", "policy", "target")
        }
        for edit in sorts["parameter"]:
            self._parameter(edit)
        for edit in sorts["choice"]:
            self._choice(edit)
        files = {f"metrics/{metric}.yaml": self._metric(metric, fields) for metric, fields in self.fields.items()}
        for name in dict.fromkeys(edit.input.subject for edit in sorts["policy"]):
            files[f"policies/{name}.yaml"] = self._policy(
                name, [edit for edit in sorts["policy"] if edit.input.subject == name]
            )
        if sorts["target"]:
            files[TARGETS] = self._targets(sorts["target"])
        return files

    def _parameter(self, edit: Edit) -> None:
        metric = self.workspace.catalogue.metric(edit.input.subject)
        now = metric.parameters.get(edit.input.key)
        if now is None:
            hint = did_you_mean(edit.input.key, metric.parameters)
            raise WorkbookError(f"{edit.place}: {metric.id} has no parameter '{edit.input.key}' here; {hint}")
        self._current(edit, now.value)
        lines = self.fields.setdefault(metric.id, {}).setdefault("parameters", [])
        lines.append(f"{edit.input.key}: {{value: {_number(edit.value)}}}  # {_was(edit)}")

    def _choice(self, edit: Edit) -> None:
        known, choice, option = self.workspace.catalogue, edit.input.subject, str(edit.value)
        asked = [edit.input.key] if edit.input.key else list(known.metrics)
        for name in asked:
            metric = known.metric(name)
            own = next((one for one in metric.choices if one.id == choice), None)
            own_options = known.definitions[name].tree.mapping.get("options")
            if own is None or option not in own.options or choice not in (own_options.mapping if own_options else {}):
                continue
            if metric.status is not Status.PLANNED and own.default != option:
                lines = self.fields.setdefault(metric.id, {}).setdefault("options", [])
                lines.append(f"{choice}: {option}  # {_was(edit)}")
        if not any(choice in line for fields in self.fields.values() for line in fields.get("options", ())):
            raise WorkbookError(f"{edit.place}: no metric here has the option '{option}' of {choice}")

    def _metric(self, metric: str, fields: Mapping[str, Sequence[str]]) -> str:
        version = self.workspace.catalogue.metric(metric).version + 1
        body = "".join(f"{name}:\n" + "".join(f"  {line}\n" for line in lines) for name, lines in fields.items())
        return f"# Proposed in {self.source}.\nmetric: {metric}\nversion: {version}\n{body}"

    def _policy(self, name: str, edits: Sequence[Edit]) -> str:
        policy = self.workspace.catalogue.policies.get(name)
        if policy is None:
            hint = did_you_mean(name, self.workspace.catalogue.policies)
            raise WorkbookError(f"{edits[0].place}: there is no policy '{name}' here; {hint}")
        keys = {",".join(map(str, key)): key for key in policy.values}
        values = dict(policy.values)
        for edit in edits:
            key = keys.get(edit.input.key)
            if key is None:
                hint = did_you_mean(edit.input.key, keys)
                raise WorkbookError(f"{edit.place}: policy {name} has no value for '{edit.input.key}' here; {hint}")
            self._current(edit, values[key])
            values[key] = float(str(edit.value))
        return policy_text(replace(policy, values=values, version=policy.version + 1), self.source, edits)

    def _targets(self, edits: Sequence[Edit]) -> str:
        targets = list(self.workspace.catalogue.targets)
        for edit in edits:
            place = next((i for i, one in enumerate(targets) if _names(edit, one)), None)
            scope, _, end = edit.input.key.rpartition(":")
            if place is None:
                raise WorkbookError(f"{edit.place}: {edit.input.subject} has no target {scope} here".replace("  ", " "))
            now = targets[place]
            self._current(edit, now.lo if end == "lo" else now.hi)
            number = None if edit.value is None else float(str(edit.value))
            source = f"proposed in {self.source}: {edit.place}"
            targets[place] = (
                replace(now, lo=number, source=source) if end == "lo" else replace(now, hi=number, source=source)
            )
        for target in targets:
            if target.lo is None and target.hi is None:
                raise WorkbookError(f"{edits[0].place}: the target of {target.metric} would have neither end left")
        head = f"# Proposed in {self.source}: stands for the whole list of targets.\ntargets:\n"
        return head + "".join(f"  - {target_text(one)}\n" for one in targets)

    def _current(self, edit: Edit, now: object) -> None:
        """Refuse an edit of what has changed since: it was judged beside another number."""
        one = edit.input.baseline
        here, there = (None if value is None or value == "" else value for value in (now, one))
        equal = here == there if isinstance(here, str) or here is None or there is None else _close(here, there)
        if not equal:
            raise WorkbookError(
                f"{edit.place}: the workbook was made when this was {told(_plain(there))}; here it is "
                f"{told(_plain(here))} by now. Make the workbook again and propose from the new one"
            )


def _close(one: object, other: object) -> bool:
    return abs(float(str(one)) - float(str(other))) <= 1e-9 * max(1.0, abs(float(str(one))))


def _plain(value: object) -> float | str | None:
    return value if value is None or isinstance(value, str) else float(str(value))


def _names(edit: Edit, target: Target) -> bool:
    scope, _, _ = edit.input.key.rpartition(":")
    return target.metric == edit.input.subject and scope == ",".join(f"{k}={v}" for k, v in target.scope)


def _was(edit: Edit) -> str:
    return f"was {told(_plain(edit.input.baseline))}; {edit.place}"


def _number(value: object) -> str:
    """Return a number or text as YAML has it."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004 - exact in a double
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def policy_text(policy: Policy, source: str, edits: Iterable[Edit]) -> str:
    """Return a policy as a file."""
    tree: dict[str, object] = {}
    for key, value in policy.values.items():
        if key:
            inner = tree
            for step in key[:-1]:
                inner = inner.setdefault(str(step), {})  # type: ignore[assignment]  # made here, level by level
            inner[str(key[-1])] = value
    default = policy.values.get(())
    lines = [
        f"# Proposed in {source}.",
        *(f"# {edit}" for edit in edits),
        f"policy: {policy.name}",
        f"version: {policy.version}",
        f"by: {json.dumps(list(policy.by))}",
        *([f"sets: {policy.sets}"] if policy.sets else []),
        f"values: {_flow(tree)}",
        *([f"default: {_number(default)}"] if default is not None else []),
        *([f"unit: {policy.unit}"] if policy.unit else []),
        f"means: {json.dumps(policy.means, ensure_ascii=False)}",
        f"citation: {json.dumps(f'{policy.citation}; proposed in {source}', ensure_ascii=False)}",
    ]
    return "\n".join(lines) + "\n"


def _flow(tree: Mapping[str, object]) -> str:
    parts = (f"{key}: {_flow(value) if isinstance(value, dict) else _number(value)}" for key, value in tree.items())
    return "{" + ", ".join(parts) + "}"


def target_text(target: Target) -> str:
    """Return a target as a line of a file."""
    said = {
        "scope": "{" + ", ".join(f"{key}: {json.dumps(value)}" for key, value in target.scope) + "}"
        if target.scope
        else "",
        "lo": "" if target.lo is None else _number(target.lo),
        "lo_incl": "" if target.lo is None or target.lo_incl else "no",
        "hi": "" if target.hi is None else _number(target.hi),
        "hi_incl": "" if target.hi is None or target.hi_incl else "no",
        "kind": target.kind if target.kind != "target" else "",
        **{
            name: json.dumps(text, ensure_ascii=False) if (text := getattr(target, name)) else ""
            for name in ("source", "licence", "assumed", "effective_from", "effective_to")
        },
    }
    return (
        "{" + ", ".join([f"metric: {target.metric}", *(f"{name}: {text}" for name, text in said.items() if text)]) + "}"
    )


# -- effect ------------------------------------------------------------------------------------------------------------


def _touched(workspace: Workspace, other: Workspace, edits: Sequence[Edit]) -> tuple[str, ...]:
    """Return the metrics that a draft changes: their definition, what it stands on, or their target."""
    aimed = {edit.input.subject for edit in edits if edit.input.kind == "target"}
    return tuple(
        name
        for name in workspace.catalogue.metrics
        if (metric := workspace.catalogue.metric(name)).status is not Status.PLANNED
        and (name in aimed or _differs(metric, other.catalogue.metric(name)))
    )


def _differs(one: Metric, other: Metric) -> bool:
    return one.hash != other.hash


def _effects(workspace: Workspace, other: Workspace, touched: Sequence[str]) -> Iterable[Effect]:
    if not touched:
        return
    start, end = _months(workspace)
    asked = {"grain": "month", "start": start, "end": end, "compare": "", "intervals": False}
    before, after = workspace.ask(*touched, **asked), other.ask(*touched, **asked)  # type: ignore[arg-type]  # words of a question, each of its own type
    for one, two in zip(before, after, strict=True):
        yield from _changed(one, two)


def _months(workspace: Workspace) -> tuple[date, date]:
    snapshot = workspace.snapshot()
    if snapshot is None:
        raise WorkbookError("nothing was loaded yet, so no effect on history can be told; run `regard load`")
    until = min(workspace.moment(workspace.config.until or None) or snapshot.at, snapshot.at)
    end = add_months(workspace.calendar.day_of(until - 1).replace(day=1), 1)
    return add_months(end, -PERIODS), end


def _changed(before: Answer, after: Answer) -> Iterable[Effect]:
    """Yield the cells that differ in value or status."""
    now = {_key(cell): cell for cell in after.cells}
    for cell in before.cells:
        other = now.get(_key(cell))
        value = other.estimate.value if other else None
        status = other.status if other else None
        if cell.estimate.value != value or cell.status != status:
            yield Effect(
                metric=before.metric.id,
                title=before.metric.title,
                period=cell.period.label,
                dims=cell.dims,
                was=cell.estimate.value,
                now=value,
                was_status=cell.status,
                now_status=status,
                unit=before.metric.unit,
            )


def _key(cell: AnswerCell) -> tuple[object, ...]:
    return (cell.period, *cell.dims.items())
