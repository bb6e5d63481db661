"""A write that may have been applied is never answered "try again", whatever cut it off."""

import asyncio
from contextlib import AsyncExitStack

import aiohttp
import pytest

from benchmarks.recording import recording
from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from embedded_cosmos.testing import CosmosAccount
from tests.application import Application, application
from tests.calling import at
from tests.world import World, make_world

FOR_EVER = 10**6
ENTRIES = "time_entry"


@pytest.fixture
async def world(flaky: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, flaky)


def past(world: World) -> dict[str, str]:
    return {**world.references, "start_date": at("12:00"), "end_date": at("13:00")}


async def forget_names(world: World) -> None:
    """After a write of the catalog, the names that answers show are read anew."""
    await world.activity_named("Another")


async def entries(world: World) -> int:
    return len((await world.user.get("time-entries", {"month": 3, "year": 2024})).ok())


async def test_only_what_has_written_nothing_may_be_sent_again_when_the_deadline_cuts_it_off(
    world: World, faults: Faults
) -> None:
    await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.DELAY, Operation.BATCH, container=ENTRIES, count=FOR_EVER, seconds=30))
    faults.inject(Fault(Kind.DELAY, Operation.READ, container="customer", count=FOR_EVER, seconds=30))

    writes, reads = await asyncio.gather(
        world.user.post("time-entries", past(world)),
        world.admin.post("projects", {"name": "New", "customer_id": world.customer["id"]}),
    )

    writes.refused(503, "outcome_unknown")
    assert reads.refused(503)["code"] in {"timeout", "database_unavailable"}


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.THROTTLE, Kind.DROP_BEFORE])
async def test_a_write_is_of_unknown_outcome_where_the_look_for_it_fails(
    world: World, faults: Faults, kind: Kind
) -> None:
    await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH, count=FOR_EVER))
    faults.inject(Fault(kind, Operation.READ, container=ENTRIES, count=FOR_EVER, seconds=0.01))

    (await world.user.post("time-entries", past(world))).refused(503, "outcome_unknown")

    faults.clear()
    assert await entries(world) == 2


async def test_a_write_whose_second_sending_is_throttled_is_of_unknown_outcome(world: World, faults: Faults) -> None:
    """The SDK sends a batch again by itself. Its error is that of the second sending, and the first was applied."""
    await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH, container=ENTRIES))
    faults.inject(Fault(Kind.THROTTLE, container=ENTRIES, count=FOR_EVER, seconds=0.01))

    (await world.user.post("time-entries", past(world))).refused(503, "outcome_unknown")

    faults.clear()
    assert await entries(world) == 2


async def test_a_write_that_never_got_a_connection_may_be_sent_again(
    cosmos_account: CosmosAccount, app: Application, http: aiohttp.ClientSession
) -> None:
    """The worker decides by what it remembers, so that a batch is the first that the absent database misses."""
    del app
    async with AsyncExitStack() as running:
        reached = AsyncExitStack()
        recorder = await reached.enter_async_context(recording(cosmos_account.endpoint))
        served = await running.enter_async_context(application(cosmos_account, recorder.url))
        world = await make_world(http, served)
        timer = await world.started()
        await reached.aclose()

        answer = await world.user.post(f"time-entries/{timer['id']}/stop")

        answer.refused(503, "database_unavailable")
        assert int(answer.headers["Retry-After"]) >= 1


async def test_a_write_whose_next_attempt_can_not_read_is_of_unknown_outcome(world: World, faults: Faults) -> None:
    await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.DROP_BEFORE, Operation.BATCH, count=FOR_EVER))
    # The first attempt reads the project, and the others can't.
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.READ, container="project", skip=1, count=FOR_EVER))

    (await world.user.post("time-entries", past(world))).refused(503, "outcome_unknown")


async def test_a_write_that_was_applied_is_of_unknown_outcome_where_its_answer_can_not_be_made(
    world: World, faults: Faults
) -> None:
    """A change that refers to nothing new needs names only for its answer."""
    entry = await world.entry("10:00", "11:00")
    await forget_names(world)
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.QUERY, container="customer", count=FOR_EVER))

    (await world.user.put(f"time-entries/{entry['id']}", {"description": "x"})).refused(503, "outcome_unknown")

    faults.clear()
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok()["description"] == "x"


async def test_a_write_whose_references_can_not_be_looked_up_is_not_applied(world: World, faults: Faults) -> None:
    await world.entry("10:00", "11:00")
    await forget_names(world)
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.QUERY, container="customer", count=FOR_EVER))

    (await world.user.post("time-entries", past(world))).refused(503, "database_unavailable")

    faults.clear()
    assert await entries(world) == 1


async def test_a_refusal_by_the_rules_needs_no_names(world: World, faults: Faults) -> None:
    entry = await world.entry("10:00", "11:00")
    await world.entry("12:00", "13:00")
    await forget_names(world)
    faults.inject(Fault(Kind.UNAVAILABLE, Operation.QUERY, container="customer", count=FOR_EVER))

    overlapping = {"end_date": at("12:30")}
    (await world.user.put(f"time-entries/{entry['id']}", overlapping)).refused(422, "time_entry_overlap")
    (await world.user.get("time-entries", {"month": 3, "year": 2024})).refused(503, "database_unavailable")
