"""What tests of the audit trail share: a change feed that is delivered on demand."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from local.host.host import Host
from local.host.runner import RunningTriggers
from tests.application import ROOT, Application
from tests.calling import Item
from tests.world import World

# What timers do is done when a test asks for it.
NO_TIMERS = {f"AzureWebJobs.{name}.Disabled": "true" for name in ("forgotten_timers", "webhook_sender")}


@asynccontextmanager
async def watching(app: Application, **settings: str) -> AsyncIterator[RunningTriggers]:
    """Run the app's change feed triggers until they have handled all that lay before them, and to the block's end."""
    host = await Host.load(ROOT, {**app.settings, **NO_TIMERS, **settings})
    async with host.watching() as triggers:
        await triggers.caught_up()
        yield triggers


async def deliver(app: Application, **settings: str) -> None:
    async with watching(app, **settings):
        pass


async def deliver_again(app: Application) -> None:
    """Everything from the beginning, as after the loss of the leases."""
    leases = app.container("leases")
    async for lease in leases.read_all_items():
        await leases.delete_item(lease["id"], partition_key=lease["id"])
    await deliver(app)


async def events_of(world: World, item: Item) -> list[Item]:
    """The audit trail of an item, oldest first."""
    found = world.app.container("event").query_items("SELECT * FROM c", partition_key=[item["tenant_id"], item["id"]])
    events = [{name: value for name, value in event.items() if name[0] != "_"} async for event in found]
    return sorted(events, key=lambda event: str(event["date"]))


def outbox_document(world: World, **fields: Any) -> Item:
    event_id = str(uuid4())
    return {
        "id": event_id, "kind": "event", "tenant_id": world.tenant_id, "owner_id": world.user.user_id,
        "deleted": event_id, **fields,
    }  # fmt: skip


async def dead_letters(world: World) -> Mapping[str, Item]:
    found = world.app.container("dead_letter").query_items("SELECT * FROM c", partition_key="time_entry")
    letters = [dict(letter) async for letter in found]
    assert len({letter["id"] for letter in letters}) == len(letters)
    return {
        letter["document"]["id"]: letter for letter in letters if letter["document"]["tenant_id"] == world.tenant_id
    }
