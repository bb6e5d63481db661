"""The timeline document: one for each owner, in the partition of the owner's entries, replaced with every write of one.

It holds a copy of the running entry, an upper bound of the last end, and the owner's locked time. Because each write of
an entry replaces it in the same transactional batch, on the condition of its `_etag`, of two racing writes only one can
win; the other reads again. A missing timeline is not an empty one, and one without locks is not one with none: a
version before locks wrote it. It is rebuilt from the entries and the timesheets.

Locked time is what lies in a submitted or approved timesheet's period: there, nothing is written. As merged intervals
in the timeline, a lock costs no round trip, and no race passes it. Which timesheet it was is looked up only when a
write meets the locked time. Like `last_end`, the intervals are a bound: they may hold more than is locked, never less.
Beyond `MOST_LOCKS` of them the oldest are merged over their gaps, so that ten years of weeks without weekends cost no
more than one. A write into such a gap is looked up, and goes through.

What the timeline can't answer is asked of the entries that may be in the way. An owner's entries are disjoint: so what
overlaps `[first, beyond)` is what starts in it, plus at most the one entry that starts before it. No query scans
history.
"""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.cosmos.transactions import Operation
from shared.errors import ApiError
from shared.instants import format_instant, parse_instant
from shared.time_entries.remembered import memory
from shared.time_entries.rules import Interval, Placed

TIMELINE_ID = "timeline"
TIMELINE_KIND = "timeline"
MILLISECOND = timedelta(milliseconds=1)

# What a timeline is made of.
RUNNING = f"SELECT TOP 1 * FROM c WHERE {LIVE} AND IS_NULL(c.end_date) ORDER BY c.start_date DESC"
LAST_ENDED = f"SELECT TOP 1 * FROM c WHERE {LIVE} AND IS_STRING(c.end_date) ORDER BY c.end_date DESC"
PARTS = frozenset({"running", "last_end", "locks"})

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

WITHIN = (
    "SELECT TOP 20 c.id, c.start_date, c.end_date FROM c"
    f" WHERE c.start_date >= @first AND c.start_date < @beyond AND c.id != @except AND {LIVE}"
    " ORDER BY c.start_date DESC"
)
# The whole document, since it may have to be trimmed.
BEFORE = f"SELECT TOP 1 * FROM c WHERE c.start_date < @first AND c.id != @except AND {LIVE} ORDER BY c.start_date DESC"

# After every instant that can be written.
NO_END = "9999-12-31T23:59:59.9999999Z"


@dataclass(frozen=True, slots=True)
class Timeline:
    """An owner's timeline: the running entry's document, a `last_end` no earlier than any stopped one's end, and the
    time that submitted and approved timesheets lock.
    """

    tenant_id: str
    owner_id: str
    running: Document | None
    last_end: str | None
    locks: Locks
    read: Document | None
    # When the latest event of the owner's entries was, as far as it is known.
    last_event: str | None = None

    @property
    def timer(self) -> Placed | None:
        """The running entry among its neighbours."""
        return placed(self.running) if self.running else None

    @property
    def ended_by(self) -> datetime | None:
        """No earlier than any stopped entry's end; None where there is none."""
        return _instant(self.last_end)

    def surely_free(self, interval: Interval, entry_id: str | None = None) -> bool:
        """Whether the timeline alone tells that nothing but the entry `entry_id` can be in the way of `interval`.

        Before the start of a running entry it tells nothing: an older version made timelines whose `last_end` is too
        early there.
        """
        bounds = [self.last_end, self.running and self.running["start_date"]]
        if format_instant(interval.start) < max(filter(None, bounds), default=""):
            return False
        return self.running is None or self.running["id"] == entry_id

    def after(self, entry: Document) -> "Timeline":
        """The timeline as it is once `entry` is written."""
        is_running = entry["end_date"] is None and items.is_live(entry)
        was_running = self.running is not None and self.running["id"] == entry["id"]
        return replace(
            self,
            running=items.own_fields(entry) if is_running else None if was_running else self.running,
            last_end=max(filter(None, (self.last_end, entry["end_date"])), default=None),
        )

    def locked(self, lock: Lock) -> "Timeline":
        """The timeline once a timesheet's period is locked."""
        return replace(self, locks=with_lock(self.locks, lock))

    def released(self, lock: Lock) -> "Timeline":
        """The timeline once it is locked no longer."""
        return replace(self, locks=without_lock(self.locks, lock))

    def told(self, at: datetime) -> "Timeline":
        """The timeline once an event of then is written."""
        return replace(self, last_event=format_instant(at))

    def event_at(self, now: datetime) -> datetime:
        """When the event of a write that goes by this timeline is: now, but after the one before it.

        So the dates of an entry's events are in the order of its writes, whatever the clocks of two instances say, and
        which of two requests was the first to begin.
        """
        return max(now, parse_instant(self.last_event) + MILLISECOND) if self.last_event else now

    def marked(self, name: str, value: str) -> "Timeline":
        """The timeline with a field on its copy of the running entry that is no part of the entry: see forgotten.py."""
        return replace(self, running={**(self.running or {}), name: value})

    def document(self) -> Document:
        """The document that keeps it.

        It keeps fields that it does not know: a newer version, which is being rolled out beside this one, wrote them.
        """
        return {
            **items.own_fields(self.read or {}),
            "id": TIMELINE_ID,
            "kind": TIMELINE_KIND,
            "tenant_id": self.tenant_id,
            "owner_id": self.owner_id,
            "running": self.running,
            "last_end": self.last_end,
            "locks": [list(lock) for lock in self.locks],
            "last_event": self.last_event,
        }

    def operation(self) -> Operation:
        """The batch operation that writes it, on the condition that it is still what was read."""
        document = self.document()
        return transactions.replace(document, self.read) if self.read else transactions.create(document)


async def read_timeline(tenant_id: str, owner_id: str) -> Timeline:
    """The owner's timeline: one point read, and three queries where it is missing or lacks a part."""
    return await timeline_of(tenant_id, owner_id, await _read(tenant_id, owner_id))


async def _read(tenant_id: str, owner_id: str) -> Document | None:
    document = await items.read(TIME_ENTRY, TIMELINE_ID, [tenant_id, owner_id])
    if document:
        memory().read(document)
    return document


async def timeline_of(tenant_id: str, owner_id: str, document: Document | None) -> Timeline:
    """The owner's timeline as its document has it; three queries where that is missing or lacks a part."""
    if document and document.keys() >= PARTS:
        return Timeline(
            tenant_id,
            owner_id,
            document["running"],
            document["last_end"],
            locks_of(document),
            document,
            document.get("last_event"),
        )
    return await rebuilt_timeline(tenant_id, owner_id, document)


async def read_running(tenant_id: str, owner_id: str) -> Document | None:
    """The owner's running entry: one point read, also of a timeline that an older version wrote, without locks."""
    document = await _read(tenant_id, owner_id)
    if document and "running" in document:
        running: Document | None = document["running"]
        return running
    return (await rebuilt_timeline(tenant_id, owner_id, document)).running


async def rebuilt_timeline(tenant_id: str, owner_id: str, read: Document | None) -> Timeline:
    """The timeline as the owner's entries and timesheets have it: three queries side by side.

    `read`: the document that it replaces.
    """
    partition = [tenant_id, owner_id]
    ended, running, periods = await asyncio.gather(
        *(items.query(TIME_ENTRY, text, {}, partition) for text in (LAST_ENDED, RUNNING, LOCKS))
    )
    locked = with_lock((), *((period["start"], period["end"]) for period in periods))
    timeline = Timeline(tenant_id, owner_id, None, None, locked, read, (read or {}).get("last_event"))
    for entry in chain(ended, running):
        timeline = timeline.after(entry)
    return timeline


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


def locks_of(document: Document) -> Locks:
    """The locked time that a timeline document holds; of an older version's, none."""
    return tuple((start, end) for start, end in document.get("locks", ()))


def meets(locks: Iterable[Lock], interval: Interval) -> bool:
    """Whether an interval shares an instant with locked time; without an end it reaches to infinity."""
    start, end = format_instant(interval.start), _stored(interval.end)
    return any(start < beyond and (end is None or first < end) for first, beyond in locks)


async def locked_by(timeline: Timeline, *intervals: Interval) -> Document | None:
    """A submitted or approved timesheet of the owner's whose period shares an instant with one of the intervals.

    Its `id`, `start_date` and `end_date`; None when there is none. No request where the timeline says that all of it is
    free; otherwise, a query in the owner's partition for each interval that meets locked time. Call it after the
    timeline was read, and write the timeline in the same batch as what it allows.
    """
    partition = [timeline.tenant_id, timeline.owner_id]
    for interval in intervals:
        if meets(timeline.locks, interval):
            parameters = {"start": format_instant(interval.start), "end": _stored(interval.end)}
            if found := await items.query(TIME_ENTRY, LOCKED_BY, parameters, partition):
                return dict(found[0])
    return None


async def forbid_locked(timeline: Timeline, *intervals: Interval) -> None:
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


async def neighbours(tenant_id: str, owner_id: str, interval: Interval, entry_id: str | None = None) -> list[Document]:
    """The owner's entries that may overlap `interval`, without the entry `entry_id`: earliest first, at most 21.

    Only the one that starts before `interval` is whole; the others have id and dates. Two queries side by side.
    """
    partition = [tenant_id, owner_id]
    parameters = {
        "first": format_instant(interval.start),
        "beyond": format_instant(interval.end) if interval.end else NO_END,
        "except": entry_id or "",
    }
    within, before = await asyncio.gather(
        items.query(TIME_ENTRY, WITHIN, parameters, partition), items.query(TIME_ENTRY, BEFORE, parameters, partition)
    )
    return [*before, *reversed(within)]


def interval_of(entry: Document) -> Interval:
    """An entry's interval."""
    return Interval(parse_instant(entry["start_date"]), _instant(entry["end_date"]))


def placed(entry: Document) -> Placed:
    """An entry as its neighbours see it."""
    return Placed(entry["id"], interval_of(entry))


def _instant(text: Any) -> datetime | None:
    return parse_instant(text) if text else None


def _stored(instant: datetime | None) -> str | None:
    return format_instant(instant) if instant else None
