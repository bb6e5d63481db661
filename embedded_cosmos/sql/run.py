"""One page of one query: plain, DISTINCT, aggregated or grouped."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from embedded_cosmos.sql import nodes
from embedded_cosmos.sql.aggregates import Accumulator, AggregateScope
from embedded_cosmos.sql.continuation import Rest, group_behind, rest_of
from embedded_cosmos.sql.errors import Unsupported
from embedded_cosmos.sql.keyset import Place, is_behind
from embedded_cosmos.sql.projection import is_whole_document, projector
from embedded_cosmos.sql.reading import Found, Reader, ResultReader
from embedded_cosmos.sql.scope import Row, Scope, count_of
from embedded_cosmos.sql.selection import Expansion, is_joined
from embedded_cosmos.sql.values import UNDEFINED, canonical, write


@dataclass(frozen=True)
class Page:
    """Results as JSON texts; `after` continues behind the last of them.

    `read` documents were loaded; so many more were `counted`, in an index only.
    """

    rows: list[str]
    after: Any | None
    read: int
    counted: int = 0


class Result(NamedTuple):
    """A result's text, and where to go on behind it: a document, and how many of its results were given."""

    text: str
    found: Found
    given: int


class Run:
    """The parts of a query that are the same for every page."""

    def __init__(
        self, query: nodes.Query, scope: Scope, expand: Expansion, reader: Reader | ResultReader, *, aggregate: bool
    ) -> None:
        self.query = query
        self.scope = scope
        self.expand = expand
        self.reader = reader
        self.joined = is_joined(query)
        self.matches = scope.compile(query.where) if query.where and self.joined else None
        self.whole = is_whole_document(query)
        self.aggregates = AggregateScope(scope, query.group_by) if aggregate else None
        self.project = projector(query.select, self.aggregates or scope, scope.names)

    def page(self, size: int | None, after: Any | None) -> Page:
        return self.plain(size, after) if self.aggregates is None else self.grouped(self.aggregates, size, after)

    def plain(self, size: int | None, after: Any | None) -> Page:
        top, offset, limit = self.counts()
        rest = rest_of(after, self.reader.keys)
        remaining = rest.remaining if rest else least(top, limit)
        skip = 0 if rest else offset
        want = least(size, remaining)
        if want == 0:
            return Page([], None, 0)
        rows: list[str] = []
        last: Result | None = None
        for result in self.results(rest, None if want is None else want + skip + 1):
            if skip:
                skip -= 1
                continue
            if len(rows) == want:
                return Page(rows, token(last, remaining, len(rows)), self.reader.read)
            rows.append(result.text)
            last = result
            if len(rows) == remaining:
                break
        return Page(rows, None, self.reader.read)

    def results(self, rest: Rest | None, limit: int | None) -> Iterator[Result]:
        place, given = (rest.place, rest.given) if rest else (None, 0)
        return self.distinct(place, given) if self.query.select.distinct else self.since(place, given, limit)

    def since(self, place: Place | None, given: int, limit: int | None) -> Iterator[Result]:
        """A document that a page ended inside of comes again, without what was given of it."""
        again = given > 0 and self.joined
        bound = None if self.joined or not (self.whole or self.query.select.kind == "list") else limit
        for found in self.reader.documents(place, again=again, limit=bound):
            skip = given if again and place is not None and found.rid == place.rid else 0
            for number, text in enumerate(self.texts(found), 1):
                if number > skip:
                    yield Result(text, found, number)

    def distinct(self, place: Place | None, given: int) -> Iterator[Result]:
        """Reads from the start, as what was given before must not come again."""
        seen: set[str] = set()
        for found in self.reader.documents():
            behind = place is None or is_behind(found.place, place, self.reader.keys)
            skip = given if place is not None and found.rid == place.rid else 0
            for number, value in enumerate(self.values(found), 1):
                key = canonical(value)
                if key in seen:
                    continue
                seen.add(key)
                if behind or (skip and number > skip):
                    yield Result(write(value), found, number)

    def texts(self, found: Found) -> Iterator[str]:
        if self.whole:
            return iter((found.body,))
        return map(write, self.values(found)) if found.result is None else iter((found.result,))

    def values(self, found: Found) -> Iterator[Any]:
        for row in self.rows(found):
            value = self.project(row)
            if value is not UNDEFINED:
                yield value

    def rows(self, found: Found) -> Iterator[Row]:
        for row in self.expand([found.document]):
            if self.matches is None or self.matches(row) is True:
                yield row

    def grouped(self, scope: AggregateScope, size: int | None, after: Any | None) -> Page:
        """All groups are made for every page; they come in the order of their keys, and a page goes on behind one."""
        refuse_sorted_groups(self.query)
        top, offset, limit = self.counts()
        end = None if top is None and limit is None else offset + (least(top, limit) or 0)
        if not self.query.group_by:
            count = self.reader.count() if scope.counts_rows and not self.joined else None
            results = [count] * len(scope.makers) if count is not None else self.totals(scope)
            return Page(self.shown([results])[offset:end], None, self.reader.read, self.reader.counted)
        groups = self.groups(scope)
        behind = group_behind(after)
        names = [name for name in sorted(groups)[offset:end] if name > behind]
        chosen = names[:size]
        rows = self.shown([groups[name].results() for name in chosen])
        return Page(rows, {"g": chosen[-1]} if len(chosen) < len(names) else None, self.reader.read)

    def shown(self, groups: list[list[Any]]) -> list[str]:
        return [write(value) for group in groups if (value := self.project(group)) is not UNDEFINED]

    def totals(self, scope: AggregateScope) -> list[Any]:
        group = Totals([], scope.accumulators())
        for found in self.reader.documents():
            for row in self.rows(found):
                group.add(row)
        return group.results()

    def groups(self, scope: AggregateScope) -> dict[str, "Totals"]:
        groups: dict[str, Totals] = {}
        keys = [self.scope.compile(expression) for expression in self.query.group_by]
        for found in self.reader.documents():
            for row in self.rows(found):
                values = [key(row) for key in keys]
                name = "|".join(map(canonical, values))
                if name not in groups:
                    groups[name] = Totals(values, scope.accumulators())
                groups[name].add(row)
        return groups

    def counts(self) -> tuple[int | None, int, int | None]:
        top = count_of(self.scope, self.query.select.top, "TOP")
        offset = count_of(self.scope, self.query.offset, "OFFSET") or 0
        return (top, offset, count_of(self.scope, self.query.limit, "LIMIT"))


@dataclass(frozen=True)
class Totals:
    values: list[Any]
    accumulators: list[Accumulator]

    def add(self, row: Row) -> None:
        for accumulator in self.accumulators:
            accumulator.add(row)

    def results(self) -> list[Any]:
        return self.values + [accumulator.result() for accumulator in self.accumulators]


def refuse_sorted_groups(query: nodes.Query) -> None:
    """Without GROUP BY there is one row, whose order is no question."""
    if query.order_by and query.group_by:
        raise Unsupported("ORDER BY with GROUP BY")
    if query.select.distinct:
        raise Unsupported("DISTINCT with GROUP BY or an aggregate")


def token(last: Result | None, remaining: int | None, count: int) -> Any:
    """What continues behind a full page; a page that may hold nothing is never full."""
    if last is None:
        return None
    return Rest(last.found.place, last.given, None if remaining is None else remaining - count).token()


def least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number is not None), default=None)
