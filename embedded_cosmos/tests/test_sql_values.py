"""Undefined, null and mixed types: what conditions and expressions make of them.

Sources: learn.microsoft.com "Equality and comparison operators", "Logical operators", "Ternary and coalesce operators";
where the pages are silent or contradict one another, Microsoft's own reference evaluator in the .NET SDK's tests
(`OfflineEngine/ScalarExpressionEvaluator.cs`), and for numbers what its query planner makes of constants."""

from typing import Any

import pytest

from embedded_cosmos.tests.sql_table import Table

DOCUMENT = {
    "id": "1",
    "n": 1,
    "f": 1.5,
    "s": "text",
    "t": True,
    "no": None,
    "l": [1, "a", None, {"x": 1}],
    "o": {"x": {"y": 2}, "odd name": 3},
}


@pytest.fixture
def table() -> Table:
    made = Table()
    made.put([DOCUMENT])
    return made


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("c.missing = 1", "undefined"),
        ("c.missing = c.missing", "undefined"),
        ("c.missing != null", "undefined"),
        ("c.no = null", True),
        ("c.n = 1.0", True),
        ("c.n = true", False),
        ("c.n = '1'", False),
        ("c.n != '1'", True),
        ("c.no != 'x'", True),
        ("c.l = [1, 'a', null, {'x': 1}]", True),
        ("c.l = [1, 'a', null]", False),
        ("c.o.x = {y: 2.0}", True),
        ("{a: 1, b: 2} = {b: 2, a: 1}", True),
    ],
)
def test_equality_is_deep_and_false_across_types_but_undefined_without_a_value(
    table: Table, expression: str, expected: Any
) -> None:
    """Reference evaluator, `PerformBinaryEquality`: undefined only if a side is."""
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("c.n < 2", True),
        ("c.n < '2'", "undefined"),
        ("c.missing < 2", "undefined"),
        ("c.l < [2]", "undefined"),
        ("c.o > {}", "undefined"),
        ("c.no <= null", True),
        ("c.no < null", False),
        ("false < c.t", True),
        ("'B' < 'a'", True),
        ("c.n BETWEEN 1 AND 1", True),
        ("c.n BETWEEN 'a' AND 'b'", "undefined"),
        ("c.n NOT BETWEEN 2 AND 3", True),
    ],
)
def test_order_compares_within_a_primitive_type_only(table: Table, expression: str, expected: Any) -> None:
    """ "Comparison across types or between two objects or arrays produces undefined." """
    assert table.yields(expression, expected)


TRUTH = {"true": True, "false": False, "c.missing": "undefined", "c.n": "undefined"}


@pytest.mark.parametrize("left", TRUTH)
@pytest.mark.parametrize("right", TRUTH)
def test_logic_has_three_values(table: Table, left: str, right: str) -> None:
    """The truth tables of "Logical operators"; what is no boolean counts as undefined."""
    values = {TRUTH[left], TRUTH[right]}
    conjunction = False if False in values else "undefined" if "undefined" in values else True
    disjunction = True if True in values else "undefined" if "undefined" in values else False
    assert table.value(f"{left} AND {right}") == conjunction
    assert table.value(f"{left} OR {right}") == disjunction


@pytest.mark.parametrize(
    ("value", "expected"), [("true", False), ("false", True), ("c.n", "undefined"), ("1", "undefined")]
)
def test_not_of_what_is_no_boolean_is_undefined(table: Table, value: str, expected: Any) -> None:
    """ "NOT: undefined gives undefined." """
    assert table.value(f"NOT {value}") == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("c.missing ?? 'other'", "other"),
        ("c.no ?? 'other'", None),
        ("c.missing ?? c.gone ?? 3", 3),
        ("c.t ? 1 : 2", 1),
        ("c.n ? 1 : 2", 2),
        ("c.missing ? 1 : 2", 2),
        ("c.n = 1 ? 'one' : c.n = 2 ? 'two' : 'many'", "one"),
    ],
)
def test_coalesce_and_conditional(table: Table, expression: str, expected: Any) -> None:
    """`??` looks for undefined, not for null; `?:` takes the first branch for true alone."""
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("7 % 4 - -1", 4),
        ("-7 % 4", -3),
        ("1 / 4", 0.25),
        ("4 / 2", 2),
        ("0.1 + 0.2", 0.1 + 0.2),
        ("c.n + c.missing", "undefined"),
        ("c.n + '1'", "undefined"),
        ("-c.f", -1.5),
        ("+c.s", "undefined"),
        ("'a' || 'b' || 'c'", "abc"),
        ("'a' || 1", "undefined"),
        ("6 & 3", 2),
        ("6 | 3", 7),
        ("6 ^ 3", 5),
        ("~6", -7),
        ("100 >> 2", 25),
        ("100 << 2", 400),
        ("100 >>> 0", 100),
        ("-1 >>> 28", 15),
        ("'a' & 1", "undefined"),
        ("9007199254740993 = 9007199254740992", False),
        ("9007199254740993 > 9007199254740992.0", True),
        ("9223372036854775808 = 9223372036854775809", True),
        ("9007199254740993 + 2", 9007199254740995),
        ("9007199254740993 / 3", 3002399751580331),
        ("9007199254740993 % -2", 1),
        ("-9007199254740993 % 2", -1),
        ("-(9007199254740993)", -9007199254740993),
        ("9223372036854775807 + 1", 2.0**63),
        ("3037000500 * 3037000500", 9.2233720370002493e18),
        ("1.9 | 0", 1),
        ("~1e21", 559939583),
        ("4294967297 << 1", 2),
        ("1 << 33", 2),
        ("2147483647 << 1", -2),
        ("-1 >>> 0", -1),
        ("-8 >>> 1", 2147483644),
    ],
)
def test_numbers_are_integers_of_64_bits_or_doubles(table: Table, expression: str, expected: Any) -> None:
    """Another type makes the result undefined."""
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("5 & 3 = 1", True),
        ("1 = 2 | 1", False),
        ("5 & 3 IN (1)", True),
        ("6 & 3 + 1", 3),
        ("3 + 1 & 6", 4),
        ("2 * 3 & 3", 2),
        ("2 ^ 3 & 1", 1),
        ("1 | 2 ^ 3 & 4", 0),
        ("1 << 1 | 1", 2),
        ("1 << 2 + 1", 8),
        ("1 << 2 = 4", True),
        ("4 = 1 << 2", "undefined"),
        ("'a' || 'b' = 'ab'", True),
        ("1 < 2 = true", True),
        ("true = 1 < 2", "undefined"),
        ("NOT false = false", False),
        ("NOT 1 = 2", "undefined"),
        ("NOT 1 IN (2)", "undefined"),
        ("NOT true AND false", False),
        ("true OR false AND false", True),
        ("c.missing ?? 1 = 1", True),
    ],
)
def test_what_binds_first(table: Table, expression: str, expected: Any) -> None:
    """As the service's planner reads them: bit operators as + does, shifts as = does, NOT before all of these."""
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("c.o.x.y", 2),
        ("c['o'][\"odd name\"]", 3),
        ("c.o[@name]", 3),
        ("c.l[0]", 1),
        ("c.l[9]", "undefined"),
        ("c.l[-1]", "undefined"),
        ("c.l[1.5]", "a"),
        ("c.l[3].x", 1),
        ("c.l['0']", "undefined"),
        ("c.s[0]", "undefined"),
        ("c.no.x", "undefined"),
        ("[c.missing, c.n, undefined]", [1]),
        ("{'a': c.missing, b: c.n}", {"b": 1}),
        ("'\\u00e9\\n\\'\\\"\\\\\\ud83d\\ude00'", "é\n'\"\\😀"),
        ('"it\'s"', "it's"),
        ("1.5e2", 150),
        ("@list[1]", "b"),
    ],
)
def test_paths_and_literals(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected, name="odd name", list=["a", "b"])


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("c.n IN (1, 2)", True),
        ("c.n IN ('1')", False),
        ("c.n NOT IN (3, null)", True),
        ("c.missing IN (1)", "undefined"),
        ("c.no IN (null)", True),
    ],
)
def test_in_compares_as_equality_does(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("fruit salad", "fruit%", True),
        ("Fruit", "fruit%", False),
        ("summer road", "%Road", False),
        ("a driver b", "%driver%", True),
        ("SOxPS", "SO_PS", True),
        ("SOPS", "SO_PS", False),
        ("SOtPS", "SO[t-z]PS", True),
        ("SOaPS", "SO[^abc]PS", False),
        ("20-30%", "20-30[%]", True),
        ("_n", "[_]n", True),
        ("an", "[_]n", False),
        ("]", "]", True),
        ("[", "[[]", True),
        ("a\nb", "a%b", True),
        ("", "%", True),
        ("", "_", False),
        ("abcabd", "%ab_", True),
    ],
)
def test_like(table: Table, text: str, pattern: str, expected: bool) -> None:
    """The wildcards of the page "LIKE"; it tells upper from lower case."""
    assert table.value("@text LIKE @pattern", text=text, pattern=pattern) is expected
    assert table.value("@text NOT LIKE @pattern", text=text, pattern=pattern) is not expected


def test_like_takes_an_escape_character(table: Table) -> None:
    """The page's own example: `LIKE "%20^%%" ESCAPE "^"`."""
    assert table.value("'save 20% now' LIKE '%20^%%' ESCAPE '^'") is True
    assert table.value("'save 200 now' LIKE '%20^%%' ESCAPE '^'") is False
    assert table.value("1 LIKE '%'") == "undefined"


def test_an_item_whose_condition_is_undefined_is_left_out(table: Table) -> None:
    assert table.query("SELECT * FROM c WHERE c.missing = 1") == []
    assert table.query("SELECT * FROM c WHERE NOT (c.missing = 1)") == []
    assert table.query("SELECT * FROM c WHERE c.s") == []
    assert len(table.query("SELECT * FROM c WHERE c.end = null OR NOT IS_DEFINED(c.end)")) == 1
