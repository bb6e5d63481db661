"""Computed properties: names of a container that stand for an expression over each item.

A query that names one is read as if it had the expression in that place. `SELECT *` shows none of them, and an item's
own property of that name is not seen, as in the service. ORDER BY one needs an index over it, which does not exist.
"""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import has_aggregate
from embedded_cosmos.sql.errors import SqlError
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.projection import own_name
from embedded_cosmos.sql.selection import root_of


def check_definition(text: str) -> None:
    """SqlError where the query of a computed property is none: `SELECT VALUE` of one expression, FROM the item."""
    query = parse(text)
    others = query.where, query.group_by, query.order_by, query.offset, query.select.top, query.select.distinct
    if query.select.kind != "value" or len(query.bindings) != 1 or not root_of(query) or any(others):
        raise SqlError("The query of a computed property is SELECT VALUE of an expression, FROM the item, and no more.")
    if has_aggregate(query.select) or _holds_subquery(query.select):
        raise SqlError("The query of a computed property has neither aggregates nor subqueries.")


def with_computed(query: nodes.Query, properties: Sequence[Mapping[str, Any]]) -> nodes.Query:
    """The query with the expressions of computed properties in place of their names."""
    root = root_of(query) if query.bindings else ""
    if not properties or not root:
        return query
    known = {str(one["name"]): parse(str(one["query"])) for one in properties}
    select = query.select
    if select.kind == "list":
        items = tuple(replace(item, alias=item.alias or own_name(item.expression)) for item in select.items)
        query = replace(query, select=replace(select, items=items))
    return _Replacer(root, known).replaced(query)  # type: ignore[no-any-return]


class _Replacer:
    def __init__(self, root: str, known: Mapping[str, nodes.Query]) -> None:
        self._root = root
        self._known = known

    def replaced(self, node: Any) -> Any:
        if isinstance(node, tuple):
            return tuple(self.replaced(part) for part in node)
        if not is_dataclass(node) or isinstance(node, type):
            return node
        if isinstance(node, nodes.Member) and isinstance(node.base, nodes.Name) and node.base.name == self._root:
            name = node.key.value if isinstance(node.key, nodes.Constant) else None
            if isinstance(name, str) and name in self._known:
                return nodes.Parenthesis(self._expression(self._known[name]))
        changes = {field.name: self.replaced(getattr(node, field.name)) for field in fields(node) if field.init}
        return replace(node, **changes)

    def _expression(self, query: nodes.Query) -> nodes.Expr:
        """The property's expression, over the name that this query has for the item."""
        own = query.bindings[0].alias
        return _renamed(query.select.items[0].expression, own, self._root)  # type: ignore[no-any-return]


def _renamed(node: Any, old: str, new: str) -> Any:
    if isinstance(node, tuple):
        return tuple(_renamed(part, old, new) for part in node)
    if isinstance(node, nodes.Name):
        return replace(node, name=new) if node.name == old else node
    if not is_dataclass(node) or isinstance(node, type):
        return node
    changes = {field.name: _renamed(getattr(node, field.name), old, new) for field in fields(node) if field.init}
    return replace(node, **changes)


def _holds_subquery(node: Any) -> bool:
    if isinstance(node, nodes.Subquery):
        return True
    if isinstance(node, tuple):
        return any(map(_holds_subquery, node))
    return is_dataclass(node) and any(map(_holds_subquery, vars(node).values()))
