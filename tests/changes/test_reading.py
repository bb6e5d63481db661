"""`GET /changes`: what comes, and what a call costs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp
import pytest

from benchmarks.recording import Recorder
from shared import instants
from shared.auth.caller import Caller
from shared.catalog.store import Announcement
from shared.changes import reading
from shared.changes.cursor import Cursor
from tests.application import Application
from tests.calling import Answer, Person
from tests.changes.copying import changes, now
from tests.world import World, make_world

NAMES = {"project_name", "customer_id", "customer_name", "activity_name", "owner_email"}


async def test_without_a_cursor_it_begins_with_everything_that_is(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    await world.made("technologies", name="Python")
    await world.made("project-types", name="Type")

    found, _ = await changes(world.user)

    kinds = [change["kind"] for change in found]
    assert sorted(kinds) == ["activity", "customer", "project", "project_type", "technology", "time_entry"]
    (shown,) = (change for change in found if change["kind"] == "time_entry")
    assert shown == {
        "kind": "time_entry",
        "id": entry["id"],
        "deleted": False,
        "item": {name: value for name, value in entry.items() if name not in NAMES},
    }


async def test_after_a_cursor_only_what_is_new_comes_with_its_latest_state(world: World) -> None:
    cursor = await now(world.user)
    entry = await world.entry("10:00", "11:00")
    await world.user.put(f"time-entries/{entry['id']}", {"description": "later"})

    found, cursor = await changes(world.user, cursor)

    assert [(change["id"], change["item"]["description"]) for change in found] == [(entry["id"], "later")]
    assert (await changes(world.user, cursor))[0] == []


async def test_what_is_soft_deleted_comes_without_its_item(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    technology = await world.made("technologies", name="Python")
    cursor = await now(world.user)
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)
    (await world.admin.delete(f"technologies/{technology['id']}")).ok(204)

    found, _ = await changes(world.user, cursor)

    assert sorted(found, key=lambda change: str(change["kind"])) == [
        {"kind": "technology", "id": technology["id"], "deleted": True, "item": None},
        {"kind": "time_entry", "id": entry["id"], "deleted": True, "item": None},
    ]


async def test_what_a_delete_makes_inactive_stays(world: World) -> None:
    cursor = await now(world.user)
    (await world.admin.delete(f"projects/{world.project['id']}")).ok(204)

    found, _ = await changes(world.user, cursor)

    assert [(change["kind"], change["item"]["status"]) for change in found] == [("project", "inactive")]


async def test_timesheets_come_too(world: World) -> None:
    cursor = await now(world.user)
    body = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "Europe/Berlin"}
    timesheet = (await world.user.post("timesheets", body)).ok(201)

    found, _ = await changes(world.user, cursor)

    assert found == [{"kind": "timesheet", "id": timesheet["id"], "deleted": False, "item": timesheet}]


async def test_what_was_written_without_an_announcement_comes_within_minutes(world: World) -> None:
    """By hand, or by an instance of an older version while a new one is rolled out."""
    caller = Caller(world.user.user_id, world.tenant_id)
    cursor = Cursor.first(caller)
    await reading.go_to_now(instants.now(), cursor)
    for container_id in ("customer", "project", "activity"):
        item = await world.stored(container_id, getattr(world, container_id))
        await world.app.container(container_id).replace_item(item["id"], item)

    assert await reading.changes(caller, instants.now(), cursor, 100) == []
    later = instants.now() + timedelta(minutes=reading.ASKED_AGAIN_AFTER_MINUTES + 1)
    found = [[one["kind"] for one in await reading.changes(caller, later, cursor, 100)] for _ in range(3)]
    assert found == [["customer"], ["activity"], ["project"]]


async def test_while_a_catalog_write_is_under_way_every_call_looks_for_it(world: World) -> None:
    """Its batch may be applied at any moment between the two announcements, and its writer may die."""
    cursor = await now(world.user)
    announcement = Announcement(world.tenant_id)
    await announcement.open()
    found, cursor = await changes(world.user, cursor)
    assert found == []
    item = await world.stored("customer", world.customer)
    await world.app.container("customer").replace_item(item["id"], item)

    found, cursor = await changes(world.user, cursor)

    assert [change["id"] for change in found] == [item["id"]]


async def test_nothing_comes_of_other_people_and_other_tenants(world: World, http: aiohttp.ClientSession) -> None:
    cursor, admins = await now(world.user), await now(world.admin)
    await world.entry("10:00", "11:00", who=world.person())
    await make_world(http, world.app)

    assert (await changes(world.user, cursor))[0] == []
    assert (await changes(world.admin, admins))[0] == []


@pytest.mark.parametrize("limit", [1, 2, 7, 100])
async def test_pages_of_any_size_hold_everything(world: World, limit: int) -> None:
    made = {(await world.entry(f"{hour:02}:00", f"{hour:02}:30"))["id"] for hour in range(12)}
    made |= {(await world.customer_named(f"{number}"))["id"] for number in range(9)}
    made |= {world.project["id"], world.activity["id"], world.customer["id"]}

    found, _ = await changes(world.user, limit=limit)

    assert {change["id"] for change in found} == made


async def test_from_now_and_a_cursor_do_not_go_together(world: World) -> None:
    cursor = await now(world.user)

    (await world.user.get("changes", {"from": "now", "cursor": cursor})).refused(400, "validation_failed")
    (await world.user.get("changes", {"from": "then"})).refused(400, "validation_failed")


@pytest.mark.parametrize("limit", ["0", "1001", "x", "-1"])
async def test_a_bad_limit_is_refused(world: World, limit: str) -> None:
    (await world.user.get("changes", {"limit": limit})).refused(400, "validation_failed")


@dataclass(frozen=True, slots=True)
class Measured:
    world: World
    recorder: Recorder

    async def cost(self, person: Person, cursor: str) -> tuple[Any, int, float]:
        with self.recorder.listening():
            answer: Answer = await person.get("changes", {"cursor": cursor})
        return answer.ok(), self.recorder.round_trips, self.recorder.charge


@pytest.fixture
async def measured(recorded: tuple[Application, Recorder], http: aiohttp.ClientSession) -> Measured:
    served, recorder = recorded
    world = await make_world(http, served)
    await world.entry("06:00", "07:00")
    (await world.user.get("changes")).ok()
    return Measured(world, recorder)


async def test_a_call_without_news_costs_one_trip_and_two_request_units(measured: Measured) -> None:
    cursor = await now(measured.world.user)

    page, trips, charge = await measured.cost(measured.world.user, cursor)

    assert (page["data"], page["more"]) == ([], False)
    assert (trips, charge) == (1, 2)


async def test_a_call_after_one_write_of_an_entry_costs_two_trips(measured: Measured) -> None:
    cursor = await now(measured.world.user)
    await measured.world.entry("10:00", "11:00")

    page, trips, charge = await measured.cost(measured.world.user, cursor)

    assert (len(page["data"]), page["more"]) == (1, False)
    assert trips == 2
    assert charge <= 5


async def test_a_call_after_a_write_of_the_catalog_costs_three_trips(measured: Measured) -> None:
    cursor = await now(measured.world.user)
    await measured.world.customer_named("Another")

    page, trips, charge = await measured.cost(measured.world.user, cursor)

    assert (len(page["data"]), page["more"]) == (1, False)
    assert trips == 3
    assert charge <= 9
    page, trips, charge = await measured.cost(measured.world.user, page["cursor"])
    assert (page["data"], trips, charge) == ([], 1, 2)
