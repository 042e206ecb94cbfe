"""Editions: what is done to a workbook that is written, so that it can do more, or shows less."""
