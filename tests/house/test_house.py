"""The house keeps its rules: file length, packages, metrics as data, reasons, nothing of anybody's machine."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
SOURCE = ROOT / "src" / "regard"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
LONGEST = 800

# Built from parts, so that this file does not hold what it forbids.
MACHINE = re.compile("|".join(rf"(?<![\w.~$}}])/{top}/[\w.]" for top in ("work", "tmp", "root", "home", "farm", "opt")))
HOSTS = ("files.python" + "hosted", "arti" + "factory", "dev" + "pi")
REGISTRY = re.compile(r"https?://[^\s\"')>]*(?:/simple\b|" + "|".join(HOSTS) + ")")


@cache
def tracked() -> tuple[Path, ...]:
    """Return the files of the repository; in an unpacked release, where there is no git, all files."""
    if shutil.which("git") and (ROOT / ".git").exists():
        done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
        return tuple(file for name in done.stdout.split("\0") if name and (file := ROOT / name).is_file())
    return tuple(
        file for file in ROOT.rglob("*") if file.is_file() and not file.relative_to(ROOT).parts[0].startswith(".venv")
    )


def python_files(*folders: str) -> list[Path]:
    """Return the Python files below the folders, tracked or not."""
    return sorted(file for folder in folders for file in (ROOT / folder).rglob("*.py"))


def short(file: Path) -> str:
    """Return a path as a reader would say it."""
    return str(file.relative_to(ROOT))


def test_no_file_is_long():
    """No Python file is longer than a person reads in one sitting."""
    long = {
        short(file): lines
        for file in python_files("src", "tests", "scripts", "bench")
        if (lines := len(file.read_text().splitlines())) > LONGEST
    }
    assert long == {}


def test_every_folder_is_a_package():
    """A folder with Python but without __init__.py would be invisible to the import contracts."""
    bare = {short(file.parent) for file in python_files("src/regard") if not (file.parent / "__init__.py").exists()}
    assert bare == set()


def test_no_packaging_names():
    """Rooms and files are named for things of the trade, never for packaging."""
    forbidden = {"utils", "util", "core", "common", "helpers", "helper", "managers", "manager", "misc", "base"}
    assert [short(file) for file in python_files("src/regard") if {file.stem, file.parent.name} & forbidden] == []


def test_public_face_is_documented_everywhere():
    """Docstrings are not among the lint exceptions of the package, so that every public name has one."""
    lint = PROJECT["tool"]["ruff"]["lint"]
    assert lint["select"] == ["ALL"]
    missing = {"D", "D1", "D100", "D101", "D102", "D103", "D104"}
    assert not missing & set(lint["ignore"])
    assert not [rules for place, rules in lint["per-file-ignores"].items() if "src" in place and missing & set(rules)]


# ----------------------------------------------------------------------------------------------------------------------
# No metric's name in Python


def documents(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the documents of the YAML files below a folder."""
    for file in sorted(folder.rglob("*.yaml")):
        yield from (each for each in yaml.safe_load_all(file.read_text()) if isinstance(each, dict))


@cache
def metric_ids() -> frozenset[str]:
    """Return the ids of the shipped metrics that no table, column, dimension or policy bears too."""
    builtin = SOURCE / "catalog" / "builtin"
    nouns: set[str] = set()
    for table in documents(builtin / "tables"):
        nouns |= {
            str(table.get("table")),
            *table.get("columns", {}),
            *table.get("dims", {}),
            *table.get("arguments", {}),
        }
    nouns |= {str(policy.get("policy")) for policy in documents(builtin / "policies")}
    nouns |= {
        name for file in builtin.glob("dimensions.yaml") for name in yaml.safe_load(file.read_text())["dimensions"]
    }
    return frozenset(str(each["metric"]) for each in documents(builtin / "metrics") if "metric" in each) - nouns


def metrics_named(text: str, ids: frozenset[str]) -> set[str]:
    """Return the metrics that a string names.

    A string that is an id names it; in longer text an id counts when it has an underscore, stands in quotes or
    backticks or after an @, or is written in capitals (a word such as "retention" alone is English).
    """
    if text in ids:
        return {text}
    named = {id_ for id_ in set(re.findall(r"\w+", text)) & ids if "_" in id_}
    named |= set(re.findall(r"[`'\"@](\w+)\b", text)) & ids
    return named | {word.lower() for word in re.findall(r"\b[A-Z]{3,}\b", text) if word.lower() in ids}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("nps", {"nps"}),
        ("The `nps` of a segment", {"nps"}),
        ("such as NPS", {"nps"}),
        ("csat_top2 by month", {"csat_top2"}),
        ("100 * @churn", {"churn"}),
        ("what churn is depends on the gap", set()),
        ("net_share of three counts", set()),
    ],
)
def test_metrics_are_found_in_text(text, named):
    """The rule that finds metrics in strings finds ids, quoted words and capitals, and leaves English alone."""
    assert metrics_named(text, frozenset({"nps", "csat_top2", "churn"})) == named


def test_no_metric_is_named_in_python():
    """Metrics are data: no string or docstring of the package names one, the generated company included."""
    named = {
        f"{short(file)}:{node.lineno}": sorted(found)
        for file in python_files("src/regard")
        for node in ast.walk(ast.parse(file.read_text()))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and (found := metrics_named(node.value, metric_ids()))
    }
    assert named == {}


# ----------------------------------------------------------------------------------------------------------------------
# Dependencies


def contract_libraries() -> set[str]:
    """Return the foreign libraries that the import contracts speak of."""
    contracts = PROJECT["tool"]["importlinter"]["contracts"]
    return {library for contract in contracts for library in contract.get("forbidden_modules", ())}


def test_every_foreign_library_has_a_room():
    """A library that no contract speaks of may not be imported: decide first which room owns it."""
    foreign = set()
    for file in python_files("src/regard"):
        for node in ast.walk(ast.parse(file.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) and node.module and not node.level else []
            foreign |= {name.split(".")[0] for name in names}
    assert foreign - sys.stdlib_module_names - {"regard"} - contract_libraries() == set()


def test_every_dependency_gives_its_reason():
    """Each dependency in pyproject.toml, optional ones too, carries a comment that says what it is for."""
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    wanted = [
        *PROJECT["project"]["dependencies"],
        *(each for extra in PROJECT["project"]["optional-dependencies"].values() for each in extra),
    ]
    bare = [
        each for each in wanted if not any(f'"{each}"' in line and re.search(r"#\s+\w+\W+\w+", line) for line in lines)
    ]
    assert [each for each in bare if not each.startswith("regard[")] == []


def test_dependencies_have_lower_bounds_and_no_upper_ones():
    """A library that is installed beside others says what it needs at least and does not forbid the future."""
    assert [each for each in PROJECT["project"]["dependencies"] if not re.fullmatch(r"[\w.-]+>=[\d.]+", each)] == []


# ----------------------------------------------------------------------------------------------------------------------
# Nothing of anybody's machine


def test_no_machine_path_or_registry():
    """No tracked text names a folder of somebody's machine or the host of a package registry."""
    found = {}
    for file in tracked():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if file.suffix not in {".csv", ".jsonl", ".svg"} and (hit := MACHINE.search(text) or REGISTRY.search(text)):
            found[short(file)] = hit.group()
    assert found == {}


def test_generated_things_are_not_tracked():
    """Lakes, stores and environments are made on each machine and never committed."""
    generated = re.compile(r"(^|/)(\.venv[^/]*|_delta_log|__pycache__|harbor)(/|$)|\.(db|duckdb|pyc)$")
    assert [short(file) for file in tracked() if generated.search(short(file))] == []


# ----------------------------------------------------------------------------------------------------------------------
# Linux, macOS and Windows alike

ONE_SYSTEM = {
    "fcntl",
    "grp",
    "msvcrt",
    "posix",
    "pty",
    "pwd",
    "resource",
    "syslog",
    "termios",
    "tty",
    "winreg",
    "winsound",
}
"""Modules of the standard library that some system lacks."""
ONE_SYSTEMS_OWN = {
    *(
        "chown",
        "chroot",
        "fork",
        "forkpty",
        "geteuid",
        "getgid",
        "getgroups",
        "getloadavg",
        "getpgid",
        "getuid",
        "killpg",
    ),
    *("lchown", "mkfifo", "mknod", "nice", "pread", "pwrite", "register_at_fork", "sched_getaffinity", "setsid"),
    *("statvfs", "sysconf", "uname", "wait", "wait4", "waitpid"),
}
"""Functions of `os` that some system lacks."""


def bound_to_a_system(tree: ast.AST) -> set[str]:
    """Return what code asks of the standard library, without looking first, that is not there on every system."""
    found, looked = set(), set()
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                found |= {alias.name for alias in names} & ONE_SYSTEM
            case ast.ImportFrom(module="os", names=names):
                found |= {f"os.{alias.name}" for alias in names if alias.name in ONE_SYSTEMS_OWN}
            case ast.ImportFrom(module=str(module)):
                found |= {module} & ONE_SYSTEM
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if name in ONE_SYSTEMS_OWN:
                found.add(f"os.{name}")
            # On Windows a file is not renamed over another; `replace` is the same everywhere.
            case ast.Call(func=ast.Attribute(attr="rename", value=value)) if not isinstance(value, ast.Constant):
                found.add("rename")
            case ast.Call(func=ast.Name(id="hasattr"), args=[ast.Name(id="os"), ast.Constant(value=name)]):
                looked.add(f"os.{name}")
    return found - looked


def test_nothing_is_bound_to_one_system():
    """The product asks nothing of the standard library that Linux, macOS and Windows do not all have."""
    found = {
        short(file): bound_to_a_system(ast.parse(file.read_text(encoding="utf-8"))) for file in python_files("src")
    }
    assert {file: names for file, names in found.items() if names} == {}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import fcntl", {"fcntl"}),
        ("from pwd import getpwuid", {"pwd"}),
        ("import os\nos.getuid()", {"os.getuid"}),
        ("import os\nhasattr(os, 'getuid') and os.getuid()", set()),
        ("from os import fork", {"os.fork"}),
        ("path.rename(other)", {"rename"}),
        ("import os\nos.replace(one, other)", set()),
    ],
)
def test_what_is_bound_to_one_system_is_seen(text, told):
    """The rule above sees what it forbids."""
    assert bound_to_a_system(ast.parse(text)) == told


UNREASONED = re.compile(r"# (?:noqa(?:: [A-Z0-9, ]+)?|type: ignore(?:\[[a-z, -]+\])?)$")


def test_every_silenced_check_gives_its_reason():
    """Whoever silences a linter or the type checker in the product says why, on the same line."""
    found = [
        f"{short(file)}:{number}"
        for file in python_files("src")
        for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
        if UNREASONED.search(line)
    ]
    assert found == []
    assert UNREASONED.search("x = 1  # noqa: PLR2004")
    assert not UNREASONED.search("x = 1  # noqa: PLR2004 - a pair")
