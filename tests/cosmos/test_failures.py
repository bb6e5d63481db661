"""A throttled or flaky database costs time, never data; what can't be served says so, soon, and when to come again.

Faults are injected into an embedded database of these tests' own.
"""

import asyncio
import random
from collections import Counter
from time import perf_counter

import aiohttp
import pytest

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from shared.time_entries.remembered import memory
from tests.application import Application
from tests.calling import Answer, Item, at
from tests.world import World, make_world

PATIENCE_SECONDS = 10
FOR_EVER = 10**6


@pytest.fixture
async def world(flaky: Application, http: aiohttp.ClientSession) -> World:
    return await make_world(http, flaky)


async def call(world: World, name: str, entry: Item) -> Answer:
    one = f"time-entries/{entry['id']}"
    past = {"start_date": at("12:00"), "end_date": at("13:00")}
    calls: dict[str, tuple[str, str, Item | None]] = {
        "list": ("GET", "time-entries?month=3&year=2024", None),
        "get": ("GET", one, None),
        "running": ("GET", "time-entries/running", None),
        "create": ("POST", "time-entries", {**world.references, **past}),
        "start": ("POST", "time-entries", world.references),
        "update": ("PUT", one, {"description": "new"}),
        "restart": ("POST", f"{one}/restart", None),
        "delete": ("DELETE", one, None),
        "customer": ("POST", "customers", {"name": "Another"}),
    }
    method, path, body = calls[name]
    return await (world.admin if name == "customer" else world.user).call(method, path, json=body)


WRITES = ["create", "start", "update", "restart", "delete", "customer"]
EVERYTHING = ["list", "get", "running", *WRITES]


async def state_of(world: World) -> tuple[list[Item], Counter[str]]:
    """The user's live entries, and how many writes of each entry the events report."""
    keys = [world.tenant_id, world.user.user_id]
    found = world.app.container("time_entry").query_items("SELECT * FROM c", partition_key=keys)
    documents = [dict(document) async for document in found]
    events = Counter(one["event"]["item_id"] for one in documents if one.get("kind") == "event")
    return [one for one in documents if "kind" not in one and "deleted" not in one], events


@pytest.mark.parametrize("name", EVERYTHING)
async def test_a_short_throttle_only_costs_time(world: World, faults: Faults, name: str) -> None:
    entry = await world.entry("10:00", "11:00")
    fault = faults.inject(Fault(Kind.THROTTLE, count=2, seconds=0.02))

    assert (await call(world, name, entry)).status in {200, 201, 204}
    assert fault.hits == 2


@pytest.mark.parametrize("kind", [Kind.DROP_AFTER, Kind.DROP_BEFORE])
@pytest.mark.parametrize("name", WRITES)
async def test_a_connection_dropped_about_a_write_loses_and_doubles_nothing(
    world: World, faults: Faults, name: str, kind: Kind
) -> None:
    entry = await world.entry("10:00", "11:00")
    # A write of the catalog is announced by another batch, whose loss is another test's.
    written_to = "customer" if name == "customer" else "time_entry"
    fault = faults.inject(Fault(kind, Operation.BATCH, container=written_to))

    answer = await call(world, name, entry)

    assert fault.hits == 1
    assert answer.status in {200, 201, 204}
    live, events = await state_of(world)
    expected = {"create": [1, 1], "start": [1, 1], "update": [2], "restart": [2], "delete": [2], "customer": [1]}
    assert sorted(events.values()) == expected[name]
    assert len(live) == {"create": 2, "start": 2, "delete": 0}.get(name, 1)
    if name == "customer":
        assert len((await world.user.get("customers")).ok()) == 2
        assert len(await world.outbox("customer", answer.body)) == 1


async def test_a_write_whose_answer_never_comes_is_made_once(world: World, faults: Faults) -> None:
    entry = await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.DROP_AFTER, Operation.BATCH, count=FOR_EVER))

    answers = await asyncio.gather(*(call(world, name, entry) for name in ("create", "create", "create", "update")))

    faults.clear()
    # Each is found by its event, or by what it left in the others' way.
    assert sorted(answer.status for answer in answers) == [200, 201, 422, 422]
    live, events = await state_of(world)
    assert (len(live), sorted(events.values())) == (2, [1, 2])
    made = next(answer.body for answer in answers if answer.status == 201)
    assert (await world.user.get(f"time-entries/{made['id']}")).ok() == made


async def test_what_is_throttled_or_away_for_long_says_when_to_come_again(world: World, faults: Faults) -> None:
    entry = await world.entry("10:00", "11:00")
    # Nothing is remembered of the owner, so that each write begins with a read.
    memory.cache_clear()
    for kind, status, code in ((Kind.THROTTLE, 429, "throttled"), (Kind.UNAVAILABLE, 503, "database_unavailable")):
        faults.inject(Fault(kind, count=FOR_EVER, seconds=0.05))
        began = perf_counter()

        answers = await asyncio.gather(*(call(world, name, entry) for name in EVERYTHING))

        assert perf_counter() - began < PATIENCE_SECONDS
        for answer in answers:
            assert answer.refused(status, code)["message"]
            assert int(answer.headers["Retry-After"]) >= 1
        faults.clear()
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry
    live, events = await state_of(world)
    assert (len(live), sum(events.values())) == (1, 1)


async def test_writes_of_an_outage_may_be_sent_again_once_the_first_of_it_have_met_it(
    world: World, faults: Faults
) -> None:
    """The first go by what the worker remembers: they have sent their batch by the time they meet it."""
    entry = await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.UNAVAILABLE, count=FOR_EVER))

    codes = [(await call(world, "update", entry)).refused(503)["code"] for _ in range(6)]

    assert codes == sorted(codes, reverse=True)
    assert codes.count("outcome_unknown") == 2
    assert codes.count("database_unavailable") == 4


@pytest.mark.parametrize("kind", [Kind.UNAVAILABLE, Kind.THROTTLE])
async def test_a_database_that_is_away_is_not_asked_again_because_of_what_is_remembered(
    world: World, faults: Faults, kind: Kind
) -> None:
    """What lies about an entry of the past has to be looked up, whether the timeline is remembered or read."""
    entry = await world.entry("10:00", "11:00")
    asked = []
    for known in (True, False):
        if not known:
            memory.cache_clear()
        fault = faults.inject(Fault(kind, Operation.QUERY, container="time_entry", count=FOR_EVER, seconds=0.01))
        earlier = {**world.references, "start_date": at("08:00"), "end_date": at("09:00")}
        assert (await world.user.post("time-entries", earlier)).status in {429, 503}
        asked.append(fault.hits)
        faults.clear()

    # The two queries of a look are sent side by side, so that the number differs a little.
    assert asked[0] == pytest.approx(asked[1], rel=0.3)
    assert (await world.user.get(f"time-entries/{entry['id']}")).ok() == entry


async def test_a_database_that_does_not_answer_is_503_within_ten_seconds(world: World, faults: Faults) -> None:
    """Reads that hang, and writes whose connection always breaks: side by side, for both take their time."""
    entry = await world.entry("10:00", "11:00")
    faults.inject(Fault(Kind.DELAY, container="customer", count=FOR_EVER, seconds=30))
    broken = faults.inject(Fault(Kind.DROP_BEFORE, Operation.BATCH, container="time_entry", count=FOR_EVER))
    began = perf_counter()

    answers = await asyncio.gather(
        world.user.get("customers"),
        world.user.get(f"customers/{world.customer['id']}"),
        world.admin.post("customers", {"name": "New"}),
        *(call(world, name, entry) for name in ("create", "start", "update", "delete")),
    )

    assert perf_counter() - began < PATIENCE_SECONDS
    assert {answer.status for answer in answers} == {503}
    assert broken.hits > 4
    faults.clear()
    live, events = await state_of(world)
    assert (len(live), sum(events.values())) == (1, 1)


async def test_many_writes_through_many_faults_leave_what_they_said(world: World, faults: Faults) -> None:
    dice = random.Random(7)
    for _ in range(12):
        kind = dice.choice([Kind.DROP_AFTER, Kind.DROP_BEFORE, Kind.THROTTLE, Kind.UNAVAILABLE])
        operation = dice.choice([Operation.BATCH, Operation.READ, Operation.QUERY])
        faults.inject(Fault(kind, operation, skip=dice.randrange(6), seconds=0.01))
    hours = [{"start_date": at(f"{hour:02}:00"), "end_date": at(f"{hour + 1:02}:00")} for hour in range(20)]

    answers = await asyncio.gather(*(world.user.post("time-entries", {**world.references, **dates}) for dates in hours))

    faults.clear()
    live, events = await state_of(world)
    made = {answer.body["id"] for answer in answers if answer.status == 201}
    assert {answer.status for answer in answers} <= {201, 429, 503}
    assert len(made) >= 15
    assert made <= {one["id"] for one in live}
    assert len({one["start_date"] for one in live}) == len(live) <= 20
    assert all(events[one["id"]] == 1 for one in live)
    # What was said not to be known may be there; what was said to be refused may not.
    assert len(live) <= len(made) + len([answer for answer in answers if answer.status == 503])
