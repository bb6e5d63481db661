"""The audit trail: each write's event arrives once, whatever the change feed was doing, and a bad one stops none."""

import logging
from itertools import pairwise

import aiohttp
import pytest

from shared.time_entries.entry import FIELDS
from tests.application import Application
from tests.calling import STORED_DATE, Item
from tests.events.delivering import dead_letters, deliver, deliver_again, events_of, outbox_document, watching
from tests.world import World, make_world

EVENT_FIELDS = {
    "id", "date", "user_id", "owner_id", "action", "description", "item_id", "container_id", "session_id", "tenant_id",
    "changes",
}  # fmt: skip


@pytest.fixture
async def world(audited: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, audited)


async def updated_twenty_times(world: World) -> Item:
    entry = await world.entry("10:00", "11:00")
    for number in range(1, 21):
        (await world.user.put(f"time-entries/{entry['id']}", {"description": str(number)})).ok()
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)
    return entry


def check_twenty_two(world: World, entry: Item, events: list[Item]) -> None:
    assert [event["action"] for event in events] == ["create", *["update"] * 20, "delete"]
    assert {name: value for name, (before, value) in events[0]["changes"].items() if before is None} == {
        field.name: entry[field.name] for field in FIELDS if entry[field.name] is not None
    }
    descriptions = [None, *map(str, range(1, 21))]
    assert [event["changes"] for event in events[1:-1]] == [
        {"description": [before, after]} for before, after in pairwise(descriptions)
    ]
    assert list(events[-1]["changes"]) == ["deleted"]
    for event in events:
        assert set(event) == EVENT_FIELDS
        assert STORED_DATE.fullmatch(event["date"])
        assert (event["user_id"], event["owner_id"]) == (world.user.user_id, world.user.user_id)
        assert (event["tenant_id"], event["container_id"]) == (world.tenant_id, "time_entry")
        assert event["description"]
    # Each request is a session of its own.
    assert len({event["session_id"] for event in events}) == len({event["id"] for event in events}) == 22


async def test_no_event_is_lost_while_the_change_feed_is_off_nor_doubled_when_it_comes_twice(world: World) -> None:
    async with watching(world.app, **{"AzureWebJobs.change_feed_time_entry.Disabled": "true"}):
        entry = await updated_twenty_times(world)
    assert await events_of(world, entry) == []
    assert [event["action"] for event in await events_of(world, world.customer)] == ["create"]

    await deliver(world.app)
    once = await events_of(world, entry)
    check_twenty_two(world, entry, once)

    await deliver_again(world.app)
    assert await events_of(world, entry) == once


async def test_the_catalogs_writes_are_in_the_audit_trail(world: World) -> None:
    items = {"customers": world.customer, "projects": world.project, "activities": world.activity}
    for path, item in items.items():
        (await world.admin.put(f"{path}/{item['id']}", {"name": "Newer"})).ok()
        (await world.admin.delete(f"{path}/{item['id']}")).ok(204)

    await deliver(world.app)

    for path, item in items.items():
        created, changed, retired = await events_of(world, item)
        assert [event["action"] for event in (created, changed, retired)] == ["create", "update", "delete"]
        assert created["changes"]["name"] == [None, item["name"]]
        assert changed["changes"] == {"name": [item["name"], "Newer"]}
        assert retired["changes"] == {"status": ["active", "inactive"]}
        assert {event["user_id"] for event in (created, changed, retired)} == {world.admin.user_id}
        assert (
            created["container_id"] == {"customers": "customer", "projects": "project", "activities": "activity"}[path]
        )


async def test_events_arrive_while_the_app_is_used(world: World) -> None:
    async with watching(world.app):
        timer = await world.started()
        (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()
    await deliver(world.app)

    assert [sorted(event["changes"])[:1] for event in await events_of(world, timer)] == [["activity_id"], ["end_date"]]


@pytest.mark.logs_errors
async def test_a_bad_document_is_kept_with_its_error_and_stops_none(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    good = (await world.outbox("time_entry", await world.entry("08:00", "09:00")))[0]
    bad = [
        outbox_document(world),
        outbox_document(world, event="a text"),
        outbox_document(world, event=None),
        outbox_document(world, event={}),
        outbox_document(world, event={**good, "id": 7}),
        outbox_document(world, event={**good, "id": ""}),
        outbox_document(world, event={**good, "item_id": None}),
        outbox_document(world, event={**good, "changes": ["a"]}),
        outbox_document(world, event={name: good[name] for name in good if name != "date"}),
    ]
    entries = []
    for hour, document in enumerate(bad, start=10):
        entries.append(await world.entry(f"{hour}:00", f"{hour}:30"))
        await world.app.container("time_entry").create_item(document)
    entries.append(await world.entry("22:00", "23:00"))

    await deliver(world.app)

    for entry in entries:
        assert [event["action"] for event in await events_of(world, entry)] == ["create"]
    kept = await dead_letters(world)
    assert set(kept) == {document["id"] for document in bad}
    for document in bad:
        letter = kept[document["id"]]
        assert isinstance(letter["error"], str)
        assert letter["error"]
        assert letter["container_id"] == "time_entry"
        assert {name: letter["document"].get(name) for name in document} == document

    await deliver_again(world.app)
    assert set(await dead_letters(world)) == set(kept)
    assert len([record for record in caplog.records if record.levelno >= logging.ERROR]) >= len(bad)


async def test_there_is_one_line_in_the_log_for_each_event(world: World, caplog: pytest.LogCaptureFixture) -> None:
    secret = "a description that belongs to nobody's log"
    entry = await world.entry("10:00", "11:00")
    (await world.user.put(f"time-entries/{entry['id']}", {"description": secret})).ok()

    with caplog.at_level(logging.INFO, "shared"):
        await deliver(world.app)

    lines = [record.getMessage() for record in caplog.records if entry["id"] in record.getMessage()]
    assert len(lines) == 2
    update = next(line for line in lines if "update" in line)
    for part in ("change_feed_time_entry", "time_entry", entry["id"], "description"):
        assert part in update
    assert secret not in caplog.text
