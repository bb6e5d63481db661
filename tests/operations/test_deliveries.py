"""Deliveries to webhooks: what an export and an erasure make of them, and how those that are missing come after all."""

import json

from aiohttp import web

from operations import check, person
from operations.person import Person
from shared import instants
from tests.events.delivering import deliver, deliver_again
from tests.webhooks.conftest import hooking, world  # noqa: F401 - fixtures
from tests.webhooks.receiving import Received, hooked, listed, receiver, send, send_all
from tests.world import World


async def test_an_export_lists_deliveries_and_an_erasure_blanks_what_receivers_answered(
    world: World,  # noqa: F811
) -> None:
    async def echo(one: Received) -> web.Response:
        return web.Response(body=one.content)

    async with receiver(answering=echo) as received:
        webhook = await hooked(world, received.url, "time_entry.*")
        entry = await world.entry("10:00", "11:00", description="Dentist")
        await world.entry("10:00", "11:00", who=world.person(), description="Somebody else")
        await send_all(world.app)
        who = Person(world.tenant_id, world.user.user_id)
        (record,) = [each async for each in person.export(who) if each["kind"] == "delivery"]
        assert record["item_id"] == entry["id"]
        assert "Dentist" in record["last_answer"]["body"]
        done: list[str] = []
        await person.erase(who, done.append)

        kept = json.dumps(await listed(world, webhook))
        assert "Dentist" not in kept
        assert "Somebody else" in kept
        assert done.count("delivery") == 1
        # A replay sends what is left of the event.
        (await world.admin.post(f"webhooks/{webhook['id']}/replay", {"from": "2020-01-01T00:00:00Z"})).ok()
        received.received.clear()
        await send()
        assert received.received
        assert "Dentist" not in str([one.content for one in received.received])


async def check_and_mend() -> list[str]:
    found = [one async for one in check.check(instants.now(), lambda *_: None, mend=True)]
    return [one.what for one in found if one.mended]


async def test_a_check_that_delivers_a_missing_event_tells_webhooks_as_well(
    world: World,  # noqa: F811
) -> None:
    async with receiver() as received:
        webhook = await hooked(world, received.url, "customer.*")
        customer = await world.customer_named("Another")
        (event,) = await world.outbox("customer", customer)

        assert "its event is missing" in await check_and_mend()
        await send()
        # The change feed brings the same afterwards.
        await deliver(world.app)
        await send()

        assert received.ids == [event["id"]]
        assert [one["event_id"] for one in await listed(world, webhook)] == received.ids


async def test_a_replay_of_the_change_feed_tells_webhooks_what_they_have_missed(
    world: World,  # noqa: F811
) -> None:
    async with receiver() as received:
        webhook = await hooked(world, received.url, "customer.*")
        for name in ("told", "missed"):
            await world.customer_named(name)
        await deliver(world.app)
        missed, _ = await listed(world, webhook)
        await world.app.container("delivery").delete_item(missed["id"], partition_key=webhook["id"])
        await send()
        assert missed["event_id"] not in received.ids

        await deliver_again(world.app)
        await send()

        assert received.ids.count(missed["event_id"]) == 1
        assert len(received.ids) == 2
