"""The first hour: files of a stranger are looked at, recognised and turned into mappings that a person can read."""

from regard.sources.arrival.arrive import Arrived as Arrived, arrive as arrive, ends as ends
from regard.sources.arrival.choose import (
    Slot as Slot,
    begun as begun,
    chosen as chosen,
    lacking as lacking,
    slots as slots,
)
from regard.sources.arrival.money import currency as currency
from regard.sources.arrival.nouns import Filled as Filled, Line as Line, Question as Question
