"""Query plans: what the SDK is told, and that what it then asks of each range adds up to the whole."""

from typing import Any

import pytest

from embedded_cosmos.sql.query import SqlError, key_values, needs_plan, plan
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
    found: str = plan(text, {f"@{name}": value for name, value in parameters.items()})["rewrittenQuery"]
    return found


def test_a_plan_tells_order_and_limits() -> None:
    info = plan("SELECT TOP @n c.a FROM c WHERE c.b = @b OR c.d ORDER BY c.s DESC", {"@n": 3, "@b": 1})
    assert info["orderBy"] == ["Descending"]
    assert info["orderByExpressions"] == ["c.s"]
    assert (info["top"], info["offset"], info["limit"]) == (3, None, None)
    assert info["distinctType"] == "None"
    assert info["aggregates"] == []
    assert info["hasSelectValue"] is False
    assert info["rewrittenQuery"] == (
        'SELECT TOP 3 c._rid, [{"item": c.s}] AS orderByItems, {"a": c.a} AS payload\nFROM c\n'  # expected
        f"WHERE (((c.b = @b) OR c.d) AND ({SLOT}))\nORDER BY c.s DESC"
    )


def test_limits_are_widened_for_each_range() -> None:
    """Any of the ranges may hold all that is skipped."""
    assert rewritten("SELECT * FROM c OFFSET @o LIMIT 3", o=4) == "SELECT *\nFROM c\nOFFSET 0 LIMIT 7"
    assert rewritten("SELECT c.a x FROM c OFFSET 1 LIMIT 3") == "SELECT c.a AS x\nFROM c\nOFFSET 0 LIMIT 4"
    info = plan("SELECT * FROM c OFFSET 4 LIMIT 3", {})
    assert (info["offset"], info["limit"]) == (4, 3)


@pytest.mark.parametrize(
    ("call", "name", "item"),
    [
        ("COUNT(1)", "Count", '{"item": COUNT(1)}'),
        ("COUNTIF(c.a > 1)", "CountIf", '{"item": COUNTIF((c.a > 1))}'),
        ("SUM(c.a + 1)", "Sum", '{"item": SUM((c.a + 1))}'),
        ("MIN(c.a)", "Min", '{"item": MIN(c.a), "item2": {"min": MIN(c.a), "count": COUNT(c.a)}}'),
        ("MAX(c.a)", "Max", '{"item": MAX(c.a), "item2": {"max": MAX(c.a), "count": COUNT(c.a)}}'),
        ("AVG((c.a))", "Average", '{"item": {"sum": SUM(c.a), "count": COUNT(c.a)}}'),
    ],
)
def test_aggregates_come_as_items(call: str, name: str, item: str) -> None:
    info = plan(f"SELECT VALUE {call} FROM c WHERE c.b", {})  # the test's own text
    assert info["aggregates"] == [name]
    assert info["hasSelectValue"] is True
    assert info["rewrittenQuery"] == f"SELECT VALUE [{item}]\nFROM c\nWHERE c.b"  # as above
    several = plan(f"SELECT {call} AS x, COUNT(1) FROM c", {})  # as above
    assert several["groupByAliasToAggregateType"] == {"x": name, "$1": "Count"}
    assert (
        several["rewrittenQuery"] == f'SELECT {{"x": {item}, "$1": {{"item": COUNT(1)}}}} AS payload\nFROM c'
    )  # as above


def test_groups_are_merged_by_their_keys() -> None:
    info = plan("SELECT TOP 2 c.a, SUM(c.n) AS s FROM c WHERE c.x GROUP BY c.a", {})
    assert info["groupByExpressions"] == ["c.a"]
    assert info["groupByAliases"] == ["a", "s"]
    assert info["top"] == 2
    assert info["rewrittenQuery"] == (
        'SELECT [{"item": c.a}] AS groupByItems, {"a": c.a, "s": {"item": SUM(c.n)}} AS payload\n'  # expected
        "FROM c\nWHERE c.x\nGROUP BY c.a"
    )


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("SELECT DISTINCT c.a FROM c", "Unordered"),
        ("SELECT DISTINCT VALUE c.a FROM c ORDER BY c.a", "Ordered"),
        ("SELECT DISTINCT VALUE c.a FROM c ORDER BY c.b", "Unordered"),
        ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.a FROM c)", "Unordered"),
    ],
)
def test_a_plan_tells_how_to_find_what_is_distinct(text: str, kind: str) -> None:
    assert plan(text, {})["distinctType"] == kind


@pytest.mark.parametrize(
    "text",
    [
        "SELECT VALUE COUNT(1) + 1 FROM c",
        "SELECT VALUE {n: COUNT(1)} FROM c",
        "SELECT VALUE ABS(SUM(c.a)) FROM c",
        "SELECT COUNT(1), c.a FROM c",
        "SELECT VALUE {a: c.a, n: COUNT(1)} FROM c GROUP BY c.a",
        "SELECT * FROM c ORDER BY c.a + 1",
        "SELECT * FROM c WHERE FOO(c.a)",
    ],
)
def test_what_no_client_could_merge_is_refused(text: str) -> None:
    with pytest.raises(SqlError):
        plan(text, {})


@pytest.mark.parametrize(
    ("text", "feature"),
    [
        ("SELECT c.a FROM c GROUP BY c.a", "GroupBy"),
        ("SELECT COUNT(1) AS n FROM c", "NonValueAggregate"),
        ("SELECT VALUE COUNTIF(c.a) FROM c", "CountIf"),
        ("SELECT DISTINCT c.a FROM c", "Distinct"),
        ("SELECT * FROM c OFFSET 1 LIMIT 1", "OffsetAndLimit"),
        ("SELECT TOP 1 * FROM c", "Top"),
        ("SELECT VALUE COUNT(1) FROM (SELECT DISTINCT VALUE c.a FROM c)", "DCount"),
        ("SELECT MIN(c.a), MAX(c.a) FROM c", "MultipleAggregates"),
        ("SELECT * FROM c ORDER BY c.a, c.b", "MultipleOrderBy"),
    ],
)
def test_a_feature_that_the_client_does_not_offer_is_refused_by_name(text: str, feature: str) -> None:
    everything = {"Aggregate", "CountIf", "DCount", "Distinct", "GroupBy", "MultipleAggregates", "MultipleOrderBy"}
    everything |= {"NonValueAggregate", "OffsetAndLimit", "OrderBy", "Top"}
    assert plan(text, {}, everything)
    with pytest.raises(SqlError, match=feature):
        plan(text, {}, everything - {feature})


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("c.pk = 'a' AND c.x > 1", [["a"]]),
        ("'a' = c.pk OR c.pk IN ('b', @p)", [["a"], ["b"], [1]]),
        ("ARRAY_CONTAINS(['a', null], c.pk)", [["a"], [None]]),
        ("c.pk IN ('a', 'b') AND c.pk IN ('b', 'c')", [["b"]]),
        ("(c.pk = 'a' AND c.x) OR (c.pk = 'b' AND c.y)", [["a"], ["b"]]),
        ("c.pk = 'a' AND c.pk = 'b'", []),
        ("false", []),
        ("c.pk = 'a' OR c.x = 1", None),
        ("NOT (c.pk = 'a')", None),
        ("c.pk > 'a'", None),
        ("c.pk = [1]", None),
        ("c.pk = c.x", None),
    ],
)
def test_a_condition_on_the_partition_key_narrows_what_is_asked(condition: str, expected: list[Any] | None) -> None:
    text = f"SELECT * FROM c WHERE {condition}"  # the test's own text
    assert key_values(text, {"@p": 1}, [("pk",)]) == expected


def test_a_prefix_of_a_hierarchical_key_narrows_too() -> None:
    text = "SELECT * FROM c WHERE c.a IN (1, 2) AND c.b = 3"
    assert key_values(text, {}, [("a",), ("b",), ("c",)]) == [[1, 3], [2, 3]]
    assert key_values(text, {}, [("x",), ("a",)]) is None


def test_a_wrong_query_has_no_plan() -> None:
    with pytest.raises(SqlError, match="near 'FRM'"):
        plan("SELECT * FRM c", {})
    with pytest.raises(SqlError, match="has no value"):
        plan("SELECT TOP @n * FROM c", {})


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
    assert table.query(rewritten("SELECT VALUE MAX(c.gone) FROM c")) == [[{"item2": {"count": 0}}]]
    assert table.query(rewritten("SELECT c.s, COUNT(1) AS n FROM c WHERE c.s < 1 GROUP BY c.s")) == [
        {"groupByItems": [{"item": 0}], "payload": {"s": 0, "n": {"item": 1}}}
    ]
