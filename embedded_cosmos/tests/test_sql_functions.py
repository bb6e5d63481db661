"""The built-in functions, with the examples of their pages on learn.microsoft.com and the corners of each.

The corners are as Microsoft's query planner computes constants (libQueryPlanInterop of the .NET SDK 3.64.0): the value
of `c.pk = …` is the key that its plan asks for.
"""

from typing import Any

import pytest

from embedded_cosmos.tests.sql_table import Table

TICKS = "2020-01-02T03:04:05.6789123Z"


@pytest.fixture(scope="module")
def table() -> Table:
    made = Table()
    made.put([{"id": "1", "l": [1, 2, 3], "o": {"a": 1, "b": 2}}])
    return made


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("IS_DEFINED(c.no)", False),
        ("IS_DEFINED(null)", True),
        ("IS_NULL(c.no)", False),
        ("IS_NULL(null)", True),
        ("IS_NUMBER(1)", True),
        ("IS_NUMBER(true)", False),
        ("IS_BOOL(false)", True),
        ("IS_STRING('')", True),
        ("IS_ARRAY([])", True),
        ("IS_OBJECT({})", True),
        ("IS_PRIMITIVE(null)", True),
        ("IS_PRIMITIVE(c.l)", False),
        ("IS_INTEGER(1.0)", True),
        ("IS_INTEGER(1.5)", False),
        ("IS_INTEGER(9223372036854775807)", True),
        ("IS_INTEGER(9223372036854775808)", False),
        ("IS_INTEGER(1e18)", False),
        ("IS_FINITE_NUMBER(1 / 0)", False),
        ("is_string('any case')", True),
        ("IIF(true, 1, 2)", 1),
        ("IIF(42, 1, 2)", 2),
    ],
)
def test_type_checks(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("CONCAT('a', 'b', 'c')", "abc"),
        ("CONCAT('a', 1)", "undefined"),
        ("CONTAINS('abc', 'B')", False),
        ("CONTAINS('abc', 'B', true)", True),
        ("STARTSWITH('abc', '')", True),
        ("STARTSWITH('abc', 'ab')", True),
        ("ENDSWITH('abc', 'BC', true)", True),
        ("STRINGEQUALS('abc', 'ABC', true)", True),
        ("STRINGEQUALS(null, null)", "undefined"),
        ("INDEX_OF('abcabc', 'c')", 2),
        ("INDEX_OF('abcabc', 'c', 3)", 5),
        ("INDEX_OF('abc', 'x')", -1),
        ("LEFT('abc', 2)", "ab"),
        ("LEFT('abc', -1)", ""),
        ("RIGHT('abc', 2)", "bc"),
        ("RIGHT('abc', 9)", "abc"),
        ("SUBSTRING('abcdef', 2, 3)", "cde"),
        ("SUBSTRING('abc', 3, 1)", ""),
        ("SUBSTRING('abc', 0.5, 1)", "undefined"),
        ("SUBSTRING('', 0.5, 1)", "undefined"),
        ("INDEX_OF('abc', 'b', -5)", -1),
        ("INDEX_OF('abc', '', 3)", 3),
        ("LENGTH('abc')", 3),
        ("LENGTH(1)", "undefined"),
        ("LOWER('AÄß')", "aäß"),
        ("UPPER('aäß')", "AÄß"),
        ("LTRIM('  a ')", "a "),
        ("RTRIM('  a ')", "  a"),
        ("TRIM('  a ')", "a"),
        ("LTRIM('AdventureWorks', 'Adventure')", "Works"),
        ("LTRIM('AdventureWorks', 'Works')", "AdventureWorks"),
        ("TRIM('xyxyaxyx', 'yx')", "a"),
        ("RTRIM('AdventureWorks', '')", "AdventureWorks"),
        ("RTRIM('abc', null)", "undefined"),
        ("TRIM('\\u3000a\\u001f')", "a\x1f"),
        ("REPLACE('aXbX', 'X', '-')", "a-b-"),
        ("REPLACE('a', '', '-')", "undefined"),
        ("REPLICATE('ab', 3)", "ababab"),
        ("REPLICATE('a', 10001)", "undefined"),
        ("REVERSE('abc')", "cba"),
        ("TOSTRING(1.0)", "1"),
        ("TOSTRING(1.5)", "1.5"),
        ("TOSTRING(true)", "true"),
        ("TOSTRING(c.no)", "undefined"),
        ("TOSTRING(1e21)", "1e+21"),
        ("TOSTRING(0.1 + 0.2)", "0.30000000000000004"),
        ("TOSTRING(LOG(5, 7))", "0.82708747534691618"),
        ("TOSTRING(DATETIMETOTICKS('2020-01-02T03:04:05Z'))", "15779342450000000"),
        ("TOSTRING([1.50, 'é\\n', null, {'a b': []}])", '[1.5,"é\\n",null,{"a b":[]}]'),
        ("STRINGTONUMBER(' 1.5e1 ')", 15),
        ("STRINGTONUMBER('Infinity')", "undefined"),
        ("STRINGTONUMBER('007')", 7),
        ("STRINGTONUMBER('-01.50')", -1.5),
        ("STRINGTONUMBER('1.')", "undefined"),
        ("STRINGTONUMBER('1e400')", "undefined"),
        (f"STRINGTONUMBER('{'9' * 5000}')", "undefined"),
        ("STRINGTONUMBER('9007199254740993')", 9007199254740993),
        ("STRINGTOBOOLEAN('true')", True),
        ("STRINGTOBOOLEAN('True')", "undefined"),
        ("STRINGTONULL('null')", None),
        ("STRINGTOARRAY('[1, {\"a\": 2}]')", [1, {"a": 2}]),
        ("STRINGTOOBJECT('[]')", "undefined"),
        ("STRINGSPLIT('a,b,', ',')", ["a", "b", ""]),
        ("STRINGSPLIT('ab', '')", ["ab"]),
        ("STRINGJOIN(['a', 'b'], '-')", "a-b"),
        ("STRINGJOIN(['a', 1], '-')", "undefined"),
    ],
)
def test_strings(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ABS(-1.5)", 1.5),
        ("CEILING(1.1)", 2),
        ("FLOOR(-1.1)", -2),
        ("ROUND(2.5)", 3),
        ("ROUND(-2.5)", -3),
        ("ROUND(0.49999999999999994)", 0),
        ("ROUND(1234.5678, 2)", 1234.57),
        ("ROUND(-1.25, 1)", -1.3),
        ("ROUND(150, -2)", 200),
        ("ROUND(7, 400)", 7),
        ("ROUND(7, 1.5)", "undefined"),
        ("TRUNC(-1.9)", -1),
        ("ABS(-9007199254740993)", 9007199254740993),
        ("FLOOR(9007199254740993)", 9007199254740993),
        ("SIGN(-3)", -1),
        ("SQRT(9)", 3),
        ("SQUARE(1.5)", 2.25),
        ("POWER(2, 10)", 1024),
        ("EXP(0)", 1),
        ("LOG(8, 2)", 3),
        ("LOG(2, 10)", 0.3010299956639812),
        ("LOG(10, 2)", 3.3219280948873622),
        ("LOG(0, 2) < 0", True),
        ("LOG10(100)", 2),
        ("PI()", 3.141592653589793),
        ("DEGREES(PI())", 180),
        ("SIN(0) + COS(0)", 1),
        ("ATN2(0, 1)", 0),
        ("ABS('1')", "undefined"),
        ("SQRT(-1) = SQRT(-1)", False),
        ("POWER(-10, 309) < 0", True),
    ],
)
def test_mathematics(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("ARRAY_LENGTH(c.l)", 3),
        ("ARRAY_LENGTH(c.o)", "undefined"),
        ("ARRAY_CONTAINS(c.l, 2.0)", True),
        ("ARRAY_CONTAINS(c.l, '2')", False),
        ("ARRAY_CONTAINS(c.l, c.no)", "undefined"),
        ("ARRAY_CONTAINS([{a: 1, b: 2}], {b: 2})", False),
        ("ARRAY_CONTAINS([{a: 1, b: 2}], {b: 2}, true)", True),
        ("ARRAY_CONTAINS([{a: {b: 1, c: 2}}], {a: {b: 1}}, true)", True),
        ("ARRAY_CONTAINS([[{a: 1, b: 2}]], [{a: 1}], true)", True),
        ("ARRAY_CONTAINS([{a: [1, 2]}], {a: [1]}, true)", False),
        ("ARRAY_CONTAINS([9007199254740992], 9007199254740993)", False),
        ("ARRAY_CONTAINS_ANY(c.l, 9, 3)", True),
        ("ARRAY_CONTAINS_ANY(c.l, 3, c.no)", True),
        ("ARRAY_CONTAINS_ANY(c.l, 9, c.no)", "undefined"),
        ("ARRAY_CONTAINS_ALL(c.l, 9, 3)", False),
        ("ARRAY_CONTAINS_ALL(c.l, 9, c.no)", False),
        ("ARRAY_CONTAINS_ALL(c.l, 3, c.no)", "undefined"),
        ("ARRAY_CONCAT(c.l, [4], [])", [1, 2, 3, 4]),
        ("ARRAY_SLICE(c.l, 1)", [2, 3]),
        ("ARRAY_SLICE(c.l, 0, 2)", [1, 2]),
        ("ARRAY_SLICE(c.l, -2, 1)", [2]),
        ("ARRAY_SLICE(c.l, 9)", []),
        ("ARRAY_SLICE(c.l, 0, null)", "undefined"),
        ("SETINTERSECT([1, 2, 'A', 'B'], ['A', 1])", ["A", 1]),
        ("SETINTERSECT([3, 2, 1], [1, 2, 3])", [3, 2, 1]),
        ("SETUNION([2, 1, 2], [3, 1])", [2, 1, 3]),
        ("CHOOSE(2, 'a', 'b')", "b"),
        ("CHOOSE(3, 'a', 'b')", "undefined"),
        ("OBJECTTOARRAY(c.o)", [{"k": "a", "v": 1}, {"k": "b", "v": 2}]),
        ("OBJECTTOARRAY({a: 1}, 'name')", [{"name": "a", "v": 1}]),
        ("OBJECTTOARRAY({a: 1}, 'name', 'value')", [{"name": "a", "value": 1}]),
        ("OBJECTTOARRAY({a: 1}, 1)", "undefined"),
    ],
)
def test_arrays(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("DATETIMEADD('yyyy', 1, '2020-07-03T00:00:00.0000000')", "2021-07-03T00:00:00.0000000Z"),
        ("DATETIMEADD('month', -1, '2020-03-31T12:00:00.0000000Z')", "2020-02-29T12:00:00.0000000Z"),
        ("DATETIMEADD('ss', 90, '2020-07-03T00:00:00.0000000Z')", "2020-07-03T00:01:30.0000000Z"),
        ("DATETIMEADD('ns', 249, '2020-07-03T00:00:00.0000000Z')", "2020-07-03T00:00:00.0000002Z"),
        ("DATETIMEADD('ns', 250, '2020-07-03T00:00:00.0000000Z')", "2020-07-03T00:00:00.0000003Z"),
        ("DATETIMEADD('ns', -50, '2020-07-03T00:00:00.0000100Z')", "2020-07-03T00:00:00.0000099Z"),
        ("DATETIMEADD('hh', 0, '2020-01-02T03:04:05+01:00')", "2020-01-02T02:04:05.0000000Z"),
        ("DATETIMEADD('dw', 1, '2020-07-03')", "undefined"),
        ("DATETIMEADD('year', 9000, '2020-07-03T00:00:00.0000000Z')", "undefined"),
        ("DATETIMEADD('furlong', 1, '2020-07-03T00:00:00.0000000Z')", "undefined"),
        ("DATETIMEDIFF('yyyy', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", -1),
        ("DATETIMEDIFF('mm', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", -11),
        ("DATETIMEDIFF('dd', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", -336),
        ("DATETIMEDIFF('hh', '2019-02-04T16:00:00.0000000', '2018-03-05T05:00:00.0000000')", -8075),
        ("DATETIMEDIFF('ss', '2018-03-05T05:00:00.0000000', '2019-02-04T16:00:00.0000000')", 29070000),
        ("DATETIMEDIFF('day', '2020-01-01T23:59:59.0000000Z', '2020-01-02T00:00:00.0000000Z')", 1),
        (f"DATETIMEPART('yyyy', '{TICKS}')", 2020),
        (f"DATETIMEPART('mi', '{TICKS}')", 4),
        (f"DATETIMEPART('ms', '{TICKS}')", 678),
        (f"DATETIMEPART('mcs', '{TICKS}')", 678912),
        (f"DATETIMEPART('ns', '{TICKS}')", 678912300),
        ("DATETIMEPART('dd', 'yesterday')", "undefined"),
        ("DATETIMEPART('dd', '2020-W01-1')", "undefined"),
        ("DATETIMEPART('yyyy', '1600-12-31')", "undefined"),
        ("DATETIMEPART('yyyy', '1601-01-01')", 1601),
        ("DATETIMEPART('weekday', '2020-03-29')", 0),
        ("DATETIMEPART('dw', '1969-12-31')", 3),
        ("DATETIMEPART('hh', '2020-01-02 03:04:05-0530')", 8),
        ("DATETIMEPART('hh', '2020-01-02 03:04:05.5 +01')", 2),
        ("DATETIMEPART('hh', '2020-01-02T03:04:05+15:00')", "undefined"),
        ("DATETIMEPART('hh', '2020-01-02T03:04:05+01:60')", "undefined"),
        ("DATETIMEPART('hh', '2020-01-02T03:04+01:00')", "undefined"),
        ("DATETIMEPART('hh', '2020-01-02Z')", 0),
        ("DATETIMEPART('hh', '2020-01-02T')", "undefined"),
        ("DATETIMEFROMPARTS(2020, 9, 4)", "2020-09-04T00:00:00.0000000Z"),
        ("DATETIMEFROMPARTS(2017, 4, 20, 13, 15, 20, 3456789)", "2017-04-20T13:15:20.3456789Z"),
        ("DATETIMEFROMPARTS(2020, 13, 4)", "undefined"),
        ("DATETIMETOTICKS('2020-01-02T03:04:05Z')", 15779342450000000),
        ("DATETIMETOTIMESTAMP('2020-07-09T23:20:13.4575530Z')", 1594336813457),
        ("DATETIMETOTIMESTAMP('2020-07-09')", 1594252800000),
        ("DATETIMETOTIMESTAMP('1969-12-31T23:59:59.9999999Z')", 0),
        ("DATETIMETOTICKS('2020-01-02T03:04:05.0000001Z') - DATETIMETOTICKS('2020-01-02T03:04:05Z')", 1),
        ("TICKSTODATETIME(15943368134575530)", "2020-07-09T23:20:13.4575530Z"),
        ("TIMESTAMPTODATETIME(1594227912345)", "2020-07-08T17:05:12.3450000Z"),
    ],
)
def test_dates(table: Table, expression: str, expected: Any) -> None:
    assert table.yields(expression, expected)


def test_the_current_time_is_one_throughout_a_query() -> None:
    table = Table()
    table.put([{"id": str(number)} for number in range(200)])
    times = table.query("SELECT VALUE GETCURRENTTICKS() FROM c")
    assert len(times) == 200
    assert len(set(times)) == 1
    assert table.value("DATETIMETOTIMESTAMP(GETCURRENTDATETIME())") <= table.value("GETCURRENTTIMESTAMP()")
