"""Batches, races, locks and files that are cut off: whatever happens, nothing is made twice and nothing is half."""

import asyncio
import random
from collections import Counter

import aiohttp
import pytest

from embedded_cosmos.faults import Fault, Faults, Kind, Operation
from tests.application import Application
from tests.imports.importing import (
    GENERIC,
    HARVEST,
    entries,
    failures,
    file_of,
    generic,
    imported,
    send,
)
from tests.world import World, make_world


def many(count: int, *, first_day: int = 1) -> list[str]:
    """So many rows of a quarter of an hour, 60 a day."""
    rows = []
    for number in range(count):
        day, quarter = divmod(number, 60)
        clock = f"{6 + quarter // 4:02}:{quarter % 4 * 15:02}:00Z"
        end = f"{6 + (quarter + 1) // 4:02}:{(quarter + 1) % 4 * 15:02}:00Z"
        rows.append(
            generic(f"2024-03-{first_day + day:02}T{clock}", f"2024-03-{first_day + day:02}T{end}", f"Row {number}")
        )
    return rows


async def test_more_rows_than_a_batch_takes_come_in_any_order(world: World) -> None:
    rows = many(130)
    random.Random(1).shuffle(rows)

    result = await imported(world.user, file_of(GENERIC, *rows))

    assert (result["created"], result["failed"]) == (130, [])
    assert [one["description"] for one in await entries(world.user)] == [f"Row {number}" for number in range(130)]


async def test_the_same_file_by_two_at_once_makes_nothing_double(world: World) -> None:
    file = file_of(GENERIC, *many(60))

    results = await asyncio.gather(*(imported(world.user, file) for _ in range(3)))

    assert sum(result["created"] for result in results) == 60
    assert sum(result["unchanged"] for result in results) == 120
    assert [result["failed"] for result in results] == [[], [], []]
    made = await entries(world.user)
    assert Counter(one["description"] for one in made) == Counter(f"Row {number}" for number in range(60))
    for entry in made[:3]:
        assert len(await world.outbox("time_entry", entry)) == 1


async def test_rows_without_clock_times_are_made_once_in_a_race(world: World) -> None:
    file = file_of(HARVEST, *["2024-03-05,Customer,Project,,Activity,,0.5,Yes,No,No,,,,Yes,,,,,," for _ in range(8)])

    results = await asyncio.gather(*(imported(world.user, file, "harvest", "UTC") for _ in range(3)))

    assert sum(result["created"] for result in results) == 8
    assert len(await entries(world.user)) == 8


async def test_it_gives_way_to_somebody_who_clocks_in_meanwhile(world: World) -> None:
    async def clock() -> int:
        done = 0
        for hour in range(6):
            start, end = f"2024-03-20T{hour:02}:00:00.0000000Z", f"2024-03-20T{hour:02}:30:00.0000000Z"
            await world.entry(start, end)
            done += 1
        return done

    result, done = await asyncio.gather(imported(world.user, file_of(GENERIC, *many(120))), clock())

    assert (result["created"], done) == (120, 6)
    assert len(await entries(world.user)) == 126


async def test_texts_that_are_too_long_for_one_batch_come_in_several(world: World) -> None:
    long = "\U0001f600" * 1490
    hours = [f"2024-03-{day:02}T{hour:02}" for day in (1, 2) for hour in range(24)]
    rows = [generic(f"{hour}:00:00Z", f"{hour}:30:00Z", f"{long}{number}") for number, hour in enumerate(hours)]

    result = await imported(world.user, file_of(GENERIC, *rows))

    assert (result["created"], result["failed"]) == (48, [])


async def submitted(world: World, day: str) -> str:
    body = {"start_date": day, "end_date": day, "timezone": "UTC"}
    return str((await world.user.post("timesheets", body)).ok(201)["id"])


async def test_locked_periods_hold_row_by_row(world: World) -> None:
    file = file_of(
        GENERIC,
        generic("2024-03-04T09:00:00Z", "2024-03-04T10:00:00Z"),
        generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z"),
        generic("2024-03-04T23:30:00Z", "2024-03-05T00:30:00Z"),
        generic("2024-03-06T00:00:00Z", "2024-03-06T01:00:00Z"),
    )
    timesheet = await submitted(world, "2024-03-05")

    dry = await imported(world.user, file, dry_run="true")
    result = await imported(world.user, file)

    assert failures(dry) == failures(result) == [(3, "period_locked"), (4, "period_locked")]
    assert result["created"] == 2
    (await world.user.post(f"timesheets/{timesheet}/withdraw")).ok()
    assert (await imported(world.user, file))["created"] == 2


async def test_rows_without_clock_times_do_not_go_into_a_locked_day(world: World) -> None:
    await submitted(world, "2024-03-05")
    row = "{},Customer,Project,,Activity,,1.0,Yes,No,No,,,,Yes,,,,,,"

    result = await imported(
        world.user, file_of(HARVEST, row.format("2024-03-05"), row.format("2024-03-06")), "harvest", "UTC"
    )

    assert (failures(result), result["created"]) == ([(2, "period_locked")], 1)


async def test_what_is_locked_is_not_taken_back(world: World) -> None:
    result = await imported(
        world.user,
        file_of(
            GENERIC,
            generic("2024-03-04T09:00:00Z", "2024-03-04T10:00:00Z"),
            generic("2024-03-05T09:00:00Z", "2024-03-05T10:00:00Z"),
        ),
    )
    await submitted(world, "2024-03-05")
    _, locked = await entries(world.user)

    assert (await world.user.delete(f"imports/{result['import_id']}")).ok() == {
        "deleted": 1, "kept": [{"id": locked["id"], "code": "period_locked"}],
    }  # fmt: skip


@pytest.fixture
async def shaky(flaky: Application, http: aiohttp.ClientSession) -> World:
    """A tenant in a database into which faults can be injected."""
    return await make_world(http, flaky)


@pytest.mark.parametrize("kind", [Kind.DROP_BEFORE, Kind.DROP_AFTER, Kind.UNAVAILABLE, Kind.THROTTLE])
async def test_what_the_database_did_not_answer_is_made_once(shaky: World, faults: Faults, kind: Kind) -> None:
    file = file_of(GENERIC, *many(100))
    fault = faults.inject(Fault(kind, Operation.BATCH, skip=1, count=2, seconds=0.01))

    result = await imported(shaky.user, file)

    assert fault.hits == 2
    assert (result["created"], result["unchanged"], result["failed"]) == (100, 0, [])
    assert len(await entries(shaky.user)) == 100


async def test_a_file_that_is_cut_off_says_so_and_is_completed_when_it_comes_again(
    shaky: World, faults: Faults
) -> None:
    file = file_of(GENERIC, *many(100))
    faults.inject(Fault(Kind.DROP_BEFORE, Operation.BATCH, skip=2, count=10_000))
    (await send(shaky.user, file)).refused(503, "outcome_unknown")
    faults.clear()
    assert len(await entries(shaky.user)) == 49

    again = await imported(shaky.user, file)

    assert (again["created"], again["unchanged"]) == (51, 49)
    assert (await shaky.user.delete(f"imports/{again['import_id']}")).ok() == {"deleted": 100, "kept": []}


async def test_a_file_that_is_cut_off_can_be_taken_back(shaky: World, faults: Faults) -> None:
    file = file_of(GENERIC, *many(100))
    import_id = (await imported(shaky.user, file_of(GENERIC, *many(100)), dry_run="true"))["import_id"]
    assert import_id is None
    faults.inject(Fault(Kind.DROP_BEFORE, Operation.BATCH, skip=2, count=10_000))
    (await send(shaky.user, file)).refused(503, "outcome_unknown")
    faults.clear()
    (entry, *_) = await entries(shaky.user)
    stored = await shaky.stored("time_entry", entry)

    assert (await shaky.user.delete(f"imports/{stored['import_id']}")).ok() == {"deleted": 49, "kept": []}
