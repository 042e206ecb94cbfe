"""Measures regard against hand-written SQL and pandas: `make bench`, or `python -m bench --small` for a quick look."""
