"""Creating, changing and deleting time entries: references, overlaps, trimming."""

import asyncio
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.calling import Answer, Item, at, without_proposal
from tests.world import World


def place_of(entry: Item) -> Item:
    return {name: entry[name] for name in ("id", "start_date", "end_date")}


async def get(world: World, entry: Item) -> Item:
    item: Item = (await world.user.get(f"time-entries/{entry['id']}")).ok()
    return item


async def put(world: World, entry: Item, start: str | None = None, end: str | None = None, **more: Any) -> Answer:
    dates = {name: at(clock) for name, clock in (("start_date", start), ("end_date", end)) if clock}
    return await world.user.put(f"time-entries/{entry['id']}", {**dates, **more})


async def test_a_stopped_entry_is_created_whole(world: World) -> None:
    entry = await world.entry("10:00", "11:00", description="d", uri="https://x.example/7", technologies=["b", "a"])

    assert (entry["start_date"], entry["end_date"], entry["running"]) == (at("10:00"), at("11:00"), False)
    assert (entry["owner_id"], entry["tenant_id"]) == (world.user.user_id, world.tenant_id)
    assert (entry["description"], entry["uri"], entry["technologies"]) == ("d", "https://x.example/7", ["b", "a"])
    assert await get(world, entry) == entry


async def test_the_write_stays_on_the_document(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    context = (await world.stored("time_entry", entry))["_last_event_ctx"]

    assert set(context) == {"user_id", "tenant_id", "action", "description", "container_id", "session_id"}
    assert (context["user_id"], context["tenant_id"]) == (world.user.user_id, world.tenant_id)
    assert (context["action"], context["container_id"]) == ("create", "time_entry")


@pytest.mark.parametrize(("start", "end"), [("11:00", "11:00"), ("11:00", "10:00")])
async def test_an_end_that_is_not_after_the_start_is_400(world: World, start: str, end: str) -> None:
    entry = await world.entry("08:00", "09:00")
    dates = {"start_date": at(start), "end_date": at(end)}

    (await world.user.post("time-entries", {**world.references, **dates})).refused(400)
    (await put(world, entry, start, end)).refused(400)
    (await put(world, entry, end="07:00")).refused(400)
    assert await get(world, entry) == entry


@pytest.mark.parametrize("field", ["project_id", "activity_id"])
async def test_a_reference_that_does_not_exist_is_400(world: World, field: str) -> None:
    entry = await world.entry("10:00", "11:00")
    dates = {"start_date": at("12:00"), "end_date": at("13:00")}
    # Another tenant's, a customer's id where a project's belongs, and nobody's.
    foreign = world.customer["id"], str(uuid4())
    for wrong in foreign:
        created = await world.user.post("time-entries", {**world.references, **dates, field: wrong})
        changed = await put(world, entry, **{field: wrong})
        assert list(created.refused(400)["errors"]) == list(changed.refused(400)["errors"]) == [field]


async def soft_deleted(world: World, container_id: str, item: Item) -> None:
    """What an older version, or another service, did; then a write through the API, after which names are read anew."""
    stored = await world.stored(container_id, item)
    await world.app.container(container_id).replace_item(item["id"], {**stored, "deleted": str(uuid4())})
    await world.customer_named(str(uuid4()))


@pytest.mark.parametrize("container_id", ["project", "activity"])
async def test_what_was_soft_deleted_shows_as_archived_and_can_not_be_chosen(world: World, container_id: str) -> None:
    entry = await world.entry("10:00", "11:00")
    field = f"{container_id}_id"
    gone = {"project": world.project, "activity": world.activity}[container_id]
    other = await (world.project_named("Other") if container_id == "project" else world.activity_named("Other"))
    await soft_deleted(world, container_id, gone)

    assert (await get(world, entry))[f"{container_id}_name"] == f"{gone['name']} (archived)"
    dates = {"start_date": at("12:00"), "end_date": at("13:00")}
    (await world.user.post("time-entries", {**world.references, **dates})).refused(400)
    # References are checked only when they change.
    (await put(world, entry, description="new", **{field: gone["id"]})).ok()
    (await put(world, entry, **{field: other["id"]})).ok()
    (await put(world, entry, **{field: gone["id"]})).refused(400)


async def test_an_inactive_project_or_activity_may_be_used(world: World) -> None:
    (await world.admin.delete(f"projects/{world.project['id']}")).ok(204)
    (await world.admin.delete(f"activities/{world.activity['id']}")).ok(204)

    entry = await world.entry("10:00", "11:00")

    assert (entry["project_name"], entry["activity_name"]) == ("Project", "Activity")


@pytest.mark.parametrize(
    ("start", "end"),
    [("09:00", "10:30"), ("10:30", "11:30"), ("10:15", "10:45"), ("09:00", "12:00"), ("10:00", "11:00"),
     ("10:00", "10:01"), ("10:59", "11:00"), ("09:00", "10:00:00.001"), ("10:59:59.999", "12:00")],
)  # fmt: skip
async def test_what_overlaps_is_422_and_names_what_is_in_the_way(world: World, start: str, end: str) -> None:
    entry = await world.entry("10:00", "11:00")
    dates = {"start_date": f"2024-03-05T{start}+00:00", "end_date": f"2024-03-05T{end}+00:00"}

    body = (await world.user.post("time-entries", {**world.references, **dates})).refused(422, "time_entry_overlap")

    assert body["conflicts"] == [place_of(entry)]
    assert body["message"] == "There is another time entry in that date range"
    other = await world.entry("14:00", "15:00")
    assert (await world.user.put(f"time-entries/{other['id']}", dates)).refused(422)["conflicts"] == [place_of(entry)]
    assert await get(world, other) == other


async def test_several_conflicts_are_all_named(world: World) -> None:
    entries = [await world.entry(f"{hour}:00", f"{hour + 1}:00") for hour in range(10, 14)]
    dates = {"start_date": at("10:30"), "end_date": at("12:30")}

    body = (await world.user.post("time-entries", {**world.references, **dates})).refused(422)

    assert body["conflicts"] == [place_of(entry) for entry in entries[:3]]


async def test_touching_is_fine(world: World) -> None:
    await world.entry("10:00", "11:00")

    await world.entry("11:00", "12:00")
    await world.entry("09:00", "10:00")
    await world.started(start_date=at("12:00"))


async def test_a_running_entry_reaches_to_infinity(world: World) -> None:
    timer = await world.started(start_date=at("10:00"))
    dates = {"start_date": at("10:00", "2025-01-01"), "end_date": at("11:00", "2025-01-01")}

    body = (await world.user.post("time-entries", {**world.references, **dates})).refused(422)

    assert body["conflicts"] == [place_of(timer)]
    await world.entry("09:00", "10:00")


async def test_a_long_entry_from_long_ago_is_in_the_way(world: World) -> None:
    long = await world.entry(at("00:00", "2023-01-01"), at("00:00", "2024-06-01"))
    dates = {"start_date": at("10:00"), "end_date": at("11:00")}

    body = (await world.user.post("time-entries", {**world.references, **dates})).refused(422)

    assert body["conflicts"] == [place_of(long)]


async def test_others_and_deleted_entries_are_not_in_the_way(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    await world.entry("10:00", "11:00", who=world.admin)
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)

    await world.entry("10:00", "11:00")


async def test_a_put_never_restarts(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    assert (await put(world, entry, end_date=None)).ok() == entry
    assert (await put(world, entry, end_date=None, uri="x")).ok() == {**entry, "uri": "x"}
    assert (await world.user.get("time-entries/running")).status == 204


async def test_a_put_with_an_end_stops_the_timer(world: World) -> None:
    timer = await world.started(start_date=at("10:00"))

    stopped = (await put(world, timer, end="11:00")).ok()

    assert stopped == {**timer, "end_date": at("11:00"), "running": False}
    assert (await world.user.get("time-entries/running")).status == 204


async def test_an_entry_may_be_moved_within_and_beyond_itself(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    for start, end in (
        ("10:30", "11:30"),
        ("10:00", "12:00"),
        ("10:15", "11:00"),
        ("08:00", "10:00"),
        ("14:00", "15:00"),
    ):
        moved = (await put(world, entry, start, end)).ok()
        assert moved == {**entry, "start_date": at(start), "end_date": at(end)}


async def test_a_timers_start_may_be_moved_but_not_into_another(world: World) -> None:
    before = await world.entry("10:00", "11:00")
    timer = await world.started(start_date=at("12:00"))

    assert (await put(world, timer, "11:00")).ok() == {**timer, "start_date": at("11:00")}
    assert (await put(world, timer, "10:30")).refused(422)["conflicts"] == [place_of(before)]
    assert (await world.user.get("time-entries/running")).ok()["start_date"] == at("11:00")


async def test_a_start_moved_into_the_entry_before_trims_it_on_request(world: World) -> None:
    before, entry = await world.entry("10:00", "11:00"), await world.entry("11:00", "12:00")

    moved = (await put(world, entry, "10:40", update_last_entry_if_overlap=True)).ok()

    assert moved == {**entry, "start_date": at("10:40")}
    assert await get(world, before) == {**before, "end_date": at("10:40")}
    events = await world.outbox("time_entry", before)
    assert sorted(event["action"] for event in events) == ["create", "update"]
    assert [event["changes"] for event in events if event["action"] == "update"] == [
        {"end_date": [at("11:00"), at("10:40")]}
    ]


async def test_a_timers_start_moved_into_the_entry_before_trims_it(world: World) -> None:
    before, timer = await world.entry("10:00", "11:00"), await world.started(start_date=at("11:30"))

    moved = (await put(world, timer, "10:40", update_last_entry_if_overlap=True)).ok()

    assert moved == {**timer, "start_date": at("10:40")}
    assert (await get(world, before))["end_date"] == at("10:40")
    assert without_proposal(await world.user.get("time-entries/running")) == moved


@pytest.mark.parametrize("flag", [{}, {"update_last_entry_if_overlap": False}, {"update_last_entry_if_overlap": None}])
async def test_nothing_is_trimmed_unasked(world: World, flag: dict[str, Any]) -> None:
    before, entry = await world.entry("10:00", "11:00"), await world.entry("11:00", "12:00")

    (await put(world, entry, "10:40", **flag)).refused(422, "time_entry_overlap")

    assert [await get(world, one) for one in (before, entry)] == [before, entry]


@pytest.mark.parametrize(
    ("others", "start", "end"),
    [
        ([("10:00", "11:00")], "10:00", "12:00"),
        ([("10:00", "11:00")], "09:00", "12:00"),
        ([("10:00", "10:30"), ("10:30", "11:00")], "10:15", "12:00"),
        ([("10:00", "11:00"), ("12:00", "13:00")], "10:30", "12:30"),
        ([("12:00", "13:00")], "11:00", "12:30"),
    ],
    ids=["nothing left", "within", "two before", "one on each side", "only behind"],
)
async def test_what_can_not_be_trimmed_is_422_and_stays(
    world: World, others: list[tuple[str, str]], start: str, end: str
) -> None:
    made = [await world.entry(*clocks) for clocks in others]
    entry = await world.entry("11:00", "12:00")

    body = (await put(world, entry, start, end, update_last_entry_if_overlap=True)).refused(422, "time_entry_overlap")

    assert body["conflicts"] == [place_of(one) for one in made]
    assert [await get(world, one) for one in [*made, entry]] == [*made, entry]
    assert [len(await world.outbox("time_entry", one)) for one in made] == [1] * len(made)


async def test_the_flag_without_an_overlap_changes_nothing_else(world: World) -> None:
    before, entry = await world.entry("09:00", "10:00"), await world.entry("11:00", "12:00")

    (await put(world, entry, "10:00", update_last_entry_if_overlap=True)).ok()

    assert await get(world, before) == before
    assert "update_last_entry_if_overlap" not in await world.stored("time_entry", entry)


async def test_delete_is_soft(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)

    UUID((await world.stored("time_entry", entry))["deleted"])
    for method, action in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/stop"), ("POST", "/restart")):
        for who in (world.user, world.admin):
            (await who.call(method, f"time-entries/{entry['id']}{action}", json={})).refused(404)
    range_ = {"start_date": at("00:00"), "end_date": at("23:00")}
    assert (await world.user.get("time-entries", range_)).ok() == []
    assert (await world.user.get("time-entries/paginated", range_)).ok() == {"records_total": 0, "data": []}


async def test_every_write_leaves_one_event_and_nothing_else_does(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    (await put(world, entry, description="new")).ok()
    (await put(world, entry, description="new")).ok()
    (await put(world, entry, "12:00", "11:00")).refused(400)
    one = f"time-entries/{entry['id']}"
    (await world.user.post(f"{one}/stop")).refused(422)
    (await world.user.post(f"{one}/restart")).ok()
    (await world.user.post(f"{one}/stop")).ok()
    (await world.user.delete(one)).ok(204)
    (await world.user.delete(one)).refused(404)

    events = sorted(await world.outbox("time_entry", entry), key=lambda event: str(event["date"]))

    assert [event["action"] for event in events] == ["create", "update", "update", "update", "delete"]
    assert [sorted(event["changes"]) for event in events[1:]] == [
        ["description"],
        ["end_date"],
        ["end_date"],
        ["deleted"],
    ]
    assert {event["item_id"] for event in events} == {entry["id"]}


async def test_an_event_that_waits_for_the_change_feed_is_no_item(world: World) -> None:
    """It lies beside the items, under a UUID as well."""
    entry = await world.entry("10:00", "11:00")
    waiting = {
        "time-entries": (await world.outbox("time_entry", entry))[0]["id"],
        "customers": (await world.outbox("customer", world.customer))[0]["id"],
        "projects": (await world.outbox("project", world.project))[0]["id"],
        "activities": (await world.outbox("activity", world.activity))[0]["id"],
    }

    for path, event_id in waiting.items():
        for method in ("GET", "PUT", "DELETE"):
            (await world.admin.call(method, f"{path}/{event_id}", json={"description": "x"})).refused(404)
    (await world.user.get(f"time-entries/{waiting['time-entries']}")).refused(404)
    (await put(world, entry, project_id=waiting["projects"])).refused(400)
    (await put(world, entry, activity_id=waiting["activities"])).refused(400)
    (await world.admin.put(f"projects/{world.project['id']}", {"customer_id": waiting["customers"]})).refused(400)


async def test_the_timeline_document_is_no_entry(world: World) -> None:
    await world.started()

    await asyncio.gather(*(world.started(world.person()) for _ in range(3)))
    found = (await world.admin.get("time-entries", {"user_id": "*"})).ok()

    assert len(found) == 4
    (await world.user.get("time-entries/timeline")).refused(422)
