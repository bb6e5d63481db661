"""The engine against a naive evaluator, on generated documents and queries."""

import zlib
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contract import sql_naive as naive
from tests.contract.sql_naive import UNDEFINED, Document, Expression, Query, tagged
from tests.contract.sql_table import Table

TEXTS = ["", "a", "ab", "b", "B", "ä", "a\0", "a\0b", "a'b", 'a"b', "a\\u0000", "\U0001f600", "\uffff"]
NUMBERS = [0, 1, -1, 2, 1.5, 1.0, 0.1, 0.30000000000000004, 0.3, 2**53, 2**53 + 1, -(2**60), 1e300, 5e-324]
scalars = st.one_of(st.none(), st.booleans(), st.sampled_from(NUMBERS), st.sampled_from(TEXTS))
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["x", "y"]), inner, max_size=2),
    max_leaves=4,
)
# Few names, so that paths meet values; one of them needs quoting everywhere, another is not ASCII.
NAMES = ["a", "b", "it's", "größe"]
documents = st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=4), max_size=8)
paths = st.one_of(
    st.sampled_from(["a", "b"]).map(lambda name: ("path", "c", name)),
    st.sampled_from(NAMES).map(lambda name: ("path", "c", "x", name) if name == "a" else ("path", "c", "b", name)),
    st.sampled_from(["x", "y"]).map(lambda name: ("path", "c", "a", name)),
)
constants = st.one_of(
    values.map(lambda value: ("const", value)),
    st.just(("const", UNDEFINED)),
    values.map(lambda value: ("param", f"p{zlib.crc32(repr(value).encode())}", value)),
)
COMPARISONS = ["=", "!=", "<", "<=", ">", ">="]


def conditions(operands: st.SearchStrategy[Expression]) -> st.SearchStrategy[Expression]:
    leaves = st.one_of(
        st.tuples(st.sampled_from(COMPARISONS), paths, constants),
        st.tuples(st.sampled_from(COMPARISONS), constants, paths),
        st.tuples(st.sampled_from(COMPARISONS), operands, operands),
        st.tuples(st.sampled_from(["IS_DEFINED", "IS_NULL", "IS_NUMBER", "IS_STRING", "IS_BOOL", "IS_ARRAY"]), paths),
        st.tuples(st.sampled_from(["IS_OBJECT", "IS_PRIMITIVE"]), operands),
        st.tuples(st.just("in"), paths, st.lists(constants, min_size=1, max_size=3)),
        st.tuples(st.just("between"), paths, constants, constants),
        st.tuples(st.just("ARRAY_CONTAINS"), st.lists(values, max_size=3).map(lambda v: ("const", v)), paths),
        st.tuples(st.just("ARRAY_CONTAINS"), paths, constants),
        st.tuples(st.sampled_from(["CONTAINS", "STARTSWITH", "ENDSWITH"]), paths, constants),
        operands,
    )
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.tuples(st.sampled_from(["AND", "OR"]), inner, inner), st.tuples(st.just("not"), inner)
        ),
        max_leaves=5,
    )


operands = st.recursive(
    paths | constants,
    lambda inner: st.one_of(
        st.tuples(st.sampled_from(["??", "||", "+", "-"]), inner, inner),
        st.tuples(st.just("if"), inner, inner, inner),
        st.tuples(st.just("array"), inner, inner),
        st.tuples(st.just("object"), st.tuples(st.just("k"), inner)),
    ),
    max_leaves=4,
)
wheres = st.none() | conditions(operands)
sizes = st.sampled_from([None, 1, 2, 3])


def table_of(found: list[Document], large: bool) -> tuple[Table, list[Document]]:
    table = Table({"compositeIndexes": COMPOSITES})
    if large:
        table.pretend_to_be_large()
    stored = [{"id": str(number), **document} for number, document in enumerate(found)]
    table.put(stored)
    return table, stored


DIRECTIONS = ["ascending", "descending"]
COMPOSITES = [
    [{"path": f"/{one}", "order": "ascending"}, {"path": f"/{other}", "order": order}]
    for one in ["a", "b"]
    for other in ["a", "b"]
    for order in DIRECTIONS
    if one != other
]


def run(table: Table, query: Query, size: int | None, pk: str | None = '["p"]') -> list[Any]:
    pages = table.pages(naive.text_of(query), naive.parameters_of(query), size=size, pk=pk)
    return [row for page in pages for row in page]


def same_bag(found: list[Any], expected: list[Any]) -> bool:
    return sorted(map(repr, map(tagged, found))) == sorted(map(repr, map(tagged, expected)))


@settings(max_examples=400, deadline=None)
@given(documents, wheres, operands, sizes, st.booleans(), st.sampled_from(['["p"]', None]))
def test_filter_and_projection(  # noqa: PLR0917  # hypothesis passes them by place
    found: list[Document], where: Expression | None, select: Expression, size: int | None, large: bool, pk: str | None
) -> None:
    table, stored = table_of(found, large)
    for query in (Query([], "star", where), Query([select], "value", where), Query([select, select], "list", where)):
        assert same_bag(run(table, query, size, pk), naive.results(query, stored)), naive.text_of(query)


orders = st.one_of(
    st.tuples(paths, st.booleans()).map(lambda key: [key]),
    st.tuples(st.permutations(["a", "b"]), st.booleans(), st.booleans()).map(
        lambda pick: [(("path", "c", name), descending) for name, descending in zip(pick[0], pick[1:], strict=True)]
    ),
)
# In an order of ours alone, arrays and objects would not be told apart as the service does.
flat_documents = st.lists(
    st.dictionaries(st.sampled_from(["a", "b"]), scalars.filter(lambda value: "\0" not in str(value)), max_size=2),
    max_size=8,
)
# TOP, OFFSET and LIMIT.
Cut = tuple[int | None, int | None, int | None]
nothing = st.none()
cuts: st.SearchStrategy[Cut] = st.one_of(
    st.tuples(nothing, nothing, nothing),
    st.tuples(st.integers(0, 5), nothing, nothing),
    st.tuples(nothing, st.integers(0, 5), st.integers(0, 5)),
)


@settings(max_examples=400, deadline=None)
@given(flat_documents, wheres, orders, cuts, sizes, st.booleans(), st.booleans())
def test_order_and_limits(  # noqa: PLR0917  # as above
    found: list[Document],
    where: Expression | None,
    order: list[tuple[Expression, bool]],
    cut: Cut,
    size: int | None,
    large: bool,
    distinct: bool,
) -> None:
    table, stored = table_of(found, large)
    query = Query(
        [("path", "c", "a")] if distinct else [], "value" if distinct else "star", where, order, distinct=distinct
    )
    query.top, query.offset, query.limit = cut
    assert list(map(tagged, run(table, query, size))) == list(map(tagged, naive.results(query, stored)))


aggregates = st.tuples(st.sampled_from(naive.AGGREGATES), operands)


@settings(max_examples=200, deadline=None)
@given(documents, wheres, st.lists(aggregates, min_size=1, max_size=3), st.lists(paths, max_size=2), sizes)
def test_groups_and_aggregates(
    found: list[Document],
    where: Expression | None,
    select: list[Expression],
    group: list[Expression],
    size: int | None,
) -> None:
    table, stored = table_of(found, large=False)
    query = Query([*group, *select], "list", where, group=group)
    assert same_bag(run(table, query, size), naive.results(query, stored)), naive.text_of(query)
    single = Query(select[:1], "value", where)
    assert same_bag(run(table, single, size), naive.results(single, stored)), naive.text_of(single)


@settings(max_examples=200, deadline=None)
@given(documents, wheres, paths, sizes, st.booleans())
def test_joins(
    found: list[Document], where: Expression | None, join: Expression, size: int | None, distinct: bool
) -> None:
    table, stored = table_of(found, large=True)
    select: Expression = ("path", "t") if distinct else ("array", ("path", "c", "id"), ("path", "t"))
    on_element: Expression = ("!=", ("path", "t"), ("const", 1))
    both: Expression = ("AND", where, on_element) if where else on_element
    query = Query([select], where=both, join=join, distinct=distinct)
    assert same_bag(run(table, query, size), naive.results(query, stored)), naive.text_of(query)
