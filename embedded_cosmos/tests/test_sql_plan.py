"""Query plans: what the SDK is told, and that what it then asks of each range adds up to the whole."""

from typing import Any

import pytest

from embedded_cosmos.sql.query import SqlError, Unsupported, needs_plan, plan
from embedded_cosmos.tests.sql_table import Table

SLOT = "{documentdb-formattableorderbyquery-filter}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM c", False),
        ("SELECT c.a FROM c WHERE c.a = 1", False),
        ("SELECT VALUE t FROM c JOIN t IN c.l", False),
        ("SELECT * FROM c ORDER BY c.a", True),
        ("SELECT TOP 1 * FROM c", True),
        ("SELECT * FROM c OFFSET 0 LIMIT 1", True),
        ("SELECT VALUE COUNT(1) FROM c", True),
        ("SELECT DISTINCT c.a FROM c", True),
        ("SELECT c.a FROM c GROUP BY c.a", True),
        ("SELECT VALUE (SELECT VALUE COUNT(1) FROM t IN c.l) FROM c", False),
    ],
)
def test_what_has_to_be_merged_needs_a_plan(text: str, expected: bool) -> None:
    assert needs_plan(text) is expected


def rewritten(text: str, **parameters: Any) -> str:
    found: str = plan(text, {f"@{name}": value for name, value in parameters.items()}, {})["rewrittenQuery"]
    return found


def test_a_plan_tells_order_and_limits() -> None:
    info = plan("SELECT TOP @n c.a FROM c WHERE c.b = @b OR c.d ORDER BY c.s DESC", {"@n": 3, "@b": 1}, {})
    assert info["orderBy"] == ["Descending"]
    assert info["orderByExpressions"] == ["c.s"]
    assert (info["top"], info["offset"], info["limit"]) == (3, None, None)
    assert info["distinctType"] == "None"
    assert info["aggregates"] == []
    assert info["hasSelectValue"] is False
    assert info["rewrittenQuery"] == (
        'SELECT TOP 3 c._rid, [{"item": c.s}] AS orderByItems, {"a": c.a} AS payload FROM c'  # expected
        f" WHERE (c.b = @b OR c.d) AND ({SLOT}) ORDER BY c.s DESC"
    )


def test_limits_are_widened_for_each_range() -> None:
    """Any of the ranges may hold all that is skipped."""
    assert rewritten("SELECT * FROM c OFFSET @o LIMIT 3", o=4) == "SELECT * FROM c OFFSET 0 LIMIT 7"
    assert rewritten("SELECT c.a x FROM c OFFSET 1 LIMIT 3") == 'SELECT VALUE {"x": c.a} FROM c OFFSET 0 LIMIT 4'
    info = plan("SELECT * FROM c OFFSET 4 LIMIT 3", {}, {})
    assert (info["offset"], info["limit"]) == (4, 3)


@pytest.mark.parametrize(
    ("call", "name", "item"),
    [
        ("COUNT(1)", "Count", "COUNT(1)"),
        ("SUM(c.a + 1)", "Sum", "SUM(c.a + 1)"),
        ("MIN(c.a)", "Min", "MIN(c.a)"),
        ("MAX(c.a)", "Max", "MAX(c.a)"),
        ("AVG((c.a))", "Average", '{"sum": SUM((c.a)), "count": COUNT((c.a))}'),
    ],
)
def test_aggregates_come_as_items(call: str, name: str, item: str) -> None:
    info = plan(f"SELECT VALUE {call} FROM c WHERE c.b", {}, {})  # the test's own text
    assert info["aggregates"] == [name]
    assert info["hasSelectValue"] is True
    assert info["rewrittenQuery"] == f'SELECT VALUE [{{"item": {item}}}] FROM c WHERE (c.b)'  # as above


@pytest.mark.parametrize(
    "text",
    [
        "SELECT DISTINCT c.a FROM c",
        "SELECT c.a, COUNT(1) FROM c GROUP BY c.a",
        "SELECT COUNT(1) FROM c",
        "SELECT VALUE COUNT(1) + 1 FROM c",
        "SELECT VALUE {n: COUNT(1)} FROM c",
        "SELECT VALUE ABS(SUM(c.a)) FROM c",
        "SELECT TOP 1 VALUE COUNT(1) FROM c",
    ],
)
def test_what_the_sdk_could_not_merge_rightly_is_refused(text: str) -> None:
    with pytest.raises(Unsupported, match="several partition key ranges"):
        plan(text, {}, {})


def test_a_wrong_query_has_no_plan() -> None:
    with pytest.raises(SqlError, match="near 'FRM'"):
        plan("SELECT * FRM c", {}, {})
    with pytest.raises(SqlError, match="has no value"):
        plan("SELECT TOP @n * FROM c", {}, {})


def test_each_range_answers_the_rewritten_query() -> None:
    """A value that is undefined has no payload: the SDK would fail on it, so the range leaves it out."""
    table = Table()
    table.put([{"id": str(n), "_rid": f"r{n}", "s": n, **({"v": n} if n % 2 else {})} for n in range(6)])
    text = rewritten("SELECT VALUE c.v FROM c ORDER BY c.s DESC").replace(SLOT, "true")
    assert table.query(text, size=2) == [
        {"_rid": f"r{n}", "orderByItems": [{"item": n}], "payload": n} for n in (5, 3, 1)
    ]
    text = rewritten("SELECT * FROM c WHERE c.s > @a ORDER BY c.v", a=3).replace(SLOT, "c.s < 5")
    (only,) = table.query(text, a=3)
    assert only == {"_rid": "r4", "orderByItems": [{}], "payload": {"id": "4", "_rid": "r4", "s": 4}}
    assert table.query(rewritten("SELECT VALUE AVG(c.v) FROM c")) == [[{"item": {"sum": 9, "count": 3}}]]
    assert table.query(rewritten("SELECT VALUE MAX(c.gone) FROM c")) == [[{}]]
