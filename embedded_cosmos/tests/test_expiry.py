"""Time to live: the container's default, the item's own, and that what has run out is invisible to everything."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.server import serve
from embedded_cosmos.tests.conftest import SINGLE_KEY, NewContainer
from embedded_cosmos.tests.sdk import done, ids, listed, query, status_of

# An expiry takes its time, and is the same through both SDKs.
one_sdk = pytest.mark.parametrize("client", ["aio"], indirect=True)


async def until(condition: Callable[[], Awaitable[bool]]) -> None:
    """An expiry is waited for, for time cannot be turned."""
    async with asyncio.timeout(10):
        while not await condition():  # noqa: ASYNC110 - nothing tells that time has passed
            await asyncio.sleep(0.05)


async def gone(container: Any, id_: str) -> bool:
    return id_ not in ids(await query(container, "SELECT c.id FROM c", partition_key="p"))


@one_sdk
async def test_the_default_the_own_and_the_never_ending(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=1)
    await done(container.create_item({"id": "default", "pk": "p"}))
    await done(container.create_item({"id": "own", "pk": "p", "ttl": 3600}))
    await done(container.create_item({"id": "never", "pk": "p", "ttl": -1}))
    assert len(await query(container, "SELECT * FROM c")) == 3
    await until(lambda: gone(container, "default"))
    assert sorted(ids(await query(container, "SELECT * FROM c"))) == ["never", "own"]


@one_sdk
async def test_a_default_of_minus_one_lets_only_items_with_their_own_ttl_go(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=-1)
    await done(container.create_item({"id": "stays", "pk": "p"}))
    await done(container.create_item({"id": "goes", "pk": "p", "ttl": 1}))
    await until(lambda: gone(container, "goes"))
    assert ids(await query(container, "SELECT * FROM c")) == ["stays"]


@one_sdk
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


@one_sdk
async def test_a_write_starts_the_time_anew(new_container: NewContainer) -> None:
    container = await new_container(default_ttl=-1)
    await done(container.create_item({"id": "clock", "pk": "p", "ttl": 1}))
    await done(container.create_item({"id": "kept", "pk": "p", "ttl": 1}))
    await done(container.patch_item("kept", "p", [{"op": "set", "path": "/ttl", "value": 3600}]))
    await until(lambda: gone(container, "clock"))
    assert ids(await query(container, "SELECT * FROM c")) == ["kept"]


@one_sdk
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


async def test_the_space_of_what_has_run_out_is_given_back(tmp_path: Path) -> None:
    """Nobody writes to that partition again, and nobody asks: the file is looked into, beside the server."""
    data = tmp_path / "data.db"

    async def rows() -> list[tuple[str]]:
        with closing(sqlite3.connect(data)) as db:
            return db.execute("SELECT id FROM docs_1 ORDER BY id").fetchall()

    async with serve(str(data), sweep_seconds=0.05) as server, CosmosClient(server.url, server.key) as client:
        database = await client.create_database("db")
        container = await database.create_container("c", SINGLE_KEY, default_ttl=-1)
        for id_, ttl in (("goes", 1), ("stays", 3600), ("never", -1)):
            await container.create_item({"id": id_, "pk": id_, "ttl": ttl})
        assert len(await rows()) == 3
        await until(lambda: _fewer(rows))
        assert await rows() == [("never",), ("stays",)]


async def test_the_feed_of_all_versions_tells_of_what_has_run_out(tmp_path: Path) -> None:
    """At once, and the same after the file was opened again; a write in its way comes after it."""
    feed: dict[str, Any] = {"mode": "AllVersionsAndDeletes"}
    data = str(tmp_path / "data.db")
    async with serve(data) as server, CosmosClient(server.url, server.key) as client:
        database = await client.create_database("db")
        options: Any = {"default_ttl": 1, "change_feed_policy": {"retentionDuration": 5}}
        container = await database.create_container("c", SINGLE_KEY, **options)
        assert await listed(container.query_items_change_feed(start_time="Now", **feed)) == []
        start = container.client_connection.last_response_headers["etag"]
        for id_ in ("read", "written"):
            await container.create_item({"id": id_, "pk": id_})
        await until(lambda: _is_expired(container, "written"))
        await container.create_item({"id": "written", "pk": "written", "ttl": 60})
        told = await listed(container.query_items_change_feed(continuation=start, **feed))
    changes = [(one["metadata"]["operationType"], one["metadata"].get("timeToLiveExpired")) for one in told[2:]]
    assert sorted(changes, key=str) == [("create", None), ("delete", True), ("delete", True)]
    kinds = [one["metadata"]["operationType"] for one in told if "written" in str(one)]
    assert kinds == ["create", "delete", "create"]
    assert {one["previous"]["id"] for one in told if "previous" in one} == {"read", "written"}
    async with serve(data) as server, CosmosClient(server.url, server.key) as client:
        container = client.get_database_client("db").get_container_client("c")
        assert await listed(container.query_items_change_feed(continuation=start, **feed)) == told


async def _is_expired(container: Any, id_: str) -> bool:
    return await query(container, "SELECT * FROM c", partition_key=id_) == []


async def _fewer(rows: Callable[[], Awaitable[list[tuple[str]]]]) -> bool:
    return len(await rows()) < 3
