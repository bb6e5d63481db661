"""WHERE to SQLite: a condition that holds for every document that may match, and whether it is exact.

Each expression becomes two conditions, for "it may be true" and "it may be false" (it may also be undefined), so that
NOT, AND and OR keep three-valued logic. What SQLite can't say is left open and decided on the document itself.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.columns import Column, LowerCase, Path, column_of, is_unicode, path_of
from embedded_cosmos.sql.conditions import (
    ALWAYS,
    NEVER,
    OPEN,
    May,
    Sql,
    around,
    compare,
    conjunction,
    disjunction,
    every,
    negate,
    one_of,
)
from embedded_cosmos.sql.functions import FUNCTIONS
from embedded_cosmos.sql.functions_math import is_integer
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.scope import Scope
from embedded_cosmos.sql.values import ARRAY_RANK, EXACT, NULL_RANK, NUMBER_RANK, STRING_RANK, UNDEFINED, rank

MOST_ITEMS = 5000
# SQLite takes 32,766 in a statement.
MOST_PARAMETERS = 20_000
MIRRORED = {"=": "=", "!=": "!=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
TYPE_TESTS = {
    "IS_NULL": "=1",
    "IS_BOOL": " IN (2,3)",
    "IS_NUMBER": "=4",
    "IS_STRING": "=5",
    "IS_ARRAY": "=6",
    "IS_OBJECT": "=7",
    "IS_PRIMITIVE": " BETWEEN 1 AND 5",
    "IS_DEFINED": ">0",
}


@dataclass(frozen=True)
class Bound:
    """What the conditions on one path leave of its values: one type, and a closed interval in it."""

    rank: int
    low: Any = None
    high: Any = None

    @property
    def is_point(self) -> bool:
        return self.rank < NUMBER_RANK or (self.low is not None and self.low == self.high)

    def meet(self, other: "Bound") -> "Bound | None":
        """Both at once, or None if the types differ."""
        if self.rank != other.rank:
            return None
        lows = [end for end in (self.low, other.low) if end is not None]
        highs = [end for end in (self.high, other.high) if end is not None]
        return Bound(self.rank, max(lows, default=None), min(highs, default=None))

    def conditions(self, column: Column) -> Iterator[Sql]:
        yield Sql(f"{column.rank}={self.rank}")
        if self.rank < NUMBER_RANK:
            return
        if self.is_point:
            yield Sql(f"{column.value}=?", (self.low,))
            return
        if self.low is not None:
            yield Sql(f"{column.value}>=?", (self.low,))
        if self.high is not None:
            yield Sql(f"{column.value}<=?", (self.high,))


@dataclass
class Narrowing:
    """What SQLite is asked for: intervals that an index serves, and other conditions."""

    bounds: dict[Path, Bound] = field(default_factory=dict)
    filters: list[Sql] = field(default_factory=list)
    exact: bool = True
    # Of `c.x > "a" OR IS_NULL(c.x)`: the path, and the closed interval of it that each part leaves.
    either: tuple[Path, list[Sql]] | None = None

    def add(self, path: Path, bound: Bound) -> None:
        met = self.bounds[path].meet(bound) if path in self.bounds else bound
        if met is None:
            self.filters.append(NEVER)
        else:
            self.bounds[path] = met


def conjuncts(where: Expr | None) -> Iterator[Expr]:
    if where is None:
        return
    if isinstance(where, nodes.Parenthesis):
        yield from conjuncts(where.inner)
    elif isinstance(where, nodes.Logic) and where.operator == "AND":
        for part in where.parts:
            yield from conjuncts(part)
    elif isinstance(where, nodes.Between):
        yield nodes.Binary(">=", where.operand, where.low)
        yield nodes.Binary("<=", where.operand, where.high)
    else:
        yield where


class Narrower:
    """Reads the conditions of one WHERE."""

    def __init__(self, scope: Scope, root: str) -> None:
        self.scope = scope
        self.root = root

    def narrow(self, where: Expr | None) -> Narrowing:
        narrowing = Narrowing()
        for conjunct in conjuncts(where):
            may = self.may(conjunct)
            narrowing.exact = narrowing.exact and may.exact
            found = self.bound(conjunct)
            if found is None:
                narrowing.filters.append(may.true)
                narrowing.either = narrowing.either or self.either(conjunct)
                continue
            narrowing.add(*found)
            if isinstance(conjunct, nodes.Binary) and conjunct.operator in "<>":
                # The plus keeps SQLite from seeing a second range: beside a place, it would take that for the index.
                narrowing.filters.append(Sql(f"+{may.true.text}", may.true.params))
        if sum(len(condition.params) for condition in narrowing.filters) > MOST_PARAMETERS:
            narrowing.filters.clear()
            narrowing.exact = False
        return narrowing

    def constant(self, expression: Expr) -> Any:
        """The expression's value, KeyError if it has none before a document is seen."""
        value = self.scope.constant(expression)
        if isinstance(value, str) and not is_seen_whole(value):
            raise KeyError(expression)
        return value

    def comparison(self, expression: Expr) -> tuple[Path, str, Any] | None:
        """Path, operator and constant of `c.x < 5` or `5 > c.x`."""
        if not isinstance(expression, nodes.Binary) or expression.operator not in MIRRORED:
            return None
        for one, other, operator in (
            (expression.left, expression.right, expression.operator),
            (expression.right, expression.left, MIRRORED[expression.operator]),
        ):
            path = path_of(one, self.root)
            if path is None:
                continue
            try:
                return (path, operator, self.constant(other))
            except KeyError:
                continue
        return None

    def bound(self, conjunct: Expr) -> tuple[Path, Bound] | None:
        """The interval that a top-level condition leaves; a strict end stays closed here, its filter opens it."""
        compared = self.comparison(conjunct)
        if compared is None:
            return None
        path, operator, value = compared
        kind = rank(value)
        if operator == "!=" or value is UNDEFINED or kind >= ARRAY_RANK or (kind < NUMBER_RANK and operator != "="):
            return None
        if kind < NUMBER_RANK:
            return (path, Bound(kind))
        low, high = (value, value) if kind == STRING_RANK else around(value)
        if operator == "=" and kind == NUMBER_RANK and is_integer(value) and abs(value) < EXACT:
            low = high = value
        return (path, Bound(kind, None if operator[0] == "<" else low, None if operator[0] == ">" else high))

    def either(self, conjunct: Expr) -> tuple[Path, list[Sql]] | None:
        """What the parts of an OR say of one and the same path, where an index of it serves each of them."""
        if not isinstance(conjunct, nodes.Logic) or conjunct.operator != "OR":
            return None
        found = [self.interval(part) for part in conjunct.parts]
        paths = {one[0] if one else None for one in found}
        path = paths.pop()
        if paths or path is None:
            return None
        return path, [every([*one[1].conditions(Column(path))]) for one in found if one]

    def interval(self, part: Expr) -> tuple[Path, Bound] | None:
        """The interval that a part of an OR leaves: `bound`, and of a test for null."""
        if isinstance(part, nodes.Parenthesis):
            return self.interval(part.inner)
        if isinstance(part, nodes.Call) and part.function == "IS_NULL" and len(part.arguments) == 1:
            path = path_of(part.arguments[0], self.root)
            return None if path is None else (path, Bound(NULL_RANK))
        return self.bound(part)

    def may(self, expression: Expr) -> May:
        if isinstance(expression, nodes.Parenthesis):
            return self.may(expression.inner)
        if isinstance(expression, nodes.Unary) and expression.operator == "NOT":
            return negate(self.may(expression.operand))
        if isinstance(expression, nodes.Between):
            return conjunction([self.may(part) for part in conjuncts(expression)])
        if isinstance(expression, nodes.Logic):
            parts = [self.may(part) for part in expression.parts]
            return conjunction(parts) if expression.operator == "AND" else disjunction(parts)
        try:
            return self.leaf(expression)
        except KeyError:
            return OPEN

    def leaf(self, expression: Expr) -> May:
        compared = self.comparison(expression)
        if compared is not None:
            return compare(Column(compared[0]), *compared[1:])
        if isinstance(expression, nodes.In):
            return self.among(expression.operand, [self.constant(item) for item in expression.items])
        if isinstance(expression, nodes.Call):
            return self.call(expression)
        return fixed(self.constant(expression))

    def call(self, call: nodes.Call) -> May:
        if call.function in TYPE_TESTS and len(call.arguments) == 1:
            path = path_of(call.arguments[0], self.root)
            if path is None:
                return fixed(FUNCTIONS[call.function].apply(self.constant(call.arguments[0])))
            test = f"{Column(path).rank}{TYPE_TESTS[call.function]}"
            return May(Sql(test), Sql(f"NOT ({test})"))
        if call.function == "ARRAY_CONTAINS" and len(call.arguments) == 2:
            return self.among(call.arguments[1], self.constant(call.arguments[0]))
        return OPEN

    def among(self, operand: Expr, items: Any) -> May:
        """Whether a path's value is one of some constants; strings only, which is what applications look for."""
        column = column_of(operand, self.root)
        if column is None:
            return OPEN
        if not isinstance(items, list):
            return fixed(UNDEFINED)
        if len(items) > MOST_ITEMS or not all(isinstance(item, str) and is_seen_whole(item) for item in items):
            return OPEN
        if isinstance(column, LowerCase) and not all(map(str.isascii, items)):
            return OPEN
        return one_of(column, items) if items else May(NEVER, Sql(f"{column.rank}>0"))


def fixed(value: Any) -> May:
    """A condition that has one value, whatever the document."""
    return May(ALWAYS if value is True else NEVER, ALWAYS if value is False else NEVER)


def is_seen_whole(text: str) -> bool:
    """Whether SQLite takes and compares the string as it is."""
    return "\0" not in text and is_unicode(text)
