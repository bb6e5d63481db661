"""Reports of more entries than a page holds: each counted once, in turns, and never faster than the database allows."""

import re
import time
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import aiohttp
import pytest

from embedded_cosmos.testing import CosmosAccount
from shared.cosmos.items import PAGE_SIZE
from shared.instants import format_instant
from tests.application import Application, application
from tests.calling import Item
from tests.world import World, make_world

FIRST = datetime(2024, 3, 1, tzinfo=UTC)
MINUTES = 3
COUNT = 2 * PAGE_SIZE + 10
OWNERS = 5
BATCH = 100
MARCH = {"start_date": "2024-03-01", "end_date": "2024-03-31", "timezone": "UTC", "user_id": "*"}


@pytest.fixture(scope="module")
async def crowded(app: Application, http: aiohttp.ClientSession) -> World:
    return await filled(await make_world(http, app))


async def filled(world: World) -> World:
    """Entries of three minutes each, one after another through the month, of five owners."""
    like = await world.stored("time_entry", await world.entry("2024-02-01T10:00:00Z", "2024-02-01T10:30:00Z"))
    spell = timedelta(days=31) / (COUNT // OWNERS + 1)
    for owner_id in (str(uuid4()) for _ in range(OWNERS)):
        made: list[Any] = []
        for number in range(COUNT // OWNERS):
            start = FIRST + number * spell
            dates = {
                "start_date": format_instant(start),
                "end_date": format_instant(start + timedelta(minutes=MINUTES)),
            }
            made.append(("create", ({**like, **dates, "id": str(uuid4()), "owner_id": owner_id},)))
        for at in range(0, len(made), BATCH):
            partition = [world.tenant_id, owner_id]
            await world.app.container("time_entry").execute_item_batch(made[at : at + BATCH], partition)
    return world


async def report(world: World, path: str = "reports/time", **query: str) -> Item:
    found: Item = (await world.admin.get(path, {**MARCH, **query})).ok()
    return found


async def test_each_entry_of_every_slice_is_counted_once(crowded: World) -> None:
    whole = await report(crowded, group_by="user,day")
    open_range = await report(crowded, group_by="user", end_date="")
    rows = await report(crowded, "reports/entries")

    assert whole["entries"] == len(rows["data"]) == COUNT
    assert whole["seconds"] == rows["seconds"] == COUNT * MINUTES * 60
    assert open_range["entries"] == COUNT
    assert [group["entries"] for group in whole["groups"]] == [COUNT // OWNERS] * OWNERS
    assert len(whole["groups"][0]["groups"]) == 31
    starts = [row["start_date"] for row in rows["data"]]
    assert starts == sorted(starts, reverse=True)


async def test_an_entry_that_reaches_over_the_edge_of_a_slice_is_counted_once(crowded: World) -> None:
    """The middle of the month is such an edge."""
    middle = FIRST + timedelta(days=15, hours=12)
    dates = {
        "start_date": (middle - timedelta(hours=1)).isoformat(),
        "end_date": (middle + timedelta(hours=1)).isoformat(),
    }
    entry = (await crowded.user.post("time-entries", {**crowded.references, **dates})).ok(201)

    assert (await report(crowded, user_id=crowded.user.user_id))["seconds"] == 7200
    (await crowded.user.delete(f"time-entries/{entry['id']}")).ok(204)


async def test_reports_read_with_a_third_of_the_throughput(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession
) -> None:
    async with application(cosmos_account, COSMOS_THROUGHPUT="150") as app:
        world = await filled(await make_world(http, app))
        # What was charged before is earned by then.
        began = time.monotonic()
        await report(world)
        first = time.monotonic() - began
        await report(world)

        # Its pages are charged more than 90 units, of which 50 a second are its share.
        assert time.monotonic() - began - first >= 1.5


async def test_a_report_that_cannot_be_read_in_time_is_refused_and_says_how_many_there_are(
    cosmos_account: CosmosAccount, http: aiohttp.ClientSession
) -> None:
    async with application(cosmos_account, COSMOS_THROUGHPUT="15") as app:
        world = await filled(await make_world(http, app))

        answer = await world.admin.get("reports/entries", MARCH)

        refused = answer.refused(422, "report_too_large")
        assert re.match(rf"There are {COUNT} time entries, more than can be read in time", refused["message"])
