"""When a timer fires: NCRONTAB expressions and spans of time, read as the Functions host reads them. Pure.

NCRONTAB has six fields: second, minute, hour, day of month, month, day of week. With five fields the second is 0. It
differs from cron: a day must fit day of month **and** day of week; Sunday is 0, and 7 is refused; the ends of a range
that wraps are swapped without a word (`FRI-MON` is Monday to Friday); `*/90` is once an hour; there is no `L`, `W`, `#`
or `?`, and no `@daily`. Times are UTC.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol

from local.host.time_spans import time_span

_NO_STATUS_BELOW = timedelta(minutes=1)
# A 29 February on a given weekday comes within 40 years; what does not come by then never does, as 31 February.
_DAYS_TO_LOOK_AT = 40 * 366


class ScheduleError(ValueError):
    """A text that is no schedule."""


class Schedule(Protocol):
    """When to fire."""

    def next_after(self, instant: datetime) -> datetime | None:
        """The first occurrence after an instant (UTC); None when there is none."""


@dataclass(frozen=True)
class Interval:
    """At a distance from the last time."""

    period: timedelta

    def next_after(self, instant: datetime) -> datetime | None:
        return instant + self.period


@dataclass(frozen=True)
class Field:
    """One field of an expression: its bounds, and the names that stand for its numbers."""

    name: str
    least: int
    most: int
    names: tuple[str, ...] = ()

    def values(self, text: str) -> list[int]:
        """The numbers that the field allows, in order."""
        return sorted({value for part in text.split(",") for value in self._part(part)})

    def _part(self, text: str) -> Iterator[int]:
        span, slash, step_text = text.partition("/")
        if slash and not step_text.isdecimal():
            raise ScheduleError(f"{step_text!r} is no step of the {self.name}")
        step = max(int(step_text or 1), 1)
        if span == "*":
            first, last = self.least, self.most
        elif "-" in span[1:]:
            # The ends of a range that wraps are swapped: that is what NCRONTAB does.
            first, last = sorted(self._number(end) for end in span.split("-", 1))
        else:
            first = self._number(span)
            last = self.most if slash else first
        return iter(range(first, last + 1, step))

    def _number(self, text: str) -> int:
        if text.isascii() and text.isdecimal():
            number = int(text)
            if self.least <= number <= self.most:
                return number
        elif text.isalpha():
            for number, name in enumerate(self.names, self.least):
                # A beginning is enough: JAN, Jan and january are the same.
                if name.startswith(text.lower()):
                    return number
        raise ScheduleError(f"{text!r} is no {self.name}: it goes from {self.least} to {self.most}")


_MONTHS = (
    "january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december",
)  # fmt: skip
_WEEKDAYS = ("sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday")
_FIELDS = (
    Field("second", 0, 59),
    Field("minute", 0, 59),
    Field("hour", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, _MONTHS),
    Field("day of the week", 0, 6, _WEEKDAYS),
)


@dataclass(frozen=True)
class Cron:
    """An NCRONTAB expression."""

    seconds: Sequence[int]
    minutes: Sequence[int]
    hours: Sequence[int]
    days: Sequence[int]
    months: Sequence[int]
    weekdays: Sequence[int]

    def next_after(self, instant: datetime) -> datetime | None:
        start = instant.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        clock = self._first_time_from(start.time())
        for number in range(_DAYS_TO_LOOK_AT):
            day = start.date() + timedelta(days=number)
            if self._fits(day) and (number > 0 or clock is not None):
                first = clock if number == 0 and clock is not None else self._first_time_from(time())
                return None if first is None else datetime.combine(day, first, UTC)
        return None

    def _fits(self, day: date) -> bool:
        return day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays

    def _first_time_from(self, clock: time) -> time | None:
        """The first time of a day that fits, not before this one."""
        hour = _from(self.hours, clock.hour)
        if hour == clock.hour:
            minute = _from(self.minutes, clock.minute)
            if minute == clock.minute and (second := _from(self.seconds, clock.second)) is not None:
                return time(hour, minute, second)
            if (minute := _from(self.minutes, clock.minute + 1)) is not None:
                return time(hour, minute, self.seconds[0])
            hour = _from(self.hours, clock.hour + 1)
        return None if hour is None else time(hour, self.minutes[0], self.seconds[0])


def _from(values: Sequence[int], least: int) -> int | None:
    place = bisect_left(values, least)
    return values[place] if place < len(values) else None


def schedule_of(text: str) -> Schedule:
    """Read a schedule. Raises ScheduleError when it is none."""
    words = text.split()
    if len(words) in {5, 6}:
        given = ["0", *words] if len(words) == 5 else words
        return Cron(*(field.values(word) for field, word in zip(_FIELDS, given, strict=True)))
    period = time_span(text)
    if period is None:
        raise ScheduleError(f"{text!r} is neither an NCRONTAB expression of five or six fields nor a span of time")
    if period <= timedelta(0):
        raise ScheduleError(f"{text!r} is no span above zero")
    return Interval(period)


def keeps_status(schedule: Schedule, now: datetime) -> bool:
    """Whether the host remembers when the timer last ran: not when it fires more often than once a minute."""
    if isinstance(schedule, Interval):
        return schedule.period >= _NO_STATUS_BELOW
    occurrences: list[datetime] = []
    following = schedule.next_after(now)
    while following is not None and len(occurrences) < 6:
        occurrences.append(following)
        following = schedule.next_after(following)
    return all(later - earlier >= _NO_STATUS_BELOW for earlier, later in pairwise(occurrences))
