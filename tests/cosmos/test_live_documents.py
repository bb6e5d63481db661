"""What is soft-deleted, and what is no item, is nowhere in the API.

Documents are planted as an older or newer version of the app may have written them: like a live item, apart from a
`kind` or a `deleted` of their own.
"""

from typing import Any
from uuid import uuid4

import pytest

from shared.cosmos.items import is_item, is_live, own_fields
from tests.calling import Item, Person, ago, at, without_proposal
from tests.world import World

MARKS = [{"kind": "note"}, {"deleted": str(uuid4())}]
marked = pytest.mark.parametrize("mark", MARKS, ids=["kind", "deleted"])
CATALOG = {
    "customers": "customer", "projects": "project", "project-types": "project_type", "activities": "activity",
    "technologies": "technology",
}  # fmt: skip


async def planted(world: World, container_id: str, like: Item, mark: Item, **fields: Any) -> Item:
    """A document like that of an item, with this mark."""
    document = own_fields(await world.stored(container_id, like))
    document |= {"id": str(uuid4()), **fields, **mark}
    await world.app.container(container_id).create_item(document)
    return document


async def listed(who: Person, **query: Any) -> list[str]:
    found = [entry["id"] for entry in (await who.get("time-entries", query)).ok()]
    page = (await who.get("time-entries/paginated", query)).ok()
    assert ([entry["id"] for entry in page["data"]], page["records_total"]) == (found, len(found))
    return found


@pytest.mark.parametrize(
    ("document", "item", "live"),
    [
        ({}, True, True),
        ({"deleted": "x"}, True, False),
        ({"deleted": None}, True, False),
        ({"kind": "event"}, False, False),
        ({"kind": "event", "deleted": "x"}, False, False),
    ],
)
def test_a_live_document_has_neither_mark(document: Item, item: bool, live: bool) -> None:
    assert (is_item(document), is_live(document)) == (item, live)


@marked
async def test_it_is_in_no_list_of_entries(world: World, mark: Item) -> None:
    live = await world.entry("10:00", "11:00")
    await planted(world, "time_entry", live, mark, start_date=at("12:00"), end_date=at("13:00"))
    # It would reach into the range.
    await planted(world, "time_entry", live, mark, start_date=at("08:00"), end_date=at("09:30"))
    day = {"start_date": at("09:00"), "end_date": at("23:00")}

    assert await listed(world.user, **day) == [live["id"]]
    assert await listed(world.admin, **day, user_id="*") == [live["id"]]


@marked
async def test_it_hides_no_entry_that_reaches_into_a_range(world: World, mark: Item) -> None:
    live = await world.entry("08:00", "11:00")
    await planted(world, "time_entry", live, mark, start_date=at("08:30"), end_date=at("09:00"))

    assert await listed(world.user, start_date=at("10:00"), end_date=at("12:00")) == [live["id"]]


@marked
async def test_no_entry_is_read_or_written_by_its_id(world: World, mark: Item) -> None:
    ghost = await planted(world, "time_entry", await world.entry("10:00", "11:00"), mark, end_date=None)
    path = f"time-entries/{ghost['id']}"

    for who in (world.user, world.admin):
        (await who.get(path)).refused(404)
        (await who.put(path, {"description": "x"})).refused(404)
        (await who.post(f"{path}/stop")).refused(404)
        (await who.post(f"{path}/restart")).refused(404)
        (await who.delete(path)).refused(404)


@marked
async def test_it_is_in_no_entrys_way(world: World, mark: Item) -> None:
    last = await world.entry("20:00", "21:00")
    await planted(world, "time_entry", last, mark, start_date=at("10:00"), end_date=at("11:00"))

    await world.entry("09:00", "12:00")
    # The document starts before it.
    await planted(world, "time_entry", last, mark, start_date=at("13:00"), end_date=at("15:00"))
    await world.entry("14:00", "16:00")


@marked
async def test_no_timeline_is_rebuilt_from_it(world: World, mark: Item) -> None:
    timer = await world.started(start_date=ago(minutes=10))
    await planted(world, "time_entry", timer, mark, start_date=ago(minutes=5))
    await world.app.container("time_entry").delete_item("timeline", [world.tenant_id, world.user.user_id])

    assert without_proposal(await world.user.get("time-entries/running")) == timer
    (await world.user.post("time-entries", world.references)).refused(409, "timer_already_running")


@marked
async def test_its_project_is_not_recent(world: World, mark: Item) -> None:
    other = await world.project_named("Other")
    live = await world.entry("10:00", "11:00")
    await planted(world, "time_entry", live, mark, start_date=at("12:00"), project_id=other["id"])

    assert [project["name"] for project in (await world.user.get("projects/recent")).ok()] == ["Project"]


async def test_only_an_items_events_can_be_asked_for(world: World) -> None:
    note, deleted = [await planted(world, "time_entry", await world.entry(f"{hour}:00", f"{hour}:30"), mark)
                     for hour, mark in zip((10, 11), MARKS, strict=True)]  # fmt: skip

    (await world.user.get("events", {"item_id": note["id"]})).refused(404)
    (await world.user.get("events", {"item_id": deleted["id"]})).ok()


@marked
@pytest.mark.parametrize("path", CATALOG)
async def test_it_is_nowhere_in_the_catalog(world: World, path: str, mark: Item) -> None:
    live = (await world.admin.post(path, {"name": "Live"})).ok(201)
    ghost = await planted(world, CATALOG[path], live, mark, name="Ghost")

    names = [item["name"] for item in (await world.user.get(path)).ok()]

    assert "Live" in names
    assert "Ghost" not in names
    (await world.user.get(f"{path}/{ghost['id']}")).refused(404)
    (await world.admin.put(f"{path}/{ghost['id']}", {"name": "New"})).refused(404)
    (await world.admin.delete(f"{path}/{ghost['id']}")).refused(404)


@marked
async def test_nothing_can_refer_to_it(world: World, mark: Item) -> None:
    project_type = await world.made("project-types", name="Type")
    project = await planted(world, "project", world.project, mark, name="Ghost")
    activity = await planted(world, "activity", world.activity, mark, name="Ghost")
    customer = await planted(world, "customer", world.customer, mark, name="Ghost")
    ghost_type = await planted(world, "project_type", project_type, mark, name="Ghost")
    dates = {"start_date": at("10:00"), "end_date": at("11:00")}

    for name, ghost in (("project_id", project), ("activity_id", activity)):
        body = {**world.references, **dates, name: ghost["id"]}
        assert list((await world.user.post("time-entries", body)).refused(400)["errors"]) == [name]
    for name, ghost in (("customer_id", customer), ("project_type_id", ghost_type)):
        body = {"name": "New", name: ghost["id"]}
        assert list((await world.admin.post("projects", body)).refused(400)["errors"]) == [name]
    (await world.admin.post("project-types", {"name": "New", "parent_id": ghost_type["id"]})).refused(400)


async def test_what_is_no_item_gives_an_entry_no_name(world: World) -> None:
    note = await planted(world, "project", world.project, {"kind": "note"}, name="Ghost")
    entry = await planted(world, "time_entry", await world.entry("10:00", "11:00"), {}, project_id=note["id"])

    assert (await world.user.get(f"time-entries/{entry['id']}")).ok()["project_name"] == ""


async def test_a_running_entry_that_is_deleted_runs_no_more(world: World) -> None:
    timer = await world.started()

    (await world.user.delete(f"time-entries/{timer['id']}")).ok(204)

    assert (await world.user.get("time-entries/running")).status == 204
    await world.started()
