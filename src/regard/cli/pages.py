"""The reference pages as Markdown: nothing in them is written by hand, so nothing can differ from the product."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from regard.catalog import CONFIG, HEADS, METRIC, REPORT, SHOWS, TABLE, Catalogue, Record, load
from regard.cli.app import HELP, WORDS, app
from regard.errors import AuthorError
from regard.present import describe, words
from regard.sources.arrival.recognise import recognisers
from regard.sources.quarantine import REASONS
from regard.sources.written import SOURCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from regard.model import Metric

WIDTH = 100
"""Characters of a line of help."""

FAMILIES = {
    "INT": "Interruption",
    "AVL": "Availability",
    "VOC": "Voice of the customer",
    "SUP": "Support",
    "WEB": "Web",
    "COM": "Commerce",
    "FIN": "Money",
    "LEAD": "Leading indicators",
    "DRV": "Drivers",
    "ACT": "Closed loop",
    "GOV": "Governance",
}
"""Family of metrics -> title of its page."""

HEAD = (
    "<!-- Written by `regard docs`; a test checks that it is current. Change the product, then run `make docs`. -->\n"
)


def pages() -> dict[str, str]:
    """Return every page: path within the reference -> text.

    Raises:
        AuthorError: the shipped catalogue has mistakes.
    """
    catalogue = load()
    if catalogue.mistakes:
        raise AuthorError(catalogue.mistakes)
    metrics = [catalogue.metric(name) for name in catalogue.metrics]
    families = [family for family in catalogue.terms.families if any(metric.family == family for metric in metrics)]
    found = {"cli.md": commands(), "tables.md": tables(catalogue), "dimensions.md": dimensions(catalogue)}
    found |= {"choices.md": choices(catalogue), "policies.md": policies(catalogue), "files.md": files()}
    found |= {"rules.md": rules(), "recognisers.md": known_exports(), "flags.md": flags(), "terms.md": terms(catalogue)}
    for family in families:
        own = [metric for metric in metrics if metric.family == family]
        found[f"metrics/{family.lower()}.md"] = family_page(family, own, catalogue)
    found["index.md"] = index(families, metrics)
    return {name: f"{HEAD}\n{text.rstrip()}\n" for name, text in found.items()}


def index(families: Sequence[str], metrics: Sequence[Metric]) -> str:
    """Return the page that leads to the others."""
    lines = [
        "# Reference",
        "",
        "* [Commands](cli.md): every command with its options and exit codes",
        "* [Files](files.md): every field of every file of a workspace",
        "* [Mapping](mapping.md): how rows of a source become rows of a table",
        "* [Rules](rules.md): why rows are turned away",
        "* [Recognisers](recognisers.md): exports that `init --from` knows",
        "* [Tables](tables.md) and [dimensions](dimensions.md)",
        "* [Choices](choices.md): questions on which honest people differ, and the options",
        "* [Policies](policies.md): published constants",
        "* [Terms](terms.md): units, interval methods, methods",
        "* [Flags and marks](flags.md): what stands beside a number",
        "",
        "Metrics",
        "",
        *(f"* [{title(family)}](metrics/{family.lower()}.md)" for family in families),
        "",
        *table(
            ("metric", "question", "unit", "status"),
            (
                (
                    f"[{metric.id}](metrics/{metric.family.lower()}.md#{metric.id})",
                    text(metric.question),
                    text(metric.unit),
                    metric.status.value,
                )
                for metric in metrics
            ),
        ),
    ]
    return "\n".join(lines)


def title(family: str) -> str:
    """Return the title of a family's page."""
    return f"{FAMILIES.get(family, family)} ({family})"


def family_page(family: str, metrics: Sequence[Metric], catalogue: Catalogue) -> str:
    """Return the page of a family: every definition in words, formula, options, target and citation."""
    lines = [f"# {title(family)}", ""]
    for metric in metrics:
        lines += [
            f"## {metric.id}",
            "",
            f"**{text(metric.title)}** ({metric.code}, version {metric.version}, {metric.status.value})",
            "",
        ]
        names = {"value": metric.value, **({"n": metric.n} if metric.n else {}), **metric.leaves}
        said = {name: catalogue.words(node) for name, node in names.items()}
        for head, told in describe.metric(metric, said, catalogue):
            if head == "definition":
                continue  # its hash would make every page stale when anything below changes
            if head == "formula":
                lines += ["```", *told, "```", ""]
            else:
                lines += [f"*{head}*: {text(told[0].strip())}" if len(told) == 1 else f"*{head}*", ""]
                lines += [*bullets(told), ""] if len(told) > 1 else []
        lines += [f"*file*: `{describe.place(metric.file)}`", ""]
    return "\n".join(lines)


def bullets(lines: Iterable[str]) -> Iterator[str]:
    """Yield lines as a list; what is indented is a list within the list."""
    for line in lines:
        yield f"{'  ' if line.startswith(' ') else ''}* {text(line.strip())}"


def commands() -> str:
    """Return the page of all commands, from their own help."""
    root = click.Context(app, info_name="regard", terminal_width=WIDTH, help_option_names=HELP)
    lines = ["# Commands", "", "```text", app.get_help(root), "```", ""]
    for name in app.list_commands(root):
        found = app.get_command(root, name)
        if found is not None:
            inner = click.Context(found, info_name=name, parent=root, terminal_width=WIDTH)
            lines += [f"## {name}", "", "```text", found.get_help(inner), "```", ""]
            for below, each in found.commands.items() if isinstance(found, click.Group) else ():
                own = click.Context(each, info_name=below, parent=inner, terminal_width=WIDTH)
                lines += [f"### {name} {below}", "", "```text", each.get_help(own), "```", ""]
    lines += ["## Exit codes", "", *table(("code", "says"), (("0", "all is well"), *WORDS.items()))]
    return "\n".join(line.rstrip() for part in lines for line in part.split("\n"))


def tables(catalogue: Catalogue) -> str:
    """Return the page of all tables with their columns."""
    lines = ["# Tables", "", "Loaded tables also have `source`, `source_id`, `loaded_at`, `run_id` and `bucket`.", ""]
    for found in catalogue.tables.values():
        (head, facts), *others = describe.table(found)
        lines += [f"## {found.name}", "", text(head.partition(": ")[2]), "", *bullets(facts.splitlines()), ""]
        columns = ((f"`{name}`", describe.column_type(each), text(each.means)) for name, each in found.columns.items())
        lines += [*table(("column", "holds", "means"), columns), ""]
        lines += [f"*dimensions*: {text(told)}\n" for name, told in others if name == "dimensions"]
    return "\n".join(lines)


def dimensions(catalogue: Catalogue) -> str:
    """Return the page of all dimensions with the tables that have them."""
    rows = (
        (
            f"`{name}`",
            text(found.title),
            text(found.means),
            "of the customer"
            if found.party
            else ", ".join(t for t, each in catalogue.tables.items() if name in each.dims),
        )
        for name, found in catalogue.dimensions.items()
    )
    lines = ["# Dimensions", "", "The ways to cut numbers, as in `--by segment`; conformed by name across tables.", ""]
    return "\n".join([*lines, *table(("dimension", "title", "means", "in"), rows)])


def choices(catalogue: Catalogue) -> str:
    """Return the page of the choice register."""
    lines = [
        "# Choices",
        "",
        "Questions on which honest people differ. The first option is the default; `--set` picks another.",
    ]
    for name, found in catalogue.choices.items():
        lines += ["", f"## {name}", "", f"**{text(found.question)}** {text(found.why)}", ""]
        lines += bullets(f"`{option}`: {means}" for option, means in found.options.items())
        touched = describe.touched(name, catalogue)
        lines += ["", f"*touches*: {', '.join(f'`{each}`' for each in touched)}"] if touched else []
    return "\n".join(lines)


def policies(catalogue: Catalogue) -> str:
    """Return the page of all policies: published constants with who says so."""
    lines = ["# Policies", "", "What `lookup(policy, column)` reads; a workspace may put its own in `policies/`."]
    for name, found in catalogue.policies.items():
        lines += ["", f"## {name}", "", f"{text(found.means)} Version {found.version}. {text(found.citation)}", ""]
        if found.sets:
            lines += [f"Of a set of keys: the {'largest' if found.sets == 'max' else 'sum'}.", ""]
        rows = ((", ".join(map(str, keys)) or "any other", f"{value:g}") for keys, value in found.values.items())
        lines += table((", ".join(found.by), found.unit or "value"), rows)
    return "\n".join(lines)


def terms(catalogue: Catalogue) -> str:
    """Return the page of the closed lists of words: units, interval methods, methods."""
    known = catalogue.terms
    lines = ["# Terms", "", "The closed lists of words that a metric may use."]
    for head, listed in (("Units", known.units), ("Interval methods", known.intervals)):
        rows = ((f"`{name}`", text(known.means.get(name, "")), text(known.citations.get(name, ""))) for name in listed)
        lines += ["", f"## {head}", "", *table(("name", "means", "citation"), rows)]
    built = (
        (
            f"`{name}`",
            text(known.means.get(name, "")),
            ", ".join(gives) or "not built yet",
            text(known.citations.get(name, "")),
        )
        for name, gives in known.methods.items()
    )
    lines += ["", "## Methods", "", "What a metric `by method` may name; its parameter `gives` says what it gives.", ""]
    lines += table(("name", "means", "gives", "citation"), built)
    return "\n".join(lines)


def flags() -> str:
    """Return the page of flags and marks."""
    marks = [*((mark.sign, word) for word, mark in words.STATUS.items())]
    marks += [(words.UP.sign, "changed upwards"), (words.DOWN.sign, "changed downwards")]
    marks += [(words.STILL.sign, "no detectable change"), (words.NO_WORD.sign, "cannot say")]
    return "\n".join(
        [
            "# Flags and marks",
            "",
            "A missing number is never 0: it is blank, with a flag that says why. Colours never say anything alone.",
            "",
            *table(("flag", "says"), ((f"`{name}`", said) for name, said in words.FLAGS.items())),
            "",
            *table(("mark", "says"), marks),
        ]
    )


def rules() -> str:
    """Return the page of the rules by which rows are turned away."""
    rows = ((f"`{name}`", text(reason)) for name, reason in REASONS.items())
    lines = [
        "# Rules",
        "",
        "Why a load turns a row away. The row is kept in `quarantine`, counted, and never mended.",
        "",
    ]
    return "\n".join([*lines, *table(("rule", "reason"), rows)])


def known_exports() -> str:
    """Return the page of the exports that `init --from` recognises, and of the layouts that any other may be like."""
    heads = ("kind", "recogniser", "what it is", "headers")
    rows = [
        (
            bool(one.about),
            text(one.kind),
            f"`{one.name}`",
            text(one.means),
            text("; ".join(" or ".join(names[:2]) for names in one.needs)),
        )
        for one in sorted(recognisers(), key=lambda one: (one.kind, one.name))
    ]
    lines = [
        "# Recognisers",
        "",
        "The exports that `regard init --from` knows, by headers that must be there. The most particular one is taken.",
        "",
        *table(heads, (row[1:] for row in rows if not row[0])),
        "",
        "## What any other file may be like",
        "",
        "A file that none of these fits is tried by each layout below. Headers are compared by words, in any order:",
        "`Ticket created at (UTC)` and `Date created` say the same of a ticket. The layout that says most of it is",
        "taken, and what it says is marked as a guess.",
        "",
        *table(heads, (row[1:] for row in rows if row[0])),
    ]
    return "\n".join(lines)


def files() -> str:
    """Return the page of every field of every file of a workspace, from the records that read them."""
    kinds = {"regard.toml": CONFIG, "metrics/*.yaml": METRIC, "sources/*.yaml": SOURCE}
    kinds |= {f"policies/*.yaml: {name}": record for name, record in HEADS.items()}
    kinds |= {"reports/*.yaml": REPORT, "table (of the catalogue)": TABLE}
    lines = [
        "# Files",
        "",
        "Every field of every file. `regard check` tells what is wrong, where, and what to write instead.",
    ]
    for head, record in kinds.items():
        lines += ["", f"## {head}", "", *table(("field", "says", "holds"), fields(record))]
        if record is REPORT:
            lines += ["", *table(("show", "what it shows", "needs", "heeds"), _shows())]
    return "\n".join(lines)


def _shows() -> Iterator[tuple[str, str, str, str]]:
    for name, show in SHOWS.items():
        yield f"`{name}`", text(show.means), ", ".join(show.needs), ", ".join(show.takes)


def fields(record: Record, before: str = "") -> Iterator[tuple[str, str, str]]:
    """Yield a row for each field of a record and, indented by their path, of the records within it."""
    for name, field in record.fields.items():
        holds = [field.sort.value, *([f"one of {', '.join(field.choices)}"] if field.choices else [])]
        holds += ["needed"] if field.required else []
        yield f"`{before}{name}`", text(field.means), text("; ".join(holds))
        if field.record is not None and field.record is not record:
            yield from fields(field.record, f"{before}{name}.")


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]


def text(said: str) -> str:
    """Return a text in which Markdown sees no mark-up of its own."""
    for sign, harmless in (("|", "\\|"), ("<", "&lt;"), ("*", "\\*"), ("](", "] ("), ("\n", " ")):
        said = said.replace(sign, harmless)
    return said
