"""A replay sends everything since an instant again, from the audit trail, once each, whatever ends in between."""

import asyncio
from collections import Counter

import pytest

from shared.webhooks import replays
from tests.calling import instant_of, stored
from tests.events.delivering import deliver, events_of
from tests.webhooks.receiving import Receiver, hooked, listed, send, send_all
from tests.world import World


async def replay(world: World, webhook: dict[str, object], since: str) -> None:
    answer = (await world.admin.post(f"webhooks/{webhook['id']}/replay", {"from": since})).ok()
    assert answer["id"] == webhook["id"]


async def test_everything_since_comes_once_under_the_same_ids(world: World, received: Receiver) -> None:
    """Also what happened before the webhook was there."""
    await world.entry("10:00", "11:00")
    await deliver(world.app)
    webhook = await hooked(world, received.url)
    for number in range(3):
        await world.customer_named(f"Customer {number}")
    await send_all(world.app)
    live = received.ids
    assert len(live) == 3
    received.received.clear()
    (event,) = await events_of(world, world.customer)
    await replay(world, webhook, event["date"])
    await send()

    assert sorted(received.types) == sorted(
        ["customer.created"] * 4 + ["project.created", "activity.created", "time_entry.created"]
    )
    assert set(live) < set(received.ids)
    assert set(Counter(received.ids).values()) == {1}
    deliveries = await listed(world, webhook)
    assert Counter(one["replay"] is None for one in deliveries) == {True: 3, False: 7}


async def test_a_replay_begins_at_its_instant_and_sends_what_is_asked_for(world: World, received: Receiver) -> None:
    webhook = await hooked(world, received.url, "customer.*")
    await world.customer_named("One")
    second = await world.customer_named("Two")
    await world.activity_named("Work")
    await send_all(world.app)
    received.received.clear()
    (event,) = await events_of(world, second)
    await replay(world, webhook, event["date"])
    await send()

    assert received.ids == [event["id"]]


async def test_a_replay_of_what_is_yet_to_come_sends_nothing(world: World, received: Receiver) -> None:
    webhook = await hooked(world, received.url)
    await replay(world, webhook, "2100-01-01T00:00:00Z")
    await send()

    assert received.received == []


async def test_replays_go_page_by_page_and_events_of_one_instant_are_all_there(
    world: World, received: Receiver
) -> None:
    webhook = await hooked(world, received.url, "customer.*")
    (event,) = [one for one in await world.outbox("customer", world.customer) if one["action"] == "create"]
    events = [{**event, "id": f"{event['id'][:-4]}{number:04d}"} for number in range(2 * replays.PAGE + 30)]
    await asyncio.gather(*(world.app.container("event").upsert_item(one) for one in events))
    await replay(world, webhook, event["date"])
    await send()

    assert sorted(received.ids) == sorted(one["id"] for one in events)


async def test_a_replay_that_was_cut_off_goes_on_and_doubles_nothing(world: World, received: Receiver) -> None:
    """As after a kill between the deliveries of a page and the note of how far it is."""
    webhook = await hooked(world, received.url, "customer.*")
    for number in range(3):
        await world.customer_named(f"Customer {number}")
    await send_all(world.app)
    received.received.clear()
    (event,) = await world.outbox("customer", world.customer)
    await replay(world, webhook, stored(instant_of(event["date"])))
    lane = dict(await world.app.container("delivery").read_item("lane", partition_key=webhook["id"]))
    await send()
    first = sorted(received.ids)
    # Everything as it was before the page.
    now = dict(await world.app.container("delivery").read_item("lane", partition_key=webhook["id"]))
    await world.app.container("delivery").upsert_item({**now, "replays": lane["replays"], "wake": lane["wake"]})
    await send()

    assert sorted(received.ids) == first
    assert len(first) == 4


async def test_too_many_replays_at_once_are_refused(world: World, received: Receiver) -> None:
    webhook = await hooked(world, received.url)
    for _ in range(replays.MOST_AT_ONCE):
        await replay(world, webhook, "2026-01-01T00:00:00Z")
    refused = await world.admin.post(f"webhooks/{webhook['id']}/replay", {"from": "2026-01-01T00:00:00Z"})
    refused.refused(409, "replays_running")


@pytest.mark.parametrize("limit", [1, 2, 7])
async def test_deliveries_are_listed_page_by_page_newest_first(world: World, received: Receiver, limit: int) -> None:
    webhook = await hooked(world, received.url, "customer.*")
    for number in range(7):
        await world.customer_named(f"Customer {number}")
    await deliver(world.app)
    whole = await listed(world, webhook)
    assert len(whole) == 7
    assert [one["created"] for one in whole] == sorted((one["created"] for one in whole), reverse=True)
    path, pages = f"webhooks/{webhook['id']}/deliveries", []
    query = f"?limit={limit}"
    while True:
        answer = await world.admin.get(f"{path}{query}")
        pages += answer.ok()["data"]
        if "Link" not in answer.headers:
            break
        query, relation = answer.headers["Link"].removeprefix("<").split(">; ")
        assert relation == 'rel="next"'
    assert pages == whole
    for bad in ("limit=0", "limit=1001", "cursor=x", "cursor=MQ"):
        (await world.admin.get(f"{path}?{bad}")).refused(400)
