"""Local days, weeks and months of a zone: where they begin, what they are called, and which lie between two of them.

Time is in whole milliseconds since 1970; a day is named by its proleptic ordinal.
"""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TypeVar

from shared import instants
from shared.errors import ApiError

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)
DAY = 86_400_000
FIRST_DAY = EPOCH.toordinal()
STORED_LENGTH = len("2026-11-01T00:00:00.0000000Z")
# A century of days.
MOST_FILLED = 36_525
# How far on the next group is looked for. The first of a month is no more than 28 days after that of the one before.
DAYS_BETWEEN = {"day": 1, "week": 7, "month": 28}
OF_TIME = tuple(DAYS_BETWEEN)
Kept = TypeVar("Kept")


def milliseconds(instant: datetime) -> int:
    """An aware instant in whole milliseconds since 1970, rounded down."""
    return (instant - EPOCH) // MILLISECOND


class LocalDays:
    """When the local days of a zone begin, each worked out once."""

    def __init__(self, zone: tzinfo) -> None:
        self.zone = zone
        self._starts: dict[int, int] = {}

    def start(self, ordinal: int) -> int:
        """When the day with this proleptic ordinal begins. Nothing lies before the first one, 1 January of year 1."""
        start = self._starts.get(ordinal)
        if start is None:
            day = date.fromordinal(ordinal)
            start = milliseconds(instants.EARLIEST if day == date.min else instants.start_of_day(day, self.zone))
            self._starts[ordinal] = start
        return start

    def of(self, instant: int) -> int:
        """The ordinal of the day that an instant lies in."""
        ordinal = FIRST_DAY + instant // DAY
        while self.start(ordinal) > instant:
            ordinal -= 1
        while self.start(ordinal + 1) <= instant:
            ordinal += 1
        return ordinal

    def cut(self, start: int, end: int) -> Iterator[tuple[int, int, int]]:
        """The parts `(ordinal of the day, start, end)` of an interval, cut at each local midnight."""
        ordinal = self.of(start)
        while start < end:
            upto = min(end, self.start(ordinal + 1))
            # A day that the zone skipped has nothing.
            if upto > start:
                yield ordinal, start, upto
            start, ordinal = upto, ordinal + 1


class StoredInstants:
    """Instants in the form in which they are kept, as milliseconds: each date is worked out once."""

    def __init__(self) -> None:
        self._midnights: dict[str, int] = {}

    def milliseconds(self, text: str) -> int:
        """The instant in whole milliseconds since 1970, rounded down. Raises ValueError for what is no instant."""
        if len(text) != STORED_LENGTH or text[-1] != "Z":
            # Another writer's.
            return milliseconds(instants.parse_instant(text))
        midnight = self._midnights.get(text[:10])
        if midnight is None:
            midnight = self._midnights[text[:10]] = milliseconds(instants.parse_instant(f"{text[:10]}T00:00Z"))
        hours, minutes, seconds = int(text[11:13]), int(text[14:16]), int(text[17:19])
        return midnight + ((hours * 60 + minutes) * 60 + seconds) * 1000 + int(text[20:23])


def key_of_day(group: str, ordinal: int) -> str:
    """`2026-11-01`, `2026-W44` or `2026-11`."""
    day = date.fromordinal(ordinal)
    if group == "day":
        return day.isoformat()
    if group == "month":
        return day.isoformat()[:7]
    year, week, _ = day.isocalendar()
    return f"{year:04}-W{week:02}"


def filled(groups: dict[str, Kept], group: str, days: LocalDays, nothing: Callable[[], Kept]) -> dict[str, Kept]:
    """Groups of time with those between two of them that have no entries; not days that the zone skipped.

    Raises ApiError 422 `report_too_large` where these would be more than `MOST_FILLED`: an entry with a mistyped year
    must not make a report of 700,000 days, which nobody could read and which would hold up every other call.
    """
    if group not in OF_TIME or not groups:
        return groups
    first, last, step = _first_day(min(groups)), _first_day(max(groups)), DAYS_BETWEEN[group]
    if (last - first) // step >= MOST_FILLED:
        message = f"There are time entries of {min(groups)} and of {max(groups)}, too far apart to show each {group}"
        raise ApiError(422, "report_too_large", f"{message} between them; ask for a shorter time")
    keys: dict[str, Kept] = {}
    for ordinal in range(first, last + step, step):
        key = key_of_day(group, ordinal)
        if key not in keys and (key in groups or group != "day" or days.start(ordinal) < days.start(ordinal + 1)):
            keys[key] = groups.get(key) or nothing()
    return keys


def _first_day(key: str) -> int:
    if "W" in key:
        year, week = key.split("-W")
        return date.fromisocalendar(int(year), int(week), 1).toordinal()
    return date.fromisoformat(f"{key}-01" if len(key) == len("2026-11") else key).toordinal()
