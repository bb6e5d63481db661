"""A person's data, erased wherever it lies, and of nobody else."""

import asyncio
import json
from contextlib import suppress
from dataclasses import replace
from uuid import uuid4

import aiohttp
import pytest

from operations import person
from operations.person import Person
from shared.catalog import resources
from tests.application import Application
from tests.events.delivering import deliver, deliver_again, events_of, outbox_document
from tests.operations.persons import MARCH, erase, exported, holding, person_of, write_directory
from tests.world import World, make_world


@pytest.fixture
async def world(with_directory: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, with_directory)


async def test_an_export_says_that_there_is_a_calendar_and_an_erasure_ends_it(
    world: World, http: aiohttp.ClientSession
) -> None:
    url: str = (await world.user.post("calendar")).ok(201)["url"]
    (await world.admin.post("calendar")).ok(201)

    records = await exported(person_of(world))

    (calendar,) = [record for record in records if record["kind"] == "calendar"]
    assert set(calendar) == {"kind", "id", "tenant_id", "user_id"}
    assert "administration" in await erase(person_of(world))
    async with http.get(url) as answer:
        assert answer.status == 404
    assert [record for record in await exported(person_of(world)) if record["kind"] == "calendar"] == []


def test_an_erasure_knows_the_fields_of_every_catalog_resource() -> None:
    """In events of a kind that it does not know, it keeps whatever another writer has added."""
    kinds = {one.container_id for one in vars(resources).values() if isinstance(one, resources.Resource)}

    assert kinds
    assert kinds - person.CHANGED.keys() == set()


async def test_an_erasure_knows_every_field_that_an_event_of_a_rate_can_change(world: World) -> None:
    rate = await world.made("rates", kind="cost", amount="1", currency="EUR", user_id=world.user.user_id)
    (await world.admin.put(f"rates/{rate['id']}", {"valid_from": "2026-01-01", "currency": "USD"})).ok()
    (await world.admin.delete(f"rates/{rate['id']}")).ok(204)
    await deliver(world.app)

    events = await events_of(world, rate)

    assert [event["action"] for event in events] == ["create", "update", "delete"]
    changed = {name for event in events for name in event["changes"]}
    assert {"kind", "amount", "valid_from", "deleted"} <= changed <= person.CHANGED[events[0]["container_id"]]


async def test_an_export_holds_timesheets_and_an_erasure_their_hours_alone(world: World, secret: str) -> None:
    """The digest is over no text; the history says what was done to a locked period."""
    await world.entry("10:00", "11:00", description=secret)
    await world.admin.post("rates", {"kind": "billable", "amount": "80.00", "currency": "EUR"})
    timesheet = (await world.user.post("timesheets", {**MARCH, "comment": f"{secret} 1"})).ok(201)
    (await world.admin.post(f"timesheets/{timesheet['id']}/approve", {"comment": f"{secret} 2"})).ok()
    other = world.person(admin=True)
    theirs = (await other.post("timesheets", {**MARCH, "comment": "theirs"})).ok(201)
    (await world.admin.post(f"timesheets/{theirs['id']}/approve", {"comment": f"{secret} 3"})).ok()
    await deliver(world.app)

    records = {record["kind"]: record for record in await exported(person_of(world))}
    # What an hour costs is in no export; what was approved is, as a part of what was approved.
    assert records["timesheet"]["amounts"] == [{"currency": "EUR", "billable": "80.00", "cost": "0.00"}]
    assert [step["comment"] for step in records["timesheet"]["history"]] == [f"{secret} 1", f"{secret} 2"]

    await erase(person_of(world))
    await deliver_again(world.app)
    assert {one.get("owner_id") for one in await holding(world.app, secret)} == {other.user_id}
    await erase(replace(person_of(world), user_id=world.admin.user_id))
    await deliver_again(world.app)
    assert await holding(world.app, secret) == []
    assert await erase(person_of(world)) == []

    shown = (await world.user.get(f"timesheets/{timesheet['id']}")).ok()
    assert (shown["comment"], shown["seconds"], shown["digest"]) == (None, 3600.0, timesheet["digest"])
    assert [step["comment"] for step in shown["history"]] == [None, None, person.ERASED]
    assert (await world.user.get(f"timesheets/{timesheet['id']}/verification")).ok()["intact"]
    shown = (await other.get(f"timesheets/{theirs['id']}")).ok()
    assert shown["comment"] == "theirs"
    assert [step["comment"] for step in shown["history"]] == ["theirs", None, person.ERASED]


async def test_an_erasure_says_in_the_history_of_a_locked_period_that_its_texts_are_gone(world: World) -> None:
    await world.entry("10:00", "11:00", uri="secret")
    timesheet = (await world.user.post("timesheets", MARCH)).ok(201)
    free = {**MARCH, "start_date": "2024-04-01", "end_date": "2024-04-30"}
    without = (await world.user.post("timesheets", free)).ok(201)

    await erase(person_of(world))

    shown = (await world.user.get(f"timesheets/{timesheet['id']}")).ok()
    assert [step["comment"] for step in shown["history"]] == [None, person.ERASED]
    assert (await world.user.get(f"timesheets/{without['id']}")).ok()["history"] == without["history"]
    (await world.user.post(f"timesheets/{timesheet['id']}/withdraw")).ok()


async def test_erasure_leaves_the_hours_and_takes_the_text_wherever_it_lies(world: World, secret: str) -> None:
    stopped = await world.entry("10:00", "11:00", description=secret, uri=f"{secret}/1", technologies=[secret])
    running = await world.started(description=secret)
    (await world.user.put(f"time-entries/{stopped['id']}", {"description": f"{secret}!"})).ok()
    others = await world.entry("10:00", "11:00", who=world.person(), description=secret)
    await deliver(world.app)

    await erase(person_of(world))
    # The feed starts over from documents that held the text.
    await deliver_again(world.app)

    left = await holding(world.app, secret)
    assert {document["owner_id"] for document in left} == {others["owner_id"]}
    shown = (await world.user.get(f"time-entries/{stopped['id']}")).ok()
    assert (shown["start_date"], shown["end_date"]) == (stopped["start_date"], stopped["end_date"])
    assert (shown["description"], shown["uri"], shown["technologies"]) == (None, None, [])
    assert (await world.user.get("time-entries/running")).ok()["description"] is None
    assert (await world.user.get("time-entries/running")).ok()["id"] == running["id"]
    assert (await world.stored("time_entry", others))["description"] == secret


async def test_erasure_is_in_the_audit_trail_and_done_twice_does_nothing_more(world: World, secret: str) -> None:
    entry = await world.entry("10:00", "11:00", description=secret)
    await deliver(world.app)

    first = await erase(person_of(world))
    second = await erase(person_of(world))
    await deliver(world.app)

    assert first
    assert second == []
    trail = (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    assert [event["action"] for event in trail] == ["erase", "create"]
    assert trail[0]["changes"] == {}
    assert trail[1]["changes"]["description"] == [None, None]


async def test_an_erasure_that_is_cut_off_is_completed_by_the_next(world: World, secret: str) -> None:
    for hour in range(10, 16):
        await world.entry(f"{hour}:00", f"{hour}:30", description=secret)
    await deliver(world.app)
    whole = 3 * 6

    for cut_off_after in (2, 5, 4):
        done: list[str] = []

        def count(container_id: str, done: list[str] = done, most: int = cut_off_after) -> None:
            done.append(container_id)
            if len(done) == most:
                raise KeyboardInterrupt

        with suppress(KeyboardInterrupt):
            await person.erase(person_of(world), count)
        whole -= len(done)

    assert len(await erase(person_of(world))) == whole
    assert await holding(world.app, secret) == []


async def test_names_leave_the_events_of_what_the_person_did_and_the_catalogs_texts_stay(world: World) -> None:
    name = f"Name of {world.user.user_id}"
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)
    events = world.app.container("event")
    (event,) = (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    (renamed,) = (await world.admin.get("events", {"item_id": world.customer["id"]})).ok()["data"]
    by_the_user = {**renamed, "id": str(uuid4()), "user_id": world.user.user_id, "user_name": name}
    for older in ({**event, "owner_email": name}, by_the_user):
        await events.upsert_item(older)

    assert await erase(person_of(world)) == ["event", "event"]

    assert await holding(world.app, name) == []
    trail = (await world.admin.get("events", {"item_id": world.customer["id"]})).ok()["data"]
    assert [one["changes"]["name"] for one in trail] == [[None, "Customer"]] * 2


async def test_the_person_leaves_the_directory_file_and_nobody_else_does(world: World) -> None:
    who, other_tenant, colleague = person_of(world), str(uuid4()), str(uuid4())
    others = [(other_tenant, who.user_id), (who.tenant_id, colleague)]
    file = write_directory(world.app, (who.tenant_id, who.user_id.upper()), *others)

    assert await erase(who) == ["directory"]

    assert [(user["tenant_id"], user["id"]) for user in json.loads(file.read_text())["users"]] == others


async def test_the_same_id_in_another_tenant_is_somebody_else(world: World, http: aiohttp.ClientSession) -> None:
    other = await make_world(http, world.app)
    namesake = replace(other.user, user_id=world.user.user_id)
    entry = await other.entry("10:00", "11:00", who=namesake, description="Of another tenant")
    await deliver(world.app)
    before = await exported(Person(other.tenant_id, namesake.user_id))

    assert await erase(person_of(world)) == []

    assert await exported(Person(other.tenant_id, namesake.user_id)) == before
    assert (await other.stored("time_entry", entry))["description"] == "Of another tenant"


async def test_ids_may_be_given_in_capitals(world: World, secret: str) -> None:
    await world.entry("10:00", "11:00", description=secret)
    await world.started(description=secret)
    await deliver(world.app)
    who = person_of(world)
    capitals = Person(who.tenant_id.upper(), who.user_id.upper())

    assert (await exported(capitals))[1:] == (await exported(who))[1:]
    assert len(await erase(capitals)) == 6
    assert await holding(world.app, secret) == []


async def test_what_another_writer_put_among_the_changes_of_an_event_leaves_with_the_name(world: World) -> None:
    name = f"Name of {world.user.user_id}"
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)
    events = world.app.container("event")
    (event,) = (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    (renamed,) = (await world.admin.get("events", {"item_id": world.customer["id"]})).ok()["data"]
    foreign = {"owner_name": [None, name], "owner": [None, {"email": name}]}
    own = {**event, "changes": {**event["changes"], **foreign}}
    by_the_user = {**renamed, "id": str(uuid4()), "user_id": world.user.user_id}
    by_the_user["changes"] = {**renamed["changes"], **foreign}
    undelivered = outbox_document(world, event={**own, "id": str(uuid4())})
    for older in (own, by_the_user):
        await events.upsert_item(older)
    await world.app.container("time_entry").create_item(undelivered)

    assert sorted(await erase(person_of(world))) == ["event", "event", "time_entry"]

    assert await holding(world.app, name) == []
    for item_id, changes in ((entry["id"], event["changes"]), (world.customer["id"], renamed["changes"])):
        trail = (await world.admin.get("events", {"item_id": item_id})).ok()["data"]
        assert all(one["changes"] == changes for one in trail)


async def test_who_keeps_writing_meanwhile_is_not_in_the_way(world: World, secret: str) -> None:
    entries = [await world.entry(f"{hour}:00", f"{hour}:30", description=secret) for hour in range(10, 20)]
    erasing = asyncio.create_task(erase(person_of(world)))

    written = 0
    while not erasing.done():
        timer = await world.started()
        (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()
        written += 1

    assert written
    assert len(await erasing) >= 2 * len(entries)
    assert await holding(world.app, secret) == []
    assert (await world.user.get("time-entries/running")).status == 204


async def test_what_the_change_feed_could_not_take_is_erased_as_well(
    world: World, secret: str, caplog: pytest.LogCaptureFixture
) -> None:
    bad = [
        outbox_document(world, event={"changes": {"description": [None, secret]}}),
        outbox_document(world, event=secret),
        outbox_document(world),
    ]
    for document in bad:
        await world.app.container("time_entry").create_item(document)
    await deliver(world.app)
    assert len(await holding(world.app, secret)) == 4
    letters = [record for record in await exported(person_of(world)) if record["kind"] == "dead_letter"]
    assert {letter["document"]["id"] for letter in letters} == {document["id"] for document in bad}

    assert await erase(person_of(world)) == ["time_entry"] * 3 + ["dead_letter"] * 3

    # That they can't be taken is meant to be an error in the log; it may not come again.
    caplog.clear()
    await deliver_again(world.app)
    assert await holding(world.app, secret) == []
    assert await erase(person_of(world)) == []
