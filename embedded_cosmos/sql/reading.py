"""Reading matching documents of a container in order: SQLite narrows, what is open is decided on the document."""

import json
import sqlite3
from collections.abc import Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from embedded_cosmos.sql import indexes
from embedded_cosmos.sql.columns import Column, Path
from embedded_cosmos.sql.conditions import HAS_NUL, Sql, either, every
from embedded_cosmos.sql.keyset import Key, Place, Segment, segments
from embedded_cosmos.sql.narrowing import Narrowing
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.scope import Closure, Scope
from embedded_cosmos.sql.values import UNDEFINED

NUL = "\\u0000"


@dataclass(frozen=True)
class Source:
    """The table to read, and the part of it that the request is about."""

    table: str
    where: str
    params: tuple[Any, ...]
    pk_scoped: bool
    policy: Mapping[str, Any]
    computed: Sequence[Mapping[str, Any]] = ()


@dataclass(slots=True)
class Found:
    """A matching document: its text, its result's where SQLite made that, the ranks and values that it is sorted by,
    and, once it was needed, its value.
    """

    rid: int
    body: str
    result: str | None
    sorted_by: list[Any]
    value: Any = UNDEFINED

    @property
    def place(self) -> Place:
        """Where it stands; made only for the few that a page ends at."""
        return Place(tuple(zip(self.sorted_by[::2], self.sorted_by[1::2], strict=True)), self.rid)

    @property
    def document(self) -> Any:
        if self.value is UNDEFINED:
            self.value = json.loads(self.body)
        return self.value


class Matches:
    """The whole condition of a query, for the documents that SQLite can't decide: most queries have none such."""

    def __init__(self, scope: Scope, where: Expr | None) -> None:
        self.scope = scope
        self.where = where

    @cached_property
    def closure(self) -> Closure | None:
        return self.scope.compile(self.where) if self.where else None

    def accepts(self, document: Any) -> bool:
        return self.closure is None or self.closure([document]) is True


class ResultReader:
    """Reads the results of a subquery in FROM as `Reader` reads documents."""

    def __init__(self, results: list[Any], read: int, matches: Matches) -> None:
        self.results = results
        self.read = read
        self.counted = 0
        self.matches = matches
        self.keys: list[Key] = []

    def documents(
        self, after: Place | None = None, *, again: bool = False, limit: int | None = None
    ) -> Iterator[Found]:
        """What matches, behind a place (`again`: or at it); the caller stops at `limit` by itself."""
        del limit
        start = 0 if after is None else after.rid - again
        for place, value in enumerate(self.results[start:], start + 1):
            if self.matches.accepts(value):
                yield Found(place, "", None, [], value)

    def count(self) -> int | None:
        return None


class Reader:
    """Reads one query's documents; `result` is what SQLite is to make of each."""

    def __init__(  # noqa: PLR0913  # all the parts of one statement
        self,
        db: sqlite3.Connection,
        source: Source,
        narrowing: Narrowing,
        keys: list[Key],
        matches: Matches,
        *,
        result: str,
    ) -> None:
        self.db = db
        self.source = source
        self.narrowing = narrowing
        self.keys = keys
        self.matches = matches
        self.result = result
        self.read = 0
        self.counted = 0

    def documents(
        self, after: Place | None = None, *, again: bool = False, limit: int | None = None
    ) -> Iterator[Found]:
        """What matches, behind a place (`again`: or at it); the caller takes no more than `limit`."""
        index = self.index()
        while True:
            for segment in segments(self.keys, self.narrowing, after, inclusive=again):
                stopped = yield from self.matching(segment, index, limit)
                if stopped is not None:
                    after, again = stopped, False
                    break
            else:
                return

    def matching(self, segment: Segment, index: str | None, limit: int | None) -> Generator[Found, None, Place | None]:
        """What matches in one segment; returns a place if SQLite's limit cut it short there, as some did not count."""
        fetched = rejected = 0
        found: Found | None = None
        for found in self.fetch(segment, index, limit):
            fetched += 1
            if (self.narrowing.exact and NUL not in found.body) or self.matches.accepts(found.document):
                yield found
            else:
                rejected += 1
        return found.place if found is not None and rejected and fetched == limit else None

    def count(self) -> int | None:
        """How many documents match, or None if SQLite alone can't tell."""
        if not self.narrowing.exact:
            return None
        (segment,) = segments(self.keys, self.narrowing, None, inclusive=False)
        statement, params = self.statement(f"count(*),coalesce(sum({HAS_NUL}),0)", segment)
        count, doubtful = self.run(statement, params, self.index()).fetchone()
        self.counted += count
        return None if doubtful else int(count)

    @property
    def either_path(self) -> Path | None:
        """The path of an OR that is to be searched by an index of it: nothing else narrows the query or sorts it."""
        alone = not self.keys and not self.narrowing.bounds
        return self.narrowing.either[0] if self.narrowing.either and alone else None

    def index(self) -> str | None:
        index = indexes.wanted(self.source.pk_scoped, self.narrowing.bounds, self.keys, self.either_path)
        return indexes.ensure(self.db, self.source.table, index) if index else None

    def fetch(self, segment: Segment, index: str | None, limit: int | None) -> Iterator[Found]:
        columns = [f"{column.rank},{column.value}" for column in (Column(key.path) for key in self.keys)]
        statement, params = self.statement(",".join(["rid", "body", self.result, *columns]), segment)
        statement += f" ORDER BY {segment.order}"
        if limit is not None and self.narrowing.exact:
            statement += f" LIMIT {limit}"
        for rid, body, result, *values in self.run(statement, params, index):
            self.read += 1
            yield Found(rid, body, result, values)

    def statement(self, columns: str, segment: Segment) -> tuple[str, list[Any]]:
        within = [Sql(f"({self.source.where})", self.source.params), *segment.conditions]
        matching = every(within)
        if self.narrowing.either and self.either_path:
            # The partition stands in each part of the OR: so SQLite searches the index for each of them.
            matching = either([every([*within, interval]) for interval in self.narrowing.either[1]])
        where = every([matching, *self.narrowing.filters])
        return (f"SELECT {columns} FROM {self.source.table}\n WHERE {where.text}", list(where.params))

    def run(self, statement: str, params: list[Any], index: str | None) -> sqlite3.Cursor:
        """With the index if it is still there: another connection may have dropped it."""
        if index is not None:
            try:
                return self.db.execute(statement.replace("\n", f" INDEXED BY {index}", 1), params)
            except sqlite3.OperationalError:
                pass
        return self.db.execute(statement, params)
