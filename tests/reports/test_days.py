"""Local days and their names, those between two of them, and instants as milliseconds."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ApiError
from shared.instants import format_instant, parse_instant, zone_named
from shared.reports.days import LocalDays, StoredInstants, filled, milliseconds

# Clocks that change at midnight, by half an hour, by quarters from UTC, and over the date line.
ZONES = ("Atlantic/Azores", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Cairo", "UTC")


@pytest.mark.parametrize(
    ("group", "first", "last", "keys"),
    [
        ("day", "2011-12-29", "2012-01-01", ["2011-12-29", "2011-12-31", "2012-01-01"]),
        ("week", "2026-W52", "2027-W01", ["2026-W52", "2026-W53", "2027-W01"]),
        ("month", "2026-11", "2027-02", ["2026-11", "2026-12", "2027-01", "2027-02"]),
        ("month", "2026-11", "2026-11", ["2026-11"]),
        ("month", "2026-01", "2026-12", [f"2026-{month:02}" for month in range(1, 13)]),
    ],
)
def test_a_day_that_the_zone_skipped_is_not_filled_in(group: str, first: str, last: str, keys: list[str]) -> None:
    assert list(filled({last: 2, first: 1}, group, LocalDays(zone_named("Pacific/Apia")), int)) == keys


@pytest.mark.parametrize(
    ("group", "far", "too_far", "last"),
    [("day", "1926-11-29", "1926-11-28", "2026-11-28"), ("week", "1326-W49", "1226-W01", "2026-W48")],
)
def test_groups_too_far_apart_to_show_all_between_them_are_refused(
    group: str, far: str, too_far: str, last: str
) -> None:
    days = LocalDays(zone_named("UTC"))

    assert len(filled({far: 1, last: 1}, group, days, int)) > 36_500
    with pytest.raises(ApiError) as refused:
        filled({too_far: 1, last: 1}, group, days, int)
    assert (refused.value.status, refused.value.code) == (422, "report_too_large")


def test_all_months_that_there_are_can_be_shown() -> None:
    assert len(filled({"0001-01": 1, "2026-11": 1}, "month", LocalDays(zone_named("UTC")), int)) == 2025 * 12 + 11


@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2011, 12, 1), datetime(2027, 1, 1)),  # noqa: DTZ001 - in UTC
    st.integers(1, 5000),
)
def test_the_cuts_of_an_interval_follow_one_another_without_gap(zone: str, begin: datetime, minutes: int) -> None:
    start = milliseconds(begin.replace(tzinfo=UTC))
    end = start + minutes * 60_000

    cuts = list(LocalDays(zone_named(zone)).cut(start, end))

    assert (cuts[0][1], cuts[-1][2]) == (start, end)
    for (day, since, upto), (next_day, following, _) in pairwise(cuts):
        assert since < upto == following
        assert day < next_day


@given(st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30)))  # noqa: DTZ001 - in UTC
def test_an_instant_as_it_is_kept_is_so_many_milliseconds(moment: datetime) -> None:
    instant = moment.replace(tzinfo=UTC)
    kept = StoredInstants()

    assert kept.milliseconds(format_instant(instant)) == milliseconds(instant)
    assert kept.milliseconds(format_instant(instant + timedelta(minutes=1))) == milliseconds(instant) + 60_000


@pytest.mark.parametrize(
    "text", ["2026-11-01T10:00:00Z", "2026-11-01T10:00:00.123Z", "2026-11-01T10:00:00.1234567+00:00"]
)
def test_an_instant_of_another_writer_is_one_as_well(text: str) -> None:
    assert StoredInstants().milliseconds(text) == milliseconds(parse_instant(text))


def test_what_is_no_instant_is_refused() -> None:
    for text in ("", "2026-11-01", "2026-13-01T10:00:00.0000000Z", "2026-11-01T1x:00:00.0000000Z"):
        with pytest.raises(ValueError, match=r"."):
            StoredInstants().milliseconds(text)
