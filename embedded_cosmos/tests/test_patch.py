"""Partial updates: each operation, its paths, the predicate, and what is refused."""

from typing import Any

import pytest
from azure.cosmos.exceptions import CosmosAccessConditionFailedError

from embedded_cosmos.tests.sdk import done, refused

START = {"id": "1", "pk": "p", "n": 1, "f": 0.5, "text": "a", "none": None, "list": [1, 2, 3], "deep": {"er": {"x": 1}}}


@pytest.fixture
async def item(container: Any) -> Any:
    await done(container.create_item(dict(START)))
    return container


@pytest.mark.parametrize(
    ("operation", "changed"),
    [
        ({"op": "add", "path": "/new", "value": {"a": [1]}}, {"new": {"a": [1]}}),
        ({"op": "add", "path": "/text", "value": "b"}, {"text": "b"}),
        ({"op": "add", "path": "/list/1", "value": 9}, {"list": [1, 9, 2, 3]}),
        ({"op": "add", "path": "/list/3", "value": 9}, {"list": [1, 2, 3, 9]}),
        ({"op": "add", "path": "/list/-", "value": 9}, {"list": [1, 2, 3, 9]}),
        ({"op": "set", "path": "/list/1", "value": 9}, {"list": [1, 9, 3]}),
        ({"op": "set", "path": "/deep/er/y", "value": None}, {"deep": {"er": {"x": 1, "y": None}}}),
        ({"op": "replace", "path": "/none", "value": [None]}, {"none": [None]}),
        ({"op": "replace", "path": "/list/0", "value": {}}, {"list": [{}, 2, 3]}),
        ({"op": "remove", "path": "/list/0"}, {"list": [2, 3]}),
        ({"op": "remove", "path": "/deep/er/x"}, {"deep": {"er": {}}}),
        ({"op": "incr", "path": "/n", "value": 5}, {"n": 6}),
        ({"op": "incr", "path": "/f", "value": -1.5}, {"f": -1.0}),
        ({"op": "incr", "path": "/fresh", "value": 3}, {"fresh": 3}),
        ({"op": "move", "from": "/deep/er/x", "path": "/x"}, {"deep": {"er": {}}, "x": 1}),
        ({"op": "move", "from": "/text", "path": "/n"}, {"n": "a", "text": ...}),
    ],
)
async def test_an_operation_changes_just_its_path(
    item: Any, operation: dict[str, Any], changed: dict[str, Any]
) -> None:
    patched = await done(item.patch_item("1", "p", [operation]))
    expected = {name: value for name, value in (START | changed).items() if value is not ...}
    assert {name: value for name, value in patched.items() if not name.startswith("_")} == expected
    assert dict(await done(item.read_item("1", "p"))) == dict(patched)


async def test_operations_are_applied_in_their_order(item: Any) -> None:
    operations = [
        {"op": "add", "path": "/a", "value": {}},
        {"op": "add", "path": "/a/b", "value": 1},
        {"op": "incr", "path": "/a/b", "value": 1},
        {"op": "move", "from": "/a/b", "path": "/c"},
    ]
    patched = await done(item.patch_item("1", "p", operations))
    assert (patched["a"], patched["c"]) == ({}, 2)


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "replace", "path": "/missing", "value": 1},
        {"op": "remove", "path": "/missing"},
        {"op": "remove", "path": "/list/7"},
        {"op": "add", "path": "/list/7", "value": 1},
        {"op": "add", "path": "/list/x", "value": 1},
        {"op": "add", "path": "/no/where", "value": 1},
        {"op": "add", "path": "/text/x", "value": 1},
        {"op": "incr", "path": "/text", "value": 1},
        {"op": "incr", "path": "/n", "value": "1"},
        {"op": "set", "path": "/pk", "value": "q"},
        {"op": "remove", "path": "/pk"},
        {"op": "set", "path": "/id", "value": "2"},
        {"op": "set", "path": "/_ts", "value": 1},
        {"op": "move", "from": "/deep", "path": "/deep/er/new"},
        {"op": "copy", "from": "/n", "path": "/m"},
        {"op": "add", "path": "no-slash", "value": 1},
    ],
)
async def test_what_cannot_be_applied_is_refused_and_changes_nothing(item: Any, operation: dict[str, Any]) -> None:
    before = await done(item.read_item("1", "p"))
    good = {"op": "set", "path": "/touched", "value": True}
    assert (await refused(lambda: item.patch_item("1", "p", [good, operation]))).status_code == 400
    assert dict(await done(item.read_item("1", "p"))) == dict(before)


async def test_a_path_without_a_parent_is_named_as_the_service_does(item: Any) -> None:
    """The text that `ItemPatchFailureTest` of the .NET SDK looks for."""
    operation = {"op": "add", "path": "/no/where", "value": 1}
    error = await refused(lambda: item.patch_item("1", "p", [operation]))
    assert (
        "For Operation(1): Add Operation can only create a child object of an existing node(array or object)"
        " and cannot create path recursively, no path found beyond: 'no'" in error.message
    )


async def test_more_than_ten_operations_are_refused(item: Any) -> None:
    operations = [{"op": "set", "path": f"/x{number}", "value": 1} for number in range(11)]
    assert (await refused(lambda: item.patch_item("1", "p", operations))).status_code == 400
    assert (await done(item.patch_item("1", "p", operations[:10])))["x9"] == 1


async def test_a_predicate_that_holds_lets_the_patch_through(item: Any) -> None:
    change = [{"op": "incr", "path": "/n", "value": 1}]
    predicate = "FROM c WHERE c.n = 1 AND IS_DEFINED(c.deep) AND NOT IS_DEFINED(c.deleted)"
    assert (await done(item.patch_item("1", "p", change, filter_predicate=predicate)))["n"] == 2
    error = await refused(lambda: item.patch_item("1", "p", change, filter_predicate=predicate))
    assert isinstance(error, CosmosAccessConditionFailedError)
    assert (await done(item.read_item("1", "p")))["n"] == 2


async def test_a_predicate_that_is_no_predicate_is_refused(item: Any) -> None:
    change = [{"op": "set", "path": "/n", "value": 9}]
    for predicate in ("c.n = 1", "FROM c WHERE", "FROM c WHERE c.n =", "FROM c WHERE c.n = 1 ORDER BY c.n"):
        options = {"filter_predicate": predicate}
        error = await refused(lambda options=options: item.patch_item("1", "p", change, **options))
        assert error.status_code == 400


async def test_patching_what_is_not_there_is_not_found(container: Any) -> None:
    change = [{"op": "set", "path": "/n", "value": 1}]
    assert (await refused(lambda: container.patch_item("1", "p", change))).status_code == 404
