"""A write that is decided by what the worker remembers is as right as one that reads, whoever has written meanwhile."""

from collections.abc import Callable
from dataclasses import replace

import aiohttp
import pytest

from embedded_cosmos.faults import Fault, Kind, Operation
from operations import person
from shared.time_entries.remembered import MOST_CREDIT, MOST_OWNERS, NOTHING, Memory, Remembered
from tests.calling import Person, at
from tests.time_entries.test_idempotency import Instances, instances
from tests.world import World, make_world

__all__ = ["instances"]


def timeline(owner_id: str, etag: str = "1") -> dict[str, str]:
    return {"tenant_id": "a tenant", "owner_id": owner_id, "_etag": etag}


@pytest.fixture
async def shared_world(instances: Instances, http: aiohttp.ClientSession) -> tuple[World, Person]:
    """A world that one instance serves, and its user as another instance serves them. The first remembers the user."""
    world = await make_world(http, instances.app)
    await world.entry("06:00", "07:00")
    return world, replace(world.user, url=instances.other_url)


async def test_a_timer_that_was_stopped_elsewhere_is_stopped_no_second_time(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    timer = await world.started()
    (await there.post(f"time-entries/{timer['id']}/stop")).ok()

    (await world.user.post(f"time-entries/{timer['id']}/stop")).refused(422, "time_entry_already_stopped")


async def test_a_timer_that_was_stopped_elsewhere_is_in_nobodys_way(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    timer = await world.started()
    (await there.post(f"time-entries/{timer['id']}/stop")).ok()

    (await world.user.post("time-entries", world.references)).ok(201)


async def test_a_timer_that_was_started_elsewhere_stays_the_only_one(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    (await there.post("time-entries", world.references)).ok(201)

    (await world.user.post("time-entries", world.references)).refused(409, "timer_already_running")
    assert len([one for one in (await world.user.get("time-entries")).ok() if one["running"]]) == 1


async def test_what_was_written_elsewhere_is_overlapped_by_nothing(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    body = {**world.references, "start_date": at("10:00"), "end_date": at("11:00")}
    (await there.post("time-entries", body)).ok(201)

    later = {**world.references, "start_date": at("10:30"), "end_date": at("12:00")}
    (await world.user.post("time-entries", later)).refused(422, "time_entry_overlap")


async def test_a_change_of_elsewhere_is_not_written_over(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    path = f"time-entries/{(await world.entry('10:00', '11:00'))['id']}"
    (await there.put(path, {"description": "there"})).ok()

    changed = (await world.user.put(path, {"timezone_offset": 60})).ok()

    assert (changed["description"], changed["timezone_offset"]) == ("there", 60)


async def test_an_update_that_changes_nothing_answers_what_is_there(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    entry = await world.entry("10:00", "11:00", description="here")
    path = f"time-entries/{entry['id']}"
    (await there.put(path, {"description": "there"})).ok()

    changed = (await world.user.put(path, {"description": "here"})).ok()

    assert changed["description"] == "here"
    assert (await there.get(path)).ok()["description"] == "here"


async def test_the_tag_of_an_answer_from_elsewhere_holds(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    path = f"time-entries/{(await world.entry('10:00', '11:00'))['id']}"
    old = (await world.user.get(path)).headers["ETag"]
    tag = (await there.put(path, {"description": "there"})).headers["ETag"]

    for sent, status in ((old, 412), (tag, 200)):
        answer = await world.user.call("PUT", path, json={"description": "x"}, headers={"If-Match": sent})
        assert answer.status == status


async def test_an_entry_that_was_deleted_elsewhere_is_gone(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    path = f"time-entries/{(await world.entry('10:00', '11:00'))['id']}"
    (await there.delete(path)).ok(204)

    (await world.user.put(path, {"description": "x"})).refused(404)


async def test_an_entry_that_was_deleted_here_is_gone(shared_world: tuple[World, Person]) -> None:
    world, _ = shared_world
    path = f"time-entries/{(await world.entry('10:00', '11:00'))['id']}"
    (await world.user.delete(path)).ok(204)

    (await world.user.put(path, {"description": "x"})).refused(404)


async def test_a_period_that_was_locked_elsewhere_is_locked(shared_world: tuple[World, Person]) -> None:
    world, there = shared_world
    path = f"time-entries/{(await world.entry('10:00', '11:00'))['id']}"
    sheet = {"start_date": "2024-03-04", "end_date": "2024-03-10", "timezone": "UTC"}
    (await there.post("timesheets", sheet)).ok(201)

    (await world.user.put(path, {"description": "x"})).refused(409, "period_locked")


@pytest.mark.parametrize("runs", [True, False])
async def test_text_that_was_erased_meanwhile_does_not_come_back(
    shared_world: tuple[World, Person], runs: bool
) -> None:
    world, _ = shared_world
    text = "a secret"
    entry = await (world.started(description=text) if runs else world.entry("10:00", "11:00", description=text))
    path = f"time-entries/{entry['id']}"
    await person.erase(person.Person(world.tenant_id, world.user.user_id), lambda _: None)

    changed = (await (world.user.post(f"{path}/stop") if runs else world.user.put(path, {"timezone_offset": 60}))).ok()

    assert changed["description"] is None
    keys = [world.tenant_id, world.user.user_id]
    found = world.app.container("time_entry").query_items("SELECT * FROM c", partition_key=keys)
    assert text not in str([document async for document in found])


async def test_a_change_by_hand_is_seen(shared_world: tuple[World, Person]) -> None:
    """Somebody changes the entry in the portal, and leaves the timeline alone."""
    world, _ = shared_world
    entry = await world.entry("10:00", "11:00")
    stored = await world.stored("time_entry", entry)
    await world.app.container("time_entry").upsert_item({**stored, "description": "by hand"})

    changed = (await world.user.put(f"time-entries/{entry['id']}", {"timezone_offset": 60})).ok()

    assert (changed["description"], changed["timezone_offset"]) == ("by hand", 60)


async def test_what_only_the_entry_holds_outlives_a_stop_by_the_timelines_copy(
    shared_world: tuple[World, Person],
) -> None:
    world, there = shared_world
    timer = await world.started()
    path = f"time-entries/{timer['id']}"
    stored = await world.stored("time_entry", timer)
    await world.app.container("time_entry").upsert_item({**stored, "of_a_newer_version": True})

    (await there.post(f"{path}/stop")).ok()
    (await there.put(path, {"description": "x"})).ok()

    assert (await world.stored("time_entry", timer))["of_a_newer_version"]


async def test_a_database_that_was_emptied_is_written_anew(shared_world: tuple[World, Person]) -> None:
    world, _ = shared_world
    timer = await world.started()
    keys = [world.tenant_id, world.user.user_id]
    for item_id in ("timeline", timer["id"]):
        await world.app.container("time_entry").delete_item(item_id, keys)

    (await world.user.post(f"time-entries/{timer['id']}/stop")).refused(404)
    (await world.user.post("time-entries", world.references)).ok(201)


async def test_a_write_whose_answer_was_lost_is_found(instances: Instances, http: aiohttp.ClientSession) -> None:
    world = await make_world(http, instances.app)
    await world.entry("06:00", "07:00")
    lost = instances.faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH, container="time_entry"))
    timer = await world.started()

    assert lost.hits == 1
    (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()
    assert len(await world.outbox("time_entry", timer)) == 2


def guesses(writes: int, is_right: Callable[[int], bool]) -> int:
    """How many of so many writes go by a guess, where those of these numbers are right."""
    known = Memory()
    known.read(timeline("somebody"))
    made = 0
    for number in range(writes):
        if known.guess("a tenant", "somebody") != NOTHING:
            made += 1
            known.settle(right=is_right(number))
    return made


def test_guesses_end_while_most_of_them_are_wrong() -> None:
    assert guesses(200, lambda _: False) == pytest.approx(200 / 21 + MOST_CREDIT, abs=1)


@pytest.mark.parametrize(("wrong_of_ten", "goes_on"), [(1, True), (5, False)])
def test_guesses_go_on_while_they_pay(wrong_of_ten: int, goes_on: bool) -> None:
    made = guesses(500, lambda number: number % 10 >= wrong_of_ten)

    assert (made > 450) == goes_on
    assert (made < 150) != goes_on


def test_of_an_owner_the_latest_is_remembered() -> None:
    known = Memory()
    assert known.guess("a tenant", "somebody") == NOTHING

    known.read(timeline("somebody"))
    assert known.guess("a tenant", "somebody") == Remembered(timeline("somebody"))

    known.wrote(timeline("somebody", "2"), {"id": "an entry"})
    assert known.guess("a tenant", "somebody").entry_called("an entry")
    assert not known.guess("a tenant", "somebody").entry_called("another")
    assert known.guess("another tenant", "somebody") == NOTHING

    known.read(timeline("somebody", "2"))
    assert known.guess("a tenant", "somebody").entry_called("an entry")

    known.read(timeline("somebody", "3"))
    assert known.guess("a tenant", "somebody") == Remembered(timeline("somebody", "3"))

    known.wrote(timeline("somebody", "4"), None)
    assert known.guess("a tenant", "somebody") == Remembered(timeline("somebody", "4"))


def test_so_many_owners_are_remembered() -> None:
    known = Memory()
    for number in range(MOST_OWNERS + 1):
        known.read(timeline(str(number)))

    assert known.guess("a tenant", "0") == NOTHING
    assert known.guess("a tenant", str(MOST_OWNERS)) != NOTHING
