"""What a workbook must be so that Excel opens it without a word of repair: ECMA-376 and Excel's own limits.

Microsoft Excel cannot be run in tests. What it refuses or repairs is written down in the standard (ECMA-376 part 1,
chapters 18 and 22) and in its list of limits, and can be looked at: names, references between parts, the functions that
formulas use, lengths, overlaps. Nothing here knows the library that wrote the file.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
from collections import Counter
from xml.etree import ElementTree as ET

from regard.excel.read import place
from regard.excel.tokens import tokens

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
SPARK = "{http://schemas.microsoft.com/office/spreadsheetml/2009/9/main}"
CELLS = "{http://schemas.microsoft.com/office/excel/2006/main}"
TO = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
WORDS = """
    ABS AND AVERAGE AVERAGEIFS CHOOSE COUNT COUNTIF COUNTIFS DATE EDATE EOMONTH EXP FREQUENCY HYPERLINK IF IFERROR INDEX
    INT ISERROR ISNUMBER ISTEXT LARGE LEFT LEN LN LOG LOWER MATCH MAX MEDIAN MID MIN MOD MONTH N NA NETWORKDAYS NOT OR
    PERCENTILE POWER RANK RIGHT ROUND ROUNDDOWN ROUNDUP ROW ROWS SIGN SMALL SQRT SUM SUMIF SUMIFS SUMPRODUCT SUMSQ
    TEXT TRIM TRUE FALSE VALUE WEEKDAY YEAR
"""
SAFE = frozenset(WORDS.split())
"""Functions of every Excel since 2007 that the product may use; none of them is volatile."""
SINCE_2010 = frozenset(
    (
        *("NORM.S.DIST", "NORM.S.INV", "T.INV.2T", "T.DIST.2T", "PERCENTILE.INC", "PERCENTILE.EXC", "RANK.EQ"),
        *("STDEV.S", "VAR.S"),
    )
)
"""Functions of Excel since 2010, which files write with a prefix."""
PREFIX = "_xlfn."
CELL_LIKE = re.compile(r"(?:[A-Z]{1,3}[0-9]+|R[0-9]*C[0-9]*|R|C)\Z", re.IGNORECASE)
LEGAL = re.compile(r"[^\W\d][\w.\\]*\Z")
LONGEST = {
    "formula": 8192,
    "text": 32_767,
    "list": 255,
    "promptTitle": 32,
    "prompt": 255,
    "errorTitle": 32,
    "error": 255,
}
MOST = {"cellXfs": 64_000, "fonts": 1_024, "numFmts": 250}
WIDEST, TALLEST = 255.0, 409.5
ROWS = 1_048_576


def problems(path, extra=()):
    """Yield everything about a file that Excel would refuse, repair or not know; `extra` functions are its own."""
    with zipfile.ZipFile(path) as package:
        yield from map(str, _Look(package, frozenset(extra)).everything())


class _Look:
    """One file, looked at."""

    def __init__(self, package, extra):
        self.package, self.extra = package, extra
        self.parts = {one.filename for one in package.infolist()}
        self.trees = {}
        self.names = {}

    def tree(self, part):
        if part not in self.trees:
            self.trees[part] = ET.fromstring(self.package.read(part))  # noqa: S314 - files of these tests
        return self.trees[part]

    def everything(self):
        yield from self.packaging()
        book = self.tree("xl/workbook.xml")
        self.sheets = self.sheet_parts(book)
        yield from self.sheet_names(book)
        yield from self.defined_names(book)
        yield from self.tables()
        yield from self.styles()
        yield from self.texts()
        for name, part in self.sheets.items():
            yield from (f"{name}: {what}" for what in self.sheet(part))

    def relations(self, part):
        """Return id -> part, or "" for what is outside."""
        folder, name = posixpath.split(part)
        rels = f"{folder}/_rels/{name}.rels"
        if rels not in self.parts:
            return {}
        return {
            one.get("Id"): ""
            if one.get("TargetMode") == "External"
            else posixpath.normpath(
                posixpath.join("" if one.get("Target").startswith("/") else folder, one.get("Target"))
            ).lstrip("/")
            for one in self.tree(rels)
        }

    def packaging(self):
        """Every part has a type and is there once; every relation leads to a part of the package."""
        twice = Counter(one.filename.lower() for one in self.package.infolist())
        yield from (f"part {name} is there {count} times" for name, count in twice.items() if count > 1)
        types = self.tree("[Content_Types].xml")
        defaults = {one.get("Extension").lower() for one in types if one.tag.endswith("Default")}
        overrides = [one.get("PartName").lstrip("/") for one in types if one.tag.endswith("Override")]
        yield from (f"content type of {name}, which is not there" for name in overrides if name not in self.parts)
        for part in self.parts - {"[Content_Types].xml"} - set(overrides):
            if part.rpartition(".")[2].lower() not in defaults:
                yield f"part {part} has no content type"
        for rels in (part for part in self.parts if part.endswith(".rels")):
            folder, _, name = rels.rpartition("_rels/")
            for key, target in self.relations(folder + name.removesuffix(".rels")).items():
                if target and target not in self.parts:
                    yield f"{rels}: {key} leads to {target}, which is not there"
                if not target:
                    yield f"{rels}: {key} leads outside"

    def sheet_parts(self, book):
        relations = self.relations("xl/workbook.xml")
        return {one.get("name"): relations[one.get(TO)] for one in book.iter(f"{MAIN}sheet")}

    def sheet_names(self, book):
        names = [one.get("name") for one in book.iter(f"{MAIN}sheet")]
        yield from (f"two sheets '{name}'" for name, n in Counter(map(str.lower, names)).items() if n > 1)
        for name in names:
            if not 0 < len(name) <= 31 or re.search(r"[\[\]:*?/\\]", name) or name[0] == "'" or name[-1] == "'":
                yield f"'{name}' cannot be the name of a sheet"
            if name.lower() == "history":
                yield "a sheet cannot be called History"
        ids = [one.get("sheetId") for one in book.iter(f"{MAIN}sheet")]
        if len(set(ids)) < len(ids):
            yield "two sheets have one id"
        if all(one.get("state", "visible") != "visible" for one in book.iter(f"{MAIN}sheet")):
            yield "no sheet is visible"

    def defined_names(self, book):
        seen = Counter()
        for one in book.iter(f"{MAIN}definedName"):
            name = one.get("name")
            seen[name.lower(), one.get("localSheetId")] += 1
            self.names[name.lower()] = one.text
            if name.startswith("_xlnm."):
                continue
            if not LEGAL.match(name) or CELL_LIKE.match(name) or len(name) > 255:
                yield f"'{name}' cannot be a name"
            yield from (f"name {name}: {what}" for what in self.formula(one.text))
        yield from (f"the name {name} is defined {count} times" for name, count in seen.items() if count > 1)

    def tables(self):
        """Names and ids of tables are theirs alone; heads are texts of the sheet, each once."""
        found = [(part, self.tree(part)) for part in sorted(self.parts) if re.match(r"xl/tables/\w+\.xml", part)]
        for attribute in ("id", "name", "displayName"):
            # The standard lets a table do without a name, not without what is displayed for it.
            values = [tree.get(attribute) for _, tree in found]
            if None in values and attribute != "name":
                yield f"a table without {attribute}"
            twice = Counter(value.lower() for value in values if value)
            yield from (f"{count} tables have the {attribute} {value}" for value, count in twice.items() if count > 1)
        for part, tree in found:
            name = tree.get("displayName")
            if name.lower() in self.names:
                yield f"{name} is a table and a name"
            if CELL_LIKE.match(name) or not LEGAL.match(name):
                yield f"'{name}' cannot be the name of a table"
            heads = [one.get("name") for one in tree.iter(f"{MAIN}tableColumn")]
            yield from (f"{part}: two heads '{h}'" for h, n in Counter(map(str.lower, heads)).items() if n > 1)
            first, last = (place(cell) for cell in tree.get("ref").split(":"))
            if last[1] - first[1] + 1 != len(heads):
                yield f"{part}: {len(heads)} heads over {tree.get('ref')}"
            if last[0] <= first[0]:
                yield f"{part}: no row under its heads"
            if any(len(head) > 255 for head in heads):
                yield f"{part}: a head of more than 255 characters"

    def styles(self):
        tree = self.tree("xl/styles.xml")
        for name, most in MOST.items():
            found = tree.find(f"{MAIN}{name}")
            if found is not None and len(found) > most:
                yield f"{len(found)} {name}, of at most {most}"
        self.looks = len(tree.find(f"{MAIN}cellXfs"))

    def texts(self):
        if "xl/sharedStrings.xml" not in self.parts:
            return
        for one in self.tree("xl/sharedStrings.xml"):
            text = "".join(part.text or "" for part in one.iter(f"{MAIN}t"))
            if len(text) > LONGEST["text"]:
                yield f"a text of {len(text)} characters: {text[:40]}"

    # -- a sheet -----------------------------------------------------------------------------------------------------

    def sheet(self, part):
        tree = self.tree(part)
        yield from self.sizes(tree)
        yield from self.cells(tree)
        yield from self.overlaps(part, tree)
        yield from self.validations(tree)
        for one in tree.iter(f"{MAIN}cfRule"):
            for formula in one.iter(f"{MAIN}formula"):
                yield from self.formula(formula.text)
        yield from self.links(tree)
        for one in tree.iter(f"{SPARK}sparkline"):
            yield from self.formula(one.find(f"{CELLS}f").text)
            place(one.find(f"{CELLS}sqref").text)
        drawings = [target for target in self.relations(part).values() if "/drawings/drawing" in target]
        for chart in (chart for drawing in drawings for chart in self.relations(drawing).values()):
            for node in self.tree(chart).iter():
                if node.tag.endswith("}f"):
                    yield from self.formula(node.text)

    def links(self, tree):
        links = list(tree.iter(f"{MAIN}hyperlink"))
        if len(links) > 65_530:
            yield f"{len(links)} links"
        for one in links:
            if one.get(TO):
                yield f"a link that leads outside at {one.get('ref')}"
            else:
                yield from self.formula(one.get("location"))

    def sizes(self, tree):
        for column in tree.iter(f"{MAIN}col"):
            if not 0 <= float(column.get("width", 9)) <= WIDEST:
                yield f"columns {column.get('min')} to {column.get('max')} are {column.get('width')} wide"
        last = 0
        for row in tree.iter(f"{MAIN}row"):
            number = int(row.get("r"))
            if not last < number <= ROWS:
                yield f"row {number} after row {last}"
            last = number
            if float(row.get("ht", 15)) > TALLEST:
                yield f"row {number} is {row.get('ht')} points tall"

    def cells(self, tree):
        seen = set()
        for cell in tree.iter(f"{MAIN}c"):
            at = cell.get("r")
            if at in seen:
                yield f"{at} is there twice"
            seen.add(at)
            if int(cell.get("s", 0)) >= self.looks:
                yield f"{at} has style {cell.get('s')} of {self.looks}"
            formula = cell.find(f"{MAIN}f")
            if formula is not None:
                yield from (f"{at}: {what}" for what in self.formula(formula.text or ""))
                if cell.find(f"{MAIN}v") is None:
                    yield f"{at} has no cached value"
                if cell.get("t") == "e":
                    yield f"{at} shows an error"

    def overlaps(self, part, tree):
        """Cells that are one, tables and filters lie apart from each other."""
        areas = [("cells made one", one.get("ref")) for one in tree.iter(f"{MAIN}mergeCell")]
        tables = [target for target in self.relations(part).values() if target.startswith("xl/tables/")]
        areas += [("table", self.tree(target).get("ref")) for target in tables]
        taken = {}
        for what, area in areas:
            (top, left), (bottom, right) = (place(cell) for cell in area.split(":"))
            yield from (
                f"{what} {area} and {other} overlap"
                for other, (first, from_, last, to) in taken.items()
                if first <= bottom and last >= top and from_ <= right and to >= left
            )
            taken[area] = (top, left, bottom, right)

    def validations(self, tree):
        found = list(tree.iter(f"{MAIN}dataValidation"))
        if len(found) > 65_534:
            yield f"{len(found)} validations"
        for one in found:
            for name in ("promptTitle", "prompt", "errorTitle", "error"):
                if len(one.get(name, "")) > LONGEST[name]:
                    yield f"{name} of {len(one.get(name))} characters at {one.get('sqref')}"
            for formula in one:
                text = formula.text or ""
                if text.startswith('"') and len(text) - 2 > LONGEST["list"]:
                    yield f"a list of {len(text)} characters at {one.get('sqref')}"
                elif not text.startswith('"'):
                    yield from self.formula(text)

    def formula(self, text):
        """Yield what Excel would not take in a formula."""
        if len(text) > LONGEST["formula"]:
            yield f"a formula of {len(text)} characters"
        if "[@" in text:
            yield f"[@ stands for a row only on the screen: {text[:60]}"
        depth = most = 0
        for token in tokens(text):
            depth += (token.text == "(") - (token.text == ")")
            most = max(most, depth)
            what = self.unknown(token)
            if what:
                yield f"{what}: {text[:60]}"
        if most > 64:
            yield f"{most} brackets in each other"

    def unknown(self, token):
        """Return what Excel would not know or take of a piece of a formula, or ""."""
        if token.sort == "function":
            plain = token.text.removeprefix(PREFIX)
            later = plain in SINCE_2010 and plain != token.text
            return "" if token.text in SAFE | self.extra or later else f"function {token.text}"
        if token.sort == "sheet":
            sheet = token.text.removesuffix("!").removeprefix("'").removesuffix("'").replace("''", "'")
            return "" if sheet in self.sheets else f"there is no sheet '{sheet}'"
        refused = {"outside": "reads from another file", "columns": "whole columns", "rows": "whole rows"}
        return refused.get(token.sort, f"the error {token.text}" if token.sort == "error" else "")
