"""Every mistake of an author is found, all at once, where it stands."""

from __future__ import annotations

import re
from pathlib import Path

from regard.catalog import check

PLANTED = Path(__file__).parent / "mistakes"


def expected() -> list[tuple[str, int, str]]:
    """Return file, line and rule of every planted mistake, as the comment on its line says."""
    found = []
    for path in sorted(PLANTED.rglob("*.*")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            found += [(str(path), number, rule) for rule in re.findall(r"# expect: ([a-z-]+)", line)]
    return found


def test_planted_mistakes() -> None:
    """A workspace with many planted mistakes gets just those messages from one check."""
    found = check(PLANTED)

    assert len(expected()) == 49
    assert sorted((one.file, one.line, one.rule) for one in found) == sorted(expected())


def test_each_message_says_where_what_and_what_instead() -> None:
    """Each message has file, line, the value as written, a rule and a suggestion, in file order."""
    found = check(PLANTED)

    for one in found:
        line = Path(one.file).read_text(encoding="utf-8").splitlines()[one.line - 1]
        assert one.hint, one
        assert one.rule
        assert one.value in line.replace('"', "") or one.rule == "yaml", one
        assert one.value or one.rule == "yaml", one
        assert str(one).startswith(f"{one.file}:{one.line}:")
    assert [(one.file, one.line) for one in found] == sorted((one.file, one.line) for one in found)


def test_columns_inside_expressions() -> None:
    """A mistake inside an expression is shown at the word that is wrong, not at the field."""
    for one in check(PLANTED):
        if one.rule in ("unknown-column", "unknown-leaf", "unknown-parameter", "unknown-function"):
            line = Path(one.file).read_text(encoding="utf-8").splitlines()[one.line - 1]
            wrong = re.match(r"\$?\w+", line[one.column - 1 :])
            assert wrong is not None
            assert wrong.group() in one.message


def test_a_workspace_without_its_file(tmp_path: Path) -> None:
    """A folder that is no workspace is told how to become one."""
    (one,) = check(tmp_path)

    assert one.rule == "no-workspace"
    assert "regard init" in one.hint
