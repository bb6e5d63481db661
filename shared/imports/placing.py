"""Where an owner's rows go: what is there, what is locked and what has not come yet is in their way. Pure.

Rows with clock times lie where they say. Rows without are laid end to end from local 09:00 around what is there; all of
a day's from its beginning, where it would not hold them otherwise.
"""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo

from shared import instants
from shared.errors import ApiError
from shared.imports.rows import Row, RowError
from shared.time_entries import rules
from shared.time_entries.rules import Interval

FROM = time(9)


class Taken:
    """Time that is taken: intervals, which may touch. An interval without an end reaches to infinity."""

    def __init__(self, intervals: Iterable[Interval] = ()) -> None:
        self._starts: list[datetime] = []
        self._ends: list[datetime] = []
        for interval in sorted(intervals, key=lambda one: one.start):
            self.add(interval)

    def add(self, interval: Interval) -> None:
        """Take an interval, which shares no instant with what is taken unless the data is at fault."""
        place = bisect_right(self._starts, interval.start)
        self._starts.insert(place, interval.start)
        self._ends.insert(place, interval.end or instants.LATEST)

    def meets(self, interval: Interval) -> bool:
        """Whether an interval shares an instant with what is taken."""
        before = bisect_left(self._starts, interval.end or instants.LATEST) - 1
        return before >= 0 and self._ends[before] > interval.start

    def within(self, since: datetime, until: datetime) -> list[Interval]:
        """What is taken within `[since, until)`, cut at its edges."""
        first, last = max(bisect_right(self._starts, since) - 1, 0), bisect_left(self._starts, until)
        return [
            Interval(max(self._starts[place], since), min(self._ends[place], until))
            for place in range(first, last)
            if self._ends[place] > since
        ]

    def first_free(self, length: timedelta, since: datetime, until: datetime) -> Interval | None:
        """The earliest place for a length within `[since, until)`."""
        start = since
        for first, beyond in zip(self._starts, self._ends, strict=True):
            if beyond <= start:
                continue
            if first - start >= length:
                break
            start = max(start, beyond)
        return Interval(start, start + length) if until - start >= length else None


@dataclass(frozen=True, slots=True)
class Rules:
    """What holds for every row: the present moment, how long an entry may be, and the zone of rows without times."""

    now: datetime
    longest: timedelta
    zone: tzinfo


def placed(rows: Sequence[Row], taken: Taken, locked: Taken, limits: Rules) -> list[Interval | RowError]:
    """Where each row goes, or why it can't. In the order of the file: of two that overlap, the second fails."""
    places: dict[int, Interval | RowError] = {}
    of_day: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        if row.day:
            of_day[row.day].append(row)
        elif row.interval:
            places[row.number] = _as_it_says(row.interval, taken, locked, limits)
    for day, laid in of_day.items():
        places.update(_laid(day, laid, taken, locked, limits))
    return [places[row.number] for row in rows]


def _as_it_says(interval: Interval, taken: Taken, locked: Taken, limits: Rules) -> Interval | RowError:
    try:
        rules.require_past(interval, limits.now)
        interval = rules.cut_to_now(interval, limits.now)
        rules.forbid_too_long(interval, limits.now, limits.longest)
    except ApiError as error:
        return RowError(error.code, error.message)
    if error_of := refusal(interval, taken, locked):
        return error_of
    taken.add(interval)
    return interval


def refusal(interval: Interval, taken: Taken, locked: Taken) -> RowError | None:
    """Why an interval can't be written."""
    if locked.meets(interval):
        return RowError("period_locked", "The timesheet of that period is submitted or approved")
    if taken.meets(interval):
        return RowError("time_entry_overlap", "There is another time entry in that date range")
    return None


def _laid(day: date, rows: Sequence[Row], taken: Taken, locked: Taken, limits: Rules) -> dict[int, Interval | RowError]:
    begin, end = instants.start_of_day(day, limits.zone), instants.end_of_day(day, limits.zone)
    until = min(end, limits.now)
    nine = max(begin, instants.from_local(datetime.combine(day, FROM), limits.zone))
    # A row that the day could not hold by itself moves no other.
    fitting = [row for row in rows if timedelta() < row.length <= until - begin]
    places = _fitted(fitting, taken, locked, nine, until)
    if None in places.values():
        places = _fitted(fitting, taken, locked, begin, until)
    for interval in filter(None, places.values()):
        taken.add(interval)
    why = _no_room(day, Interval(begin, end), locked, limits)
    return {row.number: _zero() if row.length <= timedelta() else places.get(row.number) or why for row in rows}


def _fitted(
    rows: Sequence[Row], taken: Taken, locked: Taken, since: datetime, until: datetime
) -> dict[int, Interval | None]:
    """The first place for each row, one after another."""
    busy = Taken([*taken.within(since, until), *locked.within(since, until)])
    places: dict[int, Interval | None] = {}
    for row in rows:
        places[row.number] = place = busy.first_free(row.length, since, until)
        if place:
            busy.add(place)
    return places


def _no_room(day: date, whole: Interval, locked: Taken, limits: Rules) -> RowError:
    if locked.meets(whole):
        return RowError("period_locked", "The timesheet of that period is submitted or approved")
    if whole.end and whole.end > limits.now:
        return RowError("end_in_future", "The end lies in the future")
    return RowError("day_full", f"{day} has no room left for it, beside what is there")


def _zero() -> RowError:
    return RowError("end_not_after_start", "The end must be after the start")
