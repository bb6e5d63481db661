"""What a request costs, in request units: the model, in one table.

The figures follow Microsoft's published ones: a point read of 1 KB is 1 RU and of 100 KB 10 RU, an insert of 1 KB
without indexes about 5 RU, a replace about twice an insert, a query starts near 3 RU. Reads are doubled, because the
account's consistency is Strong. The service's own charges differ in detail; two ways of doing something compare alike.
"""

from dataclasses import dataclass

_KB = 1024
_STRONG_READ = 2.0


@dataclass(frozen=True, slots=True)
class _Cost:
    base: float
    each_kb: float


# (RU for the first KB, RU for every further KB)
TABLE = {
    "read": _Cost(1.0, 0.09),
    "create": _Cost(5.5, 0.5),
    "replace": _Cost(10.5, 1.0),
    "delete": _Cost(5.5, 0.5),
    "query": _Cost(2.3, 0.05),
    "change feed": _Cost(1.0, 0.05),
    "metadata": _Cost(1.0, 0.0),
}
_EACH_UNIQUE_KEY = 1.0
_EACH_ROW_READ = 0.03
_REFUSED_WRITE = 1.5


def _sized(kind: str, size: int) -> float:
    cost = TABLE[kind]
    return cost.base + cost.each_kb * max(0.0, size / _KB - 1)


def point_read(size: int) -> float:
    return _sized("read", size) * _STRONG_READ


def write(kind: str, size: int, *, unique_keys: int = 0) -> float:
    """`kind` is create, replace or delete; an upsert or a patch is one of them."""
    return _sized(kind, size) + unique_keys * _EACH_UNIQUE_KEY


def refused_write() -> float:
    return _REFUSED_WRITE


def query(rows_read: int, size: int) -> float:
    return (_sized("query", size) + rows_read * _EACH_ROW_READ) * _STRONG_READ


def change_feed(rows: int, size: int) -> float:
    return _sized("change feed", size) + rows * _EACH_ROW_READ


def metadata() -> float:
    return TABLE["metadata"].base
