"""Readers: a place to read from becomes parts (a file, a sheet, a query), each a stream of raw rows of bounded size."""

from regard.sources.readers.parts import (
    CHUNK_ROWS as CHUNK_ROWS,
    Part as Part,
    Room as Room,
    bracketed as bracketed,
    hidden as hidden,
)
from regard.sources.readers.places import parts as parts
