"""Targets and choices: what may be proposed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from regard.excel.book import Condition, Formula, Input, Range, Sheet, Validation

if TYPE_CHECKING:
    from regard.excel.book import Book
    from regard.excel.material import Material

TARGETS, CHOICES = "Targets", "Choices"
TARGET_HEADS = (
    "metric", "of", "from", "to", "baseline from", "baseline to", "ends", "kind", "holds from", "holds to", "changed?",
    "source", "assumed",
)  # fmt: skip
NAMED = 4
"""Metrics that a choice names; the others are counted."""
CHOICE_HEADS = (
    "choice",
    "question",
    "in force",
    "baseline",
    "changed?",
    "options",
    "metrics it touches",
    "why it matters",
)


def build(material: Material, book: Book) -> list[Sheet]:
    """Return the targets and the choice register."""
    return [_targets(material, book), _choices(material, book)]


def _targets(material: Material, book: Book) -> Sheet:
    sheet = Sheet(
        name=TARGETS,
        title="Targets",
        purpose="Change a target in a yellow cell and every status follows; an empty cell is no end.",
        group="Settings",
        widths={0: 34, 1: 24, 6: 16, 7: 11, 10: 11, 11: 46, 12: 40},
    )
    top = sheet.head(back="Cover")
    sheet.line(top, 0, TARGET_HEADS, "head")
    sheet.freeze, sheet.repeat = (top + 1, 1), (top, top)
    row = top + 1
    titles = {metric.id: metric.title for metric in material.metrics}
    for index, target in enumerate(material.targets):
        if target.metric not in titles:
            continue
        sheet.put(row, 0, titles[target.metric])
        sheet.put(row, 1, ", ".join(f"{dim} {value}" for dim, value in target.scope) or "the whole", "label")
        for column, side, end in ((2, "lo", target.lo), (3, "hi", target.hi)):
            sheet.put(row, column, end, "input general")
            sheet.put(row, column + 2, end, "label general")
            sheet.validations.append(
                Validation(
                    top=row, left=column, bottom=row, right=column, lo=-1e15, hi=1e15,
                    message="A number in the metric's unit, or nothing.", error="A number, or nothing.",
                )
            )  # fmt: skip
            place = Range(TARGETS, row, column, row, column)
            book.places[f"target {side}", str(index)] = place
            book.names[f"target_{index}_{side}"] = str(place)
            scope = ",".join(f"{dim}={value}" for dim, value in target.scope)
            book.inputs.append(
                Input(
                    sheet=TARGETS, row=row, column=column, kind="target", subject=target.metric,
                    key=f"{scope}:{side}" if scope else side, baseline=end, label=f"{titles[target.metric]}: {side}",
                )
            )  # fmt: skip
        ends = ("[" if target.lo_incl else "(") + "from, to" + ("]" if target.hi_incl else ")")
        sheet.put(row, 6, ends, "label")
        sheet.put(row, 7, target.kind, "label")
        sheet.put(row, 8, target.effective_from, "label")
        sheet.put(row, 9, target.effective_to, "label")
        same = f"AND(C{row + 1}=E{row + 1},D{row + 1}=F{row + 1})"
        sheet.put(row, 10, Formula(f'=IF({same},"","CHANGED")', ""), "bold")
        sheet.put(row, 11, target.source, "label")
        sheet.put(row, 12, target.assumed, "label")
        sheet.conditions.append(
            Condition(top=row, left=2, bottom=row, right=10, formula=f'=$K{row + 1}="CHANGED"', style="unsure")
        )
        row += 1
    if row == top + 1:
        sheet.put(row, 0, "No target is set in this workspace: policies/targets.yaml holds them.", "label")
    return sheet


def _choices(material: Material, book: Book) -> Sheet:
    sheet = Sheet(
        name=CHOICES,
        title="Choices",
        purpose=(
            "Where people differ on how to count. Another option is a proposal; "
            "`regard workbook propose` tells its effect."
        ),
        group="Settings",
        widths={0: 10, 1: 52, 2: 20, 3: 20, 4: 11, 5: 60, 6: 60, 7: 60},
    )
    top = sheet.head(back="Cover")
    sheet.line(top, 0, CHOICE_HEADS, "head")
    sheet.freeze, sheet.repeat = (top + 1, 1), (top, top)
    row = top + 1
    users: dict[str, list[str]] = {}
    force: dict[str, str] = {}
    for metric in material.metrics:
        for choice in metric.choices:
            users.setdefault(choice.id, []).append(metric.title)
            force.setdefault(choice.id, choice.default)
    for name, known in material.choices.items():
        own = name in force
        now = force.get(name, next(iter(known.options), ""))
        sheet.put(row, 0, name, "bold")
        sheet.put(row, 1, known.question, "wrap")
        sheet.put(row, 2, now, "input" if own else "")
        sheet.put(row, 3, now, "label")
        sheet.put(row, 4, Formula(f'=IF(C{row + 1}=D{row + 1},"","PROPOSED")', ""), "bold")
        sheet.put(row, 5, "; ".join(f"{option}: {says}" for option, says in known.options.items()), "wrap label")
        sheet.put(row, 6, _some(users.get(name, [])) or "decided when data are loaded or shown", "wrap label")
        sheet.put(row, 7, known.why, "wrap label")
        if own:
            book.inputs.append(
                Input(
                    sheet=CHOICES, row=row, column=2, kind="choice", subject=name, baseline=now,
                    options=tuple(known.options), label=known.question,
                )
            )  # fmt: skip
            sheet.validations.append(
                Validation(
                    top=row, left=2, bottom=row, right=2, choices=_choosable(list(known.options)),
                    message="Another option is a proposal: figures stay.", error="Choose an option of the list.",
                )
            )  # fmt: skip
        sheet.conditions.append(
            Condition(top=row, left=2, bottom=row, right=4, formula=f"=$C{row + 1}<>$D{row + 1}", style="unsure")
        )
        book.names[f"choice_{name}"] = str(Range(CHOICES, row, 2, row, 2))
        row += 1
    return sheet


def _some(titles: list[str]) -> str:
    """Return the first of many titles, and how many more there are."""
    rest = len(titles) - NAMED
    return ", ".join(titles[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _choosable(options: list[str]) -> list[str] | None:
    """Return options as a list that a cell can offer: Excel takes 255 characters, and commas separate them."""
    return options if len(",".join(options)) <= 255 and not any("," in option for option in options) else None  # noqa: PLR2004 - Excel's limit
