"""What a request costs, in request units: the model, after figures that Microsoft publishes.

They are in "Understand request units consumption in Azure Cosmos DB" (April 2026): what reads and writes cost by the
size of the document; 0.2 RU for each indexed term that a write puts in or takes out; a replace deletes one document
and inserts another; a patch costs 0.4 RU more for each property; a page of the change feed costs what its documents
cost to read. Queries have no published price beyond "starts near 3 RU". Reads are doubled, because the account's
consistency is Strong, except those that ask for a level weaker than Bounded Staleness. The service's own charges differ
in detail; two ways of doing something compare alike.
"""

from bisect import bisect_left
from collections.abc import Sequence

_KB = 1024
_STRONG_READ = 2.0

# (KB, RU to read a document of that size, RU to write one without indexes)
BY_SIZE = (
    (1, 1.00, 4.95),
    (2, 1.04, 6.29),
    (4, 1.14, 6.67),
    (8, 1.33, 7.04),
    (16, 1.67, 9.52),
    (32, 2.19, 11.23),
    (64, 4.76, 22.67),
    (128, 9.95, 48.19),
    (256, 20.28, 98.29),
    (512, 40.95, 184.57),
    (1024, 145.90, 625.00),
    (2048, 291.80, 1250.00),
)
_SIZES, _READS, _WRITES = ([row[column] for row in BY_SIZE] for column in range(3))
EACH_TERM = 0.2
EACH_PATCHED_PROPERTY = 0.4
_EACH_UNIQUE_KEY = 1.0
_QUERY = 2.3
_QUERY_EACH_KB = 0.05
_EACH_ROW_READ = 0.03
_REFUSED_WRITE = 1.5
_METADATA = 1.0


def _sized(prices: Sequence[float], size: float) -> float:
    """The price of so many bytes: between two sizes of the table in proportion, below the first one as the first."""
    kilobytes = size / _KB
    place = bisect_left(_SIZES, kilobytes)
    if place == 0:
        return prices[0]
    if place == len(_SIZES):
        return prices[-1]
    share = (kilobytes - _SIZES[place - 1]) / (_SIZES[place] - _SIZES[place - 1])
    return prices[place - 1] + share * (prices[place] - prices[place - 1])


def point_read(size: float) -> float:
    return _sized(_READS, size) * _STRONG_READ


def create(size: float, *, terms: int = 0, unique_keys: int = 0) -> float:
    """`terms`: how many values of the document are indexed."""
    return _sized(_WRITES, size) + terms * EACH_TERM + unique_keys * _EACH_UNIQUE_KEY


def replace(before: float, after: float, *, terms: int = 0, unique_keys: int = 0) -> float:
    """From one size to the other; `terms`: how many indexed values are taken out, and put in."""
    return delete(before) + create(after, terms=terms, unique_keys=unique_keys)


def patched(properties: int) -> float:
    """What a patch costs more than a replace."""
    return properties * EACH_PATCHED_PROPERTY


def delete(size: float, *, terms: int = 0) -> float:
    return _sized(_WRITES, size) + terms * EACH_TERM


def refused_write() -> float:
    return _REFUSED_WRITE


def query(rows_read: float, size: float) -> float:
    kilobytes = max(0.0, size / _KB - 1)
    return (_QUERY + _QUERY_EACH_KB * kilobytes + rows_read * _EACH_ROW_READ) * _STRONG_READ


def of_read(charge: float, *, relaxed: bool) -> float:
    """What a point read or a query is charged: half, if it asks for a level that one replica can answer."""
    return charge / _STRONG_READ if relaxed else charge


def change_feed(rows: float, size: float) -> float:
    """A page of so many documents, which are so large together; an empty one costs as much as one document."""
    return max(_READS[0], rows * _sized(_READS, size / rows)) if rows else _READS[0]


def metadata() -> float:
    return _METADATA
