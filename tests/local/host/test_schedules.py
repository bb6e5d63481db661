"""Schedules as the real host reads them: NCRONTAB is not cron, and a TimeSpan is not hours for as long as one likes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.host.schedules import Interval, ScheduleError, keeps_status, schedule_of
from local.host.time_spans import time_span

# A Friday.
NOW = datetime(2026, 11, 27, 18, 30, 15, 500_000, tzinfo=UTC)


def occurrences(text: str, count: int, start: datetime = NOW) -> list[str]:
    found: list[str] = []
    schedule = schedule_of(text)
    following = schedule.next_after(start)
    while following is not None and len(found) < count:
        found.append(f"{following:%a %d %b %H:%M:%S}")
        following = schedule.next_after(following)
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("* * * * * *", ["Fri 27 Nov 18:30:16", "Fri 27 Nov 18:30:17"]),
        ("*/20 * * * * *", ["Fri 27 Nov 18:30:20", "Fri 27 Nov 18:30:40"]),
        ("0 */5 * * * *", ["Fri 27 Nov 18:35:00", "Fri 27 Nov 18:40:00"]),
        ("15 30 18 * * *", ["Sat 28 Nov 18:30:15", "Sun 29 Nov 18:30:15"]),
        ("30 30 18 * * *", ["Fri 27 Nov 18:30:30", "Sat 28 Nov 18:30:30"]),
        ("0 0 9-11/2 * * *", ["Sat 28 Nov 09:00:00", "Sat 28 Nov 11:00:00"]),
        ("0 0 0 1,15 * *", ["Tue 01 Dec 00:00:00", "Tue 15 Dec 00:00:00"]),
        ("0 0 0 31 * *", ["Thu 31 Dec 00:00:00", "Sun 31 Jan 00:00:00"]),
        ("0 50/5 * * * *", ["Fri 27 Nov 18:50:00", "Fri 27 Nov 18:55:00"]),
        ("59 59 23 31 12 *", ["Thu 31 Dec 23:59:59", "Fri 31 Dec 23:59:59"]),
    ],
)
def test_row_six_fields(text: str, expected: list[str]) -> None:
    assert occurrences(text, 2) == expected


def test_row_five_fields_are_a_minute_cron_at_second_0() -> None:
    assert occurrences("30 * * * *", 2) == ["Fri 27 Nov 19:30:00", "Fri 27 Nov 20:30:00"]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("00:00:30", timedelta(seconds=30)),
        ("01:02:03.5", timedelta(hours=1, minutes=2, seconds=3.5)),
        ("00:01", timedelta(minutes=1)),
        ("1.00:00:00", timedelta(days=1)),
        ("2.03:04", timedelta(days=2, hours=3, minutes=4)),
        ("1:02:03:04", timedelta(days=1, hours=2, minutes=3, seconds=4)),
        ("7", timedelta(days=7)),
        ("23:59:59", timedelta(hours=23, minutes=59, seconds=59)),
        ("24:00:00", timedelta(days=24)),
        ("48:10:05", timedelta(days=48, hours=10, minutes=5)),
    ],
)
def test_row_a_time_span_and_24_00_00_is_24_days(text: str, span: timedelta) -> None:
    assert schedule_of(text) == Interval(span)
    assert schedule_of(text).next_after(NOW) == NOW + span


@pytest.mark.parametrize("text", ["00:00:00", "-00:00:01", "-1", "0"])
def test_row_spans_that_are_not_positive_are_refused(text: str) -> None:
    with pytest.raises(ScheduleError, match="no span above zero"):
        schedule_of(text)


@pytest.mark.parametrize(
    "text", ["24:30:00", "00:60:00", "00:00:60", "24:00", "1.24:00:00", "1.5", "00:00:00:00:00", "soon"]
)
def test_texts_that_are_no_time_span(text: str) -> None:
    assert time_span(text) is None


def test_row_a_day_fits_day_of_month_and_day_of_week() -> None:
    assert occurrences("0 0 0 13 * FRI", 2) == ["Fri 13 Aug 00:00:00", "Fri 13 Oct 00:00:00"]


@pytest.mark.parametrize("text", ["0 0 0 * * 0", "0 0 0 * * SUN", "0 0 0 * * sunday"])
def test_row_sunday_is_0(text: str) -> None:
    assert occurrences(text, 1) == ["Sun 29 Nov 00:00:00"]


@pytest.mark.parametrize(
    "text",
    [
        "0 0 0 * * 7", "60 * * * * *", "* * 24 * * *", "* * * 0 * *", "* * * 32 * *", "* * * * 13 *", "* * * * 0 *",
        "0 0 0 L * *", "0 0 0 15W * *", "0 0 0 * * 5#1", "0 0 0 ? * *", "@daily", "", " ", "* * * *", "* * * * * * *",
        "x * * * * *", "1- * * * * *", "-1 * * * * *", "1,,2 * * * * *", ", * * * * *", "*/x * * * * *", "*/ * * * * *",
        "*/-1 * * * * *", "1-2-3 * * * * *", "MON * * * * *", "* * * * * XYZ", "\u0661 * * * * *",
    ],
)  # fmt: skip
def test_row_what_ncrontab_does_not_know_is_refused(text: str) -> None:
    with pytest.raises(ScheduleError):
        schedule_of(text)


@pytest.mark.parametrize("text", ["0 0 12 * JAN mon-fri", "0 0 12 * jan MON-FRI", "0 0 12 * January Mon-Friday"])
def test_row_names_in_any_case(text: str) -> None:
    assert occurrences(text, 2) == ["Fri 01 Jan 12:00:00", "Mon 04 Jan 12:00:00"]


def test_row_a_step_beyond_the_field_is_once_an_hour() -> None:
    assert occurrences("0 */90 * * * *", 2) == ["Fri 27 Nov 19:00:00", "Fri 27 Nov 20:00:00"]


@pytest.mark.parametrize(
    ("wrapping", "straight"), [("0 0 0 * * FRI-MON", "0 0 0 * * MON-FRI"), ("0 0 22-2 * * *", "0 0 2-22 * * *")]
)
def test_row_ranges_that_wrap_swap_their_ends(wrapping: str, straight: str) -> None:
    assert occurrences(wrapping, 50) == occurrences(straight, 50)


def test_row_31_february_is_accepted_and_never_comes() -> None:
    assert schedule_of("0 0 0 31 2 *").next_after(NOW) is None
    assert occurrences("0 0 0 29 2 MON", 1, datetime(2096, 3, 1, tzinfo=UTC)) == ["Mon 29 Feb 00:00:00"]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0 * * * * *", True), ("* * * * *", True), ("0,30 * * * * *", False), ("*/5 * * * * *", False),
        ("00:00:59", False), ("00:01:00", True), ("0 0 0 31 2 *", True),
    ],
)  # fmt: skip
def test_row_the_status_is_kept_for_periods_of_a_minute_and_more(text: str, kept: bool) -> None:
    assert keeps_status(schedule_of(text), NOW) is kept


@given(
    st.tuples(st.integers(0, 59), st.integers(0, 59), st.integers(0, 23)),
    st.sampled_from(["*", "1-5", "5-1", "0", "MON,THU"]),
    st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_the_next_occurrence_is_the_first_that_fits(
    clock: tuple[int, int, int], weekdays: str, start: datetime
) -> None:
    second, minute, hour = clock
    allowed = {"*": range(7), "1-5": range(1, 6), "5-1": range(1, 6), "0": [0], "MON,THU": [1, 4]}[weekdays]

    found = schedule_of(f"{second} {minute} {hour} * * {weekdays}").next_after(start)

    days = (start.replace(hour=hour, minute=minute, second=second, microsecond=0) + timedelta(n) for n in range(9))
    assert found == next(day for day in days if day > start and day.isoweekday() % 7 in allowed)
