"""The history of an entry, and going back in it: each state as it was, and no rule passed by."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from hypothesis import given, settings
from hypothesis import strategies as st

from shared.cosmos.items import own_fields
from shared.events.outbox import EVENT_FIELDS
from shared.instants import format_instant
from shared.time_entries.history import steps
from tests.calling import Item, Person, ago, at
from tests.time_entries.test_timeline import timeline_of
from tests.world import World

OWN = ("id", "tenant_id", "owner_id", "project_id", "activity_id", "description", "start_date", "end_date", "uri",
       "technologies", "timezone_offset", "billable", "deleted")  # fmt: skip


def own(entry: Item) -> Item:
    return {name: entry[name] for name in OWN}


async def history_of(person: Person, entry: Item) -> list[Item]:
    answer = (await person.get(f"time-entries/{entry['id']}/history")).ok()
    assert set(answer) == {"data", "known_since"}
    events: list[Item] = answer["data"]
    return events


async def restored(world: World, entry: Item, event: Item | None = None) -> Item:
    body = {"event_id": event["id"]} if event else None
    item: Item = (await world.user.post(f"time-entries/{entry['id']}/restore", body)).ok()
    return item


async def test_the_history_is_whole_at_once_and_ends_with_what_is(world: World) -> None:
    made = await world.entry("10:00", "11:00", description="a")
    path = f"time-entries/{made['id']}"
    changed = (await world.user.put(path, {"description": "b", "end_date": at("12:00")})).ok()
    (await world.user.delete(path)).ok(204)

    for who in (world.user, world.admin):
        events = await history_of(who, made)
        assert [event["action"] for event in events] == ["create", "update", "delete"]
        assert [event["state"] for event in events] == [own(made), own(changed), None]
        assert set(events[0]) == {*EVENT_FIELDS, "state"}
    assert (await world.user.get(f"{path}/history")).ok()["known_since"] is None
    (await world.person().get(f"{path}/history")).refused(404)
    (await world.user.get(f"time-entries/{uuid4()}/history")).refused(404)


async def test_an_undo_takes_the_last_change_back_and_is_undone_itself(world: World) -> None:
    entry = await world.entry("10:00", "11:00", description="a")
    changed = (await world.user.put(f"time-entries/{entry['id']}", {"description": "b", "uri": "u"})).ok()

    assert await restored(world, entry) == entry
    assert await restored(world, entry) == changed
    events = await history_of(world.user, entry)
    assert [event["description"] for event in events[2:]] == ["Restore a time entry"] * 2


async def test_what_was_deleted_is_live_again(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)
    deletion = (await history_of(world.user, entry))[-1]

    assert await restored(world, entry) == entry
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry
    path = f"time-entries/{entry['id']}/restore"
    (await world.user.post(path, {"event_id": deletion["id"]})).refused(422, "nothing_to_undo")
    (await world.user.post(path, {"event_id": str(uuid4())})).refused(404, "event_not_found")
    (await world.user.post(path)).refused(422, "nothing_to_undo")


async def test_there_is_nothing_to_undo_of_what_was_only_made(world: World) -> None:
    entry = await world.entry("10:00", "11:00")

    (await world.user.post(f"time-entries/{entry['id']}/restore")).refused(422, "nothing_to_undo")
    (made,) = await history_of(world.user, entry)
    # What is so already is not written.
    assert await restored(world, entry, made) == entry
    assert len(await history_of(world.user, entry)) == 1


async def test_the_rules_hold_for_what_is_restored(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    path = f"time-entries/{entry['id']}"
    (await world.user.put(path, {"end_date": at("10:30")})).ok()
    other = await world.entry("10:30", "11:30")

    refused = (await world.user.post(f"{path}/restore")).refused(422, "time_entry_overlap")
    assert [one["id"] for one in refused["conflicts"]] == [other["id"]]
    (await world.user.delete(path)).ok(204)
    await world.entry("10:10", "10:20")
    (await world.user.post(f"{path}/restore")).refused(422, "time_entry_overlap")


async def test_a_timer_runs_again_by_the_rules_of_a_restart(world: World) -> None:
    timer = await world.started(start_date=ago(minutes=30))
    path = f"time-entries/{timer['id']}"
    stopped = (await world.user.post(f"{path}/stop")).ok()
    other = await world.started()

    (await world.user.post(f"{path}/restore")).refused(409, "timer_already_running")
    (await world.user.delete(f"time-entries/{other['id']}")).ok(204)
    assert await restored(world, timer) == timer
    assert (await world.user.get("time-entries/running")).ok()["id"] == timer["id"]
    assert await restored(world, timer) == stopped
    assert (await world.user.get("time-entries/running")).status == 204


async def test_what_it_refers_to_must_still_be_there(world: World) -> None:
    gone = await world.project_named("Gone")
    entry = await world.entry("10:00", "11:00", project_id=gone["id"])
    (await world.user.put(f"time-entries/{entry['id']}", world.references)).ok()
    stored = await world.stored("project", gone)
    await world.app.container("project").replace_item(gone["id"], {**stored, "deleted": str(uuid4())})
    # The worker's copy of the names is dropped.
    await world.project_named("Another")

    refused = (await world.user.post(f"time-entries/{entry['id']}/restore")).refused(400, "project_not_found")

    assert list(refused["errors"]) == ["project_id"]
    assert "Gone" in refused["message"]


async def test_a_restore_is_conditional_and_for_the_owner_alone(world: World) -> None:
    entry = await world.entry("10:00", "11:00", description="a")
    path = f"time-entries/{entry['id']}"
    tag = (await world.user.get(path)).headers["ETag"]
    (await world.user.put(path, {"description": "b"})).ok()

    (await world.user.with_headers(If_Match=tag).post(f"{path}/restore")).refused(412)
    (await world.admin.post(f"{path}/restore")).refused(403, "not_the_owner")
    (await world.person().post(f"{path}/restore")).refused(404)
    (await world.user.post(f"{path}/restore", {"event_id": "x"})).refused(400)
    (await world.user.post(f"{path}/restore", {"event_id": None})).ok()


async def test_a_restore_obeys_the_lock(world: World) -> None:
    outside = await world.entry(at("10:00", "2024-02-05"), at("11:00", "2024-02-05"))
    gone = await world.entry("12:00", "13:00")
    (await world.user.delete(f"time-entries/{gone['id']}")).ok(204)
    (await world.user.put(f"time-entries/{outside['id']}", {"start_date": at("10:00"), "end_date": at("11:00")})).ok()
    (await world.user.put(f"time-entries/{outside['id']}", {"start_date": at("10:00", "2024-02-05"),
                                                            "end_date": at("11:00", "2024-02-05")})).ok()  # fmt: skip
    march = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC"}
    timesheet = (await world.user.post("timesheets", march)).ok(201)

    for entry in (outside, gone):
        refused = (await world.user.post(f"time-entries/{entry['id']}/restore")).refused(409, "period_locked")
        assert refused["timesheet_id"] == timesheet["id"]


async def test_the_deleted_entries_of_a_range_are_listed(world: World) -> None:
    kept, gone = await world.entry("08:00", "09:00"), await world.entry("10:00", "11:00")
    over = await world.entry(at("23:00", "2024-03-04"), at("01:00"))
    for entry in (gone, over):
        (await world.user.delete(f"time-entries/{entry['id']}")).ok(204)
    day = {"start_date": at("00:00"), "end_date": at("00:00", "2024-03-06")}

    async def listed(who: Person, **query: Any) -> list[str]:
        return [entry["id"] for entry in (await who.get("time-entries", {**day, **query})).ok()]

    assert await listed(world.user, deleted="true") == [gone["id"], over["id"]]
    assert await listed(world.user) == await listed(world.user, deleted="false") == [kept["id"]]
    assert await listed(world.admin, deleted="true") == []
    first = await world.user.get("time-entries", {**day, "deleted": "true", "limit": 1})
    assert [entry["id"] for entry in first.ok()] == [gone["id"]]
    following = first.headers["Link"].partition("<?")[2].partition(">")[0]
    assert [entry["id"] for entry in (await world.user.get(f"time-entries?{following}")).ok()] == [over["id"]]
    (await world.admin.get("time-entries", {"deleted": "true", "user_id": "*"})).refused(400)
    (await world.user.get("time-entries", {"deleted": "yes"})).refused(400)


async def test_events_that_are_gone_leave_no_wrong_state(world: World) -> None:
    """As after the retention is over: the oldest are gone. As after a dead letter: one between is."""
    entry = await world.entry("10:00", "11:00", description="0")
    for number in range(1, 5):
        (await world.user.put(f"time-entries/{entry['id']}", {"description": str(number)})).ok()
    events = await history_of(world.user, entry)
    assert [event["state"]["description"] for event in events] == list("01234")

    for gone, left in ((events[0], "1234"), (events[2], "34")):
        await world.app.container("time_entry").delete_item(gone["id"], [world.tenant_id, world.user.user_id])
        answer = (await world.user.get(f"time-entries/{entry['id']}/history")).ok()
        assert [event["state"]["description"] for event in answer["data"]] == list(left)
        assert answer["known_since"] == answer["data"][0]["date"]
    path = f"time-entries/{entry['id']}/restore"
    (await world.user.post(path, {"event_id": events[1]["id"]})).refused(404)
    assert (await world.user.post(path)).ok()["description"] == "3"


async def test_an_entry_without_events_has_a_history_from_now_on(world: World) -> None:
    entry = await world.entry("10:00", "11:00")
    stored = own_fields(await world.stored("time_entry", entry))
    legacy = {**stored, "id": str(uuid4()), "start_date": at("13:00"), "end_date": at("14:00")}
    await world.app.container("time_entry").create_item(legacy)

    answer = (await world.user.get(f"time-entries/{legacy['id']}/history")).ok()

    assert answer["data"] == []
    assert answer["known_since"] is not None
    (await world.user.post(f"time-entries/{legacy['id']}/restore")).refused(422, "nothing_to_undo")
    (await world.user.put(f"time-entries/{legacy['id']}", {"description": "x"})).ok()
    assert (await restored(world, legacy))["description"] is None


async def test_the_dates_of_events_are_in_the_order_of_the_writes_whatever_the_clock_says(world: World) -> None:
    """Another instance, whose clock is a minute ahead, has written last."""
    entry = await world.entry("10:00", "11:00", description="0")
    timeline = await timeline_of(world)
    ahead = format_instant(datetime.now(UTC) + timedelta(minutes=1))
    await world.app.container("time_entry").upsert_item({**timeline, "last_event": ahead})

    (await world.user.put(f"time-entries/{entry['id']}", {"description": "1"})).ok()
    (await world.user.put(f"time-entries/{entry['id']}", {"description": "2"})).ok()

    events = await history_of(world.user, entry)
    assert [event["state"]["description"] for event in events] == list("012")
    assert events[1]["date"] > ahead


def test_what_an_erasure_has_blanked_stays_blank_in_every_state() -> None:
    def event(number: int, action: str, **changes: list[Any]) -> Item:
        date = f"2024-03-05T10:00:0{number}.0000000Z"
        return {"id": str(number), "date": date, "action": action, "changes": changes}

    entry = {"id": "e", "uri": "new", "project_id": "q"}
    events = [
        event(1, "create", id=[None, "e"], description=[None, "secret"], project_id=[None, "p"]),
        event(2, "update", project_id=["p", "q"], description=["secret", "more"]),
        event(3, "erase"),
        event(4, "update", uri=[None, "new"]),
    ]

    states = [step.after for step in steps(entry, events)]

    assert states == [
        {"id": "e", "project_id": "p"}, {"id": "e", "project_id": "q"}, {"id": "e", "project_id": "q"}, entry,
    ]  # fmt: skip


WRITE = st.one_of(
    st.tuples(st.just("PUT"), st.fixed_dictionaries({"description": st.sampled_from(["a", "b", ""])})),
    st.tuples(st.just("PUT"), st.fixed_dictionaries({"uri": st.sampled_from(["u", "v", ""])})),
    st.tuples(st.just("PUT"), st.fixed_dictionaries({"end_date": st.sampled_from([at("11:00"), at("12:00")])})),
    st.tuples(st.just("PUT"), st.fixed_dictionaries({"technologies": st.sampled_from([[], ["t"], ["t", "s"]])})),
    st.tuples(st.just("PUT"), st.fixed_dictionaries({"billable": st.booleans()})),
    st.tuples(st.just("DELETE"), st.none()),
    st.tuples(st.just("stop"), st.none()),
    st.tuples(st.just("restart"), st.none()),
    st.tuples(st.just("restore"), st.integers(0, 20)),
)


@settings(max_examples=15)
@given(writes=st.lists(WRITE, min_size=1, max_size=12))
async def test_any_writes_and_restores_leave_what_was(world: World, writes: list[tuple[str, Any]]) -> None:
    """What the history says of each write is what was answered then, and every state can be gone back to."""
    world = world.of_another_user()
    entry = await world.entry("10:00")
    path = f"time-entries/{entry['id']}"
    seen: list[Item | None] = [own(entry)]
    for method, argument in writes:
        if method == "PUT":
            answer = await world.user.put(path, argument)
        elif method == "DELETE":
            answer = await world.user.delete(path)
        elif method == "restore":
            events = await history_of(world.user, entry)
            event = events[argument % len(events)]
            answer = await world.user.post(f"{path}/restore", {"event_id": event["id"]})
            assert answer.status == (422 if event["state"] is None else 200)
            if answer.status == 200:
                assert own(answer.body) == event["state"]
        else:
            answer = await world.user.post(f"{path}/{method}")
        if answer.status == 204:
            seen.append(None)
        elif answer.status == 200 and own(answer.body) != seen[-1]:
            seen.append(own(answer.body))
        assert [event["state"] for event in await history_of(world.user, entry)] == seen
    timeline = await timeline_of(world)
    present = seen[-1]
    running = present is not None and present["end_date"] is None
    assert (timeline["running"] is not None) == running
    if present and present["end_date"]:
        assert timeline["last_end"] >= present["end_date"]
