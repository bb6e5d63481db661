"""A person's data, all of it out, and of nobody else."""

import json
import re
from uuid import uuid4

import aiohttp
import pytest

from operations import person
from operations.person import Person
from tests.application import Application
from tests.events.delivering import deliver
from tests.operations.persons import MARCH, documents, erase, exported, person_of, write_directory
from tests.world import World, make_world


@pytest.fixture
async def world(with_directory: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, with_directory)


async def test_an_export_holds_entries_deleted_ones_and_events_of_nobody_else(world: World, secret: str) -> None:
    kept = await world.entry("10:00", "11:00", description=secret)
    gone = await world.entry("11:00", "12:00")
    (await world.user.delete(f"time-entries/{gone['id']}")).ok(204)
    await world.entry("10:00", "11:00", who=world.person())
    await deliver(world.app)
    who = person_of(world)
    write_directory(world.app, (who.tenant_id, who.user_id), (who.tenant_id, str(uuid4())))

    records = await exported(who)

    assert records[0] == {
        "kind": "user", "id": who.user_id, "tenant_id": who.tenant_id, "name": f"Name of {who.user_id}",
        "email": f"{who.user_id}@example.com",
    }  # fmt: skip
    entries = [record for record in records if record["kind"] == "time_entry"]
    assert {entry["id"] for entry in entries} == {kept["id"], gone["id"]}
    assert {entry["description"] for entry in entries} == {secret, None}
    for kind in ("event", "outbox"):
        events = [record.get("event", record) for record in records if record["kind"] == kind]
        assert sorted(event["action"] for event in events) == ["create", "create", "delete"]
    assert not [name for record in records for name in record if name.startswith("_")]


async def test_an_export_says_that_there_is_a_rate_and_not_how_much(world: World) -> None:
    body = {"kind": "cost", "amount": "4321.99", "currency": "EUR"}
    rate = (await world.admin.post("rates", {**body, "user_id": world.user.user_id})).ok(201)
    (await world.admin.post("rates", body)).ok(201)
    await deliver(world.app)

    records = await exported(person_of(world))

    assert [record for record in records if record["kind"] == "rate"] == [
        {"kind": "rate", "id": rate["id"], "tenant_id": world.tenant_id, "rate_kind": "cost", "valid_from": None,
         "user_id": world.user.user_id, "project_id": None, "customer_id": None, "activity_id": None}
    ]  # fmt: skip
    assert "4321.99" not in json.dumps(records)


async def test_an_administrators_own_export_holds_no_amounts_either(world: World) -> None:
    rate = (await world.admin.post("rates", {"kind": "cost", "amount": "4321.99", "currency": "EUR"})).ok(201)
    (await world.admin.put(f"rates/{rate['id']}", {**rate, "amount": "4567.89"})).ok()
    await deliver(world.app)

    records = await exported(Person(world.tenant_id, world.admin.user_id))

    changes = {record["action"]: record["changes"] for record in records if record.get("item_id") == rate["id"]}
    assert changes["create"]["currency"] == [None, "EUR"]
    assert changes["update"] == {}
    assert not {"4321.99", "4567.89"} & {*re.findall(r"[0-9.]+", json.dumps(records))}


async def test_each_kind_of_document_has_its_line_or_the_reason_why_it_has_none(world: World) -> None:
    await world.made("webhooks", url="https://example.com/", events=["*"])
    await world.started()
    (await world.user.post("timesheets", MARCH)).ok(201)
    await world.made("project-types", name="Type")
    await world.made("rates", kind="cost", amount="1", currency="EUR")
    (await world.user.post("calendar")).ok(201)
    write_directory(world.app, (world.tenant_id, world.user.user_id))
    (await world.admin.post(f"users/{world.user.user_id}/roles/admin/grant")).ok()
    await deliver(world.app)

    kinds = {document["kind"] for document in await documents(world.app) if "kind" in document}

    assert kinds <= {*person.PARTS, *person.NOBODYS}
    assert {"event", "timeline", "tree", "rate", "timesheet", "timesheet_entries"} <= kinds
    assert {"webhook", "webhook_secrets", "delivery", "lane"} <= kinds
    # Whatever of it is a person's is erased, or left for a reason.
    erased = {"time_entry", "timesheet", "outbox", "import", "event", "dead_letter", "delivery", "calendar"}
    assert {*person.PARTS} - {*person.LEFT} == erased


async def test_an_export_goes_on_after_any_record(world: World) -> None:
    for hour in range(10, 15):
        await world.entry(f"{hour}:00", f"{hour}:30")
    await deliver(world.app)
    who = person_of(world)

    records = await exported(who)

    assert len(records) == 16
    for place, last in enumerate(records, start=1):
        assert [record async for record in person.export(who, last)] == records[place:]


async def test_of_somebody_unknown_there_is_nothing(world: World) -> None:
    nobody = Person(world.tenant_id, str(uuid4()))

    assert await exported(nobody) == [
        {"kind": "user", "id": nobody.user_id, "tenant_id": nobody.tenant_id, "name": None, "email": None}
    ]
    assert await erase(nobody) == []


async def test_changes_of_the_persons_roles_are_exported(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    await deliver(world.app)
    (event,) = (await world.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    granted = {
        **event,
        "id": str(uuid4()),
        "user_id": world.admin.user_id,
        "owner_id": None,
        "item_id": world.user.user_id,
        "container_id": "user",
        "changes": {"roles": [[], ["time-tracker-tester"]]},
    }
    others = {**granted, "id": str(uuid4()), "item_id": str(uuid4())}
    for one in (granted, others):
        await world.app.container("event").upsert_item(one)

    ids = {record["id"] for record in await exported(person_of(world)) if record["kind"] == "event"}

    assert granted["id"] in ids
    assert others["id"] not in ids
