"""Which columns hold ratings, on which scale, and which of their numbers are no ratings but codes for "no answer".

A rating is a number, or a text that says one: `5 - very satisfied`, `4/5`, four stars, or `satisfied` (`words.yaml`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from math import ceil
from typing import TYPE_CHECKING

from regard.sources.arrival.headers import ends, known_words, words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from regard.sources.arrival.profile import Column, Profile

SCALES: Mapping[int, tuple[int, int]] = {
    3: (1, 3), 4: (1, 4), 5: (1, 5), 6: (1, 5), 7: (1, 7), 8: (1, 7), 9: (1, 10), 10: (1, 10), 11: (1, 10),
}  # fmt: skip
"""Greatest number that occurs -> scale. One above a scale in use (6, 8, 11) is a code for "does not apply"."""
TEN = 10
HIGHEST = 12
"""From here on a number among small ones (77, 88, 99, 998) is a code."""
SLIPS_FROM = 50
"""Fewer answers show no slips."""
FEWEST = 3
"""Different ratings that a column must have."""
SAID = re.compile(
    r"\bnps\b|recommend|satisf|overall|effort|rating|score|stars|csat|\bces\b|\brate\b|how (likely|easy|happy|well)",
    re.IGNORECASE,
)
"""A header that says that it is a rating."""
ONE = re.compile(r"(\d{1,2})(?!\d)(?: ?/ ?(\d{1,3}))?\D*\Z|\D*\((\d{1,2})\)\Z")
"""A text that says one number: `5 - Very satisfied`, `4/5`, `Good (4)`."""
STARS = re.compile("[\u2605\u2b50\u272d]+[\u2606]*\\Z")
STAR = "\u2606"
AVERAGED = 0.1
"""Share of ratings that are no halves from which they are means of several answers, and no answers."""
STEM = re.compile(r"\W*([A-Za-z]*\d+|[A-Za-z]+)", re.ASCII)
LETTERS = re.compile(r"\W*([A-Za-z]*)", re.ASCII)
"""How names of questions begin: `Q7` of `Q7ART`; where no three begin so, by the letters alone."""


@dataclass(frozen=True, slots=True)
class Scale:
    """The scale of a question.

    Attributes:
        lo, hi: its ends.
        codes: texts among its answers that are none.
        values: text -> the number that it says, {} where answers are numbers.
    """

    lo: int
    hi: int
    codes: tuple[str, ...] = ()
    values: Mapping[str, int] = field(default_factory=dict)


def scale(column: Column) -> Scale | None:
    """Return the scale of a column of ratings, None when it holds none."""
    if column.kind not in ("whole", "number") or not column.top or averaged(column):
        return _worded(column) if column.kind == "text" else None
    values = {
        text: float(text.replace(",", ".")) for text, count in column.top if _number(text) and count > _slip(column)
    }
    if not values or column.distinct > 101 or any(value != int(value) and value > TEN for value in values.values()):  # noqa: PLR2004 - 0 to 100
        return None
    hundred = max(values.values()) > HIGHEST and sum(value > HIGHEST for value in values.values()) > FEWEST
    small = [value for value in values.values() if hundred or 0 <= value < HIGHEST]
    if not small or len(set(small)) < FEWEST:
        return None
    lo, hi = (0, 100) if hundred and max(small) <= 100 else SCALES.get(ceil(max(small)), (0, 0))  # noqa: PLR2004 - 0 to 100
    if hi == TEN and 0.0 in small:
        lo = 0
    if hi == TEN and from_zero(measured(column.name)):
        lo = 0
    lo, hi = ends(column.name) or (lo, hi)
    if hi == 0:
        return None
    codes = tuple(sorted((text for text, value in values.items() if not lo <= value <= hi), key=float))
    return Scale(lo, hi, codes)


def measured(name: str) -> str:
    """Return what a question measures by a name of it, "" when that does not say."""
    return next((kind for word, kind in known_words().measures.items() if word in words(name)), "")


def from_zero(kind: str) -> bool:
    """Whether a scale of ten begins at 0 when a question measures something."""
    return kind in known_words().from_zero


def averaged(column: Column) -> bool:
    """Whether numbers are means of several answers, such as 4.37: no share of answers can be made of them."""
    if column.kind != "number":
        return False
    counted = [(float(text.replace(",", ".")), count) for text, count in column.top if _number(text)]
    odd = sum(count for value, count in counted if 2 * value % 1)
    return odd > AVERAGED * sum(count for _, count in counted)


def _worded(column: Column) -> Scale | None:
    """Return the scale of a column whose texts say ratings, None when some say none."""
    unsaid = tuple(text for text, _ in column.top if text.casefold() in known_words().unsaid)
    said = [text for text, _ in column.top if text not in unsaid]
    if not said or column.distinct > HIGHEST + FEWEST:
        return None
    stars = {text: (len(text.rstrip(STAR)), len(text)) for text in said if STARS.match(text)}
    points = {text: (number, 5) for text in said if (number := known_words().answers.get(text.casefold()))}
    ones = {text: (int(one[1] or one[3]), int(one[2] or 0)) for text in said if (one := ONE.match(text))}
    found = next((made for made in (ones, stars, points) if len(made) == len(said)), None)
    if found is None or (found is ones and len({number for number, _ in ones.values()}) < 2):  # noqa: PLR2004 - one number is a name
        return None
    values = {text: number for text, (number, _) in found.items()}
    most = max(values.values())
    lo, hi = ends(column.name) or SCALES.get(most, (0, 0))
    hi = max([hi if found is ones else 5, *(out_of for _, out_of in found.values())])
    lo = 0 if 0 in values.values() else max(lo, 1) if not ends(column.name) else lo
    return Scale(lo, hi, unsaid, values) if hi >= most and hi else None


def _slip(column: Column) -> int:
    """Return how often a number may occur and still be a slip: it says nothing about the scale, and is turned away."""
    return max(1, column.filled // 1000) if column.filled >= SLIPS_FROM else 0


def rated(profile: Profile) -> tuple[dict[str, Scale], dict[str, Scale]]:
    """Return the questions of a survey with one column for each: (sure, doubtful), column -> scale.

    Columns of ratings belong together when their names begin alike (`Q7ART`, `Q7FOOD`); a lone one is doubtful, since
    a code for the age group looks like a rating.
    """
    found = {name: made for name, one in profile.columns.items() if not one.personal and (made := _question(one))}
    many = _alike(found, STEM) or _alike(found, LETTERS)
    usual = Counter(found[name].hi for names in many for name in names).most_common(1)
    sure = [name for names in many for name in names if found[name].hi == usual[0][0] and _answered(profile, name)]
    sure += [name for name in found if SAID.search(name)]
    return (
        {name: made for name, made in found.items() if name in sure},
        {name: made for name, made in found.items() if name not in sure},
    )


def _alike(found: Mapping[str, Scale], stem: re.Pattern[str]) -> list[list[str]]:
    """Return groups of columns on one scale whose names begin alike, those that are large enough."""
    groups: dict[tuple[str, int], list[str]] = defaultdict(list)
    for name, made in found.items():
        said = stem.match(name)
        groups[said[1].casefold() if said else name, made.hi].append(name)
    return [names for names in groups.values() if len(names) >= FEWEST]


def _answered(profile: Profile, name: str) -> bool:
    """Whether most rows have a value: a third answer to "what else?" is no question that everybody was asked."""
    return 2 * profile.columns[name].filled >= profile.rows


def _question(column: Column) -> Scale | None:
    made = scale(column)
    if made is not None and made.values:
        return made if made.hi <= TEN else None
    if made is None or made.hi > TEN or (made.hi < 5 and not column.typed):  # noqa: PLR2004 - shorter ones are codes as a rule
        return None
    counted = sum(count for text, count in column.top if text not in made.codes)
    return made if column.filled and counted > 0 and column.distinct <= HIGHEST + FEWEST else None


def codes(scales: Sequence[Scale]) -> tuple[str, ...]:
    """Return the codes of several scales, each once."""
    found = {code for one in scales for code in one.codes}
    return tuple(sorted(found, key=lambda code: (not _number(code), float(code) if _number(code) else 0.0, code)))


def _number(text: str) -> bool:
    try:
        float(text.replace(",", "."))
    except ValueError:
        return False
    return True
