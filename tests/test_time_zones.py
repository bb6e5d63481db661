"""Time zones: which names are taken, whose data they are reckoned with, and when a local day begins."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shared.instants import (
    ZONE_DATA,
    end_of_day,
    from_local,
    local_day,
    month_of,
    offset_zone,
    start_of_day,
    to_local,
    zone_named,
)
from tests.application import ROOT

# What `Intl.supportedValuesOf("timeZone")` lists in V8, which Chromium and Node.js share (ICU 78, CLDR 48).
OF_CHROMIUM = Path(__file__).with_name("zones_of_chromium.txt").read_text(encoding="ascii").split()
NAMES = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
# Lines `L target alias`: the names that the database keeps for those who still use them, Firefox's own among them.
COMPILED = resources.files("tzdata").joinpath("zoneinfo", "tzdata.zi").read_text(encoding="utf-8").splitlines()
LINKS = {line.split()[2]: line.split()[1] for line in COMPILED if line.startswith("L ")}

TELL = """
import json, sys
from datetime import UTC, datetime
from shared.instants import ZONE_DATA, to_local, zone_named
try:
    shown = to_local(datetime(2026, 12, 1, 12, tzinfo=UTC), zone_named(sys.argv[1])).isoformat()
except ValueError:
    shown = None
print(json.dumps([ZONE_DATA, shown]))
"""


@pytest.mark.parametrize("machine", ["", "other"])
def test_the_pinned_package_answers_whatever_the_machine_has(tmp_path: Path, machine: str) -> None:
    """The machine's own data is made to say that Vancouver keeps Tokyo's time, or is not there at all."""
    own = tmp_path / "America" / "Vancouver"
    if machine:
        own.parent.mkdir()
        own.write_bytes(resources.files("tzdata").joinpath("zoneinfo", "Asia", "Tokyo").read_bytes())
        (tmp_path / "Mars").mkdir()
        (tmp_path / "Mars" / "Base").write_bytes(own.read_bytes())

    def told(zone: str) -> list[str | None]:
        command = [sys.executable, "-c", TELL, zone]
        environment = {"PYTHONTZPATH": str(tmp_path), "TZDIR": str(tmp_path), "TZ": "Asia/Tokyo"}
        done = subprocess.run(command, capture_output=True, check=True, cwd=ROOT, env=environment)  # noqa: S603
        answer: list[str | None] = json.loads(done.stdout)
        return answer

    # Seven hours behind UTC: since 2026 British Columbia stays on summer time.
    assert told("America/Vancouver") == [ZONE_DATA, "2026-12-01T05:00:00"]
    assert told("Mars/Base") == [ZONE_DATA, None]


def test_the_package_that_answers_is_the_one_that_is_pinned() -> None:
    pinned = next(line for line in (ROOT / "requirements.txt").read_text().splitlines() if line.startswith("tzdata=="))
    year, release = pinned.removeprefix("tzdata==").split(".")

    assert f"{year}{chr(ord('a') + int(release) - 1)}" == ZONE_DATA
    assert COMPILED[0] == f"# version {ZONE_DATA}"


def test_nothing_else_makes_zones() -> None:
    """`ZoneInfo(name)` asks the machine's data first."""
    folders = ("functions", "shared", "local", "operations", "migrations")
    files = [ROOT / "cli.py", *(file for folder in folders for file in (ROOT / folder).rglob("*.py"))]

    assert [str(file) for file in files if "ZoneInfo(" in file.read_text(encoding="utf-8")] == []


def test_every_name_of_the_database_and_of_the_browsers_is_taken_in_any_case() -> None:
    assert len(OF_CHROMIUM) > 400
    assert len(LINKS) > 200
    assert {"Asia/Calcutta", "Europe/Kiev", "Asia/Kolkata", "Europe/Kyiv"} <= {*OF_CHROMIUM, *LINKS, *LINKS.values()}
    for name in {*OF_CHROMIUM, *LINKS, *LINKS.values(), *NAMES} - {"Factory"}:
        for spelling in (name, name.lower(), name.upper()):
            assert zone_named(spelling).key == name


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "Factory", "localtime", "posixrules", "right/UTC", "posix/Europe/Berlin", "Europe", "Europe/", "/UTC",
        "../zones", "/etc/localtime", "Europe/../UTC", "UTC/", "zone.tab", "tzdata.zi", "__init__.py", "+01:00", "-5",
        "UTC+1", "GMT+25", "EST5", "Eastern Standard Time", "W. Europe Standard Time", "Berlin", "Etc/Unknown",
        "Europe/Berlin\x00", "Europe\\Berlin", "\u212aolkata", "Asia/\u212aolkata", "Europe/Ber\u0131in", "x" * 5000,
        "\ud800", "America/New_York ", "America/New York", "None", "Z",
    ],
    ids=lambda text: repr(text)[:30],
)  # fmt: skip
def test_anything_else_is_no_zone(text: str) -> None:
    with pytest.raises(ValueError, match="IANA"):
        zone_named(text)


@given(st.text())
def test_any_text_is_a_zone_or_a_value_error(text: str) -> None:
    try:
        assert zone_named(text).key.lower() == text.lower()
    except ValueError:
        return


@pytest.mark.parametrize(
    ("zone", "day", "begins", "ends"),
    [
        # There is no 00:00: the day begins at 01:00.
        ("Atlantic/Azores", "2026-03-29", "2026-03-29T01:00Z", "2026-03-30T00:00Z"),
        ("Africa/Cairo", "2026-04-24", "2026-04-23T22:00Z", "2026-04-24T21:00Z"),
        ("America/Santiago", "2026-09-06", "2026-09-06T04:00Z", "2026-09-07T03:00Z"),
        ("Asia/Beirut", "2026-03-29", "2026-03-28T22:00Z", "2026-03-29T21:00Z"),
        ("America/Havana", "2026-03-08", "2026-03-08T05:00Z", "2026-03-09T04:00Z"),
        # 00:00 comes twice: it begins at the first.
        ("Atlantic/Azores", "2026-10-25", "2026-10-25T00:00Z", "2026-10-26T01:00Z"),
        # The hour before midnight comes twice.
        ("Africa/Cairo", "2026-10-29", "2026-10-28T21:00Z", "2026-10-29T22:00Z"),
        ("America/Santiago", "2026-04-04", "2026-04-04T03:00Z", "2026-04-05T04:00Z"),
        ("Asia/Beirut", "2026-10-24", "2026-10-23T21:00Z", "2026-10-24T22:00Z"),
        # A minute after midnight the clock goes back to 23:01: the day that has begun goes on.
        ("America/St_Johns", "2006-10-28", "2006-10-28T02:30Z", "2006-10-29T02:30Z"),
        ("America/St_Johns", "2006-10-29", "2006-10-29T02:30Z", "2006-10-30T03:30Z"),
        # From 23:30 the clock jumps to 00:30.
        ("America/Toronto", "1919-03-31", "1919-03-31T04:30Z", "1919-04-01T04:00Z"),
        # A change of half an hour.
        ("Australia/Lord_Howe", "2026-04-05", "2026-04-04T13:00Z", "2026-04-05T13:30Z"),
        ("Australia/Lord_Howe", "2026-10-04", "2026-10-03T13:30Z", "2026-10-04T13:00Z"),
        # Days that a zone skipped, and one of 47 hours.
        ("Pacific/Apia", "2011-12-29", "2011-12-29T10:00Z", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00Z", "2011-12-30T10:00Z"),
        ("Pacific/Apia", "2011-12-31", "2011-12-30T10:00Z", "2011-12-31T10:00Z"),
        ("Pacific/Kwajalein", "1993-08-21", "1993-08-21T12:00Z", "1993-08-21T12:00Z"),
        ("Pacific/Kwajalein", "1969-09-30", "1969-09-29T13:00Z", "1969-10-01T12:00Z"),
        # Ecuador's only summer time.
        ("America/Guayaquil", "1992-11-28", "1992-11-28T05:00Z", "1992-11-29T04:00Z"),
        ("America/Guayaquil", "1993-02-04", "1993-02-04T04:00Z", "1993-02-05T05:00Z"),
        # What changed in 2026.
        ("Africa/Casablanca", "2026-09-20", "2026-09-19T23:00Z", "2026-09-21T00:00Z"),
        ("Africa/Casablanca", "2026-12-01", "2026-12-01T00:00Z", "2026-12-02T00:00Z"),
        ("America/Havana", "2026-11-01", "2026-11-01T04:00Z", "2026-11-02T04:00Z"),
        ("America/Vancouver", "2026-11-01", "2026-11-01T07:00Z", "2026-11-02T07:00Z"),
        ("America/Vancouver", "2026-12-01", "2026-12-01T07:00Z", "2026-12-02T07:00Z"),
        ("America/Edmonton", "2026-11-01", "2026-11-01T06:00Z", "2026-11-02T06:00Z"),
        ("America/Inuvik", "2026-11-01", "2026-11-01T06:00Z", "2026-11-02T06:00Z"),
        ("America/Winnipeg", "2026-11-01", "2026-11-01T05:00Z", "2026-11-02T05:00Z"),
        ("America/New_York", "2026-11-01", "2026-11-01T04:00Z", "2026-11-02T05:00Z"),
    ],
)
def test_a_day_begins_and_ends_where_its_zone_says(zone: str, day: str, begins: str, ends: str) -> None:
    asked, found = date.fromisoformat(day), zone_named(zone)

    assert start_of_day(asked, found) == datetime.fromisoformat(begins)
    assert end_of_day(asked, found) == datetime.fromisoformat(ends)


@pytest.mark.parametrize(
    ("zone", "clock", "start", "end"),
    [
        # Skipped, and so moved on by the gap.
        ("America/New_York", "2026-03-08T02:30", "2026-03-08T07:30Z", "2026-03-08T07:30Z"),
        ("Atlantic/Azores", "2026-03-29T00:15", "2026-03-29T01:15Z", "2026-03-29T01:15Z"),
        ("Australia/Lord_Howe", "2026-10-04T02:10", "2026-10-03T15:40Z", "2026-10-03T15:40Z"),
        ("Pacific/Apia", "2011-12-30T12:00", "2011-12-30T22:00Z", "2011-12-30T22:00Z"),
        # It comes twice.
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z", "2026-11-01T06:30Z"),
        ("Atlantic/Azores", "2026-10-25T00:00", "2026-10-25T00:00Z", "2026-10-25T01:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z", "2026-04-04T15:15Z"),
        # Plain times on both sides of a change.
        ("America/New_York", "2026-11-01T00:59", "2026-11-01T04:59Z", "2026-11-01T04:59Z"),
        ("America/New_York", "2026-11-01T02:00", "2026-11-01T07:00Z", "2026-11-01T07:00Z"),
    ],
)
def test_of_a_time_that_comes_twice_a_start_is_the_first_and_an_end_the_second(
    zone: str, clock: str, start: str, end: str
) -> None:
    shown, found = datetime.fromisoformat(clock), zone_named(zone)

    assert from_local(shown, found) == datetime.fromisoformat(start)
    assert from_local(shown, found, last=True) == datetime.fromisoformat(end)


zones = st.sampled_from(sorted(set(NAMES) - {"Factory"}))
# Around the days on which some zone changes its clocks, and any day between.
days = st.dates(date(1970, 1, 3), date(2037, 12, 29))
MINUTE = timedelta(minutes=1)


def first_instant_of(day: date, zone: str) -> datetime:
    """Walk through the instants, minute by minute and then second by second, until the wall clock shows the date."""
    instant = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=16)
    while to_local(instant, zone_named(zone)).date() < day:
        instant += MINUTE
    instant -= MINUTE
    while to_local(instant, zone_named(zone)).date() < day:
        instant += timedelta(seconds=1)
    return instant


@given(zones, days)
@example("Pacific/Apia", date(2011, 12, 30))
@example("America/Toronto", date(1919, 3, 31))
@example("America/St_Johns", date(2006, 10, 29))
@example("Africa/Monrovia", date(1972, 1, 7))
@example("Europe/Amsterdam", date(1937, 7, 1))
@example("America/Juneau", date(1867, 10, 19))
def test_a_day_begins_where_a_walk_through_the_minutes_finds_it(zone: str, day: date) -> None:
    begins = first_instant_of(day, zone)

    assert start_of_day(day, zone_named(zone)) == begins
    assert end_of_day(day - timedelta(days=1), zone_named(zone)) == begins


def changes(name: str) -> list[datetime]:
    """The half days of 2020 to 2030 in which a zone's offset changes."""
    zone = zone_named(name)
    hours = [datetime(2020, 1, 1, tzinfo=UTC) + timedelta(hours=12 * step) for step in range(11 * 730)]
    offsets = [hour.astimezone(zone).utcoffset() for hour in hours]
    return [hour for hour, one, following in zip(hours, offsets, offsets[1:], strict=False) if one != following]


@pytest.mark.parametrize("name", ["Atlantic/Azores", "Africa/Casablanca", "America/Havana", "Australia/Lord_Howe",
                                  "Asia/Gaza", "America/Scoresbysund", "Antarctica/Troll"])  # fmt: skip
def test_days_around_every_change_begin_where_the_walk_finds_them(name: str) -> None:
    found = changes(name)
    assert found
    for change in found:
        for days_on in (-1, 0, 1):
            day = to_local(change, zone_named(name)).date() + timedelta(days=days_on)
            assert start_of_day(day, zone_named(name)) == first_instant_of(day, name)


@given(zones, st.datetimes(datetime(1970, 1, 3), datetime(2037, 12, 29), timezones=st.just(UTC)))  # noqa: DTZ001
@example("America/St_Johns", datetime(2006, 10, 29, 2, 45, tzinfo=UTC))
@example("Pacific/Kwajalein", datetime(1969, 10, 1, 11, tzinfo=UTC))
def test_every_instant_lies_in_the_one_day_that_holds_it(zone: str, instant: datetime) -> None:
    found = zone_named(zone)
    day = local_day(instant, found)

    assert start_of_day(day, found) <= instant < end_of_day(day, found)


@given(zones, st.datetimes(datetime(1970, 1, 3), datetime(2037, 12, 29)))  # noqa: DTZ001
def test_a_wall_clock_is_an_instant_that_shows_it_or_was_skipped(zone: str, clock: datetime) -> None:
    found = zone_named(zone)
    start, end = from_local(clock, found), from_local(clock, found, last=True)

    assert start <= end
    assert start.tzinfo is end.tzinfo is UTC
    shown = to_local(start, found)
    assert shown == to_local(end, found)
    if start == end and shown != clock:
        # Skipped: moved on by the gap, which is what the offset grew by.
        around = [(start + timedelta(days=days)).astimezone(found).utcoffset() for days in (-1, 1)]
        assert shown - clock == (around[1] or timedelta()) - (around[0] or timedelta())
    else:
        assert shown == clock


@pytest.mark.parametrize("minutes", [-840, 0, 300, 840])
@pytest.mark.parametrize("day", [date.min, date(1, 1, 2), date(9999, 12, 30), date.max])
def test_at_the_ends_of_the_calendar_days_still_follow_one_another(day: date, minutes: int) -> None:
    zone = offset_zone(minutes)

    assert start_of_day(day, zone) < end_of_day(day, zone)


@given(zones, st.dates(date(1970, 2, 1), date(2037, 11, 30)))
def test_a_month_begins_with_its_first_day(zone: str, day: date) -> None:
    found = zone_named(zone)
    first, beyond = month_of(day.year, day.month, found)

    assert first == start_of_day(day.replace(day=1), found)
    assert beyond == start_of_day((day.replace(day=28) + timedelta(days=4)).replace(day=1), found)
