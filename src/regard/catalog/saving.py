"""What people save from a page: a section is added to a file of `reports/`, as text that they can go on with."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from regard.catalog.catalogue import load
from regard.errors import QuestionError

if TYPE_CHECKING:
    from collections.abc import Mapping

FOLDER = "reports"
NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
HEAD = """# Saved from the pages of regard; edit it freely. Each line below `sections` is one part of the board.
report: {id}
title: {title}
grain: {grain}
sections:
"""


def named(title: str) -> str:
    """Return the id of a board of some title.

    Raises:
        QuestionError: no id can be made of it.
    """
    found = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")
    found = found if found[:1].isalpha() or not found else f"board_{found}"
    if not NAME.fullmatch(found):
        raise QuestionError(f"'{title}' gives a board no name; write a few letters, such as Weekly service")
    return found


def save_section(workspace: Path, board: str, title: str, grain: str, section: Mapping[str, object]) -> Path:
    """Add a section to a board of a workspace, which is made where there is none; returns its file.

    A file is replaced whole or not at all, and only when what would stand there has no mistake.

    Args:
        workspace: folder that holds `regard.toml`.
        board: its id.
        title: of a new board.
        grain: of a new board.
        section: field -> value, as in the reference of reports.

    Raises:
        QuestionError: the name is none, a board that ships has it, or the file would have mistakes: what they are.
    """
    if not NAME.fullmatch(board):
        raise QuestionError(f"'{board}' is no name of a board; use small letters, digits and _")
    known = load(workspace)
    present = known.reports.get(board)
    if present is not None and not present.own:
        raise QuestionError(f"the board '{board}' ships with regard; save under another name")
    path = Path(present.file) if present is not None else workspace / FOLDER / f"{board}.yaml"
    head = HEAD.format(id=board, title=_flow(title), grain=grain)
    text = path.read_text(encoding="utf-8") if present is not None else head
    line = f"  - {_flow(dict(section))}\n"
    _write(path, text if text.endswith("\n") else f"{text}\n", line)
    mistakes = [one for one in load(workspace).mistakes if one.file == str(path)]
    if mistakes:
        _restore(path, text if present is not None else None)
        told = "; ".join(str(one) for one in mistakes[:3])
        raise QuestionError(f"this cannot be saved to {path.name}: {told}")
    return path


def _flow(value: object) -> str:
    """Return a value as YAML in one line."""
    text = yaml.safe_dump(value, default_flow_style=True, allow_unicode=True, sort_keys=False, width=1 << 20)
    return text.removesuffix("...\n").strip()


def _write(path: Path, text: str, line: str) -> None:
    path.parent.mkdir(exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".part", delete=False, encoding="utf-8") as file:
        file.write(text + line)
    Path(file.name).replace(path)


def _restore(path: Path, text: str | None) -> None:
    if text is None:
        path.unlink()
    else:
        path.write_text(text, encoding="utf-8")
