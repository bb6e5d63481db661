"""Instants and local time: how they are read, kept and shown, and when a local day begins.

Kept and answered as `YYYY-MM-DDThh:mm:ss.fffffffZ`, always the same width, so that comparing strings compares instants.
`timezone_offset` is minutes from local time to UTC, as JavaScript's `getTimezoneOffset()` gives (Ecuador 300).

Zones come from the pinned `tzdata` package alone, so that every machine reckons alike (decision 13). They stay inside
this module's functions: what these answer is in UTC, or a naive wall clock, since two datetimes of one `ZoneInfo`
subtract and compare as wall clocks do, an hour wrong across a clock change.
"""

import re
from bisect import bisect_left
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import cache
from importlib import resources
from zoneinfo import ZoneInfo

from tzdata import IANA_VERSION

# Ecuador's, in minutes from local time to UTC: what counts where nobody names another.
DEFAULT_TIMEZONE_OFFSET = 300
TENTH = timedelta(milliseconds=100)
EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)
DAY = timedelta(days=1)
STORED = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z", re.ASCII)
# The release of the zone data, as IANA names it: `2026f`.
ZONE_DATA = str(IANA_VERSION)
# The database's name for "this machine has not been told its zone".
UNSET_ZONE = "Factory"


def now() -> datetime:
    """The current instant in whole milliseconds."""
    return whole_milliseconds(datetime.now(UTC))


def whole_milliseconds(instant: datetime) -> datetime:
    """The instant, rounded down: browsers keep no more, and could not send a finer date back unchanged."""
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def tenth(instant: datetime) -> datetime:
    """The instant in whole tenths of a second, rounded down."""
    return instant.replace(microsecond=instant.microsecond // 100_000 * 100_000)


def format_instant(instant: datetime) -> str:
    """An aware datetime as it is kept: UTC, microseconds and a 0."""
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}0Z"


def is_stored(text: str) -> bool:
    """Whether the text has the form in which instants are kept."""
    return STORED.fullmatch(text) is not None


def parse_instant(text: str) -> datetime:
    """An ISO 8601 date and time as an aware UTC datetime; one without an offset is UTC. Raises ValueError."""
    moment = parse_moment(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def parse_moment(text: str) -> datetime:
    """An ISO 8601 date and time: with `Z` or an offset an aware UTC datetime, without one a naive wall clock.

    Raises ValueError for anything else.
    """
    if is_stored(text):
        # By far the most are, and need none of what follows.
        return datetime.fromisoformat(text)
    # fromisoformat takes a date alone, and any character before the time; an instant has a T (or RFC 3339's blank).
    day, separator, clock = text.upper().replace(" ", "T", 1).partition("T")
    if not (text.isascii() and text.isprintable() and day and separator and clock):
        raise ValueError("not an ISO 8601 date and time")
    moment = datetime.fromisoformat(f"{day}T{clock}")
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error


def with_plus(text: str) -> str:
    """An instant of a query, where a blank before an offset is a `+` that was not escaped: `…T10:00:00 02:00`."""
    date_and_time, _, offset = text.strip().rpartition(" ")
    return f"{date_and_time}+{offset}" if set(date_and_time.upper()) & {"T", " "} else text.strip()


def offset_zone(minutes: int) -> timezone:
    """The zone that UTC is always `minutes` ahead of."""
    return timezone(-timedelta(minutes=minutes))


def zone_named(name: str) -> ZoneInfo:
    """The zone of the IANA database with this name or alias, whatever its case; raises ValueError for any other text.

    Its `key` is the name in the database's spelling.
    """
    # Outside ASCII, other letters have a small `k` or `i` as well.
    spelling = _spellings().get(name.lower()) if name.isascii() else None
    if spelling is None:
        raise ValueError("not a time zone of the IANA database")
    return _zone(spelling)


@cache
def _spellings() -> dict[str, str]:
    """Every name of the database, by itself in lower case."""
    names = resources.files("tzdata").joinpath("zones").read_text(encoding="ascii").split()
    return {name.lower(): name for name in names if name != UNSET_ZONE}


@cache
def _zone(spelling: str) -> ZoneInfo:
    with resources.files("tzdata").joinpath("zoneinfo", *spelling.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=spelling)


def to_local(instant: datetime, zone: tzinfo) -> datetime:
    """What the wall clock of the zone shows at an instant, as a naive datetime.

    Where that would lie outside the years 1 to 9999, it is the first or the last moment of them.
    """
    try:
        return instant.astimezone(zone).replace(tzinfo=None, fold=0)
    except OverflowError:
        return datetime.min if instant.year == 1 else datetime.max  # noqa: DTZ901 - wall clocks


def from_local(moment: datetime, zone: tzinfo, *, last: bool = False) -> datetime:
    """The instant, in UTC, at which the wall clock of the zone shows `moment`, a naive datetime.

    A time that comes twice is the first of the two, or the second when `last`. A time that a clock change skips is
    moved on by the gap (02:30 becomes 03:30), as RFC 5545 has it. Raises OverflowError outside the years 1 to 9999.
    """
    first = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
    # In a gap the second reading lies before the first: it counts with the offset that holds after the change.
    return max(first, moment.replace(tzinfo=zone, fold=1).astimezone(UTC)) if last else first


def start_of_day(day: date, zone: tzinfo) -> datetime:
    """The instant at which a local day begins, and the day before ends: the first one with this date or a later one.

    Midnight as a rule; 01:00 where a clock change skips the hour before. A day that the zone skipped begins where the
    next one does. What lies outside the years 1 to 9999 in UTC is EARLIEST or LATEST.
    """
    midnight = datetime.combine(day, time())
    try:
        begin = from_local(midnight, zone)
        if to_local(begin, zone) == midnight:
            return begin
        # Midnight lies in a gap: somewhere between its two readings the clock jumps.
        before = midnight.replace(tzinfo=zone, fold=1).astimezone(UTC)
    except OverflowError:
        return EARLIEST if day.year == 1 else LATEST

    def has_begun(second: int) -> bool:
        return to_local(before + timedelta(seconds=second), zone).date() >= day

    return before + timedelta(seconds=bisect_left(range((begin - before) // timedelta(seconds=1)), True, key=has_begun))


def end_of_day(day: date, zone: tzinfo) -> datetime:
    """Where the next local day begins."""
    return LATEST if day == date.max else start_of_day(day + DAY, zone)


def local_day(instant: datetime, zone: tzinfo) -> date:
    """The local day that an instant lies in.

    Its date by the wall clock, unless the next day has begun already: a clock that goes back over midnight shows
    yesterday's date for a second time.
    """
    day = to_local(instant, zone).date()
    return day + DAY if end_of_day(day, zone) <= instant else day


def month_of(year: int, month: int, zone: tzinfo) -> tuple[datetime, datetime]:
    """A local month as the half-open range of instants `[first, first of the next)`."""
    following = date(year + month // 12, month % 12 + 1, 1)
    return start_of_day(date(year, month, 1), zone), start_of_day(following, zone)
