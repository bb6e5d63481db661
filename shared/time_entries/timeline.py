"""The timeline document: one for each owner, in the partition of the owner's entries, replaced with every write of one.

It holds a copy of the running entry and an upper bound of the last end. Because each write of an entry replaces it in
the same transactional batch, on the condition of its `_etag`, of two racing writes only one can win; the other reads
again. A missing timeline is not an empty one: it is rebuilt from the entries.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from shared.cosmos import items, transactions
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import Document
from shared.cosmos.transactions import Operation
from shared.instants import format_instant, parse_instant
from shared.time_entries.rules import Interval, Placed

TIMELINE_ID = "timeline"
TIMELINE_KIND = "timeline"

# An owner's entries are disjoint, so that the one that starts last also ends last, or is running.
LAST_STARTED = f"SELECT TOP 1 * FROM c WHERE {items.LIVE} ORDER BY c.start_date DESC"


@dataclass(frozen=True, slots=True)
class Timeline:
    """An owner's timeline: the running entry's document, and a `last_end` no earlier than any stopped one's end."""

    tenant_id: str
    owner_id: str
    running: Document | None
    last_end: str | None
    read: Document | None

    @property
    def timer(self) -> Placed | None:
        """The running entry among its neighbours."""
        return placed(self.running) if self.running else None

    def surely_free(self, interval: Interval, entry_id: str | None = None) -> bool:
        """Whether the timeline alone tells that nothing but the entry `entry_id` can be in the way of `interval`."""
        if self.last_end and format_instant(interval.start) < self.last_end:
            return False
        if self.running is None or self.running["id"] == entry_id:
            return True
        return interval.end is not None and format_instant(interval.end) <= str(self.running["start_date"])

    def after(self, entry: Document) -> "Timeline":
        """The timeline as it is once `entry` is written."""
        is_running = entry["end_date"] is None and items.is_live(entry)
        was_running = self.running is not None and self.running["id"] == entry["id"]
        return replace(
            self,
            running=items.own_fields(entry) if is_running else None if was_running else self.running,
            last_end=max(filter(None, (self.last_end, entry["end_date"])), default=None),
        )

    def operation(self) -> Operation:
        """The batch operation that writes it, on the condition that it is still what was read."""
        document: Document = {
            "id": TIMELINE_ID,
            "kind": TIMELINE_KIND,
            "tenant_id": self.tenant_id,
            "owner_id": self.owner_id,
            "running": self.running,
            "last_end": self.last_end,
        }
        return transactions.replace(document, self.read) if self.read else transactions.create(document)


async def read_timeline(tenant_id: str, owner_id: str) -> Timeline:
    """One point read; once in an owner's life, when there is none yet, also a query."""
    document = await items.read(TIME_ENTRY, TIMELINE_ID, [tenant_id, owner_id])
    if document:
        return Timeline(tenant_id, owner_id, document["running"], document["last_end"], document)
    empty = Timeline(tenant_id, owner_id, None, None, None)
    last = await items.query(TIME_ENTRY, LAST_STARTED, {}, [tenant_id, owner_id])
    return empty.after(last[0]) if last else empty


def interval_of(entry: Document) -> Interval:
    """An entry's interval."""
    return Interval(parse_instant(entry["start_date"]), _instant(entry["end_date"]))


def placed(entry: Document) -> Placed:
    """An entry as its neighbours see it."""
    return Placed(entry["id"], interval_of(entry))


def _instant(text: Any) -> datetime | None:
    return parse_instant(text) if text else None
