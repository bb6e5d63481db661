"""The engine's face: run a query on one container's table page by page, or plan it for several ranges."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.narrowing import Narrower
from embedded_cosmos.sql.order import order_of
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.planning import needs_plan, plan
from embedded_cosmos.sql.projection import NO_SQL, result_sql
from embedded_cosmos.sql.reading import Matches, Reader, Source
from embedded_cosmos.sql.run import Page, Run, is_aggregate
from embedded_cosmos.sql.selection import is_joined, root_of, root_scope

__all__ = ["Page", "Source", "SqlError", "Unsupported", "execute", "needs_plan", "plan"]


def execute(  # noqa: PLR0913  # the interface that the server was promised
    db: sqlite3.Connection,
    source: Source,
    text: str,
    parameters: Mapping[str, Any],
    *,
    page_size: int | None,
    after: Any | None,
) -> Page:
    """One page of a query's results; `after` is what the page before it said."""
    query = parse(text)
    if not query.bindings:
        raise Unsupported("a query without FROM")
    expand, scope = root_scope(query, parameters)
    joined = is_joined(query)
    root = root_of(query)
    narrowing = Narrower(scope, root).narrow(query.where)
    matches = Matches(scope, query.where if not joined else None)
    if not narrowing.exact:
        # What is wrong with the condition is said even where there is no document to try it on.
        _ = matches.closure
    keys = order_of(query, root, source.policy, narrowing)
    result = NO_SQL if is_aggregate(query) else result_sql(query)
    reader = Reader(db, source, narrowing, keys, matches, result=result)
    return Run(query, scope, expand, reader).page(page_size, after)
