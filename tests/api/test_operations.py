"""What is done by hand: a person's data out and erased, and the repair of what should agree."""

from typing import Any

import aiohttp
import pytest

from operations import check, person
from operations.check import Finding
from operations.pace import Pace
from operations.person import Person
from shared.time_entries.timeline import TIMELINE_ID
from tests.api.application import Application
from tests.api.test_audit_trail import audited, deliver, deliver_again
from tests.api.world import World, make_world

__all__ = ["audited"]
FAST = 100_000.0
SECRET = "Dentist, then home early"


@pytest.fixture
async def world(audited: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, audited)


def person_of(world: World) -> Person:
    return Person(world.tenant_id, world.user.user_id)


async def exported(world: World) -> list[dict[str, Any]]:
    return [record async for record in person.export(person_of(world), Pace(FAST))]


async def erase(world: World) -> list[str]:
    done: list[str] = []
    await person.erase(person_of(world), Pace(FAST), done.append)
    return done


async def findings(*, mend: bool) -> list[Finding]:
    return [finding async for finding in check.check(Pace(FAST), mend=mend)]


async def test_an_export_holds_entries_deleted_ones_and_events_of_nobody_else(world: World) -> None:
    kept = await world.entry("10:00", "11:00", description=SECRET)
    gone = await world.entry("11:00", "12:00")
    (await world.user.delete(f"time-entries/{gone['id']}")).ok(204)
    await world.entry("10:00", "11:00", who=world.person())
    await deliver(world.app)

    records = await exported(world)

    entries = [record for record in records if record["kind"] == "time_entry"]
    assert {entry["id"] for entry in entries} == {kept["id"], gone["id"]}
    assert {entry["description"] for entry in entries} == {SECRET, None}
    events = [record for record in records if record["kind"] == "event"]
    assert sorted(event["action"] for event in events) == ["create", "create", "delete"]


async def test_erasure_leaves_the_hours_and_takes_the_text_wherever_it_lies(world: World) -> None:
    stopped = await world.entry("10:00", "11:00", description=SECRET, uri="DENTIST-1")
    running = await world.started(description=SECRET)
    (await world.user.put(f"time-entries/{stopped['id']}", {"description": f"{SECRET}!"})).ok()
    others = await world.entry("10:00", "11:00", who=world.person(), description=SECRET)
    await deliver(world.app)

    await erase(world)
    # The feed starts over from documents that held the text.
    await deliver_again(world.app)

    assert not [record for record in await exported(world) if SECRET in str(record) or "DENTIST" in str(record)]
    shown = (await world.user.get(f"time-entries/{stopped['id']}")).ok()
    assert (shown["start_date"], shown["end_date"]) == (stopped["start_date"], stopped["end_date"])
    assert (shown["description"], shown["uri"]) == (None, None)
    assert (await world.user.get("time-entries/running")).ok()["description"] is None
    assert (await world.user.get("time-entries/running")).ok()["id"] == running["id"]
    assert (await world.stored("time_entry", others))["description"] == SECRET


async def test_erasure_is_in_the_audit_trail_and_done_twice_does_nothing_more(world: World) -> None:
    entry = await world.entry("10:00", "11:00", description=SECRET)
    await deliver(world.app)

    first = await erase(world)
    second = await erase(world)
    await deliver(world.app)

    assert first
    assert second == []
    trail = (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    assert [event["action"] for event in trail] == ["erase", "create"]
    assert trail[0]["changes"] == {}
    assert trail[1]["changes"]["description"] == [None, None]


async def test_a_sound_database_has_no_findings(world: World) -> None:
    await world.entry("10:00", "11:00")
    await world.started()
    await deliver(world.app)

    assert await findings(mend=True) == []


async def test_a_timeline_that_disagrees_is_found_and_mended(world: World) -> None:
    await world.entry("10:00", "11:00")
    running = await world.started()
    await deliver(world.app)
    container = world.app.container("time_entry")
    partition = [world.tenant_id, world.user.user_id]
    timeline = await container.read_item(TIMELINE_ID, partition_key=partition)
    await container.upsert_item({**timeline, "running": None, "last_end": None})

    told = await findings(mend=False)
    assert (await world.user.get("time-entries/running")).status == 204
    assert await findings(mend=True) == told
    assert [finding.item_id for finding in told] == [f"timeline of {world.user.user_id}"]

    assert (await world.user.get("time-entries/running")).ok()["id"] == running["id"]
    assert await findings(mend=True) == []


async def test_an_event_that_is_missing_is_found_and_delivered(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)
    (event,) = (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    await world.app.container("event").delete_item(event["id"], partition_key=[world.tenant_id, entry["id"]])

    assert [finding.item_id for finding in await findings(mend=True)] == [event["id"]]

    assert (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"] == [event]
    assert await findings(mend=True) == []


async def test_work_by_hand_keeps_within_its_request_units(world: World) -> None:
    await world.entry("10:00", "11:00")
    pace = Pace(1000)

    records = [record async for record in person.export(person_of(world), pace)]

    assert len(records) == 1
    assert pace.spent > 0
