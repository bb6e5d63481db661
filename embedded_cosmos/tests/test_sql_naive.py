"""The engine against a naive evaluator, on documents with every kind of value and generated queries."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_cosmos.tests import sql_naive as naive
from embedded_cosmos.tests.sql_naive import Document, Expression, Query, tagged
from embedded_cosmos.tests.sql_strategies import (
    EVERY_VALUE,
    NAMES,
    conditions,
    constants,
    every_document,
    operands,
    paths,
)
from embedded_cosmos.tests.sql_table import PARTITION, Table

DOCUMENTS = every_document()
COMPOSITES = [
    [{"path": f"/{one}", "order": "ascending"}, {"path": f"/{other}", "order": order}]
    for one, other in (("a", "b"), ("b", "a"))
    for order in ("ascending", "descending")
]
sizes = st.sampled_from([None, 1, 7, 40])


@pytest.fixture(scope="module", params=["small", "large"])
def table(request: pytest.FixtureRequest) -> Table:
    """A large one makes indexes as it is asked."""
    return table_of(DOCUMENTS, large=request.param == "large")


def table_of(documents: list[Document], *, large: bool) -> Table:
    made = Table({"compositeIndexes": COMPOSITES})
    if large:
        made.pretend_to_be_large()
    made.put(documents)
    return made


def run(table: Table, query: Query, size: int | None, pk: str | None = PARTITION) -> list[Any]:
    pages = table.pages(naive.text_of(query), naive.parameters_of(query), size=size, pk=pk)
    return [row for page in pages for row in page]


def same_bag(found: list[Any], expected: list[Any]) -> bool:
    return sorted(map(repr, map(tagged, found))) == sorted(map(repr, map(tagged, expected)))


@pytest.mark.parametrize("operator", ["=", "!=", "<", "<=", ">", ">="])
@pytest.mark.parametrize("negated", [False, True])
def test_every_comparison_of_a_path_with_a_constant(table: Table, operator: str, negated: bool) -> None:
    path = ("path", "c", "a")
    for value in EVERY_VALUE:
        for sides in ((path, ("const", value)), (("param", "p", value), path)):
            where: Expression = ("not", (operator, *sides)) if negated else (operator, *sides)
            query = Query([], "star", where)
            assert same_bag(run(table, query, None), naive.results(query, DOCUMENTS)), naive.text_of(query)


@settings(max_examples=250, deadline=None)
@given(where=conditions, size=sizes, pk=st.sampled_from([PARTITION, None]))
def test_filters(table: Table, where: Expression, size: int | None, pk: str | None) -> None:
    query = Query([], "star", where)
    assert same_bag(run(table, query, size, pk), naive.results(query, DOCUMENTS)), naive.text_of(query)


@settings(max_examples=80, deadline=None)
@given(where=conditions, select=operands, size=sizes, distinct=st.booleans())
def test_projections(table: Table, where: Expression, select: Expression, size: int | None, distinct: bool) -> None:
    for query in (Query([select], "value", where), Query([select, select], "list", where)):
        query.distinct = distinct
        assert same_bag(run(table, query, size), naive.results(query, DOCUMENTS)), naive.text_of(query)


@settings(max_examples=40, deadline=None)
@given(where=conditions)
def test_counts(table: Table, where: Expression) -> None:
    query = Query([("COUNT", ("const", 1))], "value", where)
    assert run(table, query, None) == naive.results(query, DOCUMENTS), naive.text_of(query)


keys = st.tuples(st.sampled_from(["a", "b"]).map(lambda name: ("path", "c", name)), st.booleans())
deep_keys = st.tuples(paths, st.booleans())
orders = st.one_of(
    keys.map(lambda key: [key]),
    deep_keys.map(lambda key: [key]),
    st.lists(keys, min_size=2, max_size=2, unique_by=lambda key: key[0]),
)
# Arrays and objects sort in an order of the service's own, and a NUL ends what SQLite sorts by: they stay out here.
FLAT = [
    {name: value for name, value in document.items() if not isinstance(value, list | dict) and "\0" not in str(value)}
    for document in DOCUMENTS
]
flat_documents = st.one_of(
    st.just(FLAT),
    st.lists(st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from([None, 0, 1, "a"]), max_size=2), max_size=12),
)
Cut = tuple[int | None, int | None, int | None]
nothing = st.none()
cuts: st.SearchStrategy[Cut] = st.one_of(
    st.tuples(nothing, nothing, nothing),
    st.tuples(st.integers(0, 9), nothing, nothing),
    st.tuples(nothing, st.integers(0, 9), st.integers(0, 9)),
)


@settings(max_examples=200, deadline=None)
@given(flat_documents, st.none() | conditions, orders, cuts, sizes, st.booleans(), st.booleans())
def test_order_and_limits(  # noqa: PLR0917  # hypothesis passes them by place
    found: list[Document],
    where: Expression | None,
    order: list[tuple[Expression, bool]],
    cut: Cut,
    size: int | None,
    large: bool,
    distinct: bool,
) -> None:
    documents = [{"id": str(number), **document} for number, document in enumerate(found)]
    table = table_of(documents, large=large)
    query = Query([("path", "c", "a")] if distinct else [], "value" if distinct else "star", where, order)
    query.distinct = distinct
    query.top, query.offset, query.limit = cut
    expected = naive.results(query, documents)
    assert list(map(tagged, run(table, query, size))) == list(map(tagged, expected)), naive.text_of(query)


aggregates = st.tuples(st.sampled_from(naive.AGGREGATES), operands)
of_one_type = st.sampled_from(["IS_NUMBER", "IS_STRING", "IS_BOOL"]).map(lambda test: (test, ("path", "c", "a")))


@settings(max_examples=80, deadline=None)
@given(
    where=st.none() | conditions | of_one_type,
    select=st.lists(aggregates | st.tuples(st.sampled_from(naive.AGGREGATES), paths), min_size=1, max_size=3),
    group=st.lists(paths | operands, max_size=2),
    size=sizes,
)
def test_groups_and_aggregates(
    table: Table, where: Expression | None, select: list[Expression], group: list[Expression], size: int | None
) -> None:
    for query in (Query([*group, *select], "list", where, group=group), Query(select[:1], "value", where)):
        assert same_bag(run(table, query, size), naive.results(query, DOCUMENTS)), naive.text_of(query)


@settings(max_examples=60, deadline=None)
@given(where=conditions, join=paths, element=constants, size=sizes, distinct=st.booleans())
def test_joins(  # noqa: PLR0917  # as above
    table: Table, where: Expression, join: Expression, element: Expression, size: int | None, distinct: bool
) -> None:
    select: Expression = ("path", "t") if distinct else ("array", ("path", "c", "id"), ("path", "t"))
    where = ("OR", where, ("=", ("path", "t"), element))
    query = Query([select], where=where, join=join, distinct=distinct)
    assert same_bag(run(table, query, size), naive.results(query, DOCUMENTS)), naive.text_of(query)


def test_the_documents_hold_every_value_under_every_name() -> None:
    for name in NAMES[:2]:
        held = {repr(tagged(document[name])) for document in DOCUMENTS if name in document}
        assert len(held) > len(EVERY_VALUE) * 3 / 4
        assert any(name not in document for document in DOCUMENTS)
