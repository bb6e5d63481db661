"""The timeline document: one for each owner, in the partition of the owner's entries, replaced with every write of one.

It holds a copy of the running entry, an upper bound of the last end, and the owner's locked time (see locks.py).
Because each write of an entry replaces it in the same transactional batch, on the condition of its `_etag`, of two
racing writes only one can win; the other reads again. A missing timeline is not an empty one, and one without locks is
not one with none: a version before locks wrote it. It is rebuilt from the entries and the timesheets.
"""

import asyncio
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import chain
from typing import Any

from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Operation
from shared.instants import format_instant, parse_instant
from shared.time_entries import locks
from shared.time_entries.locks import Lock, Locks
from shared.time_entries.rules import Interval, Placed

TIMELINE_ID = "timeline"
TIMELINE_KIND = "timeline"
MILLISECOND = timedelta(milliseconds=1)

# What a timeline is made of.
RUNNING = f"SELECT TOP 1 * FROM c WHERE {items.LIVE} AND IS_NULL(c.end_date) ORDER BY c.start_date DESC"
LAST_ENDED = f"SELECT TOP 1 * FROM c WHERE {items.LIVE} AND IS_STRING(c.end_date) ORDER BY c.end_date DESC"
PARTS = frozenset({"running", "last_end", "locks"})


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
        return replace(self, locks=locks.with_lock(self.locks, lock))

    def released(self, lock: Lock) -> "Timeline":
        """The timeline once it is locked no longer."""
        return replace(self, locks=locks.without_lock(self.locks, lock))

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

    def operation(self) -> Operation:
        """The batch operation that writes it, on the condition that it is still what was read.

        It keeps fields that it does not know: a newer version, which is being rolled out beside this one, wrote them.
        """
        document: Document = {
            **items.own_fields(self.read or {}),
            "id": TIMELINE_ID,
            "kind": TIMELINE_KIND,
            "tenant_id": self.tenant_id,
            "owner_id": self.owner_id,
            "running": self.running,
            "last_end": self.last_end,
            "locks": locks.kept(self.locks),
            "last_event": self.last_event,
        }
        return transactions.replace(document, self.read) if self.read else transactions.create(document)


async def read_timeline(tenant_id: str, owner_id: str) -> Timeline:
    """The owner's timeline: one point read, and three queries where it is missing or lacks a part."""
    document = await items.read(TIME_ENTRY, TIMELINE_ID, [tenant_id, owner_id])
    if document and document.keys() >= PARTS:
        return Timeline(
            tenant_id,
            owner_id,
            document["running"],
            document["last_end"],
            locks.read(document["locks"]),
            document,
            document.get("last_event"),
        )
    return await rebuilt_timeline(tenant_id, owner_id, document)


async def read_running(tenant_id: str, owner_id: str) -> Document | None:
    """The owner's running entry: one point read, also of a timeline that an older version wrote, without locks."""
    document = await items.read(TIME_ENTRY, TIMELINE_ID, [tenant_id, owner_id])
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
        *(items.query(TIME_ENTRY, text, {}, partition) for text in (LAST_ENDED, RUNNING, locks.LOCKS))
    )
    locked = locks.with_lock((), *((period["start"], period["end"]) for period in periods))
    timeline = Timeline(tenant_id, owner_id, None, None, locked, read, (read or {}).get("last_event"))
    for entry in chain(ended, running):
        timeline = timeline.after(entry)
    return timeline


def interval_of(entry: Document) -> Interval:
    """An entry's interval."""
    return Interval(parse_instant(entry["start_date"]), _instant(entry["end_date"]))


def placed(entry: Document) -> Placed:
    """An entry as its neighbours see it."""
    return Placed(entry["id"], interval_of(entry))


def _instant(text: Any) -> datetime | None:
    return parse_instant(text) if text else None
