"""Lists of more entries than the database gives in a page: each entry once, in order, whatever part is asked for."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.faults import Fault, Kind, Operation
from embedded_cosmos.server import Server
from embedded_cosmos.testing import CosmosAccount
from shared.cosmos.items import PAGE_SIZE
from shared.instants import format_instant
from tests.application import Application, application
from tests.world import World, make_world

FIRST = datetime(2024, 3, 1, tzinfo=UTC)
COUNT = 2 * PAGE_SIZE + 30
BATCH = 100
RANGE = {
    "start_date": format_instant(FIRST),
    "end_date": format_instant(FIRST + timedelta(minutes=COUNT)),
    "timezone_offset": 0,
}


@pytest.fixture(scope="module")
async def long(server: Server, app: Application) -> AsyncIterator[tuple[World, list[str]]]:
    """A world whose user has worked minute after minute, and the ids of their entries, newest first.

    The last of them, the oldest, reaches into the range.
    """
    del app
    account = CosmosAccount(server.url, server.key, server.faults)
    async with application(account) as served, aiohttp.ClientSession() as http:
        world = await make_world(http, served)
        reaching_in = await world.entry("2024-02-29T23:00:00Z", "2024-03-01T00:00:00.5Z")
        entry = await world.stored("time_entry", reaching_in)
        like = {name: value for name, value in entry.items() if name == "_last_event_ctx" or name[0] != "_"}
        documents = [
            {
                **like,
                "id": str(uuid4()),
                "start_date": format_instant(FIRST + timedelta(minutes=minute, seconds=1)),
                "end_date": format_instant(FIRST + timedelta(minutes=minute + 1)),
            }
            for minute in range(COUNT)
        ]
        for at in range(0, COUNT, BATCH):
            await served.container("time_entry").execute_item_batch(
                [("create", (document,)) for document in documents[at : at + BATCH]],
                [world.tenant_id, world.user.user_id],
            )
        yield world, [*(document["id"] for document in reversed(documents)), reaching_in["id"]]


@pytest.mark.parametrize("everyone", [False, True])
@pytest.mark.parametrize("limit", [1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE, COUNT, COUNT + 1, 9_999])
async def test_a_list_holds_each_entry_once_newest_first(
    long: tuple[World, list[str]], limit: int, everyone: bool
) -> None:
    world, ids = long
    who, more = (world.admin, {"user_id": "*"}) if everyone else (world.user, {})

    listed = (await who.get("time-entries", {**RANGE, **more, "limit": limit})).ok()

    assert [entry["id"] for entry in listed] == ids[:limit]


@pytest.mark.parametrize("everyone", [False, True])
@pytest.mark.parametrize(
    ("start", "length"),
    [
        (0, COUNT + 1),
        (PAGE_SIZE - 1, PAGE_SIZE + 2),
        (COUNT - 1, 1),
        (COUNT - 1, 2),
        (COUNT, 1),
        (COUNT, 9_999),
        (COUNT + 1, 5),
    ],
)
async def test_any_part_of_a_paginated_list_can_be_asked_for(
    long: tuple[World, list[str]], start: int, length: int, everyone: bool
) -> None:
    world, ids = long
    who, more = (world.admin, {"user_id": "*"}) if everyone else (world.user, {})

    page = (await who.get("time-entries/paginated", {**RANGE, **more, "start": start, "length": length})).ok()

    assert page["records_total"] == COUNT + 1
    assert [entry["id"] for entry in page["data"]] == ids[start : start + length]


async def test_each_entry_of_a_list_is_as_it_is_by_itself(long: tuple[World, list[str]]) -> None:
    world, ids = long
    listed = {entry["id"]: entry for entry in (await world.user.get("time-entries", RANGE)).ok()}

    for entry_id in (ids[0], ids[PAGE_SIZE], ids[-1]):
        assert (await world.user.get(f"time-entries/{entry_id}")).ok() == listed[entry_id]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_a_list_that_breaks_off_on_a_later_page_is_no_answer(
    long: tuple[World, list[str]], server: Server, method: str
) -> None:
    """Rather than as many entries as there were."""
    world, _ = long
    # For the first page two queries are made side by side.
    fault = server.faults.inject(Fault(Kind.UNAVAILABLE, Operation.QUERY, 10**6, skip=2, container="time_entry"))

    answer = await world.user.call(method, "time-entries", RANGE)

    server.faults.clear()
    assert (answer.status, fault.hits > 0) == (503, True)
