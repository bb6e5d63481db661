"""Instants are kept at one width, so that comparing the strings compares the instants."""

import re
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.instants import (
    format_instant,
    from_local,
    month_of,
    now,
    offset_zone,
    parse_instant,
    parse_moment,
    to_local,
)

STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}0Z")

instants = st.datetimes(timezones=st.just(UTC))
# A day away from either end of the calendar, so that every offset still has a date for them.
inner_instants = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=st.just(UTC))  # noqa: DTZ001
zones = st.integers(-840, 840).map(offset_zone)


@given(instants)
def test_what_is_kept_reads_back_as_the_same_instant(instant: datetime) -> None:
    text = format_instant(instant)

    assert STORED.fullmatch(text)
    assert parse_instant(text) == instant
    assert format_instant(parse_instant(text)) == text


@given(instants, instants)
def test_comparing_strings_compares_instants(one: datetime, other: datetime) -> None:
    assert (format_instant(one) < format_instant(other)) == (one < other)
    assert (format_instant(one) == format_instant(other)) == (one == other)


@given(inner_instants, st.integers(-1439, 1439))
def test_the_same_instant_in_any_offset_is_kept_alike(instant: datetime, minutes: int) -> None:
    elsewhere = instant.astimezone(timezone(timedelta(minutes=minutes)))

    assert format_instant(elsewhere) == format_instant(instant)
    assert parse_instant(elsewhere.isoformat()) == instant


@given(inner_instants, zones)
def test_a_text_without_an_offset_is_a_wall_clock(instant: datetime, zone: timezone) -> None:
    wall_clock = to_local(instant, zone)

    assert parse_moment(wall_clock.isoformat()) == wall_clock
    assert parse_instant(wall_clock.isoformat()) == wall_clock.replace(tzinfo=UTC)
    assert from_local(wall_clock, zone) == instant


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.0000000Z"),
        ("2026-03-01T10:00:00", "2026-03-01T10:00:00.0000000Z"),
        ("2026-03-01T10:00Z", "2026-03-01T10:00:00.0000000Z"),
        ("2026-03-01t10:00:00z", "2026-03-01T10:00:00.0000000Z"),
        ("2026-03-01T10:00:00.5Z", "2026-03-01T10:00:00.5000000Z"),
        ("2026-03-01T10:00:00.123Z", "2026-03-01T10:00:00.1230000Z"),
        ("2026-03-01T10:00:00.1234560Z", "2026-03-01T10:00:00.1234560Z"),
        ("2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00.0000000Z"),
        ("2026-03-01T10:00:00-05:00", "2026-03-01T15:00:00.0000000Z"),
        ("2026-03-01T10:00:00+05:45", "2026-03-01T04:15:00.0000000Z"),
        ("2026-03-01T00:30:00+02:00", "2026-02-28T22:30:00.0000000Z"),
        ("2024-02-28T23:30:00-01:00", "2024-02-29T00:30:00.0000000Z"),
        ("20260301T100000Z", "2026-03-01T10:00:00.0000000Z"),
        ("0999-01-01T00:00:00Z", "0999-01-01T00:00:00.0000000Z"),
    ],
)
def test_every_spelling_of_an_instant_is_kept_in_one(text: str, kept: str) -> None:
    assert format_instant(parse_instant(text)) == kept


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "T",
        "now",
        "10:00:00",
        "2026-03-01",
        "2026-03-01T",
        "2026-03-01X10:00:00Z",
        "2026-13-01T10:00:00Z",
        "2026-02-29T10:00:00Z",
        "2026-03-01T25:00:00Z",
        "2026-03-01T10:61:00Z",
        "2026-03-01T10:00:00+99:00",
        "2026-03-01T10:00:00ZZ",
        "2026-03-01T10:00:00Z\x00",
        "2026-03-01T10:00:00 02:00",
        "٢٠٢٦-03-01T10:00:00Z",
        "0001-01-01T00:00:00+01:00",
        "9999-12-31T23:59:59-01:00",
        "10000-01-01T00:00:00Z",
        "1767225600",
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ],
)
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any message will do
        parse_instant(text)


@given(st.text())
def test_any_text_is_an_instant_or_a_value_error(text: str) -> None:
    try:
        instant = parse_instant(text)
    except ValueError:
        return
    assert STORED.fullmatch(format_instant(instant))


def test_now_is_in_whole_milliseconds() -> None:
    before = datetime.now(UTC)
    instant = now()

    assert instant.microsecond % 1000 == 0
    assert before - timedelta(milliseconds=1) < instant <= datetime.now(UTC)


def test_ecuador_is_five_hours_behind_and_berlin_ahead() -> None:
    instant = datetime(2026, 3, 1, 2, 30, tzinfo=UTC)

    assert to_local(instant, offset_zone(300)) == datetime(2026, 2, 28, 21, 30)  # noqa: DTZ001
    assert to_local(instant, offset_zone(-60)) == datetime(2026, 3, 1, 3, 30)  # noqa: DTZ001
    assert to_local(instant, offset_zone(0)) == datetime(2026, 3, 1, 2, 30)  # noqa: DTZ001


@given(st.dates(date(1900, 1, 1), date(9998, 12, 31)), zones)
def test_a_local_month_holds_its_days_and_no_others(day: date, zone: timezone) -> None:
    first, beyond = month_of(day.year, day.month, zone)

    inside = [to_local(first, zone), to_local(beyond - timedelta(microseconds=1), zone)]
    assert [(moment.year, moment.month) for moment in inside] == [(day.year, day.month)] * 2
    outside = to_local(beyond, zone), to_local(first - timedelta(microseconds=1), zone)
    assert all((moment.year, moment.month) != (day.year, day.month) for moment in outside)


@pytest.mark.parametrize(
    ("year", "month", "days"), [(2024, 2, 29), (2026, 2, 28), (2000, 2, 29), (1900, 2, 28), (2026, 12, 31)]
)
def test_a_month_has_its_length(year: int, month: int, days: int) -> None:
    first, beyond = month_of(year, month, offset_zone(-840))

    assert beyond - first == timedelta(days=days)
