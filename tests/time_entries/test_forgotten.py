"""Forgotten timers: one event for each entry, and the end that `running` proposes."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from benchmarks.recording import Recorder, recording
from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from embedded_cosmos.testing import CosmosAccount
from shared import instants
from shared.time_entries import forgotten
from tests.application import Application, application
from tests.calling import Item, ago, instant_of, stored
from tests.world import World, make_world


@pytest.fixture
async def alone(cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession) -> AsyncIterator[World]:
    """A world whose timers are the only ones in the database."""
    del app
    async with application(cosmos_account) as served:
        yield await make_world(http, served)


def later(**duration: float) -> datetime:
    return instants.now() + timedelta(**duration)


async def events(world: World, entry: Item) -> list[Item]:
    return [event for event in await world.outbox("time_entry", entry) if event["action"] == "forgotten"]


async def test_a_timer_that_has_run_for_ten_hours_leaves_one_event(alone: World) -> None:
    timer = await alone.started(start_date=ago(hours=10, seconds=1))

    assert await forgotten.tell_of_all(instants.now()) == 1
    assert await forgotten.tell_of_all(later(days=3)) == 0

    (event,) = await events(alone, timer)
    proposed = stored(instant_of(timer["start_date"]) + timedelta(hours=8))
    assert event["changes"] == {"proposed_end_date": [None, proposed]}
    assert (event["user_id"], event["owner_id"]) == (alone.user.user_id, alone.user.user_id)
    assert (event["container_id"], event["item_id"]) == ("time_entry", timer["id"])


async def test_what_has_not_run_for_so_long_and_what_was_stopped_leaves_none(alone: World) -> None:
    await alone.started(start_date=ago(hours=9, minutes=59))
    other = alone.person()
    stopped = await alone.started(who=other, start_date=ago(hours=12))
    (await other.post(f"time-entries/{stopped['id']}/stop")).ok()

    assert await forgotten.tell_of_all(instants.now()) == 0


async def test_an_entry_that_is_stopped_restarted_and_changed_leaves_no_second_event(alone: World) -> None:
    timer = await alone.started(start_date=ago(hours=11))
    assert await forgotten.tell_of_all(instants.now()) == 1
    (await alone.user.put(f"time-entries/{timer['id']}", {"description": "still there"})).ok()
    assert await forgotten.tell_of_all(instants.now()) == 0
    (await alone.user.post(f"time-entries/{timer['id']}/stop")).ok()
    (await alone.user.post(f"time-entries/{timer['id']}/restart")).ok()
    assert await forgotten.tell_of_all(instants.now()) == 0

    assert len(await events(alone, timer)) == 1
    (marked,) = await timelines(alone)
    assert forgotten.MARK in marked["running"]


async def test_the_audit_trail_tells_when_the_outbox_has_forgotten(alone: World) -> None:
    timer = await alone.started(start_date=ago(hours=11))
    assert await forgotten.tell_of_all(instants.now()) == 1
    (event,) = await events(alone, timer)
    await alone.app.container("event").upsert_item(event)
    await alone.app.container("time_entry").delete_item(event["id"], [alone.tenant_id, alone.user.user_id])
    (await alone.user.put(f"time-entries/{timer['id']}", {"description": "still there"})).ok()

    assert await forgotten.tell_of_all(instants.now()) == 0
    assert await events(alone, timer) == []


async def test_any_number_of_runs_at_once_leave_one_event_each(alone: World) -> None:
    people = [alone.person() for _ in range(12)]
    timers = await asyncio.gather(*(alone.started(who=person, start_date=ago(hours=11)) for person in people))

    told = await asyncio.gather(*(forgotten.tell_of_all(instants.now()) for _ in range(5)))

    assert sum(told) >= len(timers)
    for timer in timers:
        assert len(await events(alone, timer)) == 1


async def test_a_timer_whose_event_could_not_be_left_is_found_by_the_next_run(
    flaky: Application, faults: Faults, http: aiohttp.ClientSession
) -> None:
    world = await make_world(http, flaky)
    timer = await world.started(start_date=ago(hours=11))
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.BATCH, count=50))
    await forgotten.tell_of_all(instants.now())
    faults.clear()
    assert await events(world, timer) == []

    await forgotten.tell_of_all(instants.now())

    assert len(await events(world, timer)) == 1


async def test_running_proposes_an_end_from_the_moment_that_it_is_due(world: World) -> None:
    start = datetime.now(UTC) - timedelta(hours=10, seconds=2)
    timer = await world.started(start_date=stored(start))
    running = await world.user.get("time-entries/running")

    assert running.ok()["proposed_end_date"] == stored(instant_of(timer["start_date"]) + timedelta(hours=8))
    (await world.user.post(f"time-entries/{timer['id']}/stop")).ok()
    await world.started()
    assert (await world.user.get("time-entries/running")).ok()["proposed_end_date"] is None


async def test_no_other_answer_has_it_and_it_is_no_part_of_the_etag(alone: World) -> None:
    timer = await alone.started(start_date=ago(hours=11))
    before = await alone.user.get("time-entries/running")
    await forgotten.tell_of_all(instants.now())
    after = await alone.user.get("time-entries/running")
    single = await alone.user.get(f"time-entries/{timer['id']}")

    assert before.headers["ETag"] == after.headers["ETag"] == single.headers["ETag"]
    assert before.ok() == after.ok()
    assert "proposed_end_date" not in single.ok()
    assert all("proposed_end_date" not in entry for entry in (await alone.user.get("time-entries")).ok())
    conditional = alone.user.with_headers(If_Match=before.headers["ETag"])
    stopped = (await conditional.post(f"time-entries/{timer['id']}/stop")).ok()
    assert "proposed_end_date" not in stopped


async def test_undo_passes_over_it(alone: World) -> None:
    timer = await alone.started(start_date=ago(hours=11), description="before")
    (await alone.user.put(f"time-entries/{timer['id']}", {"description": "after"})).ok()
    await forgotten.tell_of_all(instants.now())

    restored = (await alone.user.post(f"time-entries/{timer['id']}/restore")).ok()

    assert restored["description"] == "before"
    steps = (await alone.user.get(f"time-entries/{timer['id']}/history")).ok()["data"]
    assert [step["action"] for step in steps if step["action"] == "forgotten"] == ["forgotten"]


async def timelines(world: World) -> list[Item]:
    found = world.app.container("time_entry").query_items(
        "SELECT * FROM c WHERE c.kind = 'timeline'", partition_key=[world.tenant_id, world.user.user_id]
    )
    return [dict(one) async for one in found]


@dataclass(frozen=True, slots=True)
class Crowd:
    """A thousand owners, of whom every second has a timer running, written behind the app's back."""

    app: Application
    recorder: Recorder


@pytest.fixture(scope="module")
async def crowd(cosmos_account: CosmosAccount, app: Application) -> AsyncIterator[Crowd]:
    del app
    async with recording(cosmos_account.endpoint) as recorder, application(cosmos_account, recorder.url) as served:
        container = served.container("time_entry")
        tenant = str(uuid4())

        def timeline(number: int) -> dict[str, Any]:
            since = ago(hours=11 if number < 40 else 1)
            entry: Item = {"id": str(uuid4()), "tenant_id": tenant, "owner_id": f"{number}", "start_date": since}
            running: Item = entry | {"end_date": None, "project_id": "p", "activity_id": "a", "description": "x" * 60}
            document = {"id": "timeline", "kind": "timeline", "tenant_id": tenant, "owner_id": f"{number}"}
            # Half of those who have forgotten theirs have been told.
            mark = {forgotten.MARK: since} if number % 4 == 0 and number < 40 else {}
            return document | {"running": None if number % 2 else running | mark, "last_end": None, "locks": []}

        for first in range(0, 1000, 50):
            await asyncio.gather(*(container.create_item(timeline(first + number)) for number in range(50)))
        yield Crowd(served, recorder)


async def test_a_run_reads_those_timers_alone_that_are_due(crowd: Crowd) -> None:
    with crowd.recorder.listening():
        assert await forgotten.tell_of_all(instants.now()) == 10
    found = [one.charge for one in crowd.recorder.passed if one.kind == "query"]
    assert sum(found) < 6, "with 10,000 owners, it is the same"

    with crowd.recorder.listening():
        assert await forgotten.tell_of_all(instants.now()) == 0
    assert crowd.recorder.charge < 6
