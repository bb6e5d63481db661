"""SELECT, FROM, JOIN, GROUP BY, DISTINCT, subqueries: the shape of results."""

from typing import Any

import pytest

from embedded_cosmos.tests.sql_table import Document, Table

FAMILIES: list[Document] = [
    {
        "id": "1",
        "city": "NY",
        "n": 3,
        "children": [{"name": "A", "grade": 5}, {"name": "B", "grade": 8}],
        "tags": ["x"],
    },
    {"id": "2", "city": "Seattle", "n": 1, "children": [{"name": "C", "grade": 1}], "tags": ["x", "y"]},
    {"id": "3", "city": "NY", "n": 2, "children": [], "tags": "none"},
    {"id": "4", "n": None},
]


@pytest.fixture(scope="module")
def table() -> Table:
    made = Table()
    made.put(FAMILIES)
    return made


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT * FROM c WHERE c.id = '1'", [FAMILIES[0]]),
        ("SELECT VALUE c FROM root c WHERE c.id = '4'", [FAMILIES[3]]),
        ("SELECT c FROM c WHERE c.id = '4'", [{"c": FAMILIES[3]}]),
        ("SELECT c.id, c.city AS town, c['n'] FROM c WHERE c.id = '3'", [{"id": "3", "town": "NY", "n": 2}]),
        ("SELECT c.id town FROM c WHERE c.id = '3'", [{"town": "3"}]),
        ("SELECT 1, c.n + 1, c.children[0] FROM c WHERE c.id = '3'", [{"$1": 1, "$2": 3}]),
        ("SELECT c.city FROM c WHERE c.id = '4'", [{}]),
        ("SELECT VALUE c.city FROM c", ["NY", "Seattle", "NY"]),
        ("SELECT VALUE {i: c.id, m: c.missing} FROM c WHERE c.n = 1", [{"i": "2"}]),
        ("select top 2 value c.id from c", ["1", "2"]),
        ("SELECT VALUE c.id FROM c OFFSET 1 LIMIT 2", ["2", "3"]),
        ("SELECT VALUE f.id FROM families AS f WHERE f.n > 1 -- a comment\n", ["1", "3"]),
        ("SELECT DISTINCT c.city FROM c", [{"city": "NY"}, {"city": "Seattle"}, {}]),
        ("SELECT DISTINCT VALUE c.city FROM c", ["NY", "Seattle"]),
        ("SELECT DISTINCT VALUE c.city FROM c ORDER BY c.n DESC", ["NY", "Seattle"]),
    ],
)
def test_projection(table: Table, text: str, expected: list[Any]) -> None:
    assert table.query(text) == expected


PATHS = """SELECT c.id, c.text, c.number AS n, c.big, c.inner.list, c["it's"] FROM c"""
ODD: list[Document] = [
    {"id": "1", "text": 'quoted " and \\ and \u0000 and é 😀', "number": 1.5e-7, "big": 9007199254740993},
    {"id": "2", "text": None, "number": -0.0, "inner": {"list": [1, {"a": None}], "empty": {}}, "it's": True},
    {"id": "3", "inner": [1, 2], "text": "", "number": 1e308, "number2": False},
    {"id": "4", "inner": "text"},
]


@pytest.mark.parametrize("order", ["", " ORDER BY c.text", " ORDER BY c.id DESC"])
def test_paths_are_given_as_they_stand_in_the_document(order: str) -> None:
    """Whatever their type; a path that is not there is left out, and the order changes nothing of it."""
    table = Table()
    table.put(ODD)

    found = table.query(PATHS + order)

    expected: dict[str, Document] = {
        "1": {"text": ODD[0]["text"], "n": 1.5e-7, "big": 9007199254740993},
        "2": {"text": None, "n": -0.0, "list": [1, {"a": None}], "it's": True},
        "3": {"text": "", "n": 1e308},
        "4": {},
    }
    assert sorted(found, key=lambda one: str(one["id"])) == [{"id": key, **rest} for key, rest in expected.items()]


def test_very_many_paths_may_be_selected() -> None:
    document = {"id": "1", **{f"field{number}": number for number in range(1_500)}}
    table = Table()
    table.put([document])

    paths = ", ".join(f"c.{name}" for name in document)

    assert table.query(f"SELECT {paths} FROM c") == [document]


def test_a_count_may_be_a_parameter(table: Table) -> None:
    assert table.query("SELECT TOP @n VALUE c.id FROM c", n=1) == ["1"]
    assert table.query("SELECT VALUE c.id FROM c OFFSET @o LIMIT @l", o=2, l=1) == ["3"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE t.name FROM c JOIN t IN c.children", ["A", "B", "C"]),
        ("SELECT c.id, t.name FROM c JOIN t IN c.children WHERE t.grade > 4 AND c.n = 3", [("1", "A"), ("1", "B")]),
        (
            "SELECT t.name, g AS id FROM c JOIN t IN c.children JOIN g IN c.tags",
            [("x", "A"), ("x", "B"), ("x", "C"), ("y", "C")],
        ),
        ("SELECT VALUE t FROM t IN c.tags", ["x", "x", "y"]),
        ("SELECT VALUE tags FROM c.tags", [["x"], ["x", "y"], "none"]),
        ("SELECT VALUE COUNT(1) FROM c JOIN t IN c.tags", [3]),
    ],
)
def test_from_and_join_iterate_over_arrays_alone(table: Table, text: str, expected: list[Any]) -> None:
    """ "JOIN" makes one row for each element; a document without the array makes none."""
    found = [(row["id"], row["name"]) if isinstance(row, dict) else row for row in table.query(text)]
    assert found == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE COUNT(1) FROM c", [4]),
        ("SELECT VALUE COUNT(c.city) FROM c", [3]),
        ("SELECT VALUE SUM(c.n) FROM c WHERE IS_NUMBER(c.n)", [6]),
        ("SELECT VALUE SUM(c.n) FROM c", []),
        ("SELECT VALUE SUM(c.missing) FROM c", [0]),
        ("SELECT VALUE AVG(c.n) FROM c WHERE c.n > 0", [2]),
        ("SELECT VALUE AVG(c.missing) FROM c", []),
        ("SELECT VALUE MIN(c.n) FROM c", [None]),
        ("SELECT VALUE MAX(c.n) FROM c", [3]),
        ("SELECT VALUE MAX(c.missing) FROM c", []),
        ("SELECT VALUE MAX(c.children) FROM c", []),
        ("SELECT COUNT(1), MAX(c.id) AS last FROM c", [{"$1": 4, "last": "4"}]),
        ("SELECT VALUE {all: COUNT(1), half: COUNT(1) / 2} FROM c", [{"all": 4, "half": 2}]),
    ],
)
def test_aggregates_skip_undefined_and_are_undefined_over_wrong_types(
    table: Table, text: str, expected: list[Any]
) -> None:
    """ "If any arguments in SUM are string, boolean, or null; the entire aggregate system function returns undefined";
    MIN and MAX order null, boolean, number, string (pages "SUM", "MAX")."""
    assert table.query(text) == expected


def test_groups(table: Table) -> None:
    """A key may be undefined; it is then missing from the result."""
    text = "SELECT c.city, COUNT(1) AS n, UPPER(c.city) AS up, MAX(c.n) - MIN(c.n) AS width FROM c GROUP BY c.city"
    expected = [
        {"city": "NY", "n": 2, "up": "NY", "width": 1},
        {"city": "Seattle", "n": 1, "up": "SEATTLE", "width": 0},
        {"n": 1},
    ]
    for size in (None, 1, 2):
        found = table.query(text, size=size)
        assert sorted(found, key=str) == sorted(expected, key=str)
    assert table.query("SELECT VALUE COUNT(1) FROM c GROUP BY c.city, c.n", size=3) == [1, 1, 1, 1]


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("EXISTS(SELECT VALUE t FROM t IN c.children WHERE t.grade > 4)", ["1"]),
        ("ARRAY_LENGTH(ARRAY(SELECT VALUE t.name FROM t IN c.children)) = 1", ["2"]),
        ("(SELECT VALUE COUNT(1) FROM t IN c.tags WHERE t = 'x') = 1", ["1", "2"]),
        ("(SELECT VALUE MAX(t.grade) FROM t IN c.children) = 8", ["1"]),
        ("'C' IN (ARRAY(SELECT VALUE t.name FROM t IN c.children)[0])", ["2"]),
    ],
)
def test_subqueries_look_into_one_item(table: Table, expression: str, expected: list[str]) -> None:
    assert table.query(f"SELECT VALUE c.id FROM c WHERE {expression}") == expected  # the test's own text


def test_a_scalar_subquery_of_several_rows_is_an_error(table: Table) -> None:
    with pytest.raises(Exception, match="cardinality"):
        table.query("SELECT (SELECT VALUE t FROM t IN c.tags) AS x FROM c")


def test_the_stored_text_is_the_answer_for_whole_items() -> None:
    table = Table()
    table.put([{"id": "1", "n": 1.0, "big": 12345678901234567890}])
    (page,) = table.pages("SELECT * FROM c", size=None)
    assert page == [{"id": "1", "n": 1.0, "big": 12345678901234567890}]
