"""Nodes back to text, in the form that the service's own planner writes: what clients send on to each range."""

import re
from collections.abc import Callable
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.keywords import KEYWORDS
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.values import write

_PLAIN_NAME = re.compile(r"[^\W\d]\w*")
_INDENT = "    "


def printed(expression: Expr) -> str:
    """Every operator stands in parentheses, so that the text means the same wherever it is put."""
    method: Callable[[Any], str] = _PRINTERS[type(expression)]
    return method(expression)


def listed(expressions: tuple[Expr, ...]) -> str:
    return ", ".join(map(printed, expressions))


def fields(named: list[tuple[str, str]]) -> str:
    """An object literal of texts."""
    return "{" + ", ".join(f"{write(name)}: {text}" for name, text in named) + "}"


def from_clause(query: nodes.Query) -> list[str]:
    """A line for each source; none where there is no FROM."""
    sources = [_source(binding) for binding in query.bindings]
    return [f"{'JOIN' if place else 'FROM'} {source}" for place, source in enumerate(sources)]


def order_clause(query: nodes.Query) -> list[str]:
    items = [f"{printed(item.expression)}{f' {item.direction}' if item.direction else ''}" for item in query.order_by]
    return [f"ORDER BY {', '.join(items)}"] if items else []


def group_clause(query: nodes.Query) -> list[str]:
    return [f"GROUP BY {listed(query.group_by)}"] if query.group_by else []


def select_clause(select: nodes.Select, *, top: str = "") -> str:
    words = ["SELECT", *(["DISTINCT"] if select.distinct else []), *([f"TOP {top}"] if top else [])]
    if select.kind == "star":
        return " ".join([*words, "*"])
    if select.kind == "value":
        return " ".join([*words, "VALUE", printed(select.items[0].expression)])
    items = [f"{printed(item.expression)}{f' AS {item.alias}' if item.alias else ''}" for item in select.items]
    return " ".join([*words, ", ".join(items)])


def query_text(query: nodes.Query) -> str:
    """A whole query, its clauses on lines of their own."""
    top = printed(query.select.top) if query.select.top is not None else ""
    where = [f"WHERE {printed(query.where)}"] if query.where is not None else []
    lines = [select_clause(query.select, top=top), *from_clause(query), *where]
    lines += [*group_clause(query), *order_clause(query)]
    if query.offset is not None and query.limit is not None:
        lines.append(f"OFFSET {printed(query.offset)} LIMIT {printed(query.limit)}")
    return "\n".join(lines)


def _source(binding: nodes.Binding) -> str:
    if isinstance(binding.path, nodes.Subquery):
        return f"{_nested(binding.path.query)} AS {binding.alias}" if binding.alias else _nested(binding.path.query)
    path = printed(binding.path)
    if binding.each:
        return f"{binding.alias} IN {path}"
    return path if _own_name(binding.path) == binding.alias else f"{path} AS {binding.alias}"


def _own_name(path: Expr) -> Any:
    if isinstance(path, nodes.Name):
        return path.name
    return path.key.value if isinstance(path, nodes.Member) and isinstance(path.key, nodes.Constant) else None


def _nested(query: nodes.Query) -> str:
    lines = query_text(query).split("\n")
    return "(\n" + "\n".join(_INDENT + line for line in lines) + "\n)"


def _constant(node: nodes.Constant) -> str:
    return write(node.value)


def _member(node: nodes.Member) -> str:
    key = node.key
    if isinstance(key, nodes.Constant) and isinstance(key.value, str):
        plain = _PLAIN_NAME.fullmatch(key.value) and key.value.upper() not in KEYWORDS
        return f"{printed(node.base)}.{key.value}" if plain else f"{printed(node.base)}[{write(key.value)}]"
    return f"{printed(node.base)}[{printed(key)}]"


def _unary(node: nodes.Unary) -> str:
    return f"({node.operator} {printed(node.operand)})"


def _binary(node: nodes.Binary) -> str:
    return f"({printed(node.left)} {node.operator} {printed(node.right)})"


def _logic(node: nodes.Logic) -> str:
    text, *others = map(printed, node.parts)
    for other in others:
        text = f"({text} {node.operator} {other})"
    return text


def _like(node: nodes.Like) -> str:
    escape = f" ESCAPE {write(node.escape)}" if node.escape is not None else ""
    return f"({printed(node.operand)} LIKE {printed(node.pattern)}{escape})"


def _subquery(node: nodes.Subquery) -> str:
    return ("" if node.kind == "scalar" else node.kind.upper()) + _nested(node.query)


_PRINTERS: dict[type, Callable[[Any], str]] = {
    nodes.Constant: _constant,
    nodes.Undefined: lambda _: "undefined",
    nodes.Parameter: lambda node: node.name,
    nodes.Name: lambda node: node.name,
    nodes.Member: _member,
    nodes.ArrayOf: lambda node: f"[{listed(node.items)}]",
    nodes.ObjectOf: lambda node: fields([(name, printed(value)) for name, value in node.fields]),
    nodes.Call: lambda node: f"{node.function}({listed(node.arguments)})",
    nodes.Unary: _unary,
    nodes.Binary: _binary,
    nodes.Logic: _logic,
    nodes.In: lambda node: f"({printed(node.operand)} IN ({listed(node.items)}))",
    nodes.Between: lambda node: f"({printed(node.operand)} BETWEEN {printed(node.low)} AND {printed(node.high)})",
    nodes.Like: _like,
    nodes.Conditional: lambda node: f"({printed(node.test)} ? {printed(node.then)} : {printed(node.otherwise)})",
    nodes.Parenthesis: lambda node: printed(node.inner),
    nodes.Subquery: _subquery,
    nodes.UserFunction: lambda node: f"udf.{node.name}({listed(node.arguments)})",
}
