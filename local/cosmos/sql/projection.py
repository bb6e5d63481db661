"""SELECT: what a row becomes."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from . import nodes
from .errors import SqlError, Unsupported
from .scope import Row, Scope
from .values import UNDEFINED


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
    (first, *others), select = query.bindings, query.select
    if others or first.each or not isinstance(first.path, nodes.Name) or select.distinct:
        return False
    if select.kind == "star":
        return True
    expression = select.items[0].expression
    return select.kind == "value" and isinstance(expression, nodes.Name) and expression.name == first.alias
