"""From a row's wall-clock times to its interval, also where a clock change makes one of them twice or not at all. Pure.

Of the readings, the one that fits the row's duration is taken, else the first of both. Only an end that would not be
after its start is the second. A time that does not exist is moved on by the gap: 02:30 becomes 03:30.
"""

from collections.abc import Sequence
from datetime import datetime, time, timedelta, tzinfo
from itertools import product
from typing import NamedTuple

from shared import instants
from shared.imports.values import DAY, Length
from shared.time_entries.rules import Interval


class Remark(NamedTuple):
    """What was chosen for a row, or decided about it: a stable code, and a sentence for people."""

    code: str
    message: str


class Readings(NamedTuple):
    """The instants at which a wall clock shows a time, and the time."""

    instants: Sequence[datetime]
    wall: datetime
    skipped: bool = False


def readings(wall: datetime, zone: tzinfo) -> Readings:
    """One instant as a rule, two where the clock was set back. Raises OverflowError outside the years 1 to 9999."""
    first, last = instants.from_local(wall, zone), instants.from_local(wall, zone, last=True)
    if instants.to_local(first, zone) != wall:
        return Readings([first], wall, skipped=True)
    return Readings([first] if first == last else [first, last], wall)


def interval(start: Readings, end: Readings, lengths: Sequence[Length], zone: tzinfo) -> tuple[Interval, list[Remark]]:
    """Where a row with clock times lies. `lengths`: what its duration may be; empty where it has none."""
    pairs = [*product(start.instants, end.instants)]
    fitting = [pair for pair in pairs if fits(pair[1] - pair[0], lengths)]
    first, last = (fitting or pairs)[0]
    if not fitting and last <= first:
        last = end.instants[-1]
    remarks = [_skipped(one, chosen, zone) for one, chosen in ((start, first), (end, last)) if one.skipped]
    remarks += [_twice(one, chosen, zone) for one, chosen in ((start, first), (end, last)) if len(one.instants) > 1]
    if lengths and not fitting:
        remarks.append(differing(last - first))
    return Interval(first, last), remarks


def end_without_date(start: Readings, clock: timedelta, lengths: Sequence[Length], zone: tzinfo) -> Readings:
    """The end of a row that gives no date for it: on the day that fits the duration, else as soon as it is `clock`.

    An end at the very time of the start is a day later only where the duration is nearer to a day than to nothing: of
    files that show minutes, it is mostly an entry of some seconds.
    """
    midnight = datetime.combine(start.wall, time())
    begun = start.wall - midnight
    nearest = sorted({max(0, round((length.duration + begun - clock) / DAY)) for length in lengths})
    for days in nearest:
        end = readings(midnight + clock + days * DAY, zone)
        if any(fits(last - first, lengths) for first, last in product(start.instants, end.instants)):
            return end
    next_day = clock < begun or (clock == begun and bool(nearest) and nearest[0] > 0)
    return readings(midnight + clock + next_day * DAY, zone)


def fits(duration: timedelta, lengths: Sequence[Length]) -> bool:
    """Whether one of the readings of a row's duration is this one."""
    return any(length.fits(duration) for length in lengths)


def differing(duration: timedelta) -> Remark:
    """The note that a row's duration is not what its clock times make."""
    return Remark("duration_differs", f"The duration is not that of the times, which count: {duration}")


def _twice(one: Readings, chosen: datetime, zone: tzinfo) -> Remark:
    which = "first" if chosen == one.instants[0] else "second"
    return Remark("time_comes_twice", f"{one.wall} comes twice in {zone}: the {which}, {_shown(chosen)}, was taken")


def _skipped(one: Readings, chosen: datetime, zone: tzinfo) -> Remark:
    local = instants.to_local(chosen, zone)
    return Remark("time_does_not_exist", f"{one.wall} does not exist in {zone}: it became {local}, {_shown(chosen)}")


def _shown(instant: datetime) -> str:
    return f"{instant:%Y-%m-%dT%H:%M:%SZ}"
