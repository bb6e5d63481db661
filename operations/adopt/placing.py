"""Where old entries lie on their owner's timeline, so that the rules hold: pure, and the same at every run.

What lies in the new system already, and is not to be changed, is in the way of the old entries and never gives way.
Among themselves, the earlier one gives way: it ends where the next one begins.
"""

import heapq
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from operations.adopt.remarks import LEFT_OUT, Remark
from shared.instants import LATEST
from shared.time_entries.rules import Interval, overlap

# Of a timer that was forgotten, nobody knows more.
LONGEST_FORGOTTEN = timedelta(hours=8)


class Place(NamedTuple):
    """Where an entry comes to lie, None where nothing is left of it, and why it is not where it was."""

    interval: Interval | None
    remarks: tuple[Remark, ...] = ()


def places(wanted: Mapping[str, Interval], fixed: Iterable[Interval], *, trim: bool) -> dict[str, Place]:
    """A place for each wanted entry, by id. Those in the same place come in the order of their ids.

    With `trim`, what overlaps is cut; without, the later one is left out. A timer never runs into what begins after
    it, in either case: it ends there, or after 8 hours if that is earlier. So of several, the newest runs on.
    """
    placed: dict[str, Place] = {}
    waiting: list[tuple[datetime, datetime, str]] = []
    in_the_way = _merged(fixed)
    for entry_id, interval in wanted.items():
        free, remarks = _beside(interval, in_the_way, trim=trim)
        placed[entry_id] = Place(free, remarks)
        if free:
            heapq.heappush(waiting, (free.start, free.end or LATEST, entry_id))
    last = ""
    while waiting:
        start, end, entry_id = heapq.heappop(waiting)
        before = placed[last].interval if last else None
        interval = Interval(start, None if end == LATEST else end)
        if before and overlap(before, interval):
            if before.start < start and (trim or before.end is None):
                _end(placed, last, start)
            else:
                moved = _after(before, interval) if trim else None
                _place(placed, entry_id, moved, Remark("overlap", "start moved" if moved else LEFT_OUT))
                if moved:
                    # Others may begin before its new start.
                    heapq.heappush(waiting, (moved.start, moved.end or LATEST, entry_id))
                continue
        last = entry_id
    return placed


def _merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same time as intervals that are disjoint, earliest first."""
    merged: list[Interval] = []
    for start, end in sorted(intervals, key=lambda one: one.start):
        before = merged[-1] if merged else None
        if before and (before.end is None or start < before.end):
            merged[-1] = Interval(before.start, before.end and end and max(before.end, end))
        else:
            merged.append(Interval(start, end))
    return merged


def _beside(interval: Interval, fixed: Sequence[Interval], *, trim: bool) -> Place:
    """What of an interval is free: from where what it begins in has ended, to where the next begins.

    `fixed` is disjoint, earliest first.
    """
    start, end = interval
    remarks: list[Remark] = []
    first = bisect_right(fixed, start, key=lambda one: one.start)
    for one in islice(fixed, max(first - 1, 0), None):
        if end and one.start >= end:
            break
        if not overlap(Interval(start, end), one):
            continue
        if one.start > start and (trim or end is None):
            cut = _cut(Interval(start, end), one.start)
            return Place(cut, (*remarks, _ended(Interval(start, end))))
        if not trim or one.end is None or (end and one.end >= end):
            return Place(None, (Remark("overlap", LEFT_OUT),))
        start = one.end
        remarks = [Remark("overlap", "start moved")]
    return Place(Interval(start, end), tuple(remarks))


def _after(before: Interval, interval: Interval) -> Interval | None:
    """What of an interval is left after the end of the one that began together with it."""
    if before.end is None or (interval.end and interval.end <= before.end):
        return None
    return Interval(before.end, interval.end)


def _end(placed: dict[str, Place], entry_id: str, at: datetime) -> None:
    """End an entry where another begins."""
    interval = placed[entry_id].interval
    if interval:
        _place(placed, entry_id, _cut(interval, at), _ended(interval))


def _cut(interval: Interval, at: datetime) -> Interval:
    return Interval(interval.start, at if interval.end else min(at, interval.start + LONGEST_FORGOTTEN))


def _ended(interval: Interval) -> Remark:
    return Remark("overlap", "end moved") if interval.end else Remark("timer_forgotten", "ended")


def _place(placed: dict[str, Place], entry_id: str, interval: Interval | None, remark: Remark) -> None:
    remarks = placed[entry_id].remarks
    placed[entry_id] = Place(interval, remarks if remark in remarks else (*remarks, remark))
