"""The timeline document: it may be missing, older or newer than this version, and no rule is lost."""

from typing import Any
from uuid import uuid4

import pytest

from shared.cosmos.items import own_fields
from tests.calling import Item, ago, at, without_proposal
from tests.world import World


def keys(world: World) -> list[str]:
    return [world.tenant_id, world.user.user_id]


async def timeline_of(world: World) -> Item:
    return own_fields(await world.app.container("time_entry").read_item("timeline", keys(world)))


async def without_timeline(world: World) -> None:
    await world.app.container("time_entry").delete_item("timeline", keys(world))


async def change(world: World, **fields: Any) -> None:
    await world.app.container("time_entry").upsert_item({**await timeline_of(world), **fields})


async def lose(world: World, part: str) -> None:
    timeline = await timeline_of(world)
    del timeline[part]
    await world.app.container("time_entry").upsert_item(timeline)


async def rules_hold(world: World, timer: Item) -> None:
    """After 08:00 to 09:00 and a timer."""
    overlapping = {**world.references, "start_date": at("08:30"), "end_date": at("08:45")}
    (await world.user.post("time-entries", overlapping)).refused(422, "time_entry_overlap")
    (await world.user.post("time-entries", world.references)).refused(409, "timer_already_running")
    assert without_proposal(await world.user.get("time-entries/running")) == timer
    (await world.user.put(f"time-entries/{timer['id']}", {"start_date": at("08:30")})).refused(422)


async def test_a_missing_timeline_lets_no_overlap_through(world: World) -> None:
    await world.entry("08:00", "09:00")
    timer = await world.started()
    await without_timeline(world)

    await rules_hold(world, timer)


async def test_a_timeline_that_an_older_version_rebuilt_too_short_lets_no_overlap_through(world: World) -> None:
    await world.entry("08:00", "09:00")
    timer = await world.started()
    await change(world, last_end=None)

    await rules_hold(world, timer)


@pytest.mark.parametrize("part", ["running", "last_end", "locks"])
async def test_a_timeline_that_lacks_a_part_is_rebuilt(world: World, part: str) -> None:
    await world.entry("08:00", "09:00")
    timer = await world.started()
    before = await timeline_of(world)
    await lose(world, part)

    await rules_hold(world, timer)

    (await world.user.put(f"time-entries/{timer['id']}", {"description": "x"})).ok()
    after = await timeline_of(world)
    assert after == before | {name: after[name] for name in ("running", "last_event")}


async def test_the_running_entry_is_found_behind_one_that_starts_later(world: World) -> None:
    """Entries that overlap may come from elsewhere."""
    timer = await world.started(start_date=ago(minutes=20))
    later = {**await world.stored("time_entry", timer), "id": str(uuid4())}
    dates = {"start_date": ago(minutes=10), "end_date": ago(minutes=5)}
    await world.app.container("time_entry").create_item(own_fields(later) | dates)
    await without_timeline(world)

    assert without_proposal(await world.user.get("time-entries/running")) == timer
    (await world.user.delete(f"time-entries/{later['id']}")).ok(204)
    assert without_proposal(await world.user.get("time-entries/running")) == timer


async def test_a_write_keeps_what_a_newer_version_has_put_there(world: World) -> None:
    timer = await world.started(start_date=ago(minutes=20))
    await change(world, newer=[1], more={"a": 1})

    for call in (
        world.user.put(f"time-entries/{timer['id']}", {"description": "x"}),
        world.user.post(f"time-entries/{timer['id']}/stop"),
        world.user.post(f"time-entries/{timer['id']}/restart"),
    ):
        (await call).ok()
    (await world.user.delete(f"time-entries/{timer['id']}")).ok(204)
    await world.started()

    timeline = await timeline_of(world)
    assert (timeline["newer"], timeline["more"]) == ([1], {"a": 1})


async def hand_on(world: World, timer: Item, **fields: Any) -> None:
    """Change the running entry behind the timeline's back, as no version does, but a person might."""
    stored = await world.stored("time_entry", timer)
    await world.app.container("time_entry").replace_item(timer["id"], {**stored, **fields})


async def test_a_stop_keeps_what_only_the_entry_has(world: World) -> None:
    """The timeline's copy is enough to stop it, and may be of an older version, or lack what a newer one has added."""
    timer = (await world.user.with_headers(Idempotency_Key="one").post("time-entries", world.references)).ok(201)
    await hand_on(world, timer, more={"a": 1})
    before = await world.stored("time_entry", timer)

    stopped = (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()

    after = await world.stored("time_entry", timer)
    assert after["end_date"] == stopped["end_date"] is not None
    changed = {name for name in before if before[name] != after[name]}
    assert changed - {"_etag", "_ts"} == {"end_date", "_last_event_ctx"}


@pytest.mark.parametrize(
    ("fields", "status"), [({"end_date": at("12:00")}, 422), ({"deleted": str(uuid4())}, 404)], ids=["ended", "deleted"]
)
async def test_a_stop_believes_the_entry_more_than_its_copy(world: World, fields: Item, status: int) -> None:
    timer = await world.started(start_date=at("10:00"))
    await hand_on(world, timer, **fields)
    before = await world.stored("time_entry", timer)

    (await world.user.post(f"time-entries/{timer['id']}/stop")).refused(status)

    assert await world.stored("time_entry", timer) == before


async def test_a_conditional_stop_is_held_against_the_entry_itself(world: World) -> None:
    timer = await world.started()
    tag = (await world.user.get(f"time-entries/{timer['id']}")).headers["ETag"]
    await hand_on(world, timer, description="changed by hand")

    (await world.user.with_headers(If_Match=tag).post(f"time-entries/{timer['id']}/stop")).refused(412)

    tag = (await world.user.get(f"time-entries/{timer['id']}")).headers["ETag"]
    (await world.user.with_headers(If_Match=tag).post(f"time-entries/{timer['id']}/stop")).ok()
