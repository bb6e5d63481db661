"""Local time in queries: `timezone`, and dates that a zone makes instants of."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from marshmallow import ValidationError

from shared.http.local_time import range_asked
from shared.instants import ZONE_DATA, zone_named
from tests.calling import Item, Person, ago
from tests.world import World

NEW_YORK = {"timezone": "America/New_York"}


async def listed(person: Person, **query: Any) -> list[str]:
    """The ids of a list, after a look at whether `paginated` gives the same."""
    ids = [entry["id"] for entry in (await person.get("time-entries", query)).ok()]
    page = (await person.get("time-entries/paginated", query)).ok()
    assert ([entry["id"] for entry in page["data"]], page["records_total"]) == (ids, len(ids))
    return ids


async def test_work_before_the_clocks_go_back_is_in_the_month_and_day_that_it_is_of(world: World) -> None:
    """00:10 to 00:50 on the first of November in New York: four hours behind UTC, five later that day."""
    entry = await world.entry("2026-11-01T00:10:00-04:00", "2026-11-01T00:50:00-04:00")

    assert await listed(world.user, month=11, year=2026, **NEW_YORK) == [entry["id"]]
    assert await listed(world.user, month=10, year=2026, **NEW_YORK) == []
    assert await listed(world.user, start_date="2026-11-01", end_date="2026-11-01", **NEW_YORK) == [entry["id"]]
    assert await listed(world.user, month=11, year=2026, timezone_offset=300) == []


async def test_a_plain_date_is_a_whole_local_day(world: World) -> None:
    first, last, next_day = [
        await world.entry(f"2026-10-{day}:00Z", f"2026-10-{day}:30Z") for day in ("25T00:00", "26T00:59", "26T01:00")
    ]
    azores = {"timezone": "Atlantic/Azores"}

    assert await listed(world.user, start_date="2026-10-25", end_date="2026-10-25", **azores) == [
        last["id"],
        first["id"],
    ]
    assert await listed(world.user, start_date="2026-10-26", **azores) == [next_day["id"]]
    assert await listed(world.user, end_date="2026-10-24", **azores) == []
    # An offset makes local days as well: this one is of those at UTC-1.
    assert await listed(world.user, start_date="2026-10-26", end_date="2026-10-31", timezone_offset=60) == [
        next_day["id"]
    ]


@pytest.mark.parametrize("everyone", [False, True])
async def test_a_day_that_the_zone_skipped_holds_nothing(world: World, everyone: bool) -> None:
    """Not even what was worked through the instant at which it was skipped."""
    entry = await world.entry("2011-12-30T09:00:00Z", "2011-12-30T11:00:00Z")
    who, more = (world.admin, {"user_id": "*"}) if everyone else (world.user, {})
    samoa = {"timezone": "Pacific/Apia", **more}

    assert await listed(who, start_date="2011-12-30", end_date="2011-12-30", **samoa) == []
    for day in ("2011-12-29", "2011-12-31"):
        assert await listed(who, start_date=day, end_date=day, **samoa) == [entry["id"]]


async def test_the_zone_wins_over_the_offset_and_case_does_not_count(world: World) -> None:
    entry = await world.entry("2024-03-05T18:20:00Z", "2024-03-05T18:30:00Z")
    day = {"start_date": "2024-03-06", "end_date": "2024-03-06"}

    for name in ("Asia/Kathmandu", "ASIA/KATMANDU", "asia/kathmandu"):
        assert await listed(world.user, **day, timezone=name, timezone_offset=300) == [entry["id"]]
    for absent in ("", "undefined", "null", "Etc/Unknown", "etc/unknown"):
        assert await listed(world.user, **day, timezone=absent, timezone_offset=300) == []
        assert await listed(world.user, **day, timezone=absent, timezone_offset=-345) == [entry["id"]]
    # A blank is a plus that was not escaped: 10 hours behind UTC.
    assert await listed(world.user, start_date="2024-03-05T08:00", end_date="2024-03-05T09:00", timezone="Etc/GMT 10")


@pytest.mark.parametrize(
    "wrong",
    ["right/UTC", "posix/UTC", "localtime", "Factory", "+02:00", "-300", "Eastern Standard Time", "Mars/Base", "Europe",
     "Europe/Berlin,UTC", "../UTC", "x" * 2000],
    ids=lambda value: value[:20],
)  # fmt: skip
@pytest.mark.parametrize("path", ["time-entries", "time-entries/paginated", "time-entries/summary", "events"])
async def test_what_is_no_zone_is_400(world: World, path: str, wrong: str) -> None:
    assert list((await world.admin.get(path, {"timezone": wrong})).refused(400)["errors"]) == ["timezone"]


async def test_health_says_which_release_of_the_zone_data_it_reckons_with(world: World) -> None:
    assert (await world.user.get("health")).ok()["timezone_data"] == ZONE_DATA


async def test_the_summary_goes_by_the_zone(world: World) -> None:
    await world.entry(ago(days=6), ago(seconds=0))

    async def summary(**query: Any) -> Item:
        answer: Item = (await world.user.get("time-entries/summary", query)).ok()
        return answer

    for zone, offset in (("Asia/Kathmandu", -345), ("Pacific/Kiritimati", -840), ("America/Guayaquil", 300)):
        assert await summary(timezone=zone, time_offset=0) == await summary(time_offset=offset)
    assert await summary(timezone="Etc/Unknown") == await summary()


@pytest.mark.parametrize(
    ("zone", "start", "end", "first", "beyond"),
    [
        # A plain date, a wall clock and an instant on either side.
        ("America/New_York", "2026-03-08", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T04:00Z"),
        ("America/New_York", "2026-03-08", "2026-03-08T12:00", "2026-03-08T05:00Z", "2026-03-08T16:00Z"),
        ("America/New_York", "2026-03-08T01:00-06:00", "2026-03-08", "2026-03-08T07:00Z", "2026-03-09T04:00Z"),
        ("America/New_York", "2026-03-08T01:00 02:00", "2026-03-08T01:00Z", "2026-03-07T23:00Z", "2026-03-08T01:00Z"),
        # What comes twice: a start is the first, an end the second.
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T01:30", "2026-11-01T05:30Z", "2026-11-01T06:30Z"),
        ("America/New_York", "2026-11-01T01:50", "2026-11-01T01:10", "2026-11-01T05:50Z", "2026-11-01T06:10Z"),
        # What was skipped is moved on by the gap, and so may leave nothing.
        ("America/New_York", "2026-03-08T02:10", "2026-03-08T02:40", "2026-03-08T07:10Z", "2026-03-08T07:40Z"),
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T03:10", "2026-03-08T07:30Z", "2026-03-08T07:30Z"),
        ("Atlantic/Azores", "2026-03-29", "2026-03-29T00:30", "2026-03-29T01:00Z", "2026-03-29T01:30Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30", "2011-12-30T10:00Z", "2011-12-30T10:00Z"),
        # Open ends, and the ends of the calendar.
        ("Europe/Berlin", None, "2026-07-01", "0001-01-01T00:00Z", "2026-07-01T22:00Z"),
        ("Europe/Berlin", "2026-07-01", None, "2026-06-30T22:00Z", "9999-12-31T23:59:59.999999Z"),
        ("Europe/Berlin", "0001-01-01", "9999-12-31", "0001-01-01T00:00Z", "9999-12-31T23:59:59.999999Z"),
        ("America/Lima", "0001-01-01", "9999-12-31", "0001-01-01T05:08:12Z", "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_range_is_what_its_dates_say(zone: str, start: str | None, end: str | None, first: str, beyond: str) -> None:
    found = range_asked({"start_date": start, "end_date": end}, zone_named(zone))

    assert found == (datetime.fromisoformat(first), datetime.fromisoformat(beyond))
    assert {moment.utcoffset() for moment in found} == {timedelta()}


@pytest.mark.parametrize(
    ("start", "end", "wrong"),
    [
        ("2026-03-09", "2026-03-08", "end_date"),
        ("2026-03-08T10:00", "2026-03-08T10:00", "end_date"),
        ("2026-03-08T03:00", "2026-03-08T02:00", "end_date"),
        ("2026-03-08T02:30", "2026-03-08T07:30Z", "end_date"),
        ("2026-03-08T02:30", "2026-03-08T02:30", "end_date"),
        ("2026-11-02", "2026-11-01T12:00", "end_date"),
        ("2026-02-29", None, "start_date"),
        ("2026-3-8", None, "start_date"),
        ("20260308", None, "start_date"),
        ("2026-W10", None, "start_date"),
        ("2026-W10-7", None, "start_date"),
        ("2026-03", None, "start_date"),
        ("2026-03-08Z", None, "start_date"),
        ("٢٠٢٦-03-08", None, "start_date"),
        ("0001-01-01T00:00+01:00", None, "start_date"),
        (None, "9999-12-31T23:00", "end_date"),
        (None, "today", "end_date"),
    ],
)
def test_a_range_that_is_none_is_refused(start: str | None, end: str | None, wrong: str) -> None:
    with pytest.raises(ValidationError) as refused:
        range_asked({"start_date": start, "end_date": end}, zone_named("America/New_York"))

    assert refused.value.field_name == wrong
