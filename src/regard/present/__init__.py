"""How answers read: numbers, sentences, tables, documents and pictures, as plain strings.

Knows no terminal, no page and no file; whoever draws or writes gets neutral tables, dictionaries
and SVG text from here.
"""
