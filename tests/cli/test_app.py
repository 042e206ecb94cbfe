from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import version

import click
import pytest

from regard import errors
from regard.cli import app as module
from regard.cli.app import COMMANDS, app

ROOT = click.Context(app, info_name="regard")
RUN = [sys.executable, "-c", "from regard.cli import main; main()"]


def command(name):
    """Return a command by name."""
    return app.get_command(ROOT, name)


def failing(monkeypatch, error):
    """Make opening a workspace fail."""

    def workspace(self):
        raise error

    monkeypatch.setattr(module.State, "workspace", workspace)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_and_option_has_help(name):
    """Nothing on the command line is without a sentence that says what it does."""
    found = command(name)
    assert found.name == name
    assert found.help
    bare = [each.name for each in found.params if isinstance(each, click.Option) and not each.help]
    assert bare == []


def test_help_lists_the_commands(run):
    """Help names every command and the exit codes."""
    told = run("--help")
    assert told.code == 0
    assert all(f"\n  {name} " in told.out for name in COMMANDS)
    assert "130 Ctrl-C" in told.out


def test_version(run):
    """`--version` prints the version of the package."""
    assert run("--version").out == f"regard {version('regard')}\n"


def test_a_mistyped_command_gets_a_suggestion(run):
    """`regard sow` asks whether `show` was meant, and exits with 2 as for everything typed wrong."""
    told = run("sow")
    assert (told.code, told.out) == (2, "")
    assert "did you mean 'show'?" in told.err


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.QuestionError("no such thing"), 1),
        (errors.SourceError("no such thing"), 1),
        (errors.LoadError("no such thing"), 2),
        (errors.SetupError("no such thing"), 3),
    ],
)
def test_an_error_is_one_message_and_a_code(run, monkeypatch, error, code):
    """Each class of error has its exit code; the message is on stderr, alone, without a traceback."""
    failing(monkeypatch, error)
    told = run("ask", "anything")
    assert (told.code, told.out, told.err) == (code, "", "error: no such thing\n")


def test_every_mistake_of_an_author_is_told(run, monkeypatch):
    """Mistakes that stop a command are all told, each with its place, rule and hint."""
    found = [
        errors.Mistake(rule="r", message="m", file="f.yaml", line=n, field="x", value="v", hint="h") for n in (3, 9)
    ]
    failing(monkeypatch, errors.AuthorError(found))
    told = run("ask", "anything")
    assert told.code == 1
    assert told.err.splitlines() == [
        line for n in (3, 9) for line in (f"f.yaml:{n}: x", "  \N{BALLOT X} m [r]", "    written: v", "    h")
    ]


def test_a_mistake_of_ours_says_so(run, monkeypatch):
    """An unexpected error is told as ours, with the way to see where, and has a code of its own."""
    failing(monkeypatch, KeyError("gone"))
    told = run("ask", "anything")
    assert told.code == 70
    assert "KeyError" in told.err
    assert "regard --debug" in told.err
    assert "Traceback" not in told.err


def test_debug_shows_where(monkeypatch):
    """`--debug` lets the error through with its traceback."""
    failing(monkeypatch, errors.QuestionError("no such thing"))
    with pytest.raises(errors.QuestionError):
        module.main(["--debug", "ask", "anything"])


def test_ctrl_c_is_quiet(run, monkeypatch):
    """Ctrl-C ends with 130 and without a word."""
    failing(monkeypatch, KeyboardInterrupt())
    told = run("ask", "anything")
    assert (told.code, told.out, told.err.strip()) == (130, "", "")


def test_no_workspace_says_how_to_make_one(run, tmp_path):
    """Outside of a workspace every command that needs one says how to make one."""
    for arguments in (("check",), ("load",), ("ask", "x"), ("show", "x"), ("findings",)):
        told = run("-C", tmp_path, *arguments)
        assert told.code == 1
        assert "regard init DIR" in told.err


def test_a_closed_pipe_is_no_error(loaded):
    """`regard show x | head -1` ends without a complaint."""
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -c 'from regard.cli import main; main()' -C {loaded} docs --help | true"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""


@pytest.mark.parametrize(("words", "found"), [("regard sh", "show"), ("regard ask --gr", "--grain")])
def test_completion_completes(words, found):
    """A shell that asks is told commands and options."""
    typed = words.split()
    asked = {"_REGARD_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)}
    done = subprocess.run(RUN, env=os.environ | asked, capture_output=True, text=True, check=False)
    assert found in done.stdout


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("regard ask csat_t", "csat_top2"),
        ("regard ask nps --by channel,seg", "channel,segment"),
        ("regard ask nps --set K22=e", "K22=every"),
    ],
)
def test_completion_knows_the_catalogue(unloaded, words, found):
    """Inside a workspace metrics, dimensions and choices are offered too."""
    typed = words.split()
    asked = {"_REGARD_COMPLETE": "bash_complete", "COMP_WORDS": words, "COMP_CWORD": str(len(typed) - 1)}
    done = subprocess.run(RUN, env=os.environ | asked, cwd=unloaded, capture_output=True, text=True, check=False)
    offered = [line.removeprefix("plain,") for line in done.stdout.splitlines()]
    assert found in offered


def test_completion_outside_a_workspace_is_silent(tmp_path):
    """Where there is no workspace nothing is offered, and nothing is said."""
    asked = {"_REGARD_COMPLETE": "bash_complete", "COMP_WORDS": "regard ask cs", "COMP_CWORD": "2"}
    done = subprocess.run(RUN, env=os.environ | asked, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr.strip()) == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_name_the_command(run, shell):
    """Each shell gets its script."""
    told = run("completion", shell)
    assert told.code == 0
    assert "_REGARD_COMPLETE" in told.out
