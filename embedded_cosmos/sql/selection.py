"""FROM and subqueries: which rows a document becomes, and what a query inside of an expression yields for a row."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import AggregateScope, has_aggregate
from embedded_cosmos.sql.errors import SqlError, Unsupported
from embedded_cosmos.sql.nodes import Expr
from embedded_cosmos.sql.projection import projector
from embedded_cosmos.sql.scope import Closure, Row, Scope
from embedded_cosmos.sql.values import UNDEFINED, canonical

Expansion = Callable[[Row], Iterator[Row]]


class QueryScope(Scope):
    """A scope whose expressions may hold subqueries."""

    def compile_subquery(self, expression: nodes.Subquery) -> Closure:
        results = Selection(self, expression.query).results
        if expression.kind == "exists":
            return lambda row: any(True for _ in results(row))
        if expression.kind == "array":
            return lambda row: list(results(row))

        def single(row: Row) -> Any:
            found = list(results(row))
            if len(found) > 1:
                raise SqlError("The cardinality of a scalar subquery result set cannot be greater than one.")
            return found[0] if found else UNDEFINED

        return single


class Selection:
    """A subquery on one row of the query around it."""

    def __init__(self, scope: Scope, query: nodes.Query) -> None:
        if query.order_by or query.group_by or query.offset is not None or query.select.top is not None:
            raise Unsupported("ORDER BY, GROUP BY, TOP or OFFSET in a subquery")
        self.expand, inner = bind(scope, query.bindings)
        self.matches = inner.compile(query.where) if query.where else None
        self.distinct = query.select.distinct
        self.aggregates = AggregateScope(inner) if has_aggregate(query.select) else None
        self.project = projector(query.select, self.aggregates or inner, set(inner.names) - set(scope.names))

    def results(self, row: Row) -> Iterator[Any]:
        values = self.aggregated(row) if self.aggregates else map(self.project, self.rows(row))
        seen: set[str] = set()
        for value in values:
            if value is UNDEFINED or (self.distinct and canonical(value) in seen):
                continue
            if self.distinct:
                seen.add(canonical(value))
            yield value

    def rows(self, row: Row) -> Iterator[Row]:
        return (found for found in self.expand(row) if self.matches is None or self.matches(found) is True)

    def aggregated(self, row: Row) -> Iterator[Any]:
        assert self.aggregates is not None  # noqa: S101  # for the type checker: results() has asked
        accumulators = self.aggregates.accumulators()
        for found in self.rows(row):
            for accumulator in accumulators:
                accumulator.add(found)
        yield self.project([accumulator.result() for accumulator in accumulators])


def root_scope(query: nodes.Query, parameters: Mapping[str, Any]) -> tuple[Expansion, QueryScope]:
    """The scope of a whole query: its first source is the container, whatever its name; a row begins as a document."""
    first = query.bindings[0]
    if isinstance(first.path, nodes.Subquery):
        # Its results are read before; each of them stands where a document would.
        scope = QueryScope({first.alias: 0} if first.alias else {}, parameters, 1)
        return bind(scope, query.bindings[1:])
    if root_of(query):
        scope = QueryScope({first.alias: 0}, parameters, 1)
        return bind(scope, query.bindings[1:])
    container = QueryScope({container_name(first.path): 0}, parameters, 1)
    expand, inner = bind(container, query.bindings[:1], taken=())
    visible = QueryScope({first.alias: inner.names[first.alias]}, parameters, inner.width)
    expand_more, scope = bind(visible, query.bindings[1:])
    return (lambda row: (found for middle in expand(row) for found in expand_more(middle))), scope


def root_of(query: nodes.Query) -> str:
    """The name that stands for the document itself, if there is one."""
    first = query.bindings[0]
    return first.alias if isinstance(first.path, nodes.Name) and not first.each else ""


def is_joined(query: nodes.Query) -> bool:
    """Whether a document may become no row, or several."""
    return len(query.bindings) > 1 or not root_of(query)


def container_name(path: Expr) -> str:
    while isinstance(path, nodes.Member):
        path = path.base
    if not isinstance(path, nodes.Name):
        raise Unsupported("a source that is no path")
    return path.name


def bind(
    scope: Scope, bindings: tuple[nodes.Binding, ...], taken: Iterable[str] | None = None
) -> tuple[Expansion, QueryScope]:
    """The rows that the sources make of a row: one for each combination of elements. Names in use are `taken`."""
    names = dict(scope.names)
    sources: list[tuple[Closure, bool]] = []
    used = set(scope.names if taken is None else taken)
    for binding in bindings:
        if is_named_again(binding, names):
            continue
        if binding.alias in used:
            raise SqlError(f"The alias '{binding.alias}' is used more than once", *binding.at)
        if not binding.each and not isinstance(binding.path, nodes.Member):
            raise Unsupported("a source that is neither a path nor an iteration (IN)", *binding.at)
        path = QueryScope(names, scope.parameters, scope.width + len(sources)).compile(binding.path)
        if binding.alias:
            names = names | {binding.alias: scope.width + len(sources)}
            used.add(binding.alias)
        sources.append((path, binding.each))
    inner = QueryScope(names, scope.parameters, scope.width + len(sources))
    return (lambda row: expanded(row, sources)), inner


def is_named_again(binding: nodes.Binding, names: Mapping[str, int]) -> bool:
    """`FROM root` in a subquery: a source of the query around it, under its own name."""
    path = binding.path
    return isinstance(path, nodes.Name) and not binding.each and binding.alias == path.name and path.name in names


def expanded(row: Row, sources: list[tuple[Closure, bool]]) -> Iterator[Row]:
    if not sources:
        yield row
        return
    (path, each), *rest = sources
    for item in elements(path(row), each):
        yield from expanded([*row, item], rest)


def elements(value: Any, each: bool) -> list[Any]:
    if each:
        return value if type(value) is list else []
    return [] if value is UNDEFINED else [value]
