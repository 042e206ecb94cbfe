"""The catalogue: metrics, tables, dimensions, choices and policies as written in files, read and resolved."""

from __future__ import annotations
