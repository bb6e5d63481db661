"""Requests that wait, for a lock or for one another: none is lost, none is answered with a 500."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosBatchOperationError, CosmosHttpResponseError, CosmosResourceNotFoundError

from embedded_cosmos.server import serve
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.sdk import ids, listed, refused


@pytest.fixture
async def data(tmp_path: Path) -> Path:
    return tmp_path / "data.db"


@pytest.fixture
async def client(data: Path) -> AsyncIterator[CosmosClient]:
    async with serve(str(data)) as server, CosmosClient(server.url, server.key) as client:
        await client.create_database("db")
        yield client


@pytest.fixture
async def container(client: CosmosClient) -> Any:
    return await client.get_database_client("db").create_container("c", SINGLE_KEY)


def statuses(results: Sequence[Any]) -> list[int | None]:
    return [getattr(result, "status_code", 200) for result in results]


async def test_reads_go_on_while_writes_wait_and_the_writes_keep_their_order(container: Any, data: Path) -> None:
    """Another connection holds the lock, as the building of an index does."""
    await container.create_item({"id": "there", "pk": "p"})
    with closing(sqlite3.connect(data, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        waiting = [
            asyncio.create_task(container.create_item({"id": id_, "pk": "p"})) for id_ in ("there", "new", "there")
        ]
        assert (await container.read_item("there", "p"))["id"] == "there"
        assert ids(await listed(container.query_items("SELECT * FROM c", partition_key="p"))) == ["there"]
        assert not any(task.done() for task in waiting)
        holder.execute("ROLLBACK")
        results = await asyncio.gather(*waiting, return_exceptions=True)
    assert statuses(results) == [409, 200, 409]
    await container.create_item({"id": "newer", "pk": "p"})
    found = ids(await listed(container.query_items_change_feed(start_time="Beginning")))
    assert found == ["there", "new", "newer"]


async def test_of_those_who_create_the_same_just_one_wins(client: CosmosClient, container: Any) -> None:
    database = client.get_database_client("db")
    for create in (
        lambda: client.create_database("same"),
        lambda: database.create_container("same", SINGLE_KEY),
        lambda: container.create_item({"id": "same", "pk": "p"}),
    ):
        results = await asyncio.gather(*(create() for _ in range(8)), return_exceptions=True)
        assert sorted(str(status) for status in statuses(list(results))) == ["200"] + ["409"] * 7


async def test_of_those_who_delete_the_same_just_one_wins(client: CosmosClient, container: Any) -> None:
    database = client.get_database_client("db")
    await container.create_item({"id": "same", "pk": "p"})
    for delete in (
        lambda: container.delete_item("same", "p"),
        lambda: database.delete_container("c"),
        lambda: client.delete_database("db"),
    ):
        results = await asyncio.gather(*(delete() for _ in range(8)), return_exceptions=True)
        assert sorted(str(status) for status in statuses(list(results))) == ["200"] + ["404"] * 7


async def test_a_container_that_goes_while_a_write_waits_is_not_found(
    client: CosmosClient, container: Any, data: Path
) -> None:
    database = client.get_database_client("db")
    await container.create_item({"id": "there", "pk": "p"})
    with closing(sqlite3.connect(data, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        deleting = asyncio.ensure_future(database.delete_container("c"))
        writing = [asyncio.create_task(container.upsert_item({"id": f"{number}", "pk": "p"})) for number in range(3)]
        for _ in range(20):
            # What was sent before has arrived when this is answered again and again.
            await container.read_item("there", "p")
        holder.execute("ROLLBACK")
        results = await asyncio.gather(deleting, *writing, return_exceptions=True)
    assert statuses(results)[0] == 200
    assert set(statuses(results)[1:]) <= {200, 404}
    assert isinstance((await refused(lambda: container.read_item("there", "p"))), CosmosResourceNotFoundError)


async def test_a_container_that_goes_while_it_is_asked_is_not_found(client: CosmosClient, container: Any) -> None:
    for number in range(50):
        await container.create_item({"id": f"{number}", "pk": "p", "text": "x" * 10_000})

    async def ask() -> int | None:
        try:
            await listed(container.query_items("SELECT * FROM c WHERE c.text != 'y'", partition_key="p"))
        except CosmosHttpResponseError as error:
            return error.status_code
        return 200

    asking = [asyncio.create_task(ask()) for _ in range(40)]
    await client.get_database_client("db").delete_container("c")
    assert set(await asyncio.gather(*asking)) <= {200, 404}


async def test_writers_of_one_item_with_its_version_never_lose_an_update(container: Any) -> None:
    await container.create_item({"id": "1", "pk": "p", "n": 0})

    async def add() -> None:
        while True:
            item = await container.read_item("1", "p")
            batch = [("replace", ("1", item | {"n": item["n"] + 1}), {"if_match_etag": item["_etag"]})]
            try:
                await container.execute_item_batch(batch, "p")
            except CosmosBatchOperationError as error:
                if error.status_code != 412:
                    raise
            else:
                return

    await asyncio.gather(*(add() for _ in range(20)))
    assert (await container.read_item("1", "p"))["n"] == 20
