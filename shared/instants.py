"""Instants and local time: how they are read, kept and shown.

Kept and answered as `YYYY-MM-DDThh:mm:ss.fffffffZ`, always the same width, so that comparing strings compares instants.
`timezone_offset` is minutes from local time to UTC, as JavaScript's `getTimezoneOffset()` gives (Ecuador 300).
"""

from datetime import UTC, datetime, timedelta

EARLIEST = datetime.min.replace(tzinfo=UTC)
LATEST = datetime.max.replace(tzinfo=UTC)


def now() -> datetime:
    """The current instant in whole milliseconds: browsers keep no more, and would send back a date that differs."""
    instant = datetime.now(UTC)
    return instant.replace(microsecond=instant.microsecond // 1000 * 1000)


def format_instant(instant: datetime) -> str:
    """An aware datetime as it is kept: UTC, microseconds and a 0."""
    utc = instant.astimezone(UTC).replace(tzinfo=None)
    return f"{utc.isoformat(timespec='microseconds')}0Z"


def parse_instant(text: str, local_offset_minutes: int = 0) -> datetime:
    """An ISO 8601 date and time as an aware UTC datetime; raises ValueError for anything else.

    A text with `Z` or an offset is an instant; one without is local time, `local_offset_minutes` from UTC.
    """
    # fromisoformat takes a date alone, and any character before the time; an instant has a T (or RFC 3339's blank).
    date, separator, time = text.upper().replace(" ", "T", 1).partition("T")
    if not (text.isascii() and text.isprintable() and date and separator and time):
        raise ValueError("not an ISO 8601 date and time")
    moment = datetime.fromisoformat(f"{date}T{time}")
    try:
        if moment.tzinfo is None:
            return moment.replace(tzinfo=UTC) + timedelta(minutes=local_offset_minutes)
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("outside the years 1 to 9999") from error


def with_plus(text: str) -> str:
    """An instant of a query, where a blank before an offset is a `+` that was not escaped: `…T10:00:00 02:00`."""
    date_and_time, _, offset = text.strip().rpartition(" ")
    return f"{date_and_time}+{offset}" if set(date_and_time.upper()) & {"T", " "} else text.strip()


def to_local(instant: datetime, offset_minutes: int) -> datetime:
    """The wall clock, as a naive datetime, where UTC lies `offset_minutes` ahead."""
    return instant.astimezone(UTC).replace(tzinfo=None) - timedelta(minutes=offset_minutes)


def from_local(moment: datetime, offset_minutes: int) -> datetime:
    """The instant at which the wall clock shows `moment`."""
    return moment.replace(tzinfo=UTC) + timedelta(minutes=offset_minutes)


def month_of(year: int, month: int, offset_minutes: int) -> tuple[datetime, datetime]:
    """A local month as the half-open range of instants `[first, first of the next)`."""
    first = datetime(year, month, 1)  # noqa: DTZ001 - a wall clock's date, made an instant below
    following = datetime(year + month // 12, month % 12 + 1, 1)  # noqa: DTZ001
    return from_local(first, offset_minutes), from_local(following, offset_minutes)
