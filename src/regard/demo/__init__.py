"""The example company *Harbor*: a shop for small boats that never was, written down as its tools would export it.

What only this room may do: invent data. It writes raw files of the kinds that real tools export, a workspace of text
that reads them, and `planted.json`, the truth about what was put where. Every draw comes from a seed and the story
ends on a fixed day, so two people who make Harbor hold the same bytes in their hands.
"""

from regard.demo.harbor import Harbor as Harbor, generate as generate, make as make
