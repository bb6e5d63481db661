"""The migration that marks long entries, so that lists of everyone find those of older versions."""

from importlib import import_module

from shared.cosmos.items import own_fields
from shared.time_entries.rules import OVER_A_WEEK
from tests.calling import Item
from tests.world import World

MONTH = {"month": 3, "year": 2024, "timezone_offset": 0, "user_id": "*"}


async def older(world: World, start: str, end: str) -> Item:
    """An entry as an older version has written it."""
    entry = await world.entry(start, end)
    stored = await world.stored("time_entry", entry)
    stored.pop(OVER_A_WEEK, None)
    await world.app.container("time_entry").replace_item(entry["id"], stored)
    return entry


async def test_long_entries_of_older_versions_are_marked_and_nothing_else_is(world: World) -> None:
    long = await older(world, "2023-01-01T00:00:00Z", "2024-03-02T00:00:00Z")
    short = await older(world, "2024-03-05T00:00:00Z", "2024-03-06T00:00:00Z")
    tag = (await world.user.get(f"time-entries/{long['id']}")).headers["ETag"]
    before = [await world.stored("time_entry", one) for one in (long, short)]
    assert [one["id"] for one in (await world.admin.get("time-entries", MONTH)).ok()] == [short["id"]]

    for _ in range(2):
        await import_module("migrations.0002_mark_long_entries").run()

    after = [await world.stored("time_entry", one) for one in (long, short)]
    assert after[0][OVER_A_WEEK] is True
    assert own_fields(after[0]) == own_fields(before[0])
    assert after[1] == before[1]
    assert [one["id"] for one in (await world.admin.get("time-entries", MONTH)).ok()] == [short["id"], long["id"]]
    (await world.user.with_headers(If_Match=tag).put(f"time-entries/{long['id']}", {"description": "x"})).ok()
