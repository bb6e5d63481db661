"""From lark's tree to nodes, one method for each rule of the grammar."""

from typing import Any

from lark import Token, v_args
from lark.tree import Meta
from lark.visitors import Transformer_NonRecursive

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.values import number_from

ESCAPES = {"b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", "/": "/", '"': '"', "'": "'"}


def unquote(token: Token) -> str:
    """A string literal's value: JSON's escapes, in either kind of quotes."""
    characters: list[str] = []
    source = iter(token[1:-1])
    for character in source:
        if character != "\\":
            characters.append(character)
            continue
        escaped = next(source)
        if escaped == "u":
            digits = "".join(next(source, "") for _ in range(4))
            characters.append(chr(hexadecimal(digits, token)))
        elif escaped in ESCAPES:
            characters.append(ESCAPES[escaped])
        else:
            raise SqlError(f"Syntax error, invalid escape '\\{escaped}' in a string", *position(token))
    try:
        return "".join(characters).encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        raise SqlError("Syntax error, half of a surrogate pair in a string", *position(token)) from None


def hexadecimal(digits: str, token: Token) -> int:
    try:
        if len(digits) == 4 and digits.isalnum():
            return int(digits, 16)
    except ValueError:
        pass
    raise SqlError("Syntax error, invalid \\u escape in a string", *position(token))


def position(place: Meta | Token) -> nodes.Position:
    return (place.line or 0, place.column or 0)


def negated(expression: Expr, no: Token | None) -> Expr:
    return expression if no is None else nodes.Unary("NOT", expression)


def given(items: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(item for item in items if item is not None)


@v_args(inline=True)
class Builder(Transformer_NonRecursive):  # type: ignore[type-arg]  # generic in the stubs only
    """Bottom-up: every method receives what the methods below it returned."""

    # Values.

    def string(self, token: Token) -> Expr:
        return nodes.Constant(unquote(token))

    def number(self, token: Token) -> Expr:
        return nodes.Constant(number_from(token))

    def true(self, _: Token) -> Expr:
        return nodes.Constant(True)

    def false(self, _: Token) -> Expr:
        return nodes.Constant(False)

    def null(self, _: Token) -> Expr:
        return nodes.Constant(None)

    def undefined(self, _: Token) -> Expr:
        return nodes.Undefined()

    def parameter(self, token: Token) -> Expr:
        return nodes.Parameter(str(token), position(token))

    def name(self, token: Token) -> Expr:
        return nodes.Name(str(token), position(token))

    def array(self, *items: Expr | None) -> Expr:
        return nodes.ArrayOf(given(items))

    def object(self, *fields: tuple[str, Expr] | None) -> Expr:
        known = given(fields)
        if len(dict(known)) < len(known):
            raise Unsupported("an object literal that names a field twice")
        return nodes.ObjectOf(known)

    def field(self, key: Token, value: Expr) -> tuple[str, Expr]:
        return (unquote(key) if key.type == "STRING" else str(key), value)

    # Operators.

    def member(self, base: Expr, key: Token) -> Expr:
        return nodes.Member(base, nodes.Constant(str(key)))

    def index(self, base: Expr, key: Expr) -> Expr:
        if not isinstance(key, nodes.Constant | nodes.Parameter):
            raise SqlError("Syntax error, only a constant or a parameter can stand in [ ].")
        return nodes.Member(base, key)

    def source_index(self, base: Expr, key: Token) -> Expr:
        return nodes.Member(base, self.string(key) if key.type == "STRING" else self.number(key))

    def group(self, inner: Expr) -> Expr:
        return nodes.Parenthesis(inner)

    def unary(self, operator: Token, operand: Expr) -> Expr:
        if isinstance(operand, nodes.Constant) and operator == "-" and type(operand.value) in (int, float):
            return nodes.Constant(-operand.value)
        return nodes.Unary(str(operator), operand)

    def negate(self, _: Token, operand: Expr) -> Expr:
        return nodes.Unary("NOT", operand)

    def binary(self, left: Expr, operator: Token, right: Expr) -> Expr:
        return nodes.Binary("!=" if operator == "<>" else str(operator), left, right)

    def logic(self, left: Expr, operator: Token, right: Expr) -> Expr:
        chained = isinstance(left, nodes.Logic) and left.operator == operator.type
        parts = left.parts if chained and isinstance(left, nodes.Logic) else (left,)
        return nodes.Logic("AND" if operator.type == "AND" else "OR", (*parts, right))

    def in_list(self, operand: Expr, no: Token | None, _: Token, *items: Expr) -> Expr:
        return negated(nodes.In(operand, items), no)

    def between(self, operand: Expr, no: Token | None, _: Token, low: Expr, _and: Token, high: Expr) -> Expr:
        return negated(nodes.Between(operand, low, high), no)

    def like(self, operand: Expr, no: Token | None, _: Token, pattern: Expr, *escape: Token | None) -> Expr:
        character = unquote(escape[1]) if len(escape) == 2 and escape[1] is not None else None
        if character is not None and len(character) != 1:
            raise SqlError("ESCAPE takes a single character")
        return negated(nodes.Like(operand, pattern, character), no)

    def conditional(self, test: Expr, then: Expr, otherwise: Expr) -> Expr:
        return nodes.Conditional(test, then, otherwise)

    def call(self, function: Token, *arguments: Expr | None) -> Expr:
        return nodes.Call(function.upper(), given(arguments), position(function))

    def udf(self, _: Token, function: Token, *arguments: Expr | None) -> Expr:
        return nodes.UserFunction(str(function), given(arguments), position(function))

    def scalar_subquery(self, query: nodes.Query) -> Expr:
        return nodes.Subquery("scalar", query)

    def exists(self, _: Token, query: nodes.Query) -> Expr:
        return nodes.Subquery("exists", query)

    def array_subquery(self, _: Token, query: nodes.Query) -> Expr:
        return nodes.Subquery("array", query)

    # Clauses.

    def select_value(self, expression: Expr) -> nodes.SelectItem:
        return nodes.SelectItem(expression, None)

    def select_plain(self, expression: Expr) -> nodes.SelectItem:
        return nodes.SelectItem(expression, None)

    def select_aliased(self, expression: Expr, _: Token | None, alias: Token) -> nodes.SelectItem:
        return nodes.SelectItem(expression, str(alias))

    def select_star(self, _: Token) -> tuple[str, tuple[nodes.SelectItem, ...]]:
        return ("star", ())

    def select_value_of(self, _: Token, item: nodes.SelectItem) -> tuple[str, tuple[nodes.SelectItem, ...]]:
        return ("value", (item,))

    def select_list(self, *items: nodes.SelectItem) -> tuple[str, tuple[nodes.SelectItem, ...]]:
        return ("list", items)

    def top(self, _: Token, count: Expr) -> Expr:
        return count

    def select_clause(self, _: Token, distinct: Token | None, top: Expr | None, selection: Any) -> nodes.Select:
        kind, items = selection
        return nodes.Select(kind, items, distinct is not None, top)

    def source_plain(self, path: Expr) -> nodes.Binding:
        return nodes.Binding(last_name(path), path, each=False, at=first_position(path))

    def source_aliased(self, path: Expr, _: Token | None, alias: Token) -> nodes.Binding:
        return nodes.Binding(str(alias), path, each=False, at=position(alias))

    def source_iterated(self, alias: Token, _: Token, path: Expr) -> nodes.Binding:
        return nodes.Binding(str(alias), path, each=True, at=position(alias))

    def source_each(self, path: Expr) -> Expr:
        return path

    def source_subquery(self, _: nodes.Query) -> Expr:
        raise Unsupported("a subquery behind IN")

    def source_of_results(self, query: nodes.Query, _: Token | None, alias: Token | None) -> nodes.Binding:
        at = position(alias) if alias is not None else (0, 0)
        return nodes.Binding(str(alias or ""), nodes.Subquery("array", query), each=True, at=at)

    def from_clause(self, *children: Any) -> tuple[nodes.Binding, ...]:
        return tuple(child for child in children if isinstance(child, nodes.Binding))

    def where_clause(self, _: Token, condition: Expr) -> Expr:
        return condition

    def group_clause(self, _: Token, _by: Token, *expressions: Expr) -> tuple[Expr, ...]:
        return expressions

    def order_item(self, expression: Expr, direction: Token | None) -> nodes.OrderItem:
        if direction is None:
            return nodes.OrderItem(expression, "")
        return nodes.OrderItem(expression, "DESC" if direction.type == "DESC" else "ASC")

    def order_clause(self, _: Token, _by: Token, *items: nodes.OrderItem) -> tuple[nodes.OrderItem, ...]:
        return items

    def offset_clause(self, _: Token, offset: Expr, _limit: Token, limit: Expr) -> tuple[Expr, Expr]:
        return (offset, limit)

    def query(self, select: nodes.Select, *clauses: Any) -> nodes.Query:
        source, where, group, order, offset = clauses
        if offset and select.top is not None:
            raise SqlError("Syntax error, TOP and OFFSET … LIMIT … exclude each other.")
        return nodes.Query(
            select=select,
            bindings=source or (),
            where=where,
            group_by=group or (),
            order_by=order or (),
            offset=offset[0] if offset else None,
            limit=offset[1] if offset else None,
        )


def last_name(path: Expr) -> str:
    """The name that a source has without an alias: the path's last."""
    if isinstance(path, nodes.Member) and isinstance(path.key, nodes.Constant) and isinstance(path.key.value, str):
        return path.key.value
    if isinstance(path, nodes.Name):
        return path.name
    raise Unsupported("a source that ends in an index, without an alias")


def first_position(path: Expr) -> nodes.Position:
    while isinstance(path, nodes.Member):
        path = path.base
    return path.at if isinstance(path, nodes.Name) else (0, 0)
