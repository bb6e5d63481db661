"""Unique keys hold within a logical partition, in every operation that writes."""

from collections.abc import Callable
from typing import Any

import pytest
from azure.cosmos.exceptions import CosmosBatchOperationError

from embedded_cosmos.tests.conftest import NewContainer
from embedded_cosmos.tests.sdk import done, status_of

NAME_AND_DELETED = {"uniqueKeys": [{"paths": ["/name", "/deleted"]}]}


@pytest.fixture
async def container(new_container: NewContainer) -> Any:
    return await new_container(unique_key_policy=NAME_AND_DELETED)


async def test_the_paths_of_a_composite_key_count_together(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a", "deleted": "x"}))
    await done(container.create_item({"id": "2", "pk": "p", "name": "a", "deleted": "y"}))
    await done(container.create_item({"id": "3", "pk": "p", "name": "b", "deleted": "x"}))
    again = {"id": "4", "pk": "p", "name": "a", "deleted": "x"}
    assert await status_of(lambda: container.create_item(again)) == 409


async def test_another_logical_partition_is_free(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a"}))
    await done(container.create_item({"id": "2", "pk": "q", "name": "a"}))


async def test_a_missing_value_counts_as_null(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a"}))
    assert await status_of(lambda: container.create_item({"id": "2", "pk": "p", "name": "a"})) == 409
    null = {"id": "2", "pk": "p", "name": "a", "deleted": None}
    assert await status_of(lambda: container.create_item(null)) == 409
    await done(container.create_item({"id": "3", "pk": "p"}))
    assert await status_of(lambda: container.create_item({"id": "4", "pk": "p", "other": 1})) == 409


async def test_values_of_different_types_are_different(container: Any) -> None:
    for number, name in enumerate(["1", 1, True, None, "true", "null"]):
        await done(container.create_item({"id": str(number), "pk": "p", "name": name}))
    assert await status_of(lambda: container.create_item({"id": "x", "pk": "p", "name": 1.0})) == 409


@pytest.mark.parametrize(
    "write",
    [
        lambda container: container.upsert_item({"id": "2", "pk": "p", "name": "a"}),
        lambda container: container.replace_item("2", {"id": "2", "pk": "p", "name": "a"}),
        lambda container: container.patch_item("2", "p", [{"op": "set", "path": "/name", "value": "a"}]),
    ],
    ids=["upsert", "replace", "patch"],
)
async def test_every_write_is_held_to_it_and_changes_nothing_when_refused(
    container: Any, write: Callable[[Any], Any]
) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a"}))
    await done(container.create_item({"id": "2", "pk": "p", "name": "b"}))
    assert await status_of(lambda: write(container)) == 409
    assert (await done(container.read_item("2", "p")))["name"] == "b"


async def test_a_batch_is_held_to_it_and_keeps_nothing(container: Any) -> None:
    batch = [("create", ({"id": id_, "pk": "p", "name": "a"},)) for id_ in ("1", "2")]
    with pytest.raises(CosmosBatchOperationError) as caught:
        await done(container.execute_item_batch(batch, "p"))
    assert (caught.value.status_code, caught.value.error_index) == (409, 1)
    assert await status_of(lambda: container.read_item("1", "p")) == 404


async def test_a_value_is_free_again_when_its_item_lets_go_of_it(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a"}))
    await done(container.replace_item("1", {"id": "1", "pk": "p", "name": "b"}))
    await done(container.create_item({"id": "2", "pk": "p", "name": "a"}))
    await done(container.delete_item("2", "p"))
    await done(container.create_item({"id": "3", "pk": "p", "name": "a"}))


async def test_a_refused_write_does_not_take_the_value(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a"}))
    assert await status_of(lambda: container.create_item({"id": "1", "pk": "p", "name": "b"})) == 409
    await done(container.create_item({"id": "2", "pk": "p", "name": "b"}))


async def test_an_item_may_be_rewritten_with_its_own_values(container: Any) -> None:
    await done(container.create_item({"id": "1", "pk": "p", "name": "a"}))
    assert (await done(container.upsert_item({"id": "1", "pk": "p", "name": "a", "n": 1})))["n"] == 1
