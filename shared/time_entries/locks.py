"""Locked time: what lies in a submitted or approved timesheet's period is not written.

The timeline holds the owner's locked time as merged intervals, and every write of an entry replaces the timeline on the
condition of its `_etag`. So a lock costs no round trip, and no race passes it. Which timesheet it was is looked up only
when a write meets the locked time.

Like `last_end`, the intervals are a bound: they may hold more than is locked, never less. Beyond `MOST_LOCKS` of them
the oldest are merged over their gaps, so that ten years of weeks without weekends cost no more than one. A write into
such a gap is looked up, and goes through.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document
from shared.errors import ApiError
from shared.instants import format_instant

if TYPE_CHECKING:
    from shared.time_entries.rules import Interval
    from shared.time_entries.timeline import Timeline

TIMESHEET = "timesheet"
# The states of a timesheet in which its period is locked.
LOCKING = ("submitted", "approved")
MOST_LOCKS = 8

IS_LOCKING = f"c.kind = '{TIMESHEET}' AND c.status IN ({', '.join(map(repr, LOCKING))})"
LOCKS = f"SELECT c.start, c['end'] FROM c WHERE {IS_LOCKING}"
LOCKED_BY = (
    "SELECT TOP 1 c.id, c.start_date, c.end_date FROM c"
    f" WHERE {IS_LOCKING} AND c['end'] > @start AND (IS_NULL(@end) OR c.start < @end)"
)

# `(start, end)`, half-open, as instants are kept.
Lock = tuple[str, str]
Locks = tuple[Lock, ...]


def with_lock(locks: Locks, *more: Lock) -> Locks:
    """The locked time with `more`, as disjoint intervals that do not touch, earliest first: at most `MOST_LOCKS`."""
    merged: list[Lock] = []
    for start, end in sorted([*locks, *more]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    if len(merged) > MOST_LOCKS:
        old = merged[: len(merged) - MOST_LOCKS + 1]
        merged[: len(old)] = [(old[0][0], old[-1][1])]
    return tuple(merged)


def without_lock(locks: Locks, released: Lock) -> Locks:
    """The locked time without a timesheet's period, which no other's overlaps."""
    start, end = released
    left: list[Lock] = []
    for first, beyond in locks:
        if beyond <= start or end <= first:
            left.append((first, beyond))
        else:
            left += [(since, upto) for since, upto in ((first, start), (end, beyond)) if since < upto]
    return with_lock(tuple(left))


def meets(locks: Iterable[Lock], interval: "Interval") -> bool:
    """Whether an interval shares an instant with locked time; without an end it reaches to infinity."""
    start, end = format_instant(interval.start), _end(interval.end)
    return any(start < beyond and (end is None or first < end) for first, beyond in locks)


async def locked_by(timeline: "Timeline", *intervals: "Interval") -> Document | None:
    """A submitted or approved timesheet of the owner's whose period shares an instant with one of the intervals.

    Its `id`, `start_date` and `end_date`; None when there is none. No request where the timeline says that all of it is
    free; otherwise, a query in the owner's partition for each interval that meets locked time. Call it after the
    timeline was read, and write the timeline in the same batch as what it allows.
    """
    partition = [timeline.tenant_id, timeline.owner_id]
    for interval in intervals:
        if meets(timeline.locks, interval):
            parameters = {"start": format_instant(interval.start), "end": _end(interval.end)}
            if found := await items.query(TIME_ENTRY, LOCKED_BY, parameters, partition):
                return dict(found[0])
    return None


async def forbid_locked(timeline: "Timeline", *intervals: "Interval") -> None:
    """Raises ApiError 409 `period_locked`, with `timesheet_id`, if one of the intervals meets a locked period.

    Every path that writes entries calls it, imports and adoption included, with the interval that each entry had and
    the one that it gets: a new entry has only the latter, a deleted one only the former. `timeline` is the owner's,
    read in the same attempt, and its `operation()` is part of the batch that is written then; this is what holds under
    a race. A refusal by a rule of status 400 goes before it, one for an overlap after it.
    """
    if timesheet := await locked_by(timeline, *intervals):
        period = f"{timesheet['start_date']} to {timesheet['end_date']}"
        raise ApiError(
            409,
            "period_locked",
            f"The timesheet of {period} is submitted or approved, and nothing in its period can be changed",
            members={"timesheet_id": timesheet["id"]},
        )


def kept(locks: Locks) -> list[list[str]]:
    """The locked time as the timeline document holds it."""
    return [list(lock) for lock in locks]


def read(kept_locks: Sequence[Sequence[str]]) -> Locks:
    """The locked time that a timeline document holds."""
    return tuple((start, end) for start, end in kept_locks)


def _end(end: datetime | None) -> str | None:
    return format_instant(end) if end else None
