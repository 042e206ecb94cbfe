"""Workbooks: the nouns of a workbook, the sheets, and the one file that writes them. Knows neither engine nor lake."""

from regard.excel.book import (
    Book as Book,
    Cell as Cell,
    Chart as Chart,
    Column as Column,
    Condition as Condition,
    Formula as Formula,
    Input as Input,
    Link as Link,
    Range as Range,
    Series as Series,
    Sheet as Sheet,
    Sparkline as Sparkline,
    Table as Table,
    Validation as Validation,
    address as address,
)
from regard.excel.write import write as write
