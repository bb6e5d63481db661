"""Cutting, rounding, grouping, adding up: worked examples."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from shared.rates.rules import Rate, RateBook
from shared.reports.days import LocalDays, filled, milliseconds
from shared.reports.rules import Sums, in_order, rounded
from tests.reports.reckoning import HOUR, MINUTE, asked, entry, report


def hours(groups: dict[str, Sums]) -> dict[str, float]:
    return {key: sums.milliseconds / HOUR for key, sums in groups.items()}


def test_an_entry_over_midnight_is_cut_there_and_counted_once_in_all() -> None:
    total = report(
        asked("2026-11-01T00:00Z", "2026-12-01T00:00Z", "day"), "UTC", entry("2026-11-02T22:30Z", "2026-11-03T01:00Z")
    )

    assert hours(total.groups) == {"2026-11-02": 1.5, "2026-11-03": 1.0}
    assert [group.entries for group in total.groups.values()] == [1, 1]
    assert (total.entries, total.milliseconds) == (1, 2.5 * HOUR)


def test_an_entry_over_the_ranges_edge_counts_with_its_part_within() -> None:
    what = asked("2026-11-02T23:00Z", "2026-11-03T00:30Z")

    assert report(what, "UTC", entry("2026-11-02T22:30Z", "2026-11-03T01:00Z")).milliseconds == 1.5 * HOUR


@pytest.mark.parametrize(
    ("zone", "start", "end", "expected"),
    [
        # Both clock changes of the Azores: days of 23 and of 25 hours.
        ("Atlantic/Azores", "2026-03-29T00:30Z", "2026-03-30T00:30Z", {"03-28": 0.5, "03-29": 23, "03-30": 0.5}),
        ("Atlantic/Azores", "2026-10-24T23:30Z", "2026-10-26T01:30Z", {"10-24": 0.5, "10-25": 25, "10-26": 0.5}),
        # Half an hour's change, and a quarter's offset.
        ("Australia/Lord_Howe", "2026-04-04T13:00Z", "2026-04-05T14:00Z", {"04-05": 24.5, "04-06": 0.5}),
        ("Asia/Kathmandu", "2026-04-04T18:00Z", "2026-04-04T18:30Z", {"04-04": 0.25, "04-05": 0.25}),
        # Samoa's missing day, Ecuador's only summer time.
        ("Pacific/Apia", "2011-12-30T09:00Z", "2011-12-30T11:00Z", {"12-29": 1, "12-31": 1}),
        ("America/Guayaquil", "1993-02-04T03:00Z", "1993-02-05T06:00Z", {"02-03": 1, "02-04": 25, "02-05": 1}),
        # They stay on summer time.
        ("America/Vancouver", "2026-12-01T06:00Z", "2026-12-01T08:00Z", {"11-30": 1, "12-01": 1}),
    ],
)  # fmt: skip
def test_days_are_cut_where_the_zone_says(zone: str, start: str, end: str, expected: dict[str, float]) -> None:
    total = report(asked("1990-01-01T00:00Z", "2030-01-01T00:00Z", "day"), zone, entry(start, end))

    assert {key[5:]: length for key, length in hours(total.groups).items()} == expected


def test_by_week_an_entry_is_cut_at_the_weeks_edge_alone_so_that_it_is_rounded_once() -> None:
    """20 minutes on each side of a midnight within a week are 40, and 45 when rounded up to a quarter."""
    over_midnight = entry("2026-11-03T23:40Z", "2026-11-04T00:20Z")
    over_sunday = entry("2026-11-08T23:40Z", "2026-11-09T00:20Z")
    month = ("2026-11-01T00:00Z", "2026-12-01T00:00Z")

    by_week = report(asked(*month, "week", rounding="up"), "UTC", over_midnight, over_sunday)
    by_day = report(asked(*month, "day", rounding="up"), "UTC", over_midnight, over_sunday)
    by_project = report(asked(*month, "project", rounding="up"), "UTC", over_midnight, over_sunday)

    assert hours(by_week.groups) == {"2026-W45": 1.25, "2026-W46": 0.5}
    assert hours(by_day.groups) == dict.fromkeys(("2026-11-03", "2026-11-04", "2026-11-08", "2026-11-09"), 0.5)
    assert hours(by_project.groups) == {"project": 1.5}


@pytest.mark.parametrize(
    ("way", "minutes", "duration", "expected"),
    [
        ("up", 15, 1, 15 * MINUTE), ("up", 15, 15 * MINUTE, 15 * MINUTE), ("up", 15, 15 * MINUTE + 1, 30 * MINUTE),
        ("up", 15, 0, 0), ("down", 15, 15 * MINUTE - 1, 0), ("down", 6, 13 * MINUTE, 12 * MINUTE),
        ("nearest", 15, 7 * MINUTE + 29_999, 0), ("nearest", 15, 7 * MINUTE + 30_000, 15 * MINUTE),
        ("nearest", 1, 30_000, MINUTE), ("none", 15, 12_345, 12_345),
    ],
)  # fmt: skip
def test_rounding_nearest_rounds_the_half_up(way: str, minutes: int, duration: int, expected: int) -> None:
    assert rounded(duration, way, minutes) == expected


def test_groups_of_time_ascend_others_come_by_time_then_name_then_key_and_gaps_are_filled() -> None:
    total = report(
        asked("2026-11-01T00:00Z", "2026-12-01T00:00Z", "week", "project"),
        "UTC",
        entry("2026-11-24T08:00Z", "2026-11-24T09:00Z"),
        entry("2026-11-02T08:00Z", "2026-11-02T09:00Z", project_id="b"),
        entry("2026-11-02T09:00Z", "2026-11-02T10:00Z", project_id="a"),
        entry("2026-11-02T10:00Z", "2026-11-02T12:00Z", project_id="c"),
    )
    days = LocalDays(UTC)

    weeks = list(in_order(filled(total.groups, "week", days, Sums), "week", lambda _, key: key))
    within = in_order(total.groups["2026-W45"].groups, "project", lambda _, key: {"a": "Zoo", "b": "Zoo"}.get(key, key))

    assert [(key, sums.milliseconds / HOUR) for key, _, sums in weeks] == [
        ("2026-W45", 4), ("2026-W46", 0), ("2026-W47", 0), ("2026-W48", 1),
    ]  # fmt: skip
    assert [key for key, _, _ in within] == ["c", "a", "b"]


def test_a_timer_that_starts_this_instant_is_counted_with_no_time() -> None:
    now = entry("2026-11-01T10:00Z", "2026-11-01T10:00Z", running=True)

    total = report(asked("2026-11-01T00:00Z", "2026-12-01T00:00Z", "day"), "UTC", now)

    assert (total.entries, total.running, total.milliseconds) == (1, 1, 0)
    assert total.groups["2026-11-01"].entries == 1


def test_a_month_that_a_bookkeeper_can_check_by_hand() -> None:
    """A raise on the 16th, an entry that begins before and ends after it, another currency for one project."""
    rates = RateBook(
        [
            Rate("billable", Decimal("80.00"), "EUR"),
            Rate("billable", Decimal("90.00"), "EUR", valid_from=date(2026, 11, 16)),
            Rate("billable", Decimal(9000), "JPY", project_id="tokyo"),
            Rate("cost", Decimal("33.33"), "EUR", user_id="user"),
        ]
    )
    entries = [
        entry("2026-11-02T08:00Z", "2026-11-02T10:30Z"),  # 2.5 h at 80 = 200.00, cost 83.325 is kept as 83.32
        entry("2026-11-15T23:00Z", "2026-11-16T01:00Z"),  # begins before the raise: 2 h at 80 = 160.00, cost 66.66
        entry("2026-11-16T08:00Z", "2026-11-16T08:20Z"),  # 1/3 h at 90 = 30.00, cost 11.11
        entry(
            "2026-11-17T08:00Z", "2026-11-17T08:50Z", project_id="tokyo"
        ),  # 5/6 h at 9000 = 7500, cost 27.775 is kept as 27.78
        entry("2026-11-18T08:00Z", "2026-11-18T09:00Z", billable=False),  # nothing billed, cost 33.33
    ]
    november = asked("2026-11-01T00:00Z", "2026-12-01T00:00Z", "project")

    total = report(november, "UTC", *entries, rates=rates)

    assert {code: [str(each) for each in sums] for code, sums in total.amounts.items()} == {
        "EUR": ["390.00", "222.20"],
        "JPY": ["7500", "0"],
    }
    assert total.groups["tokyo"].amounts == {"JPY": [Decimal(7500), Decimal(0)], "EUR": [Decimal(0), Decimal("27.78")]}
    assert report(november, "UTC", *entries).amounts == {}


def test_an_entry_cut_at_midnight_shares_its_amount_the_earlier_part_first() -> None:
    """An hour at 0.05 is five cents: of two equal halves the earlier one has three."""
    rates = RateBook([Rate("billable", Decimal("0.05"), "EUR")])
    night = entry("2026-11-02T23:30Z", "2026-11-03T00:30Z")

    total = report(asked("2026-11-01T00:00Z", "2026-12-01T00:00Z", "day"), "UTC", night, rates=rates)
    second_day = report(asked("2026-11-03T00:00Z", "2026-11-04T00:00Z"), "UTC", night, rates=rates)

    assert [str(group.amounts["EUR"][0]) for group in total.groups.values()] == ["0.03", "0.02"]
    assert str(second_day.amounts["EUR"][0]) == "0.02"


def test_amounts_are_of_the_rounded_durations() -> None:
    rates = RateBook([Rate("billable", Decimal("60.00"), "EUR")])
    what = asked("2026-11-01T00:00Z", "2026-12-01T00:00Z", "day", rounding="up")

    total = report(what, "UTC", entry("2026-11-02T23:50Z", "2026-11-03T00:20Z"), rates=rates)

    assert [str(group.amounts["EUR"][0]) for group in total.groups.values()] == ["15.00", "30.00"]


def test_milliseconds_are_cut_downwards_before_1970_as_well() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    assert milliseconds(epoch + timedelta(microseconds=1999)) == 1
    assert milliseconds(epoch - timedelta(microseconds=1)) == -1
