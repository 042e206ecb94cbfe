"""Draw what a command prints in a terminal as an SVG: the picture of the README is the product's own output.

Usage: python scripts/picture.py docs/images/scorecard.svg COMMAND [ARGUMENT...]
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

WIDTH = 150


def draw(command: list[str]) -> str:
    """Run the command as in a terminal of fixed width and return its output as SVG; raises when it fails."""
    terminal = {"COLUMNS": str(WIDTH), "FORCE_COLOR": "1", "TERM": "xterm-256color"}
    done = subprocess.run(command, env=os.environ | terminal, capture_output=True, text=True, check=True)
    with Path(os.devnull).open("w") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        console.print(Text.from_ansi(done.stdout))
    svg = console.export_svg(title=" ".join([Path(command[0]).name, *command[1:]]))
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)  # a picture that fetches nothing


if __name__ == "__main__":
    target, *asked = sys.argv[1:]
    Path(target).write_text(draw(asked))
    print(f"wrote {target}")
