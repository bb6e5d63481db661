"""The server by itself: how it starts and ends, and that what it acknowledged outlives it."""

import asyncio
import signal
import sys
from pathlib import Path
from typing import Any

import pytest
from azure.core.exceptions import AzureError
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.auth import EMULATOR_KEY
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.sdk import ids, listed
from embedded_cosmos.tests.standalone import Standalone

BATCH = 5


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_it_cleanly_and_at_once(how: signal.Signals) -> None:
    async with Standalone() as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        await client.create_database("db")
        assert await asyncio.wait_for(server.end(how), 5) == (0, "")


async def test_a_client_starts_with_the_connection_string_that_it_prints() -> None:
    async with Standalone("--consistency", "Session") as server:
        client = CosmosClient.from_connection_string(server.connection_string)
        async with client:
            await client.create_database("db")
            account: Any = await client._get_database_account()
    assert account.ConsistencyPolicy["defaultConsistencyLevel"] == "Session"


async def test_a_key_of_ones_own_is_not_printed() -> None:
    async with Standalone("--key", "c2VjcmV0") as server:
        assert "c2VjcmV0" not in server.connection_string


async def test_as_a_child_it_ends_with_its_parent() -> None:
    async with Standalone("--with-parent") as server:
        assert await asyncio.wait_for(server.orphan(), 5) == 0


async def test_a_taken_port_is_one_clear_line() -> None:
    async with Standalone() as server:
        port = server.url.rpartition(":")[2]
        command = [sys.executable, "-m", "embedded_cosmos", "--port", port]
        second = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        _, said = await second.communicate()
        assert second.returncode == 1
        assert said.decode() == f"Cannot listen on 127.0.0.1:{port}: the port is taken.\n"


async def test_a_data_file_has_one_server_at_a_time(tmp_path: Path) -> None:
    data = str(tmp_path / "data.db")
    async with Standalone("--data", data):
        command = [sys.executable, "-m", "embedded_cosmos", "--port", "0", "--data", data]
        second = await asyncio.create_subprocess_exec(*command, stderr=asyncio.subprocess.PIPE)
        _, said = await second.communicate()
        assert second.returncode == 1
        assert said.decode() == f"{data} is in use by another server.\n"


async def test_everything_is_there_after_a_restart(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path / "deep" / "data.db")]
    async with Standalone(*options) as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        database = await client.create_database("db")
        container = await database.create_container("c", SINGLE_KEY, default_ttl=-1, offer_throughput=20_000)
        before = [dict(await container.create_item({"id": f"{number}", "pk": f"{number}"})) for number in range(9)]
        properties = await container.read()
        await container.delete_item("8", "8")
        pages = container.query_items("SELECT * FROM c", partition_key="3", max_item_count=1)
        assert ids(await listed(pages)) == ["3"]
        feed = await listed(container.query_items_change_feed(start_time="Beginning"))
        continuation = container.client_connection.last_response_headers["etag"]
    async with Standalone(*options) as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        container = client.get_database_client("db").get_container_client("c")
        assert await container.read() == properties
        assert sorted(ids(feed)) == sorted(ids(await listed(container.read_all_items())))
        assert dict(await container.read_item("3", "3")) == before[3]
        # A sequence number that a deleted item had must not be given out again: a reader would miss the new one.
        await container.create_item({"id": "new", "pk": "8"})
        assert ids(await listed(container.query_items_change_feed(continuation=continuation))) == ["new"]


async def test_a_page_of_a_query_is_continued_after_a_restart(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path / "data.db")]
    query: dict[str, Any] = {"query": "SELECT * FROM c ORDER BY c.n", "partition_key": "p", "max_item_count": 2}
    async with Standalone(*options) as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        database = await client.create_database("db")
        container = await database.create_container("c", SINGLE_KEY)
        for number in range(5):
            await container.create_item({"id": f"{number}", "pk": "p", "n": -number})
        pages: Any = container.query_items(**query).by_page()
        assert ids(await listed(await anext(pages))) == ["4", "3"]
        token = pages.continuation_token
        await container.create_item({"id": "first", "pk": "p", "n": -100})
        await container.delete_item("3", "p")
    async with Standalone(*options) as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        container = client.get_database_client("db").get_container_client("c")
        pages = container.query_items(**query).by_page(token)
        assert [ids(await listed(page)) async for page in pages] == [["2", "1"], ["0"]]


async def test_a_killed_server_loses_no_acknowledged_write_and_keeps_no_half_batch(tmp_path: Path) -> None:
    options = ["--data", str(tmp_path / "data.db")]
    acknowledged: set[str] = set()
    enough = asyncio.Event()

    async def writer(container: Any, name: int) -> None:
        for number in range(10_000):
            single, batch = f"{name}-{number}", f"{name}-{number}-batch"
            try:
                await container.create_item({"id": single, "pk": "p"})
                acknowledged.add(single)
                parts = [("create", ({"id": f"{batch}-{part}", "pk": "p", "batch": batch},)) for part in range(BATCH)]
                await container.execute_item_batch(parts, "p")
                acknowledged.add(batch)
            except AzureError:
                return
            if len(acknowledged) > 200:
                enough.set()

    async with Standalone(*options) as server, CosmosClient(server.url, EMULATOR_KEY, retry_total=0) as client:
        database = await client.create_database("db")
        container = await database.create_container("c", SINGLE_KEY)
        writers = [asyncio.create_task(writer(container, name)) for name in range(8)]
        await enough.wait()
        await server.kill()
        await asyncio.gather(*writers)
    async with Standalone(*options) as server, CosmosClient(server.url, EMULATOR_KEY) as client:
        items = await listed(client.get_database_client("db").get_container_client("c").read_all_items())
    found = {item["id"] for item in items if "batch" not in item}
    batches: dict[str, int] = {}
    for item in items:
        if "batch" in item:
            batches[item["batch"]] = batches.get(item["batch"], 0) + 1
    assert acknowledged <= found | batches.keys()
    assert set(batches.values()) == {BATCH}
