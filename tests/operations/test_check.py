"""The repair of what should agree: timelines with their entries, outbox documents with their events."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import aiohttp
import pytest
from azure.cosmos import PartitionKey

from embedded_cosmos.testing import CosmosAccount
from operations import check
from operations.check import Finding
from shared import instants
from shared.cosmos.items import own_fields
from shared.time_entries.rules import OVER_A_WEEK
from shared.time_entries.store import mark_length
from shared.time_entries.timeline import TIMELINE_ID
from tests.application import Application, application
from tests.calling import Item, Person, ago, at
from tests.events.delivering import deliver, outbox_document
from tests.operations.persons import documents
from tests.world import World, make_world


@pytest.fixture
async def world(audited: Application, http: aiohttp.ClientSession) -> AsyncIterator[World]:
    world = await make_world(http, audited)
    yield world
    assert await findings(mend=True) == [], "a test leaves a sound database to the next"


def nothing(_container_id: str, _owner_id: str) -> None:
    """Where nobody looks at the progress."""


async def findings(*, mend: bool, from_owner: str = "", days_later: int = 0) -> list[Finding]:
    now = instants.now() + timedelta(days=days_later)
    return [finding async for finding in check.check(now, nothing, mend=mend, from_owner=from_owner)]


def timeline_of(who: Person, what: str, *, mended: bool) -> Finding:
    return Finding("time_entry", f"timeline of {who.user_id}", what, mended)


async def change_timeline(world: World, who: Person, **fields: Item | str | None) -> Item:
    """Break a timeline, as a fault would; returns what it was."""
    container = world.app.container("time_entry")
    timeline = dict(await container.read_item(TIMELINE_ID, partition_key=[who.tenant_id, who.user_id]))
    await container.upsert_item({**timeline, **fields})
    return timeline


async def lose_event(world: World, item: Item) -> Item:
    (event,) = (await world.admin.get("events", {"item_id": item["id"]})).ok()["data"]
    await world.app.container("event").delete_item(event["id"], partition_key=[world.tenant_id, item["id"]])
    return dict(event)


async def test_an_index_that_the_database_lacks_is_told(world: World) -> None:
    await deliver(world.app)
    policy = (await world.app.container("time_entry").read())["indexingPolicy"]
    for paths, missing in (
        ([one for one in policy["includedPaths"] if one["path"] != "/import_id/?"], True),
        ([{"path": "/*"}], False),
    ):
        changed = {**policy, "includedPaths": paths, "excludedPaths": [{"path": "/_etag/?"}]}
        await index_by(world, changed)

        found = [finding async for finding in check.indexes()]

        await index_by(world, policy)
        what = "no index of /import_id/?; deploy the infrastructure template of this version"
        assert found == ([Finding("time_entry", "indexes", what, mended=False)] if missing else [])


async def index_by(world: World, policy: Item) -> None:
    container = world.app.container("time_entry")
    key = PartitionKey(path=["/tenant_id", "/owner_id"], kind="MultiHash")
    await world.app.database.replace_container(container, key, indexing_policy=policy, default_ttl=-1)


async def test_a_sound_database_has_no_findings(world: World) -> None:
    await world.entry("10:00", "11:00")
    await world.started()
    await deliver(world.app)

    assert await findings(mend=True) == []


@pytest.mark.parametrize("locks", [[], None], ids=["none", "missing"])
async def test_a_period_that_is_not_locked_is_found_and_what_was_written_into_it(
    world: World, locks: list[str] | None
) -> None:
    """By an instance of a version before locks, which had made the timeline anew."""
    entry = await world.entry("10:00", "11:00")
    march = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC"}
    timesheet = (await world.user.post("timesheets", march)).ok(201)
    await deliver(world.app)
    container = world.app.container("time_entry")
    timeline = own_fields(dict(await container.read_item(TIMELINE_ID, [world.tenant_id, world.user.user_id])))
    del timeline["locks"]
    await container.upsert_item(timeline | ({} if locks is None else {"locks": locks}))
    stored = await world.stored("time_entry", entry)
    await container.replace_item(entry["id"], {**stored, "billable": False})
    what = f"its period was written to: {entry['id']} changed"
    written = Finding("time_entry", f"timesheet {timesheet['id']}", what, mended=False)
    unlocked = timeline_of(world.user, "a submitted or approved period is not locked", mended=False)

    assert {*await findings(mend=False)} == {written, unlocked}
    assert {*await findings(mend=True)} == {written, replace(unlocked, mended=True)}
    (await world.user.delete(f"time-entries/{entry['id']}")).refused(409, "period_locked")
    assert await findings(mend=True) == [written]
    (await world.user.post(f"timesheets/{timesheet['id']}/withdraw")).ok()
    await deliver(world.app)


@pytest.mark.parametrize(
    ("wrong", "what"),
    [
        ({"running": None}, "the running entry is another, or looks otherwise"),
        ({"last_end": None}, "an entry ends later than it knows"),
    ],
)
async def test_a_timeline_that_disagrees_is_found_and_mended(world: World, wrong: Item, what: str) -> None:
    entry = await world.entry("10:00", "11:00")
    running = await world.started()
    await deliver(world.app)
    await change_timeline(world, world.user, **wrong)

    assert await findings(mend=False) == [timeline_of(world.user, what, mended=False)]
    assert await findings(mend=True) == [timeline_of(world.user, what, mended=True)]

    assert (await world.user.get("time-entries/running")).ok()["id"] == running["id"]
    timeline = await world.stored("time_entry", {**entry, "id": TIMELINE_ID})
    assert timeline["last_end"] == entry["end_date"]
    assert await findings(mend=True) == []


async def test_an_entry_that_was_made_to_run_by_hand_is_found_wherever_it_starts(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    later = await world.entry("12:00", "13:00")
    await deliver(world.app)
    container = world.app.container("time_entry")
    await container.upsert_item({**await world.stored("time_entry", entry), "end_date": None})

    found = await findings(mend=True)

    assert [(one.item_id, one.mended) for one in found] == [
        (f"timeline of {world.user.user_id}", True),
        (later["id"], False),
    ]
    await container.delete_item(later["id"], [world.tenant_id, world.user.user_id])
    assert (await world.user.get("time-entries/running")).ok()["id"] == entry["id"]


async def test_what_was_written_since_the_page_was_read_is_no_finding(world: World) -> None:
    first, second = sorted((world.person() for _ in range(2)), key=lambda who: who.user_id)
    for who in (first, second):
        await world.started(who)
    await deliver(world.app)
    await change_timeline(world, first, running=None)
    right = await change_timeline(world, second, running=None)

    checking = check.check(instants.now(), nothing, mend=False)
    found = [await anext(checking)]
    # The second timeline has been read with the first one; now it is put right.
    await change_timeline(world, second, **right)
    found += [finding async for finding in checking]

    what = "the running entry is another, or looks otherwise"
    assert found == [timeline_of(first, what, mended=False)]
    assert await findings(mend=True) == [timeline_of(first, what, mended=True)]


async def copied(world: World, entry: Item, **dates: str | None) -> Item:
    """An entry that the store would have refused, as a fault or a repair by hand may leave one."""
    document = {**await world.stored("time_entry", entry), "id": str(uuid4()), **dates}
    await world.app.container("time_entry").create_item(own_fields(document))
    return document


async def test_entries_that_overlap_are_found_and_left_alone(world: World) -> None:
    first, last = await world.entry("10:00", "12:00"), await world.entry("13:00", "14:00")
    await world.entry("12:00", "13:00", who=world.person())
    await deliver(world.app)
    inside = await copied(world, first, start_date=at("10:30"), end_date=at("11:00"))
    across = await copied(world, last, start_date=at("11:30"), end_date=at("13:30"))

    found = await findings(mend=True)

    assert sorted((one.item_id, one.what, one.mended) for one in found) == sorted(
        [
            (inside["id"], f"it overlaps {first['id']}", False),
            (across["id"], f"it overlaps {first['id']}", False),
            (last["id"], f"it overlaps {across['id']}", False),
        ]
    )
    for ghost in (inside, across):
        await world.app.container("time_entry").delete_item(ghost["id"], [world.tenant_id, world.user.user_id])


async def test_a_second_timer_is_found(world: World) -> None:
    first = await world.started(start_date=ago(minutes=20))
    await deliver(world.app)
    second = await copied(world, first, start_date=ago(minutes=10))
    # The timeline holds one of them at most.
    await change_timeline(world, world.user, running=own_fields(second))

    assert [(one.item_id, one.what) for one in await findings(mend=True)] == [
        (second["id"], f"it overlaps {first['id']}")
    ]
    await world.app.container("time_entry").delete_item(second["id"], [world.tenant_id, world.user.user_id])
    assert len(await findings(mend=True)) == 1


async def test_an_event_that_is_missing_is_found_and_delivered(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)
    lost = {item["id"]: await lose_event(world, item) for item in (entry, world.customer)}

    found = await findings(mend=True)

    assert [(one.container_id, one.item_id, one.mended) for one in found] == [
        ("customer", lost[world.customer["id"]]["id"], True),
        ("time_entry", lost[entry["id"]]["id"], True),
    ]
    for item_id, event in lost.items():
        assert (await world.admin.get("events", {"item_id": item_id})).ok()["data"] == [event]
    assert await findings(mend=True) == []


async def test_a_document_that_no_event_can_be_made_of_is_told_and_not_taken_for_mended(world: World) -> None:
    await world.entry("10:00", "11:00")
    await deliver(world.app)
    bad = outbox_document(world, event={})
    container = world.app.container("time_entry")
    await container.create_item(bad)

    (found,) = await findings(mend=True)

    assert (found.item_id, found.mended) == (bad["id"], False)
    assert "lacks" in found.what
    await container.delete_item(bad["id"], partition_key=[world.tenant_id, world.user.user_id])


async def test_a_dry_run_writes_nothing(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)
    await change_timeline(world, world.user, last_end=None)
    await lose_event(world, entry)
    before = await documents(world.app)

    assert len(await findings(mend=False)) == 2

    assert await documents(world.app) == before
    assert len(await findings(mend=True)) == 2


async def test_it_goes_on_with_the_owner_it_came_to(world: World) -> None:
    everyone = sorted((world.person() for _ in range(3)), key=lambda who: who.user_id)
    entries = {who.user_id: await world.entry("10:00", "11:00", who) for who in everyone}
    await deliver(world.app)
    for who in everyone:
        await change_timeline(world, who, last_end=None)
        await lose_event(world, entries[who.user_id])
    passed: list[tuple[str, str]] = []

    async for _ in check.check(instants.now(), lambda *place: passed.append(place), mend=False):
        pass

    owners = [owner for container_id, owner in passed if container_id == "time_entry"]
    assert owners == sorted(owners)
    assert {owner for container_id, owner in passed if container_id != "time_entry"} == {""}
    assert len(await findings(mend=False, from_owner=everyone[1].user_id)) == 4
    assert len(await findings(mend=True)) == 6


async def test_events_are_kept_for_the_days_of_the_setting_and_not_missed_thereafter(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession, audited: Application
) -> None:
    del audited
    for days, ttl in ((2, 2 * 24 * 60 * 60), (0, None)):
        async with application(cosmos_account, EVENT_RETENTION_DAYS=str(days)) as served:
            world = await make_world(http, served)
            entry = await world.entry("10:00", "11:00")
            await deliver(served)
            (kept,) = [one for one in await documents(served) if one.get("item_id") == entry["id"]]
            assert kept.get("ttl") == ttl
            await lose_event(world, entry)

            assert len(await findings(mend=False, days_later=1)) == 1
            assert len(await findings(mend=False, days_later=3)) == (0 if days else 1)


async def unmarked(world: World, start: str, end: str) -> Item:
    """A long entry as a version before the mark writes it while a new one is rolled out."""
    entry = await world.entry(start, end)
    await deliver(world.app)
    stored = await world.stored("time_entry", entry)
    del stored[OVER_A_WEEK]
    await world.app.container("time_entry").replace_item(entry["id"], stored)
    return entry


async def test_a_long_entry_without_its_mark_is_found_and_marked(world: World) -> None:
    """Then a list of everyone's month finds it; for the client, nothing about it has changed."""
    entry = await unmarked(world, "2023-01-01T00:00:00Z", "2024-03-02T00:00:00Z")
    await world.entry("2024-03-05T00:00:00Z", "2024-03-06T00:00:00Z")
    await deliver(world.app)
    tag = (await world.user.get(f"time-entries/{entry['id']}")).headers["ETag"]
    march = {"month": 3, "year": 2024, "timezone_offset": 0, "user_id": "*"}
    finding = Finding("time_entry", entry["id"], "it is longer than a week, and not marked so", mended=False)

    assert await findings(mend=False) == [finding]
    assert await findings(mend=True) == [replace(finding, mended=True)]
    assert await findings(mend=True) == []

    assert [one["id"] for one in (await world.admin.get("time-entries", march)).ok()][1:] == [entry["id"]]
    (await world.user.with_headers(If_Match=tag).put(f"time-entries/{entry['id']}", {"description": "x"})).ok()
    await deliver(world.app)


async def test_a_long_entry_that_was_changed_since_the_page_was_read_is_left_alone(world: World) -> None:
    entry = await unmarked(world, "2023-01-01T00:00:00Z", "2024-03-02T00:00:00Z")
    before = await world.stored("time_entry", entry)

    assert not await mark_length({**before, "end_date": "2024-03-01T00:00:00.0000000Z"})
    assert not await mark_length({**before, "id": str(uuid4())})

    assert await world.stored("time_entry", entry) == before
    assert await mark_length(before)
