"""Worked time, against a naive count of quarters of an hour by the wall clock each of them shows."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shared.instants import offset_zone, zone_named
from shared.time_entries.rules import Interval
from shared.time_entries.worked_time import Worked, periods, worked

QUARTER = timedelta(minutes=15)
EPOCH = datetime(2023, 12, 1, tzinfo=UTC)
# Half a year around the turn of a year, with a leap February in it.
QUARTERS = 190 * 24 * 4


def at(quarter: int) -> datetime:
    return EPOCH + quarter * QUARTER


def total(shown: Worked) -> timedelta:
    return timedelta(hours=shown["hours"], minutes=shown["minutes"], seconds=shown["seconds"])


def naive_worked(entries: list[tuple[int, int]], now: int, offset: int) -> dict[str, timedelta]:
    """Ask of each quarter of an hour whether its wall clock is in the present one's day, week and month."""
    shift = timedelta(minutes=offset)
    present = at(now) - shift
    counts = dict.fromkeys(("day", "week", "month"), timedelta())
    for start, end in entries:
        for quarter in range(start, end):
            local = at(quarter) - shift
            counts["day"] += QUARTER * (local.date() == present.date())
            counts["week"] += QUARTER * (local.isocalendar()[:2] == present.isocalendar()[:2])
            counts["month"] += QUARTER * ((local.year, local.month) == (present.year, present.month))
    return counts


@st.composite
def timelines(draw: st.DrawFn) -> tuple[list[tuple[int, int]], int]:
    """Disjoint entries, in quarters, up to the present one; entries may be longer than a month."""
    now = draw(st.integers(45 * 96, QUARTERS))
    lengths = st.tuples(st.integers(0, 96), st.one_of(st.integers(1, 40), st.integers(1, 40 * 96)))
    entries, end = [], now
    for gap, length in draw(st.lists(lengths, max_size=8)):
        if end - gap - length < 0:
            break
        entries.append((end - gap - length, end - gap))
        end -= gap + length
    return entries, now


@settings(max_examples=60)
@given(timelines(), st.integers(-56, 56))
def test_worked_time_is_what_a_naive_count_gives(timeline: tuple[list[tuple[int, int]], int], quarters: int) -> None:
    entries, now = timeline
    offset = quarters * 15

    shown = worked([Interval(at(start), at(end)) for start, end in entries], at(now), offset_zone(offset))

    assert {name: total(shown[name]) for name in shown} == naive_worked(entries, now, offset)


@given(st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), st.integers(-840, 840))  # noqa: DTZ001
def test_the_periods_hold_the_present_and_begin_where_the_wall_clock_says(now: datetime, offset: int) -> None:
    shift = timedelta(minutes=offset)
    found = periods(now, offset_zone(offset))

    assert set(found) == {"day", "week", "month"}
    for start, end in found.values():
        assert end is not None
        assert start <= now < end
        assert (start - shift).time() == (end - shift).time() == datetime.min.time()
    day, week, (month, next_month) = found["day"], found["week"], found["month"]
    assert day.end == day.start + timedelta(days=1)
    assert (week.start - shift).weekday() == 0
    assert week.end == week.start + timedelta(days=7)
    assert next_month is not None
    assert (month - shift).day == (next_month - shift).day == 1
    assert timedelta(days=28) <= next_month - month <= timedelta(days=31)


@given(st.integers(0, 10**12), st.integers(-840, 840))
def test_a_running_entry_counts_to_now_to_the_microsecond(microseconds: int, offset: int) -> None:
    now = datetime(2026, 3, 31, 23, 59, 59, 999999, tzinfo=UTC)
    running = Interval(now - timedelta(microseconds=microseconds), None)

    for name, period in periods(now, offset_zone(offset)).items():
        shown = worked([running], now, offset_zone(offset))[name]
        assert 0 <= shown["minutes"] < 60
        assert 0 <= shown["seconds"] < 60
        assert shown["hours"] >= 0
        # A float of seconds below 60 keeps microseconds apart.
        assert abs(total(shown) - (now - max(running.start, period.start))) <= timedelta(microseconds=1)


def test_nothing_worked_is_shown_as_in_the_contract() -> None:
    nothing = {"hours": 0, "minutes": 0, "seconds": 0.0}

    assert worked([], EPOCH, offset_zone(300)) == {"day": nothing, "week": nothing, "month": nothing}


def test_hours_may_exceed_a_day() -> None:
    now = datetime(2026, 3, 31, 12, tzinfo=UTC)

    shown = worked([Interval(datetime(2026, 3, 1, tzinfo=UTC), None)], now, UTC)

    assert shown["month"] == {"hours": 30 * 24 + 12, "minutes": 0, "seconds": 0.0}
    assert shown["day"] == {"hours": 12, "minutes": 0, "seconds": 0.0}
    # The 31st is a Tuesday: Monday and half of today.
    assert shown["week"] == {"hours": 36, "minutes": 0, "seconds": 0.0}


@pytest.mark.parametrize(
    ("now", "month_days"),
    [("2024-02-29T12:00:00+00:00", 29), ("2023-02-28T12:00:00+00:00", 28), ("2026-12-31T12:00:00+00:00", 31)],
)
def test_the_last_day_of_a_month_is_in_it(now: str, month_days: int) -> None:
    start, end = periods(datetime.fromisoformat(now), UTC)["month"]

    assert end is not None
    assert end - start == timedelta(days=month_days)


def test_the_offset_decides_which_day_it_is() -> None:
    # 02:30 on Monday the first in UTC; in Ecuador it is still Sunday, and another month.
    now = datetime(2026, 6, 1, 2, 30, tzinfo=UTC)
    entry = Interval(datetime(2026, 6, 1, 1, 30, tzinfo=UTC), now)
    hour, nothing = {"hours": 1, "minutes": 0, "seconds": 0.0}, {"hours": 0, "minutes": 0, "seconds": 0.0}
    yesterday = Interval(datetime(2026, 5, 31, 22, tzinfo=UTC), datetime(2026, 5, 31, 23, tzinfo=UTC))

    assert worked([entry], now, UTC) == {"day": hour, "week": hour, "month": hour}
    assert worked([yesterday], now, UTC) == {"day": nothing, "week": nothing, "month": nothing}
    assert worked([yesterday], now, offset_zone(300)) == {"day": hour, "week": hour, "month": hour}


def test_what_touches_a_period_is_not_in_it() -> None:
    now = datetime(2026, 6, 3, 12, tzinfo=UTC)
    until_midnight = Interval(datetime(2026, 6, 2, 20, tzinfo=UTC), datetime(2026, 6, 3, tzinfo=UTC))

    assert total(worked([until_midnight], now, UTC)["day"]) == timedelta()
    assert total(worked([until_midnight], now, UTC)["week"]) == timedelta(hours=4)


def test_an_hour_before_the_clocks_go_back_is_in_the_day_the_week_and_the_month_that_it_is_of() -> None:
    """In New York the first of November 2026 has 25 hours: by the offset of its evening it begins at 01:00."""
    worked_at = Interval(datetime(2026, 11, 1, 4, 10, tzinfo=UTC), datetime(2026, 11, 1, 4, 50, tzinfo=UTC))
    evening = datetime(2026, 11, 2, 1, tzinfo=UTC)
    new_york = zone_named("America/New_York")
    minutes, nothing = timedelta(minutes=40), timedelta()

    by_zone = {name: total(shown) for name, shown in worked([worked_at], evening, new_york).items()}
    by_offset = {name: total(shown) for name, shown in worked([worked_at], evening, offset_zone(300)).items()}

    assert by_zone == {"day": minutes, "week": minutes, "month": minutes}
    assert by_offset == {"day": nothing, "week": minutes, "month": nothing}


@pytest.mark.parametrize(
    ("zone", "now", "hours"),
    [
        ("Atlantic/Azores", "2026-10-25T23:00:00Z", {"day": 25, "week": 7 * 24 + 1, "month": 31 * 24 + 1}),
        ("Atlantic/Azores", "2026-03-29T23:00:00Z", {"day": 23, "week": 7 * 24 - 1, "month": 31 * 24 - 1}),
        ("Australia/Lord_Howe", "2026-04-05T10:00:00Z", {"day": 24.5, "week": 7 * 24 + 0.5, "month": 30 * 24 + 0.5}),
        ("Africa/Casablanca", "2026-09-20T12:00:00Z", {"day": 25, "week": 7 * 24 + 1, "month": 30 * 24 + 1}),
        ("America/Vancouver", "2026-11-01T12:00:00Z", {"day": 24, "week": 7 * 24, "month": 30 * 24}),
        ("Pacific/Apia", "2011-12-29T12:00:00Z", {"day": 24, "week": 6 * 24, "month": 30 * 24}),
    ],
)
def test_each_period_is_as_long_as_the_zone_makes_it(zone: str, now: str, hours: dict[str, float]) -> None:
    found = periods(datetime.fromisoformat(now), zone_named(zone))

    assert {name: (period.end or period.start) - period.start for name, period in found.items()} == {
        name: timedelta(hours=length) for name, length in hours.items()
    }
