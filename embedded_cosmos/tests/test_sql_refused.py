"""What is wrong is an error that points at it, what is not built is refused by name; nothing else ever comes out."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from embedded_cosmos.sql.query import SqlError, Unsupported, execute, needs_plan, plan
from embedded_cosmos.tests.sql_table import Table


@pytest.fixture(scope="module")
def table() -> Table:
    made = Table()
    made.put([{"id": "1", "a": 1, "l": [1, "x"], "o": {"a": "😀"}}, {"id": "2", "a": "text"}])
    return made


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("SELECT * FROM c WHERE", 1, 22, "unexpected end"),
        ("SELEC * FROM c", 1, 1, "near 'SELEC'"),
        ("SELECT *\nFROM c\nWHERE c.order = 1", 3, 9, "near 'order'"),
        ("SELECT * FROM c WHERE c.a == 1", 1, 28, "near '='"),
        ("SELECT * FROM c WHERE c.a = 'open", 1, 29, "near '''"),
        ("SELECT * FROM c WHERE c.a = 'a\\qb'", 1, 29, "invalid escape"),
        ("SELECT c.a, FROM c", 1, 13, "near 'FROM'"),
        ("SELECT * FROM c WHERE c.a = $1", 1, 29, "near '$'"),
        ("", 1, 1, "unexpected end"),
        ("SELECT d.a FROM c", 1, 8, "'d' could not be resolved"),
        ("SELECT VALUE c.a FROM c WHERE c.a = @missing", 1, 37, "'@missing' has no value"),
        ("SELECT * FROM c JOIN c IN c.l", 1, 22, "more than once"),
        ("SELECT VALUE LENGTH('a', 'b') FROM c", 1, 14, "does not take 2 arguments"),
        ("SELECT * FROM c WHERE COUNT(1) > 1", 1, 23, "aggregate COUNT"),
        ("SELECT c.a, COUNT(1) FROM c", 1, 8, "GROUP BY"),
        ("SELECT * FROM c JOIN t IN c.l", 0, 0, "single input set"),
        ("SELECT TOP -1 * FROM c", 1, 12, "near '-'"),
        ("SELECT * FROM c WHERE c.a BETWEEN 1 AND 2 AND c.b = 3", 1, 43, "near 'AND'"),
        ("SELECT * FROM c WHERE c.a BETWEEN 1 AND 2 OR c.b = 3", 1, 43, "near 'OR'"),
        ("SELECT * FROM c WHERE c.b = 3 AND c.a BETWEEN 1 AND 2", 1, 39, "near 'BETWEEN'"),
        ("SELECT VALUE c.l[1 + 1] FROM c", 0, 0, "only a constant or a parameter"),
        ("SELECT VALUE c[c.a] FROM c", 0, 0, "only a constant or a parameter"),
        ("SELECT TOP 1.5 * FROM c", 0, 0, "whole number"),
        ("SELECT TOP 1 * FROM c OFFSET 0 LIMIT 1", 0, 0, "exclude each other"),
        ("SELECT * FROM c WHERE c.none LIKE 'x' ESCAPE '!!'", 0, 0, "single character"),
    ],
)
def test_an_error_points_at_its_place(table: Table, text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(SqlError) as caught:
        table.query(text)
    assert message in caught.value.message
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("SELECT VALUE ST_DISTANCE(c.a, c.b) FROM c", "function ST_DISTANCE"),
        ("SELECT VALUE udf.mine(c.a) FROM c", "udf.mine"),
        ("SELECT * FROM c ORDER BY LOWER(c.a)", "ORDER BY"),
        ("SELECT * FROM c ORDER BY c.l[0]", "ORDER BY"),
        ("SELECT c.a FROM c GROUP BY c.a ORDER BY c.a", "ORDER BY with GROUP BY"),
        ("SELECT c.a, c.o.a FROM c", "twice"),
        ("SELECT VALUE LENGTH(c.o.a) FROM c", "U+FFFF"),
        ("SELECT VALUE 1 / 0 FROM c", "finite"),
        ("SELECT VALUE c.a LIKE '[a' FROM c", "LIKE"),
        ("SELECT * FROM (SELECT VALUE c FROM c) s ORDER BY s.a", "ORDER BY over a subquery"),
        ("SELECT VALUE t FROM c JOIN t IN (SELECT VALUE c.l)", "behind IN"),
        ("SELECT VALUE udf.f(c.a) FROM c", "user-defined function udf.f"),
    ],
)
def test_what_is_not_built_is_named(table: Table, text: str, feature: str) -> None:
    with pytest.raises(SqlError) as caught:
        table.query(text)
    assert feature in caught.value.message
    assert isinstance(caught.value, Unsupported) or not feature


def test_a_long_chain_of_conditions_is_no_deep_one(table: Table) -> None:
    chain = " OR ".join(f"c.id = '{number}'" for number in range(1500))
    assert len(table.query(f"SELECT * FROM c WHERE {chain}")) == 2  # the test's own text
    deep = "(" * 3000 + "1" + ")" * 3000
    with pytest.raises(Unsupported, match="levels deep"):
        table.query(f"SELECT VALUE {deep} FROM c")  # the test's own text


WORDS = (
    "SELECT FROM WHERE ORDER BY GROUP JOIN IN VALUE TOP DISTINCT AND OR NOT BETWEEN LIKE EXISTS ARRAY OFFSET LIMIT AS"
    " DESC c t c.a c.l c['o'] @p @q * ( ) [ ] { } , . : ? ?? = != < >= + - / % || & 0 1 1.5 -1 1e999 'x' \"%\" null"
    " true undefined COUNT(1) SUM(c.a) LEFT( SUBSTRING( ARRAY_CONTAINS( DATETIMEADD( 'dd' REPLICATE( POWER( ROUND("
)
sentences = st.lists(st.sampled_from(WORDS.split()), max_size=14).map(" ".join)
starts = st.sampled_from(
    ["", "SELECT VALUE ", "SELECT * FROM c WHERE ", "SELECT c.a FROM c ORDER BY ", "SELECT * FROM c "]
)


@settings(max_examples=1500, deadline=None)
@given(starts, sentences | st.text(max_size=20), st.sampled_from(["", " FROM c", " IS_DEFINED(c.a)", ")"]))
def test_any_text_is_answered_or_refused(start: str, middle: str, end: str) -> None:
    table = Table()
    table.put([{"id": "1", "a": 1, "l": [1, "x"]}])
    text, parameters = f"{start}{middle}{end}", {"@p": 1, "@q": "x"}
    for ask in (
        lambda: execute(table.db, table.source(), text, parameters, page_size=1, after=None),
        lambda: plan(text, parameters),
        lambda: needs_plan(text),
    ):
        try:
            ask()
        except SqlError as error:
            assert error.message  # noqa: PT017  # most texts are refused, some are not


@pytest.mark.parametrize(
    "after",
    [{}, [], "x", {"k": [], "r": "1", "s": 0, "n": None}, {"k": [[5, "a"]], "r": 1, "s": 0, "n": None}, {"g": 1}],
)
def test_a_continuation_of_something_else_is_an_error(table: Table, after: Any) -> None:
    for text in ("SELECT * FROM c", "SELECT c.a FROM c GROUP BY c.a"):
        with pytest.raises(SqlError, match="continuation token"):
            execute(table.db, table.source(), text, {}, page_size=1, after=after)
