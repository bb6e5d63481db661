"""What the gateway tells the SDK of a query over several partition key ranges, so that it can merge the answers."""

from collections.abc import Mapping
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import has_aggregate
from embedded_cosmos.sql.errors import Unsupported
from embedded_cosmos.sql.nodes import Span
from embedded_cosmos.sql.order import order_keys
from embedded_cosmos.sql.parser import parse
from embedded_cosmos.sql.projection import names_of
from embedded_cosmos.sql.scope import Scope, count_of
from embedded_cosmos.sql.selection import root_of
from embedded_cosmos.sql.values import write

# The SDK puts `true` or a condition in its place.
FILTER = "{documentdb-formattableorderbyquery-filter}"
AGGREGATE_NAMES = {"COUNT": "Count", "SUM": "Sum", "MIN": "Min", "MAX": "Max", "AVG": "Average"}


def needs_plan(text: str) -> bool:
    """Whether a query over several ranges has to be merged by the SDK."""
    query = parse(text)
    return bool(
        query.order_by
        or query.group_by
        or query.select.distinct
        or query.select.top is not None
        or query.offset is not None
        or has_aggregate(query.select)
    )


def plan(text: str, parameters: Mapping[str, Any], policy: Mapping[str, Any]) -> dict[str, Any]:
    """The queryInfo of a query plan."""
    query = parse(text)
    if not query.bindings:
        raise Unsupported("a query without FROM")
    order_keys(query, root_of(query), policy)
    return Planner(text, query, Scope({}, parameters, 0)).info()


class Planner:
    def __init__(self, text: str, query: nodes.Query, scope: Scope) -> None:
        self.text = text
        self.query = query
        self.scope = scope

    def info(self) -> dict[str, Any]:
        query = self.query
        if query.select.distinct:
            raise Unsupported("DISTINCT over several partition key ranges")
        if query.group_by:
            raise Unsupported("GROUP BY over several partition key ranges")
        limit = count_of(self.scope, query.limit, "LIMIT")
        return {
            "distinctType": "None",
            "top": count_of(self.scope, query.select.top, "TOP"),
            "offset": count_of(self.scope, query.offset, "OFFSET"),
            "limit": limit,
            "orderBy": ["Descending" if item.descending else "Ascending" for item in query.order_by],
            "orderByExpressions": [self.cut(item.span) for item in query.order_by],
            "groupByExpressions": [],
            "groupByAliases": [],
            "aggregates": self.aggregates(),
            "groupByAliasToAggregateType": {},
            "rewrittenQuery": self.rewritten(),
            "hasSelectValue": query.select.kind == "value",
            "hasNonStreamingOrderBy": False,
        }

    def cut(self, span: Span | None) -> str:
        return self.text[span.start : span.end].strip() if span else ""

    def aggregate(self) -> nodes.Call | None:
        """The one aggregate that is the whole of SELECT VALUE."""
        if not has_aggregate(self.query.select):
            return None
        expression = self.query.select.items[0].expression
        while isinstance(expression, nodes.Parenthesis):
            expression = expression.inner
        if self.query.select.kind != "value" or not isinstance(expression, nodes.Call):
            raise Unsupported("over several partition key ranges, an aggregate other than SELECT VALUE of just one")
        if expression.function not in AGGREGATE_NAMES or self.query.order_by or self.is_cut:
            raise Unsupported("over several partition key ranges, an aggregate with anything around it")
        return expression

    @property
    def is_cut(self) -> bool:
        return self.query.select.top is not None or self.query.offset is not None

    def aggregates(self) -> list[str]:
        call = self.aggregate()
        return [AGGREGATE_NAMES[call.function]] if call else []

    def rewritten(self) -> str:
        call = self.aggregate()
        if call is not None:
            return f'SELECT VALUE [{{"item": {self.partial(call)}}}] {self.sources()}{self.where([])}'
        if self.query.order_by:
            return self.rewritten_order()
        if self.query.offset is not None:
            return f"SELECT {self.selection()} {self.sources()}{self.where([])}{self.limits()}"
        return ""

    def partial(self, call: nodes.Call) -> str:
        text = self.cut(self.query.select.items[0].span)
        if call.function != "AVG":
            return text
        argument = text[text.index("(") + 1 : text.rindex(")")]
        return f'{{"sum": SUM({argument}), "count": COUNT({argument})}}'

    def rewritten_order(self) -> str:
        root = self.query.bindings[0].alias
        items = ", ".join(f'{{"item": {self.cut(item.span)}}}' for item in self.query.order_by)
        order = ", ".join(
            f"{self.cut(item.span)} {'DESC' if item.descending else 'ASC'}" for item in self.query.order_by
        )
        top = count_of(self.scope, self.query.select.top, "TOP")
        payload = self.payload()
        extra = [FILTER] if self.query.select.kind != "value" else [f"IS_DEFINED({payload})", FILTER]
        return (
            f"SELECT {'' if top is None else f'TOP {top} '}{root}._rid, [{items}] AS orderByItems, {payload} AS payload"
            f" {self.sources()}{self.where(extra)} ORDER BY {order}{self.limits()}"
        )

    def payload(self) -> str:
        select = self.query.select
        if select.kind == "star":
            return self.query.bindings[0].alias
        if select.kind == "value":
            return self.cut(select.items[0].span)
        fields = zip(names_of(select), select.items, strict=True)
        return "{" + ", ".join(f"{write(name)}: {self.cut(item.span)}" for name, item in fields) + "}"

    def selection(self) -> str:
        select = self.query.select
        if select.kind == "star":
            return "*"
        return f"VALUE {self.payload()}"

    def sources(self) -> str:
        return self.cut(self.query.from_span)

    def where(self, extra: list[str]) -> str:
        given = [self.cut(self.query.where_span)] if self.query.where_span else []
        conditions = [f"({condition})" for condition in given + extra]
        return f" WHERE {' AND '.join(conditions)}" if conditions else ""

    def limits(self) -> str:
        if self.query.limit is None or self.query.offset is None:
            return ""
        offset = count_of(self.scope, self.query.offset, "OFFSET") or 0
        return f" OFFSET 0 LIMIT {offset + (count_of(self.scope, self.query.limit, 'LIMIT') or 0)}"
