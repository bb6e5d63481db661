"""Leases: however many hosts there are, and however they end, a feed range is read by one at a time."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import azure.functions as func
import pytest
from azure.cosmos.aio import CosmosClient

from embedded_cosmos.server import serve
from tests.local.host.watching import PATIENCE_SECONDS, Account, Receiver, eventually, make_account, watching_host

PROJECT = Path(__file__).parents[3]
SEVERAL_RANGES = 40_000


@pytest.fixture
async def spread() -> AsyncIterator[Account]:
    """A watched container with several feed ranges."""
    async with serve() as server, CosmosClient(server.url, server.key) as cosmos:
        yield await make_account(cosmos, server.url, server.key, SEVERAL_RANGES)


async def _owners(account: Account) -> set[str]:
    return {lease["owner"] for lease in await account.leases() if lease["owner"]}


async def test_there_is_a_lease_for_each_feed_range(spread: Account) -> None:
    receiver = Receiver()
    ranges = [feed_range async for feed_range in spread.watched.read_feed_ranges()]
    ids = [str(number) for number in range(40)]
    await spread.write(*ids)
    async with watching_host(spread, receiver).watching():
        await receiver.has(ids)

    assert len(ranges) > 1
    assert len(await spread.leases()) == len(ranges)
    assert len(receiver.batches) == len(ranges)


async def test_two_hosts_share_the_work_and_do_nothing_twice(spread: Account) -> None:
    one, two = Receiver(delay_seconds=0.01), Receiver(delay_seconds=0.01)
    ids = [f"{number:03}" for number in range(120)]

    async with (
        watching_host(spread, one, max_items_per_invocation=5).watching(),
        watching_host(spread, two, max_items_per_invocation=5).watching(),
    ):
        await spread.write(*ids)

        async def all_have_arrived() -> bool:
            return set(one.received + two.received) == set(ids)

        await eventually(all_have_arrived)

    assert sorted(one.received + two.received) == ids


async def test_a_host_that_stops_hands_over_at_once(account: Account) -> None:
    one, two = Receiver(), Receiver()
    life: dict[str, Any] = {"lease_expiration_interval": 60_000}
    async with watching_host(account, one, **life).watching():
        await account.write("a")
        await one.has({"a"})
    async with watching_host(account, two, **life).watching():
        await account.write("b")
        await two.has({"b"})

    assert two.received == ["b"]


async def test_a_handler_that_outlasts_the_lease_keeps_it(account: Account) -> None:
    slow, idle = Receiver(delay_seconds=2.5), Receiver()
    short: dict[str, Any] = {"lease_expiration_interval": 1200, "lease_renew_interval": 200}
    await account.write("a")
    async with watching_host(account, slow, **short).watching():
        await eventually(lambda: _as_coroutine(bool(slow.tried)))
        async with watching_host(account, idle, **short).watching():
            await slow.has({"a"})

    assert idle.tried == []


async def _as_coroutine(value: bool) -> bool:
    return value


async def test_a_host_whose_lease_was_taken_away_does_not_go_on(account: Account) -> None:
    cancelled = asyncio.Event()

    class Robbed(Receiver):
        async def __call__(self, documents: func.DocumentList) -> None:
            try:
                await super().__call__(documents)
            except asyncio.CancelledError:
                cancelled.set()
                raise

    robbed = Robbed(delay_seconds=60)
    await account.write("a")
    async with watching_host(account, robbed).watching():
        await eventually(lambda: _as_coroutine(bool(robbed.tried)))
        (lease,) = await account.leases()
        leases = account.database.get_container_client("leases")
        await leases.upsert_item(lease | {"owner": "another", "expires_at": time.time() + 60})
        await asyncio.wait_for(cancelled.wait(), PATIENCE_SECONDS)
    assert robbed.received == []
    assert await _owners(account) == {"another"}


async def test_what_a_killed_host_had_in_hand_comes_again(account: Account) -> None:
    await account.write("a")
    environment = os.environ | account.settings
    app = str(PROJECT / "tests/local/host/crashing_app")
    host = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "local.host", "--port", "0", "--app", app),
        cwd=PROJECT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
    )
    assert host.stdout is not None
    async with asyncio.timeout(30):
        while b"handling ['a']" not in await host.stdout.readline():
            pass
    host.kill()
    await host.wait()
    killed_at = time.monotonic()
    assert len(await _owners(account)) == 1

    next_one = Receiver()
    async with watching_host(account, next_one).watching():
        await next_one.has({"a"})
    assert time.monotonic() - killed_at > 0.5, "the dead host's lease was taken before it had expired"


async def test_a_database_that_comes_back_is_read_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    data, receiver = str(tmp_path / "cosmos.db"), Receiver()
    async with serve(data) as server, CosmosClient(server.url, server.key) as cosmos:
        account = await make_account(cosmos, server.url, server.key)
        await account.write("a")
        port = int(server.url.rpartition(":")[2])
        host = watching_host(account, receiver)
        async with host.watching():
            await receiver.has({"a"})
    async with host.watching():
        await eventually(lambda: _as_coroutine("waits for the database" in caplog.text))
        async with serve(data, port) as server, CosmosClient(server.url, server.key) as cosmos:
            watched = cosmos.get_database_client(account.database.id).get_container_client("watched")
            await watched.create_item({"id": "b"})
            await receiver.has({"b"})
