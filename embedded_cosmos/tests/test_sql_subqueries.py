"""Subqueries in FROM and JOIN, queries without FROM, cut groups, and the functions that came with them."""

from typing import Any

import pytest

from embedded_cosmos.sql.query import ResumeFilter, SqlError, execute
from embedded_cosmos.tests.sql_table import Table


@pytest.fixture
def table() -> Table:
    made = Table()
    made.put([{"id": str(n), "n": n, "pk": "xy"[n % 2], "tags": [f"t{n}", "u"][: n % 3]} for n in range(6)])
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.pk FROM c)", [2]),
        ("SELECT COUNT(1) AS n FROM (SELECT DISTINCT c.pk FROM c WHERE c.n > 4) AS q", [{"n": 1}]),
        ("SELECT VALUE x.n FROM (SELECT c.n FROM c WHERE c.pk = 'x') AS x WHERE x.n > 0", [2, 4]),
        ("SELECT TOP 1 * FROM (SELECT c.n FROM c) AS x", [{"n": 0}]),
        ("SELECT VALUE c.n FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t = 'u') AS x", [2, 5]),
        ("SELECT VALUE c.n FROM c JOIN (SELECT VALUE t FROM t IN c.tags WHERE t = 'u')", [2, 5]),
        (
            "SELECT VALUE v FROM c JOIN (SELECT VALUE EXISTS(SELECT VALUE t FROM t IN c.tags)) AS v WHERE c.n < 2",
            [False, True],
        ),
        (
            """SELECT VALUE root.n FROM root JOIN
            (SELECT VALUE EXISTS(SELECT VALUE t FROM root JOIN t IN root.tags WHERE t = 't4')) AS v WHERE v""",
            [4],
        ),
        ("SELECT 1 AS one, 'a' AS a", [{"one": 1, "a": "a"}]),
        ("SELECT VALUE 1 + 1", [2]),
        ("SELECT TOP 1 c.pk FROM c GROUP BY c.pk", [{"pk": "x"}]),
        ("SELECT c.pk, COUNT(1) AS n FROM c GROUP BY c.pk OFFSET 1 LIMIT 2", [{"pk": "y", "n": 3}]),
        ("SELECT VALUE COUNT(1) FROM c ORDER BY c.n", [6]),
        ("SELECT TOP 0 VALUE COUNT(1) FROM c", []),
        ("SELECT VALUE COUNTIF(c.n > 2) FROM c", [3]),
        ("SELECT VALUE MAKELIST(c.pk) FROM c WHERE c.n < 3", [["x", "y", "x"]]),
        ("SELECT VALUE MAKESET(c.pk) FROM c", [["x", "y"]]),
        ("SELECT VALUE MAKELIST(c.gone) FROM c", [[]]),
        ("SELECT VALUE c.n FROM c WHERE REGEXMATCH(c.id, '^[45]$')", [4, 5]),
        ("SELECT VALUE REGEXMATCH('ABC', 'b', 'i')", [True]),
        ("SELECT VALUE REGEXMATCH('abc', 'b', 'q')", []),
        ("SELECT VALUE REGEXMATCH(1, 'b')", []),
    ],
)
def test_results(table: Table, text: str, expected: list[Any]) -> None:
    assert table.query(text) == expected
    assert table.query(text, size=1) == expected


def test_a_regular_expression_that_is_none_is_an_error(table: Table) -> None:
    with pytest.raises(SqlError, match="invalid"):
        table.query("SELECT VALUE REGEXMATCH(c.id, '(') FROM c")


@pytest.mark.parametrize("condition", ["c.n >= 2", "c.n >= 2 AND c.id > '1'", "c.n IN (5, 2, 3, 4)"])
def test_without_order_items_come_as_they_were_created(condition: str) -> None:
    table = Table()
    table.put([{"id": str(n), "n": n} for n in (5, 2, 0, 4, 1, 3)])
    table.pretend_to_be_large()
    assert table.query(f"SELECT VALUE c.n FROM c WHERE {condition}", size=2) == [5, 2, 4, 3]  # the test's own text


@pytest.mark.parametrize("direction", ["", " DESC"])
@pytest.mark.parametrize("with_row", [True, False])
@pytest.mark.parametrize("exclude", [True, False])
def test_order_is_resumed_at_a_value_or_a_row(direction: str, with_row: bool, exclude: bool) -> None:
    """With `exclude` behind the value (or the row), else from it on."""
    table = Table()
    table.put([{"id": str(n), "v": v} for n, v in enumerate([1, 2, 2, 2, 3, None, "a"])])
    text = f"SELECT VALUE c.id FROM c ORDER BY c.v{direction}"  # the test's own text
    whole = table.query(text)
    middle = whole.index("2")
    first, last = min(map(whole.index, "123")), max(map(whole.index, "123"))
    # Rows are numbered from 1 in the order of their creation.
    resume = ResumeFilter((2,), 3 if with_row else None, exclude)
    page = execute(table.db, table.source(), text, {}, page_size=None, after=None, resume=resume)
    start = middle + exclude if with_row else last + 1 if exclude else first
    assert [row.strip('"') for row in page.rows] == whole[start:]


@pytest.mark.parametrize("value", [None, True, "a", -1.5])
def test_order_is_resumed_at_every_kind_of_value(value: Any) -> None:
    table = Table()
    table.put(
        [
            {"id": str(n), **({} if v == "" else {"v": v})}
            for n, v in enumerate(["", None, False, True, -1.5, 0, "a", "b"])
        ]
    )
    text = "SELECT VALUE c.id FROM c ORDER BY c.v"
    page = execute(
        table.db, table.source(), text, {}, page_size=None, after=None, resume=ResumeFilter((value,), None, False)
    )
    assert len(page.rows) == {None: 7, True: 5, -1.5: 4, "a": 2}[value]


def test_a_resume_filter_has_a_value_for_each_expression() -> None:
    table, resume = Table(), ResumeFilter((1, 2), None, False)
    with pytest.raises(SqlError, match="resume filter"):
        execute(table.db, table.source(), "SELECT * FROM c ORDER BY c.v", {}, page_size=1, after=None, resume=resume)
