"""The catalogue of a workspace: what ships with the product, and what the workspace's own files add and override."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from regard.catalog.known import Known
from regard.catalog.metrics import Definition, inherited, merged, overridden, prepared
from regard.catalog.places import Document, read_yaml, yaml_files
from regard.catalog.policies import Policies, RegisteredChoice, Terms, choices, terms
from regard.catalog.reports import Reports
from regard.catalog.resolve import Resolver
from regard.catalog.tables import Tables
from regard.errors import AuthorError, Mistake, QuestionError, did_you_mean
from regard.expr import Lookup, words

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from regard.catalog.fields import Written
    from regard.expr import Node
    from regard.model import BusinessCalendar, Dimension, Metric, Note, Policy, Table, Target
    from regard.model.reports import ReportTemplate

BUILTIN = Path(__file__).parent / "builtin"
"""What ships with the product."""
WHOSE = "K01"
"""The choice whose option a name may carry."""
OF_WHOM = re.compile(r"(?P<id>[^\[\]:\s]+)(?:\[(?P<one>\w+)\]|:(?P<other>\w+))")


@dataclass(slots=True)
class _Metrics:
    """Metric documents as they are read."""

    written: dict[str, Document] = field(default_factory=dict)
    overrides: dict[str, Document] = field(default_factory=dict)
    own: set[str] = field(default_factory=set)
    lost: set[str] = field(default_factory=set)

    def add(self, document: Document, mistakes: list[Mistake], *, workspace: bool = False, draft: bool = False) -> None:
        name = document.root.mapping.get("metric")
        document = replace(document, root=prepared(document.root))
        if name is None or not name.text:
            message = "a metric needs 'metric'"
            mistakes.append(document.root.mistake("missing-field", message, field="metric", hint="metric: its one id"))
            return
        first = self.overrides.get(name.text) or (
            self.written.get(name.text) if not workspace or name.text in self.own else None
        )
        if first is not None and draft:
            # A draft is laid over what the workspace says, whatever says it.
            laid = replace(document, root=merged(first.root, document.root, stay=True))
            (self.overrides if name.text in self.overrides else self.written)[name.text] = laid
        elif first is not None:
            line = first.root.entry.line
            message = f"the metric '{name.text}' is written twice, first in {first.file}:{line}"
            hint = "one id, one number: give one of them another id"
            mistakes.append(name.mistake("twice", message, field="metric", hint=hint))
        elif name.text in self.written:
            self.overrides[name.text] = document
        else:
            self.written[name.text] = document
            if workspace:
                self.own.add(name.text)

    def definitions(self, mistakes: list[Mistake]) -> dict[str, Definition]:
        """Return each metric with what it inherits and what the workspace overrides."""
        done: dict[str, Definition] = {}
        for name in self.written:
            self._definition(name, done, [], mistakes)
        return {name: done[name] for name in self.written if name in done}

    def _definition(
        self,
        name: str,
        done: dict[str, Definition],
        path: list[str],
        mistakes: list[Mistake],
    ) -> Definition | None:
        if name in done or name in self.lost:
            return done.get(name)
        document = self.written[name]
        tree = document.root
        definition = Definition(name, document, tree, shipped=name not in self.own)
        like = tree.mapping.get("like")
        if like is not None and like.text:
            base = self._base(like.text, name, done, path, mistakes)
            if base is None:
                self.lost.add(name)
                return None
            definition = replace(
                definition,
                tree=inherited(base.tree, tree),
                picks=base.picks,
                differs=base.differs if name not in self.own else (),
            )
        if name in self.overrides:
            definition = overridden(definition, self.overrides[name], mistakes)
        done[name] = definition
        return definition

    def _base(
        self,
        like: str,
        name: str,
        done: dict[str, Definition],
        path: list[str],
        mistakes: list[Mistake],
    ) -> Definition | None:
        item = self.written[name].root.mapping["like"]
        if like == name or like in path:
            circle = " -> ".join([*path[path.index(like) if like in path else len(path) :], name, like])
            hint = "begin with another metric"
            mistakes.append(item.mistake("cycle", f"begins with itself: {circle}", field="like", hint=hint))
            return None
        if like not in self.written:
            if like not in self.lost:
                hint = did_you_mean(like, self.written)
                message = f"there is no metric '{like}'"
                mistakes.append(item.mistake("unknown-metric", message, field="like", hint=hint))
            return None
        return self._definition(like, done, [*path, name], mistakes)


class Catalogue:
    """Tables, dimensions, metrics and policies, ready to be asked for.

    Attributes:
        tables, dimensions, policies, calendars, choices: by name.
        terms: the closed lists of words.
        targets: the workspace's own; the default targets of the metrics are in `Metric.target`.
        notes: dated context, in file order.
        aliases: other name or catalogue line -> id.
        reports: what each report shows, by id.
        definitions: metrics as written, by id.
        reading: mistakes found while reading, before any metric was resolved.
    """

    def __init__(
        self,
        tables: Tables,
        policies: Policies,
        register: Mapping[str, RegisteredChoice],
        words: Terms,
        metrics: _Metrics,
        reading: list[Mistake],
        lost_tables: frozenset[str] = frozenset(),
        reports: Reports | None = None,
    ) -> None:
        """Gather what was read; `load` does it."""
        definitions = metrics.definitions(reading)
        self.tables: Mapping[str, Table] = tables.tables
        self.dimensions: Mapping[str, Dimension] = tables.dimensions
        self.policies: Mapping[str, Policy] = policies.policies
        self.calendars: Mapping[str, BusinessCalendar] = policies.calendars
        self.choices: Mapping[str, RegisteredChoice] = register
        self.terms = words
        self.targets: tuple[Target, ...] = tuple(policies.targets)
        self.notes: tuple[Note, ...] = tuple(policies.notes)
        self.definitions: Mapping[str, Definition] = definitions
        self.reading = reading
        self._policies = policies
        self._reports = reports or Reports()
        self.reports: Mapping[str, ReportTemplate] = self._reports.templates
        self._resolver = Resolver(
            Known(
                tables=tables.tables,
                dimensions=tables.dimensions,
                policies=policies.policies,
                choices=register,
                terms=words,
                versions={name: written.whole("version", 1) for name, written in tables.written.items()},
                definitions=definitions,
                lost=frozenset(metrics.lost),
                lost_tables=lost_tables,
            )
        )
        self.aliases: Mapping[str, str] = self._names()

    @property
    def metrics(self) -> tuple[str, ...]:
        """Ids of the metrics, in file order."""
        return tuple(self.definitions)

    @cached_property
    def basis(self) -> str:
        """Hash of what every number stands on besides its own definition: tables, dimensions, policies, calendars."""
        told = (self.tables, self.dimensions, self.lookups(), [one.says for one in self.calendars.values()])
        return hashlib.sha256(repr(told).encode()).hexdigest()

    @cached_property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Everything that is wrong, in file order; every option of every metric is tried."""
        found = [*self.reading]
        for name in self.definitions:
            found += self._placed(name, self._tried(name))
        found += self._workspace_mistakes()
        return in_order(found)

    def metric(self, name: str, options: Mapping[str, str] | None = None) -> Metric:
        """Return a resolved metric.

        Args:
            name: its id, an alias, or the code of a catalogue line; `id[user]` and `id:user` say whose number is
                meant (K01).
            options: choice -> option, such as K22 -> every; they also reach the metrics it refers to.

        Raises:
            QuestionError: when there is no such metric, or neither it nor what it refers to has such an option.
            AuthorError: when its definition, or one it stands on, has mistakes.
        """
        name, whose = self._of_whom(name)
        options = {**({WHOSE: whose} if whose else {}), **(options or {})}
        if whose and options[WHOSE] != whose:
            raise QuestionError(f"{name}[{whose}] and {WHOSE}={options[WHOSE]} are two numbers; ask for one of them")
        found = self.find(name)
        self._known_options(found, options)
        metric, mistakes = self._resolver.resolve(found, options)
        if metric is None or mistakes:
            raise AuthorError(in_order(self._placed(found, mistakes)) or self.mistakes)
        return metric

    def _of_whom(self, name: str) -> tuple[str, str]:
        """Split `id[user]` or `id:user` into the id and whose number is meant, "" where that is not said (K01)."""
        found = OF_WHOM.fullmatch(name.strip())
        if found is None or name.lower() in self.aliases:
            return name, ""
        return found["id"], (found["one"] or found["other"]).lower()

    def find(self, name: str) -> str:
        """Return the id behind a name.

        Raises:
            QuestionError: when there is none.
        """
        name, _ = self._of_whom(name)
        if name in self.definitions:
            return name
        other = self.aliases.get(name.lower())
        if other is not None:
            return other
        begun = [known for known in self.definitions if name and known.startswith(f"{name.lower()}_")]
        hint = f"there are {', '.join(begun)}" if begun else did_you_mean(name, (*self.definitions, *self.aliases))
        raise QuestionError(f"there is no metric '{name}'" + (f"; {hint}" if hint else ""))

    def source_text(self, name: str) -> str:
        """Return the YAML of a metric as written, with the workspace's override below it."""
        definition = self.definitions[self.find(name)]
        return definition.document.source + (f"---\n{definition.over.source}" if definition.over else "")

    def lookups(self) -> dict[str, Lookup]:
        """Return what `lookup` reads, by the name of the policy."""
        return {name: Lookup(policy.values, policy.sets) for name, policy in self.policies.items()}

    def words(self, node: Node) -> str:
        """Return an expression in plain words."""
        return words(node, sets={name: policy.sets for name, policy in self.policies.items()})

    def _known_options(self, name: str, options: Mapping[str, str]) -> None:
        """Refuse an option that nothing knows."""
        for choice, option in options.items():
            register = self.choices.get(choice)
            if register is None:
                raise QuestionError(f"there is no choice '{choice}'; {did_you_mean(choice, self.choices)}".rstrip("; "))
            offered = self.offered(name).get(choice)
            if offered is None:
                here = ", ".join(self.offered(name)) or "none"
                raise QuestionError(f"{name} does not depend on {choice} ({register.question}); it has {here}")
            if option not in offered:
                hint = did_you_mean(option, offered)
                raise QuestionError(f"{choice} of {name} has no option '{option}'; {hint}".rstrip("; "))

    def offered(self, name: str) -> dict[str, tuple[str, ...]]:
        """Return the choices that touch a metric or what it refers to, with the options each offers."""
        found: dict[str, tuple[str, ...]] = {}
        metric = self._resolver.resolve(name, {})[0]
        for choice in metric.choices if metric else ():
            found[choice.id] = tuple(choice.options)
        options = self.definitions[name].tree.mapping.get("options")
        for choice_id, item in (options.mapping if options else {}).items():
            found.setdefault(choice_id, tuple(item.mapping))
        return found

    def _tried(self, name: str) -> tuple[Mistake, ...]:
        """Return what is wrong with a metric, whatever option is in force."""
        found = [*self._resolver.resolve(name, {})[1]]
        options = self.definitions[name].tree.mapping.get("options")
        for choice, item in (options.mapping if options else {}).items():
            for option in item.mapping:
                found += self._resolver.resolve(name, {choice: option})[1]
        return tuple(found)

    def _placed(self, name: str, mistakes: Iterable[Mistake]) -> list[Mistake]:
        """Return mistakes where their author can mend them.

        A text that is right where it was written, and wrong only in a metric that inherits it, is shown at `like`.
        """
        like = self.definitions[name].document.root.mapping.get("like")
        placed: list[Mistake] = []
        for one in mistakes:
            owner = self._owner(one.file, one.line)
            if (
                owner in ("", name)
                or like is None
                or identity(one) in {identity(other) for other in self._tried(owner)}
            ):
                placed.append(one)
                continue
            message = f"{one.message}, in what is taken from {like.text} ({one.file}:{one.line})"
            hint = one.hint or "replace it here, or take it away with none"
            placed.append(like.mistake(one.rule, message, field=one.field, hint=hint))
        return placed

    def _owner(self, file: str, line: int) -> str:
        """Return the metric whose text stands in a line of a file, "" when none does."""
        starts = self._starts.get(file, [])
        place = bisect_right(starts, (line, "~"))
        return starts[place - 1][1] if place else ""

    @cached_property
    def _starts(self) -> dict[str, list[tuple[int, str]]]:
        """File -> (first line, metric) of the documents in it, in order."""
        found: dict[str, list[tuple[int, str]]] = {}
        for name, definition in self.definitions.items():
            for document in (definition.document, *((definition.over,) if definition.over else ())):
                found.setdefault(document.file, []).append((document.root.entry.line, name))
        return {file: sorted(starts) for file, starts in found.items()}

    def _names(self) -> dict[str, str]:
        """Return other names: aliases, and the code of a catalogue line for the first metric that bears it."""
        found: dict[str, str] = {}
        for name, definition in self.definitions.items():
            aliases = definition.tree.mapping.get("aliases")
            code = definition.tree.mapping.get("code")
            texts = [item.text for item in aliases.items] or ([aliases.text] if aliases.text else []) if aliases else []
            for text in texts:
                taken = text in self.definitions or text.lower() in found
                if taken and aliases is not None:
                    owner = text if text in self.definitions else found[text.lower()]
                    message = f"'{text}' is already the name of {owner}"
                    self.reading.append(aliases.mistake("twice", message, field="aliases", hint="take it out"))
                found.setdefault(text.lower(), name)
            if code is not None and code.text:
                found.setdefault(code.text.lower(), name)
        return found

    def _workspace_mistakes(self) -> list[Mistake]:
        """Return what is wrong with targets, notes and reports: metrics and dimensions they are about."""
        ledger = self.tables.get("ledger_share")
        found = [*self._reports.mistakes]
        found += self._reports.about(
            self.definitions, self.aliases, self.dimensions, ledger.dims if ledger is not None else ()
        )
        lost = self._resolver.known.lost
        for written in self._policies.written_targets:
            name = written.text("metric")
            self._about(written, name, "metric", found=found, lost=lost)
            if name not in self.definitions:
                continue
            tree = self.definitions[name].tree.mapping
            offered = [
                one.text
                for field_ in ("dims", "by_default")
                if field_ in tree
                for one in (tree[field_], *tree[field_].items)
            ]
            for dimension in written.named_texts("scope"):
                if dimension not in offered:
                    message = f"{name} is not cut by '{dimension}'"
                    hint = did_you_mean(dimension, offered)
                    found.append(written.mistake("unknown-dimension", message, "scope", dimension, hint=hint))
        for written in self._policies.written_notes:
            for place, name in enumerate(written.texts("metrics")):
                self._about(written, name, "metrics", place, found=found, lost=lost)
            for dimension in written.named_texts("scope"):
                if dimension not in self.dimensions:
                    message = f"there is no dimension '{dimension}'"
                    hint = did_you_mean(dimension, self.dimensions)
                    found.append(written.mistake("unknown-dimension", message, "scope", dimension, hint=hint))
        return found

    def _about(
        self,
        written: Written,
        name: str,
        *steps: str | int,
        found: list[Mistake],
        lost: frozenset[str],
    ) -> None:
        if name and name not in self.definitions and name not in lost:
            hint = did_you_mean(name, self.definitions)
            found.append(written.mistake("unknown-metric", f"there is no metric '{name}'", *steps, hint=hint))


def identity(one: Mistake) -> tuple[object, ...]:
    """Return what makes two mistakes the same one, whichever metric met it."""
    return (one.file, one.line, one.column, one.rule, one.field, one.value)


def in_order(mistakes: Iterable[Mistake]) -> tuple[Mistake, ...]:
    """Return mistakes in file order, each place and rule once: an inherited text is wrong only where it stands."""
    first: dict[tuple[object, ...], Mistake] = {}
    for one in mistakes:
        first.setdefault(identity(one), one)
    return tuple(sorted(first.values(), key=lambda one: (one.file, one.line, one.column)))


def load(workspace: Path | None = None, builtin: Path = BUILTIN, *, draft: Path | None = None) -> Catalogue:
    """Read the catalogue.

    Args:
        workspace: folder with `metrics/`, `policies/` and `reports/`, or None for the shipped catalogue alone.
        builtin: folder of the shipped catalogue.
        draft: folder of the same form that is laid over both: a field of a metric there stands for the workspace's, a
            policy for that of its name, a list of targets for the whole list.

    Returns:
        The catalogue; what is wrong is in its `mistakes`, so that all of it can be shown at once.
    """
    mistakes: list[Mistake] = []
    tables, lost_tables = _tables(builtin, mistakes)
    register: dict[str, RegisteredChoice] = {}
    words = Terms()
    for document in read_once(builtin / "choices.yaml", mistakes):
        register = choices(document, mistakes)
    for document in read_once(builtin / "terms.yaml", mistakes):
        words = terms(document, mistakes)
    policies, metrics, reports = Policies(), _Metrics(), Reports()
    for folder in (builtin, *(one for one in (workspace, draft) if one)):
        own, over = folder is not builtin, folder is draft
        reader = read_yaml if own else read_once
        for path in yaml_files(folder / "policies"):
            for document in reader(path, mistakes):
                policies.add(document, mistakes, over=own, draft=over)
        for path in yaml_files(folder / "metrics"):
            before = len(mistakes)
            documents = reader(path, mistakes)
            if any(one.rule in UNREADABLE for one in mistakes[before:]):
                metrics.lost.add(path.stem)
            for document in documents:
                metrics.add(document, mistakes, workspace=own, draft=over)
        reports.add_folder(folder / "reports", reader, own=own)
    tables.settle(policies.policies, mistakes)
    return Catalogue(tables, policies, register, words, metrics, mistakes, lost_tables, reports)


def _tables(builtin: Path, mistakes: list[Mistake]) -> tuple[Tables, frozenset[str]]:
    """Read tables and dimensions; tables whose file cannot be read are named apart."""
    tables, lost = Tables(), set()
    for document in read_once(builtin / "dimensions.yaml", mistakes):
        tables.add_dimensions(document, mistakes)
    for path in yaml_files(builtin / "tables"):
        documents = read_once(path, mistakes)
        if not documents:
            lost.add(path.stem)
        for document in documents:
            tables.add_table(document, mistakes)
    tables.check(mistakes)
    return tables, frozenset(lost)


def read_once(path: Path, mistakes: list[Mistake]) -> list[Document]:
    """Read a file that ships, once in the life of a program as long as it does not change."""
    try:
        stat = path.stat()
    except OSError:
        return read_yaml(path, mistakes)
    documents, found = _read_at(path, stat.st_mtime_ns, stat.st_size)
    mistakes += found
    return list(documents)


@lru_cache(maxsize=512)
def _read_at(path: Path, _changed: int, _size: int) -> tuple[tuple[Document, ...], tuple[Mistake, ...]]:
    mistakes: list[Mistake] = []
    return tuple(read_yaml(path, mistakes)), tuple(mistakes)


UNREADABLE = frozenset({"yaml", "encoding", "too-large", "too-deep", "unreadable"})
"""Rules after which the rest of a file is not read."""
