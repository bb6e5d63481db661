"""Clients whose clocks are fast or slow lose no time, and are told the truth."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.calling import Item, ago, instant_of, stored
from tests.world import World


def ahead(**duration: float) -> str:
    return stored(datetime.now(UTC) + timedelta(**duration))


def seconds_of(entry: Item) -> float:
    return (instant_of(entry["end_date"]) - instant_of(entry["start_date"])).total_seconds()


async def test_a_clock_three_minutes_slow_clocks_in_after_clocking_out(world: World) -> None:
    first = await world.started(start_date=ago(minutes=20))
    stopped = (await world.user.post(f"time-entries/{first['id']}/stop")).ok()

    timer = await world.started(start_date=ago(minutes=3))

    assert timer["start_date"] == stopped["end_date"]


async def test_a_new_entry_of_a_fast_clock_keeps_its_length(world: World) -> None:
    entry = await world.entry(ahead(seconds=5), ahead(seconds=20))

    assert seconds_of(entry) == pytest.approx(15, abs=0.2)
    assert instant_of(entry["end_date"]) <= datetime.now(UTC)


async def test_a_new_entry_of_a_fast_clock_is_not_moved_into_the_entry_before(world: World) -> None:
    before = await world.entry(ago(minutes=30), ago(minutes=10))

    entry = await world.entry(before["end_date"], ahead(seconds=20))

    assert entry["start_date"] == before["end_date"]
    assert instant_of(entry["end_date"]) <= datetime.now(UTC)


async def test_of_an_update_by_a_fast_clock_only_the_end_is_moved(world: World) -> None:
    entry = await world.entry(ago(minutes=30), ago(minutes=10))

    moved = (await world.user.put(f"time-entries/{entry['id']}", {"end_date": ahead(seconds=20)})).ok()

    assert moved["start_date"] == entry["start_date"]
    assert instant_of(moved["end_date"]) <= datetime.now(UTC)


async def test_what_begins_and_ends_ahead_is_told_that_it_begins_ahead(world: World) -> None:
    entry = await world.entry(ago(minutes=30), ago(minutes=10))
    dates = {"start_date": ahead(seconds=20), "end_date": ahead(seconds=40)}

    refused = (await world.user.put(f"time-entries/{entry['id']}", dates)).refused(400, "start_in_future")

    assert list(refused["errors"]) == ["start_date"]


async def test_an_overlap_by_the_end_is_told_under_the_end(world: World) -> None:
    await world.entry(ago(minutes=30), ago(minutes=10))
    dates = {"start_date": ago(minutes=40), "end_date": ago(minutes=20)}

    refused = (await world.user.post("time-entries", {**world.references, **dates})).refused(422)

    assert list(refused["errors"]) == ["end_date"]
