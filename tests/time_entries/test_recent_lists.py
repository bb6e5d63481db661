"""Lists that reach to now, which one query reads unsorted: they hold what a query in order would."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl
from uuid import uuid4

import pytest

from shared.cosmos.items import PAGE_SIZE, own_fields
from shared.instants import format_instant
from tests.calling import Item, ago, instant_of, stored
from tests.world import World

Query = dict[str, Any]


async def day(world: World) -> list[Item]:
    """Yesterday, in which some entries touch and one is deleted, and a timer that runs."""
    other = await world.project_named("Other")
    clocks = [(30, 29), (29, 28), (27, 26.5), (26, 25), (20, 19)]
    entries = [await world.entry(ago(hours=start), ago(hours=end)) for start, end in clocks]
    await world.entry(ago(hours=24), ago(hours=23), project_id=other["id"], uri="TT-1")
    (await world.user.delete(f"time-entries/{entries[3]['id']}")).ok(204)
    return [*entries, await world.started(start_date=ago(hours=2))]


async def ids(world: World, query: Query, path: str = "time-entries", *, own: bool) -> tuple[list[str], int | None]:
    """What the user's own list holds, or the administrator's list of them, which is always read in order."""
    who, more = (world.user, {}) if own else (world.admin, {"user_id": world.user.user_id})
    body = (await who.get(path, {**query, **more})).ok()
    found, total = (body, None) if isinstance(body, list) else (body["data"], body["records_total"])
    return [entry["id"] for entry in found], total


def close_to(instant: datetime) -> list[str]:
    return [stored(instant + timedelta(milliseconds=shift)) for shift in (-1, 0, 1)]


async def test_a_list_that_reaches_to_now_holds_what_meets_it_newest_first(world: World) -> None:
    entries = await day(world)
    edges = [one for entry in entries for name in ("start_date", "end_date") if (one := entry[name])]
    firsts = [first for edge in edges for first in close_to(instant_of(edge))]

    for first in firsts:
        for more in (
            {},
            {"limit": 2},
            {"project_id": world.project["id"]},
            {"uri": "TT-1"},
            {"end_date": ago(hours=-5)},
        ):
            query = {"start_date": first, **more}
            assert await ids(world, query, own=True) == await ids(world, query, own=False), query


async def test_a_page_of_a_recent_list_has_the_whole_count(world: World) -> None:
    await day(world)
    for start in (0, 1, 3, 9):
        for length in (1, 2, 10):
            query = {"start_date": ago(hours=28.5), "start": start, "length": length}
            path = "time-entries/paginated"
            assert await ids(world, query, path, own=True) == await ids(world, query, path, own=False), query


async def test_a_recent_list_goes_on_by_its_cursor(world: World) -> None:
    await day(world)
    query: Query = {"start_date": ago(hours=40), "limit": 2}
    everything, _ = await ids(world, {"start_date": query["start_date"]}, own=True)
    found: list[str] = []

    while True:
        answer = await world.user.get("time-entries", query)
        found += [entry["id"] for entry in answer.ok()]
        if "Link" not in answer.headers:
            break
        query = dict(following(answer.headers["Link"]))

    assert found == everything
    assert len(found) == 6


def following(link: str) -> list[tuple[str, str]]:
    return parse_qsl(link.partition("?")[2].partition(">")[0])


@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated"])
async def test_a_recent_list_of_more_than_a_page_is_whole(world: World, path: str) -> None:
    entry = own_fields(await world.stored("time_entry", await world.entry(ago(hours=2), ago(hours=1))))
    begin = instant_of(entry["start_date"]) - timedelta(hours=PAGE_SIZE / 60 + 2)
    made = []
    for minute in range(PAGE_SIZE):
        start = begin + timedelta(minutes=minute)
        dates = {"start_date": format_instant(start), "end_date": format_instant(start + timedelta(minutes=1))}
        made.append({**entry, "id": str(uuid4()), **dates})
    for first in range(0, PAGE_SIZE, 100):
        await world.app.container("time_entry").execute_item_batch(
            [("create", (one,)) for one in made[first : first + 100]], [world.tenant_id, world.user.user_id]
        )
    query = {"start_date": format_instant(begin), "limit": 9999, "length": 9999}

    found, total = await ids(world, query, path, own=True)

    assert found == [entry["id"], *(one["id"] for one in reversed(made))]
    assert total in {None, PAGE_SIZE + 1}
