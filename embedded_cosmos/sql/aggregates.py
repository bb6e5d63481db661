"""COUNT, COUNTIF, SUM, MIN, MAX, AVG, MAKELIST, MAKESET over rows, alone or inside a larger SELECT expression."""

from collections.abc import Callable
from dataclasses import is_dataclass
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.errors import SqlError
from embedded_cosmos.sql.scope import AGGREGATES, Closure, Row, Scope
from embedded_cosmos.sql.values import ARRAY_RANK, UNDEFINED, canonical, is_number, number_of, rank, sort_key, tidy


class Accumulator:
    """Undefined arguments are skipped; a value of a wrong type makes the result undefined."""

    def __init__(self, function: str, argument: Closure) -> None:
        self.function = function
        self.argument = argument
        self.count = 0
        self.sum = 0.0
        self.spoilt = False
        self.best: Any = UNDEFINED
        self.list: list[Any] = []
        self.known: set[str] = set()

    def add(self, row: Row) -> None:
        value = self.argument(row)
        if value is UNDEFINED or (self.function == "COUNTIF" and value is not True):
            return
        self.count += 1
        if self.function in ("SUM", "AVG"):
            if is_number(value):
                self.sum += number_of(value)
            else:
                self.spoilt = True
        elif self.function in ("MIN", "MAX"):
            self.compare(value)
        elif self.function == "MAKELIST":
            self.list.append(value)
        elif self.function == "MAKESET" and canonical(value) not in self.known:
            self.known.add(canonical(value))
            self.list.append(value)

    def compare(self, value: Any) -> None:
        if rank(value) >= ARRAY_RANK:
            self.spoilt = True
        elif self.best is UNDEFINED or (sort_key(value) < sort_key(self.best)) == (self.function == "MIN"):
            self.best = value

    def result(self) -> Any:
        if self.function in ("COUNT", "COUNTIF"):
            return self.count
        if self.function in ("MAKELIST", "MAKESET"):
            return self.list
        if self.spoilt:
            return UNDEFINED
        if self.function == "SUM":
            return tidy(self.sum)
        if self.function == "AVG":
            return tidy(self.sum / self.count) if self.count else UNDEFINED
        return self.best


class AggregateScope(Scope):
    """Compiles what SELECT makes of a group: aggregates and GROUP BY's expressions are places in a row of results."""

    def __init__(self, inner: Scope, group_by: tuple[nodes.Expr, ...] = ()) -> None:
        super().__init__(inner.names, inner.parameters, inner.width)
        self.inner = inner
        self.group_by = [ungrouped(expression) for expression in group_by]
        self.makers: list[Callable[[], Accumulator]] = []
        self.counts_rows = True

    def accumulators(self) -> list[Accumulator]:
        return [make() for make in self.makers]

    def compile(self, expression: nodes.Expr) -> Closure:
        if ungrouped(expression) in self.group_by:
            place = self.group_by.index(ungrouped(expression))
            return lambda results: results[place]
        return super().compile(expression)

    def compile_call(self, expression: nodes.Call) -> Closure:
        if expression.function not in AGGREGATES:
            return super().compile_call(expression)
        if len(expression.arguments) != 1:
            raise SqlError(f"{expression.function} takes one argument", *expression.at)
        argument = self.inner.compile(expression.arguments[0])
        counts = expression.function == "COUNT" and isinstance(expression.arguments[0], nodes.Constant)
        self.counts_rows = self.counts_rows and counts
        function, place = expression.function, len(self.group_by) + len(self.makers)
        self.makers.append(lambda: Accumulator(function, argument))
        return lambda results: results[place]

    def compile_name(self, expression: nodes.Name) -> Closure:
        raise SqlError(
            f"'{expression.name}' is invalid in the select list because it is not contained in either"
            " an aggregate function or the GROUP BY clause.",
            *expression.at,
        )


def ungrouped(expression: nodes.Expr) -> nodes.Expr:
    while isinstance(expression, nodes.Parenthesis):
        expression = expression.inner
    return expression


def has_aggregate(expression: Any) -> bool:
    """Whether an aggregate occurs, subqueries aside."""
    if isinstance(expression, nodes.Call) and expression.function in AGGREGATES:
        return True
    if isinstance(expression, nodes.Subquery):
        return False
    if isinstance(expression, tuple):
        return any(map(has_aggregate, expression))
    return is_dataclass(expression) and any(map(has_aggregate, vars(expression).values()))


def is_aggregate(query: nodes.Query) -> bool:
    return bool(query.group_by) or has_aggregate(query.select)
