"""Health: what is wrong is named soon, and however often anybody asks, dependencies are asked once in a while."""

import asyncio
from collections.abc import AsyncIterator
from time import perf_counter

import aiohttp
import pytest
from azure.cosmos.aio import CosmosClient

from benchmarks.recording import recording
from embedded_cosmos.faults import Fault, Kind, Operation
from embedded_cosmos.server import Server
from embedded_cosmos.testing import CosmosAccount
from shared import clients
from shared.health import CACHED_SECONDS, LIMIT_SECONDS, Checks
from tests.application import Application, application
from tests.calling import Item

FOR_EVER = 10**6


@pytest.fixture
async def served(server: Server, app: Application) -> AsyncIterator[Application]:
    del app
    async with application(CosmosAccount(server.url, server.key, server.faults)) as one:
        yield one
        server.faults.clear()


async def health(http: aiohttp.ClientSession, app: Application) -> Item:
    async with http.get(f"{app.url}/api/health") as answer:
        body: Item = await answer.json()
        assert (answer.status, body["status"]) in {(200, "healthy"), (503, "unhealthy")}
        # As every 503 has.
        assert answer.headers.get("Retry-After") == (None if answer.status == 200 else "5")
        return body


async def test_a_hundred_calls_at_once_cost_one_point_read_and_no_metadata(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    del app
    async with recording(cosmos_account.endpoint) as recorder, application(cosmos_account, recorder.url) as served:
        # The first read of a process asks for the account, and for the container.
        await clients.container("migration").read_item("0001_create_containers", "0001_create_containers")
        with recorder.listening():
            answers = await asyncio.gather(*(health(http, served) for _ in range(100)))
        assert {answer["status"] for answer in answers} == {"healthy"}
        assert recorder.kinds == {"read": 1}


async def test_a_database_that_hangs_is_named_within_the_limit(
    served: Application, server: Server, http: aiohttp.ClientSession
) -> None:
    server.faults.inject(Fault(Kind.DELAY, Operation.READ, count=FOR_EVER, seconds=30))
    started = perf_counter()

    found = await health(http, served)

    assert found["checks"]["database"] == "no answer within 2 s"
    # Well under the request's own deadline, which names nothing.
    assert LIMIT_SECONDS <= perf_counter() - started < LIMIT_SECONDS + 4


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.DROP_BEFORE])
async def test_a_database_that_fails_is_named(
    served: Application, server: Server, http: aiohttp.ClientSession, kind: Kind
) -> None:
    server.faults.inject(Fault(kind, Operation.READ, count=FOR_EVER))

    assert (await health(http, served))["checks"]["database"].startswith(("unreachable (", "no answer"))


async def test_a_database_without_its_containers_is_named(
    served: Application, server: Server, http: aiohttp.ClientSession
) -> None:
    async with CosmosClient(server.url, server.key) as cosmos:
        await cosmos.get_database_client(served.settings["COSMOS_DATABASE"]).delete_container("migration")

    assert (await health(http, served))["checks"]["database"] == "no migration has been run"


async def test_a_result_is_kept_for_some_seconds() -> None:
    seconds = 0.0
    asked = 0

    async def check() -> str | None:
        nonlocal asked
        asked += 1
        return "broken" if asked == 1 else None

    checks = Checks({"thing": check}, clock=lambda: seconds)

    assert await checks.get() == {"thing": "broken"}
    seconds = CACHED_SECONDS - 0.1
    assert await checks.get() == {"thing": "broken"}
    seconds = CACHED_SECONDS
    assert await checks.get() == {"thing": "ok"}
    assert asked == 2
