"""Entries that begin before a range and reach into it, in lists of everyone: short, long, and running ones."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from embedded_cosmos.sql.query import execute
from embedded_cosmos.tests.sql_table import Table
from shared.cosmos.items import own_fields
from shared.instants import format_instant
from shared.time_entries.lists import TENANT_REACHING_IN
from shared.time_entries.rules import OVER_A_WEEK, WEEK, length_mark
from tests.calling import Item, Person, at
from tests.world import World

MONTH = {"month": 3, "year": 2024, "timezone_offset": 0}


async def listed(who: Person, query: dict[str, Any]) -> list[str]:
    return [entry["id"] for entry in (await who.get("time-entries", {**query, "user_id": "*"})).ok()]


@pytest.mark.parametrize(
    ("start", "end", "reaches"),
    [
        ("2024-02-29T23:00:00Z", "2024-03-01T00:00:00.001Z", True),
        ("2024-02-29T23:00:00Z", "2024-03-01T00:00:00Z", False),
        ("2024-02-23T00:00:00.001Z", "2024-03-01T00:00:00.001Z", True),
        ("2024-02-23T00:00:00Z", "2024-03-01T00:00:00.001Z", True),
        ("2024-02-28T00:00:00Z", "2024-03-07T00:00:00Z", True),
        ("2024-02-24T00:00:00Z", "2024-03-08T00:00:00.001Z", True),
        ("2023-01-01T00:00:00Z", "2024-03-01T00:00:00.001Z", True),
        ("2023-01-01T00:00:00Z", "2026-03-01T00:00:00Z", True),
        ("2023-01-01T00:00:00Z", "2024-03-01T00:00:00Z", False),
        ("2024-02-29T23:00:00Z", None, True),
        ("2020-02-29T23:00:00Z", None, True),
        ("2024-04-01T00:00:00Z", None, False),
    ],
)
async def test_what_reaches_into_a_month_is_in_the_list_of_everyone_once(
    world: World, start: str, end: str | None, reaches: bool
) -> None:
    colleague = world.person()
    within = await world.entry("10:00", "11:00", who=colleague)
    entry = await world.entry(start, end)

    found = await listed(world.admin, MONTH)

    assert found == ([within["id"], entry["id"]] if reaches else [within["id"]])
    page = (await world.admin.get("time-entries/paginated", {**MONTH, "user_id": "*"})).ok()
    assert page["records_total"] == len(found)


async def test_an_entry_is_marked_as_long_as_it_is_longer_than_a_week(world: World) -> None:
    async def marked(item: Item) -> bool:
        return OVER_A_WEEK in await world.stored("time_entry", item)

    eight_days = await world.entry("2024-01-01T00:00:00Z", "2024-01-09T00:00:00Z")
    path = f"time-entries/{eight_days['id']}"

    assert await marked(eight_days)
    (await world.user.put(path, {"description": "x"})).ok()
    assert await marked(eight_days)
    (await world.user.put(path, {"end_date": "2024-01-08T00:00:00Z"})).ok()
    assert not await marked(eight_days)
    (await world.user.put(path, {"end_date": "2024-01-08T00:00:00.001Z"})).ok()
    assert await marked(eight_days)
    (await world.user.post(f"{path}/restart")).ok()
    assert not await marked(eight_days)
    (await world.user.post(f"{path}/stop")).ok()
    assert await marked(eight_days)


def years(first: int, last: int) -> Iterator[Item]:
    """Eight hours of each day of these years, of ten people, one after another."""
    day, end = datetime(first, 1, 1, 8, tzinfo=UTC), datetime(last + 1, 1, 1, tzinfo=UTC)
    while day < end:
        dates = {"start_date": format_instant(day), "end_date": format_instant(day + timedelta(hours=8))}
        yield {"id": str(uuid4()), "tenant_id": "t", "owner_id": f"o{day.day % 10}", "project_id": "p", **dates}
        day += timedelta(days=1)


def work(table: Table, text: str) -> int:
    """How many steps SQLite takes, in tens: what is charged for an index of Cosmos DB hangs on the same."""
    first = datetime(2020, 3, 1, tzinfo=UTC)
    week = {"@week_before": format_instant(first - WEEK), "@week_after": format_instant(first + WEEK)}
    nothing = dict.fromkeys(("@projects", "@activities", "@uri", "@billable", "@owners"))
    parameters: dict[str, Any] = {"@tenant": "t", "@hidden": [], "@first": format_instant(first), **week, **nothing}
    taken: list[None] = []
    for _ in range(2):
        # The first run makes the index.
        table.db.set_progress_handler(lambda: taken.append(None), 10)
        taken.clear()
        execute(table.db, table.source(pk=None), text, parameters, page_size=500, after=None)
    table.db.set_progress_handler(None, 10)
    return len(taken)


@pytest.mark.parametrize("text", TENANT_REACHING_IN, ids=["short", "long", "running"])
def test_what_reaches_into_an_old_month_is_found_without_a_look_at_the_other_years(text: str) -> None:
    """Ten years of data, or one year: the same work, give or take the depth of the index."""
    table = Table()
    table.pretend_to_be_large()
    few = [*years(2020, 2020)]
    table.put(few)
    table.put([{**few[0], "id": "long", "start_date": "2019-01-01", "end_date": "2021-01-01", OVER_A_WEEK: True}])
    table.put([{**few[0], "id": "running", "start_date": "2019-01-01", "end_date": None}])
    young = work(table, text)

    table.put(years(2011, 2019))
    table.put(years(2021, 2029))

    assert work(table, text) <= young * 1.2


def test_a_week_is_not_longer_than_a_week() -> None:
    """And an entry that runs is not yet long."""
    start = datetime(2024, 3, 1, tzinfo=UTC)
    dates = [start + WEEK, start + WEEK + timedelta(milliseconds=1)]

    assert [length_mark({"start_date": format_instant(start), "end_date": format_instant(end)}) for end in dates] == [
        {},
        {OVER_A_WEEK: True},
    ]
    assert length_mark({"start_date": at("00:00", "2001-01-01"), "end_date": None}) == {}
    assert OVER_A_WEEK not in own_fields({OVER_A_WEEK: True})
