"""SELECT: what a row becomes."""

import sqlite3
from collections.abc import Callable, Collection
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.columns import Column, Path, path_of
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.scope import Row, Scope
from embedded_cosmos.sql.values import UNDEFINED, write

NO_SQL = "NULL"
# SQLite takes expressions up to a depth; so many are well below.
MOST_PATHS = 100
# `->`, which gives a value as it stands, came with this version.
HAS_ARROW = sqlite3.sqlite_version_info >= (3, 38)


def names_of(select: nodes.Select) -> list[str]:
    """The fields of a list: an alias, a path's last name, or $1, $2 …"""
    names: list[str] = []
    unnamed = 0
    for item in select.items:
        name = item.alias or own_name(item.expression)
        if name is None:
            unnamed += 1
            name = f"${unnamed}"
        if name in names:
            raise Unsupported(f"SELECT that gives the name '{name}' twice")
        names.append(name)
    return names


def own_name(expression: nodes.Expr) -> str | None:
    if isinstance(expression, nodes.Name):
        return expression.name
    if isinstance(expression, nodes.Member) and isinstance(expression.key, nodes.Constant):
        return expression.key.value if isinstance(expression.key.value, str) else None
    return None


def projector(select: nodes.Select, scope: Scope, sources: Collection[str]) -> Callable[[Row], Any]:
    """A function from a row to its result, UNDEFINED if it has none; `sources` are the names that FROM gives."""
    if select.kind == "star":
        if len(sources) != 1:
            raise SqlError("'SELECT *' is only valid with a single input set.")
        (name,) = sources
        return scope.compile(nodes.Name(name, (0, 0)))
    if select.kind == "value":
        return scope.compile(select.items[0].expression)
    fields = [(name, scope.compile(item.expression)) for name, item in zip(names_of(select), select.items, strict=True)]
    return lambda row: {name: found for name, value in fields if (found := value(row)) is not UNDEFINED}


def is_whole_document(query: nodes.Query) -> bool:
    """`SELECT *` or `SELECT VALUE c`: the stored text is the answer."""
    select = query.select
    if not _has_a_row_each(query):
        return False
    if select.kind == "star":
        return True
    expression = select.items[0].expression
    return select.kind == "value" and isinstance(expression, nodes.Name) and expression.name == query.bindings[0].alias


def result_sql(query: nodes.Query) -> str:
    """The SQL of a result's text: of a list of paths, whose values are copied as they stand in the document.

    NO_SQL where the result has to be made otherwise.
    """
    if query.select.kind != "list" or not _has_a_row_each(query) or len(query.select.items) > MOST_PATHS:
        return NO_SQL
    root = query.bindings[0].alias
    paths = [path_of(item.expression, root) for item in query.select.items]
    fields = [_field(name, path) for name, path in zip(names_of(query.select), paths, strict=True) if path]
    return f"'{{'||substr({'||'.join(fields)},2)||'}}'" if HAS_ARROW and len(fields) == len(paths) else NO_SQL


def _has_a_row_each(query: nodes.Query) -> bool:
    first, *others = query.bindings
    return not (others or first.each or query.select.distinct) and isinstance(first.path, nodes.Name)


def _field(name: str, path: Path) -> str:
    """A comma, the name and the value; nothing where there is no such path, for NULL would make NULL of all."""
    label = write(name).replace("'", "''")
    return f"coalesce(',{label}:'||(body->{Column(path).literal}),'')"
