"""A document that can't be taken stops no other one, and a failure of the database leaves nothing running."""

import asyncio
from uuid import uuid4

import aiohttp
import pytest
from azure.cosmos.exceptions import CosmosHttpResponseError

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from operations import check
from shared import instants
from shared.events.delivery import deliver as deliver_documents
from tests.application import Application
from tests.calling import Item
from tests.events.delivering import dead_letters, deliver, deliver_again, events_of, outbox_document
from tests.world import World, make_world

FOR_EVER = 10**6


@pytest.fixture
async def world(flaky: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, flaky)


# aiohttp warns of large bodies: the SDK sends them in one piece.
@pytest.mark.filterwarnings("ignore:Sending a large body")
@pytest.mark.logs_errors
@pytest.mark.parametrize(
    "poison",
    [
        {"event_id": "a/b"}, {"event_id": "a\\b"}, {"event_id": "a?b"}, {"event_id": "a#b"}, {"event_id": "a "},
        {"event_id": "a\n"}, {"event_id": "a/b", "id": "y" * 1020}, {"event_id": "é" * 600},
        {"item_id": "x" * 5000}, {"large": "x" * 1_900_000}, {"large": "\u20ac" * 300_000},
    ],
    ids=["slash", "backslash", "question", "hash", "blank", "line end", "long", "long in bytes", "key", "2 MB", "€"],
)  # fmt: skip
async def test_what_the_database_does_not_take_goes_aside_and_its_neighbours_through(
    world: World, poison: Item
) -> None:
    before = await world.entry("08:00", "09:00")
    (good,) = await world.outbox("time_entry", before)
    event = {**good, "id": poison.get("event_id", good["id"]), "item_id": poison.get("item_id", good["item_id"])}
    if large := poison.get("large"):
        event = {**event, "id": "x/y", "changes": {"description": [None, large]}}
    document = outbox_document(world, event=event) | ({"id": poison["id"]} if "id" in poison else {})
    await world.app.container("time_entry").create_item(document)
    after = await world.entry("10:00", "11:00")

    await deliver(world.app)

    for entry in (before, after):
        assert [one["action"] for one in await events_of(world, entry)] == ["create"]
    (letter,) = (await dead_letters(world)).values()
    assert letter["document"]["id"] == document["id"]
    assert ("truncated" in letter["document"]) == bool(large)
    await deliver_again(world.app)
    assert len(await dead_letters(world)) == 1
    checking = check.check(instants.now(), lambda *_: None, mend=True)
    assert [one.item_id async for one in checking if not one.mended] in ([document["id"]], [])
    await world.app.container("time_entry").delete_item(document["id"], [world.tenant_id, world.user.user_id])


async def test_an_event_with_a_strange_session_is_delivered(world: World) -> None:
    (good,) = await world.outbox("time_entry", await world.entry("08:00", "09:00"))
    sessions = ("a\r\nb: c", "", 7, None, "é" * 2000)
    events = [{**good, "id": str(uuid4()), "session_id": session} for session in sessions]
    for event in events:
        await world.app.container("time_entry").create_item(outbox_document(world, event=event))

    await deliver(world.app)

    found = await events_of(world, {"id": good["item_id"], "tenant_id": world.tenant_id})
    assert {event["id"] for event in events} <= {event["id"] for event in found}


async def test_what_else_is_being_delivered_ends_before_a_failure_is_told(world: World, faults: Faults) -> None:
    """Otherwise it would run beside the host's retry."""
    (good,) = await world.outbox("time_entry", await world.entry("08:00", "09:00"))
    documents = [outbox_document(world, event={**good, "id": str(uuid4())}) for _ in range(30)]
    slow = faults.inject(Fault(Kind.DELAY, Operation.UPSERT, container="event", count=8, seconds=2))
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.UPSERT, container="event", count=FOR_EVER))

    with pytest.raises(CosmosHttpResponseError):
        await deliver_documents("a function", "time_entry", documents)

    assert slow.hits == 8
    names = {task.get_coro().__qualname__ for task in asyncio.all_tasks()}  # type: ignore[union-attr]
    assert not [name for name in names if "deliver." in name]
