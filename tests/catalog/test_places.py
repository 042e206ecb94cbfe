"""Reading YAML and TOML: values, places, limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, strategies as st

from regard.catalog import parse_yaml, read_toml, read_yaml

if TYPE_CHECKING:
    from pathlib import Path

    from regard.errors import Mistake


def read(text: str) -> tuple[list[object], list[Mistake]]:
    """Return the documents of a text, and what is wrong with it."""
    mistakes: list[Mistake] = []
    return [one.data for one in parse_yaml(text, "f.yaml", mistakes)], mistakes


def test_values_and_places(text: str) -> None:
    """Every value is what its text says, and knows where it stands.

    title: No way      # comment
    few: no
    codes: [010, 12:30, 0x1f, 1e3, .5, -7, ~]
    rows:
      answers:
        where: score >= 9
    """
    mistakes: list[Mistake] = []
    (document,) = parse_yaml(text, "f.yaml", mistakes)

    assert document.data == {
        "title": "No way",
        "few": False,
        "codes": ["010", "12:30", "0x1f", 1000.0, 0.5, -7, None],
        "rows": {"answers": {"where": "score >= 9"}},
    }
    assert document.place(("rows", "answers", "where")) == (6, 5)
    assert document.place(("rows", "answers", "what")) == (5, 3)
    assert document.place(("codes", 2)) == (3, 21)
    assert document.root.mapping["few"].text == "no"
    assert mistakes == []


def test_several_documents() -> None:
    """A file may hold several documents; each keeps its own source with comments."""
    mistakes: list[Mistake] = []
    first, second = parse_yaml("a: 1\n---\nb: 2  # why\n", "f.yaml", mistakes)

    assert (first.data, second.data) == ({"a": 1}, {"b": 2})
    assert (first.source, second.source) == ("a: 1\n", "b: 2  # why\n")


REFUSED = {
    "a: 1\na: 2": ("duplicate-key", 2, "keep one"),
    "a:\n\tb: 1": ("yaml", 2, "spaces"),
    "a: @other": ("yaml", 1, "quotes"),
    "a: b: c": ("yaml", 1, "': '"),
    "a: [1, 2": ("yaml", 1, "bracket"),
    "a: 'x": ("yaml", 1, "quotes"),
    "a: \x07": ("yaml", 1, "invisible"),
    "a: *b": ("unknown-alias", 1, ""),
    "a: &b [*b]": ("unknown-alias", 1, ""),
    "? [a]\n: 1": ("key", 1, "quotes"),
    "a: {<<: 1}": ("key", 1, "write"),
    "a: !!python/object/apply:os.system ['true']": ("tag", 1, "leave it out"),
    "- " * 60 + "x": ("too-deep", 1, ""),
    "{" * 5000: ("too-deep", 1, ""),
}


@pytest.mark.parametrize("text", REFUSED, ids=lambda text: text[:20])
def test_refusals(text: str) -> None:
    """What is not plain YAML is one mistake with its line and what to do, never an exception."""
    rule, line, hint = REFUSED[text]
    (one,) = read(text)[1]

    assert (one.rule, one.line) == (rule, line)
    assert hint in one.hint


def test_alias_bomb() -> None:
    """Aliases are expanded, but not into a bomb."""
    assert read("a: &x [1, 2]\nb: *x")[0] == [{"a": [1, 2], "b": [1, 2]}]

    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 9)]
    (one,) = read("\n".join(lines))[1]

    assert one.rule == "too-large"


def test_deep_through_aliases() -> None:
    """Depth is counted through aliases too."""
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, 60))]
    (one,) = read("\n".join(lines))[1]

    assert one.rule == "too-deep"


def test_files(tmp_path: Path) -> None:
    """Byte order marks are read over, other encodings and missing files are mistakes with what to do."""
    mistakes: list[Mistake] = []
    good, utf16, latin = tmp_path / "good.yaml", tmp_path / "utf16.yaml", tmp_path / "latin.yaml"
    good.write_bytes(b"\xef\xbb\xbfa: 1\r\nb: 2\r\n")
    utf16.write_bytes("a: 1".encode("utf-16"))
    latin.write_bytes(b"a: 1\nb: \xe9\n")

    assert [one.data for one in read_yaml(good, mistakes)] == [{"a": 1, "b": 2}]
    assert mistakes == []
    for path in (utf16, latin, tmp_path / "none.yaml", tmp_path):
        assert read_yaml(path, mistakes) == []
    assert [one.rule for one in mistakes] == ["encoding", "encoding", "unreadable", "unreadable"]
    assert mistakes[1].line == 2


def test_toml(tmp_path: Path) -> None:
    """The keys of a TOML file have their lines, also in tables."""
    path = tmp_path / "regard.toml"
    path.write_text('name = "Acme"\n\n[roles.council]\nrows = "true"\n', encoding="utf-8")
    mistakes: list[Mistake] = []
    document = read_toml(path, mistakes)

    assert document is not None
    assert document.data == {"name": "Acme", "roles": {"council": {"rows": "true"}}}
    assert document.place(("roles", "council", "rows"))[0] == 4
    path.write_text("name = \n", encoding="utf-8")
    assert read_toml(path, mistakes) is None
    assert [(one.rule, one.line) for one in mistakes] == [("toml", 1)]


SCALARS = st.one_of(st.text(max_size=8), st.integers(), st.floats(), st.booleans(), st.none())
PIECES = st.lists(st.sampled_from([*"abc:-[]{}#&*!|>'\"%@`?,\n\t ", "- ", ": ", "\n  ", "&a", "*a", "---\n", "<<: "]))


@given(st.one_of(st.text(), PIECES.map("".join)))
def test_junk_never_raises(text: str) -> None:
    """Whatever stands in a file, reading it gives documents or mistakes with a line."""
    _, mistakes = read(text)

    assert all(one.line >= 1 and one.rule for one in mistakes)
