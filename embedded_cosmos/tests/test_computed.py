"""Computed properties: names of a container that stand for an expression over each item."""

from typing import Any

import pytest
from azure.cosmos import PartitionKey

from embedded_cosmos.tests.conftest import SINGLE_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, query, refused

LOWER = {"name": "lower", "query": "SELECT VALUE LOWER(x.team) FROM x"}
SQUARE = {"name": "square", "query": "SELECT VALUE c.n * c.n FROM c"}


@pytest.fixture
async def computing(new_container: NewContainer) -> Any:
    container = await new_container(computed_properties=[LOWER, SQUARE])
    for number, team in enumerate(["One", "ONE", "Two"]):
        await done(container.create_item({"id": str(number), "pk": "p", "n": number, "team": team}))
    await done(container.create_item({"id": "3", "pk": "p"}))
    return container


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("SELECT VALUE c.id FROM c WHERE c.lower = 'one'", ["0", "1"]),
        ("SELECT VALUE c.id FROM c WHERE c['square'] = 4", ["2"]),
        ("SELECT c.lower, c.square AS s FROM c WHERE c.n = 1", [{"lower": "one", "s": 1}]),
        ("SELECT r.lower FROM root r WHERE r.id = '3'", [{}]),
        (
            "SELECT c.lower, COUNT(1) AS n FROM c WHERE IS_DEFINED(c.lower) GROUP BY c.lower",
            [{"lower": "one", "n": 2}, {"lower": "two", "n": 1}],
        ),
        ("SELECT VALUE SUM(c.square) FROM c", [5]),
        ("SELECT VALUE c.square.lower FROM c", []),
    ],
)
async def test_a_query_uses_them_like_properties(computing: Any, text: str, expected: list[Any]) -> None:
    assert await query(computing, text, partition_key="p") == expected


async def test_items_do_not_show_them(computing: Any) -> None:
    (item,) = await query(computing, "SELECT * FROM c WHERE c.square = 4", partition_key="p")
    assert not {"lower", "square"} & item.keys()
    assert "square" not in await done(computing.read_item("2", "p"))


async def test_they_can_be_replaced(database: Any, computing: Any) -> None:
    await done(database.replace_container(computing, SINGLE_KEY, computed_properties=[{**SQUARE, "name": "other"}]))
    assert await query(computing, "SELECT VALUE c.other FROM c WHERE c.n = 2", partition_key="p") == [4]
    assert await query(computing, "SELECT VALUE c.square FROM c", partition_key="p") == []
    assert [one["name"] for one in (await done(computing.read()))["computedProperties"]] == ["other"]


@pytest.mark.parametrize(
    "wrong",
    [
        "x",
        [1],
        [{"name": "a"}],
        [{"query": "SELECT VALUE c.a FROM c"}],
        [{"name": "id", "query": "SELECT VALUE c.a FROM c"}],
        [SQUARE, SQUARE],
        [{"name": "a", "query": "SELECT c.a FROM c"}],
        [{"name": "a", "query": "SELECT VALUE c.a FROM c WHERE c.b"}],
        [{"name": "a", "query": "SELECT VALUE COUNT(1) FROM c"}],
        [{"name": "a", "query": "SELECT VALUE t FROM c JOIN t IN c.l"}],
        [{"name": "a", "query": "nonsense"}],
        [{"name": f"a{number}", "query": "SELECT VALUE c.a FROM c"} for number in range(21)],
    ],
)
async def test_a_definition_that_is_none_is_refused(new_container: NewContainer, wrong: Any) -> None:
    error = await refused(lambda: new_container(PartitionKey(path="/pk"), computed_properties=wrong))
    assert error.status_code == 400
