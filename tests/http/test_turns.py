"""Large lists take turns, so that many at once are answered one after another, refused, and in nobody's way."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
import azure.functions as func
import pytest

from embedded_cosmos.faults import Fault, Kind, Operation
from embedded_cosmos.server import Server
from embedded_cosmos.testing import CosmosAccount
from functions.http_time_entries.routes import ROUTES
from shared.errors import ApiError
from shared.http.dispatch import respond
from shared.http.turns import (
    LARGE_AFTER_ENTRIES,
    LARGE_AT_ONCE,
    LARGE_PATIENCE_SECONDS,
    LARGE_WAITING,
    Turns,
    large_lists,
)
from shared.instants import format_instant
from tests.application import Application, application
from tests.calling import Answer
from tests.world import World, make_world

FIRST = datetime(2024, 3, 10, tzinfo=UTC)
COUNT = LARGE_AFTER_ENTRIES + 60
BATCH = 100
LARGE = [
    "time-entries?month=3&year=2024",
    "time-entries/paginated?month=3&year=2024&length=9999",
    "reports/time?month=3&year=2024",
    "reports/entries?month=3&year=2024",
]
FOR_EVER = 10**6


async def settled() -> None:
    """Let every task that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


class Held:
    """Tasks that hold a turn until they are let go."""

    def __init__(self, turns: Turns) -> None:
        self._turns = turns
        self._go = asyncio.Event()
        self.running = 0
        self.tasks: list[asyncio.Task[None]] = []

    async def add(self, count: int) -> None:
        self.tasks += [asyncio.create_task(self._hold()) for _ in range(count)]
        await settled()

    async def let_go(self) -> None:
        self._go.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _hold(self) -> None:
        async with self._turns.turn():
            self.running += 1
            await self._go.wait()
            self.running -= 1


async def test_so_many_run_so_many_wait_and_the_rest_are_refused_at_once() -> None:
    held = Held(Turns(2, 3, 60))
    await held.add(5)
    assert held.running == 2

    with pytest.raises(ApiError, match="Too many large lists") as refused:
        async with held._turns.turn():
            pass
    assert (refused.value.status, refused.value.code) == (503, "busy")
    assert int(refused.value.headers["Retry-After"]) >= 1

    await held.let_go()
    assert [task.exception() for task in held.tasks] == [None] * 5


async def test_who_waits_too_long_is_refused_and_leaves_the_place_to_another() -> None:
    turns = Turns(1, 1, 0.01)
    held = Held(turns)
    await held.add(1)
    for _ in range(3):
        with pytest.raises(ApiError, match="Too many large lists"):
            async with turns.turn():
                pass

    await held.let_go()
    async with turns.turn():
        pass


async def test_a_request_that_is_given_up_frees_its_turn_or_its_place() -> None:
    turns = Turns(1, 1, 60)
    held = Held(turns)
    await held.add(2)
    for task in held.tasks:
        task.cancel()
    await settled()

    again = Held(turns)
    await again.add(2)
    assert again.running == 1
    await again.let_go()
    assert [task.exception() for task in again.tasks] == [None, None]


async def test_sixteen_that_come_at_once_all_have_their_turn_two_at_a_time() -> None:
    turns = Turns(LARGE_AT_ONCE, LARGE_WAITING, 60)
    running, most = 0, 0

    async def make() -> None:
        nonlocal running, most
        async with turns.turn():
            running += 1
            most = max(most, running)
            await settled()
            running -= 1

    await asyncio.gather(*(make() for _ in range(16)))

    assert most == LARGE_AT_ONCE


@pytest.fixture(scope="module")
async def crowded(server: Server, app: Application, http: aiohttp.ClientSession) -> AsyncIterator[World]:
    """A world whose user has a large list."""
    del app
    async with application(CosmosAccount(server.url, server.key, server.faults)) as served:
        world = await make_world(http, served)
        entry = await world.stored("time_entry", await world.entry("2024-02-29T23:00:00Z", "2024-02-29T23:01:00Z"))
        own = {name: value for name, value in entry.items() if name[0] != "_"}
        documents = [
            own
            | {"id": str(uuid4())}
            | {
                name: format_instant(FIRST + timedelta(minutes=minute, seconds=seconds))
                for name, seconds in (("start_date", 0), ("end_date", 60))
            }
            for minute in range(COUNT)
        ]
        for at in range(0, COUNT, BATCH):
            await served.container("time_entry").execute_item_batch(
                [("create", (document,)) for document in documents[at : at + BATCH]],
                [world.tenant_id, world.user.user_id],
            )
        yield world
        server.faults.clear()


@pytest.mark.parametrize("path", LARGE)
async def test_only_a_list_that_goes_on_takes_a_turn(crowded: World, path: str) -> None:
    held = Held(large_lists())
    await held.add(LARGE_AT_ONCE + LARGE_WAITING)
    try:
        (await crowded.user.get(path)).refused(503, "busy")
        (await crowded.user.get("time-entries?month=3&year=2024&limit=100")).ok()
        (await crowded.user.get("time-entries/running")).ok(204)
    finally:
        await held.let_go()

    (await crowded.user.get(path)).ok()


async def test_a_report_that_is_given_up_frees_its_turn(crowded: World, server: Server) -> None:
    request = func.HttpRequest(
        "GET",
        "/",
        headers={"authorization": f"Bearer {crowded.user.token}"},
        params={"month": "3", "year": "2024"},
        route_params={},
        body=b"",
    )
    for _ in range(LARGE_AT_ONCE):
        # The first page takes two queries; the third reads the next page.
        hanging = server.faults.inject(
            Fault(Kind.DELAY, Operation.QUERY, container="time_entry", skip=2, count=FOR_EVER, seconds=30)
        )
        report = asyncio.create_task(respond(ROUTES, request))
        async with asyncio.timeout(5):
            while not hanging.hits:  # noqa: ASYNC110 - the database runs in another thread
                await asyncio.sleep(0.01)
        report.cancel()
        with suppress(asyncio.CancelledError):
            await report
        server.faults.clear()
    await settled()

    async with asyncio.timeout(5):
        async with large_lists().turn(), large_lists().turn():
            pass


async def test_of_many_reports_at_once_as_many_are_answered_as_can_be_and_timers_are_not_held_up(
    crowded: World,
) -> None:
    held = Held(large_lists())
    await held.add(LARGE_AT_ONCE)
    reports = [asyncio.create_task(crowded.user.get("time-entries?month=3&year=2024")) for _ in range(64)]
    timers: list[Answer] = []
    try:
        async with asyncio.timeout(LARGE_PATIENCE_SECONDS):
            # Until the places to wait are taken, and all others are refused.
            while sum(report.done() for report in reports) < len(reports) - LARGE_WAITING:
                timers.append(await crowded.admin.get("time-entries/running"))
    finally:
        await held.let_go()
    while not all(report.done() for report in reports):
        timers.append(await crowded.admin.get("time-entries/running"))

    answers = await asyncio.gather(*reports)

    assert Counter(answer.status for answer in answers) == {200: LARGE_WAITING, 503: len(reports) - LARGE_WAITING}
    for answer in answers:
        if answer.status == 200:
            assert len(answer.body) == COUNT
        else:
            answer.refused(503, "busy")
            assert int(answer.headers["Retry-After"]) >= 1
    assert {timer.status for timer in timers} == {204}
    # They do not wait until the reports are made.
    assert len(timers) > 2
