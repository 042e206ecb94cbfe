"""`regard completion`: what a shell needs to complete commands and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from regard.cli.app import app, state

SHELLS = ("bash", "zsh", "fish")


@click.command("completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    r"""Print the script with which SHELL completes commands and options.

    \b
    bash: regard completion bash > ~/.local/share/bash-completion/completions/regard
    zsh:  regard completion zsh  > a file _regard in a folder of $fpath
    fish: regard completion fish > ~/.config/fish/completions/regard.fish
    """
    found = get_completion_class(shell)
    assert found is not None  # noqa: S101 - each of SHELLS ships with click
    state(context).terminal.raw(found(app, {}, "regard", "_REGARD_COMPLETE").source() + "\n")
