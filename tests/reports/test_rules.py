"""Cutting, rounding, grouping, adding up: worked examples, and what must hold for any entries."""

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.instants import to_local, zone_named
from shared.rates.rules import Rate, RateBook
from shared.reports.rules import (
    GROUPS,
    OF_TIME,
    ROUNDINGS,
    Asked,
    Entry,
    LocalDays,
    Report,
    Sums,
    filled,
    in_order,
    key_of,
    milliseconds,
    rounded,
)

MINUTE = 60_000
HOUR = 60 * MINUTE
# Zones whose clocks change at midnight, by half an hour, by quarters from UTC, not at all, and over the date line.
ZONES = ("Atlantic/Azores", "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu", "America/Santiago", "UTC",
         "Pacific/Apia", "Africa/Cairo")  # fmt: skip
# Days around which some of them change.
CHANGES = (
    "2026-03-28",
    "2026-04-04",
    "2026-04-23",
    "2026-09-05",
    "2026-10-03",
    "2026-10-24",
    "2026-10-29",
    "2011-12-29",
)


def at(text: str) -> int:
    return milliseconds(datetime.fromisoformat(text))


def entry(start: str, end: str, **fields: object) -> Entry:
    made = Entry("user", "project", "customer", "activity", True, at(start), at(end), False, 0)
    return replace(made, **fields)  # type: ignore[arg-type]


def asked(first: str, beyond: str, *groups: str, rounding: str = "none", minutes: int = 15) -> Asked:
    return Asked(at(first), at(beyond), groups, rounding, minutes)


def report(what: Asked, zone: str, *entries: Entry, rates: RateBook | None = None) -> Sums:
    made = Report(what, zone_named(zone), rates)
    for one in entries:
        made.add(one)
    return made.total


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

    weeks = list(in_order(filled(total.groups, "week", days), "week", lambda _, key: key))
    within = in_order(total.groups["2026-W45"].groups, "project", lambda _, key: {"a": "Zoo", "b": "Zoo"}.get(key, key))

    assert [(key, sums.milliseconds / HOUR) for key, _, sums in weeks] == [
        ("2026-W45", 4), ("2026-W46", 0), ("2026-W47", 0), ("2026-W48", 1),
    ]  # fmt: skip
    assert [key for key, _, _ in within] == ["c", "a", "b"]


@pytest.mark.parametrize(
    ("group", "first", "last", "keys"),
    [
        ("day", "2011-12-29", "2012-01-01", ["2011-12-29", "2011-12-31", "2012-01-01"]),
        ("week", "2026-W52", "2027-W01", ["2026-W52", "2026-W53", "2027-W01"]),
        ("month", "2026-11", "2027-02", ["2026-11", "2026-12", "2027-01", "2027-02"]),
        ("month", "2026-11", "2026-11", ["2026-11"]),
    ],
)
def test_a_day_that_the_zone_skipped_is_not_filled_in(group: str, first: str, last: str, keys: list[str]) -> None:
    assert list(filled({last: Sums(), first: Sums()}, group, LocalDays(zone_named("Pacific/Apia")))) == keys


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


@st.composite
def timelines(draw: st.DrawFn) -> list[Entry]:
    """Disjoint entries of two users, in whole minutes, around days on which clocks change."""
    day = draw(st.sampled_from(CHANGES))
    entries = []
    for user in ("user 1", "user 2"):
        end = at(f"{day}T00:00Z")
        for gap, length in draw(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 2000)), max_size=5)):
            start, end = end + gap * MINUTE, end + (gap + length) * MINUTE
            entries.append(
                Entry(
                    user,
                    draw(st.sampled_from(["project 1", "project 2"])),
                    draw(st.sampled_from(["customer", None])),
                    draw(st.sampled_from(["activity 1", "activity 2"])),
                    draw(st.booleans()),
                    start,
                    end,
                    running=False,
                    timezone_offset=draw(st.sampled_from([-345, 0, 300])),
                )
            )
    return entries


groupings = st.lists(st.sampled_from(GROUPS), min_size=1, max_size=3, unique=True).map(tuple)
zones = st.sampled_from(ZONES)
RATES = RateBook(
    [
        Rate("billable", Decimal("0.37"), "EUR", user_id="user 1"),
        Rate("billable", Decimal("83.3333"), "USD", project_id="project 2", valid_from=date(2026, 10, 25)),
        Rate("cost", Decimal("1.2345"), "KWD"),
    ]
)


@st.composite
def ranges(draw: st.DrawFn, entries: list[Entry]) -> tuple[int, int]:
    """A range, in whole minutes, that some entries meet and whose edges cut others."""
    low = min((one.start for one in entries), default=0)
    high = max((one.end for one in entries), default=MINUTE)
    first = low + draw(st.integers(-3000, (high - low) // MINUTE)) * MINUTE
    return first, first + draw(st.integers(1, 6000)) * MINUTE


@st.composite
def questions(draw: st.DrawFn) -> tuple[list[Entry], Asked, str]:
    entries = draw(timelines())
    first, beyond = draw(ranges(entries))
    what = Asked(
        first, beyond, draw(groupings), draw(st.sampled_from(ROUNDINGS)), draw(st.sampled_from([1, 6, 7, 15, 60]))
    )
    return [one for one in entries if one.start < beyond and one.end > first], what, draw(zones)


def check_levels(sums: Sums) -> None:
    if sums.groups:
        parts = list(sums.groups.values())
        assert sums.milliseconds == sum(part.milliseconds for part in parts)
        assert sums.billable_milliseconds == sum(part.billable_milliseconds for part in parts)
        for code, (billable, cost) in sums.amounts.items():
            assert billable == sum(part.amounts.get(code, [0, 0])[0] for part in parts)
            assert cost == sum(part.amounts.get(code, [0, 0])[1] for part in parts)
        assert sums.entries <= sum(part.entries for part in parts)
    for part in sums.groups.values():
        check_levels(part)


@given(questions())
def test_every_levels_parts_add_up_to_it(question: tuple[list[Entry], Asked, str]) -> None:
    entries, what, zone = question

    total = report(what, zone, *entries, rates=RATES)

    check_levels(total)
    assert total.entries == len(entries)


@given(questions(), groupings)
def test_without_rounding_the_total_is_the_same_whatever_the_groups(
    question: tuple[list[Entry], Asked, str], other: tuple[str, ...]
) -> None:
    entries, what, zone = question
    plain = replace(what, rounding="none")

    one = report(plain, zone, *entries, rates=RATES)
    another = report(replace(plain, group_by=other), zone, *entries, rates=RATES)

    assert (one.milliseconds, one.billable_milliseconds, one.entries, one.amounts) == (
        another.milliseconds, another.billable_milliseconds, another.entries, another.amounts,
    )  # fmt: skip


@given(questions())
def test_ranges_that_touch_add_up_to_the_range_of_both(question: tuple[list[Entry], Asked, str]) -> None:
    entries, what, zone = question
    middle = (what.first + what.beyond) // 2 // MINUTE * MINUTE
    plain = replace(what, rounding="none", group_by=())

    def over(first: int, beyond: int) -> Sums:
        meeting = [one for one in entries if one.start < beyond and one.end > first]
        return report(replace(plain, first=first, beyond=beyond), zone, *meeting, rates=RATES)

    whole, halves = over(what.first, what.beyond), [over(what.first, middle), over(middle, what.beyond)]

    assert whole.milliseconds == sum(half.milliseconds for half in halves)


@given(questions())
def test_the_parts_of_an_entry_add_up_to_its_amount(question: tuple[list[Entry], Asked, str]) -> None:
    """Over a range that holds all of it, cut at each day, in any rounding."""
    entries, what, zone = question
    for one in entries:
        wide = replace(what, first=one.start - HOUR, beyond=one.end + HOUR, group_by=("day",))
        made = Report(wide, zone_named(zone), RATES)
        parts = made.parts(one)
        for kind, side in (("billable", 0), ("cost", 1)):
            rate = RATES.rate_for(kind, one.subject)
            if rate and (one.billable or kind == "cost"):
                found = sum((part.amounts[rate.currency][side] for part in parts), Decimal())
                due = Decimal(sum(part.duration for part in parts)) * rate.amount / HOUR
                assert abs(found - due) <= Decimal("0.005")


@given(questions())
def test_no_day_of_a_user_has_more_than_it_is_long(question: tuple[list[Entry], Asked, str]) -> None:
    entries, what, zone = question

    total = report(replace(what, rounding="none", group_by=("user", "day")), zone, *entries)

    days = LocalDays(zone_named(zone))
    for user in total.groups.values():
        for key, sums in user.groups.items():
            ordinal = date.fromisoformat(key).toordinal()
            assert 0 < sums.milliseconds <= days.start(ordinal + 1) - days.start(ordinal)


def naive(entries: list[Entry], what: Asked, zone: str) -> dict[tuple[str, ...], int]:
    """Ask of each minute which date the wall clock shows."""
    found: dict[tuple[str, ...], int] = defaultdict(int)
    for one in entries:
        for minute in range(one.start, one.end, MINUTE):
            if what.first <= minute < what.beyond:
                day = to_local(datetime.fromtimestamp(minute / 1000, UTC), zone_named(zone)).date()
                year, week, _ = day.isocalendar()
                times = {"day": f"{day}", "week": f"{year}-W{week:02}", "month": f"{day:%Y-%m}"}
                keys = tuple(times[group] if group in OF_TIME else key_of(one, group) for group in what.group_by)
                found[keys] += MINUTE
    return dict(found)


def leaves(sums: Sums, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], int]:
    if not sums.groups:
        return {path: sums.milliseconds} if path else {}
    return {key: value for name, group in sums.groups.items() for key, value in leaves(group, (*path, name)).items()}


@given(questions())
def test_a_report_is_what_a_naive_count_of_minutes_gives(question: tuple[list[Entry], Asked, str]) -> None:
    entries, what, zone = question
    plain = replace(what, rounding="none")

    assert leaves(report(plain, zone, *entries)) == naive(entries, plain, zone)


@given(questions())
def test_an_entrys_cuts_follow_one_another_without_gap(question: tuple[list[Entry], Asked, str]) -> None:
    entries, _, zone = question
    days = LocalDays(zone_named(zone))
    for one in entries:
        cuts = list(days.cut(one.start, one.end))
        assert (cuts[0][1], cuts[-1][2]) == (one.start, one.end)
        for (day, start, end), (next_day, following, _) in pairwise(cuts):
            assert start < end == following
            assert day < next_day


def test_milliseconds_are_cut_downwards_before_1970_as_well() -> None:
    epoch = datetime(1970, 1, 1, tzinfo=UTC)

    assert milliseconds(epoch + timedelta(microseconds=1999)) == 1
    assert milliseconds(epoch - timedelta(microseconds=1)) == -1
