"""The entries that may be in the way of an interval of their owner's.

An owner's entries are disjoint. So what overlaps `[first, beyond)` is what starts in it, plus at most the one entry
that starts before it: no query scans history.
"""

import asyncio

from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE, Document
from shared.instants import format_instant
from shared.time_entries.rules import Interval

WITHIN = (
    "SELECT TOP 20 c.id, c.start_date, c.end_date FROM c"
    f" WHERE c.start_date >= @first AND c.start_date < @beyond AND c.id != @except AND {LIVE}"
    " ORDER BY c.start_date DESC"
)
# The whole document, since it may have to be trimmed.
BEFORE = f"SELECT TOP 1 * FROM c WHERE c.start_date < @first AND c.id != @except AND {LIVE} ORDER BY c.start_date DESC"

# After every instant that can be written.
NO_END = "9999-12-31T23:59:59.9999999Z"


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
