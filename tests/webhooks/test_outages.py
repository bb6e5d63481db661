"""Senders that are killed, receivers that are away: everything arrives, and the list of deliveries has each once."""

import asyncio
import os
import sys
import tracemalloc
from collections import Counter
from typing import Any
from uuid import uuid4

import pytest
from aiohttp import web

from shared.webhooks import deliveries, lanes
from shared.webhooks.deliveries import Told, delivery_of
from tests.application import ROOT, Application
from tests.calling import ago
from tests.events.delivering import deliver, watching
from tests.webhooks.receiving import Received, Receiver, clock, hooked, listed, receiver, send
from tests.world import World

SENDER = "import asyncio; from shared.webhooks import sender; asyncio.run(sender.run())"
CUSTOMERS = 12


async def a_sender(app: Application) -> asyncio.subprocess.Process:
    """The sender, in a process of its own."""
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", SENDER, cwd=ROOT, env={**os.environ, **app.settings}, stderr=asyncio.subprocess.DEVNULL
    )


@pytest.mark.parametrize("after", [1, 5, CUSTOMERS])
async def test_a_sender_that_is_killed_is_followed_by_another(world: World, after: int) -> None:
    """Killed while a receiver has a delivery that nobody has written down yet."""
    reached = asyncio.Event()

    async def answering(_: Received) -> web.Response:
        if len(received.received) == after:
            reached.set()
            await asyncio.sleep(60)
        return web.Response()

    async with receiver(answering=answering) as received:
        webhook = await hooked(world, received.url, "customer.*")
        await asyncio.gather(*(world.customer_named(f"Customer {number}") for number in range(CUSTOMERS)))
        await deliver(world.app)
        process = await a_sender(world.app)
        async with asyncio.timeout(60):
            await reached.wait()
        process.kill()
        await process.wait()
        received.answering = None
        # Its claim has not ended yet.
        before = len(received.received)
        await send()
        assert len(received.received) == before
        await send(seconds=lanes.CLAIM.total_seconds() + 5)

        kept = await listed(world, webhook)
        assert {one["event_id"] for one in kept} == set(received.ids)
        assert Counter(one["status"] for one in kept) == {"delivered": CUSTOMERS}
        # What nobody had written down came a second time, and nothing else did.
        again = [one for one, times in Counter(received.ids).items() if times > 1]
        assert 1 <= len(again) <= 8


async def test_a_handler_that_is_killed_before_it_rings_rings_when_the_batch_comes_again(
    world: World, received: Receiver
) -> None:
    """Between the deliveries and the lane: the batch comes again, for nobody has said that it was handled."""
    webhook = await hooked(world, received.url, "customer.*")
    customer = await world.customer_named("One")
    (event,) = await world.outbox("customer", customer)
    kept = dict(await world.app.container("administration").read_item(webhook["id"], partition_key=world.tenant_id))
    await deliveries.write([delivery_of(Told(kept, "customer.created", event), clock()())])
    await send()
    assert received.received == []
    await deliver(world.app)
    await send()

    assert received.ids == [event["id"]]
    assert len(await listed(world, webhook)) == 1


async def told_many(world: World, count: int) -> list[str]:
    """So many events, as writes leave them in the outbox and the change feed brings them."""
    (event,) = await world.outbox("customer", world.customer)
    events = [{**event, "id": str(uuid4()), "date": ago()} for _ in range(count)]
    outbox = [
        {"id": one["id"], "kind": "event", "tenant_id": world.tenant_id, "deleted": one["id"], "event": one}
        for one in events
    ]
    for first in range(0, count, 100):
        batch: list[Any] = [("create", (one,)) for one in outbox[first : first + 100]]
        await world.app.container("customer").execute_item_batch(batch, world.tenant_id)
    await deliver(world.app)
    return [one["id"] for one in events]


async def test_what_happens_while_a_receiver_is_away_arrives_later_once_and_memory_stays_flat(world: World) -> None:
    """Several batches of the change feed, and pages of the sender; `make bench PARTS=webhooks` sends 10,000."""
    async with receiver(status=503) as received:
        webhook = await hooked(world, received.url, "customer.*")
        ids = await told_many(world, 250)
        await send()
        received.received.clear()
        received.status = 200
        tracemalloc.start()
        await send(minutes=6)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()

    assert sorted(received.ids) == sorted(ids)
    kept = await listed(world, webhook, limit=1000)
    assert Counter(one["event_id"] for one in kept) == Counter(ids)
    assert {one["status"] for one in kept} == {"delivered"}
    assert peak < 30_000_000


async def test_the_timer_sends_what_the_change_feed_brings(world: World) -> None:
    """As a deployment does it: the host runs both."""
    arrived = asyncio.Event()

    async def answering(_: Received) -> web.Response:
        arrived.set()
        return web.Response()

    async with receiver(answering=answering) as received:
        await hooked(world, received.url, "customer.*")
        async with watching(world.app, **{"AzureWebJobs.webhook_sender.Disabled": "false"}):
            await world.customer_named("One")
            async with asyncio.timeout(90):
                await arrived.wait()
    assert received.types == ["customer.created"]
