"""Marks the entries that are longer than a week, so that lists of a whole tenant find them by their index."""

from shared.cosmos import items
from shared.cosmos.containers import TIME_ENTRY
from shared.cosmos.items import LIVE
from shared.time_entries.entry import OVER_A_WEEK
from shared.time_entries.rules import length_mark
from shared.time_entries.store import mark_length

UNMARKED = (
    "SELECT c.id, c.tenant_id, c.owner_id, c.start_date, c.end_date FROM c"
    f" WHERE {LIVE} AND IS_STRING(c.end_date) AND NOT IS_DEFINED(c.{OVER_A_WEEK})"
)


async def run() -> None:
    """Mark each, unless it has just been written: then it carries the mark if it must."""
    async for page in items.pages(TIME_ENTRY, UNMARKED, {}):
        for entry in page:
            if length_mark(entry):
                await mark_length(entry)
