"""The newest entry of each project, and the worked time of the present day, week and month."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.calling import Item, ago, instant_of, stored
from tests.world import World

NOTHING = {"hours": 0, "minutes": 0, "seconds": 0.0}


async def test_latest_is_the_newest_entry_of_each_project(world: World) -> None:
    other = await world.project_named("Other")
    for days in (3, 2):
        await world.entry(ago(days=days, hours=1), ago(days=days))
        await world.entry(ago(days=days, hours=3), ago(days=days, hours=2), project_id=other["id"])
    newest = await world.entry(ago(days=1, hours=3), ago(days=1))
    of_other = await world.entry(ago(days=1, hours=6), ago(days=1, hours=5), project_id=other["id"])
    await world.entry(ago(minutes=9), ago(minutes=8), who=world.admin)

    assert (await world.user.get("time-entries/latest")).ok() == [newest, of_other]


async def test_latest_holds_the_running_entry(world: World) -> None:
    await world.entry(ago(hours=2), ago(hours=1))
    timer = await world.started()

    assert (await world.user.get("time-entries/latest")).ok() == [timer]


async def test_latest_goes_back_31_days(world: World) -> None:
    other = await world.project_named("Other")
    await world.entry(ago(days=33), ago(days=32), project_id=other["id"])
    assert (await world.user.get("time-entries/latest")).ok() == []

    recent = await world.entry(ago(days=30, hours=23), ago(days=30, hours=22))
    assert (await world.user.get("time-entries/latest")).ok() == [recent]


async def test_latest_leaves_deleted_entries_out(world: World) -> None:
    earlier = await world.entry(ago(hours=4), ago(hours=3))
    later = await world.entry(ago(hours=2), ago(hours=1))
    (await world.user.delete(f"time-entries/{later['id']}")).ok(204)

    assert (await world.user.get("time-entries/latest")).ok() == [earlier]


def seconds(shown: dict[str, Any]) -> float:
    """A duration of the summary, after a look at its shape."""
    assert set(shown) == {"hours", "minutes", "seconds"}
    assert type(shown["hours"]) is type(shown["minutes"]) is int
    assert type(shown["seconds"]) is float
    assert 0 <= shown["minutes"] < 60
    assert 0 <= shown["seconds"] < 60
    return float(shown["hours"] * 3600 + shown["minutes"] * 60 + shown["seconds"])


async def summary(world: World, offset: int | None = None) -> dict[str, float]:
    answer = (await world.user.get("time-entries/summary", {} if offset is None else {"time_offset": offset})).ok()
    assert list(answer) == ["day", "week", "month"]
    return {name: seconds(duration) for name, duration in answer.items()}


def begin(offset: int) -> dict[str, datetime]:
    """Where the present local day, week and month begin."""
    local = datetime.now(UTC) - timedelta(minutes=offset)
    day = local.replace(hour=0, minute=0, second=0, microsecond=0)
    starts = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}
    return {name: start + timedelta(minutes=offset) for name, start in starts.items()}


def quiet_offset() -> int:
    """An offset with which it is between 1:00 and 23:00 by the wall clock, so that no midnight is near."""
    return next(offset for offset in (0, 300, -300) if 1 <= (datetime.now(UTC) - timedelta(minutes=offset)).hour < 22)


async def test_nothing_worked_is_no_time(world: World) -> None:
    assert (await world.user.get("time-entries/summary")).ok() == {"day": NOTHING, "week": NOTHING, "month": NOTHING}


async def test_an_entry_of_today_counts_in_day_week_and_month(world: World) -> None:
    await world.entry(ago(minutes=50), ago(minutes=20))
    await world.entry(ago(minutes=15), ago(minutes=10))

    assert await summary(world, quiet_offset()) == pytest.approx(
        dict.fromkeys(("day", "week", "month"), 35 * 60), abs=1
    )


async def test_the_running_entry_counts_to_now(world: World) -> None:
    timer = await world.started(start_date=ago(minutes=30))

    shown = await summary(world, quiet_offset())

    expected = (datetime.now(UTC) - instant_of(timer["start_date"])).total_seconds()
    assert set(shown.values()) == {shown["day"]}
    assert expected - 5 < shown["day"] <= expected


async def summary_and_starts(world: World, offset: int) -> tuple[dict[str, float], dict[str, datetime]]:
    """The summary, and the beginnings of the periods it is of: asked again if midnight passed meanwhile."""
    while True:
        starts = begin(offset)
        shown = await summary(world, offset)
        if begin(offset) == starts:
            return shown, starts


@pytest.mark.parametrize("running", [True, False])
@pytest.mark.parametrize("offset", [300, 0, -330, 840, -840])
async def test_what_reaches_in_is_cut_at_each_edge(world: World, running: bool, offset: int) -> None:
    """An entry of 40 days fills each period up to now, and hours exceed 24."""
    await world.entry(ago(days=40), None if running else ago(seconds=0))

    shown, starts = await summary_and_starts(world, offset)

    now = datetime.now(UTC)
    for name, start in starts.items():
        assert (now - start).total_seconds() - 10 < shown[name] <= (now - start).total_seconds() + 0.001


async def test_an_entry_that_ended_before_a_period_is_not_in_it(world: World) -> None:
    """Ten minutes before each beginning: a period holds those before the beginnings that lie after its own."""
    offset = quiet_offset()
    distinct = set(begin(offset).values())
    for start in distinct:
        await world.entry(stored(start - timedelta(minutes=10)), stored(start))

    shown = await summary(world, offset)

    for name, start in begin(offset).items():
        assert shown[name] == 600 * len([other for other in distinct if other > start])


async def test_only_the_callers_own_live_time_counts(world: World) -> None:
    await world.entry(ago(minutes=30), ago(minutes=20), who=world.admin)
    gone: Item = await world.entry(ago(minutes=30), ago(minutes=20))
    (await world.user.delete(f"time-entries/{gone['id']}")).ok(204)

    assert set((await summary(world)).values()) == {0.0}


async def test_the_summarys_offset_is_ecuadors_by_default(world: World) -> None:
    await world.entry(ago(days=40), ago(seconds=0))

    assert await summary(world) == await summary(world, 300)
    for value in ("undefined", "null"):
        answer = await world.user.get("time-entries/summary", {"time_offset": value})
        assert {name: seconds(one) for name, one in answer.ok().items()} == await summary(world, 300)


@pytest.mark.parametrize("offset", ["841", "-841", "five", "1.5", "99999999999999999999"])
async def test_an_offset_that_is_none_is_400(world: World, offset: str) -> None:
    body = (await world.user.get("time-entries/summary", {"time_offset": offset})).refused(400)

    assert list(body["errors"]) == ["time_offset"]
