"""Time to live: the container's default, the item's own, and that what has run out is invisible to everything."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.contract.conftest import SINGLE_KEY, NewContainer
from tests.contract.sdk import done, ids, listed, query, status_of


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """An expiry is waited for, for time cannot be turned."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - nothing tells that time has passed
            await asyncio.sleep(0.05)


async def gone(container: Any, id_: str) -> bool:
    return id_ not in ids(await query(container, "SELECT c.id FROM c", partition_key="p"))


async def test_the_default_the_own_and_the_never_ending(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=1)
    await done(container.create_item({"id": "default", "pk": "p"}))
    await done(container.create_item({"id": "own", "pk": "p", "ttl": 3600}))
    await done(container.create_item({"id": "never", "pk": "p", "ttl": -1}))
    assert len(await query(container, "SELECT * FROM c")) == 3
    await until(lambda: gone(container, "default"))
    assert sorted(ids(await query(container, "SELECT * FROM c"))) == ["never", "own"]


async def test_a_default_of_minus_one_lets_only_items_with_their_own_ttl_go(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=-1)
    await done(container.create_item({"id": "stays", "pk": "p"}))
    await done(container.create_item({"id": "goes", "pk": "p", "ttl": 1}))
    await until(lambda: gone(container, "goes"))
    assert ids(await query(container, "SELECT * FROM c")) == ["stays"]


async def test_without_a_default_nothing_runs_out(container: Any, new_container: NewContainer) -> None:
    clock = await new_container(default_ttl=1)
    for one in (container, clock):
        await done(one.create_item({"id": "1", "pk": "p", "ttl": 1}))
    await until(lambda: gone(clock, "1"))
    assert (await done(container.read_item("1", "p")))["id"] == "1"


async def test_what_has_run_out_is_invisible_everywhere_and_in_nobodys_way(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=-1, unique_key_policy={"uniqueKeys": [{"paths": ["/name"]}]})
    await done(container.create_item({"id": "1", "pk": "p", "name": "a", "ttl": 1}))
    await until(lambda: gone(container, "1"))
    assert await status_of(lambda: container.read_item("1", "p")) == 404
    assert await status_of(lambda: container.replace_item("1", {"id": "1", "pk": "p"})) == 404
    assert await status_of(lambda: container.patch_item("1", "p", [{"op": "add", "path": "/a", "value": 1}])) == 404
    assert await status_of(lambda: container.delete_item("1", "p")) == 404
    assert await listed(container.read_all_items()) == []
    assert await listed(container.query_items_change_feed(start_time="Beginning")) == []
    assert await query(container, "SELECT VALUE COUNT(1) FROM c", partition_key="p") == [0]
    await done(container.create_item({"id": "2", "pk": "p", "name": "a"}))
    await done(container.create_item({"id": "1", "pk": "p", "name": "b"}))


async def test_a_write_starts_the_time_anew(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=-1)
    await done(container.create_item({"id": "clock", "pk": "p", "ttl": 1}))
    await done(container.create_item({"id": "kept", "pk": "p", "ttl": 1}))
    await done(container.patch_item("kept", "p", [{"op": "set", "path": "/ttl", "value": 3600}]))
    await until(lambda: gone(container, "clock"))
    assert ids(await query(container, "SELECT * FROM c")) == ["kept"]


async def test_a_new_default_holds_for_what_is_there(database: Any, new_container: NewContainer) -> None:
    container = await new_container()
    await done(container.create_item({"id": "1", "pk": "p"}))
    await done(container.create_item({"id": "own", "pk": "p", "ttl": 3600}))
    await done(database.replace_container(container, SINGLE_KEY, default_ttl=1))
    await until(lambda: gone(container, "1"))
    await done(database.replace_container(container, SINGLE_KEY))
    assert ids(await query(container, "SELECT * FROM c")) == ["own"]


@pytest.mark.parametrize("ttl", [0, -2, "60", 1.5, True])
async def test_a_ttl_that_is_no_time_is_refused(container: Any, ttl: Any) -> None:
    assert await status_of(lambda: container.create_item({"id": "1", "pk": "p", "ttl": ttl})) == 400
