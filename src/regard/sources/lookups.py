"""Files that are looked up: small tables of key and value."""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING

import pyarrow as pa

from regard.errors import Mistake, SourceError, did_you_mean
from regard.model.sources import Lookup
from regard.sources.readers.parts import fingerprint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from regard.model.sources import Source


def keys(source: Source) -> tuple[str, ...]:
    """Return file, key and value column (joined by newlines) of every lookup of a source."""
    rules = [one.rule for one in source.fields] + [rule for one in source.mappings for _, rule in one.columns]
    found = [f"{rule.file}\n{rule.key}\n{rule.value}" for rule in rules if isinstance(rule, Lookup)]
    return tuple(dict.fromkeys(found))


def relation(key: str) -> str:
    """Return the relation under which a lookup stands."""
    return "lookup " + hashlib.blake2b(key.encode(), digest_size=6).hexdigest()


def digests(source: Source, root: Path) -> dict[str, str]:
    """Return the hash of each file that a source looks up."""
    return {key.split("\n")[0]: fingerprint(_path(key, root)).digest for key in keys(source)}


def read(key: str, root: Path, source: Source, mistakes: list[Mistake]) -> pa.Table:
    """Return a lookup as a table of `key` and `value`; what is wrong with it is appended.

    Raises:
        SourceError: the file cannot be read.
    """
    file, key_name, value_name = key.split("\n")
    path = _path(key, root)
    pairs: dict[str, str | None] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as handle:
            lines = csv.DictReader(handle, strict=True)
            names: Sequence[str] = lines.fieldnames or ()
            for name in (key_name, value_name):
                if name not in names:
                    mistakes.append(_mistake(source, f"{file} has no column '{name}'", did_you_mean(name, names), name))
                    return pa.table({"key": pa.array([], pa.string()), "value": pa.array([], pa.string())})
            for line in lines:
                text, value = (line[key_name] or "").strip(), (line[value_name] or "").strip() or None
                if text in pairs and pairs[text] != value:
                    message = f"{file}, line {lines.line_num}: '{text}' stands there twice with different values"
                    mistakes.append(_mistake(source, message, "keep one of the two", text))
                pairs[text] = value
    except (OSError, UnicodeError, csv.Error) as error:
        raise SourceError(f"{file} cannot be read: {error}") from None
    return pa.table({"key": pa.array(pairs, pa.string()), "value": pa.array(pairs.values(), pa.string())})


def _path(key: str, root: Path) -> Path:
    return root / key.split("\n", maxsplit=1)[0]


def _mistake(source: Source, message: str, hint: str, value: str) -> Mistake:
    return Mistake(rule="lookup", message=message, file=source.file, field="lookup", value=value, hint=hint)
