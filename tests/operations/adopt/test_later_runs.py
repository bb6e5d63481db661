"""A second run, after people have gone on in both systems; and what is locked here."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from operations.check import check
from shared import instants
from tests.application import Application
from tests.calling import Person
from tests.events.delivering import deliver
from tests.operations.adopt import adopting
from tests.operations.adopt.old_system import FIRST_DAY, Generator, Item, OldSystem, changed, text


class Move:
    """One person's move from one system to the other."""

    def __init__(self, new: Application, old: OldSystem, http: aiohttp.ClientSession) -> None:
        self.new, self.old = new, old
        self.generator = Generator(str(uuid4()), instants.now())
        self.catalog = self.generator.catalog()
        self.person = Person(http, new.url, self.generator.tenant_id)
        self.admin = Person(http, new.url, self.generator.tenant_id, admin=True)

    def entry(self, hour: float, length: float | None = 1, **fields: Any) -> Item:
        """An entry of the old system that breaks no rule, so many hours after the first day's beginning."""
        start = FIRST_DAY + timedelta(hours=hour)
        end = None if length is None else start + timedelta(hours=length)
        entry = self.generator.entry(self.person.user_id, start, end, self.catalog)
        project, activity = self.catalog["project"][7], self.catalog["activity"][0]
        return {**entry, "project_id": project["id"], "activity_id": activity["id"], **fields}

    async def fill(self, *entries: Item) -> None:
        await self.old.fill({**self.catalog, "time_entry": entries})

    async def change(self, entry: Item, **fields: Any) -> None:
        """Somebody writes an entry in the old system."""
        await self.old.fill({"time_entry": [changed([entry], entry["id"], **fields)]})

    async def answered(self, entry: Item) -> Item:
        item: Item = (await self.person.get(f"time-entries/{entry['id']}")).ok()
        return item


@pytest.fixture
def move(new: Application, old: OldSystem, http: aiohttp.ClientSession) -> Move:
    return Move(new, old, http)


async def etags(move: Move) -> dict[str, str]:
    """Every document of the new database, by its container and id."""
    found = {}
    for container_id in ("time_entry", "customer", "project_type", "project", "activity", "technology"):
        async for one in move.new.container(container_id).read_all_items():
            found[f"{container_id} {one['id']}"] = one["_etag"]
    return found


async def test_a_second_run_writes_nothing_where_nothing_has_changed(move: Move) -> None:
    await move.old.fill(move.generator.documents(300, 3))
    now_and_then = [one async for one in move.old.container("time_entry").read_all_items()]
    # What lies around now goes on.
    for one in now_and_then:
        if str(one.get("end_date")) > text(instants.now() - timedelta(days=1)):
            await move.old.container("time_entry").delete_item(one["id"], one["tenant_id"])
    await adopting.adopt(move.old)
    before = await etags(move)

    told = await adopting.adopt(move.old)

    assert await etags(move) == before
    assert told.rows


async def test_a_second_run_brings_what_has_changed_since_and_nothing_else(move: Move) -> None:
    same, longer, gone, running = move.entry(8), move.entry(10), move.entry(12), move.entry(14, None)
    await move.fill(same, longer, gone, running)
    await adopting.adopt(move.old)
    before = await etags(move)
    assert (await move.person.get("time-entries/running")).ok()["id"] == running["id"]

    made = move.entry(16)
    await move.change(longer, end_date=text(FIRST_DAY + timedelta(hours=11.5)), description="Longer")
    await move.change(gone, deleted=str(uuid4()))
    await move.change(running, end_date=text(FIRST_DAY + timedelta(hours=15)))
    await move.fill(made)
    told = await adopting.adopt(move.old)

    after = await etags(move)
    written = {name.split()[1] for name in before.keys() & after.keys() if before[name] != after[name]}
    assert written == {longer["id"], gone["id"], running["id"], "timeline"}
    assert (await move.answered(longer))["description"] == "Longer"
    assert (await move.answered(longer))["end_date"] == "2023-01-02T11:30:00.0000000Z"
    assert (await move.person.get(f"time-entries/{gone['id']}")).status == 404
    assert (await move.answered(running))["running"] is False
    assert (await move.answered(made))["project_id"] == made["project_id"]
    assert (await move.person.get("time-entries/running")).status == 204
    assert [row for row in told.rows if row.container_id == "time_entry"] == []
    await deliver(move.new)
    assert [finding async for finding in check(instants.now(), lambda *_: None, mend=False)] == []


async def test_what_is_deleted_in_the_old_system_keeps_its_mark(move: Move) -> None:
    mark = str(uuid4())
    entry = move.entry(8, deleted=mark)
    await move.fill(entry)
    await adopting.adopt(move.old)

    assert (await adopting.entries(move.new, move.generator.tenant_id))[entry["id"]]["deleted"] == mark


async def test_what_is_changed_here_stays_and_the_list_tells_of_both(move: Move) -> None:
    here, both, deleted = move.entry(8), move.entry(10), move.entry(12)
    await move.fill(here, both, deleted)
    await adopting.adopt(move.old)
    (await move.person.put(f"time-entries/{here['id']}", {"description": "Mine"})).ok()
    (await move.person.put(f"time-entries/{both['id']}", {"end_date": "2023-01-02T10:30:00Z"})).ok()
    (await move.person.delete(f"time-entries/{deleted['id']}")).ok(204)

    # The account keeps whole seconds of when something was written.
    written = (await move.old.container("time_entry").read_item(both["id"], both["tenant_id"]))["_ts"]
    while (await move.old.container("time_entry").read_item(both["id"], both["tenant_id"]))["_ts"] == written:
        await move.change(both, description="Theirs")
    told = await adopting.adopt(move.old)

    assert told.codes(here["id"]) == [("changed_here", "kept")]
    assert told.codes(both["id"]) == [("changed_in_both", "kept")]
    assert told.codes(deleted["id"]) == [("changed_here", "kept")]
    assert (await move.answered(here))["description"] == "Mine"
    assert (await move.answered(both))["end_date"] == "2023-01-02T10:30:00.0000000Z"
    assert (await move.person.get(f"time-entries/{deleted['id']}")).status == 404
    (month,) = [one for one in told.months if one.owner_id == move.person.user_id]
    hour = 3_600_000
    assert (month.hours.old, month.hours.new, month.hours.listed) == (3 * hour, 1.5 * hour, -1.5 * hour)


async def test_catalog_items_that_are_changed_here_stay_and_others_follow(move: Move) -> None:
    await move.fill()
    await adopting.adopt(move.old)
    ours, theirs = move.catalog["customer"][3], move.catalog["customer"][6]
    (await move.admin.put(f"customers/{ours['id']}", {"name": "Andes Railways Inc."})).ok()
    (await move.admin.post("customers", {"name": "Pacific"})).ok(201)

    for item, name in ((ours, "Andes"), (theirs, "Pacific")):
        await move.old.fill({"customer": [changed(move.catalog["customer"], item["id"], name=name)]})
    told = await adopting.adopt(move.old)

    assert (await move.admin.get(f"customers/{ours['id']}")).ok()["name"] == "Andes Railways Inc."
    assert (await move.admin.get(f"customers/{theirs['id']}")).ok()["name"] == "Pacific (2)"
    assert told.codes(ours["id"]) == [("changed_here", "kept")]
    assert told.codes(theirs["id"]) == [("name_taken", "renamed")]


async def test_deleted_items_of_one_name_are_all_brought(move: Move) -> None:
    await move.fill()
    await adopting.adopt(move.old)

    here = [one async for one in move.new.container("customer").read_all_items() if "kind" not in one]
    assert {one["id"] for one in here} == {one["id"] for one in move.catalog["customer"]}
    gone = {one["id"] for one in move.catalog["customer"] if one.get("deleted")}
    assert {one["id"] for one in here if "deleted" in one} == gone
    assert len({one["deleted"] for one in here if one["name"] == "Acme" and "deleted" in one}) == 3


async def test_names_that_are_exchanged_in_the_old_system_are_exchanged_here(move: Move) -> None:
    first, second = move.catalog["technology"][1], move.catalog["technology"][2]
    await move.fill()
    await adopting.adopt(move.old)

    for one, name in ((first, second["name"]), (second, first["name"])):
        await move.old.fill({"technology": [changed(move.catalog["technology"], one["id"], name=name)]})
    await adopting.adopt(move.old)

    names = {one["id"]: one["name"] for one in (await move.admin.get("technologies")).ok()}
    assert (names[first["id"]], names[second["id"]]) == (second["name"], first["name"])


async def test_a_locked_period_is_left_alone_and_listed(move: Move) -> None:
    first, later = move.entry(8), move.entry(10 + 24)
    await move.fill(first, later)
    await adopting.adopt(move.old)
    day = {"start_date": "2023-01-02", "end_date": "2023-01-02", "timezone": "UTC"}
    timesheet = (await move.person.post("timesheets", day)).ok(201)

    added, beside = move.entry(12), move.entry(40)
    await move.change(first, end_date=text(FIRST_DAY + timedelta(hours=8.5)))
    await move.change(later, start_date=text(FIRST_DAY + timedelta(hours=23)))
    await move.fill(added, beside)
    told = await adopting.adopt(move.old)

    assert [told.codes(one["id"]) for one in (first, later)] == [[("period_locked", "kept")]] * 2
    assert told.codes(added["id"]) == [("period_locked", "left out")]
    assert told.codes(beside["id"]) == []
    assert (await move.answered(first))["end_date"] == "2023-01-02T09:00:00.0000000Z"
    assert (await move.answered(later))["start_date"] == "2023-01-03T10:00:00.0000000Z"
    assert all(month.hours.new - month.hours.old == month.hours.listed for month in told.months)

    assert await adopting.findings() == []

    (await move.person.post(f"timesheets/{timesheet['id']}/withdraw")).ok()
    told = await adopting.adopt(move.old)

    assert [row for row in told.rows if row.container_id == "time_entry"] == []
    assert (await move.answered(first))["end_date"] == "2023-01-02T08:30:00.0000000Z"


async def test_an_entry_of_many_days_is_in_every_list_that_it_meets(move: Move) -> None:
    entry = move.entry(8, 24 * 20)
    await move.fill(entry)

    told = await adopting.adopt(move.old)

    assert told.codes(entry["id"]) == [("entry_too_long", "kept")]
    day = {"user_id": "*", "start_date": "2023-01-15", "end_date": "2023-01-15"}
    assert [one["id"] for one in (await move.admin.get("time-entries", day)).ok()] == [entry["id"]]


async def test_what_is_adopted_has_a_history_and_can_be_restored(move: Move) -> None:
    entry = move.entry(8)
    await move.fill(entry)
    await adopting.adopt(move.old)
    (await move.person.put(f"time-entries/{entry['id']}", {"description": "Mine"})).ok()

    restored = (await move.person.post(f"time-entries/{entry['id']}/restore", {})).ok()

    assert restored["description"] == entry["description"]
    steps = (await move.person.get(f"time-entries/{entry['id']}/history")).ok()["data"]
    assert steps[0]["action"] == "adopted"


async def test_whoever_keeps_in_step_sees_what_is_adopted(move: Move) -> None:
    await move.fill()
    cursor = (await move.person.get("changes", {"from": "now"})).ok()["cursor"]
    entry = move.entry(8)
    await move.fill(entry)
    await adopting.adopt(move.old)

    found = (await move.person.get("changes", {"cursor": cursor, "limit": 1000})).ok()["data"]

    assert {entry["id"], entry["project_id"], entry["activity_id"]} <= {one["id"] for one in found}


async def test_every_write_leaves_an_event_that_says_adopted(move: Move) -> None:
    entry, overlapping = move.entry(8), move.entry(8.5)
    await move.fill(entry, overlapping)
    await adopting.adopt(move.old)
    await deliver(move.new)

    (event,) = (await move.admin.get("events", {"item_id": entry["id"]})).ok()["data"]
    assert (event["action"], event["description"]) == ("adopted", "Adopt a time entry (overlap)")
    assert event["changes"]["id"] == [None, entry["id"]]
    assert event["changes"]["end_date"] == [None, "2023-01-02T08:30:00.0000000Z"]
    assert not [name for name in event["changes"] if name.startswith("_")]
    assert event["user_id"] == "00000000-0000-0000-0000-000000000000"
    (event,) = (await move.admin.get("events", {"item_id": entry["project_id"]})).ok()["data"]
    assert (event["action"], event["container_id"]) == ("adopted", "project")


async def test_only_the_tenants_that_are_named_are_adopted(move: Move) -> None:
    another = Generator(str(uuid4()), datetime.now(UTC), seed=21)
    await move.fill(move.entry(8))
    await move.old.fill(another.documents(30, 2))

    await adopting.adopt(move.old, another.tenant_id.upper())

    assert await adopting.entries(move.new, move.generator.tenant_id) == {}
    assert await adopting.entries(move.new, another.tenant_id)


async def test_what_names_no_tenant_is_left_out_and_listed_one_by_one(move: Move) -> None:
    tenants: dict[str, Any] = {"null": None, "number": 5, "empty": ""}
    for name, tenant_id in tenants.items():
        await move.old.container("time_entry").create_item({**move.entry(8), "id": name, "tenant_id": tenant_id})
    without = move.entry(8, id="none")
    del without["tenant_id"]
    await move.old.container("customer").create_item(without)

    told = await adopting.adopt(move.old)

    listed = {row.item_id: (row.container_id, *row.remark[:3]) for row in told.rows}
    tenants_told = {name: ("time_entry", "tenant_invalid", "left out", value) for name, value in tenants.items()}
    assert listed == tenants_told | {"none": ("customer", "tenant_invalid", "left out", None)}


async def test_a_mistyped_year_has_its_month_with_four_digits(move: Move) -> None:
    entry = move.entry(8) | {"start_date": "0202-03-05T08:00:00Z", "end_date": "0202-03-05T09:00:00Z"}
    await move.fill(entry)

    (month,) = (await adopting.adopt(move.old)).months

    assert (month.month, month.hours.old, month.hours.new) == ("0202-03", 3_600_000, 3_600_000)
    assert (await move.answered(entry))["start_date"].startswith("0202-03-05T08:00")
