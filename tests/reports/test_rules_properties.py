"""Cutting, rounding, grouping, adding up: what holds for any entries, and a naive count of the same."""

from collections import defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from shared.instants import to_local, zone_named
from shared.rates.rules import Rate, RateBook
from shared.reports.days import OF_TIME, LocalDays
from shared.reports.rules import (
    GROUPS,
    ROUNDINGS,
    Asked,
    Entry,
    Report,
    Sums,
    key_of,
)
from tests.reports.reckoning import HOUR, MINUTE, at, report

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
    plain = what._replace(rounding="none")

    one = report(plain, zone, *entries, rates=RATES)
    another = report(plain._replace(group_by=other), zone, *entries, rates=RATES)

    assert (one.milliseconds, one.billable_milliseconds, one.entries, one.amounts) == (
        another.milliseconds, another.billable_milliseconds, another.entries, another.amounts,
    )  # fmt: skip


@given(questions())
def test_ranges_that_touch_add_up_to_the_range_of_both(question: tuple[list[Entry], Asked, str]) -> None:
    entries, what, zone = question
    middle = (what.first + what.beyond) // 2 // MINUTE * MINUTE
    plain = what._replace(rounding="none", group_by=())

    def over(first: int, beyond: int) -> Sums:
        meeting = [one for one in entries if one.start < beyond and one.end > first]
        return report(plain._replace(first=first, beyond=beyond), zone, *meeting, rates=RATES)

    whole, halves = over(what.first, what.beyond), [over(what.first, middle), over(middle, what.beyond)]

    assert whole.milliseconds == sum(half.milliseconds for half in halves)


@given(questions())
def test_the_parts_of_an_entry_add_up_to_its_amount(question: tuple[list[Entry], Asked, str]) -> None:
    """Over a range that holds all of it, cut at each day, in any rounding."""
    entries, what, zone = question
    for one in entries:
        wide = what._replace(first=one.start - HOUR, beyond=one.end + HOUR, group_by=("day",))
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

    total = report(what._replace(rounding="none", group_by=("user", "day")), zone, *entries)

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
    plain = what._replace(rounding="none")

    assert leaves(report(plain, zone, *entries)) == naive(entries, plain, zone)
