"""Receivers in trouble: they are left alone for a while, and get everything once they answer again."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from tests.webhooks.receiving import Received, Receiver, hooked, listed, receiver, send, send_all
from tests.webhooks.test_outages import told_many
from tests.world import World

EVENTS = 60


def headers(status: int, **given: str) -> Any:
    """Answers with this status and these headers."""

    async def answering(_: Received) -> web.Response:
        return web.Response(status=status, headers={name.replace("_", "-"): value for name, value in given.items()})

    return answering


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_receiver_in_trouble_is_asked_a_few_times_and_gets_everything_when_it_is_back(
    world: World, status: int
) -> None:
    """Two hours, in which the timer runs again and again: not each delivery asks whether it takes something again."""
    async with receiver(status=status) as received:
        webhook = await hooked(world, received.url, "customer.*")
        ids = await told_many(world, EVENTS)
        for minutes in range(0, 120, 4):
            await send(minutes=minutes)
        tries = len(received.received)
        received.received.clear()
        received.status = 200
        # At most five minutes after its return, and not when each would be tried again at last.
        await send(minutes=122)

        arrived = set(received.ids)
        assert tries <= 20
        assert len(set(ids) - arrived) <= tries
        assert len(arrived) > EVENTS / 2
        await send(hours=6)
        assert sorted(received.ids) == sorted(ids)
        assert {one["status"] for one in await listed(world, webhook)} == {"delivered"}


async def test_what_comes_meanwhile_does_not_wake_it(world: World, received: Receiver) -> None:
    received.status = 503
    await hooked(world, received.url, "customer.*")
    await world.customer_named("One")
    await send_all(world.app)
    for number in range(3):
        await world.customer_named(f"Customer {number}")
        await send_all(world.app)
    assert len(received.received) == 1
    received.status = 200
    await send(seconds=6)

    assert len(set(received.ids)) == 4


async def test_a_ping_wakes_it(world: World, received: Receiver) -> None:
    """Whoever has mended a receiver wants to see that it works."""
    received.answering = headers(503, Retry_After="3600")
    webhook = await hooked(world, received.url, "customer.*")
    await world.customer_named("One")
    await world.customer_named("Two")
    await send_all(world.app)
    received.answering = None
    (await world.admin.post(f"webhooks/{webhook['id']}/ping")).ok()
    await send()

    assert len(received.received) == 3
    assert "ping" in received.types


@pytest.mark.parametrize("how", ["put", "replay"])
async def test_a_new_address_and_a_replay_wake_it(world: World, received: Receiver, how: str) -> None:
    received.answering = headers(503, Retry_After="3600")
    webhook = await hooked(world, received.url, "customer.*")
    await world.customer_named("One")
    await world.customer_named("Two")
    await send_all(world.app)
    told = {one["event_id"] for one in await listed(world, webhook)}
    received.answering = None
    if how == "put":
        (await world.admin.put(f"webhooks/{webhook['id']}", {"url": f"{received.url}/new"})).ok()
    else:
        since = (datetime.now(UTC) - timedelta(minutes=5)).isoformat()
        (await world.admin.post(f"webhooks/{webhook['id']}/replay", {"from": since})).ok()
    await send()

    assert told <= set(received.ids)
    assert len(told) == 2


@pytest.mark.parametrize(("status", "asked"), [(429, "120"), (503, "120"), (429, "date")])
async def test_retry_after_is_heeded(world: World, received: Receiver, status: int, asked: str) -> None:
    if asked == "date":
        asked = f"{datetime.now(UTC) + timedelta(seconds=120):%a, %d %b %Y %H:%M:%S} GMT"
    received.answering = headers(status, Retry_After=asked)
    await hooked(world, received.url, "customer.*")
    await world.customer_named("One")
    await world.customer_named("Two")
    await send_all(world.app)
    received.answering = None
    await send(seconds=100)
    assert len(received.received) == 1
    await send(seconds=125)

    assert len(received.received) == 3


async def test_one_event_that_a_receiver_fails_on_holds_up_no_other(world: World, received: Receiver) -> None:
    """500 and 400 are often one event's."""

    async def answering(one: Received) -> web.Response:
        is_bad = one.body["data"]["changes"]["name"][1].startswith("Bad")
        return web.Response(status=500 if is_bad else 200)

    received.answering = answering
    webhook = await hooked(world, received.url, "customer.*")
    for name in ("Bad 1", "Good 1", "Bad 2", "Good 2"):
        await world.customer_named(name)
    await send_all(world.app)

    statuses = [one["status"] for one in await listed(world, webhook)]
    assert sorted(statuses) == ["delivered", "delivered", "pending", "pending"]


async def test_a_receiver_that_refuses_some_of_what_comes_side_by_side_rests_once(world: World) -> None:
    """What was under way is one trouble, and no reason to rest for minutes."""
    full = asyncio.Event()

    async def answering(_: Received) -> web.Response:
        if len(received.received) <= 6:
            return web.Response()
        if received.inside >= 4:
            full.set()
        await full.wait()
        return web.Response(status=503)

    async with receiver(answering=answering) as received:
        await hooked(world, received.url, "customer.*")
        await told_many(world, 40)
        await send()
        assert full.is_set()
        received.received.clear()
        received.answering = None
        await send(seconds=7)

        assert len(set(received.ids)) == 34


async def test_an_outage_is_no_lag_of_ours(world: World, received: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    received.status = 503
    await hooked(world, received.url, "customer.*")
    await told_many(world, 5)
    for minutes in (0, 10, 20, 30):
        await send(minutes=minutes)
    received.status = 200
    await send(minutes=36)

    assert len(set(received.ids)) == 5
    assert "webhook lags" not in caplog.text
