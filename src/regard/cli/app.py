"""The command `regard`: what all commands share, and what becomes of errors.

Commands are imported when they are called, so that help and completion answer at once.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from regard.cli.terminal import Terminal
from regard.errors import AuthorError, RegardError, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence

    from regard.workspace import Workspace

COMMANDS = (
    "init", "demo", "check", "preview", "load", "ready", "ask", "explain", "show", "audit", "findings", "new",
    "workbook", "incident", "impact", "ledger", "escalation", "report", "improve", "worth", "dose", "lag", "calibrate",
    "serve", "user", "tidy", "completion", "docs",
)  # fmt: skip
"""In the order of help. Each is `command` in the file of its name."""

INTERRUPTED, BROKEN, PIPE = 130, 70, 141
"""Exit codes: as shells give after Ctrl-C (128 + 2); EX_SOFTWARE of sysexits.h; 128 + SIGPIPE."""

HELP = ["-h", "--help"]

WORDS = {
    "1": "a question that cannot be answered, mistakes in files, a source that cannot be read",
    "2": "rows were quarantined above the limit, a load that stopped, or a command typed wrong",
    "3": "something is not installed; the message says how to install it",
    "70": "a mistake of regard itself",
    "130": "Ctrl-C",
}
"""Exit codes in words, for help and reference."""


@dataclass(slots=True)
class State:
    """What every command gets.

    Attributes:
        folder: where to look for a workspace, upwards from there.
        terminal: where to write.
        debug: whether errors show their traceback.
    """

    folder: Path
    terminal: Terminal
    debug: bool = False

    def workspace(self) -> Workspace:
        """Open the workspace.

        Raises:
            RegardError: there is none, or its configuration has mistakes.
        """
        # The engine takes a second to import: not for `--help`.
        return import_module("regard.workspace").Workspace.open(self.folder)  # type: ignore[no-any-return]  # imported by name, for speed


class Lazy(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own signature
        """Return the names of the commands, in the order of help."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - as above
        """Return a command, or None when there is no such one."""
        if cmd_name not in COMMANDS:
            return None
        found: click.Command = import_module(f"regard.cli.{cmd_name}").command
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that was typed; a wrong one gets a suggestion."""
        try:
            return super().resolve_command(ctx, args)
        except click.UsageError as error:
            hint = did_you_mean(args[0], COMMANDS)
            raise click.UsageError(f"{error.message} {hint}".rstrip(), ctx) from None


@click.group(
    cls=Lazy,
    context_settings={"help_option_names": HELP, "max_content_width": 100},
    epilog="Exit codes: " + "; ".join(f"{code} {words}" for code, words in WORDS.items()) + ".",
)
@click.option(
    "-C",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    default=Path(),
    help="Work as if started in DIR; the workspace is the nearest folder at or above it with a regard.toml.",
)
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(version("regard"), prog_name="regard", message="%(prog)s %(version)s")
@click.pass_context
def app(context: click.Context, folder: Path, debug: bool) -> None:
    """Measure customer experience: what customers felt, what they lost, what they did next.

    Begin with `regard demo`, or with `regard init DIR` and your own data.
    """
    context.obj = State(folder=folder, terminal=Terminal.standard(), debug=debug)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and exit with its code; no traceback without `--debug`."""
    typed = list(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app.main(args=typed, prog_name="regard", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read us (head, less) has seen enough; nothing may be written when Python closes stdout.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = PIPE
    except Exception as error:  # the last place where anything can be said politely
        if "--debug" in typed:
            raise
        code = told(error, Terminal.standard())
    sys.exit(code if isinstance(code, int) else 0)


def told(error: Exception, terminal: Terminal) -> int:
    """Say an error on stderr and return the exit code of its class."""
    if isinstance(error, AuthorError):
        terminal.mistakes(error.mistakes)
        return error.exit_code
    if isinstance(error, RegardError):
        terminal.error(str(error))
        return error.exit_code
    terminal.error(f"{type(error).__name__}: {error}")
    terminal.remark("This is a mistake of regard itself, not yours. `regard --debug ...` shows where.")
    return BROKEN


def state(context: click.Context) -> State:
    """Return what `app` put aside for the commands."""
    found: Any = context.find_object(State)
    assert isinstance(found, State)  # noqa: S101 - `app` runs before every command
    return found
