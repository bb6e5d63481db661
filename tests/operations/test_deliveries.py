"""What deliveries to webhooks hold of a person: shown in an export, and gone with an erasure."""

import json

from aiohttp import web

from operations import person
from operations.person import Person
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
