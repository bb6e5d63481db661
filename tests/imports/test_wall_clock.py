"""Wall-clock times that a clock change makes twice, or not at all."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from shared.imports import wall_clock
from shared.imports.values import Length
from tests.imports.importing import TOGGL, entries, file_of, imported, notes, toggl
from tests.world import World

BERLIN = ZoneInfo("Europe/Berlin")
AUTUMN = "2024-10-27"


def interval(start: str, end: str, minutes: int | None = None, day: str = AUTUMN) -> tuple[str, str, list[str]]:
    """The row's instants in UTC, and its remarks, in Berlin."""
    readings = [
        wall_clock.readings(datetime.fromisoformat(text if "T" in text else f"{day}T{text}"), BERLIN)
        for text in (start, end)
    ]
    lengths = [] if minutes is None else [Length(timedelta(minutes=minutes), timedelta(seconds=1))]
    found, remarks = wall_clock.interval(readings[0], readings[1], lengths, BERLIN)
    assert found.end
    return f"{found.start:%H:%M}", f"{found.end:%H:%M}", [remark.code for remark in remarks]


TWICE = "time_comes_twice"


@pytest.mark.parametrize(
    ("start", "end", "minutes", "expected"),
    [
        # 02:00 to 03:00 comes twice: at 00:00 UTC and at 01:00 UTC.
        ("02:10", "02:50", None, ("00:10", "00:50", [TWICE, TWICE])),
        ("02:10", "02:50", 40, ("00:10", "00:50", [TWICE, TWICE])),
        ("02:10", "02:50", 100, ("00:10", "01:50", [TWICE, TWICE])),
        ("02:50", "02:10", None, ("00:50", "01:10", [TWICE, TWICE])),
        ("02:50", "02:10", 20, ("00:50", "01:10", [TWICE, TWICE])),
        ("01:50", "02:30", 40, ("23:50", "00:30", [TWICE])),
        ("01:50", "02:30", 100, ("23:50", "01:30", [TWICE])),
        ("01:50", "02:30", None, ("23:50", "00:30", [TWICE])),
        ("02:30", "03:30", 60, ("01:30", "02:30", [TWICE])),
        ("02:30", "03:30", 120, ("00:30", "02:30", [TWICE])),
        ("02:30", "03:30", None, ("00:30", "02:30", [TWICE])),
        ("02:30", "03:30", 77, ("00:30", "02:30", [TWICE, "duration_differs"])),
    ],
)
def test_of_two_readings_the_one_that_fits_the_duration_counts_else_the_first(
    start: str, end: str, minutes: int | None, expected: tuple[str, str, list[str]]
) -> None:
    assert interval(start, end, minutes) == expected


def test_a_time_that_does_not_exist_is_moved_on_by_the_gap() -> None:
    gap = "time_does_not_exist"

    assert interval("02:30", "04:00", day="2024-03-31") == ("01:30", "02:00", [gap])
    assert interval("01:00", "02:30", day="2024-03-31") == ("00:00", "01:30", [gap])


def test_an_end_that_is_before_its_start_stays_so() -> None:
    assert interval("05:00", "04:00") == ("04:00", "03:00", [])


def test_a_plain_rows_times_count_and_its_duration_is_noted() -> None:
    assert interval("05:00", "06:00", 60) == ("04:00", "05:00", [])
    assert interval("05:00", "06:00", 61) == ("04:00", "05:00", ["duration_differs"])


@pytest.mark.parametrize(
    ("start", "clock", "minutes", "expected"),
    [
        ("2024-03-05T23:00", "01:00", None, "2024-03-06T01:00"),
        ("2024-03-05T23:00", "01:00", 90, "2024-03-06T01:00"),
        ("2024-03-05T10:00", "12:00", None, "2024-03-05T12:00"),
        ("2024-03-05T10:00", "12:00", 26 * 60, "2024-03-06T12:00"),
        ("2024-03-05T10:00", "09:00", 47 * 60, "2024-03-07T09:00"),
        # A duration that fits on no day, as of hours that are minutes: the first end after the start.
        ("2024-03-05T10:00", "18:00", 480 * 60, "2024-03-05T18:00"),
        # In the night when the clocks go back, a day has 25 hours.
        ("2024-10-26T10:00", "10:00", 25 * 60, "2024-10-27T10:00"),
        ("2024-10-26T10:00", "11:00", 26 * 60, "2024-10-27T11:00"),
        # In it, a time before the start comes after it on the same day.
        ("2024-10-27T02:50", "02:10", 20, "2024-10-27T02:10"),
        ("2024-03-05T10:00", "10:00", None, "2024-03-05T10:00"),
        ("2024-03-05T10:00", "10:00", 0, "2024-03-05T10:00"),
        ("2024-03-05T10:00", "10:00", 1, "2024-03-05T10:00"),
        ("2024-03-05T10:00", "10:00", 24 * 60, "2024-03-06T10:00"),
        ("2024-03-05T10:00", "10:00", 23 * 60, "2024-03-06T10:00"),
    ],
)
def test_an_end_without_a_date_is_on_the_day_that_fits_the_duration(
    start: str, clock: str, minutes: int | None, expected: str
) -> None:
    lengths = [] if minutes is None else [Length(timedelta(minutes=minutes), timedelta(seconds=1))]
    hours, _, past = clock.partition(":")
    passed = timedelta(hours=int(hours), minutes=int(past))

    end = wall_clock.end_without_date(
        wall_clock.readings(datetime.fromisoformat(start), BERLIN), passed, lengths, BERLIN
    )

    assert end.wall == datetime.fromisoformat(expected)


async def test_the_rows_result_tells_what_was_chosen(world: World) -> None:
    file = file_of(
        TOGGL,
        toggl(f"{AUTUMN} 02:10:00", "02:50:00", "01:40:00"),
        toggl("2024-03-31 02:30:00", "04:00:00", "00:30:00"),
        toggl("2024-03-05 09:00:00", "10:00:00", "02:00:00"),
    )

    result = await imported(world.user, file, "toggl", "Europe/Berlin")

    assert notes(result) == [(2, TWICE), (2, TWICE), (3, "time_does_not_exist"), (4, "duration_differs")]
    assert "the second, 2024-10-27T01:50:00Z" in result["notes"][1]["message"]
    (night,) = await entries(world.user, month=10)
    assert (night["start_date"][11:16], night["end_date"][11:16]) == ("00:10", "01:50")
    assert notes(await imported(world.user, file, "toggl", "Europe/Berlin")) == notes(result)


def test_a_zone_without_changes_leaves_no_choice() -> None:
    moment = datetime(2024, 10, 27, 2, 30)  # noqa: DTZ001
    assert wall_clock.readings(moment, ZoneInfo("UTC")).instants == [moment.replace(tzinfo=UTC)]
