"""Injected faults: each does what it says, as often as it says, and where it says."""

import asyncio
import base64
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import pytest
import requests
from azure.core.exceptions import AzureError, ServiceRequestError
from azure.cosmos.aio import CosmosClient
from azure.cosmos.exceptions import CosmosHttpResponseError

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from embedded_cosmos.server import Server, serve_in_thread
from embedded_cosmos.tests.conftest import SINGLE_KEY
from embedded_cosmos.tests.raw import Raw
from embedded_cosmos.tests.standalone import Standalone

OWN_KEY = base64.b64encode(b"a key of somebody's own").decode()
SIGNED = Raw("http://localhost", OWN_KEY).signature("POST", "_faults")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One of its own: faults must not meet other tests."""
    with serve_in_thread() as running:
        yield running


@pytest.fixture
def faults(server: Server) -> Iterator[Faults]:
    yield server.faults
    server.faults.clear()


@pytest.fixture
async def container(server: Server) -> AsyncIterator[Any]:
    """The client hardly retries (0 would mean its default), so that a test sees the faults."""
    async with CosmosClient(server.url, server.key, retry_total=0, retry_throttle_total=1) as client:
        database = await client.create_database_if_not_exists("db")
        yield await database.create_container("c", SINGLE_KEY)
        await database.delete_container("c")


async def test_a_throttled_request_is_told_when_to_come_back(container: Any, faults: Faults) -> None:
    fault = faults.inject(Fault(Kind.THROTTLE, Operation.CREATE, count=2, seconds=0.25))
    with pytest.raises(CosmosHttpResponseError) as caught:
        await container.create_item({"id": "1", "pk": "p"})
    assert caught.value.status_code == 429
    assert caught.value.headers["x-ms-retry-after-ms"] == "250"
    await container.create_item({"id": "1", "pk": "p"})
    assert fault.hits == 2


async def test_the_sdk_waits_out_a_throttle_by_itself(server: Server, container: Any, faults: Faults) -> None:
    fault = faults.inject(Fault(Kind.THROTTLE, Operation.WRITES, count=3, seconds=0.01))
    async with CosmosClient(server.url, server.key) as patient:
        patient_container = patient.get_database_client("db").get_container_client(container.id)
        await patient_container.create_item({"id": "1", "pk": "p"})
    assert fault.hits == 3


async def test_an_unavailable_database_says_so(container: Any, faults: Faults) -> None:
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.READ, count=100))
    with pytest.raises(CosmosHttpResponseError) as caught:
        await container.read_item("1", "p")
    assert caught.value.status_code == 503


async def test_a_delay_only_costs_time(container: Any, faults: Faults) -> None:
    fault = faults.inject(Fault(Kind.DELAY, Operation.UPSERT, seconds=0.3))
    start = asyncio.get_running_loop().time()
    await container.upsert_item({"id": "1", "pk": "p"})
    assert asyncio.get_running_loop().time() - start >= 0.3
    assert fault.hits == 1


async def test_a_connection_dropped_before_the_write_leaves_nothing(container: Any, faults: Faults) -> None:
    fault = faults.inject(Fault(Kind.DROP_BEFORE, Operation.CREATE))
    with pytest.raises(ServiceRequestError):
        await container.create_item({"id": "1", "pk": "p"})
    assert fault.hits == 1
    await container.create_item({"id": "1", "pk": "p"})


async def test_a_connection_dropped_after_the_write_leaves_it_done(container: Any, faults: Faults) -> None:
    faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH))
    with pytest.raises(AzureError):
        await container.execute_item_batch([("create", ({"id": "1", "pk": "p"},))], "p")
    assert (await container.read_item("1", "p"))["id"] == "1"


async def test_a_batch_that_only_reads_is_a_read(container: Any, faults: Faults) -> None:
    await container.create_item({"id": "1", "pk": "p"})
    meant_for_writes = faults.inject(Fault(Kind.UNAVAILABLE, Operation.WRITES))
    meant_for_reads = faults.inject(Fault(Kind.DELAY, Operation.READ, seconds=0))

    await container.execute_item_batch([("read", ("1",)), ("read", ("1",))], "p")

    assert (meant_for_writes.hits, meant_for_reads.hits) == (0, 1)
    # The SDK sends it again, so that it succeeds.
    await container.execute_item_batch([("read", ("1",)), ("create", ({"id": "2", "pk": "p"},))], "p")
    assert meant_for_writes.hits == 1


async def test_what_goes_beyond_a_throughput_is_refused_until_the_next_second(container: Any, faults: Faults) -> None:
    """A write is charged more than 5 units. The SDK waits and tries again, so that all succeed at last."""
    fault = faults.inject(Fault(Kind.THROTTLE, Operation.WRITES, count=1000, seconds=1, units_per_second=20))
    for number in range(8):
        await container.create_item({"id": str(number), "pk": "p"})
    assert 0 < fault.hits < 1000

    enough = faults.inject(Fault(Kind.THROTTLE, Operation.READS, count=1000, units_per_second=1000))
    await container.read_item("1", "p")
    assert enough.hits == 0


async def test_a_fault_can_let_some_pass_and_keep_to_one_container(container: Any, faults: Faults) -> None:
    elsewhere = faults.inject(Fault(Kind.UNAVAILABLE, Operation.ANY, container="another"))
    second = faults.inject(Fault(Kind.UNAVAILABLE, Operation.QUERY, skip=1, count=100, container="c"))
    text = {"query": "SELECT * FROM c", "partition_key": "p"}
    assert [item async for item in container.query_items(**text)] == []
    with pytest.raises(CosmosHttpResponseError):
        _ = [item async for item in container.query_items(**text)]
    assert second.hits > 0
    assert elsewhere.hits == 0


@pytest.mark.parametrize(
    ("options", "headers", "status"),
    [
        (["--faults"], {}, 200),
        (["--faults"], {"Origin": "https://example.com"}, 403),
        (["--faults"], {"Sec-Fetch-Site": "cross-site"}, 403),
        (["--faults", "--key", OWN_KEY], {}, 401),
        (["--faults", "--key", OWN_KEY], SIGNED, 200),
        ([], {}, 401),
    ],
    ids=["started-so", "a-page", "a-navigation", "own-key", "own-key-signed", "not-started-so"],
)
async def test_another_process_but_no_web_page_takes_faults_when_told_to(
    options: list[str], headers: dict[str, str], status: int
) -> None:
    fault: dict[str, Any] = {"kind": "throttle", "operation": "query", "count": 2}
    async with Standalone(*options) as server:
        send = partial(requests.post, f"{server.url}/_faults", json=fault, headers=headers, timeout=10)
        answer = await asyncio.to_thread(send)
    assert answer.status_code == status
    assert status != 200 or len(answer.json()) == 1


@pytest.mark.parametrize("kind", [Kind.DROP_BEFORE, Kind.DROP_AFTER])
async def test_a_connection_breaks_also_where_the_operation_is_refused(
    container: Any, faults: Faults, kind: Kind
) -> None:
    await container.create_item({"id": "1", "pk": "p"})
    fault = faults.inject(Fault(kind, Operation.CREATE))
    with pytest.raises(AzureError) as caught:
        await container.create_item({"id": "1", "pk": "p"})
    assert not isinstance(caught.value, CosmosHttpResponseError)
    assert fault.hits == 1
