"""The engine's face: run a query on one container's table page by page, or plan it for several ranges."""

import json
import sqlite3
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import is_aggregate
from embedded_cosmos.sql.columns import Path
from embedded_cosmos.sql.computed import check_definition, with_computed
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.indexes import is_large, ranges
from embedded_cosmos.sql.key_values import key_values
from embedded_cosmos.sql.keyset import Key
from embedded_cosmos.sql.narrowing import Bound, Narrower
from embedded_cosmos.sql.order import order_keys
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.planning import needs_plan, plan
from embedded_cosmos.sql.projection import NO_SQL, result_sql
from embedded_cosmos.sql.reading import Matches, Reader, ResultReader, Source
from embedded_cosmos.sql.resuming import ResumeFilter
from embedded_cosmos.sql.run import Page, Run
from embedded_cosmos.sql.scope import Closure
from embedded_cosmos.sql.selection import Expansion, is_joined, root_of, root_scope
from embedded_cosmos.sql.utilization import Utilization, utilization

__all__ = [
    "Page",
    "ResumeFilter",
    "Source",
    "SqlError",
    "Unsupported",
    "Utilization",
    "check_definition",
    "execute",
    "finds",
    "key_values",
    "needs_plan",
    "plan",
    "utilization",
]


def execute(  # noqa: PLR0913 - all that says which page it is
    db: sqlite3.Connection,
    source: Source,
    text: str,
    parameters: Mapping[str, Any],
    *,
    page_size: int | None,
    after: Any | None,
    resume: ResumeFilter | None = None,
) -> Page:
    """One page of a query's results; `after` is what the page before it said.

    `resume` is where a client that merges ranges left off in this one; it counts for the first page.
    """
    query = _with_source(parse(text))
    run, keys = _prepared(db, source, query, parameters, after=after)
    if after is None and resume is not None:
        after = resume.token(keys)
    return run.page(page_size, after)


def finds(text: str, document: Any) -> bool:
    """Whether a query without parameters, which only joins and filters, finds this document."""
    expand, matches = _filter_of(text)
    return any(matches is None or matches(row) is True for row in expand([document]))


@lru_cache(256)
def _filter_of(text: str) -> tuple[Expansion, Closure | None]:
    query = parse(text)
    nested = isinstance(query.bindings[0].path, nodes.Subquery)
    if query.group_by or query.order_by or query.offset is not None or nested:
        raise Unsupported("A predicate with more than FROM, JOIN and WHERE")
    expand, scope = root_scope(query, {})
    return expand, scope.compile(query.where) if query.where else None


def _with_source(query: nodes.Query) -> nodes.Query:
    """Without FROM there is one row, which has no names."""
    if query.bindings:
        return query
    one = nodes.Query(nodes.Select("value", (nodes.SelectItem(nodes.Constant(1), None),), False, None), *_NOTHING_ELSE)
    nothing = nodes.Binding("", nodes.Subquery("array", one), each=True, at=(0, 0))
    return nodes.Query(query.select, (nothing,), query.where, query.group_by, (), query.offset, query.limit)


_NOTHING_ELSE: Any = ((), None, (), (), None, None)


def _prepared(  # noqa: PLR0913 - what `execute` takes
    db: sqlite3.Connection,
    source: Source,
    query: nodes.Query,
    parameters: Mapping[str, Any],
    *,
    after: Any | None = None,
    whole: bool = False,
) -> tuple[Run, list[Key]]:
    """The query, and the keys that it is read by. `whole`: it is read in one page."""
    query = with_computed(query, source.computed)
    expand, scope = root_scope(query, parameters)
    aggregate = is_aggregate(query)
    matches = Matches(scope, query.where if not is_joined(query) else None)
    path = query.bindings[0].path
    if isinstance(path, nodes.Subquery):
        if query.order_by:
            raise Unsupported("ORDER BY over a subquery in FROM")
        results = _results(db, source, path.query, parameters, matches)
        return Run(query, scope, expand, results, aggregate=aggregate), []
    root = root_of(query)
    narrowing = Narrower(scope, root).narrow(query.where)
    # What is wrong with the condition is said even where there is no document to try it on.
    _ = matches.closure
    # Where an aggregate makes one row of all documents, they are read in the order of their creation.
    keys = [] if aggregate else order_keys(query, root, source.policy)
    if not (keys or aggregate or whole or query.select.distinct):
        keys = _order_of_index(db, source, narrowing.bounds, after)
    result = NO_SQL if aggregate else result_sql(query)
    reader = Reader(db, source, narrowing, keys, matches, result=result)
    return Run(query, scope, expand, reader, aggregate=aggregate), keys


def _order_of_index(db: sqlite3.Connection, source: Source, bounds: dict[Path, Bound], after: Any | None) -> list[Key]:
    """Of a range in a large table, the key by which its index finds it; of all else none, which is creation's order.

    In that order, every page would look at all that matches. A query keeps the order that its first page began in,
    though its table grows meanwhile.
    """
    keys = ranges(bounds)
    if after is not None:
        return keys if isinstance(after, dict) and after.get("k") else []
    return keys if keys and is_large(db, source.table) else []


def _results(
    db: sqlite3.Connection, source: Source, query: nodes.Query, parameters: Mapping[str, Any], matches: Matches
) -> ResultReader:
    """What a subquery in FROM yields, as a whole."""
    if not query.bindings:
        return ResultReader([1], 0, matches)
    run, _ = _prepared(db, source, query, parameters, whole=True)
    page = run.page(None, None)
    return ResultReader([json.loads(row) for row in page.rows], page.read, matches)
