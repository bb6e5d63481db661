"""Reading a container in an order, from the start or from behind the last row seen.

"Behind" is a chain of segments, each of which one index range answers: the same keys and a later row, then the same
keys but the last and a later value of that, and so on. A page thus costs what it returns, however deep it lies.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from embedded_cosmos.sql.columns import ID, Column, Path
from embedded_cosmos.sql.conditions import Sql
from embedded_cosmos.sql.narrowing import Bound, Narrowing
from embedded_cosmos.sql.values import NUMBER_RANK


@dataclass(frozen=True)
class Key:
    path: Path
    descending: bool


@dataclass(frozen=True)
class Place:
    """Where a row stands in the order: rank and value of every key, then its number."""

    keys: tuple[tuple[int, Any], ...]
    rid: int


@dataclass(frozen=True)
class Segment:
    """One range to read: its conditions, and ORDER BY's terms without those that are the same throughout it."""

    conditions: list[Sql]
    order: str


def segments(keys: list[Key], narrowing: Narrowing, after: Place | None, *, inclusive: bool) -> Iterator[Segment]:
    """The ranges to read, in order."""
    bounds = narrowing.bounds
    row = f"rid{direction(bool(keys) and keys[0].descending)}"
    if after is None:
        yield Segment(list(conditions(bounds, set())), ",".join([*terms(keys, bounds), row]))
        return
    later = beyond(bool(keys) and keys[0].descending) + ("=" if inclusive else "")
    same_keys = [*pinned(keys, after), *conditions(bounds, paths(keys)), Sql(f"rid{later}?", (after.rid,))]
    yield Segment(same_keys, row)
    for count in range(len(keys) - 1, -1, -1):
        order = ",".join([*terms(keys[count + 1 :], bounds), row])
        others = [*pinned(keys[:count], after), *conditions(bounds, paths(keys[: count + 1]))]
        for found, varying in behind(keys[count], bounds.get(keys[count].path), after.keys[count]):
            yield Segment(
                [*found, *others], ",".join([*(t + direction(keys[count].descending) for t in varying), order])
            )


def behind(key: Key, bound: Bound | None, last: tuple[int, Any]) -> Iterator[tuple[list[Sql], list[str]]]:
    """What comes behind the last value of one key: later values of its type, then other types."""
    column, (kind, value) = Column(key.path), last
    if kind >= NUMBER_RANK and (bound is None or not bound.is_point):
        later = [Sql(f"{column.rank}={kind}"), Sql(f"{column.value}{beyond(key.descending)}?", (value,))]
        yield [*later, *far_end(column, bound, key.descending)], [column.value]
    if bound is None and key.path != ID:
        yield [Sql(f"{column.rank}{beyond(key.descending)}{kind}")], column.varies


def terms(keys: list[Key], bounds: dict[Path, Bound]) -> Iterator[str]:
    """What ORDER BY has to name; what the bounds have fixed is left out, for SQLite sorts by what it finds here."""
    for key in keys:
        bound, column = bounds.get(key.path), Column(key.path)
        varying = column.varies if bound is None else [] if bound.is_point else [column.value]
        yield from (term + direction(key.descending) for term in varying)


def direction(descending: bool) -> str:
    return " DESC" if descending else ""


def beyond(descending: bool) -> str:
    return "<" if descending else ">"


def paths(keys: list[Key]) -> set[Path]:
    return {key.path for key in keys}


def pinned(keys: list[Key], after: Place) -> list[Sql]:
    found: list[Sql] = []
    for key, (kind, value) in zip(keys, after.keys, strict=False):
        column = Column(key.path)
        found += [Sql(f"{column.rank}={kind}"), Sql(f"{column.value}=?", (value,))]
    return found


def far_end(column: Column, bound: Bound | None, descending: bool) -> Iterator[Sql]:
    """The end of the interval that lies ahead; the near one is behind the last row."""
    if bound is None:
        return
    if descending and bound.low is not None:
        yield Sql(f"{column.value}>=?", (bound.low,))
    if not descending and bound.high is not None:
        yield Sql(f"{column.value}<=?", (bound.high,))


def conditions(bounds: dict[Path, Bound], without: set[Path]) -> Iterator[Sql]:
    for path, bound in bounds.items():
        if path not in without:
            yield from bound.conditions(Column(path))


def is_behind(place: Place, other: Place, keys: list[Key]) -> bool:
    """Whether a row comes after another one in the order."""
    for key, mine, its in zip(keys, place.keys, other.keys, strict=True):
        if mine != its:
            return (mine > its) != key.descending
    return place.rid != other.rid and (place.rid > other.rid) != bool(keys and keys[0].descending)
