"""Executing a query on one container's table, page by page."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import indexes, nodes
from .aggregates import AggregateScope, has_aggregate
from .columns import Column, path_of
from .errors import SqlError, Unsupported
from .keyset import Key, Place, ordering, segments
from .narrowing import Narrower, Narrowing, Sql
from .parser import parse
from .planning import needs_plan, plan
from .projection import is_whole_document, projector, refuse_unless_single
from .scope import Closure, Row, Scope, count_of
from .values import UNDEFINED, write

__all__ = ["Page", "Source", "SqlError", "Unsupported", "execute", "needs_plan", "plan", "prepare_connection"]

NUL = "\\u0000"


@dataclass(frozen=True)
class Source:
    """The table to read, and the part of it that the request is about."""

    table: str
    where: str
    params: tuple[Any, ...]
    pk_scoped: bool
    policy: Mapping[str, Any]


@dataclass(frozen=True)
class Page:
    """Results as JSON texts; `after` continues behind the last of them; `read` rows were looked at."""

    rows: list[str]
    after: Any | None
    read: int


def prepare_connection(_: sqlite3.Connection) -> None:
    """Nothing needs to be registered: the SQL that is sent uses SQLite's own functions only."""


def execute(
    db: sqlite3.Connection,
    source: Source,
    text: str,
    parameters: Mapping[str, Any],
    *,
    page_size: int | None,
    after: Any | None,
) -> Page:
    """One page of a query's results."""
    query = parse(text)
    run = Run(db, source, query, Scope({binding.alias: 0 for binding in query.bindings}, parameters))
    if has_aggregate(query.select):
        return run.aggregate()
    return run.page(page_size, after)


class Run:
    """One execution of one query."""

    def __init__(self, db: sqlite3.Connection, source: Source, query: nodes.Query, scope: Scope) -> None:
        refuse_later_features(query)
        self.db = db
        self.source = source
        self.query = query
        self.scope = scope
        self.root = query.bindings[0].alias if query.bindings else ""
        self.narrowing: Narrowing = Narrower(scope, self.root).narrow(query.where)
        self.matches = scope.compile(query.where) if query.where else always
        self.keys = self.order_keys()
        self.read = 0

    def order_keys(self) -> list[Key]:
        keys: list[Key] = []
        for item in self.query.order_by:
            path = path_of(item.expression, self.root)
            if path is None:
                raise Unsupported("ORDER BY something else than a path of the item")
            keys.append(Key(path, item.descending))
        if not keys:
            ranges = [path for path, bound in self.narrowing.bounds.items() if not bound.is_point]
            keys = [Key(path, descending=False) for path in ranges[:1]]
        return keys

    def rows(self, after: Place | None, limit: int | None, inclusive: bool = False) -> Iterator[tuple[Place, str, Any]]:
        """Place, text and (where it had to be read) document of each matching row, in order."""
        index = indexes.wanted(self.source.pk_scoped, self.narrowing.bounds, self.keys)
        name = indexes.ensure(self.db, self.source.table, index) if index else None
        for segment in segments(self.keys, self.narrowing, after, inclusive):
            for rid, body, *values in self.fetch(segment, name, limit):
                self.read += 1
                document = UNDEFINED
                if not self.narrowing.exact or NUL in body:
                    document = json.loads(body)
                    if self.matches([document]) is not True:
                        continue
                yield Place(tuple(zip(values[::2], values[1::2], strict=True)), rid), body, document

    def fetch(self, segment: list[Sql], index: str | None, limit: int | None) -> Iterator[Any]:
        conditions = [*segment, *self.narrowing.filters]
        columns = "".join(f",{Column(key.path).rank},{Column(key.path).value}" for key in self.keys)
        where = "".join(f" AND {condition.text}" for condition in conditions)
        statement = (
            f"SELECT rid,body{columns} FROM {self.source.table}{{}} WHERE ({self.source.where}){where}"
            f" ORDER BY {ordering(self.keys, self.narrowing.bounds)}"
        )
        parameters = [*self.source.params, *(value for condition in conditions for value in condition.params)]
        if limit is not None and self.narrowing.exact:
            statement += f" LIMIT {limit}"
        if index is not None:
            try:
                return self.db.execute(statement.format(f" INDEXED BY {index}"), parameters)
            except sqlite3.OperationalError:
                pass
        return self.db.execute(statement.format(""), parameters)

    def page(self, page_size: int | None, after: Any | None) -> Page:
        select = self.query.select
        project: Closure = projector(select, self.scope)
        whole = is_whole_document(self.query)
        top, offset, limit = self.counts()
        remaining = after["n"] if after else least(top, limit)
        skip = 0 if after else offset
        want = least(page_size, remaining)
        place = Place(tuple((kind, value) for kind, value in after["k"]), after["r"]) if after else None
        rows: list[str] = []
        last: Place | None = None
        if want == 0:
            return Page([], None, 0)
        for found, body, document in self.rows(place, None if want is None else want + skip + 1):
            if whole:
                result = body
            else:
                value = project([json.loads(body) if document is UNDEFINED else document])
                if value is UNDEFINED:
                    continue
                result = write(value)
            if skip:
                skip -= 1
                continue
            if len(rows) == want:
                return Page(rows, self.continuation(last, remaining, len(rows)), self.read)
            rows.append(result)
            last = found
            if remaining is not None and len(rows) == remaining:
                break
        return Page(rows, None, self.read)

    def counts(self) -> tuple[int | None, int, int | None]:
        query = self.query
        top = count_of(self.scope, query.select.top, "TOP")
        offset = count_of(self.scope, query.offset, "OFFSET") or 0
        return (top, offset, count_of(self.scope, query.limit, "LIMIT"))

    @staticmethod
    def continuation(last: Place | None, remaining: int | None, given: int) -> Any:
        if last is None:
            return None
        return {"k": last.keys, "r": last.rid, "n": None if remaining is None else remaining - given}

    def aggregate(self) -> Page:
        select = self.query.select
        if select.top is not None or self.query.offset is not None or self.query.order_by:
            raise Unsupported("TOP, OFFSET or ORDER BY with an aggregate")
        scope = AggregateScope(self.scope)
        project = projector(select, scope)
        accumulators = [make() for make in scope.makers]
        for _, body, document in self.rows(None, None):
            row = [json.loads(body) if document is UNDEFINED else document]
            for accumulator in accumulators:
                accumulator.add(row)
        value = project([accumulator.result() for accumulator in accumulators])
        return Page([] if value is UNDEFINED else [write(value)], None, self.read)


def refuse_later_features(query: nodes.Query) -> None:
    if not query.bindings:
        raise Unsupported("a query without FROM")
    refuse_unless_single(query)
    if not isinstance(query.bindings[0].path, nodes.Name):
        raise Unsupported("FROM a path inside the items", *query.bindings[0].at)
    if query.select.distinct:
        raise Unsupported("DISTINCT")
    if query.group_by:
        raise Unsupported("GROUP BY")


def always(_: Row) -> bool:
    return True


def least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)


Project = Callable[[Row], Any]
