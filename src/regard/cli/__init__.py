"""The command line: commands, options, tables and bars in a terminal. The only room that knows click and rich.

Results go to stdout, everything else (progress, remarks, errors) to stderr, so that a result can be piped.
"""

from regard.cli.app import main as main
