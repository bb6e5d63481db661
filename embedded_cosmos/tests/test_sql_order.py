"""ORDER BY: the order of types and values, what the indexing policy allows, the sequence of equal keys."""

import random
from typing import Any

import pytest

from embedded_cosmos.sql.query import SqlError
from embedded_cosmos.tests.sql_table import Table

IN_ORDER: list[Any] = [
    None,
    False,
    True,
    -1e300,
    -2,
    -1.5,
    0,
    0.1,
    2**53,
    1e300,
    "",
    "A",
    "a",
    "ab",
    "é",
    "\uffff",
    "😀",
]
COMPOSITE = [{"path": "/a", "order": "ascending"}, {"path": "/b", "order": "descending"}]


@pytest.fixture
def table() -> Table:
    made = Table({"compositeIndexes": [COMPOSITE]})
    shuffled = list(enumerate(IN_ORDER))
    random.Random(7).shuffle(shuffled)
    made.put([{"id": str(number), "a": value} for number, value in shuffled])
    made.put([{"id": "undefined"}, {"id": "array", "a": [1]}, {"id": "object", "a": {"x": 1}}])
    return made


@pytest.mark.parametrize("size", [None, 1, 4])
@pytest.mark.parametrize("large", [False, True])
def test_types_then_values(table: Table, size: int | None, large: bool) -> None:
    """Undefined, null, false, true, numbers, strings, arrays, objects: the order of the .NET SDK's comparer. "Queries
    with ORDER BY will return all items, including items where the property in the ORDER BY clause isn't defined" (page
    "ORDER BY"; seen to hold on an account since June 2022, eclipse-edc/Connector issue 1512)."""
    if large:
        table.pretend_to_be_large()
        table.put([{"id": "behind", "a": "\U0010ffff"}])
    expected = ["undefined", *map(str, range(len(IN_ORDER))), *(["behind"] if large else []), "array", "object"]
    assert table.query("SELECT VALUE c.id FROM c ORDER BY c.a", size=size) == expected
    assert table.query("SELECT VALUE c.id FROM c ORDER BY c.a DESC", size=size) == expected[::-1]


def test_a_filter_does_not_disturb_the_order(table: Table) -> None:
    numbers = [value for value in IN_ORDER if type(value) in (int, float) and value < 1]
    assert table.query("SELECT VALUE c.a FROM c WHERE c.a < 1 ORDER BY c.a DESC", size=2) == numbers[::-1]


def test_several_keys_follow_the_composite_index() -> None:
    table = Table({"compositeIndexes": [COMPOSITE]})
    rows = [(1, 1), (1, 2), (0, 5), (None, 3), (1, None)]
    table.put([{"id": f"{a}{b}", "a": a, "b": b} for a, b in rows])
    table.put([{"id": "noa", "b": 9}, {"id": "nob", "a": 1}])
    forwards = ["noa", "None3", "05", "12", "11", "1None", "nob"]
    for size in (None, 1, 3):
        assert table.query("SELECT VALUE c.id FROM c ORDER BY c.a, c.b DESC", size=size) == forwards
        assert table.query("SELECT VALUE c.id FROM c ORDER BY c.a DESC, c.b ASC", size=size) == forwards[::-1]


@pytest.mark.parametrize(
    "clause", ["c.a, c.b", "c.a DESC, c.b DESC", "c.b DESC, c.a", "c.a, c.b DESC, c.id", "c.x, c.y"]
)
def test_several_keys_without_their_composite_index_are_refused(clause: str) -> None:
    """The sequence and number of paths match, and the directions all do or all do not (page "Indexing policies")."""
    table = Table({"compositeIndexes": [COMPOSITE]})
    with pytest.raises(SqlError, match="does not have a corresponding composite index"):
        table.query(f"SELECT * FROM c ORDER BY {clause}")  # the test's own text


POLICY = {
    "indexingMode": "consistent",
    "includedPaths": [{"path": "/*"}, {"path": "/deep/kept/?"}, {"path": "/both/?"}],
    "excludedPaths": [
        {"path": "/secret/?"},
        {"path": "/both/*"},
        {"path": "/deep/*"},
        {"path": '/"_etag"/?'},
        {"path": "/é è/*"},
    ],
}


@pytest.mark.parametrize("path", ["c.secret", "c.both.x", "c.deep.x", "c._etag", "c['é è'].x"])
def test_a_path_that_the_policy_leaves_out_is_refused(path: str) -> None:
    with pytest.raises(SqlError, match="order-by item is excluded"):
        Table(POLICY).query(f"SELECT * FROM c ORDER BY {path}")  # the test's own text


@pytest.mark.parametrize("path", ["c.open", "c.deep.kept", "c.secret.inside", "c.both", "c.id", "c._ts"])
def test_the_more_precise_path_of_the_policy_decides(path: str) -> None:
    """ "If the indexed paths and excluded paths have a conflict, the more precise path takes precedence." """
    assert Table(POLICY).query(f"SELECT * FROM c ORDER BY {path}") == []  # the test's own text


def test_id_and_ts_are_indexed_even_where_nothing_else_is() -> None:
    """ "The system properties id and _ts are always indexed when the indexing mode is consistent." """
    nothing = {"indexingMode": "consistent", "includedPaths": [], "excludedPaths": [{"path": "/*"}]}
    assert Table(nothing).query("SELECT * FROM c ORDER BY c.id") == []
    with pytest.raises(SqlError, match="excluded"):
        Table(nothing).query("SELECT * FROM c ORDER BY c.a")
    with pytest.raises(SqlError, match="excluded"):
        Table({"indexingMode": "none"}).query("SELECT * FROM c ORDER BY c.id")
