"""Which column of a file is meant by a name: the one that is called so, or, in a file that nobody knows, says the same.

Names are compared by their letters and digits alone. Those of a layout (`recognise.Recogniser.about`) are compared by
words: words of the trade say nothing (`Ticket created at` is `created`), and some mean the same (`words.yaml`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files
from typing import TYPE_CHECKING
from unicodedata import combining, normalize

from regard.catalog import Field as Known, Record, Sort, read, read_yaml
from regard.errors import AuthorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from regard.errors import Mistake
    from regard.sources.arrival.profile import Column

EMAIL = "$email"
"""Stands in a layout for the column that holds addresses, whatever it is called."""
WORDS = Record(
    name="words of headers",
    fields={
        "noise": Known(sort=Sort.TEXTS, required=True, means="words that say nothing"),
        "same": Known(sort=Sort.ANY, required=True, means="word -> words that mean the same"),
        "units": Known(sort=Sort.ANY, required=True, means="unit of time -> how it is written"),
        "staff": Known(sort=Sort.TEXTS, required=True, means="words for who works here"),
        "no_order": Known(sort=Sort.TEXTS, required=True, means="states in which an order is none"),
        "answers": Known(sort=Sort.ANY, required=True, means="points of five -> answers in words"),
        "measures": Known(sort=Sort.ANY, required=True, means="what a question measures -> words that say so"),
        "from_zero": Known(sort=Sort.TEXTS, required=True, means="what is measured from 0 where to 10"),
        "unsaid": Known(sort=Sort.TEXTS, required=True, means="answers that are none"),
    },
)
PART = re.compile(r"[a-z]+|[A-Z]+(?![a-z])|[A-Z][a-z]+|\d+(?:st)?|[^\W\d_a-zA-Z]+")
ENDS = re.compile(r"(?<![^\W_])([01]) ?(?:-|\u2013|_|to|\.\.) ?(100|10|[3-9])(?![^\W_])")
"""The ends of a scale in a header: `(0-10)`, `score_0_10`, `1 to 5`."""
TIMES = frozenset({"date", "time", "datetime", "timestamp"})
"""Words that say nothing beside others, and something alone: `Fecha del pedido` is a date."""
ALONE = frozenset({"id", "name", "n", "number", "key", "email", "status", "type"})
"""Last names of a path that mean what stands before them."""
BRACKETS = re.compile(r"\([^)]*\)|\[[^\]]*\]")


@dataclass(frozen=True, slots=True)
class Words:
    """The words of headers.

    Attributes:
        noise: words that say nothing.
        same: word -> the one that is used for it, or several that it says: `Bestelldatum` is `order date`.
        units: word -> unit of time.
        staff: words for who works here.
        no_order: states in which an order is none.
        answers: answer in words -> its points of five.
        measures: word -> what a question measures.
        from_zero: what is measured from 0 where to 10.
        unsaid: answers that are none.
    """

    noise: frozenset[str]
    same: Mapping[str, str]
    units: Mapping[str, str]
    staff: frozenset[str]
    no_order: frozenset[str]
    answers: Mapping[str, int]
    measures: Mapping[str, str]
    from_zero: frozenset[str]
    unsaid: frozenset[str]


@cache
def known_words() -> Words:
    """Return the words that ship.

    Raises:
        AuthorError: their file has mistakes.
    """
    mistakes: list[Mistake] = []
    with as_file(files("regard.sources.arrival") / "words.yaml") as path:
        [document] = read_yaml(path, mistakes)
    written = read(document.root, WORDS, mistakes)
    if mistakes:
        raise AuthorError(mistakes)
    return Words(
        noise=frozenset(written.texts("noise")),
        same=_turned(document.data, "same"),
        units=_turned(document.data, "units"),
        staff=frozenset(written.texts("staff")),
        no_order=frozenset(written.texts("no_order")),
        answers={word: int(points) for word, points in _turned(document.data, "answers").items()},
        measures=_turned(document.data, "measures"),
        from_zero=frozenset(written.texts("from_zero")),
        unsaid=frozenset(written.texts("unsaid")),
    )


def _turned(data: object, name: str) -> dict[str, str]:
    """Return word -> what it stands for, of a field of texts."""
    listed = data.get(name) if isinstance(data, dict) else None
    return {str(word): str(key) for key, words in (listed or {}).items() for word in words}


def folded(header: str) -> str:
    """Return a header by its letters and digits alone: `Created At` and `created_at` are one."""
    return re.sub(r"[\W_]+", "", header.casefold())


def choices(text: str) -> tuple[str, ...]:
    """Return the names of `a | b`."""
    return tuple(name.strip() for name in text.split("|"))


@cache
def words(header: str) -> frozenset[str]:
    """Return the words of a header without accents, each as those that are used for it."""
    same = known_words().same
    plain = "".join(sign for sign in normalize("NFKD", header.replace("-", "_")) if not combining(sign))
    found = (part.casefold() for part in PART.findall(plain))
    return frozenset(part for word in found for part in same.get(word, word).split())


def unit(header: str) -> str:
    """Return the unit of time that a header names, "" for none."""
    units = known_words().units
    return next((units[word] for word in sorted(words(header), key=len, reverse=True) if word in units), "")


def ends(header: str) -> tuple[int, int] | None:
    """Return the ends of the scale that a header names, None for none."""
    found = ENDS.search(header)
    return (int(found[1]), int(found[2])) if found else None


def _said(header: str, about: frozenset[str]) -> frozenset[str]:
    """Return the words of a header that say something; `Order date` of orders says `date`."""
    own = words(header) - about
    return own - known_words().noise or own & TIMES or own


class Headers:
    """The columns of a file, by what they are called.

    Args:
        columns: the columns by name.
        about: words that say nothing in such a file; () where names are compared as they are.
        filled: whether only columns with a value count.
    """

    def __init__(self, columns: Mapping[str, Column], about: Iterable[str] = (), *, filled: bool = True) -> None:
        self.columns = columns
        self.about = frozenset(known_words().same.get(word, word) for word in about)
        self.named = {folded(one.name): one for one in reversed(list(columns.values())) if one.filled or not filled}

    def find(self, text: str, fits: Callable[[Column], bool] = lambda _: True) -> Column | None:
        """Return the first of `a | b` that the file has, None when it has none.

        Args:
            text: the names.
            fits: whether a column could be meant; asked only of one whose words are alike.
        """
        for bares in (OWN, INNER) if self.about else (OWN,):
            for name in choices(text):
                found = self._addresses() if name == EMAIL else self._one(name, fits, bares)
                if found is not None:
                    return found
        return None

    def _one(self, name: str, fits: Callable[[Column], bool], bares: Sequence[Callable[[str], str]]) -> Column | None:
        """Return the column of a name, or of its words, with headers taken as `bares` leave them."""
        found = self.named.get(folded(name))
        if not self.about or (found is not None and fits(found)):
            return found
        wanted = _said(name, frozenset())
        for bare in bares:
            for one in self.named.values():
                header = bare(one.name)
                if wanted in (_said(header, frozenset()), _said(header, self.about)) and fits(one):
                    return one
        return None

    def _addresses(self) -> Column | None:
        """Return the column of e-mail addresses of customers."""
        found = [one for one in self.named.values() if one.personal == "email"]
        return next((one for one in found if not words(one.name) & known_words().staff), None)


def _unbracketed(header: str) -> str:
    return BRACKETS.sub(" ", header)


def _without_unit(header: str) -> str:
    units = known_words().units
    return " ".join(part for part in PART.findall(_unbracketed(header)) if part.casefold() not in units)


def _without_ends(header: str) -> str:
    return ENDS.sub(" ", header)


def _inner(header: str) -> str:
    """Return the last two names of a path: `times.created.at` is `created.at`."""
    return ".".join(header.split(".")[-2:])


def _innermost(header: str) -> str:
    """Return the last name of a path, unless it says nothing alone: `customer.id` is no id of the row."""
    last = header.rpartition(".")[2]
    return header if folded(last) in ALONE else last


OWN = (str, _unbracketed, _without_unit, _without_ends)
"""What a header may be without, as a whole."""
INNER = (_inner, _innermost)
"""Parts of a path: a column that is called so itself comes first, whichever of several names it has."""
