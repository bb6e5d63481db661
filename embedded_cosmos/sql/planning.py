"""What the gateway tells a client of a query over several partition key ranges, so that it can merge the answers.

The form is that of the service's own planner: which query to send to each range, and what to do with the rows.
"""

from collections.abc import Collection, Mapping
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import has_aggregate, ungrouped
from embedded_cosmos.sql.errors import SqlError
from embedded_cosmos.sql.order import order_paths
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.printing import (
    fields,
    from_clause,
    group_clause,
    listed,
    order_clause,
    printed,
    query_text,
    select_clause,
)
from embedded_cosmos.sql.projection import names_of
from embedded_cosmos.sql.scope import AGGREGATES, Scope, count_of
from embedded_cosmos.sql.selection import QueryScope, container_name, root_of

# The client puts `true` or a condition in its place.
FILTER = "{documentdb-formattableorderbyquery-filter}"
AGGREGATE_NAMES = {
    "COUNT": "Count",
    "COUNTIF": "CountIf",
    "SUM": "Sum",
    "MIN": "Min",
    "MAX": "Max",
    "AVG": "Average",
    "MAKELIST": "MakeList",
    "MAKESET": "MakeSet",
}


def needs_plan(text: str) -> bool:
    """Whether the client has to merge what several ranges answer to the query."""
    query = parse(text)
    return bool(
        query.order_by
        or query.group_by
        or query.select.distinct
        or query.select.top is not None
        or query.offset is not None
        or has_aggregate(query.select)
        or counted_distinct(query)
    )


def plan(text: str, parameters: Mapping[str, Any], offered: Collection[str] | None = None) -> dict[str, Any]:
    """The queryInfo of a query plan.

    `offered` are the features that the client says it can merge; None stands for all. SqlError where the query is
    wrong, or where it needs a feature that the client lacks.
    """
    query = parse(text)
    if query.bindings:
        order_paths(query, root_of(query))
    planner = _Planner(query, Scope({}, parameters, 0))
    check_calls(query, parameters)
    lacking = sorted(planner.features - set(offered)) if offered is not None else []
    if lacking:
        raise SqlError(
            "The query uses features that the calling client does not support"
            f" (it may have to be upgraded): {', '.join(lacking)}"
        )
    return planner.info()


def check_calls(query: nodes.Query, parameters: Mapping[str, Any]) -> None:
    """Refuse what no range could answer: functions and parameters that do not exist, names that lead nowhere."""
    if query.where is not None and query.bindings and root_of(query) and len(query.bindings) == 1:
        QueryScope({query.bindings[0].alias: 0}, parameters, 1).compile(query.where)


def counted_distinct(query: nodes.Query) -> nodes.Query | None:
    """The query of `SELECT COUNT(1) FROM (SELECT DISTINCT …)`, which clients count by themselves."""
    if len(query.bindings) != 1 or len(query.select.items) != 1 or query.where is not None or query.group_by:
        return None
    path, call = query.bindings[0].path, ungrouped(query.select.items[0].expression)
    counts = isinstance(call, nodes.Call) and call.function == "COUNT" and isinstance(call.arguments[0], nodes.Constant)
    return path.query if counts and isinstance(path, nodes.Subquery) and path.query.select.distinct else None


class _Planner:
    def __init__(self, query: nodes.Query, scope: Scope) -> None:
        self._query = query
        self._select = query.select
        self._top = count_of(scope, query.select.top, "TOP")
        self._offset = count_of(scope, query.offset, "OFFSET")
        self._limit = count_of(scope, query.limit, "LIMIT")
        self._counted = counted_distinct(query)
        self._calls = [self._aggregate(item) for item in query.select.items]

    def _aggregate(self, item: nodes.SelectItem) -> nodes.Call | None:
        """The aggregate that an item is; one inside of a larger expression could not be merged."""
        expression = ungrouped(item.expression)
        if isinstance(expression, nodes.Call) and expression.function in AGGREGATES:
            return expression
        if has_aggregate(expression):
            raise SqlError("An aggregate inside of a larger expression can not be merged over partition key ranges.")
        if isinstance(expression, nodes.ObjectOf) and self._query.group_by:
            raise SqlError("An object of GROUP BY's expressions can not be merged over partition key ranges.")
        return None

    @property
    def _aggregated(self) -> bool:
        return self._counted is None and any(self._calls)

    @property
    def features(self) -> set[str]:
        """What a client has to know to merge the ranges' answers."""
        calls = [call.function for call in self._calls if call is not None] if self._counted is None else []
        used = {
            "Aggregate": bool(calls),
            "CountIf": "COUNTIF" in calls,
            "DCount": self._counted is not None,
            "Distinct": self._select.distinct,
            "GroupBy": bool(self._query.group_by),
            "ListAndSetAggregate": not {"MAKELIST", "MAKESET"}.isdisjoint(calls),
            "MultipleAggregates": len(calls) > 1,
            "MultipleOrderBy": len(self._query.order_by) > 1,
            "NonValueAggregate": bool(calls) and self._select.kind != "value" and not self._query.group_by,
            "OffsetAndLimit": self._limit is not None,
            "OrderBy": bool(self._query.order_by),
            "Top": self._top is not None,
        }
        return {name for name, is_used in used.items() if is_used}

    def info(self) -> dict[str, Any]:
        query, ordered = self._query, self._is_ordered
        by_alias = self._types_by_alias()
        return {
            "distinctType": self._distinct_type(),
            "top": self._top,
            "offset": self._offset,
            "limit": self._limit,
            "orderBy": ["Descending" if one.descending else "Ascending" for one in query.order_by] if ordered else [],
            "orderByExpressions": [printed(one.expression) for one in query.order_by] if ordered else [],
            "groupByExpressions": [printed(one) for one in query.group_by],
            "groupByAliases": list(by_alias),
            "aggregates": self._value_aggregates(),
            "groupByAliasToAggregateType": by_alias,
            "rewrittenQuery": self._rewritten(),
            "hasSelectValue": self._select.kind == "value",
            "dCountInfo": None if self._counted is None else {"dCountAlias": self._count_alias()},
            "hasNonStreamingOrderBy": False,
        }

    @property
    def _is_ordered(self) -> bool:
        return bool(self._query.order_by) and not self._query.group_by and not self._aggregated

    def _distinct_type(self) -> str:
        if self._counted is not None:
            return "Unordered"
        if not self._select.distinct:
            return "None"
        value = self._select.items[0].expression if self._select.kind == "value" else None
        sorted_by_it = value is not None and [one.expression for one in self._query.order_by] == [value]
        return "Ordered" if sorted_by_it else "Unordered"

    def _count_alias(self) -> str:
        return "" if self._select.kind == "value" else names_of(self._select)[0]

    def _value_aggregates(self) -> list[str]:
        call = self._calls[0] if self._select.kind == "value" and self._counted is None else None
        return [AGGREGATE_NAMES[call.function]] if call is not None else []

    def _types_by_alias(self) -> dict[str, str | None]:
        merged = self._query.group_by or self._aggregated
        if not merged or self._counted is not None or self._select.kind != "list":
            return {}
        if self._aggregated and not self._query.group_by:
            self._check_ungrouped()
        types = [None if call is None else AGGREGATE_NAMES[call.function] for call in self._calls]
        return dict(zip(names_of(self._select), types, strict=True))

    def _check_ungrouped(self) -> None:
        """Without GROUP BY there is no one value of a path beside an aggregate."""
        for call, item in zip(self._calls, self._select.items, strict=True):
            if call is None and not isinstance(ungrouped(item.expression), nodes.Constant | nodes.Parameter):
                raise SqlError(
                    f"'{printed(item.expression)}' is invalid in the select list because it is not contained in"
                    " either an aggregate function or the GROUP BY clause."
                )

    def _rewritten(self) -> str:
        query = self._query
        if self._counted is not None:
            return query_text(self._counted)
        if query.group_by:
            keys = ", ".join(f'{{"item": {printed(one)}}}' for one in query.group_by)
            select = f"SELECT [{keys}] AS groupByItems, {self._payload()} AS payload"
            return self._text(select, group_clause(query), order_clause(query))
        if self._aggregated:
            kind = self._select.kind
            select = f"SELECT VALUE {self._payload()}" if kind == "value" else f"SELECT {self._payload()} AS payload"
            return self._text(select, order_clause(query))
        if query.order_by:
            return self._ordered()
        if self._limit is None and not (self._select.distinct and self._top is not None):
            return ""
        return self._text(select_clause(self._select), [] if self._select.distinct else self._limits())

    def _ordered(self) -> str:
        items = ", ".join(f'{{"item": {printed(one.expression)}}}' for one in self._query.order_by)
        payload = self._payload()
        top = f"TOP {self._top} " if self._top is not None and not self._select.distinct else ""
        select = f"SELECT {top}{self._root()}._rid, [{items}] AS orderByItems, {payload} AS payload"
        where = f"({FILTER})"
        if self._query.where is not None:
            where = f"({printed(self._query.where)} AND {where})"
        if self._select.kind == "value":
            where = f"({where} AND IS_DEFINED({payload}))"
        lines = [select, *from_clause(self._query), f"WHERE {where}", *order_clause(self._query)]
        return "\n".join([*lines, *([] if self._select.distinct else self._limits())])

    def _root(self) -> str:
        """The name whose `_rid` tells the rows of equal values apart."""
        first = self._query.bindings[0]
        return first.alias if not first.each or isinstance(first.path, nodes.Subquery) else container_name(first.path)

    def _payload(self) -> str:
        """What a row is to the query's own reader."""
        select = self._select
        if select.kind == "star":
            return self._query.bindings[0].alias
        items = [
            printed(item.expression) if call is None else _partial(call)
            for call, item in zip(self._calls, select.items, strict=True)
        ]
        if select.kind == "value":
            return f"[{items[0]}]" if self._calls[0] is not None else items[0]
        return fields(list(zip(names_of(select), items, strict=True)))

    def _limits(self) -> list[str]:
        """Any of the ranges may hold all that is skipped."""
        return [] if self._limit is None else [f"OFFSET 0 LIMIT {(self._offset or 0) + self._limit}"]

    def _text(self, select: str, *clauses: list[str]) -> str:
        where = [] if self._query.where is None else [f"WHERE {printed(self._query.where)}"]
        return "\n".join([select, *from_clause(self._query), *where, *(line for lines in clauses for line in lines)])


def _partial(call: nodes.Call) -> str:
    """An aggregate of one range, in the form that can be merged with those of others.

    MIN and MAX come with a count, for the least of nothing is not undefined but nothing.
    """
    argument, name = listed(call.arguments), call.function
    if name == "AVG":
        return f'{{"item": {{"sum": SUM({argument}), "count": COUNT({argument})}}}}'
    if name in ("MIN", "MAX"):
        counted = f'{{"{name.lower()}": {name}({argument}), "count": COUNT({argument})}}'
        return f'{{"item": {name}({argument}), "item2": {counted}}}'
    return f'{{"item": {name}({argument})}}'
