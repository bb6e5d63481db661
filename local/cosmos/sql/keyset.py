"""Reading a container in an order, from the start or from behind the last row seen.

"Behind" is a chain of segments, each of which one index range answers: the same keys and a later row, then the same
keys but the last and a later value of that, and so on. A page thus costs what it returns, however deep it lies.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from .columns import Column, Path
from .conditions import Sql
from .narrowing import Bound, Narrowing


@dataclass(frozen=True)
class Key:
    path: Path
    descending: bool


@dataclass(frozen=True)
class Place:
    """Where a row stands in the order: rank and value of every key, then its number."""

    keys: tuple[tuple[int, Any], ...]
    rid: int


def ordering(keys: list[Key], bounds: dict[Path, Bound]) -> str:
    """ORDER BY's terms; what the bounds have fixed is left out, for SQLite sorts by what it finds here."""
    terms: list[str] = []
    for key in keys:
        bound, column, direction = bounds.get(key.path), Column(key.path), word(key.descending)
        if bound is None:
            terms += [term + direction for term in column.varies]
        elif not bound.is_point:
            terms.append(column.value + direction)
    return ",".join([*terms, f"rid{word(bool(keys) and keys[0].descending)}"])


def word(descending: bool) -> str:
    return " DESC" if descending else ""


def beyond(descending: bool) -> str:
    return "<" if descending else ">"


def segments(keys: list[Key], narrowing: Narrowing, after: Place | None, inclusive: bool) -> Iterator[list[Sql]]:
    """The conditions of each range to read, in order."""
    if after is None:
        yield list(conditions(narrowing.bounds, set()))
        return
    row = beyond(bool(keys) and keys[0].descending) + ("=" if inclusive else "")
    yield [*pinned(keys, after), *conditions(narrowing.bounds, paths(keys)), Sql(f"rid{row}?", (after.rid,))]
    for count in range(len(keys) - 1, -1, -1):
        key, (kind, value) = keys[count], after.keys[count]
        column, bound = Column(key.path), narrowing.bounds.get(key.path)
        same = pinned(keys[:count], after)
        others = list(conditions(narrowing.bounds, paths(keys[: count + 1])))
        if bound is None or not bound.is_point:
            later = [Sql(f"{column.rank}={kind}"), Sql(f"{column.value}{beyond(key.descending)}?", (value,))]
            yield [*same, *later, *far_end(column, bound, key.descending), *others]
        if bound is None:
            yield [*same, Sql(f"{column.rank}{beyond(key.descending)}{kind}"), *others]


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
